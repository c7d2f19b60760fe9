"""How well a video follows a drawing: what was asked against what a tracker found, for any video."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ..errors import ToraError
from ..tracking.color import locate_color, locate_salient
from ..tracking.lucas_kanade import follow_points
from ..trajectory import Tracks
from .traj_error import TrajError, trajectory_error

TRACKERS = ("points", "salient", "color")


@dataclass(frozen=True, eq=False)
class Following:
    """What `measure_following` found: the tracker's name, obtained paths, and the errors over all and for each track.

    asked, obtained: (N, F, 2) px; counted: bool (N, F), where the asked point is visible and inside the frame;
    found: bool (N, F). A track that is never inside the frame has no error of its own (None).
    """

    tracker: str
    size: tuple[int, int]
    asked: np.ndarray
    obtained: np.ndarray
    counted: np.ndarray
    found: np.ndarray
    overall: TrajError
    per_track: tuple[TrajError | None, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON, paths included (a point that was not found is null)."""
        return {
            "tracker": self.tracker,
            "size": list(self.size),
            "frames": int(self.asked.shape[1]),
            "overall": asdict(self.overall),
            "tracks": [
                {
                    "error": None if error is None else asdict(error),
                    "asked": [
                        [round(float(v), 3) for v in p] if c else None for p, c in zip(asked, counted, strict=True)
                    ],
                    "obtained": [
                        [round(float(v), 3) for v in p] if f else None for p, f in zip(obtained, found, strict=True)
                    ],
                }
                for error, asked, counted, obtained, found in zip(
                    self.per_track, self.asked, self.counted, self.obtained, self.found, strict=True
                )
            ],
        }


def measure_following(
    frames: np.ndarray,
    tracks: Tracks,
    *,
    tracker: str = "points",
    color: tuple[int, int, int] | None = None,
    radius_px: float | None = None,
) -> Following:
    """TrajError of a video (uint8 (F, H, W, 3)) against tracks sampled at its frame count and size.

    tracker: "points" follows what is at the start of each track (any video); "salient" looks for what stands out most
    from the ground and "color" for the largest patch of `color`, both for one track on a calm ground. The latter two
    don't know where the track starts, so a thing in the wrong place counts.
    Raises ToraError when frames and tracks don't match, or no frame counts.
    """
    frames = np.asarray(frames)
    if frames.ndim != 4 or frames.dtype != np.uint8:
        raise ToraError(f"frames are {frames.dtype} {frames.shape}, expected uint8 (F, H, W, 3).")
    size = (frames.shape[1], frames.shape[2])
    if tracks.frames != len(frames) or tuple(tracks.size) != size:
        raise ToraError(
            f"the tracks are of {tracks.frames} frames of {tracks.size}, the video has {len(frames)} of {size}."
        )
    asked = tracks.points_px.astype(np.float64)
    counted = tracks.visible & inside_frame(asked, size)
    if tracker not in TRACKERS:
        raise ToraError(f"tracker is {tracker!r}, expected one of {', '.join(TRACKERS)}.")
    if not counted.any():
        raise ToraError("no point of the tracks is inside the frame, so there is nothing to compare.")
    if tracker == "points":
        first = counted.argmax(axis=1)
        starts = np.where(counted.any(axis=1, keepdims=True), asked[np.arange(len(asked)), first], 0)
        obtained, found = follow_points(frames, starts, start_frames=first, radius_px=radius_px)
        found = found & counted.any(axis=1, keepdims=True)
    else:
        if len(asked) != 1:
            raise ToraError(f"tracker {tracker!r} follows one thing, but there are {len(asked)} tracks; use 'points'.")
        if tracker == "color" and color is None:
            raise ToraError("tracker 'color' needs the color to look for.")
        centers, seen = locate_salient(frames) if color is None or tracker == "salient" else locate_color(frames, color)
        obtained, found = centers[None], seen[None]
    overall = trajectory_error(asked, obtained, size=size, visible=counted, found=found)
    each = tuple(
        trajectory_error(a, o, size=size, visible=c, found=f) if c.any() else None
        for a, o, c, f in zip(asked, obtained, counted, found, strict=True)
    )
    return Following(tracker, size, asked, np.asarray(obtained, np.float64), counted, found, overall, each)


def inside_frame(points_px: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """bool (...,): whether points (..., 2) px lie on a pixel of a frame (height, width)."""
    x, y = points_px[..., 0], points_px[..., 1]
    return (x >= -0.5) & (x < size[1] - 0.5) & (y >= -0.5) & (y < size[0] - 0.5)


def table(following: Following) -> str:
    """The figures as text: a line a track and one over all."""
    lines = [f"tracker: {following.tracker}; px in frames of {following.size[1]}x{following.size[0]} (width x height)"]
    lines.append(f"{'track':>8} {'distance':>9} {'|dx|+|dy|':>10} {'diagonal':>9} {'found':>7} {'frames':>7}")
    rows = [(str(index), error) for index, error in enumerate(following.per_track)]
    for name, error in [*rows, ("all", following.overall)]:
        if error is None:
            lines.append(f"{name:>8} outside the frame throughout")
            continue
        lines.append(
            f"{name:>8} {error.euclidean_px:9.2f} {error.l1_px:10.2f} {100 * error.diagonal_share:8.2f}% "
            f"{100 * error.found_share:6.1f}% {error.frames:7d}"
        )
    return "\n".join(lines)
