"""The chart of a report: how far each track was off in every frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .following import Following
from .picture import colors
from .sheet import GRAY, INK, PALE, RED, Color, Sheet, width_of

HEIGHT_PX = 280
MANY = 6
"""More tracks than these are drawn thin and pale, so that their mean stands out."""

_LANE_PX = 10


@dataclass(frozen=True)
class _Plot:
    """Where frames and distances are on the sheet."""

    left: float
    right: float
    top: float
    bottom: float
    frames: int
    most_px: float

    def x(self, frame: float) -> float:
        if self.frames == 1:
            return (self.left + self.right) / 2
        return self.left + (self.right - self.left) * frame / (self.frames - 1)

    def y(self, px: float) -> float:
        return self.bottom - (self.bottom - self.top) * px / self.most_px


def draw_chart(sheet: Sheet, following: Following, left: float, top: float, right: float) -> None:
    """Distance over frames, HEIGHT_PX high: a line a track in the table's colors, the mean, and 5 % of the diagonal.

    Frames in which things were lost are told in a lane of their own above: half the diagonal would flatten all lines.
    """
    found = following.counted & following.found
    distance = np.where(found, following.distances(), np.nan)
    largest = float(np.nanmax(distance)) if found.any() else 0.0
    ticks = nice_ticks(max(1.12 * largest, 1.3 * following.near_px))
    frames = distance.shape[1]
    plot = _Plot(left + 46, right - 6, top + 68, top + HEIGHT_PX - 40, frames, ticks[-1])
    lost = (following.counted & ~following.found).mean(axis=0)
    legend: list[tuple[str, Color, bool]] = [("mean where found", INK, False)] if len(distance) > 1 else []
    legend += [("5 % of the diagonal", GRAY, True)]
    _legend(sheet, left, top + 16, right, legend)
    _axes(sheet, plot, ticks)
    sheet.line([(plot.left, plot.y(following.near_px)), (plot.right, plot.y(following.near_px))], GRAY, 1.3, dash=5)
    _lost_lane(sheet, plot, lost)
    many = len(distance) > MANY
    for own, ink in zip(distance, colors(len(distance)), strict=True):
        _curve(sheet, plot, own, _faded(ink) if many else ink, 1.3 if many else 2.0)
    if len(distance) > 1:
        _curve(sheet, plot, mean_found(distance), INK, 2.6)


def mean_found(distance: np.ndarray) -> np.ndarray:
    """The mean over tracks (N, F) of what is a number, (F,); NaN where nothing is."""
    told = ~np.isnan(distance)
    total = np.where(told, distance, 0.0).sum(axis=0)
    return np.where(told.any(axis=0), total / np.maximum(told.sum(axis=0), 1), np.nan)


def nice_ticks(most: float) -> list[float]:
    """Three to seven even numbers 0, step, ... of which the last is `most` or just above; step is 1, 2 or 5 x 10^n."""
    rough = most / 5
    power = 10.0 ** np.floor(np.log10(rough))
    step = next(float(s * power) for s in (1, 2, 5, 10) if s * power >= rough * 0.999)
    return [step * i for i in range(int(np.ceil(most / step * 0.999)) + 1)]


def _axes(sheet: Sheet, plot: _Plot, ticks: list[float]) -> None:
    for tick in ticks:
        sheet.line([(plot.left, plot.y(tick)), (plot.right, plot.y(tick))], PALE, 1.0)
        sheet.text(plot.left - 7, plot.y(tick), f"{tick:g}", 12, GRAY, "rm")
    last = plot.frames - 1
    step = max(1, round(nice_ticks(last)[1])) if last > 0 else 1
    for frame in range(0, last + 1, step):
        sheet.line([(plot.x(frame), plot.bottom), (plot.x(frame), plot.bottom + 4)], GRAY, 1.0)
        sheet.text(plot.x(frame), plot.bottom + 17, f"{frame}", 12, GRAY, "ms")
    sheet.line([(plot.left, plot.bottom), (plot.right, plot.bottom)], GRAY, 1.2)
    sheet.text((plot.left + plot.right) / 2, plot.bottom + 34, "frame", 12, GRAY, "ms")


def _lost_lane(sheet: Sheet, plot: _Plot, share: np.ndarray) -> None:
    """Red where tracks were lost, (F,): the more of them, the stronger."""
    half = (plot.x(1) - plot.x(0)) / 2 if plot.frames > 1 else (plot.right - plot.left) / 2
    bottom = plot.top - 11
    for frame in np.flatnonzero(share).tolist():
        sides = np.clip([plot.x(frame) - half, plot.x(frame) + half], plot.left, plot.right)
        strength = 0.25 + 0.75 * float(share[frame])
        sheet.box(sides[0], bottom - _LANE_PX, sides[1], bottom, _faded(RED, 1 - strength))
    if share.any():
        sheet.text(plot.left - 7, bottom - _LANE_PX / 2, "lost", 12, RED, "rm")


def _curve(sheet: Sheet, plot: _Plot, distance: np.ndarray, color: Color, width: float) -> None:
    """A line through all frames (F,) that have a number; a dot where one stands alone."""
    told = ~np.isnan(distance)
    ends = np.flatnonzero(np.diff(np.concatenate([[False], told, [False]]).astype(int)))
    for begin, end in zip(ends[::2], ends[1::2], strict=True):
        points = [(plot.x(f), plot.y(float(distance[f]))) for f in range(begin, end)]
        if len(points) == 1:
            sheet.disc(*points[0], 1.5 * width, color)
        else:
            sheet.line(points, color, width)


def _legend(sheet: Sheet, left: float, base: float, right: float, entries: list[tuple[str, Color, bool]]) -> None:
    """The title, and what the lines are: beside it, or below it where both don't fit into one row."""
    title = "Distance from the asked path, px"
    sheet.text(left, base, title, 15, INK)
    x = right - sum(width_of(words, 12) + 46 for words, _, _ in entries)
    if x < left + width_of(title, 15) + 30:
        x, base = left, base + 21
    for words, ink, dashed in entries:
        middle = base - 4
        sheet.line([(x, middle), (x + 24, middle)], ink, 2.2, dash=5 if dashed else 0)
        sheet.text(x + 30, base, words, 12, GRAY)
        x += width_of(words, 12) + 46


def _faded(color: Color, share: float = 0.35) -> Color:
    r, g, b = (round(c + (255 - c) * share) for c in color)
    return r, g, b
