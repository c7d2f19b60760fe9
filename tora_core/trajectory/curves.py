"""Curves through control points, measured by arc length.

Convention: points are (x, y) in canvas pixels, x right, y down; arc length is in the same pixels. Between two points
  polyline, freehand  runs a straight line (freehand: the many samples of a pen, kept as they came);
  catmull-rom         the centripetal Catmull-Rom curve (exponent 0.5): no loops or cusps between points. Past an
                      open end the last stretch is continued in a straight line;
  bezier              the cubic with the first point's `out` and the second point's `in` handle.
Every curve passes through all its points; a closed one returns from the last to the first.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

CURVES = ("polyline", "catmull-rom", "bezier", "freehand")

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(8)
_NODES, _WEIGHTS = 0.5 * (_NODES + 1.0), 0.5 * _WEIGHTS  # on 0..1
_ALL_NODES = np.concatenate([_NODES, 0.5 * _NODES, 0.5 + 0.5 * _NODES])  # the whole and its two halves
_TOLERANCE_PX = 1e-5  # of a piece's quadrature and of a position found; float32 at 400 px has steps of 3e-5
_MAX_HALVINGS = 20  # around a cusp; elsewhere none or one is enough
_MAX_STEPS = 60


@dataclass(frozen=True, eq=False)
class Path:
    """A curve that answers "where is the point this far along?".

    nodes_px: float64 (M, 2), the control points (closed: and the first again); node_arc_px: float64 (M,), how far
    along each lies; cubics: float64 (M - 1, 4, 2) or None where all is straight. The piece_ arrays cut the cubics into
    (segment, from parameter, to parameter) short enough for Gauss quadrature; piece_arc_px (K + 1,) is their start.
    """

    nodes_px: np.ndarray
    node_arc_px: np.ndarray
    cubics: np.ndarray | None = None
    piece_segment: np.ndarray | None = None
    piece_from: np.ndarray | None = None
    piece_to: np.ndarray | None = None
    piece_arc_px: np.ndarray | None = None

    @property
    def length_px(self) -> float:
        """Arc length of the whole curve."""
        return float(self.node_arc_px[-1])

    def at(self, arc_px: np.ndarray) -> np.ndarray:
        """Positions float64 (K, 2) at the arc lengths (K,); clamped to the curve's ends; exact at control points."""
        if self.cubics is None:
            x, y = (np.interp(arc_px, self.node_arc_px, self.nodes_px[:, axis]) for axis in (0, 1))
            return np.stack([x, y], axis=-1)
        return _at_cubics(self, arc_px)

    def parameters_at(self, arc_px: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """On which segment, int (K,), and at which parameter of its cubic, 0..1 (K,), the arc lengths (K,) lie."""
        if self.cubics is not None:
            return _located(self, arc_px)
        segment = np.clip(np.searchsorted(self.node_arc_px, arc_px, side="right") - 1, 0, len(self.node_arc_px) - 2)
        length = self.node_arc_px[segment + 1] - self.node_arc_px[segment]
        way = np.divide(arc_px - self.node_arc_px[segment], length, out=np.zeros(len(arc_px)), where=length > 0.0)
        return segment, np.clip(way, 0.0, 1.0)


def make_path(points_px: np.ndarray, curve: str, closed: bool, handles_px: np.ndarray | None = None) -> Path:
    """The Path through points_px, float64 (P, 2), P >= 1; handles_px, float64 (P, 2, 2): in and out, as offsets."""
    nodes = np.concatenate([points_px, points_px[:1]]) if closed and len(points_px) > 1 else points_px
    if curve == "bezier" and handles_px is not None and handles_px.any() and len(nodes) > 1:
        handles = np.concatenate([handles_px, handles_px[:1]]) if closed else handles_px
        cubics = np.stack([nodes[:-1], nodes[:-1] + handles[:-1, 1], nodes[1:] + handles[1:, 0], nodes[1:]], axis=1)
        return _measured(nodes, cubics)
    if curve == "catmull-rom" and len(nodes) > 2:
        return _measured(nodes, _centripetal(nodes, closed))
    return Path(nodes, np.concatenate([[0.0], np.cumsum(_norm(np.diff(nodes, axis=0)))]))


def _norm(vectors: np.ndarray) -> np.ndarray:
    return np.hypot(vectors[..., 0], vectors[..., 1])


def _centripetal(nodes: np.ndarray, closed: bool) -> np.ndarray:
    """The cubics (M - 1, 4, 2) of the centripetal Catmull-Rom curve through nodes (M, 2).

    With unit directions v and roots of the distances d before (1), in (2) and after (3) a segment, the handles are
    d1 d2^2 (v1 + v2) / (3 (d1 + d2)) and d3 d2^2 (v2 + v3) / (3 (d2 + d3)): no division by a distance, so that points
    close together are harmless. Equal points in a row count once, so that a pause does not bend the curve.
    """
    step = np.diff(nodes, axis=0)
    moving = np.flatnonzero(_norm(step) > 0.0)
    cubics = np.repeat(nodes[:-1, None], 4, axis=1)
    if len(moving) == 0:
        return cubics
    v = step[moving]
    d = np.sqrt(_norm(v))[:, None]
    v = v / (d * d)
    outer = (-1, 0) if closed else (0, -1)  # what comes before the first and after the last segment
    v = np.concatenate([v[outer[0]][None], v, v[outer[1]][None]])
    d = np.concatenate([d[outer[0]][None], d, d[outer[1]][None]])
    knot = d[:-1] * d[1:] / (3.0 * (d[:-1] + d[1:])) * (v[:-1] + v[1:])
    middle = d[1:-1]
    first, last = nodes[:-1][moving], nodes[1:][moving]
    cubics[moving] = np.stack([first, first + knot[:-1] * middle, last - knot[1:] * middle, last], axis=1)
    return cubics


def _speed_terms(cubics: np.ndarray) -> np.ndarray:
    """The derivative of each cubic as a polynomial: (..., 3, 2), constant term first."""
    d0, d1, d2 = (3.0 * (cubics[..., i + 1, :] - cubics[..., i, :]) for i in range(3))
    return np.stack([d0, 2.0 * (d1 - d0), d0 - 2.0 * d1 + d2], axis=-2)


def _speed(terms: np.ndarray, u: np.ndarray) -> np.ndarray:
    """Pixels per unit of parameter: terms (K, 3, 2), u (K, ...) -> (K, ...)."""
    t = terms.reshape(terms.shape + (1,) * (u.ndim - 1))
    x = t[:, 0, 0] + u * (t[:, 1, 0] + u * t[:, 2, 0])
    y = t[:, 0, 1] + u * (t[:, 1, 1] + u * t[:, 2, 1])
    return np.sqrt(x * x + y * y)


def _length(terms: np.ndarray, start: np.ndarray, stop: np.ndarray) -> np.ndarray:
    """Arc length from parameter `start` to `stop` by Gauss-Legendre quadrature: terms (K, 3, 2) -> (K,)."""
    width = stop - start
    return width * (_speed(terms, start[:, None] + width[:, None] * _NODES) @ _WEIGHTS)


def _measured(nodes: np.ndarray, cubics: np.ndarray) -> Path:
    """Cut the cubics until one quadrature over a piece agrees with two over its halves."""
    terms = _speed_terms(cubics)
    segment = np.arange(len(cubics))
    start, stop = np.zeros(len(cubics)), np.ones(len(cubics))
    found: list[np.ndarray] = []
    for halving in range(_MAX_HALVINGS + 1):
        width = stop - start
        speed = _speed(terms[segment], start[:, None] + width[:, None] * _ALL_NODES)
        whole, halves = width * (speed[:, :8] @ _WEIGHTS), 0.5 * width * ((speed[:, 8:16] + speed[:, 16:]) @ _WEIGHTS)
        good = np.abs(whole - halves) <= _TOLERANCE_PX
        if halving == _MAX_HALVINGS:
            good[:] = True
        found.append(np.stack([segment[good], start[good], stop[good], halves[good]]))
        bad = ~good
        if not bad.any():
            break
        segment, start, stop = segment[bad], start[bad], stop[bad]
        middle = 0.5 * (start + stop)
        segment = np.concatenate([segment, segment])
        start, stop = np.concatenate([start, middle]), np.concatenate([middle, stop])
    segments, starts, stops, lengths = np.concatenate(found, axis=1)
    order = np.lexsort((starts, segments))
    piece_segment = segments[order].astype(np.int64)
    piece_arc = np.concatenate([[0.0], np.cumsum(lengths[order])])
    node_arc = piece_arc[np.searchsorted(piece_segment, np.arange(len(nodes)))]
    return Path(nodes, node_arc, cubics, piece_segment, starts[order], stops[order], piece_arc)


def _at_cubics(path: Path, arc_px: np.ndarray) -> np.ndarray:
    assert path.cubics is not None
    segment, parameter = _located(path, arc_px)
    own, u = path.cubics[segment], parameter[:, None]
    v = 1.0 - u  # Bernstein form: at u = 0 and u = 1 exactly the control points
    return v * v * v * own[:, 0] + 3.0 * v * v * u * own[:, 1] + 3.0 * v * u * u * own[:, 2] + u * u * u * own[:, 3]


def _located(path: Path, arc_px: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The segments (K,) and their parameters (K,) at the arc lengths (K,)."""
    assert path.cubics is not None and path.piece_segment is not None and path.piece_arc_px is not None
    assert path.piece_from is not None and path.piece_to is not None
    piece = np.searchsorted(path.piece_arc_px, arc_px, side="right") - 1
    piece = np.clip(piece, 0, len(path.piece_segment) - 1)
    wanted = arc_px - path.piece_arc_px[piece]
    total = path.piece_arc_px[piece + 1] - path.piece_arc_px[piece]
    start, stop = path.piece_from[piece], path.piece_to[piece]
    segment = path.piece_segment[piece]
    return segment, _parameter(_speed_terms(path.cubics[segment]), start, stop, wanted, total)


def _parameter(
    terms: np.ndarray, start: np.ndarray, stop: np.ndarray, wanted: np.ndarray, total: np.ndarray
) -> np.ndarray:
    """The parameter in start..stop where `wanted` of a piece's `total` length is reached; all (K,), terms (K, 3, 2)."""
    u = start + (stop - start) * np.clip(np.divide(wanted, total, out=np.zeros_like(wanted), where=total > 0.0), 0, 1)
    low, high = start.copy(), stop.copy()
    open_ = np.arange(len(u))  # those not found yet: most are after three steps
    for _ in range(_MAX_STEPS):
        now = u[open_]
        own = terms[open_]
        miss = _length(own, start[open_], now) - wanted[open_]
        more = np.abs(miss) > _TOLERANCE_PX
        if not more.any():
            break
        open_, now, miss, own = open_[more], now[more], miss[more], own[more]
        low[open_], high[open_] = np.where(miss < 0.0, now, low[open_]), np.where(miss > 0.0, now, high[open_])
        speed = _speed(own, now)
        newton = now - np.divide(miss, speed, out=np.full_like(miss, np.inf), where=speed > 0.0)
        # At a cusp the speed is nought and Newton's step useless: halve the bracket there.
        inside = (newton > low[open_]) & (newton < high[open_])
        u[open_] = np.where(inside, newton, 0.5 * (low[open_] + high[open_]))
    return np.where(wanted <= 0.0, start, np.where(wanted >= total, stop, u))
