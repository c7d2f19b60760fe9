"""The optimizers of the stages on encoded clips: Muon for the large matrices, AdamW for everything else.

Muon (K. Jordan and others, 2024; torch.optim.Muon) replaces a matrix's averaged gradient by the nearest orthogonal
matrix. Its steps are scaled to the size of Adam's (Liu and others, "Muon is Scalable for LLM Training", 2025), so one
schedule serves both.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import nn

from ..errors import ToraError

OPTIMIZERS = ("muon", "adamw")


class Together:
    """Several optimizers as one, with what a stage uses of one: groups, zero_grad, step and state."""

    def __init__(self, parts: Sequence[torch.optim.Optimizer | KernelMuon]) -> None:
        self.parts = parts
        for group in self.param_groups:
            group["full_rate"] = group["lr"]

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


class KernelMuon:
    """torch.optim.Muon, which takes matrices only, for convolutions: a kernel is one row an output channel.

    A kernel and its matrix share their memory, whatever the kernel's layout, so a step of one is a step of the other.
    """

    def __init__(self, kernels: list[nn.Parameter], learning_rate: float, weight_decay: float = 0.0) -> None:
        self.kernels = kernels
        self.matrices = [nn.Parameter(_matrix(kernel.detach(), kernel)) for kernel in kernels]
        for kernel, matrix in zip(kernels, self.matrices, strict=True):
            if matrix.data_ptr() != kernel.data_ptr():
                raise ToraError(f"a kernel of {tuple(kernel.shape)} is not stored in one piece, so Muon can't step it.")
        self.muon = _muon(self.matrices, learning_rate, weight_decay)

    @property
    def param_groups(self) -> list[dict[str, Any]]:
        """Muon's own."""
        return self.muon.param_groups

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the kernels' gradients."""
        for kernel in self.kernels:
            kernel.grad = None

    def step(self) -> None:
        """One step of every kernel that has a gradient."""
        for kernel, matrix in zip(self.kernels, self.matrices, strict=True):
            matrix.grad = None if kernel.grad is None else _matrix(kernel.grad, kernel)
        self.muon.step()

    def state_dict(self) -> dict[str, Any]:
        """Muon's own."""
        return self.muon.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from `state_dict`'s result."""
        self.muon.load_state_dict(state)


def _matrix(values: torch.Tensor, kernel: torch.Tensor) -> torch.Tensor:
    return values.flatten(1) if kernel.is_contiguous() else values.movedim(1, -1).flatten(1)  # else channels last


def _muon(matrices: list[nn.Parameter], learning_rate: float, weight_decay: float) -> torch.optim.Optimizer:
    if not hasattr(torch.optim, "Muon"):
        raise ToraError(
            f"PyTorch {torch.__version__} has no Muon, expected 2.9 or newer; or train with --optimizer adamw."
        )
    return torch.optim.Muon(matrices, lr=learning_rate, weight_decay=weight_decay, adjust_lr_fn="match_rms_adamw")


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
    parts = [torch.optim.AdamW(groups, lr=learning_rate, betas=betas)]
    if matrices:
        parts.append(_muon(matrices, matrix_rate, weight_decay))
    return Together(parts)


def decoder_optimizer(decoder: nn.Module, *, kernel_rate: float, learning_rate: float) -> Together:
    """Muon for the convolutions of at least 8 by 8, AdamW for biases, norms and what draws the pixels.

    Nothing is decayed: norms follow every convolution, so a kernel's size means nothing.
    """
    kernels: list[nn.Parameter] = []
    others: list[nn.Parameter] = []
    for name, parameter in decoder.named_parameters():
        large = parameter.ndim >= 4 and min(len(parameter), parameter[0].numel()) >= 8
        (kernels if large and not name.startswith("conv_out.") else others).append(parameter)
    return Together(
        [
            torch.optim.AdamW(others, lr=learning_rate, betas=(0.9, 0.99), weight_decay=0.0),
            KernelMuon(kernels, kernel_rate),
        ]
    )
