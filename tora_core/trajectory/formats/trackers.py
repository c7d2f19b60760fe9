"""Files of point trackers and of their data sets.

  cotracker an npz or a pt: tracks (or pred_tracks) [B, T, N, 2] in pixels, visibility [B, T, N] or [B, T, N, 1];
            -100, -100 stands for no point. `dim` (height, width) is the picture's size, if it is there.
            (facebookresearch/co-tracker, README: pred_tracks, pred_visibility.)
  tap-vid   an npz: points [N, T, 2] in 0..1 of width and height, occluded [N, T]. The data set's own pickles are
            refused. (google-deepmind/tapnet, tapnet/tapvid/generate_tapvid.py.)

T are frames, N tracks, B clips, of which there must be one. NaN and infinity mark a point that is not there.
"""

from __future__ import annotations

import numpy as np

from ...errors import TrajectoryError
from ..arrays import Arrays
from ..limits import MAX_CANVAS_PX
from ..trajectory import Trajectory
from .array_values import arrays_of, from_fractions, from_pixels, is_tracks, needed_arrays, npz_bytes
from .base import Format, Source, Wanted, sample_losses
from .samples import canvas_loss
from .tracks_dict import tracks_dict

_TRACK_NAMES = ("pred_tracks", "tracks", "track", "trajectories")
_SEEN_NAMES = ("pred_visibility", "visibility", "visibilities", "visible", "visibles", "vis")
_NO_POINT = -100.0


class CoTracker(Format):
    """The output of point trackers, written as npz with the picture's size beside it (dim, height and width)."""

    name = "cotracker"
    title = "CoTracker npz or pt: tracks [B, T, N, 2], visibility"
    binary = True

    def detect(self, source: Source) -> str | None:
        arrays = arrays_of(source)
        return arrays.described() if arrays and _tracker_names(arrays) else None

    def read(self, source: Source, wanted: Wanted) -> tuple[Trajectory, list[str]]:
        arrays = needed_arrays(source)
        names = _tracker_names(arrays)
        if names is None:
            raise TrajectoryError(f"got {arrays.described()}, expected tracks [B, T, N, 2] and visibility [B, T, N].")
        points = arrays.values(names[0])
        notes = []
        if points.ndim == 3:
            notes.append(f"{names[0]} {points.shape} is read as {points.shape[0]} frames of {points.shape[1]} tracks")
        seen = arrays.values(names[1]) if names[1] else None
        if seen is None:
            notes.append("there is no visibility: all points count as visible")
        elif seen.dtype.kind == "f":
            notes.append("visibility is a probability: points above 0.5 count as visible")
        return from_pixels(points, seen, _size_of(arrays), wanted, notes, no_point=_NO_POINT)

    def write(self, trajectory: Trajectory) -> list[bytes]:
        tracks = tracks_dict(trajectory)
        size = np.array([trajectory.height, trajectory.width])
        return [
            npz_bytes(
                {"tracks": tracks["track_path"][None], "visibility": tracks["track_visibility"][None], "dim": size}
            )
        ]

    def losses(self, trajectory: Trajectory) -> list[str]:
        return sample_losses(trajectory, held=("visibility",))


class TapVid(Format):
    """points and occluded; the size is that of the array `video` (T, H, W, 3) if it is there, which is not unpacked."""

    name = "tap-vid"
    title = "TAP-Vid npz: points [N, T, 2] in 0..1, occluded"
    binary = True

    def detect(self, source: Source) -> str | None:
        arrays = arrays_of(source)
        return arrays.described() if arrays and {"points", "occluded"} <= arrays.members.keys() else None

    def read(self, source: Source, wanted: Wanted) -> tuple[Trajectory, list[str]]:
        arrays = needed_arrays(source)
        if not {"points", "occluded"} <= arrays.members.keys():
            raise TrajectoryError(f"got {arrays.described()}, expected points [N, T, 2] and occluded [N, T].")
        points, occluded = arrays.values("points"), arrays.values("occluded")
        if points.ndim != 3 or occluded.shape != points.shape[:2]:
            raise TrajectoryError(
                f"points are {points.shape} and occluded {occluded.shape}, expected (N, T, 2) and (N, T)."
            )
        return from_fractions(points.swapaxes(0, 1), occluded.T == 0, _size_of(arrays), wanted, [])

    def write(self, trajectory: Trajectory) -> list[bytes]:
        sampled = trajectory.sample()
        points = sampled.points_px.astype(np.float64) / (trajectory.width, trajectory.height)
        return [npz_bytes({"points": points, "occluded": ~sampled.visible})]

    def losses(self, trajectory: Trajectory) -> list[str]:
        return [*sample_losses(trajectory, held=("visibility",)), canvas_loss(trajectory)]


def _tracker_names(arrays: Arrays) -> tuple[str, str | None] | None:
    """The names of the positions and the visibility; a pair without names is a tracker's (tracks, visibility)."""
    members = arrays.members
    tracks = next((name for name in _TRACK_NAMES if name in members and members[name].shape[-1:] == (2,)), None)
    if tracks is None and arrays.kind != "an npz file" and set(members) <= {"0", "1"}:
        tracks = "0" if "0" in members and is_tracks(members["0"].shape) else None
    if tracks is None and arrays.kind == "a torch file" and set(members) == {""} and is_tracks(members[""].shape):
        tracks = ""
    if tracks is None:
        return None
    return tracks, next((name for name in ("1", *_SEEN_NAMES) if name in members), None)


def _size_of(arrays: Arrays) -> tuple[int, int] | None:
    """(width, height) that the file itself names: dim (height, width), or the shape of its video (T, H, W, 3)."""
    video = arrays.members.get("video")
    if video is not None and len(video.shape) == 4 and video.shape[-1] in (3, 4):
        height, width = map(float, video.shape[1:3])
    elif "dim" in arrays.members and arrays.members["dim"].shape == (2,):
        height, width = (float(v) for v in arrays.values("dim"))
    else:
        return None
    sides = (width, height)
    return (int(width), int(height)) if all(1 <= s <= MAX_CANVAS_PX and s == int(s) for s in sides) else None
