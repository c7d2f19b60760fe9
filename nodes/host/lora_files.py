"""Where LoRAs are: the list that the nodes offer, told from file names alone, and the way back to a path."""

from __future__ import annotations

from pathlib import Path

import folder_paths

from ... import tora_core
from ...tora_core.errors import CheckpointError

LORAS = "loras"
BUNDLED = Path(tora_core.__file__).resolve().parent / "models" / "bundled" / "lora"
MARK = " (bundled)"


def lora_choices() -> dict[str, Path]:
    """Names to files: those in the host's loras folders, and behind them those that come with the pack."""
    choices = {}
    for name in folder_paths.get_filename_list(LORAS):
        path = folder_paths.get_full_path(LORAS, name)
        if path is not None:
            choices[name] = Path(path)
    for path in sorted(BUNDLED.glob("*.safetensors")):
        choices[path.name + MARK] = path
    return choices


def lora_path(name: str) -> Path:
    """What was chosen; only what is on the list is found. Raises CheckpointError for anything else."""
    choices = lora_choices()
    # A workflow from another system may have the other slash.
    slashed = {listed.replace("\\", "/"): path for listed, path in choices.items()}
    path = choices.get(name) or slashed.get(str(name).replace("\\", "/"))
    if path is None:
        raise CheckpointError(
            f"{name!r} was not found among the {len(choices)} LoRAs that are there. Put the file into "
            "ComfyUI/models/loras, then refresh the list (key R)."
        )
    return path
