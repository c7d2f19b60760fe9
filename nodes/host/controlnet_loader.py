"""Reading a ControlNet's file into the host: its network in a ModelPatcher, built from the host's layers.

As with Tora's own weights (adapter.py) the layers are the host's `manual_cast` set, so that weights of any type are
cast where they are used and may lie outside the GPU; nothing reads a weight before `load_state_dict`.
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
from comfy.ldm.modules.attention import optimized_attention

from ...tora_core.checkpoints.controlnet import controlnet_from, open_controlnet
from ...tora_core.errors import ToraError
from .controlnet import CogVideoXControl
from .folders import fingerprint
from .patchers import is_dynamic, may_map_files

logger = logging.getLogger(__name__)


def load_control(
    path: str | Path, *, dtype: torch.dtype | str | None = None, name: str | None = None
) -> CogVideoXControl:
    """A CONTROL_NET from a file or folder. dtype: of the stored weights, None as in the file.

    Raises CheckpointError when it is no ControlNet for CogVideoX-5B (or the demo model), or unsound.
    """
    patcher = load_patcher(str(path), dtype)
    patcher.cached_patcher_init = (load_patcher, (str(path), dtype))
    control = CogVideoXControl(patcher, name or Path(path).name)
    logger.info("%s", describe(control))
    return control


def load_patcher(path: str, dtype: torch.dtype | str | None = None, disable_dynamic: bool = False) -> Any:
    """A patcher with weights of its own, as the host asks for one for another device."""
    load_device = comfy.model_management.get_torch_device()
    offload_device = comfy.model_management.unet_offload_device()
    dynamic = is_dynamic(disable_dynamic)
    net = controlnet_from(
        open_controlnet(path),
        operations=comfy.ops.manual_cast,
        attention=attend,
        dtype=dtype,
        device=None if dynamic else offload_device,
        # Elsewhere the host pins and moves what it is given, which a file's own pages are not good for.
        mapped=dynamic and may_map_files(),
    ).requires_grad_(False)
    make = comfy.model_patcher.ModelPatcher if disable_dynamic else comfy.model_patcher.CoreModelPatcher
    return make(net, load_device=load_device, offload_device=offload_device)


def attend(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, heads: int) -> torch.Tensor:
    """The host's way of attention, whichever the user has chosen."""
    return optimized_attention(q, k, v, heads=heads)


def describe(control: CogVideoXControl) -> str:
    """One line for people: the name, blocks, widths and positions."""
    size = control.size
    positions = "sine and rotary positions" if size.sine else "rotary positions"
    wide = f"{size.width} wide" if size.out is None else f"{size.width} wide, for {size.residual}"
    return f"{control.name}: ControlNet for CogVideoX, {size.layers} blocks, {wide}, {positions}"


def why_not_controlnet(path: Path) -> str | None:
    """Why this can't be loaded, in words, by its header alone; None when it can."""
    return _verdict(path, fingerprint(path))


@functools.lru_cache(maxsize=64)
def _verdict(path: Path, _: Any) -> str | None:
    try:
        open_controlnet(path)
    except ToraError as error:
        return str(error)
    return None
