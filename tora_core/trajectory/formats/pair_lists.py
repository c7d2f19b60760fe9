"""Lists of `[x, y]` pairs: plain ones, DragNUWA's, MotionCtrl's and those of the text box in Tora's demo.

They look alike and differ by their canvas, so a text that more than one of them can be is never guessed at:

  point-lists    `[[[x, y], ...], ...]` or `[[x, y], ...]`, pixels of a canvas that the caller knows.
  dragnuwa       `[[[25,25],[128,128]],[[10,10]]]`, pixels of its tool's 576x320 canvas; one point stands still. Between
                 the points, at equal steps of time, runs scipy's PchipInterpolator: x and y, each over time
                 (chaojie/ComfyUI-DragNUWA, nodes.py, interpolate_trajectory; tools/draw.html).
  motionctrl     `[[117,102],...]` on 1024x1024, one track a text, a point a frame
                 (nicehero/ComfyUI-MotionCtrl, nodes.py, process_traj).
  tora-text-box  `[40, 208], [40, 148]`, without a bracket around them, on Tora's 256x256 canvas
                 (alibaba/Tora, sat/app.py, add_traj_point).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...errors import TrajectoryError
from ..checks import number, shown
from ..limits import MAX_COORDINATE_PX, MAX_POINTS, MAX_TRACKS
from ..track import Point, Track
from ..trajectory import Trajectory
from .base import PLAIN, BarePairs, Format, Source, Wanted, parsed, sample_losses, samples_track
from .samples import canvas_loss, canvas_notes, canvas_of, of_samples, placed, shortest, whole_losses

Pairs = list[tuple[float, float]]

DRAGNUWA_PX = (576, 320)
MOTIONCTRL_PX = (1024, 1024)
TORA_PX = (256, 256)


class PointLists(Format):
    """Samples in pixels of a canvas that the text does not name."""

    name = "point-lists"
    title = "lists of [x, y] pairs, pixels of your canvas"

    def detect(self, source: Source) -> str | None:
        return _kind_of_all(source, (1, 2))

    def read(self, source: Source, wanted: Wanted) -> tuple[Trajectory, list[str]]:
        notes: list[str] = []
        tracks = [samples_track(pairs) for pairs in _tracks(source, nested=True)]
        trajectory = of_samples(tracks, canvas_of("Such points are pixels", wanted), wanted, notes)
        return trajectory, notes + canvas_notes(trajectory)

    def write(self, trajectory: Trajectory) -> list[str]:
        points = trajectory.sample().points_px
        return [json.dumps([[[shortest(x), shortest(y)] for x, y in track] for track in points])]

    def losses(self, trajectory: Trajectory) -> list[str]:
        return [*sample_losses(trajectory), canvas_loss(trajectory)]


class _OwnCanvas(Format):
    """A format that counts in pixels of a canvas of its own, whatever the size of the video; written in whole ones."""

    canvas_px: tuple[int, int]

    def _read(self, tracks: Sequence[Track], wanted: Wanted) -> tuple[Trajectory, list[str]]:
        notes = [f"coordinates are on a canvas of {self.canvas_px[0]}x{self.canvas_px[1]}"]
        trajectory = of_samples(tracks, self.canvas_px, wanted, notes)
        notes += canvas_notes(trajectory)
        return placed(trajectory, wanted, notes), notes

    def losses(self, trajectory: Trajectory) -> list[str]:
        width, height = self.canvas_px
        size = f"{trajectory.width}x{trajectory.height}"
        losses = [*sample_losses(trajectory), f"the canvas size, {size}: coordinates count on {width}x{height}"]
        exact, whole = self._exact(trajectory), self._whole(trajectory)
        back = np.array([trajectory.width / width, trajectory.height / height])
        shift = float(np.abs((whole - exact) * back).max(initial=0.0))
        outside = bool(((whole < 0) | (whole >= self.canvas_px)).any())
        return losses + whole_losses(shift, outside)

    def _exact(self, trajectory: Trajectory) -> np.ndarray:
        scale = np.array([self.canvas_px[0] / trajectory.width, self.canvas_px[1] / trajectory.height])
        return trajectory.sample().points_px * scale

    def _whole(self, trajectory: Trajectory) -> np.ndarray:
        """Whole numbers; what still lies on the canvas keeps to it, because the readers crash on its far edge."""
        exact = self._exact(trajectory)
        last = np.array(self.canvas_px) - 1.0
        return np.where((exact > last) & (exact <= last + 1.0), last, np.rint(exact))


class DragNuwa(_OwnCanvas):
    """Few points a track, at equal steps of time on DragNUWA's smooth curve; read as bezier curves of that shape."""

    name = "dragnuwa"
    title = "DragNUWA, pixels of 576x320"
    canvas_px = DRAGNUWA_PX

    def detect(self, source: Source) -> str | None:
        return _kind_of_all(source, (2,))

    def read(self, source: Source, wanted: Wanted) -> tuple[Trajectory, list[str]]:
        trajectory, notes = self._read([_pchip_track(pairs) for pairs in _tracks(source, nested=True)], wanted)
        notes.append("for another canvas than DragNUWA's usual one, read it as point-lists with its width and height")
        return trajectory, notes

    def write(self, trajectory: Trajectory) -> list[str]:
        still = [len(track.points) == 1 for track in trajectory.tracks]
        whole = self._whole(trajectory).astype(int).tolist()
        return [json.dumps([points[:1] if one else points for points, one in zip(whole, still, strict=True)])]


