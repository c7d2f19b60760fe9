"""A table for spreadsheets: `track,frame,x,y[,visible]`, a line a position.

x and y are pixels of a canvas that the table does not name. Frames count from 0; a track is there from its first to its
last frame and runs straight between frames that are left out. `track` is a number or a name. The first line may name
the columns, in any order; without it they are as above. Commas, semicolons and tabs part the columns, and where it is
not the comma, a decimal comma is read as well.
"""

from __future__ import annotations

import csv
import io
import itertools
import re

import numpy as np

from ...errors import TrajectoryError
from ..checks import integer, number, shown
from ..limits import MAX_COORDINATE_PX, MAX_FRAMES, MAX_NAME_CHARACTERS, MAX_POINTS, MAX_TOTAL_POINTS, MAX_TRACKS
from ..track import Point, Track
from ..trajectory import Trajectory
from .base import PLAIN, Format, Source, Wanted, sample_losses
from .samples import canvas_loss, canvas_notes, canvas_of, shortest, visibility_keys

_COLUMNS = ("track", "frame", "x", "y", "visible")
_YES, _NO = {"1", "true", "yes", "1.0"}, {"0", "false", "no", "0.0"}
_NUMBER = re.compile(r"[+-]?(?:\d{1,30}\.?\d{0,30}|\.\d{1,30})(?:[eE][+-]?\d{1,3})?")
_SAFE_NAME = re.compile(r"[^\W\d][\w .-]*")  # a spreadsheet runs what begins with = or +
_LONGEST_LINE = 1_000

Row = tuple[int, float, float, bool]


class CsvTable(Format):
    """Rows in any order; written with every frame of every track."""

    name = "csv"
    title = "table track,frame,x,y,visible"
    suffixes = (".csv",)

    def detect(self, source: Source) -> str | None:
        if len(source.values) != 1 or source.values[0] is not PLAIN:
            return None
        first = next((line for line in source.texts[0].splitlines() if line.strip()), "")[:_LONGEST_LINE]
        cells = [cell.strip().strip('"').lower() for cell in first.split(_delimiter(first))]
        if {"track", "frame", "x", "y"} <= set(cells):
            return f"a table with the columns {', '.join(cells)[:60]}"
        rows = [_NUMBER.fullmatch(cell) for cell in cells[1:4]]
        return "lines of track, frame, x, y" if len(cells) in (4, 5) and all(rows) else None

    def read(self, source: Source, wanted: Wanted) -> tuple[Trajectory, list[str]]:
        if len(source.values) != 1:
            raise TrajectoryError(f"got {len(source.values)} texts, expected one table with all tracks.")
        width, height = canvas_of("x and y are pixels", wanted)
        notes: list[str] = []
        rows = _rows(source.texts[0], notes)
        last = max(row[0] for track in rows.values() for row in track)
        earliest = min(row[0] for track in rows.values() for row in track)
        if earliest > 0:
            notes.append(f"frames count from 0 and the first in the table is {earliest}: nothing is visible before it")
        frames = last + 1
        if wanted.frames is not None and wanted.frames != frames:
            notes.append(f"stretched from the table's {frames} frames to {wanted.frames}")
        tracks = tuple(_track(label, found, last) for label, found in rows.items())
        trajectory = Trajectory(width=width, height=height, frames=wanted.frames or frames, tracks=tracks)
        return trajectory, notes + canvas_notes(trajectory)

    def write(self, trajectory: Trajectory) -> list[str]:
        sampled = trajectory.sample()
        labels = _labels(trajectory)
        lines = [",".join(_COLUMNS)]
        for label, points, visible in zip(labels, sampled.points_px, sampled.visible, strict=True):
            lines += [
                f"{label},{f},{shortest(x)},{shortest(y)},{int(v)}"
                for f, ((x, y), v) in enumerate(zip(points, visible, strict=True))
            ]
        return ["\n".join(lines) + "\n"]

    def losses(self, trajectory: Trajectory) -> list[str]:
        named = ("names",) if _labels(trajectory) == [track.name for track in trajectory.tracks] else ()
        return [*sample_losses(trajectory, held=("visibility", *named)), canvas_loss(trajectory)]


def _labels(trajectory: Trajectory) -> list[str]:
    """The names of the tracks if they tell them apart and no spreadsheet takes them for more, else 1, 2, 3."""
    names = [track.name for track in trajectory.tracks]
    if len(set(names)) == len(names) and all(_SAFE_NAME.fullmatch(name) and name == name.strip() for name in names):
        return names
    return [str(i + 1) for i in range(len(names))]


def _delimiter(line: str) -> str:
    return max(";\t,", key=lambda mark: (line.count(mark) > 0, mark != ",", line.count(mark)))


