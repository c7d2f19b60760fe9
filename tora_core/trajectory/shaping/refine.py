"""Fewer, calmer or wilder points: simplify within an error in pixels, smooth, jitter with a seed."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np

from ..checks import integer, number
from ..limits import MAX_COORDINATE_PX, MAX_POINTS, SAME_TIME
from ..sampling import frame_times, key_times, sample_track
from ..track import Point, Track
from ..trajectory import Trajectory
from .keyed import Only, changed, chosen

_BETWEEN = 4  # places looked at a frame
MAX_SEED = 2**63 - 1


def simplify(trajectory: Trajectory, error_px: float, *, only: Only = None) -> Trajectory:
    """As few control points as keep every track within error_px of where it was, at the same time.

    Each new point has a key time; between them runs a smooth curve or straight lines, whichever needs fewer points. The
    distance is held at every frame, at three places between two frames and at all old key times. Easings become key
    times. A track that has as few points already stays as it is. Raises TrajectoryError.
    """
    error = number("error_px", error_px, 0.0, MAX_COORDINATE_PX, above=True)
    return changed(trajectory, only, lambda track: _simpler(track, error, trajectory.frames))


def smooth(trajectory: Trajectory, sigma_points: float, *, only: Only = None) -> Trajectory:
    """Control points drawn towards their neighbours: a Gaussian of sigma_points along the track, counted in points.

    Made for tracks of many points, such as a tracker's or a pen's. Both ends stay where they are; a closed track is
    smoothed all round. Key times stay, handles stay as they are. Raises TrajectoryError.
    """
    sigma = number("sigma_points", sigma_points, 0.0, MAX_POINTS, above=True)
    return changed(trajectory, only, lambda track: _smoother(track, sigma))


def jitter(trajectory: Trajectory, amount_px: float, seed: int, *, only: Only = None) -> Trajectory:
    """Control points moved at random: in x and y by a normal distribution of amount_px, at most three times that.

    The same seed gives the same result, whichever other tracks are chosen. Raises TrajectoryError.
    """
    amount = number("amount_px", amount_px, 0.0, MAX_COORDINATE_PX)
    start = integer("seed", seed, 0, MAX_SEED)
    mine = set(chosen(trajectory, only))
    tracks = [_moved(t, amount, [start, i]) if i in mine else t for i, t in enumerate(trajectory.tracks)]
    return replace(trajectory, tracks=tuple(tracks))


def _moved(track: Track, amount: float, seed: list[int]) -> Track:
    moves = np.random.default_rng(seed).normal(0.0, amount, (len(track.points), 2))
    moves = np.clip(moves, -3.0 * amount, 3.0 * amount).tolist()
    return replace(
        track, points=tuple(replace(p, x=p.x + dx, y=p.y + dy) for p, (dx, dy) in zip(track.points, moves, strict=True))
    )


def _simpler(track: Track, error: float, frames: int) -> Track:
    if len(track.points) == 1:
        return track
    dense = frame_times((frames - 1) * _BETWEEN + 1)
    own = key_times(track)[1]
    times = np.unique(
        np.concatenate([dense[(dense > track.start) & (dense < track.end)], own, [track.start, track.end]])
    )
    times = times[np.concatenate([[True], np.diff(times) > 2 * SAME_TIME])]
    if times[-1] < track.end:
        times[-1] = track.end
    wanted = sample_track(track, times)[0]
    if np.hypot(*(wanted - wanted[0]).T).max() <= error:
        return _with(track, (Point(float(wanted[0, 0]), float(wanted[0, 1])),), "polyline")
    found = [_greedy(track, wanted, times, curve, error) for curve in ("catmull-rom", "polyline")]
    best = min(found, key=lambda made: len(made.points))
    return best if len(best.points) < len(track.points) else track


def _greedy(track: Track, wanted: np.ndarray, times: np.ndarray, curve: str, error: float) -> Track:
    """Points added where the curve is off most, in every stretch at once, until it is near enough everywhere."""
    kept = np.zeros(len(times), bool)
    kept[[0, -1]] = True
    while True:
        places = np.flatnonzero(kept)
        points = tuple(
            Point(float(x), float(y), t=float(t)) for (x, y), t in zip(wanted[kept], times[kept], strict=True)
        )
        made = _with(track, points, curve)
        miss = np.hypot(*(sample_track(made, times)[0] - wanted).T)
        miss[kept] = 0.0
        if miss.max() <= error:
            return made
        for first, last in itertools.pairwise(places.tolist()):
            if last - first > 1:
                worst = first + 1 + int(np.argmax(miss[first + 1 : last]))
                if miss[worst] > error:
                    kept[worst] = True


def _with(track: Track, points: tuple[Point, ...], curve: str) -> Track:
    return replace(track, points=points, curve=curve, closed=False, easing="linear")


def _smoother(track: Track, sigma: float) -> Track:
    count = len(track.points)
    if count < 3:
        return track
    points = np.array([(p.x, p.y) for p in track.points])
    reach = min(int(np.ceil(4.0 * sigma)), count)
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    weights /= weights.sum()
    around = np.arange(-reach, count + reach)
    padded = points[around % count] if track.closed else _point_mirrored(points, around)
    soft = np.stack([np.convolve(padded[:, axis], weights, mode="valid") for axis in (0, 1)], axis=-1)
    if not track.closed:
        soft[[0, -1]] = points[[0, -1]]  # they are, but for rounding
    made = tuple(replace(p, x=float(x), y=float(y)) for p, (x, y) in zip(track.points, soft, strict=True))
    return replace(track, points=made)


def _point_mirrored(points: np.ndarray, at: np.ndarray) -> np.ndarray:
    """The points at indices past both ends: mirrored at the end point, so that the mean there is the end itself."""
    last = len(points) - 1
    turns, within = np.divmod(at, last)
    # Each turn of the way goes on by the whole way's displacement; odd turns run backwards, mirrored at a point.
    forward = points[within]
    backward = points[0] + points[last] - points[last - within]
    way = points[last] - points[0]
    return np.where((turns % 2 == 0)[:, None], forward, backward) + turns[:, None] * way
