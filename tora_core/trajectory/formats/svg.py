"""Paths of an SVG file, as vector editors write them: one stroke of the pen is one track.

The viewBox is the canvas (else width and height). Read are `path`, `line`, `polyline` and `polygon` with the transforms
of their elements; other shapes are counted in a note. The color is the stroke, the name Inkscape's label or the id.
An SVG says nothing of time: tracks run evenly over the whole clip. No DTD and no entity is ever read, no file opened.
"""

from __future__ import annotations

import html
import re
import xml.etree.ElementTree as ElementTree
from typing import Any

import numpy as np

from ...errors import TrajectoryError
from ..bezier import as_bezier
from ..checks import number, shown
from ..limits import MAX_CANVAS_PX, MAX_NAME_CHARACTERS, MAX_TRACKS
from ..track import Point, Track
from ..trajectory import Trajectory
from .base import PLAIN, Format, Source, Wanted
from .drawings import drawing_losses, frames_of_drawing
from .samples import canvas_of, placed
from .svg_path import SubPath, parse_path, parse_transform

_SVG, _INKSCAPE = "http://www.w3.org/2000/svg", "http://www.inkscape.org/namespaces/inkscape"
_PLAIN_DOCTYPE = re.compile(r'<!DOCTYPE\s+svg(?:\s+(?:PUBLIC|SYSTEM)(?:\s+"[^"<>\[\]]*"){1,2})?\s*>')
_LENGTH = re.compile(r"\s*([0-9.]+(?:[eE][+-]?[0-9]{1,3})?)\s*(?:px)?\s*")
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_OUR_ID = re.compile(r"track-\d+")
_DEEPEST = 100
_HIDDEN = {"defs", "clipPath", "mask", "marker", "pattern", "symbol", "linearGradient", "radialGradient", "filter"}
_OTHER_SHAPES = {"rect", "circle", "ellipse", "text", "use", "image"}


class Svg(Format):
    """Read with curves as bezier curves; written as one path a track."""

    name = "svg"
    title = "SVG paths"
    suffixes = (".svg",)

    def detect(self, source: Source) -> str | None:
        if len(source.values) != 1 or source.values[0] is not PLAIN:
            return None
        head = source.texts[0][:10_000]
        return "an svg element" if head.lstrip().startswith("<") and re.search(r"<(\w+:)?svg[\s>]", head) else None

    def read(self, source: Source, wanted: Wanted) -> tuple[Trajectory, list[str]]:
        if len(source.values) != 1 or not source.texts[0].lstrip().startswith("<"):
            raise TrajectoryError("got no SVG, expected one text that begins with <.")
        reader = _Reader()
        _parse(source.texts[0], reader)
        notes = reader.notes()
        if not reader.tracks:
            raise TrajectoryError(f"the SVG holds no paths{': ' + notes[0] if notes else ''}.")
        left, top, wide, high = reader.box or (0.0, 0.0, *map(float, canvas_of("Paths are drawn in units", wanted)))
        width, height = (min(max(round(side), 1), MAX_CANVAS_PX) for side in (wide, high))
        if (width, height) != (wide, high):
            notes.append(f"the viewBox of {wide:g}x{high:g} is fitted to a canvas of {width}x{height}")
        onto = np.array([[width / wide, 0, -left * width / wide], [0, height / high, -top * height / high], [0, 0, 1]])
        tracks = tuple(_track(path, onto @ matrix, about) for path, matrix, about in reader.tracks)
        frames = frames_of_drawing(wanted, notes)
        trajectory = Trajectory(width=width, height=height, frames=frames, tracks=tracks)
        return placed(trajectory, wanted, notes), notes

    def write(self, trajectory: Trajectory) -> list[str]:
        size = f'viewBox="0 0 {trajectory.width} {trajectory.height}"'
        size += f' width="{trajectory.width}" height="{trajectory.height}"'
        lines = [f'<svg xmlns="{_SVG}" xmlns:inkscape="{_INKSCAPE}" {size} fill="none" stroke-width="2">']
        for i, track in enumerate(trajectory.tracks):
            label = f' inkscape:label="{_attribute(track.name)}"' if track.name else ""
            stroke = track.color or "currentColor"
            lines.append(f'  <path id="track-{i + 1}"{label} stroke="{stroke}" d="{_d(track)}"/>')
        return ["\n".join([*lines, "</svg>\n"])]

    def losses(self, trajectory: Trajectory) -> list[str]:
        losses = drawing_losses(trajectory, held=("canvas", "closed", "names", "colors"))
        if any(_NOT_XML.search(track.name) for track in trajectory.tracks):
            losses.append("control characters in names")
        if any(track.curve == "catmull-rom" and len(track.points) > 2 for track in trajectory.tracks):
            losses.append("the curve kind: smooth curves become bezier curves of the same shape")
        return losses


