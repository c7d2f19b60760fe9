"""What can be said of a trajectory in numbers: where it is, how fast, how far it lies from another."""

from __future__ import annotations

import numpy as np

from ..trajectory import Trajectory
from .keyed import Only, chosen

Box = tuple[float, float, float, float]


def box(trajectory: Trajectory, only: Only = None) -> Box | None:
    """(left, top, right, bottom) in canvas pixels of where the chosen tracks are in any frame, hidden frames too.

    None without tracks. Raises TrajectoryError for unknown ones.
    """
    mine = chosen(trajectory, only)
    if not mine:
        return None
    points = trajectory.sample().points_px[mine]
    left, top = points.min((0, 1)).tolist()
    right, bottom = points.max((0, 1)).tolist()
    return left, top, right, bottom


def fastest_px(trajectory: Trajectory) -> float:
    """The longest move from one frame to the next, in canvas pixels, where both ends are visible; 0 without any."""
    tracks = trajectory.sample()
    fastest = 0.0
    for points, visible in zip(tracks.points_px, tracks.visible, strict=True):
        moves = np.linalg.norm(np.diff(points.astype(np.float64), axis=0), axis=-1)
        fastest = max(fastest, float((moves * (visible[1:] & visible[:-1])).max(initial=0.0)))
    return fastest


def largest_change_px(before: Trajectory, after: Trajectory) -> float:
    """How far any track of `after` is in any frame from where it was, in canvas pixels; same tracks, same canvas."""
    if not before.tracks:
        return 0.0
    frames = max(before.frames, after.frames)
    miss = after.sample(frames).points_px.astype(np.float64) - before.sample(frames).points_px
    return float(np.linalg.norm(miss, axis=-1).max())
