"""Measure what strength, start and end, radius and a pin do on the bundled model: the figures of docs/motion.md.

    python scripts/motion_settings.py [--count 16] [--steps 15] [--out docs/motion.json]

Every setting samples the same held-out clips (one shape, 17x128x128) from the same noise, text to video. The figure is
TrajError by what stands out, its mean over clips and the standard error of that mean. A pin is a track that stands
still where the shape is to be: as a point, and as circles of some pixels, against the asked place. What is measured
already stands in the file of --out and is kept.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from charts import Curve, Panel, write_panels

from tora_core.checkpoints.saving import replacing
from tora_core.commands.held_out import FIRST_SEED, held_out_clips
from tora_core.evaluation.traj_error import trajectory_error
from tora_core.pipelines import load_pipeline
from tora_core.tracking.color import locate_salient
from tora_core.trajectory import Tracks

FRAMES, SIZE = 17, (128, 128)
STRENGTHS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0)
ENDS = (0.1, 0.2, 0.3, 0.5, 0.7)
STARTS = (0.1, 0.2, 0.3, 0.5)
RADII = (3.0, 5.0, 7.5, 10.0, 15.0, 20.0, 30.0)
CIRCLES_PX = (0.0, 0.5, 1.0, 2.0, 4.0)

Change = Callable[[Tracks], Tracks]


def with_radius(sigma: float) -> Change:
    return lambda tracks: replace(tracks, sigma_px=np.full(len(tracks.points_px), sigma, np.float32))


def pinned(radius_px: float) -> Change:
    """The first place of each track, held in every frame; or circled once in the clip at this radius."""

    def change(tracks: Tracks) -> Tracks:
        center = inside(tracks.points_px[:, :1])
        angle = np.linspace(0, 2 * np.pi, tracks.frames)
        circle = radius_px * np.stack([np.cos(angle), np.sin(angle)], -1)
        return replace(tracks, points_px=(center + circle[None]).astype(np.float32))

    return change


def inside(points_px: np.ndarray) -> np.ndarray:
    """Points moved so far into the frame that a shape there is whole."""
    return np.clip(points_px, 20, SIZE[0] - 21)


def settings() -> dict[str, tuple[dict[str, Any], Change | None]]:
    """Name -> what the pipeline is called with, and what is made of each clip's tracks."""
    found: dict[str, tuple[dict[str, Any], Change | None]] = {}
    found |= {f"strength {value:g}": ({"strength": value}, None) for value in STRENGTHS}
    found |= {f"end {value:g}": ({"end": value}, None) for value in ENDS}
    found |= {f"start {value:g}": ({"start": value}, None) for value in STARTS}
    found |= {f"radius {value:g}": ({}, with_radius(value)) for value in RADII}
    found |= {f"pin {value:g}": ({}, pinned(value)) for value in CIRCLES_PX}
    return found | {"pin off": ({"strength": 0.0}, pinned(0.0))}


def measure(pipeline: Any, count: int, steps: int, options: dict[str, Any], change: Change | None) -> dict[str, Any]:
    """Mean over the clips, its standard error, and the share of frames in which something was found."""
    errors, found = [], []
    for index, clip in enumerate(held_out_clips(count, FRAMES, SIZE)):
        tracks = clip.tracks if change is None else change(clip.tracks)
        result = pipeline(
            prompt=clip.caption,
            trajectory=tracks,
            height=SIZE[0],
            width=SIZE[1],
            num_frames=FRAMES,
            num_inference_steps=steps,
            guidance_scale=3.0,
            dynamic_guidance="off",
            generator=torch.Generator().manual_seed(FIRST_SEED + index),
            output_type="np",
            **options,
        )
        video = (result.frames[0].clip(0, 1) * 255).round().astype("uint8")
        places, seen = locate_salient(video)
        error = trajectory_error(tracks.points_px[0], places, size=SIZE, found=seen)
        errors.append(error.euclidean_px)
        found.append(error.found_share)
    spread = float(np.std(errors, ddof=1) / np.sqrt(count)) if count > 1 else 0.0
    return {"mean_px": float(np.mean(errors)), "standard_error_px": spread, "found_share": float(np.mean(found))}


def draw(path: Path, figures: dict[str, dict[str, Any]]) -> None:
    """The four diagrams of docs/motion.md."""

    def curve(name: str, values: Sequence[float], first: str = "", last: tuple[float, str] | None = None) -> Curve:
        rows = [(value, figures[f"{name} {value:g}"]) for value in values]
        rows += [(last[0], figures[last[1]])] if last else []
        rows = ([(0.0, figures[first])] if first else []) + rows
        return Curve(name, [(x, row["mean_px"], row["standard_error_px"]) for x, row in rows])

    y = "TrajError, px"
    start, end = curve("start", STARTS, first="strength 1"), curve("end", ENDS, last=(1.0, "strength 1"))
    held = curve("pin", CIRCLES_PX)
    write_panels(
        path,
        [
            Panel(f"Strength ({y})", "strength", [curve("strength", STRENGTHS)], most=30),
            Panel(f"Start and end percent ({y})", "share of the noise schedule", [start, end], most=30),
            Panel(f"Radius of the tracks ({y})", "radius, px of 128", [curve("radius", RADII)], most=30),
            Panel(
                f"A thing held in place ({y})",
                "radius of the circle it is led along, px",
                [held],
                most=30,
            ),
        ],
    )


def main() -> None:
    """Measure what is not in the file yet, then draw the picture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", help="folder of a model; default the bundled one")
    parser.add_argument("--count", type=int, default=16)
    parser.add_argument("--steps", type=int, default=15)
    parser.add_argument("--out", type=Path, default=Path("docs/motion.json"))
    parser.add_argument("--picture", type=Path, default=Path("docs/images/motion.png"))
    args = parser.parse_args()
    how = {"count": args.count, "steps": args.steps, "frames": FRAMES, "size": list(SIZE)}
    known = json.loads(args.out.read_text("utf-8")) if args.out.exists() else {}
    figures = known["settings"] if known.get("how") == how else {}
    pipeline = load_pipeline(args.model)
    pipeline.set_progress_bar_config(disable=True)
    for name, (options, change) in settings().items():
        if name not in figures:
            figures[name] = measure(pipeline, args.count, args.steps, options, change)
            with replacing(args.out) as part:
                part.write_text(json.dumps({"how": how, "settings": figures}, indent=2) + "\n", encoding="utf-8")
        row = figures[name]
        print(
            f"{name:>14} {row['mean_px']:7.2f} px +- {row['standard_error_px']:.2f}, found {row['found_share']:.0%}",
            flush=True,
        )
    draw(args.picture, figures)


if __name__ == "__main__":
    main()
