"""Held-out synthetic trajectories: fixed seeds that training never draws, sampled and measured."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np

from ..evaluation.things import locate_colors, name_thing
from ..evaluation.traj_error import TrajError, trajectory_error
from ..tracking.color import locate_color, locate_salient
from ..training.shapes import SHAPES, coverage
from ..training.synthetic import OBJECT_COLORS, Clip, draw_clip
from .sheet import contact_sheet, write_picture

FIRST_SEED = 900_000_000
"""Training draws its seeds from 0 upwards and never comes here."""

FIXED_COUNT = 64
"""The figures of the bundled model are means over the clips of FIRST_SEED to FIRST_SEED + 63."""


@dataclass(frozen=True)
class Sampling:
    """How held-out clips are sampled."""

    frames: int = 17
    size: tuple[int, int] = (128, 128)
    steps: int = 25
    guidance: float = 3.0
    batch: int = 8
    objects: int = 1
    with_image: bool = False


def held_out_clips(count: int, frames: int, size: tuple[int, int], objects: int = 1) -> list[Clip]:
    """The same `count` clips of so many shapes each, every time."""
    return [draw_clip(FIRST_SEED + index, frames=frames, size=size, objects=objects) for index in range(count)]


def evaluate_held_out(
    pipeline: Any,
    sampling: Sampling,
    *,
    count: int,
    strengths: tuple[float, ...] = (1.0, 0.0),
    pictures: Path | None = None,
) -> dict[str, Any]:
    """TrajError at each strength from the same noise, by trackers that don't know the asked path.

    One shape: "what stands out" follows it whatever its color; "asked color" counts a shape of another color as lost.
    Several: "asked colors" finds each by its color among the others. Without a picture nothing tells the model which
    path is whose, so "any order" gives each path the color that keeps to it, one for the whole clip. "right" is the
    share of clips in which the asked color and shape came (one shape only). With an image, "first frame dB" is the PSNR
    of frame 0 against it and "ground change" how much of what is not drawn changes (`ground_change`). Where `pictures`,
    a sheet of each clip is written there.
    """
    clips = held_out_clips(count, sampling.frames, sampling.size, sampling.objects)
    figures: dict[str, Any] = {"clips": count, **asdict(sampling), "size": list(sampling.size)}
    for strength in strengths:
        videos: list[np.ndarray] = []
        for start in range(0, count, sampling.batch):
            videos += sample(pipeline, clips[start : start + sampling.batch], start, strength, sampling)
        name = f"strength {strength:g}"
        figures[name] = _figures(videos, clips, sampling)
        if pictures is not None:
            for index, (video, clip) in enumerate(zip(videos, clips, strict=True)):
                write_picture(pictures / f"{index:02d}_{name.replace(' ', '_')}.png", _sheet(video, clip))
    if {1.0, 0.0} <= set(strengths):
        figures["times closer"] = {
            tracker: figures["strength 0"][tracker]["euclidean_px"] / max(error["euclidean_px"], 1e-9)
            for tracker, error in figures["strength 1"].items()
            if isinstance(error, dict) and "euclidean_px" in error
        }
    return figures


def _sheet(video: np.ndarray, clip: Clip) -> np.ndarray:
    return contact_sheet(video, clip.tracks, clip.caption)


def _figures(videos: list[np.ndarray], clips: list[Clip], sampling: Sampling) -> dict[str, Any]:
    asked = np.stack([clip.tracks.points_px for clip in clips])
    result: dict[str, Any] = {}
    if sampling.objects == 1:
        located = {
            "what stands out": [locate_salient(v) for v in videos],
            "asked color": [
                locate_color(v, OBJECT_COLORS[c.things[0].color]) for v, c in zip(videos, clips, strict=True)
            ],
        }
        result = {name: asdict(error_of(asked[:, 0], pairs, sampling.size)) for name, pairs in located.items()}
        named = [name_thing(video[:: max(1, len(video) // 5)], OBJECT_COLORS, SHAPES, coverage) for video in videos]
        wanted = [(clip.things[0].color, clip.things[0].shape) for clip in clips]
        result["right"] = {
            "color": _share(a[0] == b[0] for a, b in zip(named, wanted, strict=True)),
            "shape": _share(a[1] == b[1] for a, b in zip(named, wanted, strict=True)),
            "both": _share(a == b for a, b in zip(named, wanted, strict=True)),
        }
    else:
        pairs = [
            locate_colors(video, [OBJECT_COLORS[thing.color] for thing in clip.things])
            for video, clip in zip(videos, clips, strict=True)
        ]
        result["asked colors"] = asdict(error_of(asked, pairs, sampling.size))
        if not sampling.with_image:
            matched = [in_best_order(path, *pair, sampling.size) for path, pair in zip(asked, pairs, strict=True)]
            result["asked colors, any order"] = asdict(error_of(asked, matched, sampling.size))
    if sampling.with_image:
        errors = [(v[0].astype(float) - c.frames[0]) ** 2 for v, c in zip(videos, clips, strict=True)]
        decibel = [10 * np.log10(255**2 / max(float(error.mean()), 1e-6)) for error in errors]
        result["first frame dB"] = {"mean": float(np.mean(decibel)), "least": float(np.min(decibel))}
        changes = [ground_change(video, clip) for video, clip in zip(videos, clips, strict=True)]
        result["ground change"] = {"mean": float(np.mean(changes)), "most": float(np.max(changes))}
    return result


def ground_change(video: np.ndarray, clip: Clip) -> float:
    """Mean absolute difference, 0 to 255, of a video uint8 (F, H, W, 3) from its first frame where no thing was asked.

    Not counted are pixels within twice a thing's radius of its place, in the frame itself or in the first one.
    """
    y, x = np.mgrid[: video.shape[1], : video.shape[2]]
    near = np.zeros(video.shape[:3], bool)
    for thing in clip.things:
        for frame, (px, py) in enumerate(thing.centers_px):
            near[frame] |= np.hypot(x - px, y - py) < 2 * thing.radius_px
    change = np.abs(video[1:].astype(np.float32) - video[0]).mean(axis=-1)
    ground = ~(near[1:] | near[0])
    return float(change[ground].mean()) if ground.any() else 0.0


def in_best_order(
    asked: np.ndarray, paths: np.ndarray, found: np.ndarray, size: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """paths (N, F, 2) px and found (N, F), N to be small, in the order in which they are nearest to asked (N, F, 2)."""
    orders = [list(order) for order in permutations(range(len(paths)))]
    best = min(orders, key=lambda o: trajectory_error(asked, paths[o], size=size, found=found[o]).euclidean_px)
    return paths[best], found[best]


def _share(flags: Any) -> float:
    return float(np.mean(list(flags)))


def error_of(asked: np.ndarray, located: list[tuple[np.ndarray, np.ndarray]], size: tuple[int, int]) -> TrajError:
    """TrajError of what a tracker found in each clip."""
    paths, found = zip(*located, strict=True)
    return trajectory_error(asked, np.stack(paths), size=size, found=np.stack(found))


def sample(pipeline: Any, clips: list[Clip], first: int, strength: float, sampling: Sampling) -> list[np.ndarray]:
    """uint8 (F, H, W, 3) a clip; the noise of clip `first` + i is that of its seed, whatever the strength."""
    import torch
    from PIL import Image

    height, width = sampling.size
    extra = {"image": [Image.fromarray(clip.frames[0]) for clip in clips]} if sampling.with_image else {}
    result = pipeline(
        prompt=[clip.caption for clip in clips],
        trajectory=[clip.tracks for clip in clips],
        height=height,
        width=width,
        num_frames=sampling.frames,
        num_inference_steps=sampling.steps,
        guidance_scale=sampling.guidance,
        dynamic_guidance="off",
        strength=strength,
        generator=[torch.Generator().manual_seed(FIRST_SEED + first + i) for i in range(len(clips))],
        output_type="np",
        **extra,
    )
    return list((result.frames.clip(0, 1) * 255).round().astype("uint8"))
