"""The shapes of the synthetic clips, as signed distances, drawn anti-aliased into a box of their own."""

from __future__ import annotations

import numpy as np

SHAPES = ("circle", "square", "triangle", "star")


def _polygon_distance(x: np.ndarray, y: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """Signed distance in px to a closed polygon (K, 2), negative inside (even-odd rule)."""
    nearest = np.full(x.shape, np.inf)
    inside = np.zeros(x.shape, bool)
    for (ax, ay), (bx, by) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        ex, ey = bx - ax, by - ay
        t = np.clip(((x - ax) * ex + (y - ay) * ey) / (ex * ex + ey * ey), 0, 1)
        nearest = np.minimum(nearest, np.hypot(x - ax - t * ex, y - ay - t * ey))
        if ay != by:
            inside ^= ((ay > y) != (by > y)) & (x < ex * (y - ay) / ey + ax)
    return np.where(inside, -nearest, nearest)


def _corners(shape: str) -> np.ndarray:
    """Corners about the origin for radius 1, scaled so that all shapes look alike in size; the centroid is at 0."""
    if shape == "square":
        return 0.88 * np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)], float)
    points = 3 if shape == "triangle" else 10
    angles = -np.pi / 2 + 2 * np.pi * np.arange(points) / points
    radii = np.full(points, 1.25) if shape == "triangle" else np.where(np.arange(points) % 2, 0.58, 1.25)
    return np.stack([radii * np.cos(angles), radii * np.sin(angles)], axis=1)


def coverage(
    shape: str, center_px: np.ndarray, radius_px: float, size: tuple[int, int]
) -> tuple[slice, slice, np.ndarray]:
    """Rows, columns and the share (h, w) in 0..1 that the shape covers of each pixel there; may be empty."""
    height, width = size
    reach = int(np.ceil(1.4 * radius_px)) + 1
    cx, cy = float(center_px[0]), float(center_px[1])
    x0, x1 = (int(np.clip(v, 0, width)) for v in (np.floor(cx) - reach, np.ceil(cx) + reach + 1))
    y0, y1 = (int(np.clip(v, 0, height)) for v in (np.floor(cy) - reach, np.ceil(cy) + reach + 1))
    y, x = np.mgrid[y0:y1, x0:x1].astype(np.float64)
    if shape == "circle":
        distance = np.hypot(x - cx, y - cy) - radius_px
    else:
        distance = _polygon_distance(x - cx, y - cy, radius_px * _corners(shape))
    return slice(y0, y1), slice(x0, x1), np.clip(0.5 - distance, 0, 1).astype(np.float32)
