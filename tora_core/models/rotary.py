"""Rotary positions of CogVideoX for any size, exactly as diffusers' pipelines make them."""

from __future__ import annotations

from typing import Any

import torch
from diffusers.models.embeddings import get_3d_rotary_pos_embed
from diffusers.pipelines.cogvideo.pipeline_cogvideox import get_resize_crop_region_for_grid


def rotary_positions(
    config: Any, frames: int, height: int, width: int, device: torch.device | str | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    """(cos, sin), each (F'*H*W/p^2, head size), for latents of F' frames, `height` x `width` cells.

    Sizes other than the model's own are laid over its grid (resize and crop), so the range of positions stays.
    """
    p = config.patch_size
    grid = (height // p, width // p)
    base_width, base_height = config.sample_width // p, config.sample_height // p
    region = get_resize_crop_region_for_grid(grid, base_width, base_height)
    return get_3d_rotary_pos_embed(
        embed_dim=config.attention_head_dim, crops_coords=region, grid_size=grid, temporal_size=frames, device=device
    )
