"""A part of a track's time as a track of its own: what retiming and delaying stand on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ...errors import TrajectoryError
from ..bezier import cubics_of, opened, path_of
from ..curves import Path
from ..easing import Easing
from ..limits import SAME_TIME
from ..sampling import frame_times, key_times, sample_track
from ..track import Point, Track, VisibilityKey
from .keyed import keys_of, overshoots, sampled


def remapped(track: Track, low: float, high: float) -> Track:
    """The track with times 0..1 mapped to low..high, which are 0 and 1 or lie around the track's own: nothing is cut.

    Raises TrajectoryError if keys come too close together.
    """

    def at(t: float) -> float:
        return min(max(low + (high - low) * t, 0.0), 1.0)

    return replace(
        track,
        points=tuple(replace(p, t=None if p.t is None else at(p.t)) for p in track.points),
        start=at(track.start),
        end=at(track.end),
        visibility=tuple(VisibilityKey(at(key.t), key.visible) for key in track.visibility),
    )


def window(track: Track, a: float, b: float, frames: int) -> Track:
    """What the track does in the clip times a..b, stretched to a whole clip; a may be below 0 and b above 1.

    Where nothing is cut off, all of the drawing stays, and where a stretch without easing is cut, the curve is cut
    there, exactly, and stays a polyline or becomes bezier. A stretch with easing can't be cut, nor a path on which an
    easing overshoots: then the positions of the new clip's `frames` are kept instead.
    """
    times = a + (b - a) * frame_times(frames)
    inside = track.start >= a - SAME_TIME and track.end <= b + SAME_TIME
    try:
        if track.end <= a + SAME_TIME or track.start >= b - SAME_TIME:
            return _still(track, times, track.end <= a + SAME_TIME)
        part = track if inside else _cut(track, max(a, track.start), min(b, track.end))
        if part is not None:
            part = replace(part, visibility=_keys(track, a, b))
            return remapped(part, -a / (b - a), (1.0 - a) / (b - a))
    except TrajectoryError:
        pass  # keys that come too close together, or a handle beyond the limits
    return sampled(track, times)


def _keys(track: Track, a: float, b: float) -> tuple[VisibilityKey, ...]:
    """The visibility keys in a..b; the state that the part begins with is a key of its own if it is hidden."""
    state = True
    keys = []
    for key in track.visibility:
        if key.t <= a + SAME_TIME:
            state = key.visible
        elif key.t <= b:
            keys.append(key)
    return tuple(keys) if state else (VisibilityKey(max(a, 0.0), False), *keys)


def _still(track: Track, times: np.ndarray, at_end: bool) -> Track:
    """A track that does not move at these times, because they are all after its end or before its start."""
    positions, visible = sample_track(track, times)
    x, y = positions[-1 if at_end else 0].tolist()
    keys = keys_of(visible, frame_times(len(times)))
    return replace(track, points=(Point(x, y),), closed=False, start=0.0, end=1.0, visibility=keys)


def _cut(track: Track, low: float, high: float) -> Track | None:
    """The track from time `low` to `high` on its own clock; None where an easing stands against it."""
    whole = opened(track)
    if len(whole.points) == 1:
        return replace(whole, start=low, end=high)
    if overshoots(whole):
        return None
    path = path_of(whole)
    nodes, keys = key_times(whole)
    cubics = cubics_of(path)
    places = []
    for t in (low, high):
        stretch = int(np.clip(np.searchsorted(keys, t + SAME_TIME, side="right") - 1, 0, len(keys) - 2))
        way = float(np.clip((t - keys[stretch]) / (keys[stretch + 1] - keys[stretch]), 0.0, 1.0))
        way = 0.0 if way < SAME_TIME else 1.0 if way > 1.0 - SAME_TIME else way
        easing = whole.points[nodes[stretch]].easing or whole.easing
        if 0.0 < way < 1.0 and easing != "linear":
            return None
        places.append((_place(path, nodes, stretch, way), easing))
    (start, easing), (stop, _) = places
    return _between(whole, cubics, start, stop, (low, high), easing, path.cubics is None)


def _place(path: Path, nodes: np.ndarray, stretch: int, way: float) -> tuple[int, float]:
    """(segment, parameter) of a place within a stretch; its ends are given exactly, so that pauses are kept apart."""
    first, last = int(nodes[stretch]), int(nodes[stretch + 1])
    arc = path.node_arc_px
    if way <= 0.0 or arc[last] == arc[first]:
        return (first, 0.0) if way < 1.0 else (last - 1, 1.0)
    if way >= 1.0:
        return last - 1, 1.0
    segment, parameter = path.parameters_at(np.array([(1.0 - way) * arc[first] + way * arc[last]]))
    return int(np.clip(segment[0], first, last - 1)), float(parameter[0])


def _between(
    whole: Track,
    cubics: np.ndarray,
    start: tuple[int, float],
    stop: tuple[int, float],
    times: tuple[float, float],
    easing: Easing,
    straight: bool,
) -> Track:
    low, high = times
    pieces: list[np.ndarray] = []  # the parts of the cubics from start to stop
    nodes: list[int | None] = []  # which node each of them ends at; None for a cut
    if start[1] >= 1.0:
        start = (start[0] + 1, 0.0)
    for segment in range(start[0], stop[0] + 1):
        u = start[1] if segment == start[0] else 0.0
        v = stop[1] if segment == stop[0] else 1.0
        if v > u:
            pieces.append(_sub(cubics[segment], u, v))
            nodes.append(segment + 1 if v >= 1.0 else None)
    if not pieces:
        still = whole.points[min(start[0], len(whole.points) - 1)]
        return replace(whole, points=(Point(still.x, still.y),), start=low, end=high)
    first = start[0] if start[1] == 0.0 else None

    def point(node: int | None, at: np.ndarray, into: np.ndarray | None, out: np.ndarray | None) -> Point:
        drawn = None if node is None else whole.points[node]
        t = (
            drawn.t
            if drawn is not None and drawn.t is not None and low + SAME_TIME < drawn.t < high - SAME_TIME
            else None
        )
        return Point(
            float(at[0]),
            float(at[1]),
            t=t,
            easing=drawn.easing if drawn is not None and t is not None else None,
            handle_in=None if straight else _pair(into),
            handle_out=None if straight else _pair(out),
        )

    ends = [first, *nodes]
    positions = [pieces[0][0], *(piece[3] for piece in pieces)]
    into = [None, *(piece[2] - piece[3] for piece in pieces)]
    out = [*(piece[1] - piece[0] for piece in pieces), None]
    made = [point(*parts) for parts in zip(ends, positions, into, out, strict=True)]
    if made[0].easing is None and easing != whole.easing and len(made) > 1:
        made[0] = replace(made[0], easing=easing)
    curve = "polyline" if straight else "bezier"
    return replace(whole, points=tuple(made), curve=curve, closed=False, start=low, end=high)


def _sub(cubic: np.ndarray, u: float, v: float) -> np.ndarray:
    """The cubic (4, 2) from parameter u to v as a cubic of its own (de Casteljau)."""
    if v < 1.0:
        cubic = _split(cubic, v)[0]
        u = u / v
    return cubic if u <= 0.0 else _split(cubic, u)[1]


def _split(cubic: np.ndarray, u: float) -> tuple[np.ndarray, np.ndarray]:
    one = cubic[:-1] + u * np.diff(cubic, axis=0)
    two = one[:-1] + u * np.diff(one, axis=0)
    three = two[0] + u * (two[1] - two[0])
    return np.stack([cubic[0], one[0], two[0], three]), np.stack([three, two[1], one[2], cubic[3]])


def _pair(vector: np.ndarray | None) -> tuple[float, float] | None:
    return None if vector is None or not vector.any() else (float(vector[0]), float(vector[1]))