def _parse(text: str, reader: _Reader) -> None:
    """Feed the text to a parser that builds no tree. Text, not bytes: so no encoding that it names can hide a DTD."""
    text = _PLAIN_DOCTYPE.sub("", text, count=1)
    if re.search(r"<!\s*(DOCTYPE|ENTITY)", text, re.IGNORECASE):
        raise TrajectoryError("the SVG holds a DOCTYPE with declarations, or an ENTITY; save it as plain SVG.")
    parser = ElementTree.XMLParser(target=reader)
    try:
        parser.feed(text)
        parser.close()
    except ElementTree.ParseError as error:
        raise TrajectoryError(f"not valid SVG: {error}.") from None
    except (ValueError, UnicodeError) as error:
        if isinstance(error, TrajectoryError):
            raise
        raise TrajectoryError(f"not valid SVG: {shown(str(error))}.") from None


class _Reader:
    """Collects the strokes of an SVG with their matrices; called by the parser for each element."""

    def __init__(self) -> None:
        self.tracks: list[tuple[SubPath, np.ndarray, dict[str, Any]]] = []
        self.box: tuple[float, float, float, float] | None = None
        self._open: list[tuple[np.ndarray, bool, str]] = []  # matrix, is it hidden, color
        self._others: dict[str, int] = {}
        self._hidden = 0
        self._split = 0

    def notes(self) -> list[str]:
        notes = [f"not read: {count} {name}" for name, count in sorted(self._others.items())]
        if self._hidden:
            notes.append(f"not read: {self._hidden} paths that are not drawn (in defs, clipPath, mask and the like)")
        if self._split:
            notes.append(f"{self._split} paths have several strokes: each stroke is a track")
        return notes

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        space, _, name = tag.rpartition("}")
        if len(self._open) >= _DEEPEST:
            raise TrajectoryError(f"the SVG's elements are nested more than {_DEEPEST} deep.")
        matrix, hidden, color = self._open[-1] if self._open else (np.eye(3), False, "")
        if space not in ("", "{" + _SVG):
            name = ""
        if not self._open:
            self._root(name, attributes)
        elif name == "svg":
            raise TrajectoryError("the SVG holds an svg element in another one; flatten it first.")
        hidden = hidden or name in _HIDDEN
        style = _style(attributes)
        color = style.get("stroke", color)
        if style.get("display") == "none":
            hidden = True
        if "transform" in attributes and name:
            with np.errstate(over="ignore", invalid="ignore"):
                matrix = matrix @ parse_transform(attributes["transform"])
            if not np.abs(matrix).max() < 1e12:
                raise TrajectoryError("the SVG's transforms scale without end.")
        self._open.append((matrix, hidden, color))
        if name in _OTHER_SHAPES and not hidden:
            self._others[name] = self._others.get(name, 0) + 1
        d = _shape(name, attributes)
        if d is None:
            return
        if hidden:
            self._hidden += 1
            return
        label = attributes.get("{" + _INKSCAPE + "}label") or attributes.get("id", "")
        about = {"name": "" if _OUR_ID.fullmatch(label) else label[:MAX_NAME_CHARACTERS], "color": _color(color)}
        self._add(d, matrix, about)

    def end(self, tag: str) -> None:
        self._open.pop()

    def close(self) -> None:
        """The parser asks for it."""

    def _root(self, name: str, attributes: dict[str, str]) -> None:
        if name != "svg":
            raise TrajectoryError("the first element is not svg.")
        if "viewBox" in attributes:
            parts = re.split(r"[\s,]+", attributes["viewBox"].strip()[:400])
            if len(parts) != 4 or not all(
                re.fullmatch(r"[+-]?[0-9.]{1,30}(?:[eE][+-]?\d{1,3})?", part) for part in parts
            ):
                raise TrajectoryError(f"viewBox is {shown(attributes['viewBox'])}, expected four numbers.")
            left, top, wide, high = (_finite("viewBox", part) for part in parts)
            self.box = (
                left,
                top,
                number("viewBox width", wide, 0, 1e6, above=True),
                number("viewBox height", high, 0, 1e6, above=True),
            )
            return
        sides = [_LENGTH.fullmatch(attributes.get(key, "")[:100]) for key in ("width", "height")]
        if sides[0] and sides[1]:
            wide, high = (_finite("width and height", side[1]) for side in sides if side)
            if wide > 0 and high > 0:
                self.box = 0.0, 0.0, number("width", wide, 0, 1e6), number("height", high, 0, 1e6)

    def _add(self, d: str, matrix: np.ndarray, about: dict[str, Any]) -> None:
        try:
            paths = parse_path(d)
        except TrajectoryError as error:
            raise TrajectoryError(f"path {len(self.tracks) + 1} ({shown(about['name'])}): {error}") from None
        self._split += len(paths) > 1
        self.tracks += [(path, matrix, about) for path in paths]
        if len(self.tracks) > MAX_TRACKS:
            raise TrajectoryError(f"the SVG has more than {MAX_TRACKS} strokes.")


