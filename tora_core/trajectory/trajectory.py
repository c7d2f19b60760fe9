"""Trajectory: everything that was drawn on one canvas, as one frozen value."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..errors import TrajectoryError
from .checks import integer, number, shown
from .limits import MAX_CANVAS_PX, MAX_FPS, MAX_FRAMES, MAX_TOTAL_POINTS, MAX_TRACKS
from .sampling import frame_times, sample_track
from .track import Point, Track
from .tracks import Tracks

PathLike = str | os.PathLike[str]


@dataclass(frozen=True, kw_only=True)
class Trajectory:
    """Tracks drawn on a canvas of width x height pixels for a clip of `frames` frames at `fps`.

    Convention: points are (x, y) in canvas pixels, x right, y down, pixel centres at integers; sizes (height, width).
    Times are 0..1, so that another frame count stretches the motion; another size scales x by W'/W and y by H'/H.
    Sampling gives positions; that a displacement is drawn only if both its ends are visible is the motion code's rule.
    Compare with ==; make changed copies with dataclasses.replace. Raises TrajectoryError that starts with the field.
    """

    width: int
    height: int
    frames: int
    fps: float = 8.0
    tracks: tuple[Track, ...] = ()

    def __post_init__(self) -> None:
        set_ = object.__setattr__
        set_(self, "width", integer("width", self.width, 1, MAX_CANVAS_PX))
        set_(self, "height", integer("height", self.height, 1, MAX_CANVAS_PX))
        set_(self, "frames", integer("frames", self.frames, 1, MAX_FRAMES))
        set_(self, "fps", number("fps", self.fps, 0.0, MAX_FPS, above=True))
        if not isinstance(self.tracks, (list, tuple)) or not all(isinstance(t, Track) for t in self.tracks):
            raise TrajectoryError(f"tracks is {shown(self.tracks)}, expected a list of Track.")
        if len(self.tracks) > MAX_TRACKS:
            raise TrajectoryError(f"tracks has {len(self.tracks)} entries, expected at most {MAX_TRACKS}.")
        total = sum(len(track.points) for track in self.tracks)
        if total > MAX_TOTAL_POINTS:
            raise TrajectoryError(f"tracks have {total} points together, expected at most {MAX_TOTAL_POINTS}.")
        set_(self, "tracks", tuple(self.tracks))

    @classmethod
    def from_points(
        cls, tracks: Sequence[Any] | np.ndarray, *, width: int, height: int, frames: int, fps: float = 8
    ) -> Trajectory:
        """A smooth (centripetal Catmull-Rom) curve through each list of (x, y) in canvas pixels; constant speed.

        tracks: a list of lists of (x, y), or an array or tensor (N, P, 2). A list with one point stands still. Raises
        TrajectoryError that names the place, such as tracks[2].points[0].x.
        """
        try:
            lists = [track.tolist() if hasattr(track, "tolist") else list(track) for track in tracks]
        except TypeError:
            raise TrajectoryError(f"tracks is {shown(tracks)}, expected a list of lists of (x, y).") from None
        made = []
        for i, points in enumerate(lists):
            try:
                made.append(Track(tuple(points)))
            except TrajectoryError as error:
                raise TrajectoryError(f"tracks[{i}].{error}") from None
        return cls(width=width, height=height, frames=frames, fps=fps, tracks=tuple(made))

    def sample(self, frames: int | None = None, size: tuple[int, int] | None = None) -> Tracks:
        """The tracks in pixels of an output of `size` (height, width), one position a frame.

        frames: 1 or more, default the trajectory's; frame f of F is at time f/(F-1). size: default the canvas; the
        positions are found on the canvas and then scaled, so the timing does not depend on the size. Raises
        TrajectoryError.
        """
        count = self.frames if frames is None else integer("frames", frames, 1, MAX_FRAMES)
        height, width = (self.height, self.width) if size is None else _checked_size(size)
        points = np.zeros((len(self.tracks), count, 2))
        visible = np.zeros((len(self.tracks), count), bool)
        times = frame_times(count)
        for i, track in enumerate(self.tracks):
            points[i], visible[i] = sample_track(track, times)
        points *= (width / self.width, height / self.height)
        return Tracks(
            points_px=points,
            visible=visible,
            size=(height, width),
            strength=np.array([track.strength for track in self.tracks], np.float32),
            sigma_px=np.array([track.radius for track in self.tracks], np.float32),
            names=tuple(track.name for track in self.tracks),
        )

    @classmethod
    def from_json(cls, document: str | bytes | dict[str, Any]) -> Trajectory:
        """A trajectory from its own JSON (document.py), text or parsed. Raises TrajectoryError that names the place."""
        from .document import from_dict, from_text  # that module needs this class

        return from_text(document) if isinstance(document, (str, bytes)) else from_dict(document)

    def to_json(self) -> str:
        """Its own JSON in one line: from_json of it is equal to this."""
        from .document import to_text

        return to_text(self)

    def to_dict(self) -> dict[str, Any]:
        """What to_json writes, as dicts and lists."""
        from .document import to_dict

        return to_dict(self)

    @classmethod
    def load(
        cls,
        path: PathLike | Sequence[PathLike],
        *,
        width: int | None = None,
        height: int | None = None,
        frames: int | None = None,
        format: str | None = None,
    ) -> Trajectory:
        """Read a file, several, or a folder of .txt, in any format of the registry, recognised by its content.

        width, height: canvas pixels, needed where the file holds none (SplineEditor); Tora txt and own JSON are scaled
        to them. frames: without it the file's, or its number of samples. Raises TrajectoryError. files.read_files
        gives the format found and notes as well; files.read_text reads pasted or wired text.
        """
        from .files import read_files

        return read_files(path, width=width, height=height, frames=frames, format=format)[0]

    def save(self, path: PathLike, format: str | None = None) -> list[str]:
        """Write to a file (own JSON for .json, Tora txt for .txt, else say format), whole or not at all.

        Returns what the format can't hold, a sentence each; own JSON holds everything. See files.write_files.
        """
        from .files import write_files

        return write_files(self, path, format)[1]

    def resized(self, width: int, height: int) -> Trajectory:
        """The same drawing on another canvas: points and handles scaled by width and height, radius as it is."""
        new = replace(self, width=width, height=height)
        sx, sy = new.width / self.width, new.height / self.height
        if sx == 1.0 and sy == 1.0:
            return new
        return replace(new, tracks=tuple(_scaled(track, sx, sy) for track in self.tracks))


def _checked_size(size: Any) -> tuple[int, int]:
    try:
        height, width = size
    except (TypeError, ValueError):
        raise TrajectoryError(f"size is {shown(size)}, expected (height, width).") from None
    return integer("size[0] (height)", height, 1, MAX_CANVAS_PX), integer("size[1] (width)", width, 1, MAX_CANVAS_PX)


def _scaled(track: Track, sx: float, sy: float) -> Track:
    def pair(value: tuple[float, float] | None) -> tuple[float, float] | None:
        return None if value is None else (value[0] * sx, value[1] * sy)

    def point(old: Point) -> Point:
        return replace(old, x=old.x * sx, y=old.y * sy, handle_in=pair(old.handle_in), handle_out=pair(old.handle_out))

    return replace(track, points=tuple(point(old) for old in track.points))
