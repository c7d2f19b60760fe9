"""`tora train controlnet`: a ControlNet for edges, for any base model that the library loads."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from ..errors import ToraError
from .arguments import number, whole

SEED_OF_CLIPS = 600_000_000
"""Synthetic clips of their own: the bundled model was trained on seeds from 0, and is measured on others still."""


def add_parser(stages: Any) -> None:
    """Add `controlnet` to the stages of `train`."""
    parser = stages.add_parser("controlnet", help="a ControlNet that takes edges, for the bundled model or another one")
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="folder to write, as published ones")
    parser.add_argument("--model", help="folder of a Tora or CogVideoX-5B model; default the bundled one")
    parser.add_argument("--adapter", help="Tora weights for a --model that holds none")
    parser.add_argument("--image", action="store_true", help="on the image-to-video model; it then serves both")
    parser.add_argument(
        "--data", type=Path, metavar="FOLDER", help="videos, words in NAME.txt, motion in NAME.json; default synthetic"
    )
    parser.add_argument("--clips", type=whole(1, 1_000_000), default=600, help="synthetic clips that are drawn")
    parser.add_argument("--frames", type=whole(1, 1025), help="8k+1; default 17 bundled, 49 otherwise")
    parser.add_argument("--width", type=whole(16, 8192), help="px; default 128 bundled, 720 otherwise")
    parser.add_argument("--height", type=whole(16, 8192), help="px; default 128 bundled, 480 otherwise")
    parser.add_argument("--layers", type=whole(1, 1000), default=3, help="blocks of the ControlNet")
    parser.add_argument("--steps", type=whole(1, 10_000_000), default=1500)
    parser.add_argument("--batch", type=whole(1, 4096), default=8)
    parser.add_argument("--rate", type=number(0, 1), default=6e-4, help="learning rate at the start")
    parser.add_argument("--seed", type=whole(0, 2**63 - 1), default=0)
    parser.add_argument("--device", help="torch device, such as cuda or cpu; default a GPU where there is one")
    parser.add_argument("--dtype", choices=("float32", "float16", "bfloat16"), help="of the base; default as stored")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Check, load, encode, train, write."""
    if args.data is not None and not args.data.is_dir():
        raise ToraError(f"--data is {args.data}, which is no folder.")
    if args.out.exists() and not args.out.is_dir():
        raise ToraError(f"--out is {args.out}, a file; expected a folder to write.")

    from ..pipelines import load_pipeline
    from ..pipelines.sizes import check_frames, check_side
    from ..training.controlnet import ControlRecipe, encode_with_edges, train_controlnet
    from ..training.loop import Schedule
    from ..training.lora_data import folder_clips, synthetic_clips
    from ..training.styles import look_named
    from .generate import BUNDLED_FRAMES, BUNDLED_SIZE, PUBLISHED_FRAMES, PUBLISHED_SIZE, place

    bundled = args.model is None
    height, width = BUNDLED_SIZE if bundled else PUBLISHED_SIZE
    size = (check_side("height", args.height or height), check_side("width", args.width or width))
    frames = check_frames(args.frames or (BUNDLED_FRAMES if bundled else PUBLISHED_FRAMES))
    recipe = ControlRecipe(batch=args.batch, layers=args.layers, learning_rate=args.rate)
    schedule = Schedule(steps=args.steps, seed=args.seed, ema=0.995, sample_every=0)
    pipeline = load_pipeline(args.model, image_to_video=args.image, dtype=args.dtype, adapter=args.adapter)
    place(pipeline, args.device, "none")
    if args.data is not None:
        clips = folder_clips(args.data, frames, size)
    else:
        clips = synthetic_clips(look_named("none"), args.clips, frames, size, SEED_OF_CLIPS + args.seed * 1_000_000)
    notes = {
        "base": "bundled" if bundled else Path(args.model).name,
        "kind": "image to video" if args.image else "text to video",
        "data": "synthetic" if args.data is None else args.data.name,
        "size": [*size, frames],
    }
    hinted = encode_with_edges(pipeline, clips, say)
    train_controlnet(pipeline, hinted, args.out, recipe, schedule, notes=notes, report=say)
    print(args.out)
    return 0


def say(text: str) -> None:
    print(text, file=sys.stderr)
