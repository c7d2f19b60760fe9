"""Follow points through a video, say when they are hidden, and find them again by what they look like.

From frame to frame points go by a method of steps.py; with each goes a ring of neighbors that tells how the
surroundings turn and grow. What a point looked like at its start then checks it in every frame: drift is taken back,
and what no longer looks like it is hidden. A hidden point is looked for where its speed would have taken it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import ToraError
from .appearance import Looks, search
from .clip import Progress, checked_frames, checked_points, checked_start, filled, inside
from .dis_flow import dis_flow
from .steps import DenseSteps, LucasKanade, Steps
from .surroundings import follow_surroundings

METHODS = ("lucas-kanade", "dis")

RING_PX = 5.0
_ANGLES = np.arange(8) * np.pi / 4
RING = RING_PX * np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], axis=1)
"""Neighbors that go along with a point: float64 (8, 2) px."""

SEEN, SURE, FOUND = 0.45, 0.8, 0.75
"""How alike a point must look to count as seen; to be learned anew; to be found again (appearance.likeness)."""

PEAK, APART = 0.85, 0.08
"""Correlation that a place must have to be the point again, and by how much more than the next best place."""

SEARCH_PX, SEARCH_GROWTH_PX, SEARCH_MOST_PX = 32, 3, 48
"""How far round the expected place a hidden point is looked for: at first, more a frame, at most."""

RELEARN, HALF_ALIKE = 0.6, 0.6
"""A look that changes slowly is learned anew where it is still so alike, and so alike on every side."""

PULL_PX = 2.0
"""Drift is taken back by at most this much a frame."""


def track_points(
    frames: Any,
    points_px: Any,
    *,
    method: str | Steps = "lucas-kanade",
    start_frame: int = 0,
    find_again: bool = True,
    around_px: float | None = None,
    progress: Progress | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Follow N points through F frames, forward and backward from `start_frame`.

    frames: uint8 (F, H, W, 3). points_px: (N, 2), (x, y) in that frame, pixel centers at integers. method:
    "lucas-kanade", "dis" (dense flow), or an object with a `step` as in steps.py.
    find_again: look for hidden points; without it they stay hidden.
    around_px: points on flat places, which have nothing of their own to be followed by, move with the corners so near,
    or twice as far away where there are none (surroundings.py); None leaves them hidden.
    Returns positions float32 (N, F, 2) px and visible bool (N, F). Unseen frames have the place straight between those
    where the point was seen, and before and after them the nearest of those. A point outside the start frame is never
    visible and stays where it was given. Raises ToraError.
    """
    frames = checked_frames(frames)
    points = checked_points(points_px)
    start = checked_start(start_frame, len(frames))
    if around_px is not None and not 0 < around_px < np.inf:
        raise ToraError(f"around_px is {around_px}, expected a distance in px above 0, or None for none.")
    total = len(frames)
    positions = np.repeat(points[:, None], total, axis=1)
    visible = np.zeros((len(points), total), bool)
    visible[:, start] = inside(points, (frames.shape[1], frames.shape[2]))
    done = 0

    def tell() -> None:
        nonlocal done
        if progress is not None:
            progress(done, max(total - 1, 1))
        done += 1

    for order in (range(start, total), range(start, -1, -1)):
        if len(order) < 2 or not visible[:, start].any():
            continue
        walker = _Walker(frames[start], points, visible[:, start], _steps(method), find_again, around_px)
        frame = frames[start]
        for now in order[1:]:
            tell()
            to = frames[now]
            positions[:, now], visible[:, now] = walker.walk(frame, to)
            frame = to
    if progress is not None:
        progress(max(total - 1, 1), max(total - 1, 1))
    return filled(positions, visible).astype(np.float32), visible


def _steps(method: str | Steps) -> Steps:
    if not isinstance(method, str):
        return method
    if method not in METHODS:
        raise ToraError(f"method is {method!r}, expected one of {', '.join(METHODS)}.")
    return LucasKanade() if method == "lucas-kanade" else DenseSteps(dis_flow("fast"))


