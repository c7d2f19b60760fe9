"""Held-out synthetic trajectories: fixed seeds that training never draws, sampled and measured."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from ..evaluation.traj_error import TrajError, trajectory_error
from ..tracking.color import locate_color, locate_salient
from ..training.synthetic import OBJECT_COLORS, Clip, draw_clip
from .sheet import contact_sheet, write_picture

FIRST_SEED = 900_000_000
"""Training draws its seeds from 0 upwards and never comes here."""


def held_out_clips(count: int, frames: int, size: tuple[int, int]) -> list[Clip]:
    """The same `count` clips of one shape each, every time."""
    return [draw_clip(FIRST_SEED + index, frames=frames, size=size, objects=1) for index in range(count)]


def evaluate_held_out(
    pipeline: Any,
    *,
    count: int,
    frames: int,
    size: tuple[int, int],
    steps: int,
    guidance: float,
    batch: int,
    with_image: bool = False,
    pictures: Path | None = None,
) -> dict[str, Any]:
    """TrajError at strength 1 and at strength 0 from the same noise, by two trackers that don't know the asked path.

    "what stands out" follows the shape whatever its color; "asked color" counts a shape of another color as lost. Where
    `pictures`, a sheet of each clip is written there.
    """
    clips = held_out_clips(count, frames, size)
    figures: dict[str, Any] = {"clips": count, "frames": frames, "size": list(size), "steps": steps}
    for strength in (1.0, 0.0):
        videos: list[np.ndarray] = []
        for start in range(0, count, batch):
            videos += sample(pipeline, clips[start : start + batch], start, steps, guidance, strength, with_image)
        asked = np.stack([clip.tracks.points_px[0] for clip in clips])
        by_color = [locate_color(v, OBJECT_COLORS[c.things[0].color]) for v, c in zip(videos, clips, strict=True)]
        figures[f"strength {strength:g}"] = {
            tracker: asdict(error_of(asked, located, size))
            for tracker, located in (
                ("what stands out", [locate_salient(v) for v in videos]),
                ("asked color", by_color),
            )
        }
        if pictures is not None:
            for index, (video, clip) in enumerate(zip(videos, clips, strict=True)):
                write_picture(
                    pictures / f"{index:02d}_strength_{strength:g}.png", contact_sheet(video, clip.tracks, clip.caption)
                )
    figures["times closer"] = {
        tracker: figures["strength 0"][tracker]["euclidean_px"]
        / max(figures["strength 1"][tracker]["euclidean_px"], 1e-9)
        for tracker in figures["strength 1"]
    }
    return figures


def error_of(asked: np.ndarray, located: list[tuple[np.ndarray, np.ndarray]], size: tuple[int, int]) -> TrajError:
    """TrajError of what a tracker found in each clip."""
    paths, found = zip(*located, strict=True)
    return trajectory_error(asked, np.stack(paths), size=size, found=np.stack(found))


def sample(
    pipeline: Any, clips: list[Clip], seed: int, steps: int, guidance: float, strength: float, with_image: bool
) -> list[np.ndarray]:
    """uint8 (F, H, W, 3) a clip."""
    import torch
    from PIL import Image

    height, width = clips[0].tracks.size
    extra = {"image": [Image.fromarray(clip.frames[0]) for clip in clips]} if with_image else {}
    result = pipeline(
        prompt=[clip.caption for clip in clips],
        trajectory=[clip.tracks for clip in clips],
        height=height,
        width=width,
        num_frames=len(clips[0].frames),
        num_inference_steps=steps,
        guidance_scale=guidance,
        dynamic_guidance="off",
        strength=strength,
        generator=[torch.Generator().manual_seed(FIRST_SEED + seed + i) for i in range(len(clips))],
        output_type="np",
        **extra,
    )
    return list((result.frames.clip(0, 1) * 255).round().astype("uint8"))
