"""The own JSON form of a trajectory, version 1: it keeps what was drawn, so that it can be edited again.

trajectory.schema.json describes it for other programs; tests hold the two together. Reading is strict: a key that is
not known is an error that names it, because a mistyped "strenght" that is dropped in silence changes the picture. A
later version that adds keys raises the number and adds a migration, so that old files stay readable for ever.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from typing import Any

from ..errors import TrajectoryError
from .checks import choice, shown
from .decoding import decode_json, repeated_key
from .easing import Easing
from .limits import MAX_POINTS, MAX_TRACKS
from .track import Point, Track, VisibilityKey
from .trajectory import Trajectory

FORMAT_MARK = "tora-trajectory"
VERSION = 1

MIGRATIONS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}
"""From version n to n + 1, on the bare document; each gets a copy of the top level that it may change."""

_TOP = ("format", "version", "width", "height", "frames", "fps", "tracks")
_REQUIRED = ("version", "width", "height", "frames", "tracks")
_TRACK = tuple(field.name for field in fields(Track))
_POINT = {"x": "x", "y": "y", "t": "t", "easing": "easing", "in": "handle_in", "out": "handle_out"}
_VISIBILITY = ("t", "visible")


def to_dict(trajectory: Trajectory) -> dict[str, Any]:
    """The trajectory as plain lists, dicts, numbers and strings, ready for any JSON writer."""
    return {
        "format": FORMAT_MARK,
        "version": VERSION,
        "width": trajectory.width,
        "height": trajectory.height,
        "frames": trajectory.frames,
        "fps": _plain(trajectory.fps),
        "tracks": [_track_to_dict(track) for track in trajectory.tracks],
    }


def from_dict(document: Any) -> Trajectory:
    """The trajectory in a parsed document. Raises TrajectoryError that names the place: tracks[2].points[0].x."""
    # The version comes first: what else a file of another version holds is not ours to judge.
    document = _migrated(_mapping("the document", document))
    _known("", document, _TOP, _REQUIRED)
    if "format" in document:
        choice("format", document["format"], (FORMAT_MARK,))
    tracks = [_track(f"tracks[{i}]", value) for i, value in enumerate(_list("tracks", document["tracks"], MAX_TRACKS))]
    return Trajectory(
        width=document["width"],
        height=document["height"],
        frames=document["frames"],
        fps=document.get("fps", 8),
        tracks=tuple(tracks),
    )


def to_text(trajectory: Trajectory) -> str:
    """One line of JSON."""
    return json.dumps(to_dict(trajectory), ensure_ascii=False, allow_nan=False)


def to_file_text(trajectory: Trajectory) -> str:
    """JSON with one line a track, so that a change of one track is a change of one line."""
    document = to_dict(trajectory)
    tracks = document.pop("tracks")

    def line(value: Any) -> str:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)

    head = "".join(f"  {line(key)}: {line(value)},\n" for key, value in document.items())
    body = ",\n".join("    " + line(track) for track in tracks)
    return f'{{\n{head}  "tracks": [\n{body}\n  ]\n}}\n' if tracks else f'{{\n{head}  "tracks": []\n}}\n'


def from_text(text: str | bytes) -> Trajectory:
    """The trajectory in JSON text. Raises TrajectoryError for broken, oversized or unknown documents."""
    return from_dict(decode_json(text))


def _plain(value: float) -> float | int:
    return int(value) if value == int(value) else value


def _easing(value: Easing) -> str | list[float | int]:
    return value if isinstance(value, str) else [_plain(part) for part in value]


def _point_to_dict(point: Point) -> dict[str, Any]:
    document: dict[str, Any] = {"x": _plain(point.x), "y": _plain(point.y)}
    if point.t is not None:
        document["t"] = _plain(point.t)
    if point.easing is not None:
        document["easing"] = _easing(point.easing)
    for key, handle in (("in", point.handle_in), ("out", point.handle_out)):
        if handle is not None:
            document[key] = [_plain(part) for part in handle]
    return document


def _track_to_dict(track: Track) -> dict[str, Any]:
    # Every field is written, also where it has its default: a later default must not change an old drawing.
    return {
        "name": track.name,
        "color": track.color,
        "curve": track.curve,
        "closed": track.closed,
        "start": _plain(track.start),
        "end": _plain(track.end),
        "before": track.before,
        "after": track.after,
        "easing": _easing(track.easing),
        "strength": _plain(track.strength),
        "radius": _plain(track.radius),
        "visibility": [{"t": _plain(key.t), "visible": key.visible} for key in track.visibility],
        "points": [_point_to_dict(point) for point in track.points],
    }


def _migrated(document: dict[str, Any]) -> dict[str, Any]:
    version = document.get("version")
    if isinstance(version, bool) or not isinstance(version, (int, float)) or version != version // 1:
        raise TrajectoryError(f"version is {shown(version)}, expected a whole number such as {VERSION}.")
    while version != VERSION:
        migrate = MIGRATIONS.get(version) if isinstance(version, int) else None
        if migrate is None:
            known = sorted({VERSION, *MIGRATIONS})
            later = "; it comes from a later release, update this one" if version > VERSION else ""
            raise TrajectoryError(f"version is {shown(version)}, expected one of {known}{later}.")
        document = {**migrate(dict(document)), "version": version + 1}
        version += 1
    return document


def _track(place: str, value: Any) -> Track:
    document = _mapping(place, value)
    _known(place, document, _TRACK, ("points",))
    values = dict(document)
    points = _list(f"{place}.points", document["points"], MAX_POINTS)
    values["points"] = [_point(f"{place}.points[{i}]", point) for i, point in enumerate(points)]
    keys = _list(f"{place}.visibility", document.get("visibility", []), MAX_POINTS)
    values["visibility"] = [_visibility_key(f"{place}.visibility[{i}]", key) for i, key in enumerate(keys)]
    with _at(place):
        return Track(**values)


def _point(place: str, value: Any) -> Point:
    document = _mapping(place, value)
    _known(place, document, tuple(_POINT), ("x", "y"))
    for key in ("t", "easing", "in", "out"):
        if key in document and document[key] is None:
            raise TrajectoryError(f"{place}.{key} is null; leave the key out where there is none.")
    with _at(place):
        return Point(**{_POINT[key]: part for key, part in document.items()})


def _visibility_key(place: str, value: Any) -> VisibilityKey:
    document = _mapping(place, value)
    _known(place, document, _VISIBILITY, _VISIBILITY)
    with _at(place):
        return VisibilityKey(document["t"], document["visible"])


@contextmanager
def _at(place: str) -> Iterator[None]:
    try:
        yield
    except TrajectoryError as error:
        raise TrajectoryError(f"{place}.{error}") from None


def _mapping(place: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TrajectoryError(f"{place} is {shown(value)}, expected an object.")
    key = repeated_key(value)
    if key is not None:
        raise TrajectoryError(f"{place} has the key {shown(key)} twice; which one is meant can't be told.")
    return value


def _list(place: str, value: Any, longest: int) -> list[Any]:
    if not isinstance(value, (list, tuple)):
        raise TrajectoryError(f"{place} is {shown(value)}, expected a list.")
    if len(value) > longest:
        raise TrajectoryError(f"{place} has {len(value)} entries, expected at most {longest}.")
    return list(value)


def _known(place: str, document: dict[str, Any], allowed: tuple[str, ...], required: tuple[str, ...]) -> None:
    dot = f"{place}." if place else ""
    for key in document:
        if key not in allowed:
            near = difflib.get_close_matches(str(key)[:40], allowed, 1)
            hint = f"did you mean {near[0]}?" if near else f"known keys are {', '.join(allowed)}."
            raise TrajectoryError(f"{dot}{str(key)[:40]} is not a key of version {VERSION}; {hint}")
    for key in required:
        if key not in document:
            raise TrajectoryError(f"{dot}{key} is missing.")
