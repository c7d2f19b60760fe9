"""Easing: how the way along a stretch of path runs with time. 0 is its beginning, 1 its end.

`in`, `out` and `in-out` are the curves that CSS calls ease-in, ease-out and ease-in-out, so that a browser draws the
same. Four numbers (x1, y1, x2, y2) are CSS's cubic-bezier: the handles of a cubic from (0, 0) to (1, 1), x is time.
`hold` stays at the beginning and jumps to the end at the last moment.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import TrajectoryError
from .checks import choice, number, shown
from .limits import MAX_EASING_Y

Easing = str | tuple[float, float, float, float]

_CSS_CURVES: dict[str, tuple[float, float, float, float]] = {
    "in": (0.42, 0.0, 1.0, 1.0),
    "out": (0.0, 0.0, 0.58, 1.0),
    "in-out": (0.42, 0.0, 0.58, 1.0),
}
EASING_NAMES = ("linear", *_CSS_CURVES, "hold")

_BISECTIONS = 50  # halves 0..1 down to float64's last bits


def checked_easing(place: str, value: Any) -> Easing:
    """An easing name, or four numbers as a tuple. Raises TrajectoryError that starts with `place`."""
    if isinstance(value, (list, tuple)):
        if len(value) != 4:
            raise TrajectoryError(f"{place} is {shown(value)}, expected a name or the four numbers x1, y1, x2, y2.")
        x1, y1, x2, y2 = value
        return (
            number(f"{place}[0]", x1, 0.0, 1.0),
            number(f"{place}[1]", y1, -MAX_EASING_Y, MAX_EASING_Y),
            number(f"{place}[2]", x2, 0.0, 1.0),
            number(f"{place}[3]", y2, -MAX_EASING_Y, MAX_EASING_Y),
        )
    return choice(place, value, EASING_NAMES)


def ease(easing: Easing, time: np.ndarray) -> np.ndarray:
    """The way gone at `time`: float64 in, float64 out, any shape; time in 0..1, exactly 0 at 0 and 1 at 1.

    The result leaves 0..1 only for a cubic-bezier whose y1 or y2 do.
    """
    if easing == "linear":
        return time
    if easing == "hold":
        return np.where(time >= 1.0, 1.0, 0.0)
    x1, y1, x2, y2 = _CSS_CURVES[easing] if isinstance(easing, str) else easing
    low, high = np.zeros_like(time), np.ones_like(time)
    for _ in range(_BISECTIONS):  # x grows with the parameter; at x1 = 1, x2 = 0 it is too flat for Newton's method
        middle = 0.5 * (low + high)
        early = _bezier(x1, x2, middle) < time
        low = np.where(early, middle, low)
        high = np.where(early, high, middle)
    way = _bezier(y1, y2, 0.5 * (low + high))
    return np.where(time <= 0.0, 0.0, np.where(time >= 1.0, 1.0, way))


def _bezier(a: float, b: float, u: np.ndarray) -> np.ndarray:
    """The cubic with the ordinates 0, a, b, 1."""
    v = 1.0 - u
    return 3.0 * v * v * u * a + 3.0 * v * u * u * b + u * u * u
