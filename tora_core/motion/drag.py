"""A region of a picture moved along a path: the dense flow of what lies inside its mask.

The path is that of tracks: one moves the region, two or more also turn and scale it, as they turn and scale among
themselves. What a path can't say, `degrees` and `scale` do, about the region's center.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch

from ..errors import SizeError, ToraError
from ..trajectory.tracks import Tracks

MAX_SCALE, MAX_DEGREES = 100.0, 36_000.0


def drag_poses(
    mask: np.ndarray,
    tracks: Tracks,
    *,
    degrees: float = 0.0,
    scale: float = 1.0,
    ease: Callable[[np.ndarray], np.ndarray] | None = None,
) -> np.ndarray:
    """Where the region is in each frame: float64 (F, 2, 3), each the similarity from its place in frame 0.

    mask: bool (H, W), of frame 0. degrees: how far it has turned clockwise about its center (the middle of its mass)
    at the end; scale: how many times larger it is then; `ease`, (F,) in 0..1 to the same, says how both run, even by
    default. Where a track is not visible it is left out; in a frame where none is, the region stays as it was.
    Raises ToraError for an empty mask or tracks, SizeError where mask and tracks differ in size.
    """
    if mask.ndim != 2 or mask.dtype != bool:
        raise ToraError(f"the mask is {mask.dtype} {mask.shape}, expected bool (H, W).")
    if mask.shape != tracks.size:
        raise SizeError(
            f"the mask is {mask.shape[0]}x{mask.shape[1]} (height x width), the trajectory {tracks.size[0]}x"
            f"{tracks.size[1]}. Bring them to one size: Fit Trajectory scales a trajectory."
        )
    y, x = np.nonzero(mask)
    if not len(x):
        raise ToraError("the mask is empty: nothing in it is above one half, so there is no region to move.")
    if not len(tracks) or tracks.frames < 1:
        raise ToraError("the trajectory has no tracks, expected at least one: it is the way of the region.")
    if not (math.isfinite(degrees) and abs(degrees) <= MAX_DEGREES):
        raise ToraError(f"degrees is {degrees}, expected at most {MAX_DEGREES:g}.")
    if not 1 / MAX_SCALE <= scale <= MAX_SCALE:
        raise ToraError(f"scale is {scale}, expected {1 / MAX_SCALE:g} to {MAX_SCALE:g}.")
    center = complex(x.mean(), y.mean())
    turn, shift = _steps(tracks)
    times = np.linspace(0.0, 1.0, tracks.frames)
    way = times if ease is None else ease(times)
    own = scale**way * np.exp(1j * np.radians(degrees) * way)
    # First about the center in frame 0, then as the tracks move: z -> turn (center + own (z - center)) + shift.
    factor = turn * own
    move = turn * (1 - own) * center + shift
    return np.stack(
        [
            np.stack([factor.real, -factor.imag, move.real], axis=-1),
            np.stack([factor.imag, factor.real, move.imag], axis=-1),
        ],
        axis=1,
    )


def drag_flow(mask: np.ndarray, poses: np.ndarray, *, soft_px: float = 0.0) -> torch.Tensor:
    """The flow of a region that moves: float32 (F, H, W, 2) px/frame, on the CPU; frame 0 is zero.

    mask: bool (H, W), where it is in frame 0; poses: (F, 2, 3) of `drag_poses`. Entry f stands where the region was in
    frame f-1 and is the displacement of each of its pixels to frame f, as everywhere in this library. soft_px: the
    sigma of a Gaussian that softens the region's border, in px; 0 leaves it hard. Raises ToraError.
    """
    import cv2

    if not 0 <= soft_px <= 1000:
        raise ToraError(f"soft_px is {soft_px}, expected 0 to 1000.")
    height, width = mask.shape
    frames = len(poses)
    flow = torch.zeros(frames, height, width, 2, dtype=torch.float32, device="cpu")
    regions = drag_region(mask, poses)
    grid = np.stack(np.meshgrid(np.arange(width), np.arange(height)), axis=-1).astype(np.float64)
    full = np.concatenate([poses, np.tile([[[0.0, 0.0, 1.0]]], (frames, 1, 1))], axis=1)
    for f in range(1, frames):
        step = full[f] @ np.linalg.inv(full[f - 1])
        there = regions[f - 1].astype(np.float32)
        if soft_px:
            there = cv2.GaussianBlur(there, (0, 0), soft_px)
        moved = grid @ step[:2, :2].T + step[:2, 2] - grid
        flow[f] = torch.from_numpy((there[..., None] * moved).astype(np.float32))
    return flow


def drag_region(mask: np.ndarray, poses: np.ndarray) -> np.ndarray:
    """Where a region is in each frame: bool (F, H, W). mask: bool (H, W) of frame 0; poses: (F, 2, 3)."""
    import cv2

    height, width = mask.shape
    cover = mask.astype(np.float32)
    return np.stack([cv2.warpAffine(cover, pose, (width, height), flags=cv2.INTER_LINEAR) > 0.5 for pose in poses])


def _steps(tracks: Tracks) -> tuple[np.ndarray, np.ndarray]:
    """How the tracks have moved since frame 0: z -> turn z + shift, both complex (F,)."""
    points = tracks.points_px.astype(np.float64)
    z = points[..., 0] + 1j * points[..., 1]
    turn, shift = np.ones(tracks.frames, complex), np.zeros(tracks.frames, complex)
    for f in range(1, tracks.frames):
        both = tracks.visible[:, f] & tracks.visible[:, f - 1]
        a, b = 1.0 + 0j, 0j
        if both.any():
            was, now = z[both, f - 1], z[both, f]
            spread = (np.abs(was - was.mean()) ** 2).sum()
            if spread > 1e-9:
                a = (np.conj(was - was.mean()) * (now - now.mean())).sum() / spread
                if abs(a) < 1e-3:
                    raise ToraError(f"the tracks come together in one point in frame {f}: the region would vanish.")
            b = now.mean() - a * was.mean()
        turn[f], shift[f] = a * turn[f - 1], a * shift[f - 1] + b
    return turn, shift
