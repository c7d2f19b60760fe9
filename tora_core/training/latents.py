"""Clips encoded once: latents of the clip, of its first frame and of its motion pictures, kept on disk in shards.

A folder of latents holds a folder for each kind of clip, such as `17x128x128` (frames, height, width).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from ..checkpoints.saving import replacing
from ..errors import CheckpointError, ToraError
from ..motion import flow_to_rgb, render_motion
from ..trajectory import Tracks
from .fast_conv import fast_causal_convolutions
from .loop import autocast
from .scenes import draw_scene
from .synthetic import Clip

SHARD = 32
FOCUS_PX = 14.0
"""Width of the soft disc round a track that counts as where its thing is: about the radius of a large shape."""

NAMES = ("video", "image", "motion", "dense", "focus")


@dataclass(frozen=True)
class ClipKind:
    """Frames, height and width of clips that can share a batch."""

    frames: int = 17
    height: int = 128
    width: int = 128

    def __post_init__(self) -> None:
        if self.frames % 8 != 1 or self.height % 16 or self.width % 16 or min(self.height, self.width) < 16:
            raise ToraError(
                f"clips of {self} can't be encoded: frames must be 8k+1, height and width multiples of 16, at least 16."
            )

    def __str__(self) -> str:
        return f"{self.frames}x{self.height}x{self.width}"

    @classmethod
    def parse(cls, text: str) -> ClipKind:
        """From `frames x height x width`, such as 17x128x128."""
        match = re.fullmatch(r"(\d+)x(\d+)x(\d+)", text)
        if match is None:
            raise ToraError(f"clip kind is {text!r}, expected FRAMESxHEIGHTxWIDTH such as 17x128x128.")
        return cls(*map(int, match.groups()))

    @property
    def tokens(self) -> int:
        """Image tokens of the transformer for such a clip (patches of 2x2 latents)."""
        return (1 + (self.frames - 1) // 4) * (self.height // 16) * (self.width // 16)


@dataclass(frozen=True, eq=False)
class LatentSet:
    """N encoded clips of one kind, UNSCALED modes, with captions.

    video, motion (blurred tracks) and dense (dense flow): (N, F', 16, h, w); image: (N, 1, 16, h, w) of the first
    frame alone; focus: (N, F', h, w) in 0..1, high near the tracks.
    """

    video: torch.Tensor
    image: torch.Tensor
    motion: torch.Tensor
    dense: torch.Tensor
    focus: torch.Tensor
    captions: list[str]
    seeds: list[int]

    def __len__(self) -> int:
        return len(self.captions)

    def alone(self) -> LatentSet:
        """The clips with one thing only; may be none."""
        keep = [index for index, caption in enumerate(self.captions) if " and " not in caption]
        tensors = {name: getattr(self, name)[keep] for name in NAMES}
        return LatentSet(
            captions=[self.captions[index] for index in keep], seeds=[self.seeds[index] for index in keep], **tensors
        )


def focus_of(tracks: Tracks, latent: tuple[int, int, int]) -> torch.Tensor:
    """How near a track passes by each latent cell (F', h, w): a Gaussian of FOCUS_PX, largest over tracks and frames.

    It depends on the tracks alone, which the model is told: a loss weighted by it has the same optimum.
    """
    frames, height, width = latent
    scale_y, scale_x = tracks.size[0] / height, tracks.size[1] / width
    y = (np.arange(height) + 0.5) * scale_y - 0.5
    x = (np.arange(width) + 0.5) * scale_x - 0.5
    near = np.zeros(latent, np.float32)
    for frame in range(tracks.frames):
        for px, py in tracks.points_px[:, frame]:
            row = np.exp(-((y - py) ** 2) / (2 * FOCUS_PX**2))[:, None]
            column = np.exp(-((x - px) ** 2) / (2 * FOCUS_PX**2))[None]
            at = min((frame + 3) // 4, frames - 1)
            near[at] = np.maximum(near[at], row * column)
    return torch.from_numpy(near)


@torch.no_grad()
def encode_shard(
    vae: Any,
    seeds: Sequence[int],
    kind: ClipKind,
    path: Path,
    draw: Callable[..., Clip] = draw_scene,
    precision: str = "float32",
) -> None:
    """Draw, encode and save the clips of `seeds` as one float16 file; the file appears whole or not at all."""
    rows: dict[str, list[torch.Tensor]] = {name: [] for name in NAMES}
    captions = []
    for seed in seeds:
        clip = draw(seed, frames=kind.frames, size=(kind.height, kind.width))
        video = torch.from_numpy(clip.frames).float() / 127.5 - 1
        pictures = {
            "video": video,
            "image": video[:1],
            "motion": render_motion(clip.tracks) * 2 - 1,
            "dense": flow_to_rgb(torch.from_numpy(clip.flow)) * 2 - 1,
        }
        for name, pixels in pictures.items():
            with autocast(torch.device("cpu"), precision):
                latent = vae.encode(pixels.permute(3, 0, 1, 2)[None]).latent_dist.mode()
            rows[name].append(latent[0].permute(1, 0, 2, 3).half())
        frames, _, height, width = rows["video"][-1].shape
        rows["focus"].append(focus_of(clip.tracks, (frames, height, width)).half())
        captions.append(clip.caption)
    tensors = {name: torch.stack(values).contiguous() for name, values in rows.items()}
    with replacing(path) as part:
        save_file(tensors, part, metadata={"captions": "\n".join(captions)})


def encode_clips(
    vae: Any,
    folder: Path,
    counts: dict[ClipKind, int],
    *,
    first_seed: int = 0,
    draw: Callable[..., Clip] = draw_scene,
    precision: str = "float32",
    report: Callable[[str], None] = print,
) -> None:
    """Fill `folder` until it holds as many clips of each kind as asked; shards that are there already are kept.

    The kinds grow in step, so that training on some of each can begin early. Each kind draws its own seeds:
    10,000,000 apart, from `first_seed` on.
    """
    vae = fast_causal_convolutions(vae.eval())
    work = []
    for place, (kind, count) in enumerate(counts.items()):
        for start in range(0, count, SHARD):
            first = first_seed + 10_000_000 * place + start
            work.append((start / max(count, 1), kind, range(first, first + min(SHARD, count - start))))
    work.sort(key=lambda item: item[0])
    for number, (_, kind, seeds) in enumerate(work, start=1):
        path = folder / str(kind) / f"{seeds.start:010d}.safetensors"
        if not path.exists():
            encode_shard(vae, seeds, kind, path, draw, precision)
            report(f"encoded {kind}: shard {number} of {len(work)}")


def load_latents(folder: Path) -> dict[ClipKind, LatentSet]:
    """Everything encoded so far in `folder`, by kind; ToraError when there is nothing, or a file is no such shard."""
    found = {}
    for place in sorted(path for path in folder.glob("*x*x*") if path.is_dir()):
        shards = sorted(place.glob("*.safetensors"))
        if shards:
            found[ClipKind.parse(place.name)] = _load_set(shards)
    if not found:
        raise ToraError(f"{folder} holds no encoded clips: make them with `tora train encode --out {folder}`.")
    return found


def _load_set(shards: list[Path]) -> LatentSet:
    parts: dict[str, list[torch.Tensor]] = {name: [] for name in NAMES}
    captions: list[str] = []
    seeds: list[int] = []
    for path in shards:
        try:
            with safe_open(path, framework="pt") as file:
                tensors = {name: file.get_tensor(name) for name in NAMES}
                captions += file.metadata()["captions"].split("\n")
                seeds += range(first := int(path.stem), first + len(tensors["video"]))
        except (SafetensorError, TypeError, KeyError, ValueError) as error:
            raise CheckpointError(
                f"{path} is no shard of encoded clips ({error}); delete it and encode again."
            ) from error
        for name, tensor in tensors.items():
            parts[name].append(tensor)
    if len({value.shape[1:] for value in parts["video"]}) > 1:
        raise ToraError(f"{shards[0].parent} holds clips of several lengths or sizes: one folder for each.")
    return LatentSet(captions=captions, seeds=seeds, **{name: torch.cat(values) for name, values in parts.items()})
