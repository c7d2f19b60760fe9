"""A camera in the plane: pan, tilt, zoom and roll, added to tracks, taken out of them, or as tracks of its own.

Convention: said is what the camera does. It pans to the right by pan_px: the picture moves to the left by so many
pixels. It tilts up by tilt_px: the picture moves down. It zooms in to `zoom` times: the picture grows from its middle,
by the same factor in equal times. It rolls clockwise: the picture turns anticlockwise about its middle. All of it goes
from nothing at `start` to the whole at `end`, both clip times, by `easing`. A point p of the scene is seen at
c + zoom R(-roll) (p - c - (pan, -tilt)), c the middle of the canvas ((W - 1) / 2, (H - 1) / 2). Worked: a pan of 100
over the clip shows a point that stands still moving from x = 300 to x = 200.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from ..checks import integer, number
from ..easing import Easing, checked_easing, ease
from ..limits import MAX_COORDINATE_PX, SAME_TIME
from ..sampling import frame_times, sample_track
from ..track import Point, Track
from ..trajectory import Trajectory
from .keyed import Only, changed, held_at

MAX_ZOOM = 1000.0
MAX_GRID = 30


@dataclass(frozen=True, kw_only=True)
class CameraMove:
    """What the camera does over the clip. Raises TrajectoryError that starts with the field."""

    pan_px: float = 0.0
    tilt_px: float = 0.0
    zoom: float = 1.0
    roll_degrees: float = 0.0
    start: float = 0.0
    end: float = 1.0
    easing: Easing = "linear"

    def __post_init__(self) -> None:
        set_ = object.__setattr__
        for name in ("pan_px", "tilt_px"):
            set_(self, name, number(name, getattr(self, name), -MAX_COORDINATE_PX, MAX_COORDINATE_PX))
        set_(self, "zoom", number("zoom", self.zoom, 1.0 / MAX_ZOOM, MAX_ZOOM))
        set_(self, "roll_degrees", number("roll_degrees", self.roll_degrees, -36_000.0, 36_000.0))
        set_(self, "start", number("start", self.start, 0.0, 1.0))
        set_(self, "end", number("end", self.end, self.start + 2 * SAME_TIME, 1.0))
        set_(self, "easing", checked_easing("easing", self.easing))


def add_camera(trajectory: Trajectory, camera: CameraMove, *, only: Only = None) -> Trajectory:
    """The tracks as the moving camera sees them, taken as tracks of the scene.

    The camera's way differs from frame to frame, so positions a frame are kept, at as few key times as hold them within
    0.01 px; simplify makes fewer. Visibility is kept a frame.
    """
    return changed(trajectory, only, lambda track: _seen(track, trajectory, camera, cancel=False))


def cancel_camera(trajectory: Trajectory, camera: CameraMove, *, only: Only = None) -> Trajectory:
    """The tracks of the scene that the moving camera sees as these: what add_camera did is undone. Else like it."""
    return changed(trajectory, only, lambda track: _seen(track, trajectory, camera, cancel=True))


def camera_tracks(
    camera: CameraMove, *, width: int, height: int, frames: int, fps: float = 8.0, columns: int = 4, rows: int = 3
) -> Trajectory:
    """The camera as tracks: a grid of points of the scene that stand still, as the camera sees them.

    columns, rows: 1 to 30 each; the points lie in the middles of so many fields of the canvas. Raises TrajectoryError.
    """
    across, down = integer("columns", columns, 1, MAX_GRID), integer("rows", rows, 1, MAX_GRID)
    empty = Trajectory(width=width, height=height, frames=frames, fps=fps)
    xs = [(i + 0.5) * empty.width / across - 0.5 for i in range(across)]
    ys = [(j + 0.5) * empty.height / down - 0.5 for j in range(down)]
    still = tuple(
        Track((Point(x, y),), name=f"camera {j + 1}.{i + 1}") for j, y in enumerate(ys) for i, x in enumerate(xs)
    )
    return add_camera(replace(empty, tracks=still), camera)


def _seen(track: Track, trajectory: Trajectory, camera: CameraMove, *, cancel: bool) -> Track:
    times = frame_times(trajectory.frames)
    positions, visible = sample_track(track, times)
    middle = np.array([(trajectory.width - 1) / 2.0, (trajectory.height - 1) / 2.0])
    way = ease(camera.easing, np.clip((times - camera.start) / (camera.end - camera.start), 0.0, 1.0))
    shift = way[:, None] * np.array([camera.pan_px, -camera.tilt_px])
    # One complex number turns and grows at once: (x + iy) zoom e^(i angle).
    turn = camera.zoom**way * np.exp(-1j * math.radians(camera.roll_degrees) * way)
    if cancel:
        flat = positions - middle
        back = (flat[:, 0] + 1j * flat[:, 1]) / turn
        seen = np.stack([back.real, back.imag], axis=-1) + middle + shift
    else:
        flat = positions - middle - shift
        moved = (flat[:, 0] + 1j * flat[:, 1]) * turn
        seen = np.stack([moved.real, moved.imag], axis=-1) + middle
    return held_at(track, seen, visible)
