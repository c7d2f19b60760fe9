"""What several edits share: which tracks they touch, and tracks that keep a position a frame where no drawing can.

Edits take a Trajectory and return a new one. `only` chooses tracks by number from 0 or by name; default all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np

from ...errors import TrajectoryError
from ..checks import shown
from ..sampling import frame_times, sample_track
from ..track import Point, Track, VisibilityKey
from ..trajectory import Trajectory

Only = Iterable[int | str] | None

UNSEEN_PX = 0.01
"""Where positions have to be kept a frame, as few keys are set as hold them this closely."""


def chosen(trajectory: Trajectory, only: Only) -> list[int]:
    """The numbers of the tracks that `only` names, in order, each once. Raises TrajectoryError for unknown ones."""
    count = len(trajectory.tracks)
    if only is None:
        return list(range(count))
    found: dict[int, None] = {}
    for part in [only] if isinstance(only, (int, str)) else only:
        if isinstance(part, str):
            named = [i for i, track in enumerate(trajectory.tracks) if track.name == part]
            if not named:
                raise TrajectoryError(f"only: there is no track named {shown(part)}.")
            found |= dict.fromkeys(named)
        elif isinstance(part, int) and not isinstance(part, bool) and -count <= part < count:
            found[part % count] = None
        else:
            raise TrajectoryError(
                f"only: track {shown(part)} of {count}, expected a name or a number from 0 to {count - 1}."
            )
    return list(found)


def changed(trajectory: Trajectory, only: Only, change: Callable[[Track], Track]) -> Trajectory:
    """The trajectory with `change` done to the chosen tracks."""
    mine = set(chosen(trajectory, only))
    return replace(trajectory, tracks=tuple(change(t) if i in mine else t for i, t in enumerate(trajectory.tracks)))


def keys_of(visible: np.ndarray, times: np.ndarray) -> tuple[VisibilityKey, ...]:
    """The keys for a track that is visible in some frames, bool (F,), at their times (F,)."""
    changes = np.flatnonzero(np.diff(np.concatenate([[True], visible]).astype(int)))
    return tuple(VisibilityKey(float(times[f]), bool(visible[f])) for f in changes)


def held_at(track: Track, positions: np.ndarray, visible: np.ndarray, error_px: float = UNSEEN_PX) -> Track:
    """The track at positions (F, 2) in F frames, visible (F,): straight between the fewest keys that are close enough.

    Keeps name, color, strength and radius; the drawing it had is gone.
    """
    times = frame_times(len(positions))
    kept = fewest_keys(positions, times, error_px)
    moves = len(kept) > 1 and np.abs(positions[kept] - positions[0]).max() > 0
    made = [Point(float(x), float(y), t=float(times[f])) for f, (x, y) in zip(kept, positions[kept], strict=True)]
    points = tuple(made) if moves else (Point(made[0].x, made[0].y),)
    return replace(
        track,
        points=points,
        curve="polyline",
        closed=False,
        start=0.0,
        end=1.0,
        easing="linear",
        visibility=keys_of(visible, times),
    )


def sampled(track: Track, times: np.ndarray) -> Track:
    """The track as it is at F clip times (F,), which become the frames of the clip."""
    positions, visible = sample_track(track, times)
    return held_at(track, positions, visible)


def overshoots(track: Track) -> bool:
    """Whether an easing of the track runs past its stretch, to where the path goes on: that needs the path as it is."""
    easings = [track.easing, *(p.easing for p in track.points)]
    return any(isinstance(e, tuple) and not (0.0 <= e[1] <= 1.0 and 0.0 <= e[3] <= 1.0) for e in easings)


def fewest_keys(positions: np.ndarray, times: np.ndarray, error_px: float) -> list[int]:
    """Which of positions (F, 2) at times (F,) to keep, so that straight lines in time are within error_px of the rest.

    Ramer, Douglas and Peucker's halving, with the distance at the same time, so that the speed is kept as well.
    """
    last = len(positions) - 1
    kept = {0, last}
    open_ = [(0, last)]
    while open_:
        a, b = open_.pop()
        if b - a < 2:
            continue
        inner = np.arange(a + 1, b)
        way = ((times[inner] - times[a]) / (times[b] - times[a]))[:, None]
        miss = positions[inner] - (positions[a] + way * (positions[b] - positions[a]))
        far = np.hypot(miss[:, 0], miss[:, 1])
        worst = int(np.argmax(far))
        if far[worst] > error_px:
            middle = int(inner[worst])
            kept.add(middle)
            open_ += [(a, middle), (middle, b)]
    return sorted(kept)
