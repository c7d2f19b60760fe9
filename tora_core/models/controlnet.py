"""A ControlNet for CogVideoX in the layout of TheDenk/cogvideox-controlnet, in plain PyTorch.

It sees the noisy latents, the text, the timestep and hint frames (edges, say), and gives what is to be added to the
image tokens behind the first blocks of the base model. Source: `CogVideoXControlnet` in cogvideo_controlnet.py there;
the state-dict keys are those of the published files.

The hint alone goes through `encode_hint`, once a clip: frame by frame to the latents' size, and averaged over time as
the VAE counts it, so that the first latent frame is of one picture and every other of four. A window of a clip takes
its latent frames out of that.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import torch
from torch import nn

from ..errors import SizeError, ToraError
from .cogvideox_block import Attention, CogVideoXBlock, Rotary, attend
from .sine import sine_positions

PIXELS, COLORS = 8, 3
"""Pixels of a side to a latent cell, and channels of a hint."""
FRAMES = 4
"""Pictures to a latent frame, but for the first."""

_CHUNK = 4 * FRAMES


@dataclass(frozen=True)
class ControlNetSize:
    """What a ControlNet's tensors have to be like. out: channels of its residuals; None where they are its own.

    sine: whether it adds sine positions (its configuration's `use_rotary_positional_embeddings` is false). Rotary
    positions it has when the base model has them; published ones for CogVideoX-5B have both.
    """

    layers: int
    width: int
    head: int = 64
    time: int = 512
    text: int = 4096
    out: int | None = None
    latent_channels: int = 16
    sine: bool = True
    space_scale: float = 1.875
    time_scale: float = 1.0

    @property
    def residual(self) -> int:
        """Channels of what is added to the base model: its width."""
        return self.out or self.width


class CogVideoXControlNet(nn.Module):
    """Latents (B, F', 16, h, w), text (B, tokens, X), timesteps (B,) and a hint to one residual a block.

    operations: layers to build from, ComfyUI's say. attention: how to attend, ComfyUI's way say. No weight is read or
    set here; see `initialise_controlnet`.
    """

    def __init__(self, size: ControlNetSize, operations: ModuleType | Any = nn, attention: Attention = attend) -> None:
        super().__init__()
        self.size, self.attention = size, attention
        pixels = COLORS * PIXELS**2
        self.controlnet_encode_first = _hint_layer(pixels, pixels // 2, operations)
        self.controlnet_encode_second = _hint_layer(pixels // 2, pixels // 4, operations)
        self.patch_embed = nn.Module()
        self.patch_embed.proj = operations.Conv2d(size.latent_channels + pixels // 4, size.width, 2, stride=2)
        self.patch_embed.text_proj = operations.Linear(size.text, size.width)
        self.time_embedding = nn.Module()
        self.time_embedding.linear_1 = operations.Linear(size.width, size.time)
        self.time_embedding.linear_2 = operations.Linear(size.time, size.time)
        self.transformer_blocks = nn.ModuleList(
            CogVideoXBlock(size.width, size.head, size.time, operations) for _ in range(size.layers)
        )
        self.out_projectors = None
        if size.out is not None:
            self.out_projectors = nn.ModuleList(operations.Linear(size.width, size.out) for _ in range(size.layers))

    def encode_hint(
        self, frames: torch.Tensor, prepare: Callable[[torch.Tensor], torch.Tensor] | None = None
    ) -> torch.Tensor:
        """Pictures (B, F, 3, H, W) in -1..1 to (B, F', 48, H/8, W/8), F' = (F - 1)/4 + 1; once a clip.

        prepare: what makes pictures like that of (B, n, ...) of `frames`, by scaling, casting and moving them, say. It
        is given some at a time, as all of them at once would fill gigabytes for a long video.
        Raises SizeError where F, H or W doesn't divide.
        """
        if frames.ndim != 5 or frames.shape[2] != COLORS or 0 in frames.shape:
            raise ToraError(
                f"a hint has shape {tuple(frames.shape)}, expected (clips, frames, {COLORS}, height, width)."
            )
        count = frames.shape[1]
        # No frame looks at another's but for the means, which end with each portion.
        starts = [0, *range(1 + _CHUNK, count, _CHUNK)]
        parts = []
        for start, end in zip(starts, [*starts[1:], count], strict=True):
            part = frames[:, start:end] if prepare is None else prepare(frames[:, start:end])
            height, width = part.shape[3:]
            if count % FRAMES != 1 or height % PIXELS or width % PIXELS:
                raise SizeError(
                    f"a hint has {count} frames of {height}x{width} (height x width), expected {FRAMES}k+1 frames and "
                    f"multiples of {PIXELS}."
                )
            parts.append(self._encode(part))
        return torch.cat(parts, dim=1)

    def _encode(self, frames: torch.Tensor) -> torch.Tensor:
        clips = len(frames)
        x = nn.functional.pixel_unshuffle(frames.flatten(0, 1), PIXELS)
        for layer in (self.controlnet_encode_first, self.controlnet_encode_second):
            x = halve_time(layer(x).unflatten(0, (clips, -1))).flatten(0, 1)
        return x.unflatten(0, (clips, -1))

    def residuals(
        self,
        latents: torch.Tensor,
        text: torch.Tensor,
        hint: torch.Tensor,
        timestep: torch.Tensor,
        rotary: Rotary | None = None,
    ) -> Iterator[torch.Tensor]:
        """What is to be added behind block 0, 1, ... of the base model: (B, F'*H*W, out) each, one after the other.

        latents are scaled as the base model takes them; of an image-to-video model's input the noisy half alone. hint:
        from `encode_hint`, of the same latent frames; B is a multiple of its batch. rotary: the base model's own.
        They come one at a time so that a block's may be used and dropped before the next is computed.
        Raises SizeError where latents and hint differ.
        """
        if latents.shape[0] % len(hint) or (*latents.shape[1:2], *latents.shape[3:]) != (
            *hint.shape[1:2],
            *hint.shape[3:],
        ):
            raise SizeError(
                f"the latents have shape {tuple(latents.shape)}, the encoded hint {tuple(hint.shape)}: their frames, "
                "height and width must be the same."
            )
        hint = hint.to(latents.dtype).repeat(len(latents) // len(hint), 1, 1, 1, 1)
        temb = timestep_waves(timestep, self.size.width).to(latents.dtype)
        temb = self.time_embedding.linear_2(nn.functional.silu(self.time_embedding.linear_1(temb)))
        text = self.patch_embed.text_proj(text)
        patches = self.patch_embed.proj(torch.cat([latents, hint], dim=2).flatten(0, 1))
        grid = (latents.shape[1], *patches.shape[2:])
        hidden = patches.flatten(2).transpose(1, 2).reshape(len(latents), -1, self.size.width)
        if self.size.sine:
            scales = {"space_scale": self.size.space_scale, "time_scale": self.size.time_scale}
            hidden = hidden + sine_positions(grid, self.size.width, **scales, device=hidden.device).to(hidden.dtype)
        for index, block in enumerate(self.transformer_blocks):
            hidden, text = block(hidden, text, temb, rotary, self.attention)
            yield hidden if self.out_projectors is None else self.out_projectors[index](hidden)

    def forward(
        self,
        latents: torch.Tensor,
        text: torch.Tensor,
        frames: torch.Tensor,
        timestep: torch.Tensor,
        rotary: Rotary | None = None,
    ) -> tuple[torch.Tensor, ...]:
        """All residuals at once, from the hint's own pictures."""
        return tuple(self.residuals(latents, text, self.encode_hint(frames), timestep, rotary))


def halve_time(x: torch.Tensor) -> torch.Tensor:
    """(B, F, ...) to half the frames: means of two neighbours each; of an odd number the first stays alone."""
    first = x[:, : x.shape[1] % 2]
    rest = x[:, x.shape[1] % 2 :].unflatten(1, (-1, 2)).mean(dim=2) if x.shape[1] > 1 else x[:, 1:]
    return torch.cat([first, rest], dim=1)


def timestep_waves(timestep: torch.Tensor, width: int) -> torch.Tensor:
    """(B,) to float32 (B, width), cosines first: diffusers' `Timesteps(width, flip_sin_to_cos=True, shift 0)`."""
    half = width // 2
    places = torch.arange(half, dtype=torch.float32, device=timestep.device)
    angles = timestep.float()[:, None] * torch.exp(-math.log(10000) / half * places)
    return torch.cat([angles.cos(), angles.sin()], dim=1)


def take_frames(hint: torch.Tensor, frames: Sequence[int] | torch.Tensor | None) -> torch.Tensor:
    """The latent frames of a window, in its order and with its anchor, out of an encoded hint (B, F', ...)."""
    if frames is None:
        return hint
    return hint[:, torch.as_tensor(frames, device=hint.device)]


@contextmanager
def adding(blocks: Iterable[nn.Module], streams: Sequence[tuple[Iterator[torch.Tensor], float]]) -> Iterator[None]:
    """For one call of diffusers' CogVideoX: behind each of its blocks add the next residual of every stream, scaled.

    streams: (residuals, strength) each. The blocks return (image tokens, text tokens), of which the first are changed.
    """

    def add(block: nn.Module, args: Any, output: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
        return with_residuals(output[0], streams), *output[1:]

    handles = [block.register_forward_hook(add) for block in blocks] if streams else []
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def with_residuals(hidden: torch.Tensor, streams: Sequence[tuple[Iterator[torch.Tensor], float]]) -> torch.Tensor:
    """Image tokens plus the next residual of every stream that has one left."""
    for residuals, strength in streams:
        residual = next(residuals, None)
        if residual is not None:
            hidden = hidden + strength * residual.to(hidden.dtype)
    return hidden


def initialise_controlnet(net: CogVideoXControlNet, base: dict[str, torch.Tensor]) -> None:
    """Start as a copy of the base model's first blocks that adds nothing: its output projections are zero.

    base: state dict under diffusers' names, of the same width; text to video, or image to video. Needs `out`, as
    without projections the residual is the copy's whole stream. Raises ToraError where the sizes differ.
    """
    if net.out_projectors is None:
        raise ToraError("this ControlNet has no output projections to start from zero: give ControlNetSize an `out`.")
    own = net.state_dict()
    channels = net.size.latent_channels
    for key, value in own.items():
        if key.startswith("out_projectors."):
            own[key] = torch.zeros_like(value)
        elif key in base:
            new = base[key][:, :channels] if key == "patch_embed.proj.weight" else base[key]
            old = value[:, :channels] if key == "patch_embed.proj.weight" else value
            if new.shape != old.shape:
                raise ToraError(f"{key} is {tuple(new.shape)} in the base model, expected {tuple(old.shape)}.")
            own[key] = torch.cat([new, value[:, channels:]], dim=1) if new.shape != value.shape else new.clone()
    net.load_state_dict(own)


def _hint_layer(channels: int, out: int, operations: Any) -> nn.Sequential:
    return nn.Sequential(operations.Conv2d(channels, out, 1), operations.GroupNorm(2, out), nn.ReLU())
