"""TRACKS, the socket type of ComfyUI's core that its Wan-Move nodes make and take.

A dict, or an npz with the same names: track_path, float [T, N, 2] in pixels, and track_visibility, bool [T, N]; one of
[T, 1] counts for all tracks (comfy_extras/nodes_wanmove.py). T are frames, N tracks.
"""

from __future__ import annotations

import numpy as np

from ...errors import TrajectoryError
from ..trajectory import Trajectory
from .array_values import arrays_of, from_pixels, needed_arrays, npz_bytes
from .base import Format, Source, Wanted, sample_losses
from .samples import canvas_loss


class TracksDict(Format):
    """TRACKS, the socket type of ComfyUI's core, read from a wire or an npz."""

    name = "tracks"
    title = "TRACKS of ComfyUI core (npz of track_path, track_visibility)"
    binary = True

    def detect(self, source: Source) -> str | None:
        arrays = arrays_of(source)
        return f"{arrays.described()}" if arrays and "track_path" in arrays.members else None

    def read(self, source: Source, wanted: Wanted) -> tuple[Trajectory, list[str]]:
        arrays = needed_arrays(source)
        if "track_path" not in arrays.members:
            raise TrajectoryError(f"got {arrays.described()}, expected track_path and track_visibility.")
        seen = arrays.values("track_visibility") if "track_visibility" in arrays.members else None
        notes = [] if seen is not None else ["there is no track_visibility: all points count as visible"]
        return from_pixels(arrays.values("track_path"), seen, None, wanted, notes)

    def write(self, trajectory: Trajectory) -> list[bytes]:
        return [npz_bytes(tracks_dict(trajectory))]

    def losses(self, trajectory: Trajectory) -> list[str]:
        return [*sample_losses(trajectory, held=("visibility",)), canvas_loss(trajectory)]


def tracks_dict(
    trajectory: Trajectory, frames: int | None = None, size: tuple[int, int] | None = None
) -> dict[str, np.ndarray]:
    """TRACKS as ComfyUI's core has it: track_path float32 (T, N, 2) in pixels, track_visibility bool (T, N).

    frames: default the trajectory's. size: (height, width) of the video, default the canvas. Raises TrajectoryError.
    """
    sampled = trajectory.sample(frames, size)
    path = np.ascontiguousarray(sampled.points_px.swapaxes(0, 1))
    return {"track_path": path, "track_visibility": np.ascontiguousarray(sampled.visible.T)}
