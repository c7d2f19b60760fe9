"""The control points of LTX's sparse track editor: `[[{"x":307,"y":288},{"x":717,"y":288}],[{"x":5,"y":5}]]`.

Pixels of the reference image; one point stands still (Lightricks/ComfyUI-LTXVideo, sparse_tracks.py). The editor runs
a uniform Catmull-Rom curve through the points and gives each stretch the same time. Its output, `tracks`, has the shape
of SplineEditor's strings and is read as those; the same text may be either, so that this format is taken by name only.
"""

from __future__ import annotations

import json

import numpy as np

from ..track import Point, Track
from ..trajectory import Trajectory
from .base import Format, Source, Wanted, sample_losses
from .drawings import frames_of_drawing
from .point_dicts import point_lists
from .samples import canvas_loss, canvas_notes, canvas_of, of_samples, shortest
from .spline_editor import xy_sample


class LtxControlPoints(Format):
    """Read as bezier curves of the same shape, with a key time at each point; written as a point a frame."""

    name = "ltx-points"
    title = "LTX sparse track editor: control points"

    def detect(self, source: Source) -> str | None:
        return None  # SplineEditor's strings look the same

    def read(self, source: Source, wanted: Wanted) -> tuple[Trajectory, list[str]]:
        size = canvas_of("LTX points are pixels", wanted)
        tracks = [_track(points) for points in point_lists(source, xy_sample)]
        notes: list[str] = []
        frames = frames_of_drawing(wanted, notes)
        trajectory = of_samples(tracks, size, Wanted(*size, frames), [])
        notes.append("between two points the speed is constant; LTX's own follows its curve")
        return trajectory, notes + canvas_notes(trajectory)

    def write(self, trajectory: Trajectory) -> list[str]:
        sampled = trajectory.sample().points_px
        tracks = [
            [{"x": shortest(x), "y": shortest(y)} for x, y in (points[:1] if len(track.points) == 1 else points)]
            for track, points in zip(trajectory.tracks, sampled, strict=True)
        ]
        return [json.dumps(tracks)]

    def losses(self, trajectory: Trajectory) -> list[str]:
        frames = f"the frame count, {trajectory.frames}: set the editor's points_to_sample to it"
        return [*sample_losses(trajectory), frames, canvas_loss(trajectory)]


def _track(points: list[tuple[float, float]]) -> Track:
    if len(points) == 1:
        return Track((Point(*points[0]),))
    # The slope at a point is half the way between its neighbours, an end being its own; a handle is a third of it.
    padded = np.array([points[0], *points, points[-1]])
    handles = ((padded[2:] - padded[:-2]) / 6.0).tolist()
    last = len(points) - 1
    if last == 1:
        return Track((Point(*points[0], t=0.0), Point(*points[1], t=1.0)), curve="polyline")
    return Track(
        tuple(
            Point(x, y, t=i / last, handle_in=(-dx, -dy), handle_out=(dx, dy))
            for i, ((x, y), (dx, dy)) in enumerate(zip(points, handles, strict=True))
        ),
        curve="bezier",
    )
