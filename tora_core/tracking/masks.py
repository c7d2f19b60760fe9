"""From a mask a frame to points: its center of mass, or its box."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import ToraError
from .clip import filled
from .spread import checked_mask

PARTS = ("centroid", "box center", "box corners", "box")
"""What is followed: 1 point; 1 point; 4 corners, from the top left clockwise; the middle and the right and lower edge's
middles, 3 points, from which place, width and height can be told."""


def mask_tracks(masks: Any, part: str = "centroid") -> tuple[np.ndarray, np.ndarray]:
    """Where a mask is in each frame: positions float32 (N, F, 2) px and visible bool (N, F); N as `part` says.

    masks: (F, H, W), 0..1 (above one half counts), bool or uint8. Boxes run through the middles of the outermost
    pixels. A frame whose mask is empty is not visible; its position lies between those of its neighbors. Raises
    ToraError where all masks are empty.
    """
    if part not in PARTS:
        raise ToraError(f"part is {part!r}, expected one of {', '.join(PARTS)}.")
    masks = np.asarray(masks)
    if masks.ndim != 3 or 0 in masks.shape:
        raise ToraError(f"the masks have shape {masks.shape}, expected (frames, height, width), not empty.")
    count = {"centroid": 1, "box center": 1, "box corners": 4, "box": 3}[part]
    positions, visible = np.zeros((count, len(masks), 2)), np.zeros((count, len(masks)), bool)
    for f, mask in enumerate(masks):
        y, x = np.nonzero(checked_mask(mask))
        if len(x):
            positions[:, f], visible[:, f] = _points(x, y, part), True
    if not visible.any():
        raise ToraError("the masks are empty in every frame: nothing in them is above one half.")
    return filled(positions, visible).astype(np.float32), visible


def mask_box(mask: Any) -> tuple[float, float, float, float]:
    """(left, top, right, bottom) px of a mask (H, W), through the middles of its outermost pixels. Raises ToraError."""
    y, x = np.nonzero(checked_mask(mask))
    if not len(x):
        raise ToraError("the mask is empty: nothing in it is above one half, so it has no box.")
    return float(x.min()), float(y.min()), float(x.max()), float(y.max())


def _points(x: np.ndarray, y: np.ndarray, part: str) -> np.ndarray:
    if part == "centroid":
        return np.array([[x.mean(), y.mean()]])
    left, top, right, bottom = x.min(), y.min(), x.max(), y.max()
    middle = [(left + right) / 2, (top + bottom) / 2]
    if part == "box center":
        return np.array([middle])
    if part == "box corners":
        return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], float)
    return np.array([middle, [right, middle[1]], [middle[0], bottom]], float)
