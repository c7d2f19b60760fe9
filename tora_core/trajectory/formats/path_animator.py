"""Path Animator's paths: drawn points with a start, an end, an easing and a visibility mode, on a canvas in the text.

`{"formatVersion":2,"paths":[{"points":[{"x":..,"y":..}],"name":..,"color":..,"isSinglePoint":false,"startTime":0.0,
"endTime":1.0,"interpolation":"linear","visibilityMode":"pop"}],"canvas_size":{"width":512,"height":512}}`
(PixWizardry/ComfyUI_PIXFL-Path-Animator, web/nodes/FL_PathAnimator.js and nodes/FL_PathAnimator.py). A shape runs along
the straight lines between the points, evenly by arc length, with ease-in t^2, ease-out t(2-t) and ease-in-out 2t^2 up
to the middle and 1-2(1-t)^2 after it. Outside its times it is not there ("pop") or stands at an end ("static").
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np

from ...errors import TrajectoryError
from ..bezier import opened, outline, path_of
from ..checks import integer, number, shown
from ..easing import Easing
from ..limits import MAX_CANVAS_PX, MAX_COORDINATE_PX, MAX_NAME_CHARACTERS, MAX_POINTS, MAX_TRACKS
from ..track import Point, Track
from ..trajectory import Trajectory
from .base import Format, Source, Wanted
from .drawings import drawing_losses, frames_of_drawing
from .samples import canvas_notes, canvas_of, placed

# With x1 = 1/3 and x2 = 2/3 a cubic-bezier's x is its parameter, so that its y is just the polynomial.
_EASE_IN = (1 / 3, 0.0, 2 / 3, 1 / 3)
_EASE_OUT = (1 / 3, 2 / 3, 2 / 3, 1.0)
_EASINGS: dict[str, Easing] = {"linear": "linear", "ease-in": _EASE_IN, "ease-out": _EASE_OUT}
_PATH_KEYS = {
    "id", "points", "name", "color", "isSinglePoint", "startTime", "endTime", "interpolation", "visibilityMode",
}  # fmt: skip
_TOP_KEYS = {"formatVersion", "paths", "canvas_size"}


class PathAnimator(Format):
    """Version 2 and the unnumbered one before it."""

    name = "path-animator"
    title = "Path Animator (FL, PIXFL)"

    def detect(self, source: Source) -> str | None:
        value = source.values[0]
        if len(source.values) != 1 or not isinstance(value, dict) or "paths" not in value:
            return None
        return 'an object with "paths"' if "formatVersion" in value or "canvas_size" in value else None

    def read(self, source: Source, wanted: Wanted) -> tuple[Trajectory, list[str]]:
        value = source.values[0]
        if len(source.values) != 1 or not isinstance(value, dict) or not isinstance(value.get("paths"), list):
            raise TrajectoryError(f"got {shown(value)}, expected an object with a list of paths.")
        if value.get("formatVersion", 2) not in (1, 2):
            raise TrajectoryError(f"formatVersion is {shown(value['formatVersion'])}, expected 2.")
        notes = [f"not kept: {str(key)[:40]}" for key in value if key not in _TOP_KEYS][:10]
        size = value.get("canvas_size")
        if size is None:
            width, height = canvas_of("Path Animator's points are pixels", wanted)
        elif isinstance(size, dict):
            width, height = (integer(f"canvas_size.{k}", size.get(k), 1, MAX_CANVAS_PX) for k in ("width", "height"))
        else:
            raise TrajectoryError(f"canvas_size is {shown(size)}, expected an object with width and height.")
        if not 1 <= len(value["paths"]) <= MAX_TRACKS:
            raise TrajectoryError(f"paths has {len(value['paths'])} entries, expected 1 to {MAX_TRACKS}.")
        tracks = tuple(_track(f"paths[{i}]", path, notes) for i, path in enumerate(value["paths"]))
        frames = frames_of_drawing(wanted, notes)
        trajectory = Trajectory(width=width, height=height, frames=frames, tracks=tracks)
        notes += canvas_notes(trajectory)
        return placed(trajectory, wanted, notes), notes

    def write(self, trajectory: Trajectory) -> list[str]:
        size = {"width": trajectory.width, "height": trajectory.height}
        paths = [_path(i, track) for i, track in enumerate(trajectory.tracks)]
        return [json.dumps({"formatVersion": 2, "paths": paths, "canvas_size": size}, ensure_ascii=False)]

    def losses(self, trajectory: Trajectory) -> list[str]:
        tracks = trajectory.tracks
        back = self.read(Source(("",), (json.loads(self.write(trajectory)[0]),)), Wanted(frames=trajectory.frames))[0]
        sampled = trajectory.sample()
        shift = float(np.abs(back.sample().points_px - sampled.points_px)[sampled.visible].max(initial=0.0))
        timed = ("keys", "easing") if shift < 0.01 else ()
        losses = drawing_losses(trajectory, held=("canvas", "window", "outside", "names", "colors", *timed))
        if any(path_of(track).cubics is not None for track in tracks):
            losses.append("curves: they become short straight lines")
        mixed = [i + 1 for i, t in enumerate(tracks) if t.before != t.after and (t.start > 0 or t.end < 1)]
        if mixed:
            losses.append(f"being hidden at one end and held at the other (track {', '.join(map(str, mixed[:10]))})")
        if not timed:
            losses.append(f"timing: positions move by up to {shift:.1f} px, as a path knows one easing out of four")
        return losses


def _track(place: str, path: Any, notes: list[str]) -> Track:
    if not isinstance(path, dict):
        raise TrajectoryError(f"{place} is {shown(path)}, expected an object with points.")
    values = path.get("points")
    if not isinstance(values, list) or not 1 <= len(values) <= MAX_POINTS:
        raise TrajectoryError(f"{place}.points is {shown(values)}, expected a list of 1 to {MAX_POINTS} points.")
    other = sorted(str(key)[:20] for key in path.keys() - _PATH_KEYS)
    if other:
        notes.append(f"{place}: not kept: {', '.join(other[:5])}")
    points = [_point(f"{place}.points[{i}]", value) for i, value in enumerate(values)]
    start = number(f"{place}.startTime", path.get("startTime", 0.0), 0.0, 1.0)
    end = number(f"{place}.endTime", path.get("endTime", 1.0), 0.0, 1.0)
    mode = path.get("visibilityMode", "pop")
    if mode not in ("pop", "static"):
        raise TrajectoryError(f"{place}.visibilityMode is {shown(mode)}, expected pop or static.")
    kind = path.get("interpolation", "linear")
    if not isinstance(kind, str) or kind not in (*_EASINGS, "ease-in-out"):
        raise TrajectoryError(
            f"{place}.interpolation is {shown(kind)}, expected linear, ease-in, ease-out or ease-in-out."
        )
    name, color = path.get("name", ""), path.get("color")
    try:
        track = Track(
            tuple(points[:1] if path.get("isSinglePoint") is True else points),
            curve="polyline",
            start=start,
            end=end,
            before="invisible" if mode == "pop" else "hold",
            after="invisible" if mode == "pop" else "hold",
            easing=_EASINGS.get(kind, "linear"),
            name=name[:MAX_NAME_CHARACTERS] if isinstance(name, str) else "",
        )
    except TrajectoryError as error:
        raise TrajectoryError(f"{place}.{error}") from None
    try:
        track = replace(track, color=color)
    except TrajectoryError:
        notes.append(f"{place}: the color {shown(color)} is not kept, only #rrggbb is")
    return _eased_in_and_out(track) if kind == "ease-in-out" and len(track.points) > 1 else track


def _point(place: str, value: Any) -> Point:
    if not isinstance(value, dict) or not {"x", "y"} <= value.keys():
        raise TrajectoryError(f"{place} is {shown(value)}, expected an object with x and y.")
    x, y = (number(f"{place}.{key}", value[key], -MAX_COORDINATE_PX, MAX_COORDINATE_PX) for key in ("x", "y"))
    return Point(x, y)


def _eased_in_and_out(track: Track) -> Track:
    """The two parabolas of ease-in-out meet halfway along the path: a key there, unless a point lies there already."""
    path = path_of(track)
    half = path.length_px / 2.0
    middle = (track.start + track.end) / 2.0
    if path.length_px == 0.0:
        return track
    before = int(np.searchsorted(path.node_arc_px, half, side="right")) - 1
    points = list(track.points)
    if abs(path.node_arc_px[before] - half) < 1e-9 and 0 < before < len(points) - 1:
        points[before] = replace(points[before], t=middle, easing=_EASE_OUT)
    else:
        x, y = path.at(np.array([half]))[0].tolist()
        points.insert(before + 1, Point(x, y, t=middle, easing=_EASE_OUT))
    return replace(track, points=tuple(points), easing=_EASE_IN)


def _path(i: int, track: Track) -> dict[str, Any]:
    whole = opened(track)
    still = len(whole.points) == 1
    points = outline(whole).tolist()
    return {
        "id": f"path_{i + 1}",
        "name": track.name or f"Path {i + 1}",
        "points": [{"x": x, "y": y} for x, y in points],
        "color": track.color or "#FF6B6B",
        "isSinglePoint": still,
        "startTime": track.start,
        "endTime": track.end,
        "interpolation": _easing_name(whole),
        "visibilityMode": "static" if "hold" in (track.before, track.after) else "pop",
    }


def _easing_name(track: Track) -> str:
    """The name of the track's easing, if it is one that Path Animator has, else the one that comes nearest."""
    keyed = [p for p in track.points[1:-1] if p.t is not None]
    if len(keyed) == 1 and track.easing == _EASE_IN and keyed[0].easing == _EASE_OUT:
        return "ease-in-out"
    named: dict[Easing, str] = {easing: name for name, easing in _EASINGS.items()}
    named |= {"in": "ease-in", "out": "ease-out", "in-out": "ease-in-out"}
    return named.get(track.easing, "linear")