class _Walker:
    """N points on their way in one direction of time."""

    def __init__(
        self,
        frame: np.ndarray,
        points: np.ndarray,
        inside_: np.ndarray,
        steps: Steps,
        find_again: bool,
        around_px: float | None,
    ) -> None:
        self._steps, self._find_again, self._around_px = steps, find_again, around_px
        count = len(points)
        self.at = points.copy()
        self.seen = inside_.copy()
        self._possible = inside_.copy()
        self._speed = np.zeros((count, 2))
        self._shape = np.repeat(np.eye(2)[None], count, axis=0)
        self._lost = np.zeros(count, int)
        self._first, self._last = Looks(count), Looks(count)
        mine = np.flatnonzero(inside_)
        for looks in (self._first, self._last):
            looks.learn(frame.astype(np.float32), mine, points[mine])

    def walk(self, frame: np.ndarray, to: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """All points in the next frame: positions (N, 2) and seen (N,)."""
        now = to.astype(np.float32)
        size = (to.shape[0], to.shape[1])
        was_seen = self.seen.copy()
        self.at[~was_seen] += self._speed[~was_seen]
        self._speed[~was_seen] *= 0.95
        mine = np.flatnonzero(was_seen)
        if len(mine):
            self._follow(frame, to, now, mine, size)
        if self._find_again:
            for n in np.flatnonzero(self._possible & ~self.seen):
                self._look_for(now, int(n), size)
        self._lost = np.where(self.seen, 0, self._lost + 1)
        return self.at.copy(), self.seen.copy()

    def _follow(
        self, frame: np.ndarray, to: np.ndarray, now: np.ndarray, mine: np.ndarray, size: tuple[int, int]
    ) -> None:
        at, shape = self.at[mine], self._shape[mine]
        ring = at[:, None] + np.einsum("kij,rj->kri", shape, RING)
        moved, good = self._steps.step(frame, to, np.concatenate([at[:, None], ring], axis=1).reshape(-1, 2))
        moved, good = moved.reshape(len(mine), -1, 2), good.reshape(len(mine), -1)
        center, came_back, turn, together = _agreed(at, ring, moved, good)
        flat = self._first.flat(mine) if self._around_px is not None else np.zeros(len(mine), bool)
        if flat.any():
            center[flat], came_back[flat] = follow_surroundings(frame, to, at[flat], self._around_px or 0.0)
            turn[flat], together[flat] = np.eye(2), came_back[flat]
        shape = np.einsum("kij,kjl->kil", turn, shape)
        like = self._first.like(now, mine, center, shape)
        pulled = self._first.aligned(now, mine, center, shape)
        better = self._first.like(now, mine, pulled, shape)
        pull = (better >= like) & (better > SEEN) & (np.linalg.norm(pulled - center, axis=1) <= PULL_PX)
        center, like = np.where(pull[:, None], pulled, center), np.where(pull, better, like)
        seen = came_back & inside(center, size) & (like >= SEEN)
        self._speed[mine[seen]] = 0.5 * self._speed[mine[seen]] + 0.5 * (center - self.at[mine])[seen]
        # A point that is hidden now was last where it was, and goes on as it went.
        self.at[mine] = np.where(seen[:, None], center, self.at[mine] + self._speed[mine])
        self._shape[mine[seen]] = shape[seen]
        self.seen[mine] = seen
        sure = mine[seen & (like >= SURE) & self._last.whole(now, center)]
        self._last.learn(now, sure, self.at[sure])
        # Light, blur and view change slowly: what all of the surroundings agree on may be learned anew.
        changing = np.flatnonzero(seen & together & (like < SURE) & (like >= RELEARN))
        if len(changing):
            alike = self._first.all_over(now, mine[changing], center[changing], shape[changing])
            changing = mine[changing[alike >= HALF_ALIKE]]
            self._first.learn(now, changing, self.at[changing])
            self._shape[changing] = np.eye(2)

    def _look_for(self, now: np.ndarray, n: int, size: tuple[int, int]) -> None:
        """Find hidden point n again, by what it looked like when it was last surely seen."""
        radius = min(SEARCH_PX + SEARCH_GROWTH_PX * int(self._lost[n]), SEARCH_MOST_PX)
        # What left the frame is expected back where it left.
        expected = np.clip(self.at[n], 0, [size[1] - 1, size[0] - 1])
        found = search(now, self._last.patch[n], expected, radius)
        if found is None or found[1] < PEAK or found[1] - found[2] < APART:
            return
        mine, place = np.array([n]), found[0][None]
        pulled = self._last.aligned(now, mine, place, np.eye(2)[None], rounds=8)
        if np.linalg.norm(pulled - place) > PULL_PX or not inside(pulled, size).all():
            return
        if self._last.like(now, mine, pulled, np.eye(2)[None])[0] < FOUND:
            return
        self.at[n], self.seen[n] = pulled[0], True
        self._speed[n] = 0.0 if self._lost[n] > 3 else self._speed[n]


def _agreed(
    at: np.ndarray, ring: np.ndarray, moved: np.ndarray, good: np.ndarray, off_px: float = 1.5
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """What a point and its ring (K, 8, 2) say together, from moved (K, 9, 2) and good (K, 9), the point first.

    Returns centers (K, 2), whether they can be trusted (K,), how the surroundings turned and grew (K, 2, 2), and
    whether nearly all of the ring went along (K,).
    """
    rel, to = ring - at[:, None], moved[:, 1:] - moved[:, :1]
    trusted = good[:, 1:] & good[:, :1]
    # The similarity, as a complex factor, that best takes the ring to where it went; once more without what is off.
    z, w = rel[..., 0] + 1j * rel[..., 1], to[..., 0] + 1j * to[..., 1]
    factor = np.ones(len(at), complex)
    for _ in range(2):
        weight = trusted * (np.abs(w - factor[:, None] * z) <= 2 * off_px)
        norm = (weight * np.abs(z) ** 2).sum(1)
        fitted = (weight * np.conj(z) * w).sum(1) / np.maximum(norm, 1e-9)
        enough = (weight.sum(1) >= 5) & (np.abs(fitted) > 0.7) & (np.abs(fitted) < 1.4)
        factor = np.where(enough, fitted, factor)
    along = trusted & (np.abs(w - factor[:, None] * z) <= off_px)
    turn = np.stack([np.stack([factor.real, -factor.imag], -1), np.stack([factor.imag, factor.real], -1)], -2)
    return moved[:, 0], good[:, 0], turn, along.sum(1) >= 7
