"""A quicker VAE, with the same results: causal convolutions on a CPU, and the decoder's spatial norms.

PyTorch's float32 conv3d has no fast kernel on a CPU, conv2d has one.

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


def _spatial_norm(
    self: nn.Module, f: torch.Tensor, zq: torch.Tensor, conv_cache: dict[str, torch.Tensor] | None = None
) -> tuple[torch.Tensor, dict[str, torch.Tensor | None]]:
    scale, shift = self.conv_y.conv(zq), self.conv_b.conv(zq)
    if f.shape[2] > 1 and f.shape[2] % 2 == 1:  # as in diffusers: the first frame is not one of the repeated ones

        def enlarge(z: torch.Tensor) -> torch.Tensor:
            first = nn.functional.interpolate(z[:, :, :1], size=(1, *f.shape[-2:]))
            rest = nn.functional.interpolate(z[:, :, 1:], size=(f.shape[2] - 1, *f.shape[-2:]))
            return torch.cat([first, rest], dim=2)

    else:

        def enlarge(z: torch.Tensor) -> torch.Tensor:
            return nn.functional.interpolate(z, size=f.shape[-3:])

    return self.norm_layer(f) * enlarge(scale) + enlarge(shift), {"conv_y": None, "conv_b": None}


def fast_spatial_norms(model: Model) -> Model:
    """Let the decoder's spatial norms convolve the small latent and then repeat it, in place; returns the model.

    diffusers repeats it first and convolves every pixel. The convolutions are of one pixel, so the result is the same.
    """
    for module in model.modules():
        if module.__class__.__name__ == "CogVideoXSpatialNorm3D":
            module.forward = MethodType(_spatial_norm, module)  # type: ignore[method-assign]
    return model
