"""Dense flow of a video without weights: Dense Inverse Search, in OpenCV.

Source: Kroeger, Timofte, Dai and Van Gool, "Fast Optical Flow using Dense Inverse Search" (ECCV 2016).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import ToraError
from .clip import Progress, checked_frames
from .steps import FlowOf

QUALITIES = ("fast", "medium")
MIN_SIDE_PX, MOST_ASPECT = 32, 16
"""Smaller or longer pictures than this crash OpenCV's search (16x200, as of 5.0)."""


def dis_flow(quality: str = "medium") -> FlowOf:
    """A function that gives the flow float32 (H, W, 2) from one frame uint8 (H, W, 3) to another, in px.

    quality: "fast" or "medium" (about five times the time, finer at borders of things). Raises ToraError.
    """
    if quality not in QUALITIES:
        raise ToraError(f"quality is {quality!r}, expected one of {', '.join(QUALITIES)}.")
    import cv2

    library: Any = cv2  # its types leave this class out
    preset = {"fast": cv2.DISOPTICAL_FLOW_PRESET_FAST, "medium": cv2.DISOPTICAL_FLOW_PRESET_MEDIUM}[quality]
    search = library.DISOpticalFlow_create(preset)

    def flow_of(frame: np.ndarray, to: np.ndarray) -> np.ndarray:
        one, other = (cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) for picture in (frame, to))
        height, width = one.shape
        # Pictures that the search can't take are continued at the right and the bottom.
        least = max(MIN_SIDE_PX, -(-max(height, width) // MOST_ASPECT))
        right, bottom = max(least - width, 0), max(least - height, 0)
        if right or bottom:
            one, other = (cv2.copyMakeBorder(p, 0, bottom, 0, right, cv2.BORDER_REPLICATE) for p in (one, other))
        return np.ascontiguousarray(search.calc(one, other, None)[:height, :width])

    return flow_of


def video_flow(frames: Any, *, flow_of: FlowOf | None = None, progress: Progress | None = None) -> np.ndarray:
    """The dense flow of a video as Tora's motion takes it: float32 (F, H, W, 2) px/frame.

    frames: uint8 (F, H, W, 3). Entry f is the displacement from frame f-1 to f, at the pixel of frame f-1; the first is
    zero. flow_of: what finds the flow between two frames, default DIS at medium quality. Raises ToraError.
    """
    frames = checked_frames(frames)
    flow_of = dis_flow() if flow_of is None else flow_of
    flow = np.zeros((*frames.shape[:3], 2), np.float32)
    for f in range(1, len(frames)):
        if progress is not None:
            progress(f - 1, len(frames) - 1)
        flow[f] = flow_of(frames[f - 1], frames[f])
    if not np.isfinite(flow).all():
        raise ToraError("the flow between two frames holds NaN or infinity: the optical flow model is unsound.")
    if progress is not None:
        progress(max(len(frames) - 1, 1), max(len(frames) - 1, 1))
    return flow
