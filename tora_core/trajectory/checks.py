"""Checks of single values. Every message starts with the place, so that a caller can put its own place in front."""

from __future__ import annotations

import numbers
from typing import Any

from ..errors import TrajectoryError


def shown(value: Any) -> str:
    """A short, safe text for a value of any type and size: messages must not fail or fill the screen."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return repr(value if len(value) <= 40 else value[:40] + "...")
    if isinstance(value, int):
        return str(value) if value.bit_length() <= 64 else f"a whole number of {value.bit_length()} bits"
    if isinstance(value, numbers.Real):
        return str(value)[:40]
    if isinstance(value, (list, tuple)):
        return f"a list of {len(value)}"
    if isinstance(value, dict):
        return "an object"
    return f"a value of type {type(value).__name__}"


def _is_number(value: Any) -> bool:
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def number(place: str, value: Any, low: float, high: float, *, above: bool = False) -> float:
    """`value` as float if it is a finite number in low..high (`above`: strictly above low), else TrajectoryError."""
    # The comparison is False for NaN, infinity and whole numbers that no float can hold.
    if _is_number(value) and low <= value <= high and (value > low or not above):
        return float(value)
    bounds = f"above {low:g} and at most {high:g}" if above else f"from {low:g} to {high:g}"
    raise TrajectoryError(f"{place} is {shown(value)}, expected a number {bounds}.")


def integer(place: str, value: Any, low: int, high: int) -> int:
    """`value` as int if it is a whole number in low..high (720.0 is one), else TrajectoryError."""
    if _is_number(value) and low <= value <= high and value == int(value):
        return int(value)
    raise TrajectoryError(f"{place} is {shown(value)}, expected a whole number from {low} to {high}.")


def boolean(place: str, value: Any) -> bool:
    """`value` if it is true or false, else TrajectoryError: 0 and 1 are not taken for them."""
    if isinstance(value, bool):
        return value
    raise TrajectoryError(f"{place} is {shown(value)}, expected true or false.")


def choice(place: str, value: Any, choices: tuple[str, ...]) -> str:
    """`value` if it is one of `choices`, else TrajectoryError that lists them."""
    if isinstance(value, str) and value in choices:
        return value
    raise TrajectoryError(f"{place} is {shown(value)}, expected one of {', '.join(choices)}.")


def text(place: str, value: Any, longest: int) -> str:
    """`value` if it is a string that UTF-8 can hold, of at most `longest` characters, else TrajectoryError."""
    if not isinstance(value, str) or len(value) > longest:
        raise TrajectoryError(f"{place} is {shown(value)}, expected a text of at most {longest} characters.")
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise TrajectoryError(f"{place} holds half a character (a lone surrogate), which no file can hold.") from None
    return value
