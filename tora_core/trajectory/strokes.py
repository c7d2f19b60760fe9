"""Strokes for pictures of trajectories, drawn larger and scaled down: thin lines stay smooth on small canvases."""

from __future__ import annotations

import numpy as np

_SHIFT = 4  # cv2's coordinates in sixteenths of a pixel
_MAX_DRAWN_PX = 4096  # the enlarged side stays below it where the picture itself does

Color = tuple[int, int, int]


def line_width_px(height: int, width: int) -> float:
    """A stroke that is seen on a large picture and does not drown a small one: 1.2 px at 128, 2.6 px at 480."""
    return float(np.clip(0.0055 * min(height, width), 1.2, 6.0))


class Layer:
    """A transparent sheet of height x width pixels to draw on; points are (x, y) in its pixels, centres at integers.

    halo: a light rim around everything, for use over a picture. What is drawn later lies above.
    """

    def __init__(self, height: int, width: int, *, halo: bool) -> None:
        self.height, self.width = height, width
        self.width_px = line_width_px(height, width)
        self.halo_px = max(0.8, 0.45 * self.width_px) if halo else 0.0
        self._scale = max(1, min(4, _MAX_DRAWN_PX // max(height, width)))
        # Color times opacity, and opacity: only so can it be scaled down without dark edges.
        self._sheet = np.zeros((height * self._scale, width * self._scale, 4), np.uint8)

    def inside(self, points: np.ndarray) -> np.ndarray:
        """Which of the points (K, 2) lie on the canvas: bool (K,)."""
        return self.distance(points) <= 0.0

    def distance(self, points: np.ndarray) -> np.ndarray:
        """How far outside the canvas points (K, 2) lie, in pixels (K,); 0 inside."""
        x, y = points[:, 0], points[:, 1]
        beyond_x = np.maximum(np.maximum(-0.5 - x, x - (self.width - 0.5)), 0.0)
        beyond_y = np.maximum(np.maximum(-0.5 - y, y - (self.height - 0.5)), 0.0)
        return np.hypot(beyond_x, beyond_y)

    def clamped(self, point: np.ndarray) -> np.ndarray:
        """The point of the canvas nearest to `point` (2,)."""
        return np.clip(point, 0.0, [self.width - 1.0, self.height - 1.0])

    def crosses(self, path: np.ndarray, drawn: np.ndarray) -> bool:
        """Whether any drawn step of the path (K, 2), drawn (K - 1,), meets the canvas."""
        return bool(len(path) > 1 and (_clip(path[:-1], path[1:], self._box(0.0))[2] & drawn).any())

    def leaving(self, inside: np.ndarray, outside: np.ndarray) -> np.ndarray:
        """Where the way from a point inside to one outside meets the border."""
        return _clip(inside[None], outside[None], self._box(0.0))[1][0]

    def path(self, points: np.ndarray, drawn: np.ndarray, color: Color, opacity: float | np.ndarray) -> None:
        """The steps between points (K, 2) where drawn (K - 1,) is true, with an opacity 0..1 for all or for each."""
        if len(points) < 2:
            return
        first, last, kept = _clip(points[:-1].astype(float), points[1:].astype(float), self._box(8.0 * self.width_px))
        kept &= drawn & (points[1:] != points[:-1]).any(axis=1)
        strengths = np.broadcast_to(opacity, kept.shape)
        steps = [(first[i], last[i], float(strengths[i])) for i in np.flatnonzero(kept)]
        if self.halo_px:
            for a, b, _ in steps:
                self._line(a, b, self.width_px + 2.0 * self.halo_px, (255, 255, 255), 0.6)
        for a, b, strength in steps:
            self._line(a, b, self.width_px, color, strength)

    def bead(self, point: np.ndarray, color: Color, opacity: float) -> None:
        """A small disc, a little wider than the line."""
        if self._near(point):
            self._disc(point, 0.95 * self.width_px, color, opacity)

    def ring(self, point: np.ndarray, color: Color, *, dotted: bool = False) -> None:
        """A light disc with a colored rim, and with a dot in it where the track stands still."""
        if not self._near(point):
            return
        if self.halo_px:
            self._disc(point, 2.6 * self.width_px + self.halo_px, (255, 255, 255), 0.6)
        self._disc(point, 2.6 * self.width_px, color, 1.0)
        self._disc(point, 1.6 * self.width_px, (255, 255, 255), 1.0)
        if dotted:
            self._disc(point, 0.9 * self.width_px, color, 1.0)

    def arrow(self, tip: np.ndarray, heading: np.ndarray, color: Color) -> None:
        """A filled arrow head with its tip at `tip`, pointing along `heading`; a disc where there is no direction."""
        import cv2

        size = float(np.hypot(heading[0], heading[1]))
        if size == 0.0:
            self._disc(tip, 1.6 * self.width_px, color, 1.0)
            return
        along = np.asarray(heading, float) / size
        across = np.array([-along[1], along[0]])
        for grow, ink, opacity in ((self.halo_px, (255, 255, 255), 0.6), (0.0, color, 1.0)):
            if grow or ink == color:
                point = tip + along * (1.5 * self.width_px + 1.8 * grow)
                foot = tip - along * (4.0 * self.width_px + grow)
                half = 2.4 * self.width_px + 1.4 * grow
                corners = [self._fixed(p) for p in (point, foot + across * half, foot - across * half)]
                cv2.fillPoly(self._sheet, [np.array(corners)], _ink(ink, opacity), cv2.LINE_AA, _SHIFT)

    def over(self, pictures: np.ndarray) -> np.ndarray:
        """The sheet over uint8 RGB pictures (..., H, W, 3): a copy, rounded to the nearest."""
        import cv2

        sheet = self._sheet
        if self._scale > 1:
            sheet = cv2.resize(sheet, (self.width, self.height), interpolation=cv2.INTER_AREA)
        result = pictures.copy()
        rows, columns = np.nonzero(sheet[..., 3])
        ink = sheet[rows, columns].astype(np.float32)
        below = pictures[..., rows, columns, :].astype(np.float32)
        mixed = ink[:, :3] + below * (1.0 - ink[:, 3:] / 255.0)
        result[..., rows, columns, :] = np.clip(np.rint(mixed), 0, 255).astype(np.uint8)
        return result

    def _box(self, margin: float) -> tuple[float, float, float, float]:
        return -0.5 - margin, -0.5 - margin, self.width - 0.5 + margin, self.height - 0.5 + margin

    def _near(self, point: np.ndarray) -> bool:
        return bool(self.distance(np.asarray(point)[None])[0] < 4.0 * self.width_px)

    def _fixed(self, point: np.ndarray) -> tuple[int, int]:
        x, y = ((float(v) + 0.5) * self._scale - 0.5 for v in point)
        return round(x * (1 << _SHIFT)), round(y * (1 << _SHIFT))

    def _line(self, a: np.ndarray, b: np.ndarray, width_px: float, color: Color, opacity: float) -> None:
        import cv2

        thickness = max(1, round(width_px * self._scale))
        cv2.line(self._sheet, self._fixed(a), self._fixed(b), _ink(color, opacity), thickness, cv2.LINE_AA, _SHIFT)

    def _disc(self, centre: np.ndarray, radius_px: float, color: Color, opacity: float) -> None:
        import cv2

        radius = round(radius_px * self._scale * (1 << _SHIFT))
        cv2.circle(self._sheet, self._fixed(centre), radius, _ink(color, opacity), -1, cv2.LINE_AA, _SHIFT)


def _ink(color: Color, opacity: float) -> tuple[float, ...]:
    return (*(part * opacity for part in color), 255.0 * opacity)


def _clip(
    first: np.ndarray, last: np.ndarray, box: tuple[float, float, float, float]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Liang and Barsky: the parts of the steps first -> last, both (K, 2), inside the box, and which have one (K,)."""
    step = last - first
    enter, leave = np.zeros(len(first)), np.ones(len(first))
    kept = np.ones(len(first), bool)
    for axis in (0, 1):
        low, high = box[axis] - first[:, axis], box[axis + 2] - first[:, axis]
        moving = step[:, axis] != 0.0
        safe = np.where(moving, step[:, axis], 1.0)
        near, far = np.minimum(low / safe, high / safe), np.maximum(low / safe, high / safe)
        enter = np.where(moving, np.maximum(enter, near), enter)
        leave = np.where(moving, np.minimum(leave, far), leave)
        kept &= moving | ((low <= 0.0) & (high >= 0.0))
    kept &= enter <= leave
    return first + enter[:, None] * step, first + leave[:, None] * step, kept
