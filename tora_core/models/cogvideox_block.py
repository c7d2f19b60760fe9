"""One block of CogVideoX in plain PyTorch, under diffusers' names: what a ControlNet is built of.

The base models run on diffusers' blocks or on ComfyUI's own; a ControlNet's keys are diffusers', and inside ComfyUI its
layers have to be ComfyUI's. Source: `CogVideoXBlock` of diffusers. Shapes: hidden is (B, F'*H*W, D), text (B, tokens,
D), temb (B, T).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

Rotary = tuple[torch.Tensor, torch.Tensor]
"""(cos, sin), each (F'*H*W, head size), neighbouring channels in pairs (rotary.py)."""

Attention = Callable[[torch.Tensor, torch.Tensor, torch.Tensor, int], torch.Tensor]
"""q, k, v (B, N, D) and the number of heads to (B, N, D)."""


def attend(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, heads: int) -> torch.Tensor:
    """PyTorch's own attention."""
    split = (part.unflatten(2, (heads, -1)).transpose(1, 2) for part in (q, k, v))
    return nn.functional.scaled_dot_product_attention(*split).transpose(1, 2).flatten(2)


def rotate(x: torch.Tensor, rotary: Rotary) -> torch.Tensor:
    """x (B, N, heads, head size), each pair of channels turned by its position's angle; computed in float32."""
    cos, sin = (table[None, :, None].to(x.device) for table in rotary)
    real, imaginary = x.float().unflatten(-1, (-1, 2)).unbind(-1)
    turned = torch.stack([-imaginary, real], dim=-1).flatten(3)
    return (x.float() * cos + turned * sin).to(x.dtype)


class ModulatedNorm(nn.Module):
    """Layer norm of both streams, scaled, shifted and gated by the timestep."""

    def __init__(self, width: int, time: int, operations: Any) -> None:
        super().__init__()
        self.linear = operations.Linear(time, 6 * width)
        self.norm = operations.LayerNorm(width, eps=1e-5)

    def forward(
        self, hidden: torch.Tensor, text: torch.Tensor, temb: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
        """Both streams normalised, then the gates (B, 1, D) of both."""
        modulation = self.linear(nn.functional.silu(temb))[:, None]
        shift, scale, gate, text_shift, text_scale, text_gate = modulation.chunk(6, dim=-1)
        hidden = self.norm(hidden) * (1 + scale) + shift
        text = self.norm(text) * (1 + text_scale) + text_shift
        return hidden, text, gate, text_gate


class JointAttention(nn.Module):
    """Attention of text and image tokens together; only the image's have positions."""

    def __init__(self, width: int, head: int, operations: Any) -> None:
        super().__init__()
        self.heads = width // head
        self.norm_q, self.norm_k = (operations.LayerNorm(head, eps=1e-6) for _ in range(2))
        self.to_q, self.to_k, self.to_v = (operations.Linear(width, width) for _ in range(3))
        self.to_out = nn.ModuleList([operations.Linear(width, width)])

    def forward(self, tokens: torch.Tensor, texts: int, rotary: Rotary | None, attention: Attention) -> torch.Tensor:
        q, k = (
            norm(project(tokens).unflatten(2, (self.heads, -1)))
            for norm, project in ((self.norm_q, self.to_q), (self.norm_k, self.to_k))
        )
        if rotary is not None:
            q, k = (torch.cat([part[:, :texts], rotate(part[:, texts:], rotary)], dim=1) for part in (q, k))
        return self.to_out[0](attention(q.flatten(2), k.flatten(2), self.to_v(tokens), self.heads))


class Gelu(nn.Module):
    """A linear layer and GELU, approximated by tanh."""

    def __init__(self, width: int, out: int, operations: Any) -> None:
        super().__init__()
        self.proj = operations.Linear(width, out)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return nn.functional.gelu(self.proj(x), approximate="tanh")


class FeedForward(nn.Module):
    """Four times as wide inside. Number 1 of `net` is dropout, which has no weights and does nothing here."""

    def __init__(self, width: int, operations: Any) -> None:
        super().__init__()
        inner = Gelu(width, 4 * width, operations)
        self.net = nn.ModuleList([inner, nn.Identity(), operations.Linear(4 * width, width)])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for layer in self.net:
            x = layer(x)
        return x


class CogVideoXBlock(nn.Module):
    """Attention and feed-forward of both streams. No weight is read or set in the constructor."""

    def __init__(self, width: int, head: int, time: int, operations: Any) -> None:
        super().__init__()
        self.norm1 = ModulatedNorm(width, time, operations)
        self.attn1 = JointAttention(width, head, operations)
        self.norm2 = ModulatedNorm(width, time, operations)
        self.ff = FeedForward(width, operations)

    def forward(
        self,
        hidden: torch.Tensor,
        text: torch.Tensor,
        temb: torch.Tensor,
        rotary: Rotary | None = None,
        attention: Attention = attend,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        texts = text.shape[1]
        normed, normed_text, gate, text_gate = self.norm1(hidden, text, temb)
        out = self.attn1(torch.cat([normed_text, normed], dim=1), texts, rotary, attention)
        hidden, text = hidden + gate * out[:, texts:], text + text_gate * out[:, :texts]
        normed, normed_text, gate, text_gate = self.norm2(hidden, text, temb)
        out = self.ff(torch.cat([normed_text, normed], dim=1))
        return hidden + gate * out[:, texts:], text + text_gate * out[:, :texts]
