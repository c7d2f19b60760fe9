"""CogVideoX's video encoder in spatial tiles, for when memory is short: slower, but with the same latents.

Two things make tiles differ from the whole. A tile's border is padded where its neighbour should be: here each tile
sees a rim as wide as the layers reach, and what comes of the rim is thrown away. And group norm takes mean and variance
over the whole picture: here these are measured over all tiles first, norm after norm, each in a pass of its own.
Only the encoder's first levels are run in this way, which need nearly all the memory: the later ones see pictures that
are 4, 8 and 16 times smaller. With n norms a level costs about n / 2 times more than at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import comfy.model_management
import torch

from .tiles import Tile, cut

Source = Callable[[int, slice, slice], torch.Tensor]
"""Rows and columns of the n-th chunk: (1, C, F, rows, columns) on the network's device, in its dtype."""

ALL = slice(None)


def encode_in_tiles(
    encoder: Any, source: Source, chunks: int, size: tuple[int, int], side: int, step: Callable[[], None]
) -> torch.Tensor:
    """The mean of the posterior of all chunks: (1, 16, F', h, w), float32 on the CPU.

    encoder: the host's Encoder3D. size: (height, width), multiples of 8. side: a tile sees at most side x side values
    a channel and frame, on every level. step: called `count_steps(...)` times, before each chunk of each tile.
    """
    levels = tiled_levels(encoder, size, side)
    for level in levels:
        source = level.encode(source, chunks, step)
    parts: list[torch.Tensor] = []
    cache: dict[Any, Any] = {}
    for chunk in range(chunks):
        step()
        moments = _rest(encoder, len(levels), source(chunk, ALL, ALL), cache)
        parts.append(moments.chunk(2, dim=1)[0].float().cpu())
    return torch.cat(parts, dim=2)


def count_steps(encoder: Any, chunks: int, size: tuple[int, int], side: int) -> int:
    """How often `encode_in_tiles` calls `step`."""
    levels = tiled_levels(encoder, size, side)
    return chunks * (1 + sum(len(level.tiles) * (len(level.norms) + 1) for level in levels))


