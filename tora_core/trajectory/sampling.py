"""Where a track is at given times. The rules are in the docstring of `Track`."""

from __future__ import annotations

import numpy as np

from .curves import make_path
from .easing import ease
from .limits import SAME_TIME
from .track import Track


def frame_times(frames: int) -> np.ndarray:
    """Clip times float64 (F,) in 0..1: frame f of F is at f/(F-1); a single frame is at 0."""
    return np.arange(frames) / max(frames - 1, 1)


def sample_track(track: Track, times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Positions float64 (F, 2) in canvas pixels, of invisible frames too; visible bool (F,); at clip times (F,)."""
    return _positions(track, times), _visible(track, times)


def _visible(track: Track, times: np.ndarray) -> np.ndarray:
    visible = np.ones(len(times), bool)
    if track.before != "hold":
        visible &= times >= track.start - SAME_TIME
    if track.after != "hold":
        visible &= times <= track.end + SAME_TIME
    if track.visibility:
        state = np.array([True, *(key.visible for key in track.visibility)])
        keys = np.array([key.t for key in track.visibility])
        visible &= state[np.searchsorted(keys, times + SAME_TIME, side="right")]
    return visible


def _positions(track: Track, times: np.ndarray) -> np.ndarray:
    points = np.array([(p.x, p.y) for p in track.points])
    if len(points) == 1:
        return np.repeat(points, len(times), axis=0)
    handles = None
    if track.curve == "bezier":
        handles = np.array([(p.handle_in or (0.0, 0.0), p.handle_out or (0.0, 0.0)) for p in track.points])
    path = make_path(points, track.curve, track.closed, handles)
    nodes, keys = key_times(track)
    stretch = np.clip(np.searchsorted(keys, times + SAME_TIME, side="right") - 1, 0, len(keys) - 2)
    time = np.clip((times - keys[stretch]) / (keys[stretch + 1] - keys[stretch]), 0.0, 1.0)
    time = np.where(times + SAME_TIME >= keys[-1], 1.0, time)
    way = _eased(track, nodes, stretch, time)
    arc = path.node_arc_px[nodes]
    return path.at((1.0 - way) * arc[stretch] + way * arc[stretch + 1])


def key_times(track: Track) -> tuple[np.ndarray, np.ndarray]:
    """Which nodes of the path have a time, and it: both (K,), K >= 2. The ends always have one."""
    keys = [(i, p.t) for i, p in enumerate(track.points) if p.t is not None]
    if not keys or keys[0][0] != 0:
        keys.insert(0, (0, track.start))
    last = len(track.points) - 1
    if track.closed:
        keys.append((last + 1, track.end))
    elif keys[-1][0] != last:
        keys.append((last, track.end))
    nodes, times = zip(*keys, strict=True)
    return np.array(nodes), np.array(times)


def _eased(track: Track, nodes: np.ndarray, stretch: np.ndarray, time: np.ndarray) -> np.ndarray:
    easings = [track.points[node].easing or track.easing for node in nodes[:-1]]
    different = list(dict.fromkeys(easings))
    if len(different) == 1:
        return ease(different[0], time)
    kind = np.array([different.index(easing) for easing in easings])[stretch]
    way = time.copy()
    for i, easing in enumerate(different):
        way[kind == i] = ease(easing, time[kind == i])
    return way
