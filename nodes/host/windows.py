"""Which part of a video the network is given in a call, where the host cuts it into context windows."""

from __future__ import annotations

from typing import Any

import torch

Part = torch.Tensor | None
"""Indices, the anchor frame included and in the window's order; None for all of them."""


def window_of(options: dict[str, Any], device: torch.device) -> tuple[Part, Part]:
    """Latent frames of the clip, and videos of the batch, that a call holds, by its transformer options."""
    window = options.get("context_window")
    if window is None:
        return None, None
    part = window.get_tensor(torch.arange(window.total_frames), device=device, dim=0)
    return (None, part) if window.dim == 0 else (part, None)
