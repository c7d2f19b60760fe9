"""When things happen: speed, reverse, loop, ping-pong, ease, trim. The frame count stays unless it is asked for.

Shapes stay, and drawings stay editable as far as the edit can be said in points, key times and easings. What can't be
said so is kept as a position a frame instead: cutting through an eased stretch, turning a "hold" easing round, and
repeating or cutting a track on which an easing overshoots.
"""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np

from ...errors import TrajectoryError
from ..bezier import as_bezier, opened
from ..checks import integer, number
from ..easing import Easing, checked_easing
from ..limits import MAX_EASING_Y, MAX_FRAMES, SAME_TIME
from ..sampling import frame_times, sample_track
from ..track import Point, Track
from ..trajectory import Trajectory
from .cut import remapped, window
from .keyed import Only, changed, keys_of, overshoots, sampled

MAX_FACTOR = 1000.0
MAX_REPEATS = 100
_SEAM = 4 * SAME_TIME  # how long the jump back at the seam of a loop takes: shorter than any frame


def trim(trajectory: Trajectory, start: float, end: float, *, frames: int | None = None) -> Trajectory:
    """The part from clip time `start` to `end`, both 0..1, of all tracks as a whole clip.

    frames: of the result, default as before, so that all runs slower; round((end - start) (F - 1)) + 1 keeps the speed.
    A track that is not in the part stays, hidden. Raises TrajectoryError.
    """
    low, high = number("start", start, 0.0, 1.0), number("end", end, 0.0, 1.0)
    if high - low <= SAME_TIME:
        raise TrajectoryError(f"end is {high:g}, expected a time after start, which is {low:g}.")
    count = trajectory.frames if frames is None else integer("frames", frames, 1, MAX_FRAMES)
    return replace(changed(trajectory, None, lambda track: window(track, low, high, count)), frames=count)


def speed(trajectory: Trajectory, factor: float, *, only: Only = None) -> Trajectory:
    """Motion `factor` times as fast from the clip's beginning on; below 1 it is slower and its end is cut off.

    A faster track is done before the clip's end. Then it does what its `after` says; one that ran to the end of the
    clip, and so had nothing to do after it, holds its last place. Raises TrajectoryError.
    """
    times = number("factor", factor, 1.0 / MAX_FACTOR, MAX_FACTOR)

    def faster(track: Track) -> Track:
        held = replace(track, after="hold") if times > 1.0 and track.end >= 1.0 - SAME_TIME else track
        return window(held, 0.0, times, trajectory.frames)

    return changed(trajectory, only, faster)


def ease(trajectory: Trajectory, easing: Easing, *, only: Only = None) -> Trajectory:
    """The given easing from key time to key time, instead of all the tracks had. Raises TrajectoryError."""
    kind = checked_easing("easing", easing)

    def eased(track: Track) -> Track:
        return replace(track, easing=kind, points=tuple(replace(p, easing=None) for p in track.points))

    return changed(trajectory, only, eased)


def reverse(trajectory: Trajectory, *, only: Only = None) -> Trajectory:
    """Backwards in time: frame f becomes frame F - 1 - f. Visibility is turned round frame by frame."""
    return changed(trajectory, only, lambda track: reversed_track(track, trajectory.frames))


def loop(trajectory: Trajectory, count: int, *, only: Only = None) -> Trajectory:
    """The motion `count` times in a row, each time `count` times as fast.

    A closed track goes round without a seam. An open one jumps back to its beginning between two frames, which the
    model sees as one very fast move: ping_pong has no jump. Raises TrajectoryError.
    """
    times = integer("count", count, 1, MAX_REPEATS)

    def looped(track: Track) -> Track:
        if times == 1:
            return track
        if len(track.points) == 1:
            made = replace(track, start=0.0, end=1.0)
        elif overshoots(track):
            return sampled(track, _phase(trajectory.frames, times))
        elif track.closed and (track.start, track.end) == (0.0, 1.0) and track.points[0].t in (None, 0.0):
            made = _laps(track, times)
        else:
            lap = _normal(track)
            made = _joined([remapped(lap, k / times, (k + 1) / times) for k in range(times)])
        return _seen_as(made, track, trajectory.frames, times)

    return changed(trajectory, only, looped)


def ping_pong(trajectory: Trajectory, count: int = 1, *, only: Only = None) -> Trajectory:
    """There and back again, `count` times, each way 2 count times as fast. Raises TrajectoryError."""
    times = 2 * integer("count", count, 1, MAX_REPEATS)

    def there_and_back(track: Track) -> Track:
        if len(track.points) == 1:
            return _seen_as(replace(track, start=0.0, end=1.0), track, trajectory.frames, times, turning=True)
        if overshoots(track):
            return sampled(track, _phase(trajectory.frames, times, turning=True))
        forth = _normal(track)
        back = _normal(reversed_track(forth, trajectory.frames))
        parts = [remapped(forth if k % 2 == 0 else back, k / times, (k + 1) / times) for k in range(times)]
        return _seen_as(_joined(parts), track, trajectory.frames, times, turning=True)

    return changed(trajectory, only, there_and_back)