class MotionCtrl(_OwnCanvas):
    """One track a text, one point a frame; MotionCtrl repeats the last point of a short one."""

    name = "motionctrl"
    title = "MotionCtrl, pixels of 1024x1024, one track a text"
    canvas_px = MOTIONCTRL_PX

    def detect(self, source: Source) -> str | None:
        return _kind_of_all(source, (1,))

    def read(self, source: Source, wanted: Wanted) -> tuple[Trajectory, list[str]]:
        return self._read([samples_track(pairs) for pairs in _tracks(source, nested=False)], wanted)

    def write(self, trajectory: Trajectory) -> list[str]:
        return [json.dumps(points) for points in self._whole(trajectory).astype(int).tolist()]


class ToraTextBox(_OwnCanvas):
    """The pairs that Tora's demo shows under its canvas; a line for each further track."""

    name = "tora-text-box"
    title = "Tora's demo, [x, y], [x, y] on 256x256"
    canvas_px = TORA_PX

    def detect(self, source: Source) -> str | None:
        values = _line_values(source)
        if not values or not all(isinstance(value, BarePairs) and _depth(value) == 1 for value in values):
            return None
        pairs = [pair for value in values for pair in value]
        if not all(0 <= part <= TORA_PX[0] for pair in pairs if _is_pair(pair) for part in pair):
            return None
        return "pairs without a bracket around them, all in 0..256"

    def read(self, source: Source, wanted: Wanted) -> tuple[Trajectory, list[str]]:
        # One pair alone is no list of pairs, but here a click of the demo.
        whole = Source(source.texts, tuple([value] if _is_pair(value) else value for value in _line_values(source)))
        return self._read([samples_track(pairs) for pairs in _tracks(whole, nested=True)], wanted)

    def write(self, trajectory: Trajectory) -> list[str]:
        whole = self._whole(trajectory).astype(int).tolist()
        return ["\n".join(", ".join(f"[{x}, {y}]" for x, y in points) for points in whole)]


def _is_pair(value: Any) -> bool:
    return (
        isinstance(value, (list, tuple))
        and len(value) == 2
        and all(isinstance(part, (int, float)) and not isinstance(part, bool) for part in value)
    )


def _depth(value: Any) -> int:
    """1 for a list of pairs, 2 for a list of such lists, 0 for anything else; only the first entries are looked at."""
    for depth in (1, 2):
        if not isinstance(value, (list, tuple)) or not value:
            return 0
        if _is_pair(value[0]):
            return depth
        value = value[0]
    return 0


def _kind_of_all(source: Source, depths: tuple[int, ...]) -> str | None:
    values = [value for value in source.values if value is not PLAIN and not isinstance(value, BarePairs)]
    found = {_depth(value) for value in values}
    if len(values) < len(source.values) or len(found) != 1 or not found <= set(depths):
        return None
    return "a list of [x, y] pairs" if found == {1} else "a list of lists of [x, y] pairs"


