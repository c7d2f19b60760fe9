"""Where to put points: on a grid, or spread inside a mask. The same input always gives the same points."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import ToraError
from .clip import MAX_POINTS


def grid_points(size: tuple[int, int], columns: int, rows: int) -> np.ndarray:
    """Points float64 (rows * columns, 2) px in the middles of equal cells of a frame (height, width), row by row.

    Worked: 2 columns on a width of 8 are at x = 1.5 and 5.5, as pixel centers are at integers. Raises ToraError.
    """
    for name, value in (("columns", columns), ("rows", rows)):
        if not isinstance(value, (int, np.integer)) or isinstance(value, bool) or value < 1:
            raise ToraError(f"{name} is {value!r}, expected a whole number of 1 or more.")
    if columns * rows > MAX_POINTS:
        raise ToraError(
            f"{columns} columns and {rows} rows are {columns * rows} points, expected at most {MAX_POINTS}."
        )
    height, width = size
    x = (np.arange(columns) + 0.5) * width / columns - 0.5
    y = (np.arange(rows) + 0.5) * height / rows - 0.5
    return np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)


def checked_mask(mask: Any) -> np.ndarray:
    """A mask as bool (H, W): True where it is above one half, or above 127 of a uint8. Raises ToraError."""
    mask = np.asarray(mask)
    if mask.ndim != 2 or 0 in mask.shape or mask.dtype.kind not in "buif":
        raise ToraError(f"the mask is {mask.dtype} {mask.shape}, expected one mask (height, width).")
    if mask.dtype == bool:
        return mask
    if mask.dtype.kind == "f" and not np.isfinite(mask).all():
        raise ToraError("the mask holds NaN or infinity, expected values from 0 to 1.")
    return mask > (127 if mask.dtype == np.uint8 else 0.5)


def mask_points(mask: Any, count: int) -> np.ndarray:
    """At most `count` points float64 (K, 2) px inside a mask (H, W), as far from one another as can be.

    Farthest-point sampling: the first is the innermost pixel, each further one the pixel that is farthest from those
    before and from the mask's border. A mask of fewer pixels gives as many points as it has. Raises ToraError where the
    mask is empty.
    """
    import cv2

    if not isinstance(count, (int, np.integer)) or isinstance(count, bool) or not 1 <= count <= MAX_POINTS:
        raise ToraError(f"count is {count!r}, expected 1 to {MAX_POINTS} points.")
    inside = checked_mask(mask)
    if not inside.any():
        raise ToraError("the mask is empty: nothing in it is above one half, so there is no place for points.")
    # With a rim of zeros the frame's border is a border of the mask as well: points at it can't be followed.
    padded = np.pad(inside.astype(np.uint8), 1)
    depth = cv2.distanceTransform(padded, cv2.DIST_L2, 5)[1:-1, 1:-1]
    y, x = np.nonzero(inside)
    places = np.stack([x, y], axis=-1).astype(np.float64)
    # Twice the way to the border, as that lies half as far from the outermost points of an even spread.
    room = 2.0 * depth[y, x].astype(np.float64)
    chosen = [int(np.argmax(room))]
    nearest = np.hypot(*(places - places[chosen[0]]).T)
    while len(chosen) < min(int(count), len(places)):
        best = int(np.argmax(np.where(nearest > 0, np.minimum(nearest, room), -1.0)))
        chosen.append(best)
        nearest = np.minimum(nearest, np.hypot(*(places - places[best]).T))
    return places[chosen]
