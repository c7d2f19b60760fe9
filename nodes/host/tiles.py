"""Rectangles that cover a picture, each with a rim of its neighbours' pixels round it."""

from __future__ import annotations

import itertools
from typing import NamedTuple


class Span(NamedTuple):
    """Pixels [start, end) of one axis, out of [seen_start, seen_end), which reaches over into the neighbours'."""

    start: int
    end: int
    seen_start: int
    seen_end: int

    @property
    def seen(self) -> slice:
        """What is looked at, in the picture."""
        return slice(self.seen_start, self.seen_end)

    def own(self, shrink: int = 1) -> slice:
        """The span's own part of what it sees, where that has become `shrink` times smaller."""
        return slice((self.start - self.seen_start) // shrink, (self.end - self.seen_start) // shrink)

    def place(self, shrink: int = 1) -> slice:
        """Where its own part belongs in a picture that is `shrink` times smaller."""
        return slice(self.start // shrink, self.end // shrink)


class Tile(NamedTuple):
    """Rows and columns of one rectangle."""

    rows: Span
    columns: Span


def cut(size: tuple[int, int], side: int, rim: int) -> list[Tile]:
    """Tiles over `size` (height, width) that see at most side x side pixels; their own parts don't overlap.

    side, rim: even, side > 2 * rim; so are all bounds where height and width are even.
    """
    rows, columns = (_spans(length, side, rim) for length in size)
    return [Tile(down, across) for down in rows for across in columns]


def _spans(length: int, side: int, rim: int) -> list[Span]:
    if length <= side:
        return [Span(0, length, 0, length)]
    count = -(-length // (side - 2 * rim))
    bounds = [round(i * length / count / 2) * 2 for i in range(count)] + [length]
    return [Span(start, end, max(0, start - rim), min(length, end + rim)) for start, end in itertools.pairwise(bounds)]