def _finite(place: str, text: str) -> float:
    try:
        return number(place, float(text), -1e6, 1e6)
    except ValueError as error:
        raise (
            error if isinstance(error, TrajectoryError) else TrajectoryError(f"{place} holds {shown(text)}.")
        ) from None


def _shape(name: str, attributes: dict[str, str]) -> str | None:
    """The `d` of an element that is a path or can be written as one, else None."""
    if name == "path":
        return attributes.get("d") or None
    if name == "line":
        x1, y1, x2, y2 = (attributes.get(key, "0") for key in ("x1", "y1", "x2", "y2"))
        return f"M {x1} {y1} L {x2} {y2}"
    if name in ("polyline", "polygon") and attributes.get("points", "").strip():
        return f"M {attributes['points']}{' Z' if name == 'polygon' else ''}"
    return None


def _style(attributes: dict[str, str]) -> dict[str, str]:
    """stroke and display, from their attributes or from `style`, which counts more."""
    found: dict[str, str] = {key: attributes[key] for key in ("stroke", "display") if key in attributes}
    for part in attributes.get("style", "")[:10_000].split(";"):
        key, _, value = part.partition(":")
        if key.strip() in ("stroke", "display"):
            found[key.strip()] = value
    return {key: value.strip() for key, value in found.items()}


def _color(text: str) -> str | None:
    if re.fullmatch(r"#[0-9a-fA-F]{6}", text):
        return text
    if re.fullmatch(r"#[0-9a-fA-F]{3}", text):
        return "#" + "".join(digit * 2 for digit in text[1:])
    return None


def _track(path: SubPath, matrix: np.ndarray, about: dict[str, Any]) -> Track:
    """The track of a stroke; a closed one comes back to its first point, so that its last is that one."""
    start = matrix @ (*path.start, 1.0)
    if not path.cubics:
        return Track((Point(float(start[0]), float(start[1])),), curve="polyline", **about)
    cubics = np.array(path.cubics) @ matrix[:2, :2].T + matrix[:2, 2]
    points = np.concatenate([cubics[:1, 0], cubics[:, 3]])
    out = [*(cubics[:, 1] - cubics[:, 0]), np.zeros(2)]
    into = [np.zeros(2), *(cubics[:, 2] - cubics[:, 3])]
    if path.closed and len(points) > 1:
        into[0] = into.pop()
        points = points[:-1]
    made = tuple(
        Point(float(p[0]), float(p[1]), handle_in=_handle(i), handle_out=_handle(o))
        for p, i, o in zip(points, into, out, strict=False)
    )
    return Track(made, curve="polyline" if path.straight else "bezier", closed=path.closed, **about)


def _handle(vector: np.ndarray) -> tuple[float, float] | None:
    return (float(vector[0]), float(vector[1])) if vector.any() else None


def _d(track: Track) -> str:
    track = as_bezier(track)
    first = track.points[0]
    parts = [f"M {_text(first.x)} {_text(first.y)}"]
    ends = [*track.points[1:], *([first] if track.closed and len(track.points) > 1 else [])]
    for point, end in zip(track.points, ends, strict=False):
        if track.curve == "polyline":
            parts.append(f"L {_text(end.x)} {_text(end.y)}")
            continue
        out, into = point.handle_out or (0.0, 0.0), end.handle_in or (0.0, 0.0)
        numbers = (point.x + out[0], point.y + out[1], end.x + into[0], end.y + into[1], end.x, end.y)
        parts.append("C " + " ".join(map(_text, numbers)))
    return " ".join(parts) + (" Z" if track.closed and len(track.points) > 1 else "")


def _attribute(text: str) -> str:
    """Text between double quotes; line ends are written as numbers, or a reader takes them for blanks."""
    text = html.escape(_NOT_XML.sub("", text))
    return text.replace("\t", "&#9;").replace("\n", "&#10;").replace("\r", "&#13;")


def _text(value: float) -> str:
    return repr(int(value) if value == int(value) else value)
