"""A model's sizes from the shapes of its tensors, and which CogVideoX it is.

Sizes in configuration files are checked against these, so that a false one can't make us build something huge.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from .headers import TensorInfo
from .manifest import ADAPTER_PREFIXES, POSITIONS, Shapes, base_shapes, extractor_shapes, fuser_shapes

MAX_BLOCKS = 1000
"""More blocks than any model has; guards against a key such as fuser.999999999."""

WIDTH_2B, WIDTH_5B, LAYERS_5B = 1920, 3072, 42

Infos = Mapping[str, TensorInfo]


@dataclass(frozen=True)
class AdapterSize:
    """Sizes of extractor and fusers; None where that half is absent or too broken to tell."""

    fuser_layers: int
    extractor_layers: int
    width: int | None
    channels: int | None
    flow_channels: int | None

    @property
    def layers(self) -> int:
        return max(self.fuser_layers, self.extractor_layers)

    def is_known(self, prefixes: tuple[str, ...] = ADAPTER_PREFIXES) -> bool:
        """Whether all sizes that the given halves need could be told."""
        needed = {"fuser.": (self.width, self.channels), "traj_extractor.": (self.channels, self.flow_channels)}
        return 0 < self.layers <= MAX_BLOCKS and not any(None in needed[prefix] for prefix in prefixes)


@dataclass(frozen=True)
class BaseSize:
    """Sizes of a CogVideoX transformer without temporal patches."""

    layers: int
    width: int
    head: int
    time: int
    text: int
    in_channels: int
    out_channels: int
    patch: int
    positions: tuple[int, ...] | None

    def shapes(self) -> Shapes:
        letters = {"w": self.width, "h": self.head, "t": self.time, "x": self.text, "p": self.patch}
        shapes = base_shapes(self.layers, letters | {"i": self.in_channels, "o": self.out_channels})
        return shapes if self.positions is None else shapes | {POSITIONS: self.positions}


def count_blocks(keys: Infos, prefix: str) -> int:
    """One more than the largest N in `prefix` + "N."."""
    pattern = re.compile(re.escape(prefix) + r"(\d{1,9})\.")
    return max((int(match[1]) + 1 for match in map(pattern.match, keys) if match), default=0)


def adapter_size(infos: Infos) -> AdapterSize:
    first = _shape(infos, "traj_extractor.conv_in.weight", 4)
    temporal = next((info.shape for key, info in infos.items() if key.endswith(".flow_gamma_temporal.weight")), ())
    spatial = next((info.shape for key, info in infos.items() if key.endswith(".flow_gamma_spatial.weight")), ())
    channels = first[0] if first else spatial[1] if len(spatial) == 4 else None
    return AdapterSize(
        fuser_layers=count_blocks(infos, "fuser."),
        extractor_layers=(count_blocks(infos, "traj_extractor.body.") + 1) // 2,
        width=temporal[0] if len(temporal) == 3 else None,
        channels=channels,
        flow_channels=first[1] // 4 if first else None,
    )


def adapter_shapes(size: AdapterSize) -> Shapes:
    """All keys that an adapter of this size must have; `is_known` must hold."""
    width, channels, flow = size.width or 0, size.channels or 0, size.flow_channels or 0
    return fuser_shapes(size.layers, width, channels) | extractor_shapes(size.layers, channels, flow)


def base_size(infos: Infos) -> BaseSize | None:
    """None when the tensors that the sizes are read from are absent or of another rank (CogVideoX 1.5, say)."""
    patch, text = _shape(infos, "patch_embed.proj.weight", 4), _shape(infos, "patch_embed.text_proj.weight", 2)
    time, last = _shape(infos, "time_embedding.linear_1.weight", 2), _shape(infos, "proj_out.weight", 2)
    head = next((info.shape for key, info in infos.items() if key.endswith(".attn1.norm_q.weight")), ())
    layers = count_blocks(infos, "transformer_blocks.")
    if not (patch and text and time and last and len(head) == 1 and head[0] and 0 < layers <= MAX_BLOCKS):
        return None
    positions = infos[POSITIONS].shape if POSITIONS in infos else None
    return BaseSize(
        layers, patch[0], head[0], time[0], text[1], patch[1], last[0] // patch[2] ** 2, patch[2], positions
    )


def other_model(infos: Infos, config: Mapping[str, object] | None = None) -> str | None:
    """Words for a CogVideoX that Tora has no weights for (2B, 1.5, Fun), else None."""
    config = config or {}
    patch = infos.get("patch_embed.proj.weight")
    has_ofs = any(key.startswith("ofs_embedding.") for key in infos)
    if has_ofs or (patch and len(patch.shape) == 2) or config.get("patch_size_t") is not None:
        return "CogVideoX 1.5 (it folds two latent frames into a patch)"
    size, adapter = base_size(infos), adapter_size(infos)
    if WIDTH_2B in (size.width if size else None, adapter.width):
        return "CogVideoX-2B (1920 wide)"
    if config.get("use_rotary_positional_embeddings") is False:
        return "a CogVideoX with sine positions (like CogVideoX-2B; its configuration switches rotary positions off)"
    if size and size.in_channels not in (size.out_channels, 2 * size.out_channels):
        return f"CogVideoX-Fun or another variant ({size.in_channels} input channels)"
    if adapter.flow_channels == 32:
        return "an extractor for CogVideoX 1.5 (it folds two latent frames)"
    return None


def _shape(infos: Infos, key: str, rank: int) -> tuple[int, ...] | None:
    info = infos.get(key)
    return info.shape if info and len(info.shape) == rank and 0 not in info.shape else None
