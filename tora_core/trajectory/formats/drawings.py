"""What formats of drawings share: they keep control points or shapes, but little of the timing."""

from __future__ import annotations

from collections.abc import Collection

from ..track import Track
from ..tracks import DEFAULT_SIGMA_PX
from ..trajectory import Trajectory
from .base import Wanted

FRAMES = 49
"""Frames of a drawing whose format holds no frame count, where the caller gives none: a clip of CogVideoX."""


def frames_of_drawing(wanted: Wanted, notes: list[str]) -> int:
    """The frame count that the caller says, else 49; adds to `notes` that it was not in the text."""
    if wanted.frames is None:
        notes.append(f"the text holds no frame count and none was given: {FRAMES}")
        return FRAMES
    return wanted.frames


def drawing_losses(trajectory: Trajectory, held: Collection[str] = ()) -> list[str]:
    """What a format loses that keeps the shapes, a sentence each.

    held: what else it keeps: "canvas", "window" (start and end), "outside" (before and after), "easing", "closed",
    "names", "colors".
    """
    tracks = trajectory.tracks
    checks = (
        ("canvas", True, f"the canvas size, {trajectory.width}x{trajectory.height}"),
        ("frames", True, f"the frame count, {trajectory.frames}"),
        ("fps", True, f"the frame rate, {trajectory.fps:g}"),
        ("window", any((t.start, t.end) != (0.0, 1.0) for t in tracks), "when tracks start and end"),
        ("outside", any(_has_outside(t) for t in tracks), "what tracks do before their start and after their end"),
        ("keys", any(_has_keys(t) for t in tracks), "key times: the speed along a track becomes constant"),
        ("easing", any(_has_easing(t) for t in tracks), "easings"),
        ("visibility", any(t.visibility for t in tracks), "visibility: hidden parts become visible"),
        ("closed", any(t.closed for t in tracks), "that tracks are closed: the first point comes again as the last"),
        ("strength", any(t.strength != 1.0 for t in tracks), "strength of the tracks"),
        ("radius", any(t.radius != DEFAULT_SIGMA_PX for t in tracks), "radius of the tracks"),
        ("names", any(t.name for t in tracks), "names of the tracks"),
        ("colors", any(t.color for t in tracks), "colors of the tracks"),
    )
    return [sentence for what, lost, sentence in checks if lost and what not in held]


def _has_outside(track: Track) -> bool:
    return (track.start > 0.0 and track.before != "invisible") or (track.end < 1.0 and track.after != "invisible")


def _has_keys(track: Track) -> bool:
    inner = track.points[1:] if track.closed else track.points[1:-1]
    ends = (track.points[0].t not in (None, track.start), track.points[-1].t not in (None, track.end))
    return any(p.t is not None for p in inner) or (len(track.points) > 1 and any(ends))


def _has_easing(track: Track) -> bool:
    if len(track.points) == 1:
        return False
    return track.easing != "linear" or any(p.easing not in (None, "linear") for p in track.points)