def reversed_track(track: Track, frames: int) -> Track:
    """One track backwards in a clip of so many frames."""
    easings = [track.easing, *(p.easing for p in track.points if p.easing is not None)]
    times = frame_times(frames)
    if len(track.points) > 1 and any(_reversed(easing) is None for easing in easings):
        return sampled(track, 1.0 - times)
    if track.closed and track.points[0].t not in (None, track.start):
        track = opened(track)  # it waits at its first point, and would have to wait there at its end
    nodes = [*track.points, track.points[0]] if track.closed else list(track.points)
    # The easing of a stretch stands at its first keyed point; backwards that is the other one.
    keyed = [i for i, p in enumerate(nodes) if i in (0, len(nodes) - 1) or p.t is not None]
    turned: dict[int, Easing | None] = {}
    for first, last in itertools.pairwise(keyed):
        own = nodes[first].easing
        turned[last] = None if own is None else _reversed(own)
    points = [
        Point(p.x, p.y, None if p.t is None else 1.0 - p.t, turned.get(i), p.handle_out, p.handle_in)
        for i, p in enumerate(nodes)
    ][::-1]
    if track.closed:
        points = points[:-1]
        points[0] = replace(points[0], t=None)
    visible = sample_track(replace(track, before="hold", after="hold"), times)[1]
    return replace(
        track,
        points=tuple(points),
        easing=_reversed(track.easing) or "linear",
        start=1.0 - track.end,
        end=1.0 - track.start,
        before=track.after,
        after=track.before,
        visibility=keys_of(visible[::-1], times),
    )


def _reversed(easing: Easing) -> Easing | None:
    """The easing that runs the same way backwards; None where there is none."""
    if isinstance(easing, str):
        return {"linear": "linear", "in": "out", "out": "in", "in-out": "in-out"}.get(easing)
    x1, y1, x2, y2 = easing
    turned = (1.0 - x2, 1.0 - y2, 1.0 - x1, 1.0 - y1)
    return turned if max(abs(turned[1]), abs(turned[3])) <= MAX_EASING_Y else None


def _normal(track: Track) -> Track:
    """The same way, open, bezier or straight, over the whole clip, with all times and easings written down.

    Where the track began later or ended earlier it waits; that it may be hidden there is not kept.
    """
    track = as_bezier(opened(track))
    points = list(track.points)
    first, last = points[0], points[-1]
    points[0] = replace(first, t=track.start if first.t is None else first.t)
    points[-1] = replace(last, t=track.end if last.t is None else last.t)
    if (points[0].t or 0.0) > SAME_TIME:
        points.insert(0, Point(first.x, first.y, t=0.0))
    if (points[-1].t or 0.0) < 1.0 - SAME_TIME:
        points.append(Point(last.x, last.y, t=1.0))
    named = [replace(p, easing=p.easing or track.easing) if p.t is not None else p for p in points]
    return replace(track, points=tuple(named), start=0.0, end=1.0)


def _joined(parts: list[Track]) -> Track:
    """Tracks in the form of _normal, one after the other in time, as one; it jumps where one does not meet the next."""
    points: list[Point] = list(parts[0].points)
    for part in parts[1:]:
        last, first = points[-1], part.points[0]
        assert last.t is not None and first.t is not None
        meet = (last.x, last.y) == (first.x, first.y)
        if meet and first.t - last.t <= SAME_TIME:
            points[-1] = replace(first, t=first.t, handle_in=last.handle_in)
            points += part.points[1:]
            continue
        at = min(last.t, first.t - _SEAM)
        points[-1] = replace(last, t=at, easing="hold", handle_out=None)
        points += [replace(first, handle_in=None), *part.points[1:]]
    points[-1] = replace(points[-1], easing=None)
    curve = "bezier" if any(part.curve == "bezier" for part in parts) else "polyline"
    return replace(parts[0], points=tuple(points), curve=curve, end=parts[-1].end)


def _laps(track: Track, times: int) -> Track:
    points = []
    for k in range(times):
        for i, p in enumerate(track.points):
            t = k / times if i == 0 and k > 0 else None if p.t is None else (p.t + k) / times
            points.append(replace(p, t=t))
    return replace(track, points=tuple(points))


def _seen_as(made: Track, track: Track, frames: int, times: int, turning: bool = False) -> Track:
    """`made`, visible in each frame as its origin is in `times` repeats; `turning`: every second one runs back."""
    at = frame_times(frames)
    visible = sample_track(track, _phase(frames, times, turning))[1]
    made = replace(made, visibility=())
    return made if (sample_track(made, at)[1] == visible).all() else replace(made, visibility=keys_of(visible, at))


def _phase(frames: int, times: int, turning: bool = False) -> np.ndarray:
    """Which time 0..1 each frame shows of what is repeated `times` times; `turning`: every second one runs back."""
    at = frame_times(frames) * times
    lap = np.clip(np.floor(at + SAME_TIME), 0, times - 1)
    phase = np.clip(at - lap, 0.0, 1.0)
    return np.where(lap % 2 == 1, 1.0 - phase, phase) if turning else phase