def _rows(text: str, notes: list[str]) -> dict[str, list[Row]]:
    """The rows of each track, by its label, in order of appearance. Raises TrajectoryError that names the line."""
    lines = text.splitlines()
    first = next((line for line in lines if line.strip()), "")
    mark = _delimiter(first)
    order: dict[str, int] | None = None
    tracks: dict[str, list[Row]] = {}
    total = 0
    for i, line in enumerate(lines):
        if not line.strip():
            continue
        place = f"line {i + 1}"
        cells = _cells(line, mark, place)
        if order is None:
            order = _order(cells, place, notes)
            if order is None:
                order = {name: at for at, name in enumerate(_COLUMNS[: len(cells)])}
            else:
                continue
        label, row = _row(place, cells, order, decimal_comma=mark != ",")
        tracks.setdefault(label, []).append(row)
        total += 1
        if len(tracks) > MAX_TRACKS or len(tracks[label]) > MAX_POINTS or total > MAX_TOTAL_POINTS:
            raise TrajectoryError(f"{place}: more than {MAX_TRACKS} tracks, or more than {MAX_POINTS} rows of one.")
    if not tracks:
        raise TrajectoryError("the table holds no rows.")
    return tracks


def _cells(line: str, mark: str, place: str) -> list[str]:
    if len(line) > _LONGEST_LINE:
        raise TrajectoryError(f"{place} has {len(line):,} characters, expected at most {_LONGEST_LINE:,}.")
    try:
        return [cell.strip() for cell in next(csv.reader(io.StringIO(line), delimiter=mark), [])]
    except csv.Error as error:
        raise TrajectoryError(f"{place} is {shown(line)}: {error}.") from None


def _order(cells: list[str], place: str, notes: list[str]) -> dict[str, int] | None:
    """Which column is where, if this line names them; None if it is a row. Raises TrajectoryError."""
    names = [cell.lower() for cell in cells]
    if not {"x", "y"} & set(names):
        if len(cells) not in (4, 5):
            raise TrajectoryError(f"{place} has {len(cells)} columns, expected track, frame, x, y and perhaps visible.")
        return None
    missing = [name for name in _COLUMNS[:4] if name not in names]
    if missing:
        raise TrajectoryError(f"{place} names the columns {', '.join(names)[:80]}; {', '.join(missing)} is missing.")
    if len({name for name in names if name}) < len([name for name in names if name]):
        raise TrajectoryError(f"{place} names a column twice.")
    other = [name for name in names if name not in _COLUMNS]
    if other:
        notes.append(f"columns not read: {', '.join(other)[:80]}")
    return {name: names.index(name) for name in _COLUMNS if name in names}


def _row(place: str, cells: list[str], order: dict[str, int], *, decimal_comma: bool) -> tuple[str, Row]:
    if len(cells) <= max(order.values()):
        raise TrajectoryError(f"{place} has {len(cells)} columns, expected {max(order.values()) + 1}.")
    values = {name: cells[at] for name, at in order.items()}

    def numeric(name: str) -> float:
        text = values[name].replace(",", ".") if decimal_comma else values[name]
        if not _NUMBER.fullmatch(text):
            raise TrajectoryError(f"{place}: {name} is {shown(values[name])}, expected a number.")
        return float(text)

    frame = integer(f"{place}: frame", numeric("frame"), 0, MAX_FRAMES - 1)
    x, y = (number(f"{place}: {axis}", numeric(axis), -MAX_COORDINATE_PX, MAX_COORDINATE_PX) for axis in "xy")
    seen = values.get("visible", "1").lower() or "1"
    if seen not in _YES | _NO:
        raise TrajectoryError(f"{place}: visible is {shown(values['visible'])}, expected 1 or 0.")
    return values["track"][:MAX_NAME_CHARACTERS], (frame, x, y, seen in _YES)


def _track(label: str, rows: list[Row], last: int) -> Track:
    rows = sorted(rows, key=lambda row: row[0])
    for one, other in itertools.pairwise(rows):
        if one[0] == other[0]:
            raise TrajectoryError(f"track {shown(label)} has two rows for frame {one[0]}.")
    name = "" if re.fullmatch(r"\d*", label) else label
    times = np.array([row[0] for row in rows]) / max(last, 1)
    keys = visibility_keys([row[3] for row in rows], times)
    if len(rows) == 1:
        # One frame only; a track needs a beginning and an end, so it fills half of the way to the next frames.
        start, end = max(float(times[0]) - 0.5 / max(last, 1), 0.0), min(float(times[0]) + 0.5 / max(last, 1), 1.0)
        return Track((Point(rows[0][1], rows[0][2]),), "polyline", start=start, end=end, visibility=keys, name=name)
    points = tuple(Point(x, y, t=float(t)) for (_, x, y, _), t in zip(rows, times, strict=True))
    start, end = float(times[0]), float(times[-1])
    return Track(points, "polyline", start=start, end=end, visibility=keys, name=name)
