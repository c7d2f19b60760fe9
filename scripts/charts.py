"""Panels of curves for docs: points with error bars, axes from 0, a legend."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

if find_spec("tora_core") is None:  # not installed
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tora_core.evaluation.chart import nice_ticks
from tora_core.evaluation.sheet import GRAY, INK, PALE, Color, Sheet, width_of

COLORS: tuple[Color, ...] = ((0, 114, 178), (213, 94, 0), (0, 158, 115), (204, 121, 167))
PANEL = (440, 300)
LEFT, RIGHT, TOP, BOTTOM = 52, 18, 46, 46


@dataclass(frozen=True)
class Curve:
    """x, y and standard error of each point."""

    name: str
    points: Sequence[tuple[float, float, float]]


@dataclass(frozen=True)
class Panel:
    """One diagram; `most` cuts the y axis: what is higher is drawn at its top."""

    title: str
    x_title: str
    curves: Sequence[Curve]
    most: float | None = None
    lines: dict[str, float] = field(default_factory=dict)
    """Names and heights of dashed lines."""


def write_panels(path: Path, panels: Sequence[Panel], columns: int = 2) -> None:
    """A PNG with all panels, row after row."""
    from PIL import Image

    rows = -(-len(panels) // columns)
    sheet = Sheet(PANEL[0] * columns, PANEL[1] * rows)
    for index, panel in enumerate(panels):
        _draw(sheet, panel, (index % columns) * PANEL[0], (index // columns) * PANEL[1])
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(sheet.pixels()).save(path, optimize=True)


def _draw(sheet: Sheet, panel: Panel, x0: int, y0: int) -> None:
    left, right, top, bottom = x0 + LEFT, x0 + PANEL[0] - RIGHT, y0 + TOP, y0 + PANEL[1] - BOTTOM
    points = [point for curve in panel.curves for point in curve.points]
    most = panel.most or max([y + e for _, y, e in points] + list(panel.lines.values()))
    ticks = nice_ticks(most * 1.05)
    low, high = min(x for x, _, _ in points), max(x for x, _, _ in points)

    def place(x: float, y: float) -> tuple[float, float]:
        share = (x - low) / (high - low) if high > low else 0.5
        return left + (right - left) * share, bottom - (bottom - top) * min(y, ticks[-1]) / ticks[-1]

    sheet.text(left - 8, y0 + 20, panel.title, 14, INK)
    for tick in ticks:
        y = place(low, tick)[1]
        sheet.line([(left, y), (right, y)], PALE)
        sheet.text(left - 7, y, f"{tick:g}", 11, GRAY, "rm")
    for x in sorted({x for x, _, _ in points}):
        sheet.line([(place(x, 0)[0], bottom), (place(x, 0)[0], bottom + 4)], GRAY)
        sheet.text(place(x, 0)[0], bottom + 16, f"{x:g}", 11, GRAY, "ms")
    sheet.line([(left, bottom), (right, bottom)], GRAY, 1.2)
    sheet.text((left + right) / 2, bottom + 34, panel.x_title, 12, GRAY, "ms")
    for name, height in panel.lines.items():
        y = place(low, height)[1]
        sheet.line([(left, y), (right, y)], GRAY, 1.2, dash=5)
        sheet.text(right, y - 5, name, 11, GRAY, "rs")
    for color, curve in zip(COLORS, panel.curves, strict=False):
        sheet.line([place(x, y) for x, y, _ in curve.points], color, 2)
        for x, y, error in curve.points:
            sheet.line([place(x, max(0.0, y - error)), place(x, y + error)], color, 1.3)
            sheet.disc(*place(x, y), 3, color)
    x = left
    for color, curve in zip(COLORS, panel.curves, strict=False):
        if len(panel.curves) > 1:
            sheet.line([(x, y0 + 34), (x + 18, y0 + 34)], color, 2.2)
            sheet.text(x + 24, y0 + 38, curve.name, 11, GRAY)
            x += 40 + width_of(curve.name, 11)
