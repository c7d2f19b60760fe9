"""Ready-made paths as tracks of few control points: draw one, then shape it like any other.

All take canvas pixels, (x, y) with y down, and pass Track's other fields on (name, color, easing, start, end, ...).
Angles are in degrees, 0 to the right and growing clockwise as seen on the screen. Raise TrajectoryError.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from ...errors import TrajectoryError
from ..checks import integer, number, shown
from ..limits import MAX_COORDINATE_PX, MAX_POINTS
from ..track import Point, Track
from .refine import MAX_SEED

Vector = tuple[float, float]


def line(first: Vector, last: Vector, **track: Any) -> Track:
    """Straight from the first point to the last."""
    return Track((Point(*_xy("first", first)), Point(*_xy("last", last))), curve="polyline", **track)


def arc(center: Vector, radius_px: float, start_degrees: float, sweep_degrees: float, **track: Any) -> Track:
    """A part of a circle, from an angle on; a sweep below 0 is anticlockwise. Off by 0.03 % of the radius."""
    radius = _length("radius_px", radius_px)
    sweep = number("sweep_degrees", sweep_degrees, -36_000.0, 36_000.0)
    begin = number("start_degrees", start_degrees, -36_000.0, 36_000.0)
    count = max(1, math.ceil(abs(sweep) / 90.0 - 1e-9))
    angles = np.radians(begin + sweep * np.arange(count + 1) / count)
    made = _round(_xy("center", center), (radius, radius), angles, math.radians(sweep / count))
    made[0], made[-1] = replace(made[0], handle_in=None), replace(made[-1], handle_out=None)
    return Track(tuple(made), curve="bezier", **track)


def circle(
    center: Vector, radius_px: float, start_degrees: float = -90.0, *, clockwise: bool = True, **track: Any
) -> Track:
    """A closed circle that begins at an angle, default at the top. Off by 0.03 % of the radius."""
    return ellipse(center, radius_px, radius_px, start_degrees, clockwise=clockwise, **track)


def ellipse(
    center: Vector,
    radius_x_px: float,
    radius_y_px: float,
    start_degrees: float = -90.0,
    *,
    clockwise: bool = True,
    **track: Any,
) -> Track:
    """A closed ellipse with its axes along x and y."""
    radii = (_length("radius_x_px", radius_x_px), _length("radius_y_px", radius_y_px))
    begin = number("start_degrees", start_degrees, -36_000.0, 36_000.0)
    step = 90.0 if clockwise else -90.0
    angles = np.radians(begin + step * np.arange(4))
    points = _round(_xy("center", center), radii, angles, math.radians(step))
    return Track(tuple(points), curve="bezier", closed=True, **track)


def spiral(
    center: Vector,
    from_radius_px: float,
    to_radius_px: float,
    turns: float = 2.0,
    start_degrees: float = -90.0,
    **track: Any,
) -> Track:
    """Round a centre while the radius grows or shrinks evenly with the angle; anticlockwise below 0 turns."""
    inner, outer = _length("from_radius_px", from_radius_px), _length("to_radius_px", to_radius_px)
    around = number("turns", turns, -100.0, 100.0)
    cx, cy = _xy("center", center)
    sweep = 2.0 * math.pi * around
    count = max(2, math.ceil(abs(around) * 8))
    way = np.arange(count + 1) / count
    angles = math.radians(number("start_degrees", start_degrees, -36_000.0, 36_000.0)) + sweep * way
    radii = inner + (outer - inner) * way
    cos, sin = np.cos(angles), np.sin(angles)
    grow, turn = (outer - inner) / count, sweep / count
    points = np.stack([cx + radii * cos, cy + radii * sin], axis=-1)
    slopes = np.stack([grow * cos - turn * radii * sin, grow * sin + turn * radii * cos], axis=-1)
    return _smooth(points, slopes, **track)


def wave(first: Vector, last: Vector, amplitude_px: float, periods: float = 2.0, **track: Any) -> Track:
    """A sine about the line from first to last; first to the left of it, seen in its direction (up, on the way right).

    A point at every crest and crossing; between them the curve is off by at most 2 % of the amplitude.
    """
    (x0, y0), (x1, y1) = _xy("first", first), _xy("last", last)
    reach = _length("amplitude_px", amplitude_px)
    quarters = 4.0 * number("periods", periods, 0.25, 500.0)
    left = _left(x1 - x0, y1 - y0)
    at = [*range(math.ceil(quarters - 1e-9)), quarters]
    points = []
    for i, quarter in enumerate(at):
        angle = math.pi / 2.0 * quarter
        side, slope = reach * math.sin(angle), reach * math.cos(angle) * math.pi / 2.0
        handles = []
        for step in ((at[i - 1] - quarter) if i else 0.0, (at[i + 1] - quarter) if i + 1 < len(at) else 0.0):
            along, aside = step / quarters / 3.0, slope * step / 3.0
            handles.append(((x1 - x0) * along + left[0] * aside, (y1 - y0) * along + left[1] * aside))
        way = quarter / quarters
        x, y = x0 + (x1 - x0) * way + left[0] * side, y0 + (y1 - y0) * way + left[1] * side
        points.append(
            Point(x, y, handle_in=handles[0] if i else None, handle_out=handles[1] if i + 1 < len(at) else None)
        )
    return Track(tuple(points), curve="bezier", **track)


def zigzag(first: Vector, last: Vector, amplitude_px: float, teeth: int = 4, **track: Any) -> Track:
    """Straight to and fro about the line from first to last, with so many corners."""
    (x0, y0), (x1, y1) = _xy("first", first), _xy("last", last)
    reach = _length("amplitude_px", amplitude_px)
    many = integer("teeth", teeth, 1, MAX_POINTS - 2)
    left = _left(x1 - x0, y1 - y0)
    corners = [
        Point(x0 + (x1 - x0) * way + side * left[0], y0 + (y1 - y0) * way + side * left[1])
        for way, side in (((k + 0.5) / many, reach if k % 2 == 0 else -reach) for k in range(many))
    ]
    return Track((Point(x0, y0), *corners, Point(x1, y1)), curve="polyline", **track)


def figure_eight(center: Vector, width_px: float, height_px: float, **track: Any) -> Track:
    """A closed figure eight on its side, x = sin a, y = sin 2a; it begins in the middle, to the lower right."""
    cx, cy = _xy("center", center)
    wide, high = _length("width_px", width_px) / 2.0, _length("height_px", height_px) / 2.0
    step = math.pi / 4.0
    angles = step * np.arange(8)
    points = np.stack([cx + wide * np.sin(angles), cy + high * np.sin(2.0 * angles)], axis=-1)
    slopes = step * np.stack([wide * np.cos(angles), 2.0 * high * np.cos(2.0 * angles)], axis=-1)
    return _smooth(points, slopes, closed=True, **track)


def shake(center: Vector, amount_px: float, count: int, seed: int, **track: Any) -> Track:
    """About a point: `count` moves to random places at most amount_px away, at equal times, and back to it."""
    cx, cy = _xy("center", center)
    reach = _length("amount_px", amount_px)
    many = integer("count", count, 1, MAX_POINTS - 2)
    generator = np.random.default_rng(integer("seed", seed, 0, MAX_SEED))
    angles, radii = generator.uniform(0.0, 2.0 * math.pi, many), reach * np.sqrt(generator.uniform(0.0, 1.0, many))
    begin, end = float(track.get("start", 0.0)), float(track.get("end", 1.0))
    xs = [cx, *(cx + radii * np.cos(angles)), cx]
    ys = [cy, *(cy + radii * np.sin(angles)), cy]
    points = tuple(
        Point(float(x), float(y), t=begin + (end - begin) * i / (many + 1))
        for i, (x, y) in enumerate(zip(xs, ys, strict=True))
    )
    return Track(points, curve="catmull-rom", **track)


def bounce(first: Vector, last: Vector, height_px: float, count: int = 3, keep: float = 0.6, **track: Any) -> Track:
    """A ball from first to last: `count` hops, each `keep` times as high as the one before, the first height_px.

    Hops are parabolas above the line from first to last; a hop's time and width go with the root of its height, as in
    free fall. Each half has its own key time, slow at the top.
    """
    (x0, y0), (x1, y1) = _xy("first", first), _xy("last", last)
    high = _length("height_px", height_px)
    many = integer("count", count, 1, 100)
    ratio = number("keep", keep, 0.01, 1.0)
    begin, stop = float(track.get("start", 0.0)), float(track.get("end", 1.0))
    shares = np.array([math.sqrt(ratio**k) for k in range(many)])
    ways = [0.0, *(np.cumsum(shares) / shares.sum()).tolist()]
    ways[-1] = 1.0
    points = []
    arriving: Vector | None = None
    for k in range(many):
        hop = ways[k + 1] - ways[k]
        top, rise = ways[k] + hop / 2.0, high * ratio**k
        # From the ground to the top runs half a parabola, the quadratic whose handle lies over a quarter of the hop.
        dx, dy, up = (x1 - x0) * hop / 6.0, (y1 - y0) * hop / 6.0, 2.0 * rise / 3.0
        ground = (x0 + (x1 - x0) * ways[k], y0 + (y1 - y0) * ways[k])
        crest = (x0 + (x1 - x0) * top, y0 + (y1 - y0) * top - rise)
        points.append(Point(*ground, begin + (stop - begin) * ways[k], "out", arriving, (dx, dy - up)))
        points.append(Point(*crest, begin + (stop - begin) * top, "in", (-dx, -dy), (dx, dy)))
        arriving = (-dx, -dy - up)
    points.append(Point(x1, y1, stop, handle_in=arriving))
    return Track(tuple(points), curve="bezier", **track)


def _xy(name: str, value: Any) -> Vector:
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        raise TrajectoryError(f"{name} is {shown(value)}, expected (x, y).")
    x, y = (number(f"{name}[{i}]", part, -MAX_COORDINATE_PX, MAX_COORDINATE_PX) for i, part in enumerate(value))
    return x, y


def _length(name: str, value: float) -> float:
    return number(name, value, 0.0, MAX_COORDINATE_PX)


def _left(dx: float, dy: float) -> Vector:
    """The unit vector to the left of a direction, as seen on the screen, where y points down."""
    size = math.hypot(dx, dy)
    if size == 0.0:
        raise TrajectoryError("first and last are the same point, expected two.")
    return dy / size, -dx / size


def _round(center: Vector, radii: Vector, angles: np.ndarray, step: float) -> list[Point]:
    """Points of an ellipse at angles, `step` apart, with the handles that make cubics nearest to it."""
    reach = 4.0 / 3.0 * math.tan(step / 4.0)
    points = []
    for angle in angles.tolist():
        x, y = radii[0] * math.cos(angle), radii[1] * math.sin(angle)
        dx, dy = -reach * radii[0] * math.sin(angle), reach * radii[1] * math.cos(angle)
        points.append(Point(center[0] + x, center[1] + y, handle_in=(-dx, -dy), handle_out=(dx, dy)))
    return points


def _smooth(points: np.ndarray, slopes: np.ndarray, *, closed: bool = False, **track: Any) -> Track:
    """A bezier curve through points (P, 2) with slopes (P, 2) a step: a handle is a third of a slope."""
    made = [
        Point(x, y, handle_in=(-dx / 3.0, -dy / 3.0), handle_out=(dx / 3.0, dy / 3.0))
        for (x, y), (dx, dy) in zip(points.tolist(), slopes.tolist(), strict=True)
    ]
    if not closed:
        made[0], made[-1] = replace(made[0], handle_in=None), replace(made[-1], handle_out=None)
    return Track(tuple(made), curve="bezier", closed=closed, **track)
