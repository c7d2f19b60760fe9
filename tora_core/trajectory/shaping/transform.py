"""Move, scale, rotate and mirror: affine maps of control points and handles, so that the drawing stays as editable.

Convention: points are (x, y), x right, y down, pixel centres at integers; a map leaves the canvas as it is. `about` is
the point that stays, default the middle of the canvas, ((W - 1) / 2, (H - 1) / 2). Worked: mirrored left to right on a
canvas 100 wide, x = 10 becomes 89. Key times stay; between them the speed along the new curve is constant again, which
differs from the mapped speed only where width and height are scaled differently.
"""

from __future__ import annotations

import math
from dataclasses import replace

from ...errors import TrajectoryError
from ..checks import choice, number, shown
from ..limits import MAX_COORDINATE_PX
from ..track import Point, Track
from ..trajectory import Trajectory
from .keyed import Only, changed

Matrix = tuple[float, float, float, float]
Vector = tuple[float, float]

MAX_SCALE = 1000.0


def move(trajectory: Trajectory, dx_px: float, dy_px: float, *, only: Only = None) -> Trajectory:
    """All points moved by (dx_px, dy_px). Raises TrajectoryError."""
    dx = number("dx_px", dx_px, -MAX_COORDINATE_PX, MAX_COORDINATE_PX)
    dy = number("dy_px", dy_px, -MAX_COORDINATE_PX, MAX_COORDINATE_PX)
    return changed(trajectory, only, lambda track: mapped(track, (1.0, 0.0, 0.0, 1.0), (0.0, 0.0), (dx, dy)))


def scale(
    trajectory: Trajectory,
    factor: float,
    factor_y: float | None = None,
    *,
    about: Vector | None = None,
    only: Only = None,
) -> Trajectory:
    """Larger or smaller by `factor`, or by factor and factor_y in x and y. Raises TrajectoryError.

    Unequal factors bend catmull-rom curves a little: they go through the mapped points, but are drawn anew.
    """
    sx = number("factor", factor, -MAX_SCALE, MAX_SCALE)
    sy = sx if factor_y is None else number("factor_y", factor_y, -MAX_SCALE, MAX_SCALE)
    centre = _about(trajectory, about)
    return changed(trajectory, only, lambda track: mapped(track, (sx, 0.0, 0.0, sy), centre, centre))


def rotate(trajectory: Trajectory, degrees: float, *, about: Vector | None = None, only: Only = None) -> Trajectory:
    """Turned clockwise as seen on the screen. Raises TrajectoryError."""
    angle = math.radians(number("degrees", degrees, -1e6, 1e6) % 360.0)
    cos, sin = math.cos(angle), math.sin(angle)
    centre = _about(trajectory, about)
    return changed(trajectory, only, lambda track: mapped(track, (cos, -sin, sin, cos), centre, centre))


def mirror(
    trajectory: Trajectory, direction: str = "horizontal", *, about: Vector | None = None, only: Only = None
) -> Trajectory:
    """ "horizontal" exchanges left and right, "vertical" top and bottom. Raises TrajectoryError."""
    across = choice("direction", direction, ("horizontal", "vertical")) == "horizontal"
    matrix: Matrix = (-1.0, 0.0, 0.0, 1.0) if across else (1.0, 0.0, 0.0, -1.0)
    centre = _about(trajectory, about)
    return changed(trajectory, only, lambda track: mapped(track, matrix, centre, centre))


def mapped(track: Track, matrix: Matrix, about: Vector, onto: Vector) -> Track:
    """Points p to matrix (p - about) + onto, matrix (xx, xy, yx, yy); handles are offsets, so that they only turn."""
    xx, xy, yx, yy = matrix

    def turned(vector: Vector) -> Vector:
        return xx * vector[0] + xy * vector[1], yx * vector[0] + yy * vector[1]

    def point(old: Point) -> Point:
        x, y = turned((old.x - about[0], old.y - about[1]))
        into = None if old.handle_in is None else turned(old.handle_in)
        out = None if old.handle_out is None else turned(old.handle_out)
        return replace(old, x=x + onto[0], y=y + onto[1], handle_in=into, handle_out=out)

    return replace(track, points=tuple(point(old) for old in track.points))


def _about(trajectory: Trajectory, about: Vector | None) -> Vector:
    if about is None:
        return (trajectory.width - 1) / 2.0, (trajectory.height - 1) / 2.0
    if not isinstance(about, (list, tuple)) or len(about) != 2:
        raise TrajectoryError(f"about is {shown(about)}, expected (x, y).")
    x, y = (number(f"about[{i}]", part, -MAX_COORDINATE_PX, MAX_COORDINATE_PX) for i, part in enumerate(about))
    return x, y
