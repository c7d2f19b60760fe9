"""Motion of one video on the picture of another: tracks moved, turned and scaled onto their new place.

Convention: points are (x, y) px, x right, y down, pixel centers at integers; a similarity is z -> a z + b of complex
numbers x + i y, so that it turns and scales alike everywhere and never mirrors. Worked: the pairs (0, 0) -> (10, 10)
and (2, 0) -> (10, 14) scale by 2 and turn clockwise by 90 degrees.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...errors import TrajectoryError
from ..checks import integer, number, shown
from ..limits import MAX_CANVAS_PX, MAX_COORDINATE_PX, MAX_FRAMES
from ..trajectory import Trajectory
from .keyed import Only, chosen
from .measure import Box
from .transform import Matrix, Vector, mapped

MAX_GROWTH = 1_000.0


@dataclass(frozen=True)
class Placing:
    """An affine map of points: p to matrix p + shift, matrix (xx, xy, yx, yy)."""

    matrix: Matrix
    shift: Vector

    def __str__(self) -> str:
        xx, xy, yx, yy = self.matrix
        across, down = math.hypot(xx, yx), math.hypot(xy, yy)
        turned = math.degrees(math.atan2(yx, xx))
        scaled = f"{across:.3g}" if math.isclose(across, down, rel_tol=1e-6) else f"{across:.3g} x {down:.3g}"
        return f"scaled by {scaled}" + (f", turned by {turned:.3g} degrees" if abs(turned) >= 0.05 else "")


def by_points(source_px: Any, target_px: Any) -> Placing:
    """The similarity that takes N points (N, 2) nearest to N others, in the sense of least squares.

    One pair only moves; two are met exactly. Raises TrajectoryError, also where the points of a side are all in one
    place and those of the other are not.
    """
    source, target = _points("source", source_px), _points("target", target_px)
    if len(source) != len(target) or not len(source):
        raise TrajectoryError(
            f"there are {len(source)} points and {len(target)} places for them, expected as many, at least one."
        )
    z, w = source[:, 0] + 1j * source[:, 1], target[:, 0] + 1j * target[:, 1]
    a = 1.0 + 0j
    if len(z) > 1:
        spread = float((np.abs(z - z.mean()) ** 2).sum())
        if spread < 1e-12:
            raise TrajectoryError("the points that are moved are all in one place: scale and turn can't be told.")
        a = complex((np.conj(z - z.mean()) * (w - w.mean())).sum() / spread)
        if not 1.0 / MAX_GROWTH <= abs(a) <= MAX_GROWTH:
            raise TrajectoryError(
                f"the points would be scaled by {abs(a):.3g}, expected {1 / MAX_GROWTH:g} to {MAX_GROWTH:g}: are two "
                "of the places the same?"
            )
    b = complex(w.mean() - a * z.mean())
    return Placing((a.real, -a.imag, a.imag, a.real), (b.real, b.imag))


def by_boxes(source: Box, target: Box, *, keep_shape: bool = True) -> Placing:
    """The map of one box (left, top, right, bottom) px into another, middle onto middle.

    keep_shape: one scale, with which the box just fits in; else width and height each by its own. A box of no width
    or height takes the other side's scale. Raises TrajectoryError.
    """
    one, other = _box("source", source), _box("target", target)
    factors = [(b1 - b0) / (a1 - a0) if a1 > a0 else None for a0, a1, b0, b1 in zip(*_sides(one, other), strict=True)]
    known = [factor for factor in factors if factor is not None]
    if not known:
        raise TrajectoryError("the box that is moved is a single point: how much it grows can't be told.")
    least = min(known)
    sx, sy = (least if keep_shape or factor is None else factor for factor in factors)
    if not all(1.0 / MAX_GROWTH <= factor <= MAX_GROWTH for factor in (sx, sy)):
        raise TrajectoryError(f"the box would be scaled by {sx:.3g} x {sy:.3g}, expected {1 / MAX_GROWTH:g} or more.")
    shift = tuple(
        (b0 + b1) / 2 - s * (a0 + a1) / 2 for s, a0, a1, b0, b1 in zip((sx, sy), *_sides(one, other), strict=True)
    )
    return Placing((sx, 0.0, 0.0, sy), (shift[0], shift[1]))


def transfer(
    trajectory: Trajectory,
    placing: Placing,
    *,
    width: int | None = None,
    height: int | None = None,
    frames: int | None = None,
    only: Only = None,
) -> Trajectory:
    """The chosen tracks, placed, on a canvas of another size and with another frame count; the others are left out.

    Sizes and frames default to the trajectory's own; other frame counts stretch the motion. Raises TrajectoryError.
    """
    tracks = tuple(
        mapped(trajectory.tracks[i], placing.matrix, (0.0, 0.0), placing.shift) for i in chosen(trajectory, only)
    )
    return replace(
        trajectory,
        width=trajectory.width if width is None else integer("width", width, 1, MAX_CANVAS_PX),
        height=trajectory.height if height is None else integer("height", height, 1, MAX_CANVAS_PX),
        frames=trajectory.frames if frames is None else integer("frames", frames, 1, MAX_FRAMES),
        tracks=tracks,
    )


def starts(trajectory: Trajectory, only: Only = None) -> np.ndarray:
    """Where the chosen tracks are in the first frame in which each is seen: float64 (N, 2) canvas px."""
    mine = chosen(trajectory, only)
    sampled = trajectory.sample()
    first = sampled.visible.argmax(axis=1)
    return sampled.points_px[mine, first[mine]].astype(np.float64)


def _points(name: str, values: Any) -> np.ndarray:
    try:
        points = np.asarray(values, np.float64).reshape(-1, 2)
    except (TypeError, ValueError):
        raise TrajectoryError(f"the {name} points are {shown(values)}, expected (x, y) each.") from None
    if not np.isfinite(points).all() or (np.abs(points) > MAX_COORDINATE_PX).any():
        raise TrajectoryError(f"the {name} points must be finite, at most {MAX_COORDINATE_PX:g} px from 0.")
    return points


def _box(name: str, box: Sequence[float]) -> list[float]:
    if len(box) != 4:
        raise TrajectoryError(f"the {name} box is {shown(box)}, expected (left, top, right, bottom).")
    sides = [number(f"the {name} box", value, -MAX_COORDINATE_PX, MAX_COORDINATE_PX) for value in box]
    if sides[2] < sides[0] or sides[3] < sides[1]:
        raise TrajectoryError(f"the {name} box is {shown(tuple(box))}: its right or bottom lies before left or top.")
    return sides


def _sides(one: list[float], other: list[float]) -> tuple[list[float], list[float], list[float], list[float]]:
    return one[:2], one[2:], other[:2], other[2:]
