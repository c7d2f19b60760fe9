"""What is where in a synthetic-looking video: things of known colors on a calm ground, told apart and named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ..tracking.color import MIN_AREA_PX, MIN_DISTANCE
from .shape_fit import Coverage, shape_errors


def locate_colors(
    frames: np.ndarray, colors: Sequence[tuple[int, int, int]], *, min_area_px: int = MIN_AREA_PX
) -> tuple[np.ndarray, np.ndarray]:
    """Where the largest patch of each of N colors is: centers float32 (N, F, 2) px and found bool (N, F).

    frames: uint8 (F, H, W, 3). Each pixel belongs to what it is nearest to in RGB: the frame's ground (its median) or
    one of the colors, so that things of other colors in the same video don't count for a track.
    """
    import cv2

    targets = np.asarray(colors, np.float32).reshape(-1, 3)
    centers = np.zeros((len(targets), len(frames), 2), np.float32)
    found = np.zeros((len(targets), len(frames)), bool)
    for f, frame in enumerate(frames):
        pixels = frame.astype(np.float32)
        ground = np.median(pixels.reshape(-1, 3), axis=0)
        anchors = np.concatenate([ground[None], targets])
        nearest = np.linalg.norm(pixels[..., None, :] - anchors, axis=-1).argmin(axis=-1)
        for n in range(len(targets)):
            mask = (nearest == n + 1).astype(np.uint8)
            patches, _, stats, middles = cv2.connectedComponentsWithStats(mask, connectivity=8)
            if patches < 2:
                continue
            best = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
            if stats[best, cv2.CC_STAT_AREA] >= min_area_px:
                centers[n, f], found[n, f] = middles[best], True
    return centers, found


def salient_patch(frame: np.ndarray) -> np.ndarray | None:
    """bool (H, W): the patch that stands out most from the ground of a frame uint8 (H, W, 3), or None."""
    import cv2

    pixels = frame.astype(np.float32)
    distance = np.linalg.norm(pixels - np.median(pixels.reshape(-1, 3), axis=0), axis=-1)
    if distance.max() < MIN_DISTANCE:
        return None
    mask = distance > distance.max() / 2
    patches, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    sums = np.bincount(labels.ravel(), weights=distance.ravel(), minlength=patches)
    sums[0] = 0
    best = int(np.argmax(sums))
    return labels == best if stats[best, cv2.CC_STAT_AREA] >= MIN_AREA_PX else None


def name_color(frame: np.ndarray, patch: np.ndarray, colors: Mapping[str, tuple[int, int, int]]) -> str:
    """The name whose hue, saturation and brightness are nearest to the patch's median color (compared in Lab)."""
    import cv2

    median = np.median(frame[patch], axis=0)
    table = np.array([median, *colors.values()], np.float32)[None] / 255
    lab = cv2.cvtColor(table, cv2.COLOR_RGB2LAB)[0]
    return list(colors)[int(np.linalg.norm(lab[1:] - lab[0], axis=1).argmin())]


def name_thing(
    frames: np.ndarray, colors: Mapping[str, tuple[int, int, int]], shapes: Sequence[str], coverage: Coverage
) -> tuple[str | None, str | None]:
    """(color, shape) of the thing that stands out of a video; None where there is none.

    The color is the one that most frames show, the shape the one that explains them best (`shape_fit.py`).
    """
    found: list[str] = []
    errors = np.zeros(len(shapes))
    for frame in frames:
        patch = salient_patch(frame)
        if patch is not None:
            found.append(name_color(frame, patch, colors))
            errors += shape_errors(frame, patch, shapes, coverage)
    if not found:
        return None, None
    return max(set(found), key=found.count), shapes[int(errors.argmin())]
