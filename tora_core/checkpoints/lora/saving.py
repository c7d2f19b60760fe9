"""A LoRA under ComfyUI's own names, as core's loaders take it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import save_file

from ...errors import CheckpointError
from ..comfyui import native_name
from ..saving import replacing
from .lora import Change, Lora

PREFIX = "diffusion_model."


def native_state(lora: Lora) -> dict[str, torch.Tensor]:
    """`diffusion_model.blocks.0.q.lora_A.weight` and so on, as core's `load_lora` matches them; alpha as scale x rank.

    DoRA's magnitudes are `.dora_scale`. Where a module has both factors and a whole difference, core would take one of
    them, so they become one difference.
    """
    state = {}
    for module, change in lora.changes.items():
        name = PREFIX + native_name(f"{module}.weight").removesuffix(".weight")
        for part, value in _parts(module, change).items():
            state[f"{name}.{part}"] = value
    return state


def _parts(module: str, change: Change) -> Mapping[str, torch.Tensor]:
    parts: dict[str, torch.Tensor] = {}
    if change.bias is not None:
        parts["diff_b"] = change.bias
    if change.up is None or change.down is None:
        return parts | ({} if change.diff is None else {"diff": change.diff})
    if change.diff is not None:
        if change.magnitude is not None:
            raise CheckpointError(
                f"{module} has DoRA's magnitudes and a whole difference, which can't be put together."
            )
        product = change.up.float().flatten(1) @ change.down.float().flatten(1)
        return parts | {"diff": change.diff.float() + product.reshape(change.diff.shape) * change.scale}
    parts |= {"lora_A.weight": change.down, "lora_B.weight": change.up}
    # float32 holds alpha of every trainer; core divides it by the rank again.
    parts["alpha"] = torch.tensor(change.scale * change.rank, dtype=torch.float32)
    if change.magnitude is not None:
        parts["dora_scale"] = change.magnitude
    return parts


def save_native(lora: Lora, path: str | os.PathLike[str], metadata: Mapping[str, str] | None = None) -> Path:
    """Write a file that core's LoRA loaders and hooks take; whole or not at all.

    Raises CheckpointError for DoRA with a magnitude for every output: core divides by the norms of the weight before
    the change, so that from a file it could not come out right.
    """
    by_output = [
        module
        for module, change in lora.changes.items()
        if change.magnitude is not None and change.magnitude.shape[1] == 1
    ]
    if by_output:
        raise CheckpointError(
            f"{lora.report.path} has DoRA's magnitudes for every output ({by_output[0]}, {len(by_output)} modules), "
            "which ComfyUI's own loader scales by the wrong norms. Use Load LoRA for CogVideoX with the file as it is."
        )
    tensors = {key: value.detach().to("cpu").clone().contiguous() for key, value in native_state(lora).items()}
    path = Path(path)
    with replacing(path) as part:
        save_file(tensors, part, {"format": "pt", **(metadata or {})})
    return path
