"""`tora train`: the stages that made the bundled model, one command each."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..errors import ToraError
from .arguments import number, whole


def add_parsers(subparsers: Any) -> None:
    """Add `train` with a subcommand a stage."""
    parser = subparsers.add_parser("train", help="train the bundled model: vae, encode, joint, export")
    stages = parser.add_subparsers(dest="stage", required=True, metavar="STAGE")

    vae = stages.add_parser("vae", help="the causal VAE, on crops of clips and motion pictures")
    vae.add_argument("--out", type=Path, required=True, help="folder for weights and log")
    vae.add_argument("--seconds", type=number(1), default=900.0, help="wall time after which the stage ends")
    vae.add_argument("--resume", type=Path, help="folder of a VAE to start from")
    vae.add_argument("--rate", type=number(0, 10), default=0.08, help="learning rate at the start, times the fan-in")
    vae.add_argument("--frames", type=whole(9), default=9, help="8k+1; length of the crops")
    vae.add_argument("--decoder-only", action="store_true", help="with --resume: leave the latents as they are")
    vae.add_argument("--seed", type=whole(0), default=0)
    vae.set_defaults(run=run_vae)

    encode = stages.add_parser("encode", help="draw clips and encode them once")
    encode.add_argument("--vae", type=Path, required=True, help="folder of the VAE")
    encode.add_argument("--out", type=Path, required=True, help="folder for the encoded clips")
    encode.add_argument("--clips", type=whole(1), default=1500, help="how many in all; those there are kept")
    encode.add_argument("--frames", type=whole(1), default=17)
    encode.set_defaults(run=run_encode)

    joint = stages.add_parser("joint", help="text encoder, transformer, extractor and fusers together")
    joint.add_argument("--latents", type=Path, required=True, help="folder of encoded clips; may still be growing")
    joint.add_argument("--out", type=Path, required=True, help="folder for weights and log")
    joint.add_argument("--seconds", type=number(1), default=3600.0, help="wall time after which the stage ends")
    joint.add_argument("--resume", type=Path, help="weights.safetensors to start from")
    joint.add_argument("--rate", type=number(0, 1), default=4e-4, help="learning rate at the start")
    joint.add_argument("--seed", type=whole(0), default=0)
    joint.set_defaults(run=run_joint)

    export = stages.add_parser("export", help="write a trained model as the folder that `load_pipeline` reads")
    export.add_argument("--vae", type=Path, required=True, help="folder of the VAE")
    export.add_argument("--weights", type=Path, required=True, help="weights.safetensors of the joint stage")
    export.add_argument("--out", type=Path, required=True, help="folder to write")
    export.set_defaults(run=run_export)


def run_vae(args: argparse.Namespace) -> int:
    """Train the VAE."""
    from ..training.vae import VaeRecipe, train_vae

    if args.decoder_only and args.resume is None:
        raise ToraError("--decoder-only goes on from a trained VAE: name its folder with --resume.")
    recipe = VaeRecipe(
        seconds=args.seconds,
        learning_rate=args.rate,
        seed=args.seed,
        frames=args.frames,
        decoder_only=args.decoder_only,
    )
    train_vae(args.out, recipe, args.resume)
    return 0


def run_encode(args: argparse.Namespace) -> int:
    """Encode clips."""
    from ..training.latents import encode_clips
    from ..training.vae import load_vae

    encode_clips(load_vae(args.vae), args.out, args.clips, frames=args.frames)
    return 0


def run_joint(args: argparse.Namespace) -> int:
    """Train all that is not the VAE."""
    from ..training.diffusion import DiffusionRecipe, train_diffusion
    from ..training.vae import SCALING_FACTOR

    recipe = DiffusionRecipe(seconds=args.seconds, learning_rate=args.rate, seed=args.seed)
    train_diffusion(args.latents, args.out, SCALING_FACTOR, recipe, args.resume)
    return 0


def run_export(args: argparse.Namespace) -> int:
    """Write the folder."""
    from ..training.export import export_bundle

    export_bundle(args.vae, args.weights, args.out)
    print(args.out)
    return 0
