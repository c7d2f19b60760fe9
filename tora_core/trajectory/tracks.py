"""Tracks: where every tracked point is in every frame, in pixels of one definite size."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..errors import TrajectoryError

DEFAULT_SIGMA_PX = 10.0
"""Blur of the motion picture that the published weights were trained with (traj_utils.py of the reference)."""


def _as_array(name: str, values: Any, dtype: Any) -> np.ndarray:
    if hasattr(values, "detach"):  # a torch tensor, wherever it lives, without importing torch here
        values = values.detach().cpu().numpy()
    try:
        with np.errstate(over="ignore"):  # too large for float32 becomes infinite and is told below
            return np.array(values, dtype=dtype)
    except (TypeError, ValueError) as error:
        raise TrajectoryError(f"{name} can't be made an array of numbers: {error}.") from None


@dataclass(frozen=True, eq=False)
class Tracks:
    """N points followed over F frames, as float pixels of an output of `size`.

    Convention: points are (x, y), x right, y down, pixel centres at integers, so (0, 0) is the middle of the top
    left pixel; any finite position is legal, also outside the frame. `size` is (height, width).

    points_px: float32 (N, F, 2); visible: bool (N, F), default all; strength: float32 (N,), default 1;
    sigma_px: float32 (N,), output pixels, default 10 and never scaled with the size.
    Arrays are copied and made read-only. Raises TrajectoryError where shapes disagree or values are not finite.
    """

    points_px: np.ndarray
    visible: np.ndarray = None  # type: ignore[assignment]
    size: tuple[int, int] = (480, 720)
    strength: np.ndarray = None  # type: ignore[assignment]
    sigma_px: np.ndarray = None  # type: ignore[assignment]
    names: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        points = _as_array("points_px", self.points_px, np.float32)
        if points.ndim != 3 or points.shape[-1] != 2:
            raise TrajectoryError(f"points_px has shape {points.shape}, expected (N, F, 2): tracks, frames, (x, y).")
        n, f = points.shape[:2]
        visible = _as_array("visible", np.ones((n, f), bool) if self.visible is None else self.visible, bool)
        strength = _as_array("strength", np.ones(n) if self.strength is None else self.strength, np.float32)
        default_sigma = np.full(n, DEFAULT_SIGMA_PX)
        sigma = _as_array("sigma_px", default_sigma if self.sigma_px is None else self.sigma_px, np.float32)
        shapes = (("visible", visible, (n, f)), ("strength", strength, (n,)), ("sigma_px", sigma, (n,)))
        for name, value, shape in shapes:
            if value.shape != shape:
                raise TrajectoryError(
                    f"{name} has shape {value.shape}, expected {shape} to match points_px {points.shape}."
                )
        # What an invisible point's position is does not matter: files mark "no point" with NaN or infinity.
        if not np.isfinite(points[visible]).all():
            raise TrajectoryError("points_px holds NaN or infinity in a visible frame; mark such frames invisible.")
        points[~np.isfinite(points)] = 0.0
        if not (np.isfinite(strength).all() and np.isfinite(sigma).all() and (sigma > 0).all()):
            raise TrajectoryError("strength must be finite, sigma_px finite and above 0.")
        try:
            height, width = (int(v) for v in self.size)
        except (TypeError, ValueError):
            height = width = 0
        if height < 1 or width < 1:
            raise TrajectoryError(f"size is {self.size}, expected (height, width) of at least one pixel each.")
        names = tuple(self.names)
        if names and len(names) != n:
            raise TrajectoryError(f"names has {len(names)} entries, expected none or {n}, one a track.")
        for value in (points, visible, strength, sigma):
            value.flags.writeable = False
        set_ = object.__setattr__
        set_(self, "points_px", points)
        set_(self, "visible", visible)
        set_(self, "strength", strength)
        set_(self, "sigma_px", sigma)
        set_(self, "size", (height, width))
        set_(self, "names", names)

    @property
    def frames(self) -> int:
        """F, the number of frames."""
        return int(self.points_px.shape[1])

    def __len__(self) -> int:
        return int(self.points_px.shape[0])
