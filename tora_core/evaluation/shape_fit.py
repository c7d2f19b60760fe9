"""Which of some known shapes a patch of a frame is, also when it is blurred: by fitting each, blurred as much."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

Coverage = Callable[[str, np.ndarray, float, tuple[int, int]], tuple[slice, slice, np.ndarray]]

MARGIN_PX = 8
"""The window that is compared is larger than the patch by this, so that what a blur has spread is in it."""

SHIFT_PX = 3
SCALES = (0.9, 1.0, 1.12)
BLURS_PX = (0.5, 1.2, 2.0, 3.0, 4.0)
"""Standard deviations; a VAE that halves its cells twice blurs by about two pixels."""


def shape_errors(frame: np.ndarray, patch: np.ndarray, shapes: Sequence[str], coverage: Coverage) -> np.ndarray:
    """How badly each of N shapes explains a patch bool (H, W) of a frame uint8 (H, W, 3): (N,), 0 is exactly.

    The frame around the patch becomes likeness, 0 on the ground and 1 in the patch's own color. A shape explains it as
    well as its best drawing does: at the area and the place that the likeness has, a little smaller, larger or moved,
    and blurred. The error is the sum of squares over that of the likeness.
    """
    import cv2

    window = _window(patch)
    likeness = _likeness(frame[window].astype(np.float32), patch[window])
    height, width = likeness.shape
    total, energy = float(likeness.sum()), float(np.square(likeness).sum())
    y, x = np.mgrid[:height, :width]
    center = np.array([(likeness * x).sum(), (likeness * y).sum()]) / total + SHIFT_PX
    canvas = (height + 2 * SHIFT_PX, width + 2 * SHIFT_PX)
    errors = []
    for shape in shapes:
        _, _, one = coverage(shape, np.array([64.0, 64.0]), 20.0, (129, 129))
        radius = 20.0 * np.sqrt(total / float(one.sum()))
        best = np.inf
        for scale in SCALES:
            drawn = np.zeros(canvas, np.float32)
            rows, columns, share = coverage(shape, center, scale * radius, canvas)
            drawn[rows, columns] = share
            for blur in BLURS_PX:
                soft = cv2.GaussianBlur(drawn, (0, 0), blur)
                best = min(best, float(cv2.matchTemplate(soft, likeness, cv2.TM_SQDIFF).min()))
        errors.append(max(best, 0.0) / max(energy, 1e-6))
    return np.array(errors)


def _window(patch: np.ndarray) -> tuple[slice, slice]:
    return tuple(  # type: ignore[return-value]
        slice(max(0, int(places.min()) - MARGIN_PX), int(places.max()) + MARGIN_PX + 1) for places in np.nonzero(patch)
    )


def _likeness(pixels: np.ndarray, patch: np.ndarray) -> np.ndarray:
    """0..1 (H, W) of float32 pixels (H, W, 3): how far from the ground round the patch to the color of its inside."""
    import cv2

    near = cv2.dilate(patch.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
    ground = np.median(pixels[~near], axis=0) if not near.all() else np.median(pixels[~patch], axis=0)
    distance = np.linalg.norm(pixels - ground, axis=-1)
    inside = patch & (distance >= np.quantile(distance[patch], 0.7))
    axis = np.median(pixels[inside], axis=0) - ground
    return np.clip((pixels - ground) @ axis / max(float(axis @ axis), 1.0), 0, 1).astype(np.float32)
