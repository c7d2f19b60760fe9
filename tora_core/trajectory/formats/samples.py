"""What formats of samples share: one position a step of time, perhaps with a flag whether it is visible."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...errors import TrajectoryError
from ..checks import shown
from ..limits import MAX_COORDINATE_PX, MAX_POINTS, MAX_TOTAL_POINTS, MAX_TRACKS
from ..sampling import frame_times
from ..track import Point, Track, VisibilityKey
from ..trajectory import Trajectory
from .base import Wanted, frames_of_samples, samples_track


def canvas_of(what: str, wanted: Wanted, where: str = "the text") -> tuple[int, int]:
    """(width, height) from the caller for, say, "ATI points are pixels". Raises TrajectoryError if it gives none."""
    if wanted.width is None or wanted.height is None:
        raise TrajectoryError(
            f"{what} of a canvas whose size is not in {where}: "
            f"pass width and height (got width={shown(wanted.width)}, height={shown(wanted.height)})."
        )
    return wanted.width, wanted.height


def placed(trajectory: Trajectory, wanted: Wanted, notes: list[str]) -> Trajectory:
    """The trajectory on the canvas that the caller wants, if it is another one; adds to `notes` what was done."""
    size = (wanted.width or trajectory.width, wanted.height or trajectory.height)
    if size == (trajectory.width, trajectory.height):
        return trajectory
    notes.append(f"scaled from {trajectory.width}x{trajectory.height} to {size[0]}x{size[1]}")
    return trajectory.resized(*size)


def of_samples(tracks: Sequence[Track], size: tuple[int, int], wanted: Wanted, notes: list[str]) -> Trajectory:
    """The trajectory of tracks made of samples, on a canvas (width, height). Raises TrajectoryError without tracks."""
    if not tracks:
        raise TrajectoryError("there are no tracks in it.")
    frames = frames_of_samples(tracks, wanted, notes)
    return Trajectory(width=size[0], height=size[1], frames=frames, tracks=tuple(tracks))


def visibility_keys(visible: Sequence[bool] | np.ndarray, times: np.ndarray | None = None) -> tuple[VisibilityKey, ...]:
    """Keys for a track that is visible at some samples: bool (T,) at times (T,), default equal steps over the clip."""
    at = frame_times(len(visible)) if times is None else times
    keys, state = [], True
    for t, now in zip(at.tolist(), np.asarray(visible, bool).tolist(), strict=True):
        if now != state:
            keys.append(VisibilityKey(t, now))
            state = now
    return tuple(keys)


def seen_track(points: np.ndarray, visible: np.ndarray, name: str = "") -> Track:
    """A track of samples: points (T, 2) in pixels, visible bool (T,). Points that are no numbers count as invisible."""
    known = np.isfinite(points).all(axis=1) & (np.abs(np.nan_to_num(points)) <= MAX_COORDINATE_PX).all(axis=1)
    if not known.any():
        return Track((Point(0, 0),), curve="polyline", visibility=(VisibilityKey(0, False),), name=name)
    filled = points
    if not known.all():  # an unknown position takes that of its neighbours, but stays hidden
        at = np.arange(len(points))
        filled = np.stack([np.interp(at, at[known], points[known, axis]) for axis in (0, 1)], axis=-1)
    keys = visibility_keys(visible & known)
    if len(keys) > MAX_POINTS:
        raise TrajectoryError(f"a track appears and disappears {len(keys)} times, at most {MAX_POINTS} are kept.")
    track = samples_track([(x, y) for x, y in filled.tolist()], name)
    return Track(track.points, curve="polyline", visibility=keys, name=name) if keys else track


def seen_tracks(points: np.ndarray, visible: np.ndarray) -> list[Track]:
    """Tracks of samples: points float64 (N, T, 2) in pixels, visible bool (N, T). Raises TrajectoryError."""
    check_count(*points.shape[:2])
    return [seen_track(own, shown_) for own, shown_ in zip(points, visible, strict=True)]


def check_count(count: int, steps: int) -> None:
    """Raise TrajectoryError where so many tracks of so many samples are more than a trajectory may have."""
    if count > MAX_TRACKS or not 1 <= steps <= MAX_POINTS or count * steps > MAX_TOTAL_POINTS:
        raise TrajectoryError(
            f"there are {count} tracks of {steps} frames, expected at most {MAX_TRACKS} tracks of 1 to {MAX_POINTS}, "
            f"{MAX_TOTAL_POINTS:,} points in all: save fewer of them."
        )


def canvas_notes(trajectory: Trajectory) -> list[str]:
    """What looks odd about points against their canvas, for formats that do not hold it."""
    xs = [point.x for track in trajectory.tracks for point in track.points]
    ys = [point.y for track in trajectory.tracks for point in track.points]
    if min(xs) >= 0 and min(ys) >= 0 and max(xs) <= 1 and max(ys) <= 1 and len(xs) > 1:
        return ["all coordinates lie in 0..1: read as pixels; if they are fractions, multiply them by the size first"]
    if max(xs) > trajectory.width or max(ys) > trajectory.height or min(xs) < 0 or min(ys) < 0:
        reach = f"x {min(xs):g} to {max(xs):g}, y {min(ys):g} to {max(ys):g}"
        canvas = f"{trajectory.width}x{trajectory.height}"
        return [f"points reach outside the {canvas} canvas ({reach}): was it drawn on that size?"]
    return []


def canvas_loss(trajectory: Trajectory) -> str:
    """The sentence for a format that does not hold the canvas."""
    return f"the canvas size, {trajectory.width}x{trajectory.height}: whoever reads the text must know it"


def shortest(value: float) -> float | int:
    """The shortest decimal that reads back as the same float32 position."""
    number = float(str(np.float32(value)))
    return int(number) if number == int(number) else number


def whole_losses(px: float, outside: bool) -> list[str]:
    """The sentences for a format of whole numbers on a canvas of its own: points move by up to px, some are outside."""
    losses = [f"decimals: points move by up to {px:.2f} px"] if px > 1e-3 else []
    if outside:
        losses.append("points outside the canvas are written as they are; the reader of this format crashes on them")
    return losses
