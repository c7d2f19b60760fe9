"""Tracks that keep away from others: a camera's grid must not drag along what is steered by a track of its own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..checks import number
from ..limits import MAX_COORDINATE_PX
from ..trajectory import Trajectory


def apart(trajectory: Trajectory, others: Trajectory, distance_px: float) -> Trajectory:
    """Only the tracks that are never nearer than distance_px to any track of `others`, both visible in that frame.

    `others` on another canvas or over another number of frames is scaled and stretched to this one. Raises
    TrajectoryError.
    """
    least = number("distance_px", distance_px, 0.0, MAX_COORDINATE_PX)
    mine, size = trajectory.sample(), (trajectory.height, trajectory.width)
    theirs = others.sample(trajectory.frames, size)
    kept = []
    for track, points, visible in zip(trajectory.tracks, mine.points_px, mine.visible, strict=True):
        far = np.linalg.norm(theirs.points_px.astype(np.float64) - points, axis=-1)
        if not (visible & theirs.visible & (far < least)).any():
            kept.append(track)
    return replace(trajectory, tracks=tuple(kept))
