"""How far a ControlNet's hint is followed: edges of what was sampled against those of held-out clips."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from ..evaluation.edges import FAINT, edge_agreement, edges
from ..tracking.color import locate_salient
from .held_out import FIRST_SEED, Sampling, error_of, held_out_clips
from .sheet import write_picture

CASES = (("neither", 0.0, 0.0), ("controlnet", 0.0, 1.0), ("motion", 1.0, 0.0), ("both", 1.0, 1.0))
"""What acts: the strength of the motion and that of the ControlNet."""


def evaluate_edges(
    pipeline: Any, net: Any, sampling: Sampling, *, count: int, pictures: Path | None = None
) -> dict[str, Any]:
    """Edge agreement and TrajError with and without ControlNet and motion, each from the same noise.

    The hint is the clip's own edges (Canny). "clip" is the agreement of the clip itself, found as in what was sampled:
    more than that can't be had. Where `pictures`, a sheet of each clip is written there.
    """
    clips = held_out_clips(count, sampling.frames, sampling.size, sampling.objects)
    hints = [edges(clip.frames) for clip in clips]
    asked = np.concatenate(hints)
    figures: dict[str, Any] = {"clips": count, **asdict(sampling), "size": list(sampling.size)}
    figures["clip"] = {"edges": asdict(edge_agreement(_found([clip.frames for clip in clips]), asked))}
    sampled = {}
    for name, motion, control in CASES:
        videos: list[np.ndarray] = []
        for start in range(0, count, sampling.batch):
            part = slice(start, start + sampling.batch)
            videos += _sample(pipeline, net, clips[part], hints[part], start, motion, control, sampling)
        sampled[name] = videos
        figures[name] = {"edges": asdict(edge_agreement(_found(videos), asked))}
        if sampling.objects == 1:
            paths = np.stack([clip.tracks.points_px[0] for clip in clips])
            error = error_of(paths, [locate_salient(video) for video in videos], sampling.size)
            figures[name]["what stands out"] = asdict(error)
    if pictures is not None:
        for index, (clip, hint) in enumerate(zip(clips, hints, strict=True)):
            rows = [hint[..., None].repeat(3, axis=-1), *(videos[index] for videos in sampled.values()), clip.frames]
            write_picture(pictures / f"{index:02d}_edges.png", np.concatenate([_row(row) for row in rows]))
    return figures


def _found(videos: list[np.ndarray]) -> np.ndarray:
    return np.concatenate([edges(video, **FAINT) for video in videos])


def _row(video: np.ndarray) -> np.ndarray:
    """Six frames of a video (F, H, W, 3) side by side."""
    chosen = np.linspace(0, len(video) - 1, 6).round().astype(int)
    return np.concatenate([video[frame] for frame in chosen], axis=1)


def _sample(
    pipeline: Any,
    net: Any,
    clips: list[Any],
    hints: list[np.ndarray],
    first: int,
    motion: float,
    control: float,
    sampling: Sampling,
) -> list[np.ndarray]:
    """uint8 (F, H, W, 3) a clip; the noise of clip `first` + i is that of its seed, whatever acts."""
    import torch
    from PIL import Image

    from ..pipelines.control_input import Control

    height, width = sampling.size
    extra = {"image": [Image.fromarray(clip.frames[0]) for clip in clips]} if sampling.with_image else {}
    result = pipeline(
        prompt=[clip.caption for clip in clips],
        trajectory=[clip.tracks for clip in clips],
        strength=motion,
        control=Control(net, np.stack(hints)[..., None].repeat(3, axis=-1), control),
        height=height,
        width=width,
        num_frames=sampling.frames,
        num_inference_steps=sampling.steps,
        guidance_scale=sampling.guidance,
        dynamic_guidance="off",
        generator=[torch.Generator().manual_seed(FIRST_SEED + first + i) for i in range(len(clips))],
        output_type="np",
        **extra,
    )
    return list((result.frames.clip(0, 1) * 255).round().astype("uint8"))
