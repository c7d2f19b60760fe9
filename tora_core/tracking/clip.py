"""What every tracker takes: frames, points in one of them, and the checks of both."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import ToraError

Progress = Callable[[int, int], None]
"""Called with what is done and what there is to do; what it raises ends the work (an interrupt, say)."""

MAX_POINTS = 1_000
"""As many as a trajectory may have tracks."""


def checked_frames(frames: Any, least: int = 1) -> np.ndarray:
    """Frames as uint8 (F, H, W, 3), F at least `least`. Raises ToraError for anything else."""
    frames = np.asarray(frames)
    if frames.ndim != 4 or frames.shape[-1] != 3 or frames.dtype != np.uint8 or 0 in frames.shape:
        raise ToraError(f"frames are {frames.dtype} {frames.shape}, expected uint8 (F, H, W, 3), not empty.")
    if len(frames) < least:
        raise ToraError(f"there is {len(frames)} frame, expected at least {least}: one picture shows no motion.")
    return frames


def checked_points(points_px: Any) -> np.ndarray:
    """Points as float64 (N, 2), N may be 0. Raises ToraError."""
    try:
        points = np.asarray(points_px, np.float64)
    except (TypeError, ValueError):
        raise ToraError("the points to follow are no table of numbers, expected (N, 2): x and y in px.") from None
    if points.size == 0:
        return np.zeros((0, 2))
    if points.ndim != 2 or points.shape[1] != 2:
        raise ToraError(f"the points to follow have shape {points.shape}, expected (N, 2): x and y in px.")
    if not np.isfinite(points).all():
        raise ToraError("the points to follow must be finite numbers.")
    if len(points) > MAX_POINTS:
        raise ToraError(f"there are {len(points)} points to follow, expected at most {MAX_POINTS}.")
    return points


def checked_start(start_frame: Any, frames: int) -> int:
    """The number of a frame. Raises ToraError."""
    if isinstance(start_frame, bool) or not isinstance(start_frame, (int, np.integer)):
        raise ToraError(f"start_frame is {start_frame!r}, expected a frame's number.")
    if not 0 <= start_frame < frames:
        raise ToraError(f"start_frame is {start_frame}, expected 0 to {frames - 1}: the video has {frames} frames.")
    return int(start_frame)


def inside(points_px: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """bool (...,): whether points (..., 2) lie on a pixel of a frame (height, width); pixel centers at integers."""
    x, y = points_px[..., 0], points_px[..., 1]
    return (x >= -0.5) & (x < size[1] - 0.5) & (y >= -0.5) & (y < size[0] - 0.5)


def filled(positions: np.ndarray, visible: np.ndarray) -> np.ndarray:
    """Positions (N, F, 2) with unseen frames filled: straight from the last seen one to the next, held at the ends.

    A track that is never seen stays as it is.
    """
    result = positions.copy()
    at = np.arange(positions.shape[1])
    for own, seen in zip(result, visible, strict=True):
        if seen.any() and not seen.all():
            for axis in (0, 1):
                own[:, axis] = np.interp(at, at[seen], own[seen, axis])
    return result
