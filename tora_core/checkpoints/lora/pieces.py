"""What the keys of LoRA files say, whatever their style: which module's weight changes, and by which part."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

DOWN, UP, ALPHA, MAGNITUDE, DIFF, BIAS, UP_BIAS = "down", "up", "alpha", "magnitude", "diff", "bias", "up bias"
"""The parts: the two factors, their alpha, DoRA's magnitudes, a whole difference of the weight, one of the bias, and a
bias of the second factor (PEFT's `lora_bias`)."""

# PEFT puts the adapter's name before the last word while a model is in memory, and some trainers save it so.
_NAMED = r"(?:\.(?!weight$|bias$)[\w-]+)?"

_SUFFIXES = tuple(
    (part, re.compile(rf"(?P<name>.+?){suffix}"))
    for part, suffix in (
        (DOWN, rf"[._]lora(?:_A|_down|\.down|_linear_layer\.down){_NAMED}(?:\.weight)?"),
        (UP, rf"[._]lora(?:_B|_up|\.up|_linear_layer\.up){_NAMED}(?:\.weight)?"),
        (UP_BIAS, rf"[._]lora(?:_B|_up|\.up){_NAMED}\.bias"),
        (ALPHA, r"\.alpha"),
        (MAGNITUDE, rf"\.(?:dora_scale|lora_magnitude_vector){_NAMED}(?:\.weight)?"),
        (DIFF, r"\.diff"),
        (BIAS, r"\.diff_b"),
    )
)


@dataclass(frozen=True)
class Piece:
    """One part of a module's change. third: which rows of a tensor that holds query, key and value one below the other.

    module: canonical, without `.weight`: "transformer_blocks.0.attn1.to_q".
    """

    module: str
    part: str
    third: int | None = None


@dataclass(frozen=True)
class Style:
    """A way of naming. parse: a key to its pieces, none if the key isn't named so.

    default_alpha: what the trainer of this style takes for alpha, where nothing in the file says it; None is the rank.
    """

    name: str
    parse: Callable[[str], tuple[Piece, ...]]
    default_alpha: float | None = None


def split_key(key: str) -> tuple[str, str] | None:
    """(module's name as the file has it, part) of a key with one of the usual endings; None for any other key."""
    for part, pattern in _SUFFIXES:
        if match := pattern.fullmatch(key):
            return match["name"], part
    return None
