"""Which sizes and frame counts a CogVideoX can have, and the nearest legal ones of those it can't."""

from __future__ import annotations

import operator
from typing import Any

from ..errors import SizeError


def check_frames(frames: Any, step: int = 8, name: str = "num_frames") -> int:
    """Return `frames` if it is step * k + 1 (k from 0), else raise SizeError with the two nearest legal counts.

    CogVideoX's VAE decodes latent frames in pairs after a single first one, each standing for 4 frames: any other count
    comes back with another length, 197 as 200 and 204 as 201. A single frame (k = 0) is legal. name: for the message.
    """
    count = _whole(name, frames)
    if count >= 1 and (count - 1) % step == 0:
        return count
    below = (count - 1) // step * step + 1
    raise SizeError(f"{name} is {count}, expected {step}k+1. The nearest are {_two(below, step, 1)}.")


def check_side(name: str, pixels: Any, step: int = 16) -> int:
    """Return `pixels` if it is a positive multiple of `step`, else raise SizeError with the two nearest ones.

    The step is the VAE's compression in space times the transformer's patch: 8 * 2 = 16 for CogVideoX.
    """
    count = _whole(name, pixels)
    if count >= step and count % step == 0:
        return count
    nearest = _two(count // step * step, step, step)
    raise SizeError(f"{name} is {count}, expected a multiple of {step} pixels. The nearest are {nearest}.")


def _whole(name: str, value: Any) -> int:
    try:
        return operator.index(value)
    except TypeError:
        raise SizeError(f"{name} is {value!r}, expected a whole number.") from None


def _two(below: int, step: int, smallest: int) -> str:
    below = max(below, smallest)
    return f"{below} and {below + step}"
