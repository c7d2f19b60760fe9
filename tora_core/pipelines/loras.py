"""LoRAs for a pipeline that is being loaded: looked at first, merged into the transformer's weights afterwards."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..checkpoints.lora import LoraFile, LoraReport, apply_loras, network_shapes, open_lora, read_lora
from ..checkpoints.lora.merge import check_strength
from ..errors import ToraError

PathLike = str | os.PathLike[str]

KEYS_LOGGED = 50

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class LoraChoice:
    """A file and how strongly it acts; alpha instead of what the file says (None: as the file says)."""

    path: PathLike
    strength: float = 1.0
    alpha: float | None = None


LoraLike = PathLike | tuple[PathLike, float] | LoraChoice


def as_choices(lora: LoraLike | Sequence[LoraLike] | None) -> list[LoraChoice]:
    """A path, (path, strength) or LoraChoice, or a list of those; ToraError for anything else."""
    if lora is None:
        return []
    single = _choice(lora)
    if single is not None:
        return [single]
    if not isinstance(lora, Sequence):
        raise ToraError(f"lora is a {type(lora).__name__}, expected a path, (path, strength), or a list of those.")
    choices = []
    for one in lora:
        choice = _choice(one)
        if choice is None:
            raise ToraError(f"a lora is {one!r}, expected a path or (path, strength).")
        choices.append(choice)
    return choices


def look_at(choices: Sequence[LoraChoice]) -> list[tuple[LoraFile, LoraChoice]]:
    """Open all files, before gigabytes of a model are read; CheckpointError for what is no LoRA for CogVideoX."""
    return [(open_lora(choice.path), choice) for choice in choices]


def merge(transformer: Any, opened: Sequence[tuple[LoraFile, LoraChoice]]) -> tuple[LoraReport, ...]:
    """Put the LoRAs into the transformer's weights; a report of each, with what does not act also as a warning."""
    if not opened:
        return ()
    shapes = network_shapes(transformer)
    loras = []
    for file, choice in opened:
        lora = read_lora(file, shapes, alpha=choice.alpha)
        logger.info("%s at %g: %s (%s)", file.path.name, choice.strength, lora.report.line, lora.report.scale_from)
        for line in lora.report.unmatched_lines(KEYS_LOGGED):
            logger.warning("%s: %s", file.path.name, line)
        loras.append((lora, choice.strength))
    apply_loras(transformer, loras)
    return tuple(lora.report for lora, _ in loras)


def _choice(value: Any) -> LoraChoice | None:
    if isinstance(value, (str, os.PathLike)):
        value = LoraChoice(value)
    elif isinstance(value, tuple) and len(value) == 2 and isinstance(value[1], (int, float)):
        value = LoraChoice(*value) if isinstance(value[0], (str, os.PathLike)) else None
    if isinstance(value, LoraChoice):
        check_strength(value.strength)
        return value
    return None
