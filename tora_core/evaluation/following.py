"""How well a video follows a drawing: what was asked against what a tracker found, for any video."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ..errors import ToraError
from ..tracking.clip import Progress, checked_frames, inside
from ..tracking.color import locate_color, locate_salient
from ..tracking.points import track_points
from ..tracking.surroundings import around
from ..trajectory import Tracks
from .traj_error import NEAR, TrajError, trajectory_error

TRACKERS = ("points", "salient", "color")


@dataclass(frozen=True, eq=False)
class Following:
    """What `measure_following` found: the tracker's name, obtained paths, and the errors over all and for each track.

    asked, obtained: (N, F, 2) px; counted: bool (N, F), where the asked point is visible and inside the frame;
    found: bool (N, F). A track that is never inside the frame has no error of its own (None). names: a name a track,
    "" where it has none.
    """

    tracker: str
    size: tuple[int, int]
    asked: np.ndarray
    obtained: np.ndarray
    counted: np.ndarray
    found: np.ndarray
    overall: TrajError
    per_track: tuple[TrajError | None, ...]
    names: tuple[str, ...]

    @property
    def lost_px(self) -> float:
        """What a frame counts in which nothing was found: half the diagonal."""
        return float(np.hypot(*self.size)) / 2

    @property
    def near_px(self) -> float:
        """So near is followed: 5 % of the diagonal."""
        return NEAR * float(np.hypot(*self.size))

    def distances(self) -> np.ndarray:
        """Euclidean distance px in every frame, float64 (N, F): NaN where it doesn't count, lost_px where lost."""
        distance = np.linalg.norm(self.asked - self.obtained, axis=-1)
        return np.where(self.counted, np.where(self.found, distance, self.lost_px), np.nan)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON, paths included: null where the asked point doesn't count, or nothing was found."""
        return {
            "tracker": self.tracker,
            "size": list(self.size),
            "frames": int(self.asked.shape[1]),
            "near_px": round(self.near_px, 3),
            "lost_px": round(self.lost_px, 3),
            "overall": asdict(self.overall),
            "tracks": [
                {
                    "number": number + 1,
                    "name": self.names[number],
                    "error": None if error is None else asdict(error),
                    "distance_px": [None if np.isnan(d) else round(float(d), 3) for d in distances],
                    "asked": _places(self.asked[number], self.counted[number]),
                    "obtained": _places(self.obtained[number], self.found[number]),
                }
                for number, (error, distances) in enumerate(zip(self.per_track, self.distances(), strict=True))
            ],
        }


def _places(points: np.ndarray, told: np.ndarray) -> list[list[float] | None]:
    return [[round(float(v), 3) for v in p] if t else None for p, t in zip(points, told, strict=True)]


def measure_following(
    frames: np.ndarray,
    tracks: Tracks,
    *,
    tracker: str = "points",
    color: tuple[int, int, int] | None = None,
    radius_px: float | None = None,
    progress: Progress | None = None,
) -> Following:
    """TrajError of a video (uint8 (F, H, W, 3)) against tracks sampled at its frame count and size.

    tracker: "points" follows what is at the start of each track (any video); "salient" looks for what stands out most
    from the ground and "color" for the largest patch of `color`, both for one track on a calm ground. The latter two
    don't know where the track starts, so a thing in the wrong place counts.
    radius_px: for "points", how far the corners may be by which a flat place is followed; default an eighth of the
    shorter side. Raises ToraError when frames and tracks don't match, or no frame counts.
    """
    frames = checked_frames(frames)
    size = (frames.shape[1], frames.shape[2])
    check_tracker(tracker, color, len(tracks))
    if tracks.frames != len(frames) or tuple(tracks.size) != size:
        raise ToraError(
            f"the tracks are of {tracks.frames} frames of {tracks.size}, the video has {len(frames)} of {size}."
        )
    asked = tracks.points_px.astype(np.float64)
    counted = tracks.visible & inside(asked, size)
    if not len(asked):
        raise ToraError("there are no tracks, so there is nothing to compare: draw one, or wire in another trajectory.")
    if not counted.any():
        raise ToraError("no point of the tracks is visible inside the frame, so there is nothing to compare.")
    if tracker == "points":
        radius = around(size) if radius_px is None else float(radius_px)
        obtained, found = _followed(frames, asked, counted, radius, progress)
    else:
        locate = locate_salient if tracker == "salient" else lambda one: locate_color(one, color or (0, 0, 0))
        centers, seen = _located(frames, locate, progress)
        obtained, found = centers[None], seen[None]
    overall = trajectory_error(asked, obtained, size=size, visible=counted, found=found)
    each = tuple(
        trajectory_error(a, o, size=size, visible=c, found=f) if c.any() else None
        for a, o, c, f in zip(asked, obtained, counted, found, strict=True)
    )
    names = tracks.names or ("",) * len(asked)
    return Following(tracker, size, asked, np.asarray(obtained, np.float64), counted, found, overall, each, names)


