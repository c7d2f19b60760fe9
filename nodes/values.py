"""What travels along the pack's own sockets: plain values, made by one node and read by others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, eq=False)
class ToraModel:
    """Tora's own weights, in a ModelPatcher of their own, so that the host moves them like any other model.

    patcher.model has `.extractor` (a TrajectoryExtractor) and `.fusers` (a ModuleList, one a block of the base model).
    kind is "t2v", "i2v", or None where the file doesn't tell; layers and width are those of the base model it is for.
    name is what the user calls the file, for messages.
    """

    patcher: Any
    kind: str | None
    layers: int
    width: int
    name: str


@dataclass(frozen=True, eq=False)
class ToraMotion:
    """A motion as VAE latents: UNSCALED float32 (B, 16, F', h, w) on the CPU, of a clip of `frames` frames.

    size is (height, width) in pixels: h = height / 8, w = width / 8, F' = (frames - 1) / 4 + 1.
    """

    latents: torch.Tensor
    size: tuple[int, int]
    frames: int

    def __str__(self) -> str:
        return f"{self.size[0]}x{self.size[1]}x{self.frames} (height x width x frames)"
