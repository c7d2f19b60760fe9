"""Clips encoded once: latents of the clip, of its first frame and of its motion picture, kept on disk in shards."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save_file

from ..errors import ToraError
from ..motion import render_motion
from .fast_conv import fast_causal_convolutions
from .synthetic import draw_clip

SHARD = 32


@dataclass(frozen=True, eq=False)
class LatentSet:
    """N encoded clips: video and motion (N, F', 16, h, w), image (N, 1, 16, h, w), all UNSCALED modes; captions."""

    video: torch.Tensor
    image: torch.Tensor
    motion: torch.Tensor
    captions: list[str]

    def __len__(self) -> int:
        return len(self.captions)


@torch.no_grad()
def encode_shard(
    vae: Any, seeds: Sequence[int], frames: int, size: tuple[int, int], path: Path, objects: int | None = None
) -> None:
    """Draw, encode and save the clips of `seeds` as one float16 file; the file appears whole or not at all."""
    rows: dict[str, list[torch.Tensor]] = {"video": [], "image": [], "motion": []}
    captions = []
    for seed in seeds:
        clip = draw_clip(seed, frames=frames, size=size, objects=objects)
        video = torch.from_numpy(clip.frames).float() / 127.5 - 1
        motion = render_motion(clip.tracks) * 2 - 1
        for name, pixels in (("video", video), ("image", video[:1]), ("motion", motion)):
            latent = vae.encode(pixels.permute(3, 0, 1, 2)[None]).latent_dist.mode()
            rows[name].append(latent[0].permute(1, 0, 2, 3).half())
        captions.append(clip.caption)
    tensors = {name: torch.stack(values).contiguous() for name, values in rows.items()}
    part = path.with_suffix(".part")
    save_file(tensors, part, metadata={"captions": "\n".join(captions)})
    os.replace(part, path)


def encode_clips(
    vae: Any,
    folder: Path,
    count: int,
    *,
    first_seed: int = 0,
    frames: int = 17,
    size: tuple[int, int] = (128, 128),
    report: Callable[[str], None] = print,
) -> None:
    """Fill `folder` with shards until it holds `count` clips; shards that are there already are kept."""
    folder.mkdir(parents=True, exist_ok=True)
    vae = fast_causal_convolutions(vae.eval())
    for start in range(0, count, SHARD):
        path = folder / f"{first_seed + start:08d}.safetensors"
        if not path.exists():
            encode_shard(vae, range(first_seed + start, first_seed + min(start + SHARD, count)), frames, size, path)
            report(f"encoded {min(start + SHARD, count)} of {count} clips")


def load_latents(folder: Path) -> LatentSet:
    """Everything encoded so far in `folder`."""
    parts: dict[str, list[torch.Tensor]] = {"video": [], "image": [], "motion": []}
    captions: list[str] = []
    paths = sorted(folder.glob("*.safetensors"))
    if not paths:
        raise ToraError(f"{folder} holds no encoded clips: make them with `tora train encode --out {folder}`.")
    for path in paths:
        with safe_open(path, framework="pt") as file:
            for name, values in parts.items():
                values.append(file.get_tensor(name))
            captions += file.metadata()["captions"].split("\n")
    if len({value.shape[1:] for value in parts["video"]}) > 1:
        raise ToraError(f"{folder} holds clips of several lengths or sizes: one folder for each.")
    return LatentSet(captions=captions, **{name: torch.cat(values) for name, values in parts.items()})
