"""Tracks of a tracker as a drawing: seen from when to when, in few points that the editor can take."""

from __future__ import annotations

import numpy as np

from ...errors import TrajectoryError
from ..checks import number
from ..limits import MAX_COORDINATE_PX, MAX_NAME_CHARACTERS, MAX_TRACKS
from ..sampling import frame_times
from ..track import Point, Track
from ..tracks import Tracks
from ..trajectory import Trajectory
from .keyed import keys_of
from .refine import simplify


def from_tracked(tracks: Tracks, *, simplify_px: float = 0.0, fps: float = 8.0) -> Trajectory:
    """The drawing of what a tracker found, on a canvas of the tracks' size with their frame count.

    A track starts and ends where it is first and last seen; in between, visibility keys hide it where it was not seen.
    A track seen in fewer than two frames stands still, where it was seen. simplify_px: keep as few control points as
    hold every track within so many pixels at every frame (shaping.simplify); 0 keeps one a frame. Names, strengths and
    radii stay. Raises TrajectoryError.
    """
    error = number("simplify_px", simplify_px, 0.0, MAX_COORDINATE_PX)
    if len(tracks) > MAX_TRACKS:
        raise TrajectoryError(f"there are {len(tracks)} tracks, expected at most {MAX_TRACKS}.")
    if tracks.frames < 1:
        raise TrajectoryError("the tracks have no frames, expected 1 or more.")
    times = frame_times(tracks.frames)
    names = tracks.names or ("",) * len(tracks)
    made = [
        _track(points, seen, times, name[:MAX_NAME_CHARACTERS], float(strength), float(sigma))
        for points, seen, name, strength, sigma in zip(
            tracks.points_px.astype(np.float64), tracks.visible, names, tracks.strength, tracks.sigma_px, strict=True
        )
    ]
    height, width = tracks.size
    drawn = Trajectory(width=width, height=height, frames=tracks.frames, fps=fps, tracks=tuple(made))
    return simplify(drawn, error) if error else drawn


def _track(points: np.ndarray, seen: np.ndarray, times: np.ndarray, name: str, strength: float, radius: float) -> Track:
    at = np.flatnonzero(seen)
    if len(at) < 2:
        place = points[at[0]] if len(at) else points[0]
        one = (Point(float(place[0]), float(place[1])),)
        keys = keys_of(seen, times)
        return Track(one, curve="polyline", visibility=keys, name=name, strength=strength, radius=radius)
    first, last = int(at[0]), int(at[-1])
    own = np.flatnonzero(seen)
    whole = np.arange(first, last + 1)
    filled = np.stack([np.interp(whole, own, points[own, axis]) for axis in (0, 1)], axis=-1)
    made = [Point(float(x), float(y), t=float(times[f])) for f, (x, y) in zip(whole, filled, strict=True)]
    return Track(
        tuple(made),
        curve="polyline",
        start=float(times[first]),
        end=float(times[last]),
        visibility=keys_of(seen[first : last + 1], times[first : last + 1]),
        name=name,
        strength=strength,
        radius=radius,
    )
