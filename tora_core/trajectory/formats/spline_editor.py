"""The strings of KJNodes' SplineEditor and of what reads them (WanTrackToVideo, ATI): samples in canvas pixels.

One spline is `[{"x": 10, "y": 20}, ...]`, several are `[[...], [...]]`; AppendStringsToList and the CoTracker node
give a list of such strings. Single quotes occur. Convention: pixels of the editor's mask size, which the string does
not hold; x may equal the width, y the height. Sample i of P is at time i/(P-1).
"""

from __future__ import annotations

import json
from typing import Any

from ...errors import TrajectoryError
from ..checks import number, shown
from ..decoding import repeated_key
from ..limits import MAX_COORDINATE_PX, MAX_POINTS, MAX_TRACKS
from ..track import Track
from ..trajectory import Trajectory
from .base import PLAIN, Format, Source, Wanted, frames_of_samples, parsed, sample_losses, samples_track

_MAX_WRAPPED = 3  # strings inside strings


class SplineEditor(Format):
    """Flat for one track, nested for several; reads lists of such strings as well."""

    name = "spline-editor"
    title = "SplineEditor (KJNodes, WanTrackToVideo)"

    def detect(self, source: Source) -> str | None:
        kinds = [_kind(value, _MAX_WRAPPED) for value in source.values]
        if None in kinds:
            return None
        if len(kinds) > 1:
            return f"{len(kinds)} texts, the first {kinds[0]}"
        return kinds[0]

    def read(self, source: Source, wanted: Wanted) -> tuple[Trajectory, list[str]]:
        if wanted.width is None or wanted.height is None:
            raise TrajectoryError(
                "SplineEditor points are pixels of a canvas whose size is not in the text: "
                f"pass width and height (got width={shown(wanted.width)}, height={shown(wanted.height)})."
            )
        tracks: list[Track] = []
        for i, value in enumerate(source.values):
            _collect(value, f"text {i + 1}: " if len(source.values) > 1 else "", tracks, _MAX_WRAPPED)
        if not tracks:
            raise TrajectoryError("the list holds no tracks.")
        notes: list[str] = []
        frames = frames_of_samples(tracks, wanted, notes)
        trajectory = Trajectory(width=wanted.width, height=wanted.height, frames=frames, tracks=tuple(tracks))
        return trajectory, notes + _canvas_notes(trajectory)

    def write(self, trajectory: Trajectory) -> list[str]:
        tracks = [
            [{"x": _shortest(x), "y": _shortest(y)} for x, y in points] for points in trajectory.sample().points_px
        ]
        return [json.dumps(tracks[0] if len(tracks) == 1 else tracks)]

    def losses(self, trajectory: Trajectory) -> list[str]:
        canvas = f"the canvas size, {trajectory.width}x{trajectory.height}: whoever reads the text must know it"
        return [*sample_losses(trajectory), canvas]


def _kind(value: Any, wrapped: int) -> str | None:
    if isinstance(value, str) and wrapped:
        try:
            inner = parsed(value)
        except TrajectoryError:
            return None
        return _kind(inner, wrapped - 1)
    if value is PLAIN or not isinstance(value, (list, tuple)) or not value:
        return None
    first = value[0]
    if isinstance(first, dict) and "x" in first and "y" in first:
        return "a list of {x, y} points"
    if isinstance(first, str):
        inner_kind = _kind(first, wrapped)
        return inner_kind and f"a list of strings, the first {inner_kind}"
    if isinstance(first, (list, tuple)) and first and isinstance(first[0], dict) and {"x", "y"} <= first[0].keys():
        return "a list of lists of {x, y} points"
    return None


def _collect(value: Any, place: str, tracks: list[Track], wrapped: int) -> None:
    """Append the tracks in a flat or nested list, or a string or list of strings that hold such."""
    if isinstance(value, str):
        if not wrapped:
            raise TrajectoryError(f"{place or 'the text'} is a text in a text in a text; unpack it first.")
        _collect(parsed(value), place, tracks, wrapped - 1)
        return
    if value is PLAIN or not isinstance(value, (list, tuple)):
        got = "plain text" if value is PLAIN else shown(value)
        raise TrajectoryError(f"{place}got {got}, expected a list of points or of tracks.")
    if value and all(isinstance(part, (list, tuple, str)) for part in value):
        for i, part in enumerate(value):
            if isinstance(part, str):
                _collect(part, f"{place}string {i + 1}: ", tracks, wrapped)
            else:
                _append(part, f"{place}[{i}]", tracks)
        return
    _append(value, place, tracks)


def _append(points: Any, place: str, tracks: list[Track]) -> None:
    if len(tracks) == MAX_TRACKS:
        raise TrajectoryError(f"{place or 'the list'}: more than {MAX_TRACKS} tracks.")
    if not 1 <= len(points) <= MAX_POINTS:
        raise TrajectoryError(f"{place or 'the list'} has {len(points)} points, expected 1 to {MAX_POINTS}.")
    tracks.append(samples_track([_sample(f"{place}[{i}]", point) for i, point in enumerate(points)]))


def _sample(place: str, value: Any) -> tuple[float, float]:
    if not isinstance(value, dict) or not {"x", "y"} <= value.keys():
        raise TrajectoryError(f"{place} is {shown(value)}, expected an object with x and y.")
    if len(value) > 2:
        other = ", ".join(sorted(str(key)[:20] for key in value if key not in ("x", "y"))[:5])
        raise TrajectoryError(f"{place} has more keys than x and y ({other}): not the SplineEditor's samples.")
    key = repeated_key(value)
    if key is not None:
        raise TrajectoryError(f"{place} has the key {shown(key)} twice; which one is meant can't be told.")
    x, y = (number(f"{place}.{key}", value[key], -MAX_COORDINATE_PX, MAX_COORDINATE_PX) for key in ("x", "y"))
    return x, y


def _canvas_notes(trajectory: Trajectory) -> list[str]:
    xs = [point.x for track in trajectory.tracks for point in track.points]
    ys = [point.y for track in trajectory.tracks for point in track.points]
    if min(xs) >= 0 and min(ys) >= 0 and max(xs) <= 1 and max(ys) <= 1 and len(xs) > 1:
        return ["all coordinates lie in 0..1: read as pixels; if they are fractions, multiply them by the size first"]
    if max(xs) > trajectory.width or max(ys) > trajectory.height or min(xs) < 0 or min(ys) < 0:
        reach = f"x {min(xs):g} to {max(xs):g}, y {min(ys):g} to {max(ys):g}"
        canvas = f"{trajectory.width}x{trajectory.height}"
        return [f"points reach outside the {canvas} canvas ({reach}): was it drawn on that size?"]
    return []


def _shortest(value: Any) -> float | int:
    """The shortest decimal that reads back as the same float32 position."""
    number_ = float(str(value))
    return int(number_) if number_ == int(number_) else number_
