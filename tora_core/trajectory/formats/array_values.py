"""What formats of arrays share: from positions (T, N, 2) and visibility (T, N) to tracks, and to bytes of a file."""

from __future__ import annotations

import io
from typing import Any

import numpy as np

from ...errors import TrajectoryError
from ..arrays import Arrays, as_arrays
from ..checks import shown
from ..trajectory import Trajectory
from .base import Source, Wanted
from .samples import canvas_notes, canvas_of, check_count, of_samples, placed, seen_tracks


def arrays_of(source: Source) -> Arrays | None:
    """The arrays of a source that is one thing: of a file, of a wire, or lists of a JSON object that are named so."""
    value = source.values[0]
    if len(source.values) != 1:
        return None
    if isinstance(value, dict) and "track_path" in value:
        return as_arrays(
            {key: _array_of_lists(key, value[key]) for key in ("track_path", "track_visibility") if key in value}
        )
    return value if isinstance(value, Arrays) else None


def _array_of_lists(name: str, value: Any) -> np.ndarray:
    try:
        array = np.array(value)
    except (ValueError, TypeError, OverflowError, RecursionError):
        array = np.array(None)
    if array.dtype.kind not in "biuf":
        raise TrajectoryError(f"{name} is {shown(value)}, expected an array of numbers.")
    return array


def needed_arrays(source: Source) -> Arrays:
    arrays = arrays_of(source)
    if arrays is None:
        raise TrajectoryError(f"got {described(source)}, expected arrays: an npy, npz or pt file.")
    return arrays


def described(source: Source) -> str:
    value = source.values[0]
    if len(source.values) > 1:
        return f"{len(source.values)} things"
    return value.described() if isinstance(value, Arrays) else shown(source.texts[0] or value)


def is_tracks(shape: tuple[int, ...]) -> bool:
    return shape[-1:] == (2,) and (len(shape) == 3 or (len(shape) == 4 and shape[0] == 1))


def _checked(points: np.ndarray, seen: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """points as float64 (N, T, 2), visibility as bool (N, T). Raises TrajectoryError where they do not fit together."""
    whole = points.shape
    if points.ndim == 4 and points.shape[0] == 1:
        points = points[0]
    if points.ndim != 3 or points.shape[-1] != 2 or 0 in points.shape[:2]:
        batch = "; save one clip of the batch" if points.ndim == 4 else ""
        raise TrajectoryError(f"positions have the shape {whole}, expected (T, N, 2): frames, tracks, x and y{batch}.")
    if points.dtype.kind not in "fiu":
        raise TrajectoryError(f"positions are {points.dtype}, expected numbers.")
    frames, count = points.shape[:2]
    check_count(count, frames)
    visible = np.ones((frames, count), bool) if seen is None else _visible(seen, frames, count)
    return _floats(points).swapaxes(0, 1), visible.T


def _visible(seen: np.ndarray, frames: int, count: int) -> np.ndarray:
    """Visibility as bool (T, N): without a batch axis of one in front and without an axis of one behind.

    One value a frame, (T,) or (T, 1), counts for all tracks, and one alone, (1, 1), for all frames as well.
    """
    front = [seen, seen[0]] if seen.ndim > 2 and len(seen) == 1 else [seen]
    for part in [*front, *(part[..., 0] for part in front if part.ndim > 2 and part.shape[-1] == 1)]:
        part = part[:, None] if part.shape == (frames,) else part
        if part.shape in ((frames, count), (frames, 1), (1, 1)):
            whole = part if part.dtype.kind == "b" else np.nan_to_num(_floats(part)) > 0.5
            return np.broadcast_to(whole, (frames, count))
    raise TrajectoryError(
        f"visibility has the shape {seen.shape}, expected ({frames}, {count}) to match the positions."
    )


def _floats(array: np.ndarray) -> np.ndarray:
    """A copy in float64; NaN of any kind and infinity pass without a warning."""
    with np.errstate(all="ignore"):
        return array.astype(np.float64)


def from_pixels(
    points: np.ndarray,
    seen: np.ndarray | None,
    size: tuple[int, int] | None,
    wanted: Wanted,
    notes: list[str],
    no_point: float | None = None,
) -> tuple[Trajectory, list[str]]:
    """Tracks at points (T, N, 2) in pixels, perhaps with a batch axis of one in front.

    seen: visibility (T, N), default all. size: (width, height) that the file names, else the caller has to. no_point:
    where x and y both are this, there is none. Raises TrajectoryError.
    """
    positions, visible = _checked(points, seen)
    if no_point is not None:
        positions[(positions == no_point).all(axis=-1)] = np.nan
    canvas = canvas_of("Positions are pixels", wanted, "the file") if size is None else size
    trajectory = of_samples(seen_tracks(positions, visible), canvas, wanted, notes)
    notes += canvas_notes(trajectory)
    return placed(trajectory, wanted, notes), notes


def from_fractions(
    points: np.ndarray, seen: np.ndarray | None, size: tuple[int, int] | None, wanted: Wanted, notes: list[str]
) -> tuple[Trajectory, list[str]]:
    """Tracks at points (T, N, 2) in 0..1 of the width and the height. As from_pixels otherwise."""
    positions, visible = _checked(points, seen)
    if size is None:
        size = canvas_of("Positions are fractions", wanted, "the file")
    with np.errstate(all="ignore"):
        positions = positions * size
    notes.append(f"fractions are taken of {size[0]}x{size[1]}")
    trajectory = of_samples(seen_tracks(positions, visible), size, wanted, notes)
    return placed(trajectory, wanted, notes), notes


def npy_bytes(array: np.ndarray) -> bytes:
    """An array as an npy file."""
    file = io.BytesIO()
    np.save(file, np.ascontiguousarray(array), allow_pickle=False)
    return file.getvalue()


def npz_bytes(arrays: dict[str, np.ndarray]) -> bytes:
    """Arrays as an npz file; the same arrays give the same bytes."""
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
    return file.getvalue()
