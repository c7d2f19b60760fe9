"""A sheet of paper to draw a report on: lines and words that are drawn larger and scaled down, and pictures as is."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

Color = tuple[int, int, int]

PAPER: Color = (255, 255, 255)
INK: Color = (32, 34, 40)
GRAY: Color = (112, 116, 126)
PALE: Color = (226, 228, 233)
RED: Color = (214, 39, 40)
"""What is lost."""

_SCALE = 3


class Sheet:
    """White paper of width x height px. Places are (x, y) in its pixels, sizes of words their height in px."""

    def __init__(self, width: int, height: int) -> None:
        from PIL import Image, ImageDraw

        self.width, self.height = width, height
        self._image = Image.new("RGB", (width * _SCALE, height * _SCALE), PAPER)
        self._draw = ImageDraw.Draw(self._image)
        self._pictures: list[tuple[int, int, np.ndarray]] = []

    def text(self, x: float, y: float, words: str, size: float = 13, color: Color = INK, anchor: str = "ls") -> None:
        """anchor: Pillow's two letters: l, m or r across, then s for the words' base line or m for their middle."""
        font = _font(round(size * _SCALE))
        self._draw.text((x * _SCALE, y * _SCALE), words, fill=color, font=font, anchor=anchor)

    def line(self, points: Sequence[Sequence[float]], color: Color, width: float = 1.0, dash: float = 0.0) -> None:
        """Straight from point to point. dash: length of the dashes and gaps in px of a line of two points; 0: none."""
        if dash:
            (x1, y1), (x2, y2) = points
            long = float(np.hypot(x2 - x1, y2 - y1))
            for begin in np.arange(0.0, long, 2 * dash):
                a, b = begin / long, min(begin + dash, long) / long
                ends = [(x1 + t * (x2 - x1), y1 + t * (y2 - y1)) for t in (a, b)]
                self.line(ends, color, width)
            return
        places = [(x * _SCALE, y * _SCALE) for x, y in points]
        self._draw.line(places, fill=color, width=max(1, round(width * _SCALE)), joint="curve")

    def box(self, left: float, top: float, right: float, bottom: float, color: Color, radius: float = 0.0) -> None:
        """A filled box, with rounded corners where a radius is given."""
        at = tuple(round(v * _SCALE) for v in (left, top, right, bottom))
        self._draw.rounded_rectangle(at, radius=radius * _SCALE, fill=color)

    def disc(self, x: float, y: float, radius: float, color: Color) -> None:
        self._draw.ellipse([round(v * _SCALE) for v in (x - radius, y - radius, x + radius, y + radius)], fill=color)

    def picture(self, left: int, top: int, picture: np.ndarray) -> None:
        """Lay a picture uint8 (h, w, 3) on top of all that is drawn, pixel for pixel."""
        self._pictures.append((left, top, picture))

    def pixels(self) -> np.ndarray:
        """uint8 (height, width, 3)."""
        from PIL import Image

        small = np.array(self._image.resize((self.width, self.height), Image.Resampling.BOX))
        for left, top, picture in self._pictures:
            small[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
        return small


def width_of(words: str, size: float = 13) -> float:
    """How wide words are, in px."""
    return float(_font(round(size * _SCALE)).getlength(words)) / _SCALE


def shortened(words: str, width: float, size: float = 13) -> str:
    """Words that fit into a width in px: cut, with dots in the place of the rest, where they are too long."""
    if width_of(words, size) <= width:
        return words
    while words and width_of(words + "...", size) > width:
        words = words[:-1]
    return words.rstrip() + "..."


@lru_cache(maxsize=32)
def _font(size: int) -> Any:
    """Pillow's own, which comes with it on every system."""
    from PIL import ImageFont

    return ImageFont.load_default(size)
