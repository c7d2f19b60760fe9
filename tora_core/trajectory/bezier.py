"""Any drawn track as bezier curves of the same shape, and as a row of short straight lines."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .curves import Path, make_path
from .track import Point, Track

LONGEST_OUTLINE = 500
"""Points in the outline of one track."""


def path_of(track: Track) -> Path:
    """The curve of a track, as sampling runs along it."""
    points = np.array([(p.x, p.y) for p in track.points])
    handles = None
    if track.curve == "bezier":
        handles = np.array([(p.handle_in or (0.0, 0.0), p.handle_out or (0.0, 0.0)) for p in track.points])
    return make_path(points, track.curve, track.closed, handles)


def cubics_of(path: Path) -> np.ndarray:
    """The segments of a path as cubics, float64 (M - 1, 4, 2) in pixels; a straight one runs evenly."""
    if path.cubics is not None:
        return path.cubics
    nodes = path.nodes_px
    third = np.diff(nodes, axis=0) / 3.0
    return np.stack([nodes[:-1], nodes[:-1] + third, nodes[1:] - third, nodes[1:]], axis=1)


def as_bezier(track: Track) -> Track:
    """The same track with bezier handles: same shape, timing and all else. Straight lines stay as they are."""
    path = path_of(track)
    if path.cubics is None:
        straight = tuple(replace(p, handle_in=None, handle_out=None) for p in track.points)
        return replace(track, points=straight, curve="polyline")
    cubics = path.cubics
    arriving = cubics[:, 2] - cubics[:, 3]
    leaving = cubics[:, 1] - cubics[:, 0]
    points = []
    for i, point in enumerate(track.points):
        into = arriving[i - 1] if i > 0 or track.closed else None
        out = leaving[i] if i < len(leaving) else None
        points.append(replace(point, handle_in=_pair(into), handle_out=_pair(out)))
    return replace(track, points=tuple(points), curve="bezier")


def opened(track: Track) -> Track:
    """A closed track as an open one of the same shape and timing: its first point comes again as the last, at `end`.

    Its curve becomes polyline or bezier. An open track comes back as it is.
    """
    if not track.closed:
        return track
    if len(track.points) == 1:
        return replace(track, closed=False)
    track = as_bezier(track)
    first = track.points[0]
    last = Point(first.x, first.y, t=track.end, handle_in=first.handle_in)
    return replace(track, points=(*track.points, last), closed=False)


def outline(track: Track, step_px: float = 2.0) -> np.ndarray:
    """Points float64 (K, 2) along the track's shape, about step_px apart and its control points among them."""
    path = path_of(track)
    if path.cubics is None or path.length_px == 0:
        return path.nodes_px
    count = int(np.clip(np.ceil(path.length_px / step_px), 2, LONGEST_OUTLINE))
    arc = np.union1d(np.linspace(0.0, path.length_px, count), path.node_arc_px)
    return path.at(arc)


def _pair(vector: np.ndarray | None) -> tuple[float, float] | None:
    if vector is None or not vector.any():
        return None
    return float(vector[0]), float(vector[1])
