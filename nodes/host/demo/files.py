"""Reading the bundled model's files as the host reads files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import comfy.utils
import torch

from ....tora_core import models
from ....tora_core.errors import CheckpointError

BUNDLED = Path(models.__file__).resolve().parent / "bundled"
"""The small model that comes with the pack; float16 on disk, computed in float32."""


def bundled(*parts: str) -> Path:
    """A path inside the bundled model; CheckpointError where it is missing."""
    path = BUNDLED.joinpath(*parts)
    if not path.exists():
        raise CheckpointError(f"the demo model is not part of this installation ({path} is missing): install it again.")
    return path


def read_config(*parts: str) -> dict[str, Any]:
    """A configuration file, JSON."""
    return json.loads(bundled(*parts).read_text(encoding="utf-8"))


def read_weights(*parts: str) -> dict[str, torch.Tensor]:
    """A safetensors file's tensors in float32, no longer tied to the file. Raises CheckpointError if it is broken."""
    path = bundled(*parts)
    try:
        stored = comfy.utils.load_torch_file(str(path), safe_load=True)
    except Exception as error:  # safetensors and the host have no common class for this
        raise CheckpointError(f"{path} can't be read ({str(error)[:300]}): install the pack again.") from error
    return {key: value.float() for key, value in stored.items()}


def require_same_keys(name: str, found: set[str], expected: set[str]) -> None:
    """CheckpointError unless a file has exactly a module's keys: the host itself would only log what is missing."""
    odd = sorted(found ^ expected)
    if odd:
        raise CheckpointError(
            f"the demo model's {name} has {len(found)} tensors, expected {len(expected)}; they differ in "
            f"{', '.join(odd[:3])}. Install the pack again, or update ComfyUI if it is old."
        )
