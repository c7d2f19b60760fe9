"""How the host is going to hold weights, known before they are read."""

from __future__ import annotations

import comfy.model_management
import comfy.model_patcher
import comfy.utils
import torch


def is_dynamic(disable_dynamic: bool = False) -> bool:
    """Whether the host's patchers load weights as they are needed (DynamicVRAM).

    Then a module's tensors should be views of the file; else the host wants tensors of its own, to pin and to move.
    """
    if disable_dynamic:
        return False
    probe = comfy.model_patcher.CoreModelPatcher(
        torch.nn.Module(),
        load_device=comfy.model_management.get_torch_device(),
        offload_device=comfy.model_management.unet_offload_device(),
    )
    return probe.is_dynamic()


def may_map_files() -> bool:
    """Whether weights may stay in the file: not where the user has started the host with --disable-mmap."""
    return not comfy.utils.DISABLE_MMAP
