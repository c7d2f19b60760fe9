"""From one frame to the next: where points go, and whether that can be trusted. One class a method.

Both look forward and back again: a point that doesn't return to where it was is hidden, or was mistaken.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

FlowOf = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Dense flow float32 (H, W, 2) in px from one frame to another, both uint8 (H, W, 3)."""


class Steps(Protocol):
    """Frames are asked for in order, each step from the one that was `to` before."""

    def step(self, frame: np.ndarray, to: np.ndarray, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Points (K, 2) of `frame` in `to`, and whether each came back: bool (K,). Frames are uint8 (H, W, 3)."""
        ...


class LucasKanade:
    """Pyramidal Lucas-Kanade (Bouguet's form, in OpenCV), with the check of Kalal, Mikolajczyk and Matas 2010."""

    def __init__(self, window_px: int = 15, return_px: float = 1.0) -> None:
        self._window, self._return_px = window_px, return_px

    def step(self, frame: np.ndarray, to: np.ndarray, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        levels = max(0, min(4, int(np.log2(max(min(frame.shape[:2]) / 16, 1)))))
        # In color: things may differ from their ground in color alone.
        moved, good = there_and_back(frame, to, points, self._window, levels, self._return_px)
        return np.where(good[:, None], moved, points), good


def there_and_back(
    picture: np.ndarray, to: np.ndarray, points: np.ndarray, window_px: int, levels: int, return_px: float
) -> tuple[np.ndarray, np.ndarray]:
    """Points (K, 2) of a picture, uint8 (H, W) or (H, W, 3), in the next: (K, 2), and which came back: bool (K,).

    levels: halvings of the pictures; 0 for none. return_px: how far a point may miss its start on the way back.
    """
    import cv2

    if not len(points):
        return np.zeros((0, 2)), np.zeros(0, bool)
    settings: dict[str, Any] = {"winSize": (window_px, window_px), "maxLevel": levels}
    now, later = np.ascontiguousarray(picture), np.ascontiguousarray(to)
    start = np.ascontiguousarray(points, np.float32).reshape(-1, 1, 2)
    there, ok, _ = cv2.calcOpticalFlowPyrLK(now, later, start, None, **settings)
    back, ok_back, _ = cv2.calcOpticalFlowPyrLK(later, now, there, None, **settings)
    missed = np.linalg.norm((back - start).reshape(-1, 2), axis=1)
    moved = there.reshape(-1, 2).astype(np.float64)
    good = (missed <= return_px) & (ok.ravel() == 1) & (ok_back.ravel() == 1) & np.isfinite(moved).all(1)
    return moved, good


class DenseSteps:
    """Points that go along with a dense flow, checked by the flow back.

    The check is that of Sundaram, Brox and Keutzer (ECCV 2010), equation 5: there and back may miss by 1 % of the two
    flows' lengths and half a pixel, all squared.
    """

    def __init__(self, flow_of: FlowOf) -> None:
        self._flow_of = flow_of

    def step(self, frame: np.ndarray, to: np.ndarray, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        forward = sample_flow(self._flow_of(frame, to), points)
        moved = points + forward
        backward = sample_flow(self._flow_of(to, frame), moved)
        missed = ((forward + backward) ** 2).sum(1)
        allowed = 0.01 * ((forward**2).sum(1) + (backward**2).sum(1)) + 0.5
        good = np.isfinite(moved).all(1) & (missed <= allowed)
        return np.where(good[:, None], moved, points), good


def sample_flow(flow: np.ndarray, points: np.ndarray) -> np.ndarray:
    """The flow (H, W, 2) at points (K, 2), between pixels bilinear, beyond the border that of the border: (K, 2)."""
    import cv2

    at = np.ascontiguousarray(points, np.float32).reshape(-1, 1, 2)
    taken = cv2.remap(
        np.asarray(flow, np.float32), at[..., 0], at[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return taken.reshape(-1, 2).astype(np.float64)
