"""`tora generate`: a drawn trajectory in, a video out, and a picture of both beside it."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from ..errors import ToraError
from . import control
from .arguments import lora, number, whole

BUNDLED_SIZE = (128, 128)
BUNDLED_FRAMES = 17
PUBLISHED_SIZE = (480, 720)
PUBLISHED_FRAMES = 49
LORA_HELP = "LoRA for CogVideoX, in any published style, merged into the model; may be given several times"
CANVAS_HELP = "px that the paths were drawn on, where the file holds none; default the video's size"


def add_parsers(subparsers: Any) -> None:
    """Add `generate`."""
    parser = subparsers.add_parser(
        "generate",
        help="make a video that follows a trajectory",
        description="Make a video that follows a drawn trajectory; without --model by the small bundled model.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--prompt", required=True, help="what is to be seen")
    parser.add_argument("--negative", default="", metavar="PROMPT", help="what is not to be seen")
    parser.add_argument("--trajectory", type=Path, metavar="FILE", help="drawn paths, in any format the library reads")
    parser.add_argument("--trajectory-format", metavar="NAME", help="read the file as this format instead of looking")
    parser.add_argument("--canvas", nargs=2, type=whole(1, 32768), metavar=("W", "H"), help=CANVAS_HELP)
    parser.add_argument("--image", type=Path, help="first frame; makes it image-to-video")
    parser.add_argument("--width", type=whole(16, 8192), help="px; default 128 bundled, 720 otherwise")
    parser.add_argument("--height", type=whole(16, 8192), help="px; default 128 bundled, 480 otherwise")
    parser.add_argument("--frames", type=whole(1, 1025), help="8k+1; default 17 bundled, 49 otherwise")
    parser.add_argument(
        "--long",
        choices=("auto", "windows", "segments", "off"),
        default="auto",
        help="how a clip longer than the model knows is made: in overlapping windows, or in segments from picture to "
        "picture (needs --image); auto: segments with --image, else windows",
    )
    parser.add_argument("--piece", type=whole(9, 1025), help="frames of a window or segment; default as --frames")
    parser.add_argument(
        "--overlap", type=whole(0, 1024), help="frames they share; default about a third of a window, or 1"
    )
    parser.add_argument("--fps", type=whole(1, 120), default=8, help="frames per second of the file")
    parser.add_argument("--steps", type=whole(1, 1000), help="denoising steps; default 25 bundled, 50 otherwise")
    parser.add_argument("--seed", type=whole(0, 2**63 - 1), default=0, help="same seed, same video")
    parser.add_argument("--strength", type=number(-10, 10), default=1.0, help="how strongly the motion acts; 0 is off")
    parser.add_argument("--start", type=number(0, 1), default=0.0, help="share of the schedule where motion sets in")
    parser.add_argument("--end", type=number(0, 1), default=1.0, help="share of the schedule where motion ends")
    parser.add_argument("--guidance", type=number(0, 100), help="default 3 bundled, 6 otherwise")
    parser.add_argument(
        "--dynamic-guidance",
        choices=("off", "reference", "step-index"),
        help="how guidance changes over the steps; default off bundled, reference otherwise",
    )
    parser.add_argument("--model", help="folder of a Tora or CogVideoX-5B model; default the bundled one")
    parser.add_argument("--adapter", help="Tora weights for a --model that holds none")
    parser.add_argument("--lora", type=lora, action="append", metavar="FILE[:STRENGTH]", help=LORA_HELP)
    control.add_arguments(parser)
    parser.add_argument("--device", help="torch device, such as cuda or cpu; default a GPU where there is one")
    parser.add_argument("--dtype", choices=("float32", "float16", "bfloat16"), help="default: as the model is stored")
    parser.add_argument(
        "--offload",
        choices=("none", "model", "sequential"),
        default="none",
        help="keep weights off the GPU while they are not needed: whole models, or layer by layer (slow)",
    )
    parser.add_argument("--tiling", action="store_true", help="decode in spatial tiles, for GPUs with little memory")
    parser.add_argument("--out", type=Path, default=Path("output/video.mp4"), help="video file; its folder is made")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Check all that is cheap to check, then load, sample and write."""
    picture = checked_outputs(args.out, args.image)
    if args.start > args.end:
        raise ToraError(f"--start is {args.start:g} and --end {args.end:g}: motion can't end before it sets in.")
    if args.trajectory is not None and (args.start == args.end or args.strength == 0):
        print("note: at this strength, start and end the trajectory does nothing", file=sys.stderr)
    bundled = args.model is None
    size = BUNDLED_SIZE if bundled else PUBLISHED_SIZE
    height, width = args.height or size[0], args.width or size[1]
    frames = args.frames or (BUNDLED_FRAMES if bundled else PUBLISHED_FRAMES)
    trajectory = None
    if args.trajectory is not None:
        trajectory = read_trajectory(args, (width, height), frames)
    image = None if args.image is None else read_image(args.image)
    hint = control.read_control(args, frames)
    long, piece = how_long(args, frames, BUNDLED_FRAMES if bundled else PUBLISHED_FRAMES)

    import torch

    from ..pipelines import load_pipeline
    from ..video import write_video
    from .sheet import contact_sheet, write_picture

    pipeline = load_pipeline(
        args.model, image_to_video=image is not None, dtype=args.dtype, adapter=args.adapter, lora=args.lora
    )
    for report in pipeline.lora_reports:
        print(report, file=sys.stderr)
    place(pipeline, args.device, args.offload)
    if args.tiling:
        pipeline.vae.enable_tiling()
    parts = "" if long == "off" else f", in {long} of {piece.frames} that share {piece.overlap}"
    print(
        f"{'image' if image is not None else 'text'} to video, {frames} frames of {width} x {height}{parts}",
        file=sys.stderr,
    )
    options = {
        "prompt": args.prompt,
        "negative_prompt": args.negative,
        "trajectory": trajectory,
        "height": height,
        "width": width,
        "num_frames": frames,
        "num_inference_steps": args.steps or (25 if bundled else 50),
        "guidance_scale": (3.0 if bundled else 6.0) if args.guidance is None else args.guidance,
        "dynamic_guidance": args.dynamic_guidance or ("off" if bundled else "reference"),
        "strength": args.strength,
        "start": args.start,
        "end": args.end,
        "control": hint,
        "generator": torch.Generator().manual_seed(args.seed),
        **({} if image is None else {"image": image}),
    }
    if long == "segments":
        from ..pipelines.segments import generate_segments

        made = generate_segments(pipeline, **options, segments=piece, on_segment=say_segment)
    else:
        windows = piece if long == "windows" else None
        made = pipeline(**options, output_type="np", context_windows=windows).frames[0]
    video = (made.clip(0, 1) * 255).round().astype("uint8")
    write_video(args.out, video, args.fps)
    tracks = None if trajectory is None else trajectory.sample(frames=frames, size=(height, width))
    write_picture(picture, contact_sheet(video, tracks, args.prompt))
    print(args.out)
    print(picture)
    return 0


