"""The tracks of ATI: exactly 121 samples each, as core's WanTrackToVideo and WanVideoWrapper's ATI nodes use them.

`[[{"x": 10, "y": 20}, ...], ...]` in pixels of the width and height that those nodes are given. They cut a track after
121 samples and fill a shorter one up with invisible ones (pad_pts in ComfyUI's comfy_extras/nodes_wan.py and in
kijai/ComfyUI-WanVideoWrapper's ATI/nodes.py), so that a shorter track acts for part of the clip only. Sample i is at
time i/120 whatever the frame count. That is also how a track is written that is hidden from some time on to the end.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np

from ..sampling import frame_times, sample_track
from ..track import Point, Track
from ..trajectory import Trajectory
from .base import Format, Source, Wanted, sample_losses
from .point_dicts import point_lists
from .samples import canvas_loss, canvas_notes, canvas_of, of_samples, shortest
from .spline_editor import xy_sample

SAMPLES = 121


class Ati(Format):
    """Like SplineEditor's strings, but their samples are the 121 that the model knows, not spread over the clip."""

    name = "ati"
    title = "ATI: 121 samples (WanTrackToVideo, WanVideoWrapper)"

    def detect(self, source: Source) -> str | None:
        return None  # the same texts as SplineEditor's, which reads 121 samples alike

    def read(self, source: Source, wanted: Wanted) -> tuple[Trajectory, list[str]]:
        size = canvas_of("ATI points are pixels", wanted)
        notes: list[str] = []
        tracks = []
        for i, samples in enumerate(point_lists(source, xy_sample)):
            if len(samples) < SAMPLES:
                notes.append(f"track {i + 1} has {len(samples)} of {SAMPLES} samples: the model sees it that long")
            elif len(samples) > SAMPLES:
                notes.append(f"track {i + 1} has {len(samples)} samples: the model takes the first {SAMPLES}")
            tracks.append(_timed(samples[:SAMPLES]))
        frames = SAMPLES if wanted.frames is None else wanted.frames
        if frames != SAMPLES:
            notes.append(f"sample i is at time i/{SAMPLES - 1}, read off linearly at {frames} frames")
        trajectory = of_samples(tracks, size, Wanted(*size, frames), [])
        return trajectory, notes + canvas_notes(trajectory)

    def write(self, trajectory: Trajectory) -> list[str]:
        written = [
            [{"x": shortest(x), "y": shortest(y)} for x, y in points]
            for _, points, _ in _sampled(trajectory)
            if len(points)
        ]
        return [json.dumps(written)]

    def losses(self, trajectory: Trajectory) -> list[str]:
        losses = sample_losses(trajectory, held=("visibility",), frames=SAMPLES)
        never = [i + 1 for i, points, _ in _sampled(trajectory) if not len(points)]
        if never:
            losses.append(f"tracks that are never visible are left out (track {', '.join(map(str, never[:10]))})")
        shown = [i + 1 for i, _, gaps in _sampled(trajectory) if gaps]
        if shown:
            tracks = ", ".join(map(str, shown[:10]))
            losses.append(f"visibility: hidden samples before the last visible one become visible (track {tracks})")
        if trajectory.frames != SAMPLES:
            losses.append(f"the frame count, {trajectory.frames}: there are always {SAMPLES} samples")
        return [*losses, canvas_loss(trajectory)]


def _timed(samples: list[tuple[float, float]]) -> Track:
    last = len(samples) - 1
    times = frame_times(SAMPLES)
    # A single sample is one instant; a track needs a beginning and an end, so it ends before the next sample.
    end = float(times[last]) if last else float(times[1]) / 2
    points = tuple(Point(x, y, t=float(times[i])) for i, (x, y) in enumerate(samples))
    return Track(points if last else (Point(*samples[0]),), curve="polyline", end=end)


def _sampled(trajectory: Trajectory) -> Iterator[tuple[int, np.ndarray, bool]]:
    """Of each track its number, its samples up to the last visible one, float32 (S, 2), and if some are hidden."""
    times = frame_times(SAMPLES)
    for i, track in enumerate(trajectory.tracks):
        points, visible = sample_track(track, times)
        count = int(np.flatnonzero(visible)[-1]) + 1 if visible.any() else 0
        yield i, points[:count].astype(np.float32), not visible[:count].all()
