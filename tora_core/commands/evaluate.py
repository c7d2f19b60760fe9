"""`tora evaluate`: how closely a model follows held-out trajectories, or any video a trajectory file."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from ..errors import ToraError
from .arguments import number, whole

EXAMPLES = """examples:
  tora evaluate                                     the bundled model along its 64 held-out trajectories
  tora evaluate --count 8 --frames 49 --out report  fewer, longer ones, with a sheet of each
  tora evaluate --video clip.mp4 --trajectory path.json --out report
"""


def add_parsers(subparsers: Any) -> None:
    """Add `evaluate`."""
    parser = subparsers.add_parser(
        "evaluate",
        help="measure TrajError: of a model on held-out trajectories, or of a video against a trajectory file",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--out", type=Path, help="folder for the figures as JSON and for pictures")
    model = parser.add_argument_group("a model, on synthetic clips that training never draws")
    model.add_argument("--model", help="folder of a model; default the bundled one")
    model.add_argument("--count", type=whole(1, 1000), default=64, help="how many held-out trajectories; default 64")
    model.add_argument("--objects", type=whole(1, 3), default=1, help="shapes in each clip; default 1")
    model.add_argument("--frames", type=whole(1, 1025), default=17, help="default 17")
    model.add_argument("--width", type=whole(16, 8192), default=128, help="default 128")
    model.add_argument("--height", type=whole(16, 8192), default=128, help="default 128")
    model.add_argument("--steps", type=whole(1, 1000), default=25, help="default 25")
    model.add_argument("--guidance", type=number(0, 100), default=3.0, help="default 3")
    model.add_argument("--batch", type=whole(1, 256), default=8, help="clips sampled at once; default 8")
    model.add_argument(
        "--strengths", type=number(-100, 100), nargs="+", default=[1.0, 0.0], help="of the motion; default 1 0"
    )
    model.add_argument("--image", action="store_true", help="image to video from each clip's true first frame")
    model.add_argument(
        "--controlnet",
        metavar="FILE",
        help="measure this ControlNet for edges, with and without it and the motion; 'edges' is the bundled one",
    )
    video = parser.add_argument_group("a video, against the trajectory that it was made with")
    video.add_argument("--video", type=Path, help="any video file")
    video.add_argument("--trajectory", type=Path, help="in any format that `tora trajectory` reads")
    video.add_argument(
        "--canvas",
        type=whole(1, 32768),
        nargs=2,
        metavar=("WIDTH", "HEIGHT"),
        help="px it was drawn on, where the file holds none; default the video's size",
    )
    video.add_argument(
        "--tracker",
        choices=("points", "salient", "color"),
        default="points",
        help="points: follow what is at each track's start (default); salient, color: look for the one thing that "
        "stands out, or has --color",
    )
    video.add_argument("--color", type=_color, help="#rrggbb of the thing, for the tracker of that name")
    video.add_argument("--radius", type=number(1, 4096), help="px round a point that move with it; default an eighth")
    parser.set_defaults(run=run)


def _color(text: str) -> tuple[int, int, int]:
    from ..trajectory.picture import rgb

    try:
        return rgb(text)
    except ToraError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def run(args: argparse.Namespace) -> int:
    """Measure what was asked for."""
    if (args.video is None) != (args.trajectory is None):
        raise ToraError("--video and --trajectory belong together: give both, or neither to evaluate a model.")
    return run_model(args) if args.video is None else run_video(args)


def run_model(args: argparse.Namespace) -> int:
    """Print the figures of all strengths as JSON."""
    from ..pipelines import load_pipeline
    from .held_out import Sampling, evaluate_held_out

    pipeline = load_pipeline(args.model, image_to_video=args.image)
    sampling = Sampling(
        frames=args.frames,
        size=(args.height, args.width),
        steps=args.steps,
        guidance=args.guidance,
        batch=args.batch,
        objects=args.objects,
        with_image=args.image,
    )
    strengths = tuple(dict.fromkeys(args.strengths))
    if args.controlnet is None:
        figures = evaluate_held_out(pipeline, sampling, count=args.count, strengths=strengths, pictures=args.out)
    else:
        from .control import named_controlnet
        from .held_out_edges import evaluate_edges

        net = named_controlnet(args.controlnet, pipeline)
        figures = evaluate_edges(pipeline, net, sampling, count=args.count, pictures=args.out)
    text = json.dumps(figures, indent=2)
    print(text)
    _write_figures(args.out, text)
    return 0


def run_video(args: argparse.Namespace) -> int:
    """Print a table; where --out, write figures.json and paths.png."""
    from ..evaluation.following import measure_following, table
    from ..evaluation.report import draw_report
    from ..trajectory import Trajectory
    from ..video import read_video
    from .sheet import write_picture

    frames, _ = read_video(args.video)
    width, height = args.canvas or (frames.shape[2], frames.shape[1])
    trajectory = Trajectory.load(args.trajectory, width=width, height=height)
    tracks = trajectory.sample(len(frames), (frames.shape[1], frames.shape[2]))
    following = measure_following(frames, tracks, tracker=args.tracker, color=args.color, radius_px=args.radius)
    print(table(following))
    if args.out is not None:
        args.out.mkdir(parents=True, exist_ok=True)
        _write_figures(args.out, json.dumps(following.as_dict(), indent=2))
        write_picture(args.out / "paths.png", draw_report(following, frames))
    return 0


def _write_figures(folder: Path | None, text: str) -> None:
    if folder is not None:
        from ..checkpoints.saving import replacing

        with replacing(folder / "figures.json") as part:
            part.write_text(text + "\n", encoding="utf-8")
