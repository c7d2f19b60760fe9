"""The text files of alibaba/Tora (sat/trajs, --point_path): one file a track, `x,y` a line.

Convention: coordinates are on a 256x256 canvas whatever the aspect of the video, x right, y down; line i of P is at
time i/(P-1), so that lines close together mean slow motion (pause.txt of the reference). Unlike traj_utils.py no line
is left out, blank lines, spaces and decimals are read, and a single line is a point that stands still.
"""

from __future__ import annotations

import re

from ...errors import TrajectoryError
from ..checks import number, shown
from ..limits import MAX_COORDINATE_PX, MAX_POINTS
from ..track import Track
from ..trajectory import Trajectory
from .base import PLAIN, Format, Source, Wanted, frames_of_samples, sample_losses, samples_track

CANVAS_PX = 256

_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_LINE = re.compile(rf"\s*({_NUMBER})\s*,\s*({_NUMBER})\s*")


class ToraTxt(Format):
    """Whole numbers, as the published reader takes nothing else; reading takes decimals too."""

    name = "tora-txt"
    title = "Tora text, whole numbers (as the published code reads it)"
    suffixes: tuple[str, ...] = (".txt",)

    def detect(self, source: Source) -> str | None:
        if any(value is not PLAIN for value in source.values):
            return None
        firsts = [next((line for line in text.splitlines() if line.strip()), "") for text in source.texts]
        if not all(_LINE.fullmatch(line[:200]) for line in firsts):
            return None
        return f'lines "x,y" such as {shown(firsts[0].strip())}'

    def read(self, source: Source, wanted: Wanted) -> tuple[Trajectory, list[str]]:
        notes = [f"coordinates are on Tora's own {CANVAS_PX}x{CANVAS_PX} canvas"]
        tracks = []
        for i, text in enumerate(source.texts):
            try:
                tracks.append(_track(text, source.names[i] if i < len(source.names) else ""))
            except TrajectoryError as error:
                raise error if len(source.texts) == 1 else TrajectoryError(f"text {i + 1}: {error}") from None
        frames = frames_of_samples(tracks, wanted, notes)
        trajectory = Trajectory(width=CANVAS_PX, height=CANVAS_PX, frames=frames, tracks=tuple(tracks))
        size = (wanted.width or CANVAS_PX, wanted.height or CANVAS_PX)
        if size != (CANVAS_PX, CANVAS_PX):
            notes.append(f"scaled to {size[0]}x{size[1]}")
        return trajectory.resized(*size), notes

    def write(self, trajectory: Trajectory) -> list[str]:
        return ["".join(f"{_text(x)},{_text(y)}\n" for x, y in points) for points in self._points(trajectory)]

    def losses(self, trajectory: Trajectory) -> list[str]:
        losses = sample_losses(trajectory)
        canvas = f"{trajectory.width}x{trajectory.height}"
        losses.append(f"the canvas size, {canvas}: coordinates count in 1/{CANVAS_PX} of it")
        return losses + self._rounding_losses(trajectory)

    def _points(self, trajectory: Trajectory) -> list[list[tuple[float, float]]]:
        return [[(_whole(x), _whole(y)) for x, y in points] for points in _on_canvas(trajectory)]

    def _rounding_losses(self, trajectory: Trajectory) -> list[str]:
        wanted = [point for points in _on_canvas(trajectory) for point in points]
        got = [point for points in self._points(trajectory) for point in points]
        shift_x = max((abs(a[0] - b[0]) for a, b in zip(wanted, got, strict=True)), default=0.0)
        shift_y = max((abs(a[1] - b[1]) for a, b in zip(wanted, got, strict=True)), default=0.0)
        losses = []
        # Positions are float32: what is smaller than their own step is no loss.
        if max(shift_x, shift_y) > 1e-3:
            px = shift_x * trajectory.width / CANVAS_PX, shift_y * trajectory.height / CANVAS_PX
            losses.append(
                f"decimals: points move by up to {px[0]:.2f} px in x and {px[1]:.2f} px in y "
                f"({ToraTxtDecimal.name} keeps them, but the published code can't read it)"
            )
        if any(not (0 <= x < CANVAS_PX and 0 <= y < CANVAS_PX) for x, y in got):
            losses.append("points outside the canvas are written as they are; the published code crashes on them")
        return losses


class ToraTxtDecimal(ToraTxt):
    """The same lines with decimals: nothing is rounded, but the published reader refuses them."""

    name = "tora-txt-decimal"
    title = "Tora text with decimals"
    suffixes: tuple[str, ...] = ()

    def detect(self, source: Source) -> str | None:
        return None  # ToraTxt reads both

    def _points(self, trajectory: Trajectory) -> list[list[tuple[float, float]]]:
        return _on_canvas(trajectory)


def _track(text: str, name: str) -> Track:
    samples: list[tuple[float, float]] = []
    for i, line in enumerate(text.splitlines()):
        if not line.strip():
            continue
        match = _LINE.fullmatch(line) if len(line) <= 1000 else None
        if match is None:
            raise TrajectoryError(f"line {i + 1} is {shown(line)}, expected two numbers x,y.")
        if len(samples) == MAX_POINTS:
            raise TrajectoryError(f"line {i + 1}: more than {MAX_POINTS} points in one track.")
        x, y = (
            number(f"line {i + 1}: {axis}", float(part), -MAX_COORDINATE_PX, MAX_COORDINATE_PX)
            for axis, part in zip("xy", match.groups(), strict=True)
        )
        samples.append((x, y))
    if not samples:
        raise TrajectoryError("the text holds no points, expected a line x,y for each.")
    return samples_track(samples, name[:200])


def _on_canvas(trajectory: Trajectory) -> list[list[tuple[float, float]]]:
    scale_x, scale_y = CANVAS_PX / trajectory.width, CANVAS_PX / trajectory.height
    points_px = trajectory.sample().points_px
    return [[(float(x) * scale_x, float(y) * scale_y) for x, y in points] for points in points_px]


def _whole(value: float) -> float:
    """The nearest whole number, but 255 for what still lies on the canvas: the published reader crashes at 256."""
    return CANVAS_PX - 1 if CANVAS_PX - 1 < value < CANVAS_PX else round(value)


def _text(value: float) -> str:
    return repr(int(value) if value == int(value) else value)
