"""Quicker causal convolutions on a CPU: PyTorch's float32 conv3d has no fast kernel there, conv2d has one.

A 3x3x3 convolution without padding in time is one 3x3 convolution over three frames' channels put together; the
result is the same but for rounding (three times as fast here in the forward pass; the backward pass gains nothing).
"""

from __future__ import annotations

from types import MethodType
from typing import TypeVar

import torch
from torch import nn

Model = TypeVar("Model", bound=nn.Module)


def _forward(self: nn.Conv3d, x: torch.Tensor) -> torch.Tensor:
    depth = self.kernel_size[0]
    batch, channels, frames, height, width = x.shape
    kept = frames - depth + 1
    x = x.transpose(1, 2)
    stacked = torch.stack([x[:, i : i + kept] for i in range(depth)], dim=2)
    flat = stacked.reshape(batch * kept, depth * channels, height, width)
    weight = self.weight.permute(0, 2, 1, 3, 4).reshape(self.out_channels, depth * channels, *self.kernel_size[1:])
    y = nn.functional.conv2d(flat, weight, self.bias, padding=self.padding[1:])
    return y.view(batch, kept, *y.shape[1:]).transpose(1, 2)


def fast_causal_convolutions(model: Model) -> Model:
    """Give every stride-1 Conv3d without padding in time the quicker forward pass, in place; returns the model."""
    for module in model.modules():
        if isinstance(module, nn.Conv3d) and module.stride == (1, 1, 1) and module.padding[0] == 0:
            module.forward = MethodType(_forward, module)  # type: ignore[method-assign]
    return model
