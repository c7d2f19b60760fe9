"""Trajectory Extractor: motion latents in, one map of motion features out for every DiT block.

Source: the paper's section 3.3 and `TrajExtractor` in traj_module.py of the published reference; the state-dict keys
are those of the published `traj_extractor*.safetensors`.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

import torch
from torch import nn

from ..errors import ToraError

RESIDUAL_BLOCKS_PER_DIT_BLOCK = 2


class ResidualBlock(nn.Module):
    """`x + block2(relu(bn2(block1(relu(bn1(x))))))`, all (B, C, H, W); no convolution on the skip path."""

    def __init__(self, channels: int, operations: Any) -> None:
        super().__init__()
        self.block1 = operations.Conv2d(channels, channels, 3, padding=1)
        self.block2 = operations.Conv2d(channels, channels, 3, padding=1)
        self.bn1 = operations.BatchNorm2d(channels)
        self.bn2 = operations.BatchNorm2d(channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = self.block1(torch.relu(self.bn1(x)))
        return x + self.block2(torch.relu(self.bn2(h)))


class TrajectoryExtractor(nn.Module):
    """Motion latents (B, F', 16, h, w) to `num_blocks` feature maps (B*F', channels, ceil(h/2), ceil(w/2)).

    The latents are already multiplied by the VAE's scaling factor. Batch norm uses its running statistics in eval
    mode; keep the module in float32: its activations grow with depth. No weight is read or set here, see
    `initialise_extractor`.

    Raises ToraError when the latents have another rank or number of channels.
    """

    def __init__(
        self,
        num_blocks: int = 42,
        in_channels: int = 16,
        channels: int = 128,
        patch_size: int = 2,
        operations: ModuleType | Any = nn,
    ) -> None:
        super().__init__()
        self.num_blocks = num_blocks
        self.in_channels = in_channels
        self.channels = channels
        self.patch_size = patch_size
        self.conv_in = operations.Conv2d(in_channels * patch_size**2, channels, 3, padding=1)
        self.body = nn.ModuleList(
            ResidualBlock(channels, operations) for _ in range(RESIDUAL_BLOCKS_PER_DIT_BLOCK * num_blocks)
        )

    def forward(self, latents: torch.Tensor) -> list[torch.Tensor]:
        if latents.ndim != 5 or latents.shape[2] != self.in_channels:
            raise ToraError(
                f"motion latents have shape {tuple(latents.shape)}, expected (batch, latent frames, "
                f"{self.in_channels}, height, width)."
            )
        p = self.patch_size
        x = latents.flatten(0, 1)
        # Zeros at the right and bottom edge, as the reference pads sizes that do not divide.
        x = nn.functional.pad(x, (0, -x.shape[-1] % p, 0, -x.shape[-2] % p))
        x = self.conv_in(nn.functional.pixel_unshuffle(x, p))
        features = []
        for index, block in enumerate(self.body):
            x = block(x)
            if index % RESIDUAL_BLOCKS_PER_DIT_BLOCK == RESIDUAL_BLOCKS_PER_DIT_BLOCK - 1:
                features.append(x)
        return features


def initialise_extractor(extractor: nn.Module) -> None:
    """Set the reference's starting weights in place: Kaiming normal for ReLU, zero biases."""
    for module in extractor.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)
