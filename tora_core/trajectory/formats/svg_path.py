"""The `d` of SVG paths and the `transform` of their elements: read into cubics, as SVG 1.1 chapters 7.6 and 8.3 define.

All commands (M L H V C S Q T A Z, large and small). Quadratics become cubics exactly; an arc becomes a cubic for each
quarter of the turn, off by at most 0.03 % of its radius.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field

import numpy as np

from ...errors import TrajectoryError
from ..checks import number, shown
from ..limits import MAX_COORDINATE_PX, MAX_POINTS

_TOKEN = re.compile(r"([MmLlHhVvCcSsQqTtAaZz])|([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?)|([\s,]+)|(.)", re.DOTALL)
_COUNT = {"M": 2, "L": 2, "H": 1, "V": 1, "C": 6, "S": 4, "Q": 4, "T": 2, "A": 7, "Z": 0}
_CALL = re.compile(r"\s*,?\s*(matrix|translate|scale|rotate|skewX|skewY)\s*\(([^()]*)\)\s*")
_LONGEST_NUMBER = 40
_LONGEST_PATH = 1_000_000

Vector = tuple[float, float]


@dataclass
class SubPath:
    """One pen stroke: its points, the cubics between them ((start, handle, handle, end) each) and if it was closed."""

    start: Vector
    cubics: list[tuple[Vector, Vector, Vector, Vector]] = field(default_factory=list)
    straight: bool = True
    closed: bool = False


def parse_path(d: str) -> list[SubPath]:
    """The strokes of a path's `d`. Raises TrajectoryError that says what is wrong in it."""
    if len(d) > _LONGEST_PATH:
        raise TrajectoryError(f"the path has {len(d):,} characters, expected at most {_LONGEST_PATH:,}.")
    reader = _Reader(d)
    pen = _Pen()
    command = ""
    drawn = 0
    while (letter := reader.letter(command)) is not None:
        command = letter
        pen.draw(command, reader.numbers(command))
        drawn += 1
        if drawn > MAX_POINTS:
            raise TrajectoryError(f"the path has more than {MAX_POINTS} commands.")
    if not pen.paths:
        raise TrajectoryError("the path is empty.")
    return pen.paths


def parse_transform(text: str) -> np.ndarray:
    """The 3x3 matrix of a `transform` attribute; points are columns (x, y, 1). Raises TrajectoryError."""
    matrix = np.eye(3)
    at = 0
    while text[at:].strip():
        call = _CALL.match(text, at)
        if call is None or len(text) > 10_000:
            raise TrajectoryError(
                f"transform is {shown(text[at:].strip())}, expected matrix, translate, scale, rotate or skew."
            )
        matrix = matrix @ _matrix(call[1], [_number(part) for part in re.split(r"[\s,]+", call[2].strip()) if part])
        at = call.end()
    return matrix


class _Reader:
    """Tokens of a `d`, with the rule that a command's letter may be left out when it comes again."""

    def __init__(self, text: str) -> None:
        self.tokens: list[str] = []
        for command, value, _, other in _TOKEN.findall(text):
            if other:
                raise TrajectoryError(f"the path holds {shown(other)}, expected commands and numbers.")
            if command or value:
                self.tokens.append(command or value)
        self.at = 0

    def letter(self, before: str) -> str | None:
        if self.at >= len(self.tokens):
            return None
        token = self.tokens[self.at]
        if token.isalpha():
            self.at += 1
            return token
        if not before or before in "Zz":
            raise TrajectoryError(f"the path has the number {shown(token)} where a command should stand.")
        return {"M": "L", "m": "l"}.get(before, before)

    def numbers(self, command: str) -> list[float]:
        values: list[float] = []
        for i in range(_COUNT[command.upper()]):
            token = self.tokens[self.at] if self.at < len(self.tokens) else ""
            if command in "Aa" and i in (3, 4) and token[:1] in ("0", "1") and len(token) > 1:
                # Flags may stand without a gap before what follows: "a1 1 0 01.5.5" is flags 0 and 1, then .5 .5
                self.tokens[self.at : self.at + 1] = [token[0], token[1:]]
                token = token[0]
            if not token or token.isalpha():
                raise TrajectoryError(f"the path's {command} needs {_COUNT[command.upper()]} numbers, it has {i}.")
            values.append(_number(token))
            self.at += 1
        return values


