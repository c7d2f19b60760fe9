"""RAFT through torchvision: dense flow from a network, for the trackers and for the flow of a video.

The network comes with torchvision, its weights with nothing here: they are given as a file, such as
raft_large_C_T_SKHT_V2-ff5fadd5.pth of torchvision (BSD-3), or as ComfyUI's loaded optical flow model. TESTED ON RANDOM
WEIGHTS ONLY (shapes, sizes, errors); not on published ones. Source: Teed and Deng, "RAFT" (ECCV 2020).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch

from ..errors import CheckpointError, ToraError
from ..tracking.steps import FlowOf

MIN_SIDE_PX = 128
"""RAFT compares at an eighth of the size and then at three halves of that: 128 px is the least it takes."""


def load_raft(path: str | Path) -> torch.nn.Module:
    """torchvision's raft_large or raft_small with the weights of a .pth or .safetensors file, on the CPU, in eval mode.

    Which of the two is told by the shapes. Raises CheckpointError for files of anything else, ToraError without
    torchvision.
    """
    try:
        from torchvision.models import optical_flow
    except ImportError:
        raise ToraError("RAFT comes with torchvision, which is not installed here: pip install torchvision.") from None
    state = _read(Path(path))
    for make in (optical_flow.raft_large, optical_flow.raft_small):
        with torch.device("meta"):
            network = make(weights=None, progress=False)
        wanted = {name: value.shape for name, value in network.state_dict().items()}
        if wanted == {name: value.shape for name, value in state.items()}:
            network.load_state_dict(state, assign=True)
            return network.float().eval().requires_grad_(False)
    raise CheckpointError(
        f"{Path(path).name} holds {len(state)} tensors that are not those of torchvision's raft_large or raft_small."
    )


def raft_flow(network: torch.nn.Module, *, updates: int = 12, device: torch.device | str = "cpu") -> FlowOf:
    """A function that gives the flow float32 (H, W, 2) px from one frame uint8 (H, W, 3) to another.

    network: as load_raft gives it, on `device`. updates: RAFT's refinements. Frames of any size: they are continued at
    the right and bottom to multiples of 8 and at least 128 px.
    """
    if updates < 1:
        raise ToraError(f"updates is {updates}, expected 1 or more.")

    def prepared(frame: np.ndarray) -> torch.Tensor:
        picture = torch.from_numpy(np.ascontiguousarray(frame)).permute(2, 0, 1)[None].to(device).float() / 127.5 - 1.0
        height, width = picture.shape[-2:]
        down, right = (max(-(-side // 8) * 8, MIN_SIDE_PX) - side for side in (height, width))
        return torch.nn.functional.pad(picture, (0, right, 0, down), mode="replicate")

    @torch.no_grad()
    def flow_of(frame: np.ndarray, to: np.ndarray) -> np.ndarray:
        height, width = frame.shape[:2]
        found: Any = network(prepared(frame), prepared(to), num_flow_updates=updates)[-1]
        return found[0, :, :height, :width].permute(1, 2, 0).float().cpu().numpy()

    return flow_of


def _read(path: Path) -> dict[str, torch.Tensor]:
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            state: Any = load_file(path)
        else:
            state = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise CheckpointError(f"there is no file {path.name} with RAFT's weights.") from None
    except Exception as error:
        raise CheckpointError(f"{path.name} can't be read as weights: {str(error)[:200]}") from None
    if not isinstance(state, dict) or not all(isinstance(value, torch.Tensor) for value in state.values()):
        raise CheckpointError(f"{path.name} holds no plain table of tensors, expected RAFT's state dict.")
    return {name.removeprefix("module."): value for name, value in state.items()}
