"""Edges of pictures, as a ControlNet takes them for a hint, and how well the edges of two videos agree."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import SizeError, ToraError

LOW, HIGH = 100, 200
"""Canny's thresholds that the published canny ControlNets were trained with (controlnet_aux's default)."""

FAINT = {"low": 30.0, "high": 60.0, "blur_px": 2.0}
"""For pictures with soft edges on uneven grounds, such as a small model's."""


def edges(frames: np.ndarray, low: float = LOW, high: float = HIGH, blur_px: float = 0.0) -> np.ndarray:
    """Canny edges: uint8 (F, H, W, 3) in RGB to uint8 (F, H, W), 255 on edges and 0 elsewhere.

    In each pixel the channel with the strongest gradient counts, so that edges between colors of one brightness are
    found. low, high: thresholds of the gradient, |dx| + |dy| of Sobel's 3x3. blur_px: standard deviation of a Gaussian
    blur before that, 0 for none. Raises ToraError for anything else.
    """
    import cv2

    if not isinstance(frames, np.ndarray) or frames.dtype != np.uint8 or frames.ndim != 4 or frames.shape[-1] != 3:
        found = f"{frames.dtype} {frames.shape}" if isinstance(frames, np.ndarray) else type(frames).__name__
        raise ToraError(f"the pictures are {found}, expected uint8 (frames, height, width, 3).")
    if not 0 <= low <= high:
        raise ToraError(f"the thresholds are {low} and {high}, expected two numbers from 0 on, the larger one last.")
    if not 0 <= blur_px <= 100:
        raise ToraError(f"blur_px is {blur_px}, expected 0 (none) to 100.")
    clear = [np.ascontiguousarray(frame) for frame in frames]
    smooth = [cv2.GaussianBlur(frame, (0, 0), blur_px) for frame in clear] if blur_px else clear
    drawn = [cv2.Canny(frame, low, high) for frame in smooth]
    return np.stack(drawn) if drawn else np.zeros(frames.shape[:3], np.uint8)


@dataclass(frozen=True)
class EdgeAgreement:
    """precision: share of the found edge pixels that lie near asked ones; recall: of the asked near found ones; f1:
    their harmonic mean. All 0..1; where there is nothing to be near or found, that share is 0."""

    precision: float
    recall: float
    f1: float


def edge_agreement(found: np.ndarray, asked: np.ndarray, tolerance_px: float = 2.0) -> EdgeAgreement:
    """How far the edges (F, H, W) of a video are those that were asked for, within `tolerance_px`.

    Nonzero is an edge. Counted over all frames together, each frame against its own. Raises SizeError where the shapes
    differ.
    """
    import cv2

    if found.shape != asked.shape or found.ndim != 3:
        raise SizeError(f"edges have shapes {found.shape} and {asked.shape}, expected one and the same (F, H, W).")

    def near(points: np.ndarray, others: np.ndarray) -> int:
        """How many edge pixels of one picture have one of the other within reach."""
        if not others.any() or not points.any():
            return 0
        away = cv2.distanceTransform((others == 0).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        return int((away[points > 0] <= tolerance_px).sum())

    precise = sum(near(one, other) for one, other in zip(found, asked, strict=True)) / max(int((found > 0).sum()), 1)
    recalled = sum(near(other, one) for one, other in zip(found, asked, strict=True)) / max(int((asked > 0).sum()), 1)
    both = precise + recalled
    return EdgeAgreement(precise, recalled, 2 * precise * recalled / both if both else 0.0)