def how_long(args: argparse.Namespace, frames: int, known: int) -> tuple[str, Any]:
    """ "off", "windows" or "segments", and ContextWindows or Segments; `known`: frames that the model was trained for.

    Raises ToraError where the arguments don't go together.
    """
    from ..pipelines.context import ContextWindows
    from ..pipelines.segments import Segments

    size = args.piece or known
    if args.long == "segments" and args.image is None:
        raise ToraError("--long segments goes from picture to picture: give the first one by --image.")
    if args.long == "off" or frames <= size:
        if args.piece is not None and args.long == "off":
            raise ToraError("--piece says how a long clip is cut, but --long is off.")
        return "off", None
    if args.long == "windows" or args.image is None:
        shared = -((1 - size) // 12) * 4 if args.overlap is None else args.overlap  # a third, rounded up
        return "windows", ContextWindows(frames=size, overlap=shared)
    return "segments", Segments(frames=size, overlap=1 if args.overlap is None else args.overlap)


def say_segment(index: int, count: int) -> None:
    """Told before each segment, above its progress bar."""
    print(f"segment {index + 1} of {count}", file=sys.stderr)


def checked_outputs(video: Path, image: Path | None) -> Path:
    """The picture's path beside the video's; ToraError, before any work, where either can't be written."""
    if video.suffix.lower() != ".mp4":
        raise ToraError(f"--out is {video.name!r}, expected a name ending in .mp4.")
    picture = video.with_suffix(".png")
    for path in (video, picture):
        if path.is_dir():
            raise ToraError(f"{path} is a folder, but a file is to be written there; give another --out.")
    if image is not None and image.exists() and picture.exists() and picture.samefile(image):
        raise ToraError(f"the picture beside the video would replace {image}; give another --out.")
    parent = next(folder for folder in picture.absolute().parents if folder.exists())
    if not (parent.is_dir() and os.access(parent, os.W_OK)):
        raise ToraError(f"nothing can be written to {parent}; give another --out.")
    return picture


def read_trajectory(args: argparse.Namespace, video: tuple[int, int], frames: int) -> Any:
    """The trajectory of --trajectory; says what it was read as. `video` is (width, height)."""
    from ..trajectory import read_files
    from .trajectory import say

    width, height = args.canvas or video
    trajectory, info = read_files(
        args.trajectory, width=width, height=height, frames=frames, format=args.trajectory_format
    )
    say(info, trajectory)
    return trajectory


def place(pipeline: Any, device: str | None, offload: str) -> None:
    """Move a pipeline to a device, or let diffusers move its parts there and back; ToraError where that can't be."""
    import torch

    if device is None:
        device = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    try:
        if offload == "model":
            pipeline.enable_model_cpu_offload(device=device)
        elif offload == "sequential":
            pipeline.enable_sequential_cpu_offload(device=device)
        else:
            pipeline.to(device)
    except (RuntimeError, ValueError, ImportError, AssertionError) as error:
        reason = str(error).strip().splitlines()[0]
        raise ToraError(f"the model can't go to device {device!r} with offload {offload!r}: {reason}") from error


def read_image(path: Path) -> Any:
    """A PIL picture in RGB, upright, transparent parts on white; ToraError when the file is none."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(path) as opened:
            image: Image.Image = ImageOps.exif_transpose(opened)
            if image.mode.startswith("I"):  # 16-bit gray, which convert() would clip
                image = image.point(lambda value: value / 257).convert("L")
            if image.has_transparency_data:
                image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image.convert("RGBA"))
            return image.convert("RGB")
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError) as error:
        if isinstance(error, OSError) and error.errno is not None:  # not there, not ours to read
            raise
        raise ToraError(f"{path} can't be read as a picture ({error}); expected PNG, JPEG or WebP.") from error
