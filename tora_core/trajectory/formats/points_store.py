"""The saved state of KJNodes' SplineEditor (its points_store): the control points, worth more than the samples.

`[{"points":[{"x":0,"y":480,"h1x":..,"h1y":..,"h2x":..,"h2y":..}],"color":"#1f77b4","name":"Spline 1",
"isSinglePoint":true}]` in pixels of the editor's mask size (kijai/ComfyUI-KJNodes, web/js/editors/
spline_editor_canvas.js and interpolation.js). h1 and h2 are the handles before and after a point, as positions, and
count where the node's interpolation is "bezier". Interpolation, mask size and points_to_sample are other inputs of the
node and not in the text.
"""

from __future__ import annotations

import json
from typing import Any

from ...errors import TrajectoryError
from ..bezier import as_bezier, opened
from ..checks import number, shown
from ..limits import MAX_COORDINATE_PX, MAX_NAME_CHARACTERS, MAX_POINTS, MAX_TRACKS
from ..track import Point, Track
from ..trajectory import Trajectory
from .base import Format, Source, Wanted
from .drawings import drawing_losses, frames_of_drawing
from .samples import canvas_notes, canvas_of

_SPLINE_KEYS = {"points", "color", "name", "isSinglePoint"}


class PointsStore(Format):
    """Written with handles, so that the editor draws the same shape with its interpolation set to bezier."""

    name = "points-store"
    title = "SplineEditor's points_store (KJNodes): control points"

    def detect(self, source: Source) -> str | None:
        value = source.values[0]
        if len(source.values) != 1 or not isinstance(value, (list, tuple)) or not value:
            return None
        first = value[0]
        return 'a list of objects with "points"' if isinstance(first, dict) and "points" in first else None

    def read(self, source: Source, wanted: Wanted) -> tuple[Trajectory, list[str]]:
        width, height = canvas_of("The editor's points are pixels", wanted)
        value = source.values[0]
        if len(source.values) != 1 or not isinstance(value, (list, tuple)) or not 1 <= len(value) <= MAX_TRACKS:
            raise TrajectoryError(f"got {shown(value)}, expected a list of 1 to {MAX_TRACKS} splines with points.")
        if isinstance(value[0], dict) and "points" not in value[0]:
            value = [{"points": value}]  # what older versions of the editor saved
        notes: list[str] = []
        tracks = [_track(f"[{i}]", spline, notes) for i, spline in enumerate(value)]
        if any(track.curve == "catmull-rom" and len(track.points) > 2 for track in tracks):
            notes.append("the text does not say how the editor connects its points: read as smooth curves")
        frames = frames_of_drawing(wanted, notes)
        trajectory = Trajectory(width=width, height=height, frames=frames, tracks=tuple(tracks))
        return trajectory, notes + canvas_notes(trajectory)

    def write(self, trajectory: Trajectory) -> list[str]:
        return [json.dumps([_spline(i, track) for i, track in enumerate(trajectory.tracks)], ensure_ascii=False)]

    def losses(self, trajectory: Trajectory) -> list[str]:
        losses = drawing_losses(trajectory, held=("names", "colors"))
        if any(len(track.points) > 1 for track in trajectory.tracks):
            losses.append('how points are connected: set the editor\'s interpolation to "bezier", sampling to "path"')
        return losses


def _track(place: str, spline: Any, notes: list[str]) -> Track:
    if not isinstance(spline, dict) or "points" not in spline:
        raise TrajectoryError(f"{place} is {shown(spline)}, expected an object with points.")
    other = sorted(str(key)[:20] for key in spline.keys() - _SPLINE_KEYS)
    if other:
        notes.append(f"{place}: not kept: {', '.join(other[:5])}")
    values = spline["points"]
    if not isinstance(values, (list, tuple)) or not 1 <= len(values) <= MAX_POINTS:
        raise TrajectoryError(f"{place}.points is {shown(values)}, expected a list of 1 to {MAX_POINTS} points.")
    points = tuple(_point(f"{place}.points[{i}]", value) for i, value in enumerate(values))
    handles = any("h1x" in value or "h2x" in value for value in values)
    straight = handles and not any(p.handle_in or p.handle_out for p in points)
    color, name = spline.get("color"), spline.get("name", "")
    if color is not None and not _is_color(color):
        notes.append(f"{place}: the color {shown(color)} is not kept, only #rrggbb is")
    try:
        return Track(
            points[:1] if spline.get("isSinglePoint") is True else points,
            curve="polyline" if straight else "bezier" if handles else "catmull-rom",
            name=name[:MAX_NAME_CHARACTERS] if isinstance(name, str) else "",
            color=color if _is_color(color) else None,
        )
    except TrajectoryError as error:
        raise TrajectoryError(f"{place}.{error}") from None


def _is_color(value: Any) -> bool:
    return (
        isinstance(value, str)
        and len(value) == 7
        and value[0] == "#"
        and set(value[1:]) <= set("0123456789abcdefABCDEF")
    )


def _point(place: str, value: Any) -> Point:
    if not isinstance(value, dict) or not {"x", "y"} <= value.keys():
        raise TrajectoryError(f"{place} is {shown(value)}, expected an object with x and y.")
    x, y = (_coordinate(place, value, key) for key in ("x", "y"))
    handles = []
    for key in ("h1", "h2"):
        if f"{key}x" in value and f"{key}y" in value:
            dx, dy = _coordinate(place, value, f"{key}x") - x, _coordinate(place, value, f"{key}y") - y
            handles.append((dx, dy) if dx or dy else None)
        else:
            handles.append(None)
    try:
        return Point(x, y, handle_in=handles[0], handle_out=handles[1])
    except TrajectoryError as error:
        raise TrajectoryError(f"{place}.{error}") from None


def _coordinate(place: str, value: dict[Any, Any], key: str) -> float:
    return number(f"{place}.{key}", value[key], -MAX_COORDINATE_PX, MAX_COORDINATE_PX)


def _spline(i: int, track: Track) -> dict[str, Any]:
    track = as_bezier(opened(track))
    points = []
    for point in track.points:
        written: dict[str, Any] = {"x": point.x, "y": point.y}
        if len(track.points) > 1:
            for key, handle in (("h1", point.handle_in), ("h2", point.handle_out)):
                dx, dy = handle or (0.0, 0.0)
                written |= {f"{key}x": point.x + dx, f"{key}y": point.y + dy}
        points.append(written)
    spline: dict[str, Any] = {
        "points": points,
        "color": track.color or "#1f77b4",
        "name": track.name or f"Spline {i + 1}",
    }
    return spline | ({"isSinglePoint": True} if len(points) == 1 else {})