def check_tracker(tracker: str, color: tuple[int, int, int] | None, tracks: int | None) -> None:
    """Raise ToraError for an unknown tracker, one without its color, or one that follows one thing for more tracks.

    tracks: how many there are; None is not known yet.
    """
    if tracker not in TRACKERS:
        raise ToraError(f"tracker is {tracker!r}, expected one of {', '.join(TRACKERS)}.")
    if tracker == "color" and color is None:
        raise ToraError("tracker 'color' needs the color to look for.")
    if tracker != "points" and tracks is not None and tracks > 1:
        raise ToraError(f"tracker {tracker!r} follows one thing, but there are {tracks} tracks; use 'points'.")


def _followed(
    frames: np.ndarray, asked: np.ndarray, counted: np.ndarray, radius_px: float, progress: Progress | None
) -> tuple[np.ndarray, np.ndarray]:
    """What is at each track's first counted place, from there on: positions (N, F, 2) px and found (N, F)."""
    total = len(frames)
    obtained, found = np.zeros_like(asked), np.zeros(counted.shape, bool)
    first = np.where(counted.any(axis=1), counted.argmax(axis=1), -1)
    starts = sorted(set(first[first >= 0].tolist()))
    steps = [max(total - 1 - start, 1) for start in starts]
    for number, start in enumerate(starts):
        mine = np.flatnonzero(first == start)
        before = sum(steps[:number])

        def tell(done: int, _: int, before: int = before) -> None:
            if progress is not None:
                progress(before + done, sum(steps))

        obtained[mine, start:], found[mine, start:] = track_points(
            frames[start:], asked[mine, start], around_px=radius_px, progress=tell
        )
    return obtained, found


def _located(
    frames: np.ndarray, locate: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]], progress: Progress | None
) -> tuple[np.ndarray, np.ndarray]:
    """What `locate` finds frame by frame: centers (F, 2) px and found (F,)."""
    parts = []
    for number in range(len(frames)):
        if progress is not None:
            progress(number, len(frames))
        parts.append(locate(frames[number : number + 1]))
    if progress is not None:
        progress(len(frames), len(frames))
    centers, seen = zip(*parts, strict=True)
    return np.concatenate(centers), np.concatenate(seen)


def label(following: Following, index: int) -> str:
    """What a track is called: its number from 1, and its name."""
    return f"{index + 1} {following.names[index]}".strip()


def table(following: Following) -> str:
    """The figures as text: a line a track and one over all."""
    size, overall = following.size, following.overall
    lines = [
        f"tracker: {following.tracker}; px in frames of {size[1]}x{size[0]} (width x height)",
        f"near: within {following.near_px:.1f} px, 5 % of the diagonal; lost counts as {following.lost_px:.1f} px",
    ]
    rows = [(label(following, index), error) for index, error in enumerate(following.per_track)]
    rows.append(("all", overall))
    wide = max(8, *(len(name) for name, _ in rows))
    head = ("distance", "|dx|+|dy|", "near", "found", "frames")
    lines.append(f"{'track':>{wide}} " + " ".join(f"{name:>10}" for name in head))
    for name, error in rows:
        if error is None:
            lines.append(f"{name:>{wide}} outside the frame throughout")
            continue
        lines.append(
            f"{name:>{wide}} {error.euclidean_px:10.2f} {error.l1_px:10.2f} {100 * error.near_share:9.1f}% "
            f"{100 * error.found_share:9.1f}% {error.frames:10d}"
        )
    return "\n".join(lines)
