"""Find a thing of known color on a calm ground: it needs no weights and knows nothing of the asked path."""

from __future__ import annotations

import numpy as np

MIN_AREA_PX = 12
"""Fewer pixels than this are noise, not a thing."""

MIN_DISTANCE = 40.0
"""RGB distance from the ground below which nothing stands out."""


def locate_color(
    frames: np.ndarray, rgb: tuple[int, int, int] | np.ndarray, *, min_area_px: int = MIN_AREA_PX
) -> tuple[np.ndarray, np.ndarray]:
    """Where the largest patch of colour `rgb` is in every frame.

    frames: uint8 (F, H, W, 3). A pixel belongs to the thing when it is nearer to `rgb` than to the frame's ground
    (its median colour). Returns centres float32 (F, 2) as (x, y) px, pixel centres at integers, weighted by how
    like the colour a pixel is, and found bool (F,); a centre that was not found is 0.
    """
    import cv2

    target = np.asarray(rgb, np.float32)
    centers = np.zeros((len(frames), 2), np.float32)
    found = np.zeros(len(frames), bool)
    for index, frame in enumerate(frames):
        pixels = frame.astype(np.float32)
        ground = np.median(pixels.reshape(-1, 3), axis=0)
        axis = target - ground
        length = float(axis @ axis)
        if length < 1:
            continue
        likeness = (pixels - ground) @ axis / length  # 0 on the ground, 1 on the thing
        off_axis = np.linalg.norm(pixels - ground - likeness[..., None] * axis, axis=-1)
        mask = (likeness > 0.5) & (off_axis < 0.5 * np.sqrt(length))
        count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
        if count < 2:
            continue
        best = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
        if stats[best, cv2.CC_STAT_AREA] < min_area_px:
            continue
        y, x = np.nonzero(labels == best)
        weight = np.clip(likeness[y, x], 0, 1)
        centers[index] = (weight @ x / weight.sum(), weight @ y / weight.sum())
        found[index] = True
    return centers, found


def locate_salient(frames: np.ndarray, *, min_area_px: int = MIN_AREA_PX) -> tuple[np.ndarray, np.ndarray]:
    """Where the patch that stands out most from the ground is in every frame, whatever its color.

    frames: uint8 (F, H, W, 3). Of the patches whose distance in RGB from the frame's ground (its median color) is more
    than half of the frame's largest, the one with the largest sum of distances is taken. Returns centers float32
    (F, 2) as (x, y) px, weighted by distance, and found bool (F,), as `locate_color` does.
    """
    import cv2

    centers = np.zeros((len(frames), 2), np.float32)
    found = np.zeros(len(frames), bool)
    for index, frame in enumerate(frames):
        pixels = frame.astype(np.float32)
        distance = np.linalg.norm(pixels - np.median(pixels.reshape(-1, 3), axis=0), axis=-1)
        if distance.max() < MIN_DISTANCE:
            continue
        mask = distance > distance.max() / 2
        count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
        sums = np.bincount(labels.ravel(), weights=distance.ravel(), minlength=count)
        sums[0] = 0
        best = int(np.argmax(sums))
        if stats[best, cv2.CC_STAT_AREA] < min_area_px:
            continue
        y, x = np.nonzero(labels == best)
        weight = distance[y, x]
        centers[index] = (weight @ x / weight.sum(), weight @ y / weight.sum())
        found[index] = True
    return centers, found
