"""A learned table of positions at another grid than its own; without diffusers, for ComfyUI's nodes too."""

from __future__ import annotations

import torch
from torch import nn

Grid = tuple[int, int, int]
"""Latent frames, rows and columns of patches."""


def resize_positions(table: torch.Tensor, text_tokens: int, grid: Grid, new_grid: Grid) -> torch.Tensor:
    """Interpolate a table of positions, (1, text_tokens + F'*H*W, D), to another grid (F', H, W), trilinearly.

    Convention: in time first and last entry keep their place (the first latent frame is the image's own); in space
    patches are areas, whose centres are laid over each other, as images are resized. Text entries stay.
    Computed in float32, result of the table's type; at the same grid the table itself.
    """
    if grid == new_grid:
        return table
    text, video = table[:, :text_tokens], table[:, text_tokens:]
    depth = table.shape[-1]
    frames, height, width = grid
    x = video.float().reshape(frames, height, width, depth).permute(0, 3, 1, 2)  # F' D H W
    x = nn.functional.interpolate(x, size=new_grid[1:], mode="bilinear", align_corners=False)
    x = x.permute(1, 2, 3, 0).reshape(1, -1, frames)  # 1 (D H W) F'
    x = nn.functional.interpolate(x, size=new_grid[0], mode="linear", align_corners=True)
    x = x.reshape(depth, *new_grid[1:], new_grid[0]).permute(3, 1, 2, 0).reshape(1, -1, depth)
    return torch.cat([text, x.to(table.dtype)], dim=1)


def resized_note(learned: Grid, wanted: Grid, patch: int = 2) -> str | None:
    """Say that learned positions are interpolated from latents of one size to another; None where they are not.

    learned, wanted: latent frames, height and width; `patch` cells a side make a patch.
    """
    if [learned[0], *(n // patch for n in learned[1:])] == [wanted[0], *(n // patch for n in wanted[1:])]:
        return None
    return (
        f"the model's learned positions are for latents of {'x'.join(map(str, learned))} (frames x height x width) and "
        f"are interpolated to {'x'.join(map(str, wanted))}; expect the best pictures at the model's own size"
    )