def _is_lines(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(line, str) for line in value)


def _line_values(source: Source) -> list[Any]:
    """The values of a source, those of each line where a text is a list of lines."""
    lines = [line for value in source.values for line in (value if _is_lines(value) else [value])]
    return [_parsed_line(line) if isinstance(line, str) else line for line in lines]


def _parsed_line(line: str) -> Any:
    try:
        return parsed(line)
    except TrajectoryError:
        return None


def _tracks(source: Source, *, nested: bool) -> list[Pairs]:
    """The pairs of each track. Raises TrajectoryError that names the place."""
    tracks: list[Pairs] = []
    for i, value in enumerate(source.values):
        place = f"text {i + 1}: " if len(source.values) > 1 else ""
        if _is_lines(value):
            for j, line in enumerate(value):
                tracks.append(_pairs(parsed(line), f"{place}line {j + 1}: "))
        elif _depth(value) == 2:
            if not nested:
                raise TrajectoryError(
                    f"{place}got several lists of pairs, expected one track: see point-lists, dragnuwa."
                )
            tracks += [_pairs(part, f"{place}[{j}]") for j, part in enumerate(value)]
        else:
            tracks.append(_pairs(value, place))
        if len(tracks) > MAX_TRACKS:
            raise TrajectoryError(f"there are more than {MAX_TRACKS} tracks.")
    return tracks


def _pairs(value: Any, place: str) -> Pairs:
    if value is PLAIN or not isinstance(value, (list, tuple)):
        got = "plain text" if value is PLAIN else shown(value)
        raise TrajectoryError(f"{place}got {got}, expected a list of [x, y] pairs.")
    if not 1 <= len(value) <= MAX_POINTS:
        raise TrajectoryError(f"{place or 'the list'} has {len(value)} points, expected 1 to {MAX_POINTS}.")
    pairs: Pairs = []
    for i, pair in enumerate(value):
        if not isinstance(pair, (list, tuple)) or len(pair) != 2:
            raise TrajectoryError(f"{place}[{i}] is {shown(pair)}, expected a pair [x, y].")
        x, y = (number(f"{place}[{i}][{k}]", pair[k], -MAX_COORDINATE_PX, MAX_COORDINATE_PX) for k in (0, 1))
        pairs.append((x, y))
    return pairs


def _pchip_track(pairs: Pairs) -> Track:
    """A bezier track of the same shape as PCHIP's curve over equal steps; it meets each point at its time.

    A cubic with the slopes m0 and m1 a step has its handles at m0/3 and -m1/3. Between two points DragNUWA's speed
    follows the cubic; here it is constant.
    """
    if len(pairs) < 3:
        return samples_track(pairs)
    points = np.array(pairs)
    slopes = np.stack([_pchip_slopes(points[:, axis]) for axis in (0, 1)], axis=-1) / 3.0
    last = len(pairs) - 1
    return Track(
        tuple(
            Point(x, y, t=i / last, handle_in=(-dx, -dy), handle_out=(dx, dy))
            for i, ((x, y), (dx, dy)) in enumerate(zip(pairs, slopes.tolist(), strict=True))
        ),
        curve="bezier",
    )


def _pchip_slopes(values: np.ndarray) -> np.ndarray:
    """The slopes (P,) a step of the monotone cubic through values (P,), P >= 3 (Fritsch and Butland 1984)."""
    step = np.diff(values)
    before, after = step[:-1], step[1:]
    same = before * after > 0
    total = np.where(same, before + after, 1.0)
    inner = np.where(same, 2.0 * before * after / total, 0.0)
    return np.concatenate([[_end_slope(step[0], step[1])], inner, [_end_slope(step[-1], step[-2])]])


def _end_slope(first: float, second: float) -> float:
    slope = (3.0 * first - second) / 2.0
    if slope * first <= 0:
        return 0.0
    if first * second < 0 and abs(slope) > 3.0 * abs(first):
        return 3.0 * first
    return slope
