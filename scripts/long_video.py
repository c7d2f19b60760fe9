"""Measure long videos of the bundled model: does following get worse along the clip, and are seams to be seen?

    python scripts/long_video.py [--frames 97 193] [--count 8] [--out docs/long_video.json]

Two ways, windows (text to video) and segments (image to video), on held-out clips whose paths are about as fast as
those that the model was trained on: TrajError of every 16 frames, and the mean absolute change of the ground from frame
to frame, at seams against the median. What stands out of the ground is followed, as in `tora evaluate`.
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


def measure(kind: str, frames: int, count: int, steps: int, options: dict[str, Any]) -> dict[str, Any]:
    """Figures of one way and one length."""
    pipeline = load_pipeline(None, image_to_video=kind == "segments")
    pipeline.set_progress_bar_config(disable=True)
    errors, changes = [], []
    for index in range(count):
        clip = long_clip(FIRST_SEED + index, frames)
        shared = {
            "trajectory": clip.tracks,
            "height": SIZE[0],
            "width": SIZE[1],
            "num_frames": frames,
            "num_inference_steps": steps,
            "guidance_scale": 3.0,
            "dynamic_guidance": "off",
            "generator": torch.Generator().manual_seed(FIRST_SEED + index),
        }
        if kind == "windows":
            context = ContextWindows(PIECE, **options)
            made = pipeline(clip.caption, **shared, output_type="np", context_windows=context).frames[0]
            latent = [window.start for window in context.cut((frames - 1) // 4 + 1)][1:]
            seams = [4 * start - 3 for start in latent]
        else:
            segments = Segments(PIECE, **options)
            made = generate_segments(
                pipeline, Image.fromarray(clip.frames[0]), clip.caption, **shared, segments=segments
            )
            seams = [start + segments.overlap - 1 for start in segments.starts(frames)[1:]]
        video = (made.clip(0, 1) * 255).round().astype(np.uint8)
        asked = clip.tracks.points_px[0]
        places, found = locate_salient(video)
        far = np.hypot(*SIZE) / 2
        errors.append(np.where(found, np.hypot(*(asked - np.where(found[:, None], places, 0)).T), far))
        changes.append(ground_change(video, asked, np.where(found[:, None], places, asked)))
        print(f"{kind} {frames}: clip {index + 1} of {count}, {errors[-1].mean():.2f} px", file=sys.stderr)
    error, change = np.stack(errors), np.stack(changes)
    parts = [float(part.mean()) for part in np.array_split(error[:, 1:], (frames - 1) // 16, axis=1)]
    at_seams = np.concatenate([change[:, max(seam - 1, 0)] for seam in seams])  # the step into the seam's frame
    return {
        "clips": count,
        "frames": frames,
        **options,
        "trajectory error by 16 frames, px": [round(part, 2) for part in parts],
        "mean, px": round(float(error.mean()), 2),
        "growth from first to last": round(parts[-1] / parts[0] - 1, 3),
        "ground change at seams over median": round(float(at_seams.mean() / np.median(change)), 3),
        "median ground change, of 255": round(float(np.median(change)), 3),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--frames", nargs="+", type=int, default=[97, 193])
    parser.add_argument("--count", type=int, default=8)
    parser.add_argument("--steps", type=int, default=15)
    parser.add_argument("--ways", nargs="+", default=["windows", "segments"])
    parser.add_argument("--overlap", nargs=2, type=int, default=[8, 1], metavar=("WINDOWS", "SEGMENTS"))
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    overlaps = dict(zip(("windows", "segments"), arguments.overlap, strict=True))
    figures = [
        {"way": way, **measure(way, frames, arguments.count, arguments.steps, {"overlap": overlaps[way]})}
        for frames in arguments.frames
        for way in arguments.ways
    ]
    text = json.dumps({"steps": arguments.steps, "runs": figures}, indent=1)
    print(text)
    if arguments.out:
        arguments.out.write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main()
