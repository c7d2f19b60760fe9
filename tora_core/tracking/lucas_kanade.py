"""Follow points through a video by their surroundings: pyramidal Lucas-Kanade, checked forward and backward.

It needs no weights and knows nothing of any asked path but where it starts. Method: Lucas and Kanade 1981 in OpenCV's
pyramidal form; the forward-backward check is that of Kalal, Mikolajczyk and Matas 2010.
"""

from __future__ import annotations

import numpy as np

from ..errors import ToraError

MAX_RETURN_PX = 1.0
"""A feature that, followed to the next frame and back, ends further from its start is dropped."""

MOST_FEATURES = 40


def follow_points(
    frames: np.ndarray,
    starts_px: np.ndarray,
    *,
    start_frames: np.ndarray | None = None,
    radius_px: float | None = None,
    window_px: int = 15,
) -> tuple[np.ndarray, np.ndarray]:
    """Follow N points from where each starts: (positions float32 (N, F, 2) px, found bool (N, F)).

    frames: uint8 (F, H, W, 3). starts_px: (N, 2) as (x, y), each in frame `start_frames` (N,), default 0. A point moves
    as the median of the corners within `radius_px` around it does (default an eighth of the shorter side); what is
    flat, leaves the frame or fails the check is lost from then on, and is 0 where it is not found.
    """
    import cv2

    frames = np.asarray(frames)
    if frames.ndim != 4 or frames.shape[-1] != 3 or frames.dtype != np.uint8 or 0 in frames.shape:
        raise ToraError(f"frames are {frames.dtype} {frames.shape}, expected uint8 (F, H, W, 3), not empty.")
    starts = np.asarray(starts_px, np.float32).reshape(-1, 2)
    if not np.isfinite(starts).all():
        raise ToraError("the points to follow must be finite numbers.")
    count, (total, height, width) = len(starts), frames.shape[:3]
    begin = np.zeros(count, int) if start_frames is None else np.asarray(start_frames, int)
    if begin.shape != (count,) or ((begin < 0) | (begin >= total)).any():
        raise ToraError(f"start_frames must be {count} frame numbers from 0 to {total - 1}.")
    radius = max(4.0, min(height, width) / 8) if radius_px is None else float(radius_px)
    gray = [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in frames]
    # Things may differ from their ground in color alone, so the three channels are looked at apart where gray is flat.
    layers = [[g, *cv2.split(frame)] for g, frame in zip(gray, frames, strict=True)]
    positions, found = np.zeros((count, total, 2), np.float32), np.zeros((count, total), bool)
    for n in range(count):
        at = starts[n].copy()
        for f in range(begin[n], total):
            if not (-0.5 <= at[0] < width - 0.5 and -0.5 <= at[1] < height - 0.5):
                break
            positions[n, f], found[n, f] = at, True
            if f + 1 == total:
                break
            step = _step(layers[f], layers[f + 1], at, radius, window_px)
            if step is None:
                break
            at = at + step
    return positions, found


def _step(
    now: list[np.ndarray], later: list[np.ndarray], at: np.ndarray, radius: float, window: int
) -> np.ndarray | None:
    """The median displacement (2,) px of the corners around a point; None where none can be followed there and back."""
    import cv2

    steps = []
    for a, b in zip(now, later, strict=True):
        mask = np.zeros(a.shape, np.uint8)
        cv2.circle(mask, (round(float(at[0])), round(float(at[1]))), max(2, round(radius)), 255, -1)
        corners = cv2.goodFeaturesToTrack(a, MOST_FEATURES, 0.05, 2, mask=mask, blockSize=5)
        if corners is None:
            continue
        there, ok, _ = cv2.calcOpticalFlowPyrLK(a, b, corners, None, winSize=(window, window), maxLevel=3)
        back, ok_back, _ = cv2.calcOpticalFlowPyrLK(b, a, there, None, winSize=(window, window), maxLevel=3)
        returned = np.linalg.norm((back - corners).reshape(-1, 2), axis=1) <= MAX_RETURN_PX
        good = returned & (ok.ravel() == 1) & (ok_back.ravel() == 1)
        steps.append((there - corners).reshape(-1, 2)[good])
    moved = np.concatenate(steps) if steps else np.zeros((0, 2), np.float32)
    return np.median(moved, axis=0) if len(moved) else None
