"""The chunks in which diffusers runs CogVideoX's VAE, and so what Tora and the bundled model were trained on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import comfy.model_management
import torch


def chunks(frames: int, size: int) -> list[tuple[int, int]]:
    """Where each chunk begins and ends: `size` frames each, the first with the remainder too.

    17 frames in chunks of 8: (0, 9), (9, 17). Source: AutoencoderKLCogVideoX._encode and _decode of diffusers.
    """
    first = frames if frames < size else size + frames % size
    return [(0, first), *((start, start + size) for start in range(first, frames, size))]


def in_chunks(net: Callable[..., tuple[torch.Tensor, Any]], x: torch.Tensor, size: int) -> torch.Tensor:
    """Run an encoder or decoder over (B, C, F, H, W), its cache handed on from chunk to chunk.

    The host puts the remainder into a chunk of its own; of a single frame its layers keep no cache (docs/host.md).
    """
    parts, cache = [], None
    for start, end in chunks(x.shape[2], size):
        comfy.model_management.throw_exception_if_processing_interrupted()
        part, cache = net(x[:, :, start:end], conv_cache=cache)
        parts.append(part)
    return torch.cat(parts, dim=2)
