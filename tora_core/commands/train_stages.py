"""The stages of `tora train` that make the bundled model, from `vae` to `export`."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..errors import ToraError
from .arguments import number, whole

DEMO_CLIPS = ("17x128x128:2400", "17x112x192:500", "49x128x128:350")
DIFFUSION_STAGES = {
    "base": "text encoder and transformer, without motion",
    "tora-dense": "Tora's first stage: extractor and fusers on dense flow, base frozen",
    "tora-sparse": "Tora's second stage: extractor and fusers on trajectories, base frozen",
    "joint": "everything at once on trajectories: quicker, but not how Tora is trained",
}


def add_parsers(stages: Any) -> None:
    """Add a subcommand a stage."""
    vae = stages.add_parser("vae", help="the causal VAE, on crops of clips and motion pictures")
    _add_training(vae)
    vae.add_argument("--start", type=Path, help="folder of a VAE to start from; default a start of its own")
    vae.set_defaults(run=run_vae)

    decoder = stages.add_parser("decoder", help="the VAE's decoder alone, on encoded clips; the latents stay")
    _add_training(decoder)
    decoder.add_argument("--latents", type=Path, required=True, help="folder of encoded clips")
    decoder.add_argument("--start", type=Path, required=True, help="folder of the VAE that encoded them")
    decoder.add_argument("--fresh", action="store_true", help="begin with a new decoder")
    decoder.set_defaults(run=run_decoder)

    encode = stages.add_parser("encode", help="draw clips and encode them once")
    encode.add_argument("--vae", type=Path, required=True, help="folder of the VAE")
    encode.add_argument("--out", type=Path, required=True, help="folder for the encoded clips")
    encode.add_argument(
        "--clips",
        nargs="+",
        default=list(DEMO_CLIPS),
        metavar="KIND:COUNT",
        help=f"how many clips of FRAMESxHEIGHTxWIDTH in all; those there are kept; default {' '.join(DEMO_CLIPS)}",
    )
    encode.add_argument(
        "--calm",
        action="store_true",
        help="draw calm grounds and whole shapes only, from other seeds; default everything, see docs/training.md",
    )
    encode.add_argument(
        "--precision",
        choices=("auto", "float32", "bfloat16"),
        default="float32",
        help="bfloat16 takes half the time where the processor has it, and is a hundredth of the latents' spread off",
    )
    encode.set_defaults(run=run_encode)

    for name, text in DIFFUSION_STAGES.items():
        stage = stages.add_parser(name, help=text)
        _add_training(stage)
        stage.add_argument("--latents", type=Path, required=True, help="folder of encoded clips; may still be growing")
        stage.add_argument("--start", type=Path, help="weights.safetensors to start from")
        stage.add_argument("--vae", type=Path, help="folder of the VAE, for strips of samples as it goes")
        stage.add_argument("--fresh-motion", action="store_true", help="begin with new extractor and fusers")
        stage.add_argument("--optimizer", choices=("muon", "adamw"), default="muon", help="adamw needs no PyTorch 2.9")
        stage.add_argument("--matrix-rate", type=number(0, 10), help="Muon's learning rate in place of the preset's")
        stage.add_argument("--focus", type=number(0, 1000), help="weight of the tracks' neighborhood beside 1")
        stage.add_argument("--late", type=number(0, 100), help="more noisy timesteps: their density grows as t**LATE")
        stage.add_argument("--alone", action="store_true", help="only clips with one thing: for what words mean")
        stage.add_argument("--window", type=whole(0, 1000), default=0, help="latent frames cut out of clips; 0: all")
        for part in ("text", "motion", "image"):
            stage.add_argument(f"--drop-{part}", type=number(0, 1), help=f"share of the samples that go without {part}")
        stage.add_argument("--checkpointing", action="store_true", help="less memory for more time")
        stage.set_defaults(run=run_diffusion)

    orderings = stages.add_parser(
        "orderings",
        help="compare the paper's fuser designs and ways of training on a frozen base; report what comes out",
    )
    orderings.add_argument("--latents", type=Path, required=True, help="folder of encoded clips")
    orderings.add_argument("--base", type=Path, required=True, help="weights.safetensors of the base")
    orderings.add_argument("--vae", type=Path, required=True, help="folder of the VAE")
    orderings.add_argument("--out", type=Path, required=True, help="folder; what is done already is kept")
    orderings.add_argument("--steps", type=whole(4), default=800, help="of each variant; default 800")
    orderings.add_argument("--seeds", type=whole(1, 100), default=3, help="default 3")
    orderings.add_argument("--clips", type=whole(1, 1000), default=16, help="held-out clips; default 16")
    orderings.set_defaults(run=run_orderings)

    export = stages.add_parser("export", help="write a trained model as the folder that `load_pipeline` reads")
    export.add_argument("--vae", type=Path, required=True, help="folder of the VAE")
    export.add_argument("--weights", type=Path, required=True, help="weights.safetensors of the last stage")
    export.add_argument("--out", type=Path, required=True, help="folder to write")
    export.set_defaults(run=run_export)


def _add_training(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, required=True, help="folder; a state in it is gone on from")
    parser.add_argument("--preset", choices=("demo", "smoke"), default="demo", help="demo made the bundled model")
    parser.add_argument("--steps", type=whole(1), help="in place of the preset's")
    parser.add_argument("--rate", type=number(0, 10), help="learning rate in place of the preset's")
    parser.add_argument("--seed", type=whole(0), default=0)
    parser.add_argument("--seconds", type=number(1), help="stop after this time; the same command goes on later")
    parser.add_argument("--sample-every", type=whole(0), help="steps between strips of samples; 0 for none")
    parser.add_argument("--precision", choices=("auto", "float32", "bfloat16"), default="auto")
    parser.add_argument("--device", help="torch device; default a GPU where there is one")


def _with_arguments(recipe: Any, args: argparse.Namespace) -> Any:
    schedule = replace(recipe.schedule, seed=args.seed)
    for name in ("steps", "sample_every"):
        if getattr(args, name) is not None:
            schedule = replace(schedule, **{name: getattr(args, name)})
    recipe = replace(recipe, schedule=schedule, precision=args.precision)
    return recipe if args.rate is None else replace(recipe, learning_rate=args.rate)


def _told(done: bool, out: Path) -> int:
    print(f"{out}: {'done' if done else 'not done yet; give the same command to go on'}")
    return 0


def run_vae(args: argparse.Namespace) -> int:
    """Train the VAE."""
    from ..training.vae_stage import preset, train_vae

    recipe = _with_arguments(preset(args.preset), args)
    return _told(train_vae(args.out, recipe, args.start, device=args.device, stop_after=args.seconds), args.out)


def run_decoder(args: argparse.Namespace) -> int:
    """Train the VAE's decoder."""
    from ..training.decoder_stage import preset, train_decoder

    recipe = replace(_with_arguments(preset(args.preset), args), fresh=args.fresh)
    done = train_decoder(args.latents, args.start, args.out, recipe, device=args.device, stop_after=args.seconds)
    return _told(done, args.out)


