"""Which tracks there are, and on which canvas: merge, pick, copies with an offset, crop, fit into another size."""

from __future__ import annotations

from dataclasses import replace

from ...errors import TrajectoryError
from ..checks import choice, integer, number, shown
from ..limits import MAX_CANVAS_PX, MAX_COORDINATE_PX, MAX_NAME_CHARACTERS, MAX_TRACKS
from ..trajectory import Trajectory
from .cut import window
from .keyed import Only, chosen
from .transform import Matrix, mapped

FITS = ("contain", "cover", "stretch")


def merge(first: Trajectory, *others: Trajectory) -> Trajectory:
    """All tracks on the canvas and with the frame count and rate of the first.

    Drawings on another canvas are scaled to it; times count as parts of the clip. Raises TrajectoryError.
    """
    tracks = list(first.tracks)
    for other in others:
        if not isinstance(other, Trajectory):
            raise TrajectoryError(f"got {shown(other)}, expected a Trajectory.")
        tracks += other.resized(first.width, first.height).tracks
    return replace(first, tracks=tuple(tracks))


def pick(trajectory: Trajectory, only: Only) -> Trajectory:
    """Only the named tracks, in the order named. Raises TrajectoryError."""
    return replace(trajectory, tracks=tuple(trajectory.tracks[i] for i in chosen(trajectory, only)))


def offset_copies(
    trajectory: Trajectory, count: int, dx_px: float, dy_px: float, *, delay: float = 0.0, only: Only = None
) -> Trajectory:
    """`count` copies of each chosen track behind it, the k-th moved by k (dx_px, dy_px) and later by k delays.

    delay: in clip time, 0..1. A delayed copy waits at its first point, and what no longer fits is cut off (cut.window).
    Raises TrajectoryError.
    """
    many = integer("count", count, 0, MAX_TRACKS)
    dx = number("dx_px", dx_px, -MAX_COORDINATE_PX, MAX_COORDINATE_PX)
    dy = number("dy_px", dy_px, -MAX_COORDINATE_PX, MAX_COORDINATE_PX)
    late = number("delay", delay, 0.0, 1.0)
    mine = set(chosen(trajectory, only))
    if len(trajectory.tracks) + many * len(mine) > MAX_TRACKS:
        raise TrajectoryError(f"count is {many}: {many * len(mine)} copies make more than {MAX_TRACKS} tracks.")
    tracks = []
    for i, track in enumerate(trajectory.tracks):
        tracks.append(track)
        for k in range(1, many + 1 if i in mine else 1):
            copy = mapped(track, (1.0, 0.0, 0.0, 1.0), (0.0, 0.0), (k * dx, k * dy))
            if late * k > 0.0:
                waiting = replace(copy, before="hold") if copy.start == 0.0 else copy
                copy = window(waiting, -late * k, 1.0 - late * k, trajectory.frames)
            ending = f" {k + 1}"
            tracks.append(replace(copy, name=f"{track.name[: MAX_NAME_CHARACTERS - len(ending)]}{ending}".strip()))
    return replace(trajectory, tracks=tuple(tracks))


def crop(trajectory: Trajectory, left: int, top: int, width: int, height: int) -> Trajectory:
    """The canvas cut to a rectangle in pixels, which may reach beyond it; tracks keep their place in the picture.

    Tracks that leave the rectangle are kept and run outside the canvas. Raises TrajectoryError.
    """
    x, y = (integer(name, v, -MAX_CANVAS_PX, MAX_CANVAS_PX) for name, v in (("left", left), ("top", top)))
    return _onto(trajectory, width, height, (1.0, 0.0, 0.0, 1.0), (-float(x), -float(y)))


def fit(trajectory: Trajectory, width: int, height: int, how: str = "contain") -> Trajectory:
    """The drawing on a canvas of another size.

    contain: as large as it fits whole, in the middle; cover: as small as it covers all, in the middle; stretch: width
    and height each by its own factor, as sampling at another size does. Raises TrajectoryError.
    """
    choice("how", how, FITS)
    width, height = integer("width", width, 1, MAX_CANVAS_PX), integer("height", height, 1, MAX_CANVAS_PX)
    if how == "stretch":
        return trajectory.resized(width, height)
    factors = (width / trajectory.width, height / trajectory.height)
    factor = min(factors) if how == "contain" else max(factors)
    left, top = (width - factor * trajectory.width) / 2.0, (height - factor * trajectory.height) / 2.0
    return _onto(trajectory, width, height, (factor, 0.0, 0.0, factor), (left, top))


def _onto(trajectory: Trajectory, width: int, height: int, matrix: Matrix, corner: tuple[float, float]) -> Trajectory:
    tracks = tuple(mapped(track, matrix, (0.0, 0.0), corner) for track in trajectory.tracks)
    return replace(trajectory, width=width, height=height, tracks=tracks)
