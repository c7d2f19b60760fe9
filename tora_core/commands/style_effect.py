"""What a style LoRA does to the bundled model, on held-out paths, with the same noise without it and with it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..tracking.color import locate_salient
from ..training.styles import mean_hue_shift
from .held_out import Sampling, error_of, held_out_clips, sample

Videos = list[np.ndarray]
"""uint8 (F, H, W, 3) of every held-out path."""


@dataclass(frozen=True)
class StyleEffect:
    """hue_degrees: by how much hues turned; agreement, 0 to 1, tells whether all did alike (mean_hue_shift).

    without_px, with_px: TrajError (mean distance) by what stands out, whatever its color. by_ground: turn and agreement
    of the clips of each ground color; of grays nothing can be told.
    """

    clips: int
    hue_degrees: float
    agreement: float
    without_px: float
    with_px: float
    by_ground: dict[str, tuple[float, float]]

    @property
    def ratio(self) -> float:
        return self.with_px / max(self.without_px, 1e-9)


def make_videos(pipeline: Any, count: int, sampling: Sampling) -> Videos:
    """Sample the first `count` held-out paths."""
    clips = held_out_clips(count, sampling.frames, sampling.size)
    made: Videos = []
    for start in range(0, count, sampling.batch):
        made += sample(pipeline, clips[start : start + sampling.batch], start, 1.0, sampling)
    return made


def style_effect(before: Videos, after: Videos, sampling: Sampling) -> StyleEffect:
    """Compare the videos of the same paths without the LoRA and with it."""
    clips = held_out_clips(len(before), sampling.frames, sampling.size)
    asked = np.stack([clip.tracks.points_px[0] for clip in clips])
    without, with_it = (
        error_of(asked, [locate_salient(video) for video in made], sampling.size).euclidean_px
        for made in (before, after)
    )
    rows: dict[str, list[int]] = {}
    for number, clip in enumerate(clips):
        rows.setdefault(clip.ground, []).append(number)
    by_ground = {
        ground: mean_hue_shift(np.stack([before[i] for i in chosen]), np.stack([after[i] for i in chosen]))
        for ground, chosen in sorted(rows.items())
    }
    degrees, agreement = mean_hue_shift(np.stack(before), np.stack(after))
    return StyleEffect(len(before), degrees, agreement, without, with_it, by_ground)


def save_sheet(before: Videos, after: Videos, path: Path) -> None:
    """Each clip's middle frame without the LoRA, and below it with."""
    from PIL import Image

    rows = [np.concatenate([video[len(video) // 2] for video in made], axis=1) for made in (before, after)]
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.concatenate(rows, axis=0)).save(path)
