"""What a point looks like: a small patch, carried along as it turns and grows, compared and found again.

A patch is taken at c + A g, where g runs over a square grid of pixels round the point and A (2, 2) is how the
surroundings have turned and grown since the patch was first seen. So a turning thing still looks like itself.
"""

from __future__ import annotations

import numpy as np

HALF = 6
"""Patches are 13 px wide: small enough for small things, large enough to be told from their neighbors."""

LEAST_SHARE = 0.4
"""Patches of which less counts, as the rest is outside the frame, say nothing."""

_SIGMA = 3.5
_MEANS, _DETAIL = (0.01 * 255) ** 2, (0.03 * 255) ** 2  # Wang et al. 2004, the constants of SSIM

_SIDE = np.arange(-HALF, HALF + 1, dtype=np.float32)
GRID = np.stack(np.meshgrid(_SIDE, _SIDE), axis=-1).reshape(-1, 2)
"""float32 (P, 2) px, rows from top to bottom."""

_WEIGHTS = np.exp(-0.5 * (GRID**2).sum(1) / _SIGMA**2).astype(np.float32)


def patches(frame: np.ndarray, centers: np.ndarray, shapes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Patches float32 (K, P, 3) at centers (K, 2) with shapes A (K, 2, 2), and how much each pixel counts, (K, P).

    frame: float32 (H, W, 3). Pixels outside the frame repeat its border and count nothing.
    """
    import cv2

    if not len(centers):
        return np.zeros((0, len(GRID), 3), np.float32), np.zeros((0, len(GRID)), np.float32)
    at = centers[:, None] + np.einsum("kij,pj->kpi", shapes, GRID)
    at32 = np.ascontiguousarray(at, np.float32)
    taken = cv2.remap(frame, at32[..., 0], at32[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    height, width = frame.shape[:2]
    within = (at >= -0.5).all(-1) & (at[..., 0] < width - 0.5) & (at[..., 1] < height - 0.5)
    return taken.reshape(*at.shape[:2], 3), within * _WEIGHTS


def likeness(one: np.ndarray, other: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """How alike patches (K, P, 3) are, (K,): 1 the same, about 0 unrelated; the weighted SSIM over all channels.

    weights: (K, P). Flat patches are compared by color. Patches that hardly count are unlike (0).
    """
    total = weights.sum(1)
    share = (weights / np.maximum(total, 1e-6)[:, None])[..., None]
    mean_one, mean_other = (one * share).sum(1), (other * share).sum(1)
    a, b = one - mean_one[:, None], other - mean_other[:, None]
    both, var_a, var_b = ((p * share).sum((1, 2)) for p in (a * b, a * a, b * b))
    detail = (2 * both + _DETAIL) / (var_a + var_b + _DETAIL)
    means = (2 * (mean_one * mean_other).sum(1) + _MEANS) / ((mean_one**2 + mean_other**2).sum(1) + _MEANS)
    return np.where(total > LEAST_SHARE * _WEIGHTS.sum(), detail * means, 0.0)


_HALVES = np.stack([GRID[:, 0] < 0, GRID[:, 0] > 0, GRID[:, 1] < 0, GRID[:, 1] > 0])


class Looks:
    """What N points look like: a patch each, (N, P, 3), with what counts of it, and its slopes for `aligned`."""

    def __init__(self, count: int) -> None:
        self.patch = np.zeros((count, len(GRID), 3), np.float32)
        self.weight = np.zeros((count, len(GRID)), np.float32)
        self._slope = np.zeros((count, len(GRID), 3, 2), np.float32)
        self._inverse = np.zeros((count, 2, 2))

    def learn(self, frame: np.ndarray, mine: np.ndarray, centers: np.ndarray) -> None:
        """Take the patches of points `mine` (K,) anew, as they are in `frame` round centers (K, 2)."""
        shapes = np.broadcast_to(np.eye(2), (len(mine), 2, 2))
        self.patch[mine], self.weight[mine] = patches(frame, centers, shapes)
        side = 2 * HALF + 1
        square = self.patch[mine].reshape(-1, side, side, 3)
        slopes = np.stack([np.gradient(square, axis=2), np.gradient(square, axis=1)], axis=-1)
        self._slope[mine] = slopes.reshape(len(mine), len(GRID), 3, 2)
        normal = np.einsum("kpci,kpcj,kp->kij", self._slope[mine], self._slope[mine], self.weight[mine])
        # Along an edge there is nothing to hold on to: a little stiffness leaves the point where it is that way.
        stiff = 4.0 * self.weight[mine].sum(1)[:, None, None] * np.eye(2) + 1e-3 * np.eye(2)
        self._inverse[mine] = np.linalg.inv(normal + stiff)

    def flat(self, mine: np.ndarray) -> np.ndarray:
        """Whether points `mine` (K,) have nothing to hold on to: no more detail than `likeness` overlooks. bool (K,)"""
        weight = self.weight[mine]
        share = (weight / np.maximum(weight.sum(1), 1e-6)[:, None])[..., None]
        off = self.patch[mine] - (self.patch[mine] * share).sum(1, keepdims=True)
        return np.asarray((off * off * share).sum((1, 2)) < _DETAIL)

    def like(self, frame: np.ndarray, mine: np.ndarray, centers: np.ndarray, shapes: np.ndarray) -> np.ndarray:
        """How much the frame at centers (K, 2), shapes (K, 2, 2), looks like points `mine`: (K,), 1 the same."""
        now, weight = patches(frame, centers, shapes)
        return likeness(self.patch[mine], now, np.minimum(weight, self.weight[mine]))

    def all_over(self, frame: np.ndarray, mine: np.ndarray, centers: np.ndarray, shapes: np.ndarray) -> np.ndarray:
        """`like` of the half of the patch that is least alike: (K,).

        Light and view change a patch as a whole; what slides over it changes one side first.
        """
        now, weight = patches(frame, centers, shapes)
        weight = np.minimum(weight, self.weight[mine])
        return np.min([likeness(self.patch[mine], now, weight * half) for half in _HALVES], axis=0)

    def whole(self, frame: np.ndarray, centers: np.ndarray) -> np.ndarray:
        """Whether upright patches round centers (K, 2) lie inside the frame: bool (K,)."""
        height, width = frame.shape[:2]
        low, high = HALF - 0.5, np.array([width - HALF - 0.5, height - HALF - 0.5])
        return np.asarray(np.logical_and(centers >= low, centers < high).all(axis=1))

    def aligned(
        self, frame: np.ndarray, mine: np.ndarray, centers: np.ndarray, shapes: np.ndarray, rounds: int = 4
    ) -> np.ndarray:
        """Centers (K, 2) moved to where the patch fits best nearby; the inverse compositional form of Lucas-Kanade.

        Source: Baker and Matthews, "Lucas-Kanade 20 Years On" (IJCV 2004), section 3.2, for a translation. Changes
        of light are taken out: the mean of each channel, and the contrast of all.
        """
        at = centers.copy()
        for _ in range(rounds):
            now, weight = patches(frame, at, shapes)
            weight = np.minimum(weight, self.weight[mine])[..., None]
            total = np.maximum(weight.sum(1, keepdims=True), 1e-6)
            now = now - (now * weight).sum(1, keepdims=True) / total
            wanted = self.patch[mine] - (self.patch[mine] * weight).sum(1, keepdims=True) / total
            contrast = [np.sqrt((p * p * weight).sum((1, 2), keepdims=True) + 1.0) for p in (wanted, now)]
            miss = (now * np.clip(contrast[0] / contrast[1], 0.3, 3.0) - wanted) * weight
            step = np.einsum("kij,kpcj,kpc->ki", self._inverse[mine], self._slope[mine], miss)
            at -= np.einsum("kij,kj->ki", shapes, np.clip(step, -1.0, 1.0))
        return at


def search(
    frame: np.ndarray, patch: np.ndarray, center: np.ndarray, radius_px: int, clear_px: int = 5
) -> tuple[np.ndarray, float, float] | None:
    """Where a patch (P, 3) fits best within radius_px of a center: (x, y), how well, and how well the best other does.

    frame: float32 (H, W, 3). Correlation from -1 to 1; "other" is more than clear_px away. None where the search
    area doesn't reach into the frame.
    """
    import cv2

    height, width = frame.shape[:2]
    side = 2 * HALF + 1
    left, top = (int(np.floor(c)) - radius_px - HALF for c in center)
    right, bottom = left + 2 * radius_px + side + 1, top + 2 * radius_px + side + 1
    left, top, right, bottom = max(left, 0), max(top, 0), min(right, width), min(bottom, height)
    if right - left < side or bottom - top < side:
        return None
    template = np.ascontiguousarray(patch.reshape(side, side, 3))
    if float(template.std(axis=(0, 1)).max()) < 2.0:
        return None  # a flat patch fits everywhere
    score = cv2.matchTemplate(frame[top:bottom, left:right], template, cv2.TM_CCOEFF_NORMED)
    score = np.nan_to_num(score, nan=-1.0, posinf=-1.0, neginf=-1.0)
    row, column = np.unravel_index(int(score.argmax()), score.shape)
    best = float(score[row, column])
    rest = score.copy()
    rest[max(row - clear_px, 0) : row + clear_px + 1, max(column - clear_px, 0) : column + clear_px + 1] = -1.0
    return np.array([left + column + HALF, top + row + HALF], float), best, float(rest.max())
