"""The optimizers of the stages on encoded clips: Muon for the matrices inside the blocks, AdamW for everything else.

Muon (K. Jordan and others, 2024; torch.optim.Muon) replaces a matrix's averaged gradient by the nearest orthogonal
matrix. Its steps are scaled to the size of Adam's (Liu and others, "Muon is Scalable for LLM Training", 2025), so one
schedule serves both.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import nn

from ..errors import ToraError

OPTIMIZERS = ("muon", "adamw")


class Together:
    """Several optimizers as one, with what a stage uses of one: groups, zero_grad, step and state."""

    def __init__(self, parts: list[torch.optim.Optimizer]) -> None:
        self.parts = parts

    @property
    def param_groups(self) -> list[dict[str, Any]]:
        """The groups of all parts; they are the parts' own, so a rate that is set here counts."""
        return [group for part in self.parts for group in part.param_groups]

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget all gradients."""
        for part in self.parts:
            part.zero_grad(set_to_none=set_to_none)

    def step(self) -> None:
        """One step of every part."""
        for part in self.parts:
            part.step()

    def state_dict(self) -> dict[str, Any]:
        """What `load_state_dict` takes; safe for torch.load with weights_only."""
        return {"parts": [part.state_dict() for part in self.parts]}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from `state_dict`'s result; ToraError when it is of other optimizers."""
        parts = state.get("parts", [])
        if len(parts) != len(self.parts):
            raise ToraError(f"the state is of {len(parts)} optimizers, expected {len(self.parts)}.")
        for part, own in zip(self.parts, parts, strict=True):
            part.load_state_dict(own)


def in_blocks(name: str, parameter: nn.Parameter) -> bool:
    """Whether a parameter is a matrix of a block's attention or feed-forward layers, which Muon is made for."""
    return parameter.ndim == 2 and "transformer_blocks." in name and ".norm" not in name


def optimizer_for(
    named: Iterable[tuple[str, nn.Parameter]],
    kind: str,
    *,
    learning_rate: float,
    matrix_rate: float,
    weight_decay: float,
    betas: tuple[float, float],
) -> Together:
    """Optimizers over the parameters that learn; biases, norms and other vectors are not decayed.

    kind: "muon" or "adamw"; the latter for everything, at `learning_rate`. `matrix_rate` is Muon's. Groups hold their
    full rate as "full_rate". ToraError where this PyTorch has no Muon (it came with 2.9).
    """
    if kind not in OPTIMIZERS:
        raise ToraError(f"optimizer is {kind!r}, expected one of {', '.join(OPTIMIZERS)}.")
    learning = [(name, parameter) for name, parameter in named if parameter.requires_grad]
    matrices = [parameter for name, parameter in learning if kind == "muon" and in_blocks(name, parameter)]
    others = [parameter for name, parameter in learning if kind != "muon" or not in_blocks(name, parameter)]
    groups = [
        {"params": [p for p in others if p.ndim > 1], "weight_decay": weight_decay},
        {"params": [p for p in others if p.ndim <= 1], "weight_decay": 0.0},
    ]
    parts: list[torch.optim.Optimizer] = [torch.optim.AdamW(groups, lr=learning_rate, betas=betas)]
    if matrices:
        if not hasattr(torch.optim, "Muon"):
            raise ToraError(
                f"PyTorch {torch.__version__} has no Muon, expected 2.9 or newer; or train with --optimizer adamw."
            )
        parts.append(
            torch.optim.Muon(matrices, lr=matrix_rate, weight_decay=weight_decay, adjust_lr_fn="match_rms_adamw")
        )
    for part in parts:
        for group in part.param_groups:
            group["full_rate"] = group["lr"]
    return Together(parts)
