"""Looks that a LoRA can be taught from synthetic clips: every color of a clip changed in the same way."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from ..errors import ToraError

Look = Callable[[np.ndarray], np.ndarray]
"""uint8 (..., 3) RGB to the same."""

LOOKS = "hue:DEGREES, negative, sepia, none"


def look_named(text: str) -> Look:
    """A look by its name; ToraError for one that is not known.

    hue:120 turns every color by 120 degrees about the gray axis (red to green), negative swaps dark and light, sepia
    leaves brightness alone, none changes nothing.
    """
    name, _, value = text.partition(":")
    if name == "hue":
        try:
            degrees = float(value)
        except ValueError:
            degrees = math.nan
        if math.isfinite(degrees):
            return lambda pixels: turn_hue(pixels, degrees)
    elif not value and name in _PLAIN:
        return _PLAIN[name]
    raise ToraError(f"the look is {text!r}, expected one of {LOOKS}.")


def turn_hue(pixels: np.ndarray, degrees: float) -> np.ndarray:
    """Colors turned about the gray axis of RGB: 120 makes red green, green blue and blue red; grays stay.

    Rodrigues' rotation by the angle about (1, 1, 1); what leaves 0..255 is cut.
    """
    angle = math.radians(degrees)
    third, side = (1 - math.cos(angle)) / 3, math.sin(angle) / math.sqrt(3)
    cosine = math.cos(angle)
    matrix = np.array(
        [
            [cosine + third, third - side, third + side],
            [third + side, cosine + third, third - side],
            [third - side, third + side, cosine + third],
        ]
    )
    return _rounded(pixels @ matrix.T)


def mean_hue_shift(before: np.ndarray, after: np.ndarray) -> tuple[float, float]:
    """By how many degrees hues turned between two clips of the same shape (..., 3), and how much they agree (0..1).

    The mean direction over all pixels, each with the product of its two chromas for weight; agreement is the length of
    that mean. Degrees are in -180..180.
    """
    one, two = _chroma(before), _chroma(after)
    turns = two * one.conj()
    total = np.abs(turns).sum()
    if total == 0:
        return 0.0, 0.0
    mean = turns.sum() / total
    return math.degrees(math.atan2(mean.imag, mean.real)), float(abs(mean))


def _chroma(pixels: np.ndarray) -> np.ndarray:
    """Each color's place in the plane across the gray axis, as a complex number: red at 0, green at 120 degrees."""
    r, g, b = np.moveaxis(pixels.astype(np.float64), -1, 0)
    return (r - g / 2 - b / 2) + 1j * math.sqrt(3) / 2 * (g - b)


def _negative(pixels: np.ndarray) -> np.ndarray:
    return 255 - pixels


def _sepia(pixels: np.ndarray) -> np.ndarray:
    light = pixels @ np.array([0.299, 0.587, 0.114])
    return _rounded(light[..., None] * np.array([1.14, 0.94, 0.68]))


def _rounded(values: np.ndarray) -> np.ndarray:
    return np.rint(np.clip(values, 0, 255)).astype(np.uint8)


_PLAIN: dict[str, Look] = {"negative": _negative, "sepia": _sepia, "none": lambda pixels: pixels}
