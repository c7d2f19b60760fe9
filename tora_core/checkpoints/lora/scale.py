"""alpha: the number that, divided by the rank, scales a LoRA.

In this order: what the caller asks for, the file's own `.alpha`, the file's metadata, an adapter_config.json beside the
file (as PEFT saves it), the default of the trainer whose names the file has, and else the rank: the scale is 1 then.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...errors import CheckpointError
from .pieces import Style

CONFIG = "adapter_config.json"
_PEFT_FILES = ("adapter_model.safetensors", "adapter_model.bin", "adapter_model.pt")
_CONFIG_LIMIT = 2**20
_TABLES = ("lora_adapter_metadata", "lora_config")  # diffusers' key, finetrainers' key: JSON texts
_PLAIN = ("ss_network_alpha", "lora_alpha", "network_alpha", "alpha")
_COMPONENT = "transformer."


@dataclass(frozen=True)
class AlphaRule:
    """Where alpha comes from when a module has none of its own.

    alpha: None is the rank. patterns: alphas of single modules, by the ending of their name (PEFT's alpha_pattern).
    by_root: divide by the rank's square root (PEFT's rank-stabilised LoRA). asked: set by the caller, over all else.
    """

    source: str
    alpha: float | None = None
    patterns: Mapping[str, float] | None = None
    by_root: bool = False
    asked: bool = False

    def scale(self, module: str, own: float | None, rank: int) -> float:
        """What the product of the two factors is multiplied by."""
        alpha = self.alpha
        if not self.asked:
            for ending, value in (self.patterns or {}).items():
                if re.fullmatch(rf"(?:.*\.)?{re.escape(ending)}", module):
                    alpha = value
            alpha = alpha if own is None else own
        if alpha is None:
            return 1.0
        return alpha / (math.sqrt(rank) if self.by_root and own is None and not self.asked else rank)


def alpha_rule(asked: float | None, metadata: Mapping[str, str], path: Path, style: Style) -> AlphaRule:
    """The rule for a file; CheckpointError where a number in it can't be one."""
    if asked is not None:
        return AlphaRule("asked for", checked(asked, "the asked alpha"), asked=True)
    for key in _TABLES:
        if key in metadata:
            rule = _from_table(_parsed(metadata[key], f"{path}: {key} in its metadata"), path, f"its metadata ({key})")
            if rule:
                return rule
    for key in _PLAIN:
        if metadata.get(key, "None") != "None":  # as kohya's trainers write what was not set
            value = checked(metadata[key], f"{path}: {key} in its metadata")
            return AlphaRule(f"its metadata ({key})", value)
    config = path.with_name(CONFIG)
    if path.name in _PEFT_FILES and config.is_file() and config.stat().st_size <= _CONFIG_LIMIT:
        text = config.read_text(encoding="utf-8", errors="replace")
        rule = _from_table(_parsed(text, str(config)), config, f"{CONFIG} beside it")
        if rule:
            return rule
    if style.default_alpha is not None:
        return AlphaRule(f"{style.name}'s own default, as the file doesn't say", style.default_alpha)
    return AlphaRule("the file doesn't say: alpha is the rank")


def checked(value: Any, what: str) -> float:
    """A finite number other than 0; CheckpointError otherwise."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number) or number == 0:
        raise CheckpointError(
            f"{what} is {str(value)[:40]}, expected a finite number other than 0. Give alpha yourself (the trainer's "
            "settings have it; the rank makes the scale 1)."
        )
    return number


def _from_table(table: Mapping[str, Any], path: Path, source: str) -> AlphaRule | None:
    """PEFT's LoraConfig as a table, also with every key behind `transformer.`."""
    prefix = _COMPONENT if any(key.startswith(_COMPONENT) for key in table) else ""
    if table.get(f"{prefix}lora_alpha") is None:
        return None
    patterns = table.get(f"{prefix}alpha_pattern") or {}
    if not isinstance(patterns, Mapping):
        raise CheckpointError(f"{path}: alpha_pattern is a {type(patterns).__name__}, expected a table. Give alpha.")
    return AlphaRule(
        source,
        checked(table[f"{prefix}lora_alpha"], f"{path}: lora_alpha"),
        {str(key): checked(value, f"{path}: alpha of {key}") for key, value in patterns.items()},
        by_root=table.get(f"{prefix}use_rslora") is True,
    )


def _parsed(text: str, where: str) -> Mapping[str, Any]:
    try:
        table = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"{where} is no valid JSON ({str(error)[:80]}). Give alpha yourself.") from error
    if not isinstance(table, Mapping):
        raise CheckpointError(f"{where} is a {type(table).__name__}, expected a table. Give alpha yourself.")
    return table
