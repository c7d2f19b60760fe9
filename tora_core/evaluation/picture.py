"""Asked paths against obtained ones, over a frame of the video or in every one."""

from __future__ import annotations

import colorsys

import numpy as np

from ..trajectory import Tracks
from ..trajectory.picture import PALETTE, overlay_tracks, rgb
from ..trajectory.strokes import Layer
from .following import Following
from .sheet import RED, Color

ASKED: Color = (30, 32, 38)
"""Nearly black, with a light rim: seen on any picture, and no track's color."""

BOX_PX = (520, 720)
"""A frame is shown as large as fits into this height and width."""

PAPER_SHARE = 0.3
"""How much the frame fades, so that lines stand out."""

MOST_NUMBERS = 12
"""Of more tracks the numbers are left out: they would cover each other."""


def colors(count: int) -> list[Color]:
    """A color a track: those of all the pack's pictures, or as many hues as are needed."""
    if count <= len(PALETTE):
        return [rgb(color) for color in PALETTE[:count]]
    made = (colorsys.hsv_to_rgb(n * 0.618034 % 1, 0.85, (0.85, 0.6, 0.72)[n % 3]) for n in range(count))
    return [(round(255 * r), round(255 * g), round(255 * b)) for r, g, b in made]


def draw_following(following: Following, background: np.ndarray | None = None) -> np.ndarray:
    """uint8 RGB: asked paths black, obtained ones in color, gray lines between the two, red crosses where it was lost.

    background: uint8 (H, W, 3) of the video's size, shown faded. The picture is scaled to fit into BOX_PX.
    """
    import cv2

    height, width = following.size
    scale = min(BOX_PX[0] / height, BOX_PX[1] / width)
    shown = max(1, round(height * scale)), max(1, round(width * scale))
    picture = np.full((*shown, 3), 236, np.uint8)
    if background is not None:
        way = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
        large = cv2.resize(np.ascontiguousarray(background), (shown[1], shown[0]), interpolation=way)
        picture = np.rint(large * (1 - PAPER_SHARE) + 255 * PAPER_SHARE).astype(np.uint8)
    asked, obtained = ((p + 0.5) * scale - 0.5 for p in (following.asked, following.obtained))
    counted, found = following.counted, following.counted & following.found
    for places, other, both in zip(asked, obtained, found, strict=True):
        for a, b in zip(places[both], other[both], strict=True):
            cv2.line(picture, _whole(a), _whole(b), (150, 152, 158), 1, cv2.LINE_AA)
    layer = Layer(*shown, halo=True)
    inks = colors(len(asked))
    for places, seen in zip(asked, counted, strict=True):
        _path(layer, places, seen, ASKED)
    for places, seen, ink in zip(obtained, found, inks, strict=True):
        _path(layer, places, seen, ink)
    picture = layer.over(picture)
    reach = 4
    for place in asked[counted & ~following.found]:
        x, y = _whole(place)
        for way_up in (-reach, reach):
            cv2.line(picture, (x - reach, y - way_up), (x + reach, y + way_up), (255, 255, 255), 4, cv2.LINE_AA)
        for way_up in (-reach, reach):
            cv2.line(picture, (x - reach, y - way_up), (x + reach, y + way_up), RED, 2, cv2.LINE_AA)
    return _numbered(picture, asked, counted, inks) if 1 < len(asked) <= MOST_NUMBERS else picture


def overlay_following(video: np.ndarray, following: Following) -> np.ndarray:
    """The video uint8 (F, H, W, 3) with both paths and where each is in every frame: a copy."""
    count = len(following.asked)
    asked = Tracks(following.asked, following.counted, following.size)
    found = Tracks(following.obtained, following.counted & following.found, following.size)
    drawn = overlay_tracks(video, asked, colors=[_hex(ASKED)] * count)
    return overlay_tracks(drawn, found, colors=[_hex(color) for color in colors(count)])


def _hex(color: Color) -> str:
    return "#{:02x}{:02x}{:02x}".format(*color)


def _whole(point: np.ndarray) -> tuple[int, int]:
    """A place for cv2, which refuses what is too far away."""
    x, y = np.clip(np.rint(point), -(2**14), 2**14)
    return int(x), int(y)


def _path(layer: Layer, places: np.ndarray, seen: np.ndarray, color: Color) -> None:
    """A path (F, 2) where it is seen (F,): a line, a bead a frame, and a ring where it begins."""
    layer.path(places, seen[:-1] & seen[1:], color, 1.0)
    for place in places[seen]:
        layer.bead(place, color, 1.0)
    if seen.any():
        layer.ring(places[seen][0], color)


def _numbered(picture: np.ndarray, asked: np.ndarray, counted: np.ndarray, inks: list[Color]) -> np.ndarray:
    """Each track's number beside the end of its asked path."""
    from PIL import Image, ImageDraw, ImageFont

    image = Image.fromarray(picture)
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(15)
    for number, (places, seen, ink) in enumerate(zip(asked, counted, inks, strict=True)):
        if seen.any():
            x, y = np.clip(places[seen][-1], 0, [picture.shape[1] - 1, picture.shape[0] - 1])
            to_left = x > picture.shape[1] - 24
            place = (float(x) - 9 if to_left else float(x) + 9, float(np.clip(y, 9, picture.shape[0] - 10)))
            anchor = "rm" if to_left else "lm"
            draw.text(place, f"{number + 1}", ink, font, anchor, stroke_width=2, stroke_fill=(255, 255, 255))
    return np.array(image)
