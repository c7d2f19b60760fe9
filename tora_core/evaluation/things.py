"""What is where in a synthetic-looking video: things of known colors on a calm ground, told apart and named."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from ..tracking.color import MIN_AREA_PX, MIN_DISTANCE

Coverage = Callable[[str, np.ndarray, float, tuple[int, int]], tuple[slice, slice, np.ndarray]]


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


def name_shape(patch: np.ndarray, shapes: Sequence[str], coverage: Coverage) -> str:
    """The shape that overlaps best with a patch bool (H, W) when drawn with its area at its center, a little moved."""
    y, x = np.nonzero(patch)
    center, area = np.array([x.mean(), y.mean()]), len(x)
    scores = {}
    for shape in shapes:
        rows, columns, one = coverage(shape, np.array([64.0, 64.0]), 20.0, (129, 129))
        radius = 20.0 * np.sqrt(area / float(one.sum()))
        best = 0.0
        for dx, dy in ((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1)):
            rows, columns, drawn = coverage(shape, center + np.array([dx, dy]), radius, patch.shape)
            whole = np.zeros(patch.shape, np.float32)
            whole[rows, columns] = drawn
            overlap = float(np.minimum(whole, patch).sum() / np.maximum(whole, patch).sum())
            best = max(best, overlap)
        scores[shape] = best
    return max(scores, key=lambda shape: scores[shape])


def name_thing(
    frames: np.ndarray, colors: Mapping[str, tuple[int, int, int]], shapes: Sequence[str], coverage: Coverage
) -> tuple[str | None, str | None]:
    """(color, shape) that most frames of a video show of the thing that stands out; None where there is none."""
    named: list[tuple[str, str]] = []
    for frame in frames:
        patch = salient_patch(frame)
        if patch is not None:
            named.append((name_color(frame, patch, colors), name_shape(patch, shapes, coverage)))
    if not named:
        return None, None
    found_colors, found_shapes = zip(*named, strict=True)
    return max(set(found_colors), key=found_colors.count), max(set(found_shapes), key=found_shapes.count)
