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
from ..limits import MAX_COORDINATE_PX
from ..trajectory import Trajectory
from .base import Format, Source, Wanted, sample_losses, samples_track
from .point_dicts import kind_of_points, point_lists
from .samples import canvas_loss, canvas_notes, canvas_of, of_samples, shortest


class SplineEditor(Format):
    """Flat for one track, nested for several; reads lists of such strings as well."""

    name = "spline-editor"
    title = "SplineEditor (KJNodes, WanTrackToVideo)"

    def detect(self, source: Source) -> str | None:
        return kind_of_points(source, lambda point: "x" in point and "y" in point and "v" not in point, "{x, y}")

    def read(self, source: Source, wanted: Wanted) -> tuple[Trajectory, list[str]]:
        size = canvas_of("SplineEditor points are pixels", wanted)
        tracks = [samples_track(samples) for samples in point_lists(source, xy_sample)]
        if not tracks:
            raise TrajectoryError("the list holds no tracks.")
        notes: list[str] = []
        trajectory = of_samples(tracks, size, wanted, notes)
        return trajectory, notes + canvas_notes(trajectory)

    def write(self, trajectory: Trajectory) -> list[str]:
        tracks = [[{"x": shortest(x), "y": shortest(y)} for x, y in points] for points in trajectory.sample().points_px]
        return [json.dumps(tracks[0] if len(tracks) == 1 else tracks)]

    def losses(self, trajectory: Trajectory) -> list[str]:
        return [*sample_losses(trajectory), canvas_loss(trajectory)]


def xy_sample(place: str, value: Any) -> tuple[float, float]:
    """The position in an object of x and y alone. Raises TrajectoryError that names the place."""
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
