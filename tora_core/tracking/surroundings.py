"""Where a flat place goes: with the corners around it, as it has nothing of its own to be followed by.

The middle of a plainly colored thing looks the same everywhere; what can be followed is its outline. So such a point
moves as the median of the corners near it does, each followed to the next frame and back.
"""

from __future__ import annotations

import numpy as np

from .steps import there_and_back

MOST_CORNERS = 40
"""The strongest of each layer are followed."""

LEAST_CORNER, APART_PX = 0.05, 2
"""A corner counts where it is so strong beside the strongest one around, and so far from the next one."""

RETURN_PX = 1.0
"""Corners that, followed to the next frame and back, end farther from their start are dropped."""

WINDOW_PX, LEVELS = 15, 3


def around(size: tuple[int, int]) -> float:
    """How far in px corners may be from a point, where nothing else is said: an eighth of the shorter side."""
    return max(4.0, min(size) / 8)


def follow_surroundings(
    frame: np.ndarray, to: np.ndarray, points: np.ndarray, radius_px: float
) -> tuple[np.ndarray, np.ndarray]:
    """Points (K, 2) of `frame` in `to`, and whether anything around them could be followed: bool (K,).

    frames: uint8 (H, W, 3). Where no corner within radius_px can be followed, those within twice that count, as the
    outline of a large thing is far from its middle; without any the point stays. Corners are those of the gray picture
    and of each channel, as things may differ from their ground in color alone.
    """
    moved, found = _moved(frame, to, points, radius_px)
    if not found.all():
        moved[~found], found[~found] = _moved(frame, to, points[~found], 2 * radius_px)
    return moved, found


def _moved(frame: np.ndarray, to: np.ndarray, points: np.ndarray, radius_px: float) -> tuple[np.ndarray, np.ndarray]:
    layers = list(zip(_layers(frame), _layers(to), strict=True)) if len(points) else []
    parts: list[list[np.ndarray]] = [[] for _ in points]
    for now, later in layers:
        corners = [_corners(now, point, radius_px) for point in points]
        moved, good = there_and_back(now, later, np.concatenate(corners), WINDOW_PX, LEVELS, RETURN_PX)
        begin = 0
        for own, part in zip(corners, parts, strict=True):
            mine = slice(begin, begin + len(own))
            part.append((moved[mine] - own)[good[mine]])
            begin += len(own)
    steps = [np.concatenate(part) for part in parts]
    found = np.array([len(step) > 0 for step in steps], bool)
    moves = np.array([np.median(step, axis=0) if len(step) else (0.0, 0.0) for step in steps]).reshape(-1, 2)
    return points + moves, found


def _layers(frame: np.ndarray) -> list[np.ndarray]:
    import cv2

    picture = np.ascontiguousarray(frame)
    return [cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), *cv2.split(picture)]


def _corners(layer: np.ndarray, point: np.ndarray, radius_px: float) -> np.ndarray:
    """Corners float32 (K, 2) px of a layer (H, W) within a circle; looked for in the square around it only."""
    import cv2

    reach = max(2, round(radius_px))
    x, y = round(float(point[0])), round(float(point[1]))
    # The square is larger than the circle, so that its own border is no edge of the picture.
    left, top = max(0, x - reach - 6), max(0, y - reach - 6)
    cut = layer[top : max(0, y + reach + 7), left : max(0, x + reach + 7)]
    if 0 in cut.shape:
        return np.zeros((0, 2), np.float32)
    mask = np.zeros(cut.shape, np.uint8)
    cv2.circle(mask, (x - left, y - top), reach, 255, -1)
    found = cv2.goodFeaturesToTrack(cut, MOST_CORNERS, LEAST_CORNER, APART_PX, mask=mask, blockSize=5)
    if found is None:
        return np.zeros((0, 2), np.float32)
    corners: np.ndarray = found.reshape(-1, 2) + np.array([left, top], np.float32)
    return corners
