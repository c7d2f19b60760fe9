"""Measure long videos of the bundled model: does following get worse along the clip, and are seams to be seen?

    python scripts/long_video.py [--frames 97 193] [--count 8] [--out docs/long_video.json] [--picture FILE.png]

Runs that stand in the file of --out already, with the same count and steps, are kept, and so is every clip of a run
that was cut off: its numbers lie in a folder beside that file (long_video.clips). Remove both when the weights change.

Two ways, windows (text to video) and segments (image to video), on held-out clips whose paths are about as fast as
those that the model was trained on: TrajError of every 16 frames, and the mean absolute change of the ground from frame
to frame, at seams against the median: at the worst step of what two pieces share, mean over all seams. What stands out
of the ground is followed, as in `tora evaluate`.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from charts import Curve, Panel, write_panels
from PIL import Image

from tora_core.pipelines import load_pipeline
from tora_core.pipelines.context import ContextWindows
from tora_core.pipelines.segments import Segments, generate_segments
from tora_core.tracking.color import locate_salient
from tora_core.training.synthetic import Clip, compose, draw_clip, draw_ground
from tora_core.trajectory import Trajectory

FIRST_SEED = 910_000_000
SIZE = (128, 128)
PIECE = 17
SPEED_PX, STEP_PX = 5.0, 55.0
"""Pixels a frame, as in the clips of training on average, and between the places of a path."""
NEAR_PX = 24
"""The ground is what is farther than this from the asked and the found place, in both frames."""


def long_clip(seed: int, frames: int) -> Clip:
    """A clip of one shape on a smooth path of steady speed (about SPEED_PX) through random places."""
    first = draw_clip(seed, frames=PIECE, size=SIZE, objects=1)
    thing, rng = first.things[0], np.random.default_rng(seed)
    margin = thing.radius_px
    places = [rng.uniform(margin, SIZE[0] - margin, 2)]
    while len(places) < 2 + SPEED_PX * frames / STEP_PX:
        place = rng.uniform(margin, SIZE[0] - margin, 2)
        if 0.7 * STEP_PX < np.hypot(*(place - places[-1])) < 1.3 * STEP_PX:
            places.append(place)
    drawn = Trajectory.from_points([[tuple(place) for place in places]], width=SIZE[1], height=SIZE[0], frames=frames)
    path = drawn.sample().points_px[0].astype(np.float64)
    moved = replace(thing, centers_px=path)
    return compose(draw_ground(rng, first.ground, SIZE), (moved,), first.ground)


def ground_change(video: np.ndarray, asked: np.ndarray, found: np.ndarray) -> np.ndarray:
    """Mean absolute change (F - 1,) of the ground between frames, 0..255."""
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]
    near = [
        (np.hypot(x - a[0], y - a[1]) < NEAR_PX) | (np.hypot(x - f[0], y - f[1]) < NEAR_PX)
        for a, f in zip(asked, found, strict=True)
    ]
    change = np.abs(np.diff(video.astype(np.float32), axis=0)).mean(-1)
    return np.array([change[i][~(near[i] | near[i + 1])].mean() for i in range(len(change))])


def find_seams(kind: str, frames: int, options: dict[str, Any]) -> list[range]:
    """For each seam the frames into which a step leads that may show it: of the overlap, and the one after it."""
    if kind == "windows":
        windows = ContextWindows(PIECE, **options).cut((frames - 1) // 4 + 1)
        firsts = [4 * window.start - 3 for window in windows[1:]]
        return [range(first, first + options["overlap"] + 1) for first in firsts]
    # The first shared frame is the earlier segment's alone.
    starts = Segments(PIECE, **options).starts(frames)[1:]
    return [range(start + 1, start + options["overlap"] + 1) for start in starts]


def make(pipeline: Any, kind: str, clip: Clip, seed: int, steps: int, options: dict[str, Any]) -> np.ndarray:
    """The video (F, H, W, 3), uint8."""
    shared = {
        "trajectory": clip.tracks,
        "height": SIZE[0],
        "width": SIZE[1],
        "num_frames": clip.tracks.frames,
        "num_inference_steps": steps,
        "guidance_scale": 3.0,
        "dynamic_guidance": "off",
        "generator": torch.Generator().manual_seed(seed),
    }
    if kind == "windows":
        context = ContextWindows(PIECE, **options)
        made = pipeline(clip.caption, **shared, output_type="np", context_windows=context).frames[0]
    else:
        first = Image.fromarray(clip.frames[0])
        made = generate_segments(pipeline, first, clip.caption, **shared, segments=Segments(PIECE, **options))
    return (made.clip(0, 1) * 255).round().astype(np.uint8)


def measure(
    kind: str, frames: int, count: int, steps: int, options: dict[str, Any], kept: Path | None = None
) -> dict[str, Any]:
    """Figures of one way and one length; of clips that `kept` has a file of, those."""
    pipeline = load_pipeline(None, image_to_video=kind == "segments")
    pipeline.set_progress_bar_config(disable=True)
    name = "_".join(f"{part}" for part in (kind, frames, steps, *options.values()))
    errors, changes = [], []
    for index in range(count):
        seed = FIRST_SEED + index
        file = kept / f"{name}_{seed}.npz" if kept else None
        if file is None or not file.exists():
            clip = long_clip(seed, frames)
            video = make(pipeline, kind, clip, seed, steps, options)
            asked = clip.tracks.points_px[0]
            places, found = locate_salient(video)
            far = np.hypot(*SIZE) / 2
            errors.append(np.where(found, np.hypot(*(asked - np.where(found[:, None], places, 0)).T), far))
            changes.append(ground_change(video, asked, np.where(found[:, None], places, asked)))
            if file is not None:
                file.parent.mkdir(parents=True, exist_ok=True)
                np.savez(file, error=errors[-1], change=changes[-1])
        else:
            with np.load(file) as known:
                errors.append(known["error"])
                changes.append(known["change"])
        print(f"{kind} {frames}: clip {index + 1} of {count}, {errors[-1].mean():.2f} px", file=sys.stderr)
    figures = summarize(np.stack(errors), np.stack(changes), find_seams(kind, frames, options))
    return {"clips": count, "frames": frames, **options, **figures}


def summarize(error: np.ndarray, change: np.ndarray, seams: list[range]) -> dict[str, Any]:
    """Figures of errors (clips, F) and changes of the ground (clips, F - 1)."""
    count, frames = error.shape
    by_clip = np.stack([part.mean(1) for part in np.array_split(error[:, 1:], (frames - 1) // 16, axis=1)])
    parts = by_clip.mean(1).tolist()
    spread = by_clip.std(1, ddof=1) / np.sqrt(count) if count > 1 else np.zeros(len(parts))
    steps = change[:, np.array(seams) - 1].mean((0, 1))  # of all seams, the steps of the overlap in order
    into_latents = change[:, ::4]  # the VAE's own rhythm, with or without seams: each latent frame stands for four
    return {
        "trajectory error by 16 frames, px": [round(part, 2) for part in parts],
        "standard error, px": [round(part, 2) for part in spread.tolist()],
        "mean, px": round(float(error.mean()), 2),
        "growth from first to last": round(parts[-1] / parts[0] - 1, 3),
        "ground change at seams over median": round(float(steps.max() / np.median(change)), 3),
        "ground change into all latent frames over median": round(float(into_latents.mean() / np.median(change)), 3),
        "median ground change, of 255": round(float(np.median(change)), 3),
    }


def draw(path: Path, runs: list[dict[str, Any]]) -> None:
    """TrajError along the clip: a panel for each length, a curve for each way."""
    panels = []
    for frames in sorted({run["frames"] for run in runs}):
        curves = []
        for run in runs:
            if run["frames"] == frames:
                parts = zip(run["trajectory error by 16 frames, px"], run["standard error, px"], strict=True)
                curves.append(Curve(run["way"], [(16.0 * (i + 1), *part) for i, part in enumerate(parts)]))
        panels.append(Panel(f"TrajError of every 16 frames of {frames}, px", "up to frame", curves))
    write_panels(path, panels)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--frames", nargs="+", type=int, default=[97, 193])
    parser.add_argument("--count", type=int, default=8)
    parser.add_argument("--steps", type=int, default=15)
    parser.add_argument("--ways", nargs="+", default=["windows", "segments"])
    parser.add_argument("--overlap", nargs=2, type=int, default=[8, 1], metavar=("WINDOWS", "SEGMENTS"))
    parser.add_argument("--out", type=Path)
    parser.add_argument("--picture", type=Path, help="a chart of all runs")
    arguments = parser.parse_args()
    overlaps = dict(zip(("windows", "segments"), arguments.overlap, strict=True))
    runs: list[dict[str, Any]] = []
    if arguments.out and arguments.out.exists():
        known = json.loads(arguments.out.read_text("utf-8"))
        runs = [run for run in known["runs"] if known["steps"] == arguments.steps and run["clips"] == arguments.count]
    for frames in arguments.frames:
        for way in arguments.ways:
            wanted = {"way": way, "frames": frames, "overlap": overlaps[way]}
            if any(wanted.items() <= run.items() for run in runs):
                continue
            kept = arguments.out.with_suffix(".clips") if arguments.out else None
            made = measure(way, frames, arguments.count, arguments.steps, {"overlap": overlaps[way]}, kept)
            runs.append({"way": way, **made})
            if arguments.out:
                text = json.dumps({"steps": arguments.steps, "runs": runs}, indent=1)
                arguments.out.write_text(text + "\n", "utf-8")
    print(json.dumps({"steps": arguments.steps, "runs": runs}, indent=1))
    if arguments.picture:
        draw(arguments.picture, runs)


if __name__ == "__main__":
    main()
