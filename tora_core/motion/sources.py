"""Where the motion of tracks enters the raster: one moving point source per track and step, and how it is blurred.

Bilinear splat and Gaussian are both separable, so the blurred picture of one source is the outer product of a profile
down the rows and one across the columns. A profile already holds what the mirrored border folds back into the raster.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..errors import TrajectoryError
from ..trajectory.tracks import Tracks

SUPPORT_IN_SIGMAS = 4.9
"""The blur reaches round(4.9 sigma) pixels to each side: for sigma 10 the 49 of the published 99x99 kernel."""
MAX_SIGMA_PX = 4096.0
"""Wider than any picture; a larger value is a mistake, and its kernel would need gigabytes."""
MAX_MOVE_PX = 1e9
"""Longer moves are shortened to this, in their direction, so that squares of sums of blurred moves fit float32."""


def support_px(sigma: float) -> int:
    """Return how many pixels the blur reaches to each side of a source; 49 for sigma 10."""
    return int(np.floor(SUPPORT_IN_SIGMAS * sigma + 0.5))


def blur_profiles(places: np.ndarray, sigma: float, length: int) -> np.ndarray:
    """Blur unit impulses on an axis of `length` pixels: (K,) whole pixels inside to float32 (K, length).

    The Gaussian is 1 at its centre and 0 beyond `support_px`. The border mirrors without repeating the edge pixel
    (OpenCV's BORDER_REFLECT_101): an impulse at s is also seen at -s, at 2 (length - 1) - s and so on as often as the
    kernel reaches, and a pixel adds up all the images that it sees. On an axis of one pixel every tap sees the impulse.
    """
    reach = support_px(sigma)
    taps = np.exp(-0.5 * (np.arange(reach + 2) / sigma) ** 2)
    taps[-1] = 0.0  # one past the support: where all farther pixels look
    if length == 1:
        return np.full((len(places), 1), taps[0] + 2 * taps[1:].sum(), np.float32)
    profiles = np.zeros((len(places), length))
    pixels, period = np.arange(length), 2 * (length - 1)
    inner = (places > 0) & (places < length - 1)  # an edge pixel is its own mirror image
    turns = reach // period + 2
    for turn in range(-turns, turns + 1):
        for images, exists in ((places + turn * period, True), (turn * period - places, inner)):
            seen = np.flatnonzero(exists & (images >= -reach) & (images < length + reach))
            if seen.size:
                distance = np.abs(images[seen, None] - pixels)
                profiles[seen] += taps[np.minimum(distance, reach + 1)]
    return profiles.astype(np.float32)


class SplatAxis:
    """Profiles of S sub-pixel positions on one axis, kept as the few whole-pixel profiles that they blend.

    positions: float64 (S,), above -1 and below `length`; sigma: (S,). A corner off the raster is dropped, not moved.
    first, last: int (S,), the first and last pixel that each source can reach.
    """

    def __init__(self, positions: np.ndarray, sigma: np.ndarray, length: int) -> None:
        base = np.floor(positions).astype(np.int64)
        part = positions - base
        corners = np.stack([base, base + 1], 1)
        weights = np.stack([1 - part, part], 1)
        weights[(corners < 0) | (corners >= length)] = 0.0
        corners = corners.clip(0, length - 1)
        self._weights = weights.astype(np.float32)
        self._rows = np.zeros(corners.shape, np.int64)
        tables = [np.zeros((0, length), np.float32)]
        reach = np.zeros(len(positions), np.int64)
        for value in np.unique(sigma):
            mine = sigma == value
            places, index = np.unique(corners[mine], return_inverse=True)
            self._rows[mine] = index.reshape(-1, 2) + sum(len(table) for table in tables)
            tables.append(blur_profiles(places, float(value), length))
            reach[mine] = support_px(float(value))
        self._table = np.concatenate(tables)
        self.first = np.maximum(corners[:, 0] - reach, 0)
        self.last = np.minimum(corners[:, 1] + reach, length - 1)

    def profiles(self, sources: slice) -> np.ndarray:
        """Return the profiles of some of the sources: float32 (K, length)."""
        rows, weights = self._rows[sources], self._weights[sources]
        return self._table[rows[:, 0]] * weights[:, :1] + self._table[rows[:, 1]] * weights[:, 1:]


@dataclass(frozen=True)
class Sources:
    """The S moving sources of a clip on a raster of `size` (height, width), in order of the frame they are drawn in."""

    frame: np.ndarray  # int (S,)
    move: np.ndarray  # float32 (S, 2), px/frame
    position: np.ndarray  # float64 (S, 2)
    sigma: np.ndarray  # float32 (S,), px
    size: tuple[int, int]

    @cached_property
    def y(self) -> SplatAxis:
        """Rows: the profiles of the sources down the picture."""
        return SplatAxis(self.position[:, 1], self.sigma, self.size[0])

    @cached_property
    def x(self) -> SplatAxis:
        """Columns: the profiles of the sources across the picture."""
        return SplatAxis(self.position[:, 0], self.sigma, self.size[1])

    def of_frame(self, frame: int) -> slice:
        """Return which sources are drawn in `frame`."""
        first, end = np.searchsorted(self.frame, (frame, frame + 1))
        return slice(int(first), int(end))


def find_sources(tracks: Tracks, *, apply_strength: bool) -> Sources:
    """Collect the steps p[i] -> p[i+1] of all tracks: each a source at p[i], drawn in frame i+1.

    Left out is what draws nothing: steps with an invisible end, steps of length 0, and sources a whole pixel or more
    off the raster (a nearer one still has a corner of its bilinear splat inside). With `apply_strength` the moves are
    times the strength of their track. Raises TrajectoryError if a sigma is above MAX_SIGMA_PX.
    """
    if len(tracks) and float(tracks.sigma_px.max()) > MAX_SIGMA_PX:
        worst = int(tracks.sigma_px.argmax())
        raise TrajectoryError(
            f"sigma_px of track {worst} is {tracks.sigma_px[worst]:g}, expected at most {MAX_SIGMA_PX:g}; "
            "the published weights were trained with 10."
        )
    height, width = tracks.size
    points = tracks.points_px.astype(np.float64).transpose(1, 0, 2)  # (F, N, 2): sources come out in order of frames
    visible = tracks.visible.T
    start, move = points[:-1], np.diff(points, axis=0)
    if apply_strength:
        move = move * tracks.strength[:, None].astype(np.float64)
    length = np.hypot(move[..., 0], move[..., 1])
    on_raster = ((start > -1) & (start < (width, height))).all(-1)
    step, track = np.nonzero(visible[:-1] & visible[1:] & on_raster & (length > 0))
    shorten = np.minimum(1.0, MAX_MOVE_PX / length[step, track])[:, None]
    moves = (move[step, track] * shorten).astype(np.float32)
    moves += 0.0  # turns -0 into 0: straight to the right, their places on the colour wheel are a full circle apart
    return Sources(
        frame=step + 1,
        move=moves,
        position=start[step, track],
        sigma=tracks.sigma_px[track],
        size=tracks.size,
    )
