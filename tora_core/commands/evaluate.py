"""`tora evaluate`: sample along held-out trajectories and measure how close the shape follows."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from .arguments import number, whole


def add_parsers(subparsers: Any) -> None:
    """Add `evaluate`."""
    parser = subparsers.add_parser(
        "evaluate",
        help="measure TrajError on held-out synthetic trajectories, with motion and at strength 0",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--model", help="folder of a model; default the bundled one")
    parser.add_argument("--count", type=whole(1, 1000), default=16, help="how many held-out trajectories")
    parser.add_argument("--frames", type=whole(1, 1025), default=17)
    parser.add_argument("--width", type=whole(16, 8192), default=128)
    parser.add_argument("--height", type=whole(16, 8192), default=128)
    parser.add_argument("--steps", type=whole(1, 1000), default=25)
    parser.add_argument("--guidance", type=number(0, 100), default=3.0)
    parser.add_argument("--batch", type=whole(1, 256), default=8, help="clips sampled at once")
    parser.add_argument("--image", action="store_true", help="image to video from each clip's true first frame")
    parser.add_argument("--out", type=Path, help="folder for a picture of what was sampled and the figures as JSON")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the figures of both strengths as JSON."""
    from ..pipelines import load_pipeline
    from .held_out import evaluate_held_out

    pipeline = load_pipeline(args.model, image_to_video=args.image)
    figures = evaluate_held_out(
        pipeline,
        count=args.count,
        frames=args.frames,
        size=(args.height, args.width),
        steps=args.steps,
        guidance=args.guidance,
        batch=args.batch,
        with_image=args.image,
        pictures=args.out,
    )
    text = json.dumps(figures, indent=2)
    print(text)
    if args.out is not None:
        (args.out / "figures.json").write_text(text + "\n")
    return 0