def run_encode(args: argparse.Namespace) -> int:
    """Encode clips."""
    from ..training.latents import ClipKind, encode_clips
    from ..training.scenes import CALM_SEED, draw_calm, draw_scene
    from ..training.vae import load_vae

    counts = {}
    for text in args.clips:
        kind, colon, count = text.rpartition(":")
        if not colon or not count.isdigit() or int(count) < 1:
            raise ToraError(f"--clips got {text!r}, expected FRAMESxHEIGHTxWIDTH:COUNT such as {DEMO_CLIPS[0]}.")
        counts[ClipKind.parse(kind)] = int(count)
    draw, first_seed = (draw_calm, CALM_SEED) if args.calm else (draw_scene, 0)
    encode_clips(load_vae(args.vae), args.out, counts, first_seed=first_seed, draw=draw, precision=args.precision)
    return 0


def run_diffusion(args: argparse.Namespace) -> int:
    """Train on encoded clips."""
    from ..training.diffusion_stage import preset, train_diffusion

    recipe = _with_arguments(preset(args.stage, args.preset), args)
    recipe = replace(recipe, checkpointing=args.checkpointing, fresh_motion=args.fresh_motion, optimizer=args.optimizer)
    named = {name: getattr(args, name) for name in ("matrix_rate", "focus", "late")}
    recipe = replace(recipe, **{name: value for name, value in named.items() if value is not None})
    dropped = {part: getattr(args, f"drop_{part}") for part in ("text", "motion", "image")}
    dropped = {part: share for part, share in dropped.items() if share is not None}
    recipe = replace(recipe, dropouts=replace(recipe.dropouts, **dropped), alone=args.alone, window=args.window)
    done = train_diffusion(
        args.latents, args.out, recipe, args.start, vae=args.vae, device=args.device, stop_after=args.seconds
    )
    return _told(done, args.out)


def run_orderings(args: argparse.Namespace) -> int:
    """Compare and print a table."""
    from ..training.orderings import Comparison, compare, table

    comparison = Comparison(steps=args.steps, seeds=args.seeds, clips=args.clips)
    print(table(compare(args.latents, args.base, args.vae, args.out, comparison)))
    return 0


def run_export(args: argparse.Namespace) -> int:
    """Write the folder."""
    from ..training.export import export_bundle

    export_bundle(args.vae, args.weights, args.out)
    print(args.out)
    return 0
