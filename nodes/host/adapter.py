"""Tora's weights as a model of the host: in a ModelPatcher of their own, built from the host's layers.

The layers are the host's `manual_cast` set, so that weights of any type are cast where they are used and may lie
outside the GPU. The set's Linear has no weight before it is loaded where DynamicVRAM is on; there is none in here, and
nothing reads a weight before `load_state_dict`, which hands the read tensors over without a copy.
"""

from __future__ import annotations

import functools
import logging
from pathlib import Path
from typing import Any

import comfy.model_management
import comfy.model_patcher
import comfy.ops
import torch

from ...tora_core.checkpoints.adapter import ToraAdapter, adapter_entries, adapter_from
from ...tora_core.checkpoints.layouts import open_weights
from ...tora_core.errors import ToraError
from ..values import ToraModel
from .folders import fingerprint
from .patchers import is_dynamic, may_map_files

logger = logging.getLogger(__name__)


class ToraNetwork(torch.nn.Module):
    """Extractor and fusers side by side, for the host to move."""

    def __init__(self, adapter: ToraAdapter) -> None:
        super().__init__()
        self.extractor = adapter.extractor
        self.fusers = adapter.fusers


def load_tora_model(path: str | Path, *, dtype: torch.dtype | str | None = None, name: str | None = None) -> ToraModel:
    """Load Tora's extractor and fusers from any published layout; base weights in the same file are left.

    dtype: of the fusers, None as stored; the extractor is float32 always. name: what messages call it.
    Raises CheckpointError when the file is no Tora, unsound, or half of a pair.
    """
    patcher, adapter = _load(str(path), dtype)
    patcher.cached_patcher_init = (load_patcher, (str(path), dtype))
    loaded = ToraModel(patcher, adapter.kind, adapter.layers, adapter.width, name or Path(path).name)
    logger.info("%s, %s (%s)", describe(loaded), str(adapter.dtype).removeprefix("torch."), adapter.layout)
    return loaded


def load_patcher(path: str, dtype: torch.dtype | str | None = None, disable_dynamic: bool = False) -> Any:
    """A patcher with weights of its own, as the host asks for one for another device."""
    return _load(path, dtype, disable_dynamic)[0]


def describe(model: ToraModel) -> str:
    """One line for people: the name, T2V or I2V, and the base model's size."""
    kind = model.kind.upper() if model.kind else "T2V or I2V, the file doesn't tell"
    return f"{model.name}: Tora {kind}, {model.layers} blocks, {model.width} wide"


def why_not_tora(path: Path) -> str | None:
    """Why these weights can't be loaded, in words, by their headers alone; None when they can."""
    return _verdict(path, fingerprint(path))


@functools.lru_cache(maxsize=64)
def _verdict(path: Path, _: Any) -> str | None:
    try:
        adapter_entries(open_weights(path))
    except ToraError as error:
        return str(error)
    return None


def _load(path: str, dtype: torch.dtype | str | None, disable_dynamic: bool = False) -> tuple[Any, ToraAdapter]:
    load_device = comfy.model_management.get_torch_device()
    offload_device = comfy.model_management.unet_offload_device()
    dynamic = is_dynamic(disable_dynamic)
    adapter = adapter_from(
        open_weights(path),
        operations=comfy.ops.manual_cast,
        dtype=dtype,
        device=None if dynamic else offload_device,
        # Elsewhere the host pins and moves what it is given, which a file's own pages are not good for.
        mapped=dynamic and may_map_files(),
    )
    network = ToraNetwork(adapter).eval().requires_grad_(False)
    make = comfy.model_patcher.ModelPatcher if disable_dynamic else comfy.model_patcher.CoreModelPatcher
    return make(network, load_device=load_device, offload_device=offload_device), adapter
