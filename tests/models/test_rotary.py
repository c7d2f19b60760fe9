"""Rotary positions against diffusers' own functions, which the library doesn't use so that ComfyUI can do without."""

from __future__ import annotations

import pytest
import torch
from diffusers.models.embeddings import get_3d_rotary_pos_embed
from diffusers.pipelines.cogvideo.pipeline_cogvideox import get_resize_crop_region_for_grid

from tora_core.models.rotary import resize_crop_region, rotary_tables

GRIDS = [(13, 30, 45), (13, 45, 30), (5, 8, 8), (3, 20, 32), (1, 1, 1), (7, 45, 80), (2, 3, 50)]


@pytest.mark.parametrize("grid", GRIDS, ids=str)
def test_positions_are_those_of_diffusers_pipelines(grid: tuple[int, int, int]) -> None:
    region = get_resize_crop_region_for_grid(grid[1:], 45, 30)
    expected = get_3d_rotary_pos_embed(embed_dim=64, crops_coords=region, grid_size=grid[1:], temporal_size=grid[0])
    found = rotary_tables(grid)
    assert resize_crop_region(grid[1:], (30, 45)) == region
    for ours, theirs in zip(found, expected, strict=True):
        assert ours.shape == theirs.shape and ours.dtype == torch.float32
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-5)


def test_a_small_grid_spans_the_whole_learned_one() -> None:
    """3 x 5 patches on a learned 6 x 10: rows at 0, 2, 4; the first row channel turns by exactly that angle."""
    cos, _ = rotary_tables((1, 3, 5), learned=(6, 10), head_size=32)
    rows = torch.cos(torch.tensor([0.0, 2.0, 4.0]))
    columns = torch.cos(torch.tensor([0.0, 2.0, 4.0, 6.0, 8.0]))
    table = cos.reshape(3, 5, 32)
    torch.testing.assert_close(table[:, 0, 8], rows)  # 32 // 4 channels of time come first
    torch.testing.assert_close(table[0, :, 8 + 12], columns)  # then 32 // 8 * 3 of rows
