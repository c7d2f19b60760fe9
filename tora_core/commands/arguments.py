"""Argument types with messages that say what was expected."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable


def number(low: float | None = None, high: float | None = None) -> Callable[[str], float]:
    """A finite float within [low, high]."""

    def parse(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        _check(text, math.isfinite(value), value, low, high, "a number")
        return value

    return parse


def whole(low: int | None = None, high: int | None = None) -> Callable[[str], int]:
    """A whole number within [low, high]."""

    def parse(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            _check(text, False, 0, low, high, "a whole number")
            raise
        _check(text, True, value, low, high, "a whole number")
        return value

    return parse


def lora(text: str) -> tuple[str, float]:
    """FILE or FILE:STRENGTH to (file, strength); without a number behind the last colon it is all a file's name."""
    path, colon, last = text.rpartition(":")
    try:
        strength = float(last) if colon and path else math.nan
    except ValueError:
        return text, 1.0
    if not colon or not path:
        return text, 1.0
    _check(text, math.isfinite(strength), strength, -100, 100, "FILE or FILE:STRENGTH, with a strength")
    return path, strength


def _check(text: str, valid: bool, value: float, low: float | None, high: float | None, kind: str) -> None:
    if valid and (low is None or value >= low) and (high is None or value <= high):
        return
    bounds = " and ".join(
        words
        for words in (None if low is None else f"at least {low}", None if high is None else f"at most {high}")
        if words
    )
    raise argparse.ArgumentTypeError(f"got {text!r}, expected {kind}{' of ' + bounds if bounds else ''}")