@dataclass(frozen=True)
class Level:
    """One down block of the encoder, with the convolution before it if it is the first, and the tiles of its input."""

    stem: Any
    block: Any
    size: tuple[int, int]
    tiles: list[Tile]

    @property
    def norms(self) -> list[Any]:
        """Its group norms, in the order in which they are met."""
        return [norm for resnet in self.block.resnets for norm in (resnet.norm1, resnet.norm2)]

    def encode(self, source: Source, chunks: int, step: Callable[[], None]) -> Source:
        """Run all chunks tile by tile; the answer lies in the CPU's memory and comes back piece by piece."""
        known: list[list[_Normalise]] = [[] for _ in range(chunks)]
        for norm in self.norms:
            moments = [_Moments(norm.num_groups) for _ in range(chunks)]
            for tile, chunk, values in self._run(source, known, step):
                moments[chunk].add(values[..., tile.rows.own(), tile.columns.own()])
            for normalisers, moment in zip(known, moments, strict=True):
                normalisers.append(moment.normaliser(norm))
        parked: dict[int, torch.Tensor] = {}
        for tile, chunk, values in self._run(source, known, step):
            if chunk not in parked:
                shape = (*values.shape[:3], self.size[0] // 2, self.size[1] // 2)
                parked[chunk] = torch.empty(shape, dtype=values.dtype, device="cpu")
            own = values[..., tile.rows.own(2), tile.columns.own(2)]
            parked[chunk][..., tile.rows.place(2), tile.columns.place(2)] = own
        device = values.device
        return lambda chunk, rows, columns: parked[chunk][..., rows, columns].to(device)

    def _run(
        self, source: Source, known: list[list[_Normalise]], step: Callable[[], None]
    ) -> Iterator[tuple[Tile, int, torch.Tensor]]:
        """Every chunk of every tile, up to the first norm that isn't known; frames in order, their cache handed on."""
        for tile in self.tiles:
            cache: dict[Any, Any] = {}
            for chunk, normalisers in enumerate(known):
                step()
                yield tile, chunk, self._forward(source(chunk, tile.rows.seen, tile.columns.seen), normalisers, cache)

    def _forward(self, x: torch.Tensor, normalisers: list[_Normalise], cache: dict[Any, Any]) -> torch.Tensor:
        """What Encoder3D.forward, DownBlock3D.forward and ResnetBlock3D.forward do, and in their order."""

        def convolve(name: Any, layer: Any, x: torch.Tensor) -> torch.Tensor:
            x, cache[name] = layer(x, conv_cache=cache.get(name))
            return x

        if self.stem is not None:
            x = convolve("stem", self.stem, x)
        waiting = iter(normalisers)
        for index, resnet in enumerate(self.block.resnets):
            h = x
            for number, layer in enumerate((resnet.conv1, resnet.conv2)):
                normalise = next(waiting, None)
                if normalise is None:
                    return h
                h = convolve((index, number), layer, resnet.nonlinearity(normalise(h)))
            x = h + (x if resnet.conv_shortcut is None else resnet.conv_shortcut(x))
        for downsample in self.block.downsamplers:
            x = downsample(x)
        return x


def tiled_levels(encoder: Any, size: tuple[int, int], side: int) -> list[Level]:
    """The levels whose input is larger than a tile may be; all but the last, which doesn't shrink its input."""
    levels: list[Level] = []
    for index, block in enumerate(encoder.down_blocks):
        if size[0] * size[1] <= side * side or not block.downsamplers:
            break
        stem = encoder.conv_in if index == 0 else None
        # Each 3x3 convolution reaches one pixel further, the downsampling too; even, for it takes every second pixel.
        reach = 2 * len(block.resnets) + 1 + (stem is not None)
        levels.append(Level(stem, block, size, cut(size, side, reach + reach % 2)))
        size = (size[0] // 2, size[1] // 2)
    return levels


def _rest(encoder: Any, level: int, x: torch.Tensor, cache: dict[Any, Any]) -> torch.Tensor:
    """The end of Encoder3D.forward, from down block `level` on."""
    for index in range(level, len(encoder.down_blocks)):
        x, cache[index] = encoder.down_blocks[index](x, None, None, cache.get(index))
    x, cache["middle"] = encoder.mid_block(x, None, None, conv_cache=cache.get("middle"))
    x = encoder.conv_act(encoder.norm_out(x))
    x, cache["out"] = encoder.conv_out(x, conv_cache=cache.get("out"))
    return x


_Normalise = Callable[[torch.Tensor], torch.Tensor]


@dataclass
class _Moments:
    """Mean and variance of each group over all that was added, (1, G, ...); in float64 where the parts meet."""

    groups: int
    parts: list[tuple[int, torch.Tensor, torch.Tensor]] = field(default_factory=list)

    def add(self, values: torch.Tensor) -> None:
        values = values.reshape(self.groups, -1).float()
        variance, mean = torch.var_mean(values, dim=1, correction=0)
        self.parts.append((values.shape[1], mean.double().cpu(), variance.double().cpu()))

    def normaliser(self, norm: Any) -> _Normalise:
        """The group norm with these moments, computed in float32 as torch's own is."""
        counts = torch.tensor([count for count, *_ in self.parts], dtype=torch.float64)[:, None]
        means = torch.stack([mean for _, mean, _ in self.parts])
        variances = torch.stack([variance for *_, variance in self.parts])
        mean = (counts * means).sum(0) / counts.sum()
        variance = (counts * (variances + (means - mean).square())).sum(0) / counts.sum()
        each = norm.num_channels // self.groups
        weight, bias = (comfy.model_management.cast_to(p, torch.float64, "cpu") for p in (norm.weight, norm.bias))
        scale = weight * (variance + norm.eps).rsqrt().repeat_interleave(each)
        shift = bias - mean.repeat_interleave(each) * scale
        scale, shift = (value.float()[:, None, None, None] for value in (scale, shift))

        def normalise(x: torch.Tensor) -> torch.Tensor:
            return torch.addcmul(shift.to(x.device), x.float(), scale.to(x.device)).to(x.dtype)

        return normalise
