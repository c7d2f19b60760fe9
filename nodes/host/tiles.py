"""Overlapping spatial tiles with soft seams, for encoders whose output is 8 times smaller than their input."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import torch

CELL_PX = 8
"""Pixels to a latent cell."""


class Tile(NamedTuple):
    """Pixels [top, bottom) x [left, right); all four are multiples of CELL_PX."""

    top: int
    bottom: int
    left: int
    right: int


def plan(size: tuple[int, int], tile: tuple[int, int], overlap: int) -> list[Tile]:
    """Tiles of at most `tile` (height, width) pixels over `size`, neighbours sharing at least `overlap` pixels."""
    rows, columns = (list(_spans(n, t, overlap)) for n, t in zip(size, tile, strict=True))
    return [Tile(top, bottom, left, right) for top, bottom in rows for left, right in columns]


def blend(
    size: tuple[int, int], tiles: list[Tile], margin: int, encode: Callable[[Tile], torch.Tensor]
) -> torch.Tensor:
    """Encode every tile to latents (..., rows, columns) and lay them together.

    A tile's outer `margin` pixels towards its neighbours are left out, because they saw a border that isn't there;
    over the rest of an overlap one tile fades into the other.
    """
    whole = weight = None
    for tile in tiles:
        part = encode(tile)
        rows = _fade(tile.top, tile.bottom, size[0], _neighbours(tiles, tile, 0), margin)
        columns = _fade(tile.left, tile.right, size[1], _neighbours(tiles, tile, 1), margin)
        mask = (rows[:, None] * columns[None, :]).to(part)
        if whole is None or weight is None:
            shape = (size[0] // CELL_PX, size[1] // CELL_PX)
            whole = torch.zeros(*part.shape[:-2], *shape, dtype=part.dtype, device=part.device)
            weight = torch.zeros(shape, dtype=part.dtype, device=part.device)
        place = (
            slice(tile.top // CELL_PX, tile.bottom // CELL_PX),
            slice(tile.left // CELL_PX, tile.right // CELL_PX),
        )
        whole[(..., *place)] += part * mask
        weight[place] += mask
    assert whole is not None and weight is not None
    return whole / weight


def _spans(length: int, tile: int, overlap: int) -> Iterator[tuple[int, int]]:
    """Spans of equal length, spread evenly over [0, length)."""
    tile = min(tile // CELL_PX * CELL_PX, length)
    count = 1 if tile >= length else -(-(length - overlap) // max(tile - overlap, CELL_PX))
    for i in range(count):
        start = 0 if count == 1 else round(i * (length - tile) / (count - 1) / CELL_PX) * CELL_PX
        yield start, start + tile


def _neighbours(tiles: list[Tile], tile: Tile, axis: int) -> tuple[int, int]:
    """How many pixels the tile shares with the one before it and the one after it along an axis."""
    spans = sorted({(t.top, t.bottom) if axis == 0 else (t.left, t.right) for t in tiles})
    mine = (tile.top, tile.bottom) if axis == 0 else (tile.left, tile.right)
    at = spans.index(mine)
    before = spans[at - 1][1] - mine[0] if at > 0 else 0
    after = mine[1] - spans[at + 1][0] if at + 1 < len(spans) else 0
    return before, after


def _fade(start: int, end: int, length: int, shared: tuple[int, int], margin: int) -> torch.Tensor:
    """Weights of a tile's cells along one axis: 1, at its inner ends 0 over the margin and then a ramp."""
    weights = torch.ones((end - start) // CELL_PX, dtype=torch.float32)
    for overlap, flip in zip(shared, (False, True), strict=True):
        if overlap <= 0:
            continue
        bare = min(margin, max(0, (overlap - CELL_PX) // 2)) // CELL_PX
        ramp = overlap // CELL_PX - 2 * bare
        ends = torch.cat([torch.zeros(bare), (torch.arange(ramp) + 0.5) / ramp, torch.ones(bare)])
        side = weights.flip(0) if flip else weights
        side[: len(ends)] *= ends
        weights = side.flip(0) if flip else side
    return weights
