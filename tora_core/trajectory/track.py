"""What was drawn: points with times, and the track that runs through them.

All times are clip times in 0..1: 0 is the first frame, 1 the last, whatever the frame count. There is one time axis:
`start`, `end`, key times and visibility keys are all on it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from ..errors import TrajectoryError
from .checks import boolean, choice, number, shown, text
from .curves import CURVES
from .easing import Easing, checked_easing
from .limits import (
    MAX_COORDINATE_PX,
    MAX_NAME_CHARACTERS,
    MAX_POINTS,
    MAX_RADIUS_PX,
    MAX_STRENGTH,
    MIN_RADIUS_PX,
    SAME_TIME,
)
from .tracks import DEFAULT_SIGMA_PX

OUTSIDE = ("invisible", "hold")
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")


def _pair(place: str, value: Any) -> tuple[float, float]:
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        raise TrajectoryError(f"{place} is {shown(value)}, expected two numbers [dx, dy].")
    dx, dy = (number(f"{place}[{i}]", part, -MAX_COORDINATE_PX, MAX_COORDINATE_PX) for i, part in enumerate(value))
    return dx, dy


@dataclass(frozen=True)
class Point:
    """A control point, (x, y) in canvas pixels; it may lie outside the canvas.

    t: key time in 0..1, when the track is at this point; None leaves it to constant speed between its neighbours.
    easing: of the stretch from this keyed point to the next keyed one; None takes the track's.
    handle_in, handle_out: (dx, dy) from the point, used by bezier curves, kept by the others. None is (0, 0).
    Raises TrajectoryError whose message starts with the field.
    """

    x: float
    y: float
    t: float | None = None
    easing: Easing | None = None
    handle_in: tuple[float, float] | None = None
    handle_out: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        set_ = object.__setattr__
        set_(self, "x", number("x", self.x, -MAX_COORDINATE_PX, MAX_COORDINATE_PX))
        set_(self, "y", number("y", self.y, -MAX_COORDINATE_PX, MAX_COORDINATE_PX))
        if self.t is not None:
            set_(self, "t", number("t", self.t, 0.0, 1.0))
        if self.easing is not None:
            set_(self, "easing", checked_easing("easing", self.easing))
        if self.handle_in is not None:
            set_(self, "handle_in", _pair("in", self.handle_in))
        if self.handle_out is not None:
            set_(self, "handle_out", _pair("out", self.handle_out))


@dataclass(frozen=True)
class VisibilityKey:
    """From time `t` on the track is visible or not, until the next key. Before the first key it is visible."""

    t: float
    visible: bool

    def __post_init__(self) -> None:
        object.__setattr__(self, "t", number("t", self.t, 0.0, 1.0))
        boolean("visible", self.visible)


@dataclass(frozen=True)
class Track:
    """One drawn path and how it is run through.

    points: one or more `Point` or (x, y); a single one stands still.
    curve: polyline, catmull-rom (centripetal), bezier or freehand (curves.py). closed: return to the first point.
    start, end: when the track begins and ends, start < end. before, after: what it does outside: "invisible", or "hold"
      (it stands at its first or last point and is visible).
    Timing: the first point is reached at `start` and the last (closed: the first again) at `end`, unless they have key
      times of their own: then the track waits there. Points with key times are met at these times whatever the easing;
      they grow strictly and lie in start..end (closed: before end). Between two keyed points the speed is constant
      along the arc, changed by the easing of that stretch: the earlier point's, else the track's. Without inner key
      times that is one easing over all of start..end. An easing that overshoots runs on along the path, to its ends.
    visibility: keys, strictly growing in time; they can hide any part, also a held one.
    strength: 0..100, scales the track's motion. radius: the sigma of its blur in OUTPUT pixels, never scaled with the
      size; 10 is what the weights know. name, color ("#rrggbb" or None for the palette's): for people.
    Raises TrajectoryError whose message starts with the field, such as points[3].t.
    """

    points: tuple[Point, ...]
    curve: str = "catmull-rom"
    closed: bool = False
    start: float = 0.0
    end: float = 1.0
    before: str = "invisible"
    after: str = "invisible"
    easing: Easing = "linear"
    visibility: tuple[VisibilityKey, ...] = ()
    strength: float = 1.0
    radius: float = DEFAULT_SIGMA_PX
    name: str = ""
    color: str | None = None

    def __post_init__(self) -> None:
        set_ = object.__setattr__
        set_(self, "points", _points(self.points))
        choice("curve", self.curve, CURVES)
        boolean("closed", self.closed)
        set_(self, "start", number("start", self.start, 0.0, 1.0))
        set_(self, "end", number("end", self.end, 0.0, 1.0))
        if self.end - self.start <= SAME_TIME:
            raise TrajectoryError(f"end is {self.end:g}, expected a time after start, which is {self.start:g}.")
        choice("before", self.before, OUTSIDE)
        choice("after", self.after, OUTSIDE)
        set_(self, "easing", checked_easing("easing", self.easing))
        set_(self, "visibility", _visibility(self.visibility))
        set_(self, "strength", number("strength", self.strength, 0.0, MAX_STRENGTH))
        set_(self, "radius", number("radius", self.radius, MIN_RADIUS_PX, MAX_RADIUS_PX))
        text("name", self.name, MAX_NAME_CHARACTERS)
        if self.color is not None and not (isinstance(self.color, str) and _COLOR.fullmatch(self.color)):
            raise TrajectoryError(f"color is {shown(self.color)}, expected null or six hex digits such as #0072b2.")
        self._check_key_times()

    def _check_key_times(self) -> None:
        last = len(self.points) - 1
        reached = -1.0
        for i, point in enumerate(self.points):
            if point.t is None:
                if i == 0:
                    reached = self.start
                elif point.easing is not None and i != last:
                    raise TrajectoryError(f"points[{i}].easing is given, but no key time t from which it could act.")
                continue
            if not self.start <= point.t <= self.end:
                raise TrajectoryError(
                    f"points[{i}].t is {point.t:g}, expected a time in start..end, {self.start:g} to {self.end:g}."
                )
            if point.t - reached <= SAME_TIME:
                raise TrajectoryError(
                    f"points[{i}].t is {point.t:g}, expected a time after {reached:g}, the one before."
                )
            reached = point.t
        to_come = last > 0 and (self.closed or self.points[-1].t is None)
        if to_come and self.end - reached <= SAME_TIME:
            raise TrajectoryError(
                f"points leave no time before end, {self.end:g}, to reach the last point{' and return' * self.closed}."
            )


def _points(values: Any) -> tuple[Point, ...]:
    try:
        values = list(values)
    except TypeError:
        raise TrajectoryError(f"points is {shown(values)}, expected a list of points.") from None
    if not 1 <= len(values) <= MAX_POINTS:
        raise TrajectoryError(f"points has {len(values)} entries, expected 1 to {MAX_POINTS}.")
    return tuple(value if isinstance(value, Point) else _point(i, value) for i, value in enumerate(values))


def _point(i: int, value: Any) -> Point:
    try:
        x, y = value
    except (TypeError, ValueError):
        raise TrajectoryError(f"points[{i}] is {shown(value)}, expected (x, y).") from None
    try:
        return Point(x, y)
    except TrajectoryError as error:
        raise TrajectoryError(f"points[{i}].{error}") from None


def _visibility(values: Any) -> tuple[VisibilityKey, ...]:
    if not isinstance(values, (list, tuple)) or not all(isinstance(key, VisibilityKey) for key in values):
        raise TrajectoryError(f"visibility is {shown(values)}, expected a list of visibility keys.")
    if len(values) > MAX_POINTS:
        raise TrajectoryError(f"visibility has {len(values)} entries, expected at most {MAX_POINTS}.")
    for i in range(1, len(values)):
        if values[i].t - values[i - 1].t <= SAME_TIME:
            raise TrajectoryError(f"visibility[{i}].t is {values[i].t:g}, expected a time after {values[i - 1].t:g}.")
    return tuple(values)
