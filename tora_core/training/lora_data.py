"""What a LoRA is trained on: clips and their words, drawn or from a folder, encoded once by the base model's VAE."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn.functional import interpolate

from ..errors import ToraError
from ..motion import render_motion
from ..trajectory import Tracks, Trajectory
from ..video import read_video
from .fast_conv import fast_causal_convolutions
from .styles import Look
from .synthetic import draw_clip

VIDEOS = (".mp4", ".mov", ".webm", ".mkv", ".avi", ".gif")


@dataclass(frozen=True, eq=False)
class TrainingClip:
    """frames: uint8 (F, H, W, 3) RGB. motion: None where none is known."""

    frames: np.ndarray
    caption: str
    motion: Tracks | None = None


@dataclass(frozen=True, eq=False)
class EncodedClip:
    """SCALED latents, float16 on the CPU: video and motion (F', 16, h, w), image (1, 16, h, w) of the first frame."""

    video: torch.Tensor
    image: torch.Tensor
    motion: torch.Tensor | None
    caption: str


def synthetic_clips(look: Look, count: int, frames: int, size: tuple[int, int], seed: int) -> Iterator[TrainingClip]:
    """Drawn clips of the seeds from `seed` on with a look on their pixels; words and motion are the clips' own."""
    for number in range(count):
        clip = draw_clip(seed + number, frames=frames, size=size)
        yield TrainingClip(look(clip.frames), clip.caption, clip.tracks)


def folder_clips(folder: Path, frames: int, size: tuple[int, int]) -> Iterator[TrainingClip]:
    """The videos of a folder, each with its words in NAME.txt, and its drawn motion in NAME.json where there is one.

    The first `frames` frames count, scaled to cover `size` (height, width) and cut at the centre; motion is of the
    video as it then is. Raises ToraError when there is no video, words are missing or a video is too short.
    """
    if not folder.is_dir():
        raise ToraError(f"{folder} is no folder, expected one with videos and a NAME.txt of words for each.")
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in VIDEOS)
    if not paths:
        raise ToraError(f"{folder} holds no videos ({', '.join(VIDEOS)}).")
    for path in paths:
        words = path.with_suffix(".txt")
        if not words.is_file():
            raise ToraError(f"{words} is missing: it should say in words what {path.name} shows.")
        pixels, _ = read_video(path, max_frames=frames)
        if len(pixels) < frames:
            raise ToraError(f"{path} has {len(pixels)} frames, {frames} are needed. Ask for fewer, or leave it out.")
        drawn = path.with_suffix(".json")
        motion = Trajectory.load(drawn).sample(frames, size) if drawn.is_file() else None
        yield TrainingClip(_covering(pixels, size), words.read_text(encoding="utf-8").strip(), motion)


@torch.no_grad()
def encode_all(pipe: Any, clips: Iterator[TrainingClip], report: Callable[[str], None]) -> list[EncodedClip]:
    """Every clip through a pipeline's VAE: the mode of its latents, scaled.

    On a CPU the VAE gets quicker convolutions for good (fast_conv.py), which round otherwise.
    """
    if pipe.vae.device.type == "cpu" and pipe.vae.dtype == torch.float32:
        fast_causal_convolutions(pipe.vae)
    encoded = []
    for clip in clips:
        video = torch.from_numpy(clip.frames).float() / 127.5 - 1
        motion = None if clip.motion is None else _encode(pipe.vae, render_motion(clip.motion) * 2 - 1)
        encoded.append(EncodedClip(_encode(pipe.vae, video), _encode(pipe.vae, video[:1]), motion, clip.caption))
        if len(encoded) % 16 == 0:
            report(f"encoded {len(encoded)} clips")
    return encoded


def _encode(vae: Any, pixels: torch.Tensor) -> torch.Tensor:
    video = pixels.permute(3, 0, 1, 2)[None].to(vae.device, vae.dtype)
    latents = vae.encode(video).latent_dist.mode() * vae.config.scaling_factor
    return latents[0].transpose(0, 1).to("cpu", torch.float16)


def _covering(pixels: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Frames scaled to cover (height, width), the rest cut off evenly."""
    height, width = pixels.shape[1:3]
    scale = max(size[0] / height, size[1] / width)
    rows, columns = max(size[0], round(height * scale)), max(size[1], round(width * scale))
    if (rows, columns) != (height, width):
        video = torch.from_numpy(pixels).permute(0, 3, 1, 2).float()
        video = interpolate(video, (rows, columns), mode="bilinear", antialias=True, align_corners=False)
        pixels = video.round().clamp(0, 255).to(torch.uint8).permute(0, 2, 3, 1).numpy()
    top, left = (rows - size[0]) // 2, (columns - size[1]) // 2
    return pixels[:, top : top + size[0], left : left + size[1]]
