"""A start for the small VAE: its trunk trained alone as a linear autoencoder, then put in place exactly.

From PyTorch's own start a CogVideoX VAE takes thousands of steps to learn colours at all: group norms take away
levels and the decoder's spatial norms multiply by a random function of the latent. So the trunk (every convolution
outside the residual branches) is first trained with branches and norms left out, which is quick. Then the norms
before the two output layers are made harmless: the channels that feed them come in pairs (x, -x), whose group mean is
zero and for which SiLU(x) - SiLU(-x) = x, beside two constant channels (K, -K) a group that fix the deviation.
Residual branches add nothing at first. Training goes on from there with everything in place.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from types import MethodType
from typing import Any

import torch
from diffusers import AutoencoderKLCogVideoX
from torch import nn

from .fast_conv import fast_causal_convolutions

CONSTANT = 20.0
"""Size of the constant channels; signals are about 1, so they move a group's deviation by less than a percent."""


def _trunk_only(block: nn.Module, x: torch.Tensor, *args: Any, **kwargs: Any) -> tuple[torch.Tensor, dict[str, Any]]:
    shortcut = getattr(block, "conv_shortcut", None)
    return (x if shortcut is None else shortcut(x)), {}


def _pass(module: nn.Module, x: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
    return x


def _pass_with_cache(
    module: nn.Module, x: torch.Tensor, *args: Any, **kwargs: Any
) -> tuple[torch.Tensor, dict[str, Any]]:
    return x, {}


def _last_shortcut(block: nn.Module) -> nn.Module:
    return block.resnets[0].conv_shortcut


def _usable(channels: int, groups: int) -> int:
    """How many signals fit a layer as pairs, two constants a group aside."""
    return (channels - 2 * groups) // 2


@torch.no_grad()
def _start_weights(vae: AutoencoderKLCogVideoX) -> None:
    for name, module in vae.named_modules():
        leaf = name.removesuffix(".conv").rpartition(".")[2]
        if not isinstance(module, (nn.Conv2d, nn.Conv3d)) or leaf == "conv1":
            continue
        if module.bias is not None:
            nn.init.zeros_(module.bias)
        if leaf in ("conv2", "conv_y", "conv_b"):
            nn.init.zeros_(module.weight)
            if leaf == "conv_y":
                nn.init.ones_(module.bias)
        else:
            nn.init.kaiming_normal_(module.weight, nonlinearity="linear")


def linear_start(
    vae: AutoencoderKLCogVideoX,
    batches: Iterator[torch.Tensor],
    steps: int,
    learning_rate: float = 2e-3,
    report: Callable[[str], None] = print,
) -> None:
    """Give `vae` its start in place over `steps` batches (B, 3, F, H, W) in [-1, 1]."""
    _start_weights(vae)
    linear = AutoencoderKLCogVideoX.from_config(vae.config)
    linear.load_state_dict(vae.state_dict())
    fast_causal_convolutions(linear)
    for name, module in linear.named_modules():
        leaf = name.rpartition(".")[2]
        if module.__class__.__name__ == "CogVideoXResnetBlock3D":
            module.forward = MethodType(_trunk_only, module)
        elif leaf == "norm_out":
            spatial = module.__class__.__name__ == "CogVideoXSpatialNorm3D"
            module.forward = MethodType(_pass_with_cache if spatial else _pass, module)
        elif leaf == "conv_act":
            module.forward = MethodType(_pass, module)
    groups = vae.config.norm_num_groups
    outputs = [
        (_last_shortcut(linear.encoder.down_blocks[-1]), linear.encoder.conv_out.conv),
        (_last_shortcut(linear.decoder.up_blocks[-1]), linear.decoder.conv_out.conv),
    ]
    masks = []
    for shortcut, _ in outputs:
        channels = shortcut.weight.shape[0]
        mask = torch.zeros(channels)
        mask[: _usable(channels, groups)] = 1
        masks.append(mask)
        shortcut.register_forward_hook(lambda module, args, out, mask=mask: out * mask.view(1, -1, 1, 1, 1))
    optimizer = torch.optim.Adam(linear.parameters(), lr=learning_rate, betas=(0.9, 0.99))
    mean = 0.0
    for step in range(1, steps + 1):
        x, done = next(batches), step / steps
        for group in optimizer.param_groups:
            group["lr"] = learning_rate * min(1, step / 30) * (0.5 + 0.5 * math.cos(math.pi * done))
        z = linear.encode(x).latent_dist.mean
        y = linear.decode(z).sample
        loss = (y - x).square().mean()
        optimizer.zero_grad(set_to_none=True)
        (loss + 1e-4 * z.square().mean()).backward()
        nn.utils.clip_grad_norm_(linear.parameters(), 1.0)
        optimizer.step()
        mean += float(loss.detach()) / 20
        if step % 20 == 0:
            report(f"linear start, step {step} of {steps}: {10 * math.log10(4 / max(mean, 1e-12)):.1f} dB")
            mean = 0.0
    vae.load_state_dict(linear.state_dict())
    _make_norms_harmless(vae, next(batches))


@torch.no_grad()
def _make_norms_harmless(vae: AutoencoderKLCogVideoX, x: torch.Tensor) -> None:
    """Lay the trunk's signals out in pairs with constants, so that the output norms and SiLUs change nothing."""
    groups = vae.config.norm_num_groups
    for part, block in ((vae.encoder, vae.encoder.down_blocks[-1]), (vae.decoder, vae.decoder.up_blocks[-1])):
        shortcut, out = _last_shortcut(block), part.conv_out.conv
        channels = shortcut.weight.shape[0]
        used = _usable(channels, groups)
        weight, bias, reading = shortcut.weight.clone(), shortcut.bias.clone(), out.weight.clone()
        for parameter in (shortcut.weight, shortcut.bias, out.weight):
            parameter.zero_()
        size = channels // groups
        deviation = math.sqrt(2 * CONSTANT**2 / size)
        signal = 0
        for group in range(groups):
            first = group * size
            shortcut.bias[first], shortcut.bias[first + 1] = CONSTANT, -CONSTANT
            for place in range(first + 2, first + size - 1, 2):
                if signal == used:
                    break
                for channel, sign in ((place, 1.0), (place + 1, -1.0)):
                    shortcut.weight[channel], shortcut.bias[channel] = sign * weight[signal], sign * bias[signal]
                    out.weight[:, channel] = sign * deviation * reading[:, signal]
                signal += 1
        if part is vae.encoder:
            latent = vae.config.latent_channels
            out.weight[latent:] = 0
            out.bias[latent:] = 0
