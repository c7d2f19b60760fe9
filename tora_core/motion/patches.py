"""Blurred flow in patches: only the rectangles that a source reaches, a few rows at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch

from .color import BLOCK_PIXELS
from .sources import Sources


class Patch(NamedTuple):
    """A rectangle of one frame's flow; u (dx) and v (dy) are float32 (rows, columns) in px/frame."""

    rows: slice
    columns: slice
    u: torch.Tensor
    v: torch.Tensor


def merge_boxes(boxes: list[tuple[int, int, int, int]]) -> list[tuple[int, int, int, int]]:
    """Replace boxes that touch or overlap by the box round them until none do; boxes are (y0, x0, y1, x1), ends out."""
    apart: list[tuple[int, int, int, int]] = []
    for box in boxes:
        while near := [b for b in apart if b[0] <= box[2] and box[0] <= b[2] and b[1] <= box[3] and box[1] <= b[3]]:
            apart = [b for b in apart if b not in near]
            tops, lefts, bottoms, rights = zip(box, *near, strict=True)
            box = (min(tops), min(lefts), max(bottoms), max(rights))
        apart.append(box)
    return apart


def flow_patches(sources: Sources, frame: int) -> Iterator[Patch]:
    """Yield the flow of one frame where it can differ from zero, in patches that don't overlap.

    Flow is the sum over sources of move * (column profile) x (row profile), so a patch is one small matrix product a
    component: (rows, K) times (K, columns) for the K sources of its rectangle.
    """
    mine = sources.of_frame(frame)
    if mine.start == mine.stop:
        return
    top, bottom = sources.y.first[mine], sources.y.last[mine] + 1
    left, right = sources.x.first[mine], sources.x.last[mine] + 1
    down, across = sources.y.profiles(mine), sources.x.profiles(mine)
    move = sources.move[mine]
    boxes = list(zip(top.tolist(), left.tolist(), bottom.tolist(), right.tolist(), strict=True))
    for y0, x0, y1, x1 in merge_boxes(boxes):
        inside = np.flatnonzero((top >= y0) & (bottom <= y1) & (left >= x0) & (right <= x1))
        columns = torch.from_numpy(np.ascontiguousarray(across[inside, x0:x1]))
        moving_u = torch.from_numpy(down[inside].T * move[inside, 0])
        moving_v = torch.from_numpy(down[inside].T * move[inside, 1])
        height = max(1, BLOCK_PIXELS // (x1 - x0))
        for y in range(y0, y1, height):
            rows = slice(y, min(y + height, y1))
            yield Patch(rows, slice(x0, x1), moving_u[rows] @ columns, moving_v[rows] @ columns)
