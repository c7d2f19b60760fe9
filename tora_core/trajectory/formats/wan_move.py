"""The npy files of Wan-Move and of Wan2GP: positions [T, N, 2] or [1, T, N, 2], T frames of N tracks.

  wan-move  pixels of the first frame, and a file of visibility [T, N] beside it (ali-vilab/Wan-Move, generate.py,
            wan/wan_move.py, which scales them to the video, and examples/example_tracks.npy).
  wan2gp    0..1 of width and height, without visibility; where the largest number is above 1 Wan2GP takes pixels
            (deepbeepmeep/Wan2GP, models/wan/any2video.py and plugins/motion_designer).

The two look alike; numbers that both could have are not guessed at.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from ...errors import TrajectoryError
from ..arrays import Array, Arrays
from ..trajectory import Trajectory
from .array_values import described, from_fractions, from_pixels, is_tracks, npy_bytes
from .base import Format, Source, Wanted, sample_losses
from .samples import canvas_loss
from .tracks_dict import tracks_dict


class WanMove(Format):
    """Two npy files: positions in pixels, and beside them NAME_visibility.npy (or "tracks" in the name exchanged)."""

    name = "wan-move"
    title = "Wan-Move npy, pixels, and its visibility npy"
    binary = True

    def detect(self, source: Source) -> str | None:
        found = _unnamed(source)
        if found is None:
            return None
        low, high = _range(found[0])
        if low >= -1.0 and high <= 1.0 and np.isfinite(high):
            return None
        return f"an array {found[0].shape} of frames, tracks and x, y"

    def read(self, source: Source, wanted: Wanted) -> tuple[Trajectory, list[str]]:
        points, seen = _needed_unnamed(source)
        notes = [] if seen is not None else ["there is no array of visibility beside it: all points count as visible"]
        return from_pixels(_values(points), None if seen is None else _values(seen), None, wanted, notes)

    def write(self, trajectory: Trajectory) -> list[bytes]:
        tracks = tracks_dict(trajectory)
        return [npy_bytes(tracks["track_path"][None]), npy_bytes(tracks["track_visibility"][None])]

    def paths(self, target: Path, count: int) -> list[Path] | None:
        return [target, visibility_path(target)]

    def losses(self, trajectory: Trajectory) -> list[str]:
        return [*sample_losses(trajectory, held=("visibility",)), canvas_loss(trajectory)]


class Wan2gp(Format):
    """One npy of fractions."""

    name = "wan2gp"
    title = "Wan2GP npy, fractions of the picture"
    binary = True

    def detect(self, source: Source) -> str | None:
        found = _unnamed(source)
        if found is None:
            return None
        low, high = _range(found[0])
        if not (low >= -2.0 and high <= 2.0):
            return None
        where = "all in 0..1: fractions, as Wan2GP takes them" if low >= 0 and high <= 1 else f"{low:g} to {high:g}"
        return f"an array {found[0].shape} of frames, tracks and x, y, {where}"

    def read(self, source: Source, wanted: Wanted) -> tuple[Trajectory, list[str]]:
        points, seen = _needed_unnamed(source)
        return from_fractions(_values(points), None if seen is None else _values(seen), None, wanted, [])

    def write(self, trajectory: Trajectory) -> list[bytes]:
        size = np.array([trajectory.width, trajectory.height], np.float32)
        return [npy_bytes((trajectory.sample().points_px / size).swapaxes(0, 1))]

    def losses(self, trajectory: Trajectory) -> list[str]:
        losses = [*sample_losses(trajectory), canvas_loss(trajectory)]
        points = trajectory.sample().points_px
        if (points > (trajectory.width, trajectory.height)).any():
            losses.append("points beyond the right or lower border: Wan2GP then takes all numbers as pixels")
        return losses


def visibility_path(path: Path) -> Path:
    """Where Wan-Move has the visibility of the tracks in `path`: x_tracks.npy has x_visibility.npy beside it."""
    stem = re.sub(r"tracks$", "visibility", path.stem)
    return path.with_name(f"{stem if stem != path.stem else path.stem + '_visibility'}{path.suffix}")


def _unnamed(source: Source) -> tuple[Array, Array | None] | None:
    """Positions and visibility that came without names: an npy, two of them, arr_0 and arr_1, or a list of arrays."""
    if not all(isinstance(value, Arrays) for value in source.values) or len(source.values) > 2:
        return None
    found = [(name, array) for value in source.values for name, array in value.members.items()]
    if (
        any(value.kind == "a torch file" for value in source.values)
        or len(found) > 2
        or not all(name in ("", "arr_0", "arr_1") for name, _ in found)
    ):
        return None
    # Visibility has an axis less, or is bool; by its shape alone, (T, 2), that of two tracks may be positions.
    arrays = sorted((array for _, array in found), key=lambda array: (-len(array.shape), array.dtype == "bool"))
    if not arrays or not is_tracks(arrays[0].shape):
        return None
    if len(arrays) > 1 and len(arrays[1].shape) == len(arrays[0].shape) and arrays[1].dtype != "bool":
        return None
    return arrays[0], arrays[1] if len(arrays) > 1 else None


def _needed_unnamed(source: Source) -> tuple[Array, Array | None]:
    found = _unnamed(source)
    if found is None:
        raise TrajectoryError(
            f"got {described(source)}, expected an npy [T, N, 2] or [1, T, N, 2] and perhaps one of visibility."
        )
    return found


def _values(array: Array) -> np.ndarray:
    return Arrays("an npy file", {"": array}).values("")


def _range(array: Array) -> tuple[float, float]:
    """The smallest and the largest finite number; NaN where there is none or it was too large to read."""
    finite = array.values[np.isfinite(array.values)] if array.values is not None else np.zeros(0)
    return (float(finite.min()), float(finite.max())) if finite.size else (float("nan"), float("nan"))
