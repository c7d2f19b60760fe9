"""Lists of points that are objects, `[{"x": 10, "y": 20}, ...]`, lists of such lists, and strings that hold them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from ...errors import TrajectoryError
from ..checks import shown
from ..limits import MAX_POINTS, MAX_TRACKS
from .base import PLAIN, Source, parsed

_MAX_WRAPPED = 3  # strings inside strings

T = TypeVar("T")


def kind_of_points(source: Source, is_point: Callable[[dict[Any, Any]], bool], label: str) -> str | None:
    """In words what the source is, such as "a list of lists of {x, y} points", if it is that; else None."""
    kinds = [_kind(value, is_point, label, _MAX_WRAPPED) for value in source.values]
    if None in kinds:
        return None
    return f"{len(kinds)} texts, the first {kinds[0]}" if len(kinds) > 1 else kinds[0]


def point_lists(source: Source, sample: Callable[[str, Any], T]) -> list[list[T]]:
    """The points of each track, made by `sample(place, value)`. Raises TrajectoryError that names the place."""
    tracks: list[list[T]] = []
    for i, value in enumerate(source.values):
        _collect(value, f"text {i + 1}: " if len(source.values) > 1 else "", tracks, sample, _MAX_WRAPPED)
    return tracks


def _kind(value: Any, is_point: Callable[[dict[Any, Any]], bool], label: str, wrapped: int) -> str | None:
    if isinstance(value, str) and wrapped:
        try:
            inner = parsed(value)
        except TrajectoryError:
            return None
        return _kind(inner, is_point, label, wrapped - 1)
    if value is PLAIN or not isinstance(value, (list, tuple)) or not value:
        return None
    first = value[0]
    if isinstance(first, dict) and is_point(first):
        return f"a list of {label} points"
    if isinstance(first, str):
        inner_kind = _kind(first, is_point, label, wrapped)
        return inner_kind and f"a list of strings, the first {inner_kind}"
    if isinstance(first, (list, tuple)) and first and isinstance(first[0], dict) and is_point(first[0]):
        return f"a list of lists of {label} points"
    return None


def _collect(value: Any, place: str, tracks: list[list[T]], sample: Callable[[str, Any], T], wrapped: int) -> None:
    """Append the tracks in a flat or nested list, or a string or list of strings that hold such."""
    if isinstance(value, str):
        if not wrapped:
            raise TrajectoryError(f"{place or 'the text'} is a text in a text in a text; unpack it first.")
        _collect(parsed(value), place, tracks, sample, wrapped - 1)
        return
    if value is PLAIN or not isinstance(value, (list, tuple)):
        got = "plain text" if value is PLAIN else shown(value)
        raise TrajectoryError(f"{place}got {got}, expected a list of points or of tracks.")
    if value and all(isinstance(part, (list, tuple, str)) for part in value):
        for i, part in enumerate(value):
            if isinstance(part, str):
                _collect(part, f"{place}string {i + 1}: ", tracks, sample, wrapped)
            else:
                _append(part, f"{place}[{i}]", tracks, sample)
        return
    _append(value, place, tracks, sample)


def _append(points: Any, place: str, tracks: list[list[T]], sample: Callable[[str, Any], T]) -> None:
    if len(tracks) == MAX_TRACKS:
        raise TrajectoryError(f"{place or 'the list'}: more than {MAX_TRACKS} tracks.")
    if not 1 <= len(points) <= MAX_POINTS:
        raise TrajectoryError(f"{place or 'the list'} has {len(points)} points, expected 1 to {MAX_POINTS}.")
    tracks.append([sample(f"{place}[{i}]", point) for i, point in enumerate(points)])
