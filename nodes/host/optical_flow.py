"""The host's loaded optical flow model (its Load Optical Flow Model node) for the library's trackers."""

from __future__ import annotations

from typing import Any

import comfy.model_management
import torch

from ...tora_core.errors import ToraError
from ...tora_core.models.optical_flow import raft_flow
from ...tora_core.tracking.steps import FlowOf


def host_flow(patcher: Any) -> FlowOf:
    """The flow from one frame to another by the model that is wired in, moved to its device by the host.

    Raises ToraError for anything but the host's ModelPatcher of a torchvision RAFT.
    """
    network = getattr(patcher, "model", None)
    if not isinstance(network, torch.nn.Module) or not hasattr(network, "feature_encoder"):
        raise ToraError(
            f"optical_flow is a {type(patcher).__name__}, expected what Load Optical Flow Model gives: RAFT."
        )
    comfy.model_management.load_models_gpu([patcher])
    return raft_flow(network, device=patcher.load_device)
