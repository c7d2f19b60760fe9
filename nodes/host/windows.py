"""Which part of a video the network is given in a call, where the host cuts it into context windows."""

from __future__ import annotations

from typing import Any

import torch

from ...tora_core.errors import ToraError

TIME = 2
"""The axis of frames in a latent (B, C, F', h, w)."""

Part = torch.Tensor | None
"""Indices, the anchor frame included and in the window's order; None for all of them."""


def window_of(options: dict[str, Any], device: torch.device) -> tuple[Part, Part]:
    """Latent frames of the clip, and videos of the batch, that a call holds, by its transformer options."""
    window = options.get("context_window")
    if window is None:
        return None, None
    part = window.get_tensor(torch.arange(window.total_frames), device=device, dim=0)
    return (None, part) if window.dim == 0 else (part, None)


def require_time_windows(window_or_handler: Any) -> None:
    """Raise ToraError for the host's windows along an axis of the picture."""
    dim = getattr(window_or_handler, "dim", TIME)
    if dim not in (0, TIME):
        raise ToraError(
            f"the context windows are along dim {dim}, expected 2 (time; 0 is the batch): set dim to 2 in the context "
            "windows node."
        )


def check_handler(handler: Any, latent: tuple[int, ...]) -> None:
    """Raise ToraError where the host's windows can't do what was meant for latents (B, C, F', h, w); None is fine."""
    if handler is None:
        return
    require_time_windows(handler)
    videos, frames = latent[0], latent[TIME]
    dim, length = getattr(handler, "dim", TIME), getattr(handler, "context_length", frames)
    if dim == 0 and videos <= length < frames:
        raise ToraError(
            f"the context windows are along dim 0, the batch, and do nothing for {videos} of a length of {length}; "
            f"the video has {frames} latent frames. Set dim to 2 (time) in the context windows node, or use "
            "Context Windows (CogVideoX), which counts in frames of the video."
        )
    if dim == TIME and videos > 1 and length < frames and not getattr(handler, "takes_batches", False):
        raise ToraError(
            f"the host's own context windows fail with a batch of {videos} videos. Use Context Windows (CogVideoX), "
            "which takes batches, or a batch of 1."
        )
