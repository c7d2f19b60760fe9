"""The tracks of SA-Nodes' shapes and splines: `[{"x": 10, "y": 20, "v": 1}, ...]`, nested for several tracks.

Pixels of the frame, one sample a frame, v 1 where it is visible and 0 where not (siraxe/ComfyUI-SA-Nodes-QQ,
nodes/draw_shapes.py). ATI nodes read the same text and do not look at v.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from ...errors import TrajectoryError
from ..checks import number, shown
from ..decoding import repeated_key
from ..limits import MAX_COORDINATE_PX
from ..trajectory import Trajectory
from .base import Format, Source, Wanted, sample_losses
from .point_dicts import kind_of_points, point_lists
from .samples import canvas_loss, canvas_notes, canvas_of, of_samples, seen_track, shortest


class SaTracks(Format):
    """Samples with their visibility."""

    name = "sa-tracks"
    title = "SA-Nodes, {x, y, v} a frame"

    def detect(self, source: Source) -> str | None:
        return kind_of_points(source, lambda point: {"x", "y", "v"} <= point.keys(), "{x, y, v}")

    def read(self, source: Source, wanted: Wanted) -> tuple[Trajectory, list[str]]:
        size = canvas_of("SA-Nodes' points are pixels", wanted)
        tracks = []
        for samples in point_lists(source, _sample):
            array = np.array(samples)
            tracks.append(seen_track(array[:, :2], array[:, 2] > 0))
        notes: list[str] = []
        trajectory = of_samples(tracks, size, wanted, notes)
        return trajectory, notes + canvas_notes(trajectory)

    def write(self, trajectory: Trajectory) -> list[str]:
        sampled = trajectory.sample()
        tracks = [
            [{"x": shortest(x), "y": shortest(y), "v": int(v)} for (x, y), v in zip(points, visible, strict=True)]
            for points, visible in zip(sampled.points_px, sampled.visible, strict=True)
        ]
        return [json.dumps(tracks[0] if len(tracks) == 1 else tracks)]

    def losses(self, trajectory: Trajectory) -> list[str]:
        return [*sample_losses(trajectory, held=("visibility",)), canvas_loss(trajectory)]


def _sample(place: str, value: Any) -> tuple[float, float, float]:
    if not isinstance(value, dict) or not {"x", "y"} <= value.keys():
        raise TrajectoryError(f"{place} is {shown(value)}, expected an object with x, y and v.")
    other = [str(key)[:20] for key in value if key not in ("x", "y", "v")]
    if other:
        raise TrajectoryError(f"{place} has more keys than x, y and v ({', '.join(sorted(other)[:5])}).")
    key = repeated_key(value)
    if key is not None:
        raise TrajectoryError(f"{place} has the key {shown(key)} twice; which one is meant can't be told.")
    x, y = (number(f"{place}.{axis}", value[axis], -MAX_COORDINATE_PX, MAX_COORDINATE_PX) for axis in "xy")
    v = value.get("v", 1)
    return x, y, float(v) if isinstance(v, bool) else number(f"{place}.v", v, 0, 1)
