"""`tora trajectory`: convert between formats, list them, draw a picture of a trajectory."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from ..errors import ToraError
from ..trajectory import FORMATS, ReadInfo, Trajectory, draw_trajectory, read_files, write_files
from ..trajectory.limits import MAX_CANVAS_PX, MAX_FRAMES
from .arguments import whole


def add_parsers(subparsers: Any) -> None:
    """Add `trajectory` with its own `convert`, `formats` and `draw`."""
    parser = subparsers.add_parser("trajectory", help="convert a trajectory, or draw a picture of it")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    names = ", ".join(known.name for known in FORMATS if known.reads)

    convert = actions.add_parser("convert", help="read in any format, write in another")
    _add_input(convert, names)
    convert.add_argument("target", type=Path, help="file to write, or a folder for a format of one file a track")
    convert.add_argument("--to", metavar="FORMAT", help="name of a format; default by the target's ending")
    convert.set_defaults(run=run_convert)

    formats = actions.add_parser("formats", help="list the formats that can be read and written")
    formats.set_defaults(run=run_formats)

    draw = actions.add_parser("draw", help="draw the paths, or the motion picture that the model sees, as a PNG")
    _add_input(draw, names)
    draw.add_argument("target", type=Path, help="picture to write, ending in .png")
    draw.add_argument(
        "--motion", action="store_true", help="the motion picture of the middle frame instead of the paths"
    )
    draw.add_argument("--frame", type=whole(0), help="with --motion: which frame")
    draw.add_argument("--background", type=Path, help="picture to draw the paths on; scaled to the canvas")
    draw.set_defaults(run=run_draw)


def _add_input(parser: argparse.ArgumentParser, names: str) -> None:
    parser.add_argument("source", type=Path, nargs="+", help="file, files or folder of .txt to read")
    parser.add_argument("--from", dest="source_format", metavar="FORMAT", help=f"one of {names}; default by looking")
    parser.add_argument("--width", type=whole(1, MAX_CANVAS_PX), help="canvas px, where the file holds none")
    parser.add_argument("--height", type=whole(1, MAX_CANVAS_PX), help="canvas px, where the file holds none")
    parser.add_argument("--frames", type=whole(1, MAX_FRAMES), help="frame count; default the file's")


def _read(args: argparse.Namespace) -> Trajectory:
    source = args.source[0] if len(args.source) == 1 else args.source
    trajectory, info = read_files(
        source, width=args.width, height=args.height, frames=args.frames, format=args.source_format
    )
    say(info, trajectory)
    return trajectory


def say(info: ReadInfo, trajectory: Trajectory) -> None:
    """Tell on stderr how a trajectory was read."""
    tracks = len(trajectory.tracks)
    print(
        f"read as {info.format} ({info.reason}): {tracks} track{'s' * (tracks != 1)}, {trajectory.frames} frames, "
        f"{trajectory.width} x {trajectory.height}",
        file=sys.stderr,
    )
    for note in info.notes:
        print(f"note: {note}", file=sys.stderr)


def run_convert(args: argparse.Namespace) -> int:
    """Read, write, and say what the new format could not hold."""
    if any(args.target.exists() and path.exists() and path.samefile(args.target) for path in args.source):
        raise ToraError(f"{args.target} is one of the files read; name another one to write.")
    trajectory = _read(args)
    paths, losses = write_files(trajectory, args.target, args.to)
    for loss in losses:
        print(f"lost: {loss}", file=sys.stderr)
    for path in paths:
        print(path)
    return 0


def run_formats(args: argparse.Namespace) -> int:
    """List name, whether it is read and written, endings, and what it is."""
    for known in FORMATS:
        can = f"{'read' if known.reads else '-':5}{'written' if known.writes else '-':8}"
        print(f"{known.name:17} {can} {' '.join(known.suffixes):6} {known.title}")
    return 0


def run_draw(args: argparse.Namespace) -> int:
    """Read and draw."""
    from .sheet import write_picture

    if args.target.suffix.lower() != ".png":
        raise ToraError(f"the picture is {args.target.name!r}, expected a name ending in .png.")
    if args.frame is not None and not args.motion:
        raise ToraError("--frame chooses a frame of the motion picture: give --motion too.")
    trajectory = _read(args)
    if args.motion:
        picture = _motion_picture(trajectory, args.frame)
    else:
        picture = draw_trajectory(trajectory, background=_background(args.background, trajectory))
    write_picture(args.target, picture)
    print(args.target)
    return 0


def _motion_picture(trajectory: Trajectory, frame: int | None) -> Any:
    from ..motion import render_motion

    tracks = trajectory.sample()
    frame = tracks.frames // 2 if frame is None else frame
    if frame >= tracks.frames:
        raise ToraError(f"--frame is {frame}, but the last of {tracks.frames} frames is {tracks.frames - 1}.")
    return (render_motion(tracks, frames=range(frame, frame + 1))[0].numpy() * 255).round().astype("uint8")


def _background(path: Path | None, trajectory: Trajectory) -> Any:
    if path is None:
        return None
    import numpy as np

    from .generate import read_image

    return np.asarray(read_image(path).resize((trajectory.width, trajectory.height)))
