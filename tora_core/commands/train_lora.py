"""`tora train lora`: a LoRA for any base model that the library loads."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from ..errors import ToraError
from .arguments import number, whole

SEED_OF_CLIPS = 500_000_000
"""Synthetic clips of their own: the bundled model was trained on seeds from 0, and is measured on others still."""


def add_parser(stages: Any) -> None:
    """Add `lora` to the stages of `train`."""
    parser = stages.add_parser("lora", help="a LoRA for the bundled model or another one")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="the .safetensors file to write")
    parser.add_argument("--model", help="folder of a Tora or CogVideoX-5B model; default the bundled one")
    parser.add_argument("--adapter", help="Tora weights for a --model that holds none")
    parser.add_argument("--image", action="store_true", help="for the image-to-video model")
    data = parser.add_mutually_exclusive_group(required=True)
    data.add_argument("--data", type=Path, metavar="FOLDER", help="videos, words in NAME.txt, motion in NAME.json")
    data.add_argument("--look", help="synthetic clips with changed colors: hue:DEGREES, negative, sepia, none")
    parser.add_argument("--clips", type=whole(1, 1_000_000), default=96, help="with --look: how many are drawn")
    parser.add_argument("--frames", type=whole(1, 1025), help="8k+1; default 17 bundled, 49 otherwise")
    parser.add_argument("--width", type=whole(16, 8192), help="px; default 128 bundled, 720 otherwise")
    parser.add_argument("--height", type=whole(16, 8192), help="px; default 128 bundled, 480 otherwise")
    parser.add_argument("--rank", type=whole(1, 4096), default=8)
    parser.add_argument(
        "--alpha", type=number(1e-6, 1e6), help="the change is scaled by alpha / rank; default the rank"
    )
    parser.add_argument("--targets", nargs="+", metavar="NAME", help="endings of layers' names; default attention's")
    parser.add_argument("--steps", type=whole(1, 10_000_000), default=500)
    parser.add_argument("--batch", type=whole(1, 4096), default=4)
    parser.add_argument("--rate", type=number(0, 1), default=1e-3, help="learning rate at the start")
    parser.add_argument("--seed", type=whole(0, 2**63 - 1), default=0)
    parser.add_argument("--device", help="torch device, such as cuda or cpu; default a GPU where there is one")
    parser.add_argument("--dtype", choices=("float32", "float16", "bfloat16"), help="default: as the model is stored")
    parser.add_argument("--checkpointing", action="store_true", help="compute activations twice, to save memory")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Check, load, encode, train, write."""
    if args.out.suffix != ".safetensors":
        raise ToraError(f"--out is {args.out.name!r}, expected a name that ends in .safetensors.")
    if args.data is not None and not args.data.is_dir():
        raise ToraError(f"--data is {args.data}, which is no folder.")

    from ..training.styles import look_named

    look = None if args.look is None else look_named(args.look)

    from ..pipelines import load_pipeline
    from ..pipelines.sizes import check_frames, check_side
    from ..training.lora import LoraRecipe, train_lora
    from ..training.lora_data import encode_all, folder_clips, synthetic_clips
    from ..training.lora_layers import ATTENTION
    from .generate import BUNDLED_FRAMES, BUNDLED_SIZE, PUBLISHED_FRAMES, PUBLISHED_SIZE, place

    bundled = args.model is None
    height, width = BUNDLED_SIZE if bundled else PUBLISHED_SIZE
    size = (check_side("height", args.height or height), check_side("width", args.width or width))
    frames = check_frames(args.frames or (BUNDLED_FRAMES if bundled else PUBLISHED_FRAMES))
    recipe = LoraRecipe(
        steps=args.steps,
        batch=args.batch,
        rank=args.rank,
        alpha=float(args.rank) if args.alpha is None else args.alpha,
        targets=tuple(args.targets or ATTENTION),
        learning_rate=args.rate,
        seed=args.seed,
    )
    pipeline = load_pipeline(args.model, image_to_video=args.image, dtype=args.dtype, adapter=args.adapter)
    place(pipeline, args.device, "none")
    if args.checkpointing:
        pipeline.transformer.enable_gradient_checkpointing()
    if look is None:
        clips = folder_clips(args.data, frames, size)
    else:
        clips = synthetic_clips(look, args.clips, frames, size, SEED_OF_CLIPS)
    notes = {"base": args.model or "bundled", "look": args.look, "data": args.data, "size": [*size, frames]}
    described = {key: Path(value).name if isinstance(value, Path) else value for key, value in notes.items()}
    described["base"] = Path(str(described["base"])).name
    described["clips"] = args.clips if look else None
    train_lora(
        pipeline,
        encode_all(pipeline, clips, say),
        args.out,
        recipe,
        metadata={"tora_lora": json.dumps(described, sort_keys=True)},
        report=say,
    )
    print(args.out)
    return 0


def say(text: str) -> None:
    print(text, file=sys.stderr)
