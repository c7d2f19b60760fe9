"""The host's own CogVideoX MODEL from what people have on disk: diffusers' folders and files, SAT, native keys.

The host takes native keys only, and its loader holds the file's pages and a copy of them at once. Here the keys are
mapped, and the network is built from shapes and filled tensor by tensor; or, where the host loads weights as they are
needed (DynamicVRAM), it is given views of the files.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import comfy.model_management
import comfy.sd
import comfy.utils
import torch

from ...tora_core.checkpoints.assembly import I2V_POSITIONS
from ...tora_core.checkpoints.check import base_problems, refuse, require
from ...tora_core.checkpoints.comfyui import native_name
from ...tora_core.checkpoints.dimensions import base_size
from ...tora_core.checkpoints.layouts import open_weights
from ...tora_core.checkpoints.manifest import POSITIONS
from ...tora_core.checkpoints.reading import as_dtype, pass_over, stored_type
from ...tora_core.checkpoints.weights import Entry, Weights
from ...tora_core.errors import CheckpointError, ToraError
from .folders import fingerprint
from .patchers import is_dynamic

HEAD, OUT_CHANNELS = 64, 16
"""What the host takes for granted of every CogVideoX."""

logger = logging.getLogger(__name__)


def load_cogvideox(path: str | Path, dtype: torch.dtype | str | None = None, disable_dynamic: bool = False) -> Any:
    """A native CogVideoX MODEL (T2V or I2V by its input channels) from any layout; Tora's weights are left.

    dtype: of the stored weights, None as the host thinks best for the file and the device.
    Raises CheckpointError for what is unsound or another model; the host's exception when the user interrupts.
    """
    weights = open_weights(path)
    entries = _checked(weights)
    options = {"dtype": as_dtype(dtype)} if dtype is not None else {}
    dynamic = is_dynamic(disable_dynamic)
    state = _mapped(entries) if dynamic else _shapes(entries)
    patcher = comfy.sd.load_diffusion_model_state_dict(state, options, disable_dynamic=disable_dynamic)
    _require_same_keys(weights, entries, patcher)
    if not dynamic:
        _fill(patcher.model.diffusion_model, entries)
    patcher.cached_patcher_init = (load_cogvideox, (str(path), dtype))
    logger.info("%s", describe(patcher, Path(path).name))
    return patcher


def describe(patcher: Any, name: str) -> str:
    """One line for people: the name, T2V or I2V, sizes and type."""
    net = patcher.model.diffusion_model
    kind = "I2V" if net.in_channels == 2 * net.out_channels else "T2V"
    dtype = str(patcher.model.get_dtype()).removeprefix("torch.")
    return f"{name}: CogVideoX {kind}, {len(net.blocks)} blocks, {net.dim} wide, {dtype}"


def why_not_cogvideox(path: Path) -> str | None:
    """Why these weights can't be loaded, in words, by their headers alone; None when they can."""
    return _verdict(path, fingerprint(path))


@functools.lru_cache(maxsize=64)
def _verdict(path: Path, _: Any) -> str | None:
    try:
        _checked(open_weights(path))
    except ToraError as error:
        return str(error)
    return None


def _checked(weights: Weights) -> dict[str, Entry]:
    """The base model's entries; CheckpointError unless they are a whole 5B-like model that the host can build."""
    refuse(weights)
    if not weights.base:
        raise CheckpointError(
            f"{weights.name} holds Tora's weights alone: load them with Load Tora Model, and CogVideoX-5B here."
        )
    weights.require_whole()
    require(weights, base_problems(weights))
    size = base_size(weights.infos)
    assert size is not None  # base_problems saw to it
    if size.head != HEAD or size.out_channels != OUT_CHANNELS:
        raise CheckpointError(
            f"{weights.name} has attention heads of {size.head} and {size.out_channels} output channels, ComfyUI's "
            f"CogVideoX has {HEAD} and {OUT_CHANNELS}. Take CogVideoX-5B."
        )
    table = (1, I2V_POSITIONS, size.width)
    if size.positions not in (None, table) or (size.positions and size.width % 12):
        raise CheckpointError(
            f"{weights.name}: {POSITIONS} is {size.positions}. ComfyUI's CogVideoX has learned positions for 480x720 "
            f"and 49 frames only, {table}, and for widths that divide by 12. Take CogVideoX-5B-I2V as published."
        )
    return weights.base


def _shapes(entries: Mapping[str, Entry]) -> dict[str, torch.Tensor]:
    """What the host needs to tell the model and build it: shapes and types, on one value each."""
    return {
        native_name(key): torch.zeros((), dtype=stored_type(entry)).expand(entry.info.shape)
        for key, entry in entries.items()
    }


def _mapped(entries: Mapping[str, Entry]) -> dict[str, torch.Tensor]:
    """Views of the files. Safetensors are opened by the host, which then reads from the disk past the memory map."""
    opened: dict[Any, Any] = {}
    state = {}
    for key, entry in entries.items():
        if entry.source not in opened:
            by_host = entry.source.form == "safetensors"
            opened[entry.source] = (
                comfy.utils.load_torch_file(str(entry.source.path)).__getitem__ if by_host else entry.source.open()
            )
        tensor = opened[entry.source](entry.key)
        parts = [tensor[start:stop] for start, stop in entry.rows] or [tensor]
        state[native_name(key)] = parts[0] if len(parts) == 1 else torch.cat(parts)
    return state


def _fill(network: torch.nn.Module, entries: Mapping[str, Entry]) -> None:
    targets = network.state_dict(keep_vars=True)
    bar = comfy.utils.ProgressBar(sum(entry.info.nbytes for entry in entries.values()))
    with torch.no_grad():
        for key, tensor in pass_over(entries, portions=20):
            comfy.model_management.throw_exception_if_processing_interrupted()
            targets[native_name(key)].copy_(tensor)
            bar.update(entries[key].info.nbytes)


def _require_same_keys(weights: Weights, entries: Mapping[str, Entry], patcher: Any) -> None:
    """The host would only log what is missing."""
    if patcher is None:
        raise CheckpointError(f"{weights.name}: this ComfyUI doesn't know CogVideoX. Update ComfyUI.")
    odd = sorted({native_name(key) for key in entries} ^ set(patcher.model.diffusion_model.state_dict()))
    if odd:
        raise CheckpointError(
            f"{weights.name}: this ComfyUI's CogVideoX has other tensors than the file ({', '.join(odd[:3])}). Update "
            "ComfyUI and this pack."
        )
