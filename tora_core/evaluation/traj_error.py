"""TrajError: how far the obtained path is from the asked one (the paper's section 4.1).

The reference does not say whether x and y are summed, so both readings are given: mean |dx| + |dy| and mean
Euclidean distance, in pixels and as a share of the diagonal. Every frame in which the asked point is visible counts;
one in which the thing was not found counts as half the diagonal.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import ToraError

NEAR = 0.05
"""Nearer than this share of the diagonal counts as followed: 43 px in 480x720."""


@dataclass(frozen=True)
class TrajError:
    """Means over all visible frames of all tracks; px, but for the shares (0..1).

    diagonal_share: the mean Euclidean distance as a share of the diagonal. found_share: share of visible frames in
    which the thing was found. near_share: share in which it was found within NEAR (5 %) of the diagonal.
    found_only_px: the mean Euclidean distance over frames in which the thing was found, None where it never was; it
    tells following from being there at all.
    """

    l1_px: float
    euclidean_px: float
    diagonal_share: float
    found_share: float
    frames: int
    found_only_px: float | None
    near_share: float


def trajectory_error(
    asked_px: np.ndarray,
    obtained_px: np.ndarray,
    *,
    size: tuple[int, int],
    visible: np.ndarray | None = None,
    found: np.ndarray | None = None,
) -> TrajError:
    """Compare paths (..., F, 2) px in frames of `size` (height, width); visible and found are bool (..., F).

    Raises ToraError when shapes differ or no frame is visible.
    """
    asked, obtained = np.asarray(asked_px, np.float64), np.asarray(obtained_px, np.float64)
    if asked.shape != obtained.shape or asked.shape[-1:] != (2,):
        raise ToraError(f"asked path is {asked.shape}, obtained {obtained.shape}; expected the same shape (..., F, 2).")
    visible = np.ones(asked.shape[:-1], bool) if visible is None else np.asarray(visible, bool)
    found = np.ones(asked.shape[:-1], bool) if found is None else np.asarray(found, bool)
    if visible.shape != asked.shape[:-1] or found.shape != asked.shape[:-1]:
        raise ToraError(f"visible is {visible.shape}, found {found.shape}; expected {asked.shape[:-1]}.")
    if not visible.any():
        raise ToraError("no frame of the asked path is visible, so there is nothing to compare.")
    diagonal = float(np.hypot(*size))
    difference = np.abs(asked - obtained)[visible]
    lost = ~found[visible]
    euclidean = np.where(lost, diagonal / 2, np.hypot(difference[:, 0], difference[:, 1]))
    l1 = np.where(lost, diagonal / 2, difference.sum(axis=1))
    mean = float(euclidean.mean())
    found_only = None if lost.all() else float(euclidean[~lost].mean())
    near = float((~lost & (euclidean <= NEAR * diagonal)).mean())
    return TrajError(
        float(l1.mean()), mean, mean / diagonal, float((~lost).mean()), int(visible.sum()), found_only, near
    )
