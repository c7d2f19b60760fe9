"""The two fuser designs that lost in the paper (table 3), for experiments; no published checkpoint holds them.

Each is our reading of one line of the paper, behind the interface of `MotionFuser`: extra channel
`h = MLP([h, f]) + h`, cross-attention `h = CrossAttn([h, f]) + h`.
"""

from __future__ import annotations

from typing import Any

import torch
from einops import rearrange
from torch import nn

from ..errors import ToraError
from .fuser import MotionFuser, MotionGuidanceFuser, State

HEAD_SIZE = 64


def _feature_tokens(features: torch.Tensor, frames: int) -> torch.Tensor:
    return rearrange(features, "(b f) c h w -> b f (h w) c", f=frames)


class ExtraChannelFuser(MotionFuser):
    """`MLP([h, f])`: the features of a token are joined to its channels."""

    def __init__(self, width: int = 3072, feature_channels: int = 128, operations: Any = nn) -> None:
        super().__init__()
        self.width = width
        self.proj_in = operations.Linear(width + feature_channels, width)
        self.proj_out = operations.Linear(width, width)

    def prepare(self, features: torch.Tensor, frames: int) -> State:
        self.check_features(features, frames)
        return (_feature_tokens(features, frames),)

    def contribution(self, h: torch.Tensor, state: State) -> torch.Tensor:
        (tokens,) = state
        self.check_tokens(h, *tokens.shape[:3])
        tokens = rearrange(tokens, "b f s c -> b (f s) c").to(h.dtype)
        tokens = tokens.repeat(h.shape[0] // tokens.shape[0], 1, 1)
        return self.proj_out(nn.functional.gelu(self.proj_in(torch.cat([h, tokens], dim=-1))))


class CrossAttentionFuser(MotionFuser):
    """`CrossAttn([h, f])`: every token attends to the features of its own latent frame."""

    def __init__(self, width: int = 3072, feature_channels: int = 128, operations: Any = nn) -> None:
        super().__init__()
        if width % HEAD_SIZE:
            raise ToraError(f"width is {width}, expected a multiple of the head size {HEAD_SIZE}.")
        self.width = width
        self.norm = operations.LayerNorm(width)
        self.to_q = operations.Linear(width, width)
        self.to_kv = operations.Linear(feature_channels, 2 * width)
        self.proj_out = operations.Linear(width, width)

    def prepare(self, features: torch.Tensor, frames: int) -> State:
        self.check_features(features, frames)
        kv = self.to_kv(_feature_tokens(features, frames))
        return tuple(rearrange(x, "b f s (n d) -> b f n s d", d=HEAD_SIZE) for x in kv.chunk(2, dim=-1))

    def contribution(self, h: torch.Tensor, state: State) -> torch.Tensor:
        key, value = state
        motions, frames, _, area = key.shape[:4]
        self.check_tokens(h, motions, frames, area)
        q = rearrange(self.to_q(self.norm(h)), "(r m) (f s) (n d) -> r m f n s d", m=motions, f=frames, d=HEAD_SIZE)
        shape = q.shape
        out = nn.functional.scaled_dot_product_attention(
            q.flatten(0, 2),
            key.expand(shape[0], *key.shape).flatten(0, 2),
            value.expand(shape[0], *value.shape).flatten(0, 2),
        ).view(shape)
        return self.proj_out(rearrange(out, "r m f n s d -> (r m) (f s) (n d)"))


FUSERS: dict[str, type[MotionFuser]] = {
    "adaptive-norm": MotionGuidanceFuser,
    "extra-channel": ExtraChannelFuser,
    "cross-attention": CrossAttentionFuser,
}
"""The designs by name; "adaptive-norm" is the default everywhere."""
