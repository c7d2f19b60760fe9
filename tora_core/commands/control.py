"""The ControlNet of `tora generate`: which one, the pictures of its hint, how strongly and when it acts."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from ..errors import ToraError
from .arguments import number

BUNDLED_NAME = "edges"
PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".bmp")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add --controlnet and what goes with it."""
    parser.add_argument(
        "--controlnet",
        metavar="FILE",
        help=f"ControlNet for this model, a file or folder; {BUNDLED_NAME!r} is the bundled model's",
    )
    parser.add_argument(
        "--control-video", type=Path, metavar="FILE", help="its hint: a video, or one picture for all frames"
    )
    parser.add_argument(
        "--control-edges", action="store_true", help="take the edges (Canny) of --control-video for the hint"
    )
    parser.add_argument("--control-strength", type=number(-10, 10), default=1.0, help="how strongly it acts; 0 is off")
    parser.add_argument(
        "--control-start", type=number(0, 1), default=0.0, help="share of the schedule where it sets in"
    )
    parser.add_argument("--control-end", type=number(0, 1), default=1.0, help="share of the schedule where it ends")


def read_control(args: argparse.Namespace, frames: int) -> Any:
    """The Control that the arguments ask for, None where none is; ToraError where they don't go together.

    Its file is looked at before any model is loaded.
    """
    if args.controlnet is None and args.control_video is None:
        if args.control_edges:
            raise ToraError("--control-edges is given without --controlnet and --control-video.")
        return None
    if args.controlnet is None or args.control_video is None:
        missing = "--controlnet" if args.controlnet is None else "--control-video"
        raise ToraError(f"{missing} is missing: a ControlNet and the pictures of its hint go together.")

    from ..checkpoints.controlnet import open_controlnet
    from ..pipelines.control_input import Control

    path = controlnet_path(args.controlnet)
    open_controlnet(path)
    pictures = read_pictures(args.control_video, frames)
    if args.control_edges:
        from ..evaluation.edges import edges

        pictures = edges(pictures)[..., None].repeat(3, axis=-1)
    if args.control_strength == 0 or args.control_start == args.control_end:
        print("note: at this strength, start and end the ControlNet does nothing", file=sys.stderr)
    return Control(path, pictures, args.control_strength, args.control_start, args.control_end)


def controlnet_path(name: str) -> Path:
    """The bundled one by its name, else a path."""
    from ..pipelines.loading import BUNDLED

    return BUNDLED / "controlnet" if name == BUNDLED_NAME else Path(name)


def named_controlnet(name: str, pipeline: Any) -> Any:
    """A ControlNet, loaded in the type of a pipeline's transformer."""
    from ..checkpoints.controlnet import load_controlnet

    return load_controlnet(controlnet_path(name), dtype=pipeline.transformer.patch_embed.proj.weight.dtype)


def read_pictures(path: Path, frames: int) -> Any:
    """uint8 (n, H, W, 3): the first `frames` of a video, or a single picture."""
    import numpy as np

    from ..video import read_video
    from .generate import read_image

    if path.suffix.lower() in PICTURES:
        return np.asarray(read_image(path))[None]
    return read_video(path, max_frames=frames)[0]
