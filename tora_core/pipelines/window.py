"""When motion acts: `start` and `end` as fractions of the noise schedule, as ComfyUI's percent means them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Real

from ..errors import ToraError


def check_window(start: float, end: float) -> None:
    """Raise ToraError unless 0 <= start <= end <= 1."""
    for name, value in (("start", start), ("end", end)):
        if isinstance(value, bool) or not isinstance(value, Real) or not 0 <= value <= 1:
            raise ToraError(f"{name} is {value!r}, expected a number from 0 (first step) to 1 (last step).")
    if start > end:
        raise ToraError(f"start is {start} and end {end}: motion can't end before it starts; swap them.")


def active_steps(timesteps: Sequence[float], start: float, end: float, train_timesteps: int = 1000) -> list[bool]:
    """Return for every step whether motion acts on it.

    Convention: fraction p stands for the noise level of timestep (1 - p) * (train_timesteps - 1), ComfyUI's
    percent_to_sigma (ModelSamplingDiscrete); 0 is above and 1 below all noise. A step is active if its noise lies in
    (level(end), level(start)]. The level grows with the timestep in every schedule, so timesteps are compared.
    So 0 to 1 is all steps, start == end none, and windows that meet share no step and miss none.
    With 50 trailing steps (timesteps 999, 979, ... 19), 0 to 0.5 is the first 25: 999 ... 519.
    """
    high, low = _level(start, train_timesteps), _level(end, train_timesteps)
    return [low < timestep <= high for timestep in timesteps]


def _level(fraction: float, train_timesteps: int) -> float:
    if fraction <= 0:
        return math.inf
    if fraction >= 1:
        return -math.inf
    return (1.0 - fraction) * (train_timesteps - 1)
