"""Tracks as pictures for other models: a mask a frame, Gaussian dots, white shapes.

Convention: points are (x, y) in pixels, pixel centres at integers, sizes (height, width). A track that is invisible in
a frame is not drawn there. Each function takes a Trajectory, or Tracks that are sampled already.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from ..errors import TrajectoryError
from .checks import choice, number, shown
from .limits import MAX_CANVAS_PX
from .tracks import Tracks
from .trajectory import Trajectory

SHAPES = ("circle", "square", "triangle")
MAX_PICTURE_BYTES = 4 * 1024**3
"""All frames of one picture sequence together."""

_DOT_PX, _DOT_SIGMA_PX = 200, 40.0
_SMALLEST_DOT_PX = 3  # nothing is drawn in a box as narrow as this


def draw_masks(
    what: Trajectory | Tracks,
    *,
    size_px: float,
    shape: str = "circle",
    frames: int | None = None,
    size: tuple[int, int] | None = None,
) -> np.ndarray:
    """A mask a frame, float32 (F, H, W): 1 in the shape at each visible track, 0 elsewhere, with hard edges.

    size_px: how wide the shape is. circle: all pixels with their centre at most size_px / 2 from the track; square: of
    that width and height; triangle: pointing up, in that square. frames, size: of the output, default the trajectory's.
    Raises TrajectoryError.
    """
    tracks = _tracks(what, frames, size)
    reach = number("size_px", size_px, 0, 4 * MAX_CANVAS_PX, above=True) / 2.0
    choice("shape", shape, SHAPES)
    height, width = tracks.size
    masks = _empty(tracks, (), np.float32)
    for i, f in zip(*np.nonzero(tracks.visible), strict=True):
        x, y = (float(v) for v in tracks.points_px[i, f])
        left, right = max(0, int(np.ceil(x - reach))), min(width - 1, int(np.floor(x + reach)))
        top, bottom = max(0, int(np.ceil(y - reach))), min(height - 1, int(np.floor(y + reach)))
        if left > right or top > bottom:
            continue
        dx, dy = np.arange(left, right + 1) - x, np.arange(top, bottom + 1)[:, None] - y
        masks[f, top : bottom + 1, left : right + 1][_inside(shape, dx, dy, reach)] = 1.0
    return masks


def draw_white_shapes(
    what: Trajectory | Tracks,
    *,
    size_px: float,
    shape: str = "circle",
    frames: int | None = None,
    size: tuple[int, int] | None = None,
) -> np.ndarray:
    """Filled white shapes on black, uint8 RGB (F, H, W, 3), as people steer VACE with. As draw_masks otherwise."""
    masks = draw_masks(what, size_px=size_px, shape=shape, frames=frames, size=size)
    return np.repeat((masks * 255.0).astype(np.uint8)[..., None], 3, axis=-1)


def draw_gaussian_dots(
    what: Trajectory | Tracks, *, frames: int | None = None, size: tuple[int, int] | None = None
) -> np.ndarray:
    """White Gaussian dots on black, uint8 RGB (F, H, W, 3), as EasyAnimate 5.1 and VideoX-Fun's models know them.

    The same numbers as their node makes of whole coordinates (aigc-apps/VideoX-Fun, comfyui/comfyui_nodes.py,
    CreateTrajectoryBasedOnKJNodes; / 255 for an IMAGE): a dot of sigma 40 cut at a circle of radius 99 in 200x200
    pixels, scaled to a box that reaches int(50 sqrt(H W / 921600)) pixels from the track; where the picture's border
    cuts the box, the dot is squeezed into what is left. Overlapping dots keep the larger value. Positions are rounded
    to pixels. frames, size: of the output, default the trajectory's. Raises TrajectoryError.
    """
    import cv2

    tracks = _tracks(what, frames, size)
    height, width = tracks.size
    reach = int(50 * ((height * width) / (1280 * 720)) ** 0.5)
    pictures = _empty(tracks, (), np.uint8)
    for i, f in zip(*np.nonzero(tracks.visible), strict=True):
        x, y = (int(v) for v in np.rint(tracks.points_px[i, f]))
        left, right = max(x - reach, 0), min(x + reach, width - 1)
        top, bottom = max(y - reach, 0), min(y + reach, height - 1)
        if right - left > _SMALLEST_DOT_PX and bottom - top > _SMALLEST_DOT_PX:
            box = pictures[f, top:bottom, left:right]
            np.maximum(box, cv2.resize(_dot(), (right - left, bottom - top)), out=box)
    return np.repeat(pictures[..., None], 3, axis=-1)


def _tracks(what: Trajectory | Tracks, frames: int | None, size: tuple[int, int] | None) -> Tracks:
    if isinstance(what, Trajectory):
        return what.sample(frames, size)
    if not isinstance(what, Tracks):
        raise TrajectoryError(f"got a value of type {type(what).__name__}, expected a Trajectory or Tracks.")
    if frames not in (None, what.frames) or size not in (None, what.size):
        raise TrajectoryError(
            f"frames is {shown(frames)} and size {shown(size)}, but the tracks are sampled at {what.frames} frames of "
            f"{what.size}: give the trajectory, or leave them out."
        )
    return what


def _empty(tracks: Tracks, channels: tuple[int, ...], dtype: type[np.generic]) -> np.ndarray:
    shape = (tracks.frames, *tracks.size, *channels)
    needed = int(np.prod(shape, dtype=np.int64)) * 4
    if needed > MAX_PICTURE_BYTES:
        raise TrajectoryError(
            f"{tracks.frames} frames of {tracks.size[1]}x{tracks.size[0]} need {needed / 1024**3:.1f} GiB, the limit "
            f"is {MAX_PICTURE_BYTES // 1024**3}: use fewer frames or a smaller size."
        )
    return np.zeros(shape, dtype)


def _inside(shape: str, dx: np.ndarray, dy: np.ndarray, reach: float) -> np.ndarray:
    """Which pixels (H, W) of a box are in the shape; dx (W,), dy (H, 1) from its centre."""
    if shape == "circle":
        return np.asarray(dx * dx + dy * dy <= reach * reach)
    if shape == "triangle":  # its tip above the centre, its base `reach` below
        return np.asarray(np.abs(dx) <= (dy + reach) / 2.0)
    return np.ones((len(dy), len(dx)), bool)


@lru_cache(maxsize=1)
def _dot() -> np.ndarray:
    """The dot that is scaled to each box: uint8 (200, 200), 255 at its centre, nothing outside a disc of radius 99."""
    import cv2

    disc = cv2.circle(np.zeros((_DOT_PX, _DOT_PX), np.float32), (_DOT_PX // 2, _DOT_PX // 2), _DOT_PX // 2 - 1, 1, -1)
    away = (np.arange(_DOT_PX) - _DOT_PX / 2) ** 2
    bell = np.exp(-(away[:, None] + away) / (2.0 * _DOT_SIGMA_PX**2)).astype(np.float32) * disc
    dot = (bell / bell.max() * 255).astype(np.uint8)
    dot.flags.writeable = False
    return dot