class _Pen:
    def __init__(self) -> None:
        self.paths: list[SubPath] = []
        self.at: Vector = (0.0, 0.0)
        self.handle: tuple[str, Vector] = ("", (0.0, 0.0))

    def draw(self, command: str, values: list[float]) -> None:
        upper = command.upper()
        base = self.at if command.islower() else (0.0, 0.0)
        if upper == "M":
            self.at = (base[0] + values[0], base[1] + values[1])
            self.paths.append(SubPath(self.at))
        elif not self.paths:
            raise TrajectoryError(f"the path begins with {command}, expected M.")
        elif upper == "Z":
            self._close()
        else:
            if self.paths[-1].closed:
                self.paths.append(SubPath(self.at))
            self._stroke(upper, values, base)
        if upper not in "CSQT":
            self.handle = ("", self.at)
        number("a point of the path", max(abs(self.at[0]), abs(self.at[1])), 0, MAX_COORDINATE_PX)

    def _close(self) -> None:
        path = self.paths[-1]
        if not path.closed and path.cubics:
            if self.at != path.start:
                self._line(path.start)
            path.closed = True
        self.at = path.start

    def _stroke(self, upper: str, v: list[float], base: Vector) -> None:
        if upper == "H":
            self._line((base[0] + v[0], self.at[1]))
        elif upper == "V":
            self._line((self.at[0], base[1] + v[0]))
        elif upper == "A":
            self._arc(v, (base[0] + v[5], base[1] + v[6]))
        else:
            points = [(base[0] + v[i], base[1] + v[i + 1]) for i in range(0, len(v), 2)]
            if upper == "L":
                self._line(points[0])
            elif upper == "C":
                self._cubic(*points)
            elif upper == "S":
                self._cubic(self._mirrored("C"), *points)
            else:
                self._quadratic(points[0] if upper == "Q" else self._mirrored("Q"), points[-1])

    def _mirrored(self, kind: str) -> Vector:
        """The last handle of the same kind of curve, mirrored at the pen; the pen itself where there was none."""
        if self.handle[0] != kind:
            return self.at
        x, y = self.handle[1]
        return 2 * self.at[0] - x, 2 * self.at[1] - y

    def _line(self, end: Vector) -> None:
        self.paths[-1].cubics.append((self.at, self.at, end, end))
        self.at = end

    def _cubic(self, one: Vector, two: Vector, end: Vector) -> None:
        self._curve(one, two, end)
        self.handle = ("C", two)

    def _curve(self, one: Vector, two: Vector, end: Vector) -> None:
        path = self.paths[-1]
        path.straight = False
        path.cubics.append((self.at, one, two, end))
        self.at = end

    def _quadratic(self, handle: Vector, end: Vector) -> None:
        one = tuple(a + (h - a) * 2 / 3 for a, h in zip(self.at, handle, strict=True))
        two = tuple(e + (h - e) * 2 / 3 for e, h in zip(end, handle, strict=True))
        self._curve((one[0], one[1]), (two[0], two[1]), end)
        self.handle = ("Q", handle)

    def _arc(self, v: list[float], end: Vector) -> None:
        """SVG 1.1 appendix F.6.5: from end points to centre, then a cubic for each quarter turn."""
        rx, ry, angle = abs(v[0]), abs(v[1]), math.radians(v[2] % 360.0)
        if v[3] not in (0.0, 1.0) or v[4] not in (0.0, 1.0):
            raise TrajectoryError("the path's arc has flags other than 0 and 1.")
        if end == self.at:
            return
        if rx < 1e-9 or ry < 1e-9:
            self._line(end)
            return
        turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
        start, stop = np.array(self.at), np.array(end)
        x, y = turn.T @ ((start - stop) / 2.0)
        grow = math.hypot(x / rx, y / ry)
        if grow > 1.0:
            rx, ry = rx * grow, ry * grow
        lack = 1.0 / max((x / rx) ** 2 + (y / ry) ** 2, 1e-300) - 1.0
        side = math.sqrt(max(lack, 0.0)) * (-1.0 if v[3] == v[4] else 1.0)
        centre = np.array([side * rx * y / ry, -side * ry * x / rx])
        begin = math.atan2((y - centre[1]) / ry, (x - centre[0]) / rx)
        sweep = math.atan2((-y - centre[1]) / ry, (-x - centre[0]) / rx) - begin
        if v[4] == 1.0 and sweep < 0.0:
            sweep += 2.0 * math.pi
        elif v[4] == 0.0 and sweep > 0.0:
            sweep -= 2.0 * math.pi
        middle = turn @ centre + (start + stop) / 2.0
        count = max(1, math.ceil(abs(sweep) / (math.pi / 2.0) - 1e-9))
        reach = 4.0 / 3.0 * math.tan(sweep / count / 4.0)
        for i in range(count):
            a, b = begin + sweep * i / count, begin + sweep * (i + 1) / count
            on_circle = [
                (math.cos(a) - reach * math.sin(a), math.sin(a) + reach * math.cos(a)),
                (math.cos(b) + reach * math.sin(b), math.sin(b) - reach * math.cos(b)),
                (math.cos(b), math.sin(b)),
            ]
            points = [middle + turn @ (np.array(p) * (rx, ry)) for p in on_circle]
            one, two, last = ((float(p[0]), float(p[1])) for p in points)
            self._curve(one, two, end if i == count - 1 else last)


def _matrix(name: str, values: list[float]) -> np.ndarray:
    counts = {"matrix": (6,), "translate": (1, 2), "scale": (1, 2), "rotate": (1, 3), "skewX": (1,), "skewY": (1,)}
    if len(values) not in counts[name]:
        raise TrajectoryError(
            f"transform {name} has {len(values)} numbers, expected {' or '.join(map(str, counts[name]))}."
        )
    if name == "matrix":
        a, b, c, d, e, f = values
        return np.array([[a, c, e], [b, d, f], [0, 0, 1]])
    if name == "translate":
        return np.array([[1, 0, values[0]], [0, 1, values[1] if len(values) > 1 else 0], [0, 0, 1]])
    if name == "scale":
        return np.diag([values[0], values[-1], 1.0])
    angle = math.radians(values[0] % 360.0)
    if name == "skewX":
        return np.array([[1, math.tan(angle), 0], [0, 1, 0], [0, 0, 1]])
    if name == "skewY":
        return np.array([[1, 0, 0], [math.tan(angle), 1, 0], [0, 0, 1]])
    turn = np.array([[math.cos(angle), -math.sin(angle), 0], [math.sin(angle), math.cos(angle), 0], [0, 0, 1]])
    if len(values) == 1:
        return turn
    there = _matrix("translate", values[1:])
    back = _matrix("translate", [-values[1], -values[2]])
    return np.asarray(there @ turn @ back)


def _number(text: str) -> float:
    if len(text) > _LONGEST_NUMBER or not re.fullmatch(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?", text):
        raise TrajectoryError(f"{shown(text)} is no number that a path can have.")
    return number("a number of the path", float(text), -1e9, 1e9)
