"""Rotary positions of CogVideoX for any size, as diffusers' pipelines make them, without diffusers.

ComfyUI's nodes need them too, and diffusers isn't loaded there.
"""

from __future__ import annotations

from typing import Any

import torch

Region = tuple[tuple[int, int], tuple[int, int]]

_THETA = 10000.0


def rotary_positions(
    config: Any, frames: int, height: int, width: int, device: torch.device | str | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    """(cos, sin), each (F'*H*W/p^2, head size), for latents of F' frames, `height` x `width` cells.

    config: of a CogVideoX transformer (patch_size, sample_height, sample_width, attention_head_dim).
    """
    p = config.patch_size
    return rotary_tables(
        (frames, height // p, width // p),
        learned=(config.sample_height // p, config.sample_width // p),
        head_size=config.attention_head_dim,
        device=device,
    )


def rotary_tables(
    grid: tuple[int, int, int],
    *,
    learned: tuple[int, int] = (30, 45),
    head_size: int = 64,
    device: torch.device | str | None = None,
) -> tuple[torch.Tensor, torch.Tensor]:
    """(cos, sin), float32 (F'*H*W, head_size) each, for a grid of F' latent frames, H rows and W columns of patches.

    learned: rows and columns that the model was trained with. Other grids are laid over these, resized and cropped, so
    that the range of positions stays. A quarter of a head's size is for time, three eighths each for rows and columns.
    Source: `get_3d_rotary_pos_embed` and `get_resize_crop_region_for_grid` of diffusers.
    """
    frames, rows, columns = grid
    (top, left), (bottom, right) = resize_crop_region((rows, columns), learned)
    places = (
        torch.arange(frames, dtype=torch.float32, device=device),
        torch.linspace(top, bottom * (rows - 1) / rows, rows, dtype=torch.float32, device=device),
        torch.linspace(left, right * (columns - 1) / columns, columns, dtype=torch.float32, device=device),
    )
    sizes = (head_size // 4, head_size // 8 * 3, head_size // 8 * 3)
    angles = [_angles(place, size) for place, size in zip(places, sizes, strict=True)]
    joint = torch.cat(
        [
            angles[0][:, None, None].expand(-1, rows, columns, -1),
            angles[1][None, :, None].expand(frames, -1, columns, -1),
            angles[2][None, None].expand(frames, rows, -1, -1),
        ],
        dim=-1,
    ).reshape(frames * rows * columns, -1)
    return joint.cos(), joint.sin()


def resize_crop_region(grid: tuple[int, int], learned: tuple[int, int]) -> Region:
    """((top, left), (bottom, right)): where a grid of (rows, columns) lies when fitted into the learned one."""
    rows, columns = grid
    height, width = learned
    if rows / columns > height / width:
        fitted = (height, round(height / rows * columns))
    else:
        fitted = (round(width / columns * rows), width)
    top, left = round((height - fitted[0]) / 2.0), round((width - fitted[1]) / 2.0)
    return (top, left), (top + fitted[0], left + fitted[1])


def _angles(places: torch.Tensor, size: int) -> torch.Tensor:
    """(n, size): every frequency twice, as CogVideoX turns neighbouring pairs of channels."""
    exponents = torch.arange(0, size, 2, dtype=torch.float32, device=places.device) / size
    return torch.outer(places, 1.0 / _THETA**exponents).repeat_interleave(2, dim=1)
