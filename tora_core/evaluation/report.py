"""The report of a video on one sheet: the figures, the paths over a frame, a table of the tracks, and the chart."""

from __future__ import annotations

import numpy as np

from .chart import HEIGHT_PX, draw_chart
from .following import Following, label
from .picture import colors, draw_following
from .sheet import GRAY, INK, PALE, Sheet, shortened
from .traj_error import TrajError

_HEAD_PX = 56
"""The table's head, and its line over all."""

MARGIN_PX, GAP_PX = 24, 20
TABLE_PX, ROW_PX = 452, 20
TOP_PX = 138
"""Title and figures above the rest."""

LEAST_WIDTH_PX = 900
LEAST_MIDDLE_PX = 420
"""Beside a flat frame the table, with a chart below, still gets this height."""

_COLUMNS = ((224, "distance"), (302, "|dx|+|dy|"), (352, "near"), (402, "found"), (452, "frames"))
_TILE = (246, 247, 249)


def draw_report(following: Following, video: np.ndarray) -> np.ndarray:
    """A picture uint8 (h, w, 3) of what `measure_following` found in the video uint8 (F, H, W, 3).

    It is 900 px wide or more, whatever the video's size. The chart is below the table where few tracks leave room for
    it, else below both. Where there are more tracks than fit beside the frame, the
    table has the worst; the JSON of Following.as_dict has all.
    """
    frame = draw_following(following, video[-1])
    height, width = frame.shape[:2]
    wide = max(LEAST_WIDTH_PX, 2 * MARGIN_PX + width + GAP_PX + TABLE_PX)
    middle = max(height + 26, LEAST_MIDDLE_PX)
    table = _HEAD_PX + ROW_PX * len(following.asked) + GAP_PX
    beside = table + HEIGHT_PX <= middle
    sheet = Sheet(wide, TOP_PX + middle + (0 if beside else GAP_PX + HEIGHT_PX) + MARGIN_PX // 2)
    _title(sheet, following)
    right = wide - MARGIN_PX
    # A narrow frame stands in the middle of the room that it leaves.
    left = MARGIN_PX + (right - MARGIN_PX - GAP_PX - TABLE_PX - width) // 2
    sheet.picture(left, TOP_PX, frame)
    words = f"Frame {len(video) - 1}. Black: asked. In color: obtained."
    lost = bool((following.counted & ~following.found).any())
    sheet.text(left, TOP_PX + height + 18, words + " Red cross: lost." * lost, 12, GRAY)
    _table(sheet, following, right - TABLE_PX, TOP_PX, middle)
    if beside:
        draw_chart(sheet, following, right - TABLE_PX, TOP_PX + middle - HEIGHT_PX, right)
    else:
        draw_chart(sheet, following, MARGIN_PX, TOP_PX + middle + GAP_PX, right)
    return sheet.pixels()


def _title(sheet: Sheet, following: Following) -> None:
    sheet.text(MARGIN_PX, 36, "Trajectory report", 21, INK)
    (height, width), (tracks, frames) = following.size, following.counted.shape
    told = f"{_count(tracks, 'track')}, {_count(frames, 'frame')} of {width} x {height}, tracker: {following.tracker}"
    sheet.text(sheet.width - MARGIN_PX, 36, told, 13, GRAY, "rs")
    error = following.overall
    figures = (
        (f"{error.euclidean_px:.1f} px", "mean distance"),
        (f"{error.l1_px:.1f} px", "mean |dx| + |dy|"),
        (f"{100 * error.near_share:.0f} %", f"near: within 5 % of the diagonal, {following.near_px:.1f} px"),
        (f"{100 * error.found_share:.0f} %", f"found; a lost frame counts as {following.lost_px:.1f} px"),
    )
    shares = (0.18, 0.18, 0.32, 0.32)
    room = sheet.width - 2 * MARGIN_PX - 3 * 12
    left = float(MARGIN_PX)
    for (value, meaning), share in zip(figures, shares, strict=True):
        wide = room * share
        sheet.box(left, 54, left + wide, 120, _TILE, 6)
        sheet.text(left + 14, 86, value, 24, INK)
        sheet.text(left + 14, 107, shortened(meaning, wide - 22, 12), 12, GRAY)
        left += wide + 12


def _table(sheet: Sheet, following: Following, left: float, top: float, height: float) -> None:
    """A line over all and one a track, the worst of them where there are too many for the height."""
    base = top + 14
    sheet.text(left, base, "track", 12, GRAY)
    for at, name in _COLUMNS:
        sheet.text(left + at, base, name, 12, GRAY, "rs")
    sheet.line([(left, base + 7), (left + TABLE_PX, base + 7)], GRAY, 1.2)
    inks = colors(len(following.asked))
    base += ROW_PX + 5
    _row(sheet, left, base, "all", following.overall)
    sheet.line([(left, base + 7), (left + TABLE_PX, base + 7)], PALE, 1.2)
    base += 5
    room = max(1, int((top + height - base - 12) // ROW_PX))
    shown = list(range(len(inks)))
    if len(shown) > room:
        room -= 1
        distance = [-1.0 if e is None else e.euclidean_px for e in following.per_track]
        shown = sorted(sorted(shown, key=lambda n: -distance[n])[:room])
    for n in shown:
        base += ROW_PX
        sheet.box(left, base - 10, left + 10, base, inks[n], 2)
        _row(sheet, left, base, label(following, n), following.per_track[n])
    if len(shown) < len(inks):
        note = f"These are the {len(shown)} farthest off; {len(inks) - len(shown)} more are in the JSON."
        sheet.text(left, base + ROW_PX, note, 12, GRAY)


def _row(sheet: Sheet, left: float, base: float, name: str, error: TrajError | None) -> None:
    sheet.text(left + 17, base, shortened(name, 130), 13, INK)
    if error is None:
        sheet.text(left + TABLE_PX, base, "never visible inside the frame", 12, GRAY, "rs")
        return
    near, found = (f"{100 * share:.0f} %" for share in (error.near_share, error.found_share))
    cells = (f"{error.euclidean_px:.2f}", f"{error.l1_px:.2f}", near, found, f"{error.frames}")
    for (at, _), words in zip(_COLUMNS, cells, strict=True):
        sheet.text(left + at, base, words, 13, INK, "rs")


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
