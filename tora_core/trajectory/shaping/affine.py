"""Mirror, scale, rotate and move in one step, about a point that the drawing itself can give."""

from __future__ import annotations

from ...errors import TrajectoryError
from ..checks import choice, shown
from ..trajectory import Trajectory
from .keyed import Only, chosen
from .measure import box
from .transform import Vector, mirror, move, rotate, scale

MIRRORS = ("none", "horizontal", "vertical", "both")
ABOUTS = ("canvas", "drawing", "start")


def transform(
    trajectory: Trajectory,
    *,
    mirrored: str = "none",
    factor: float = 1.0,
    factor_y: float | None = None,
    degrees: float = 0.0,
    dx_px: float = 0.0,
    dy_px: float = 0.0,
    about: str | Vector = "canvas",
    only: Only = None,
) -> Trajectory:
    """Mirrored, then scaled, then turned clockwise, all about one point, then moved; see transform.py.

    about: "canvas", its middle; "drawing", the middle of the box around all positions of the chosen tracks; "start",
    for each track its own first point, which so stays where it is but for the move; or (x, y) in canvas pixels. Raises
    TrajectoryError.
    """
    choice("mirrored", mirrored, MIRRORS)
    mine = chosen(trajectory, only)
    if about == "start":
        points = {i: trajectory.tracks[i].points[0] for i in mine}
        groups = [([i], (points[i].x, points[i].y)) for i in mine] or [([], (0.0, 0.0))]
    else:
        groups = [(mine, _centre(trajectory, about, mine))]
    for numbers, centre in groups:
        for direction in ("horizontal", "vertical"):
            if mirrored in (direction, "both"):
                trajectory = mirror(trajectory, direction, about=centre, only=numbers)
        trajectory = scale(trajectory, factor, factor_y, about=centre, only=numbers)
        trajectory = rotate(trajectory, degrees, about=centre, only=numbers)
    return move(trajectory, dx_px, dy_px, only=mine)


def _centre(trajectory: Trajectory, about: str | Vector, mine: list[int]) -> Vector:
    if about == "drawing":
        area = box(trajectory, mine)
        return (0.0, 0.0) if area is None else ((area[0] + area[2]) / 2.0, (area[1] + area[3]) / 2.0)
    if about == "canvas":
        return (trajectory.width - 1) / 2.0, (trajectory.height - 1) / 2.0
    if isinstance(about, str):
        raise TrajectoryError(f"about is {shown(about)}, expected one of {', '.join(ABOUTS)}, or (x, y).")
    return about
