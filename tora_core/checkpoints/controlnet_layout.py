"""Keys, shapes and configuration of a ControlNet for CogVideoX as published, and its sizes told from them.

Letters as in manifest.py; r: channels of the residuals where there are `out_projectors`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ..errors import CheckpointError
from ..models.controlnet import COLORS, PIXELS, ControlNetSize
from .dimensions import Infos, count_blocks
from .manifest import Shapes, base_shapes

CLASS_NAME = "CogVideoXControlnet"
FIRST = "controlnet_encode_first.0.weight"
_HEAD = "transformer_blocks.0.attn1.norm_q.weight"

_HINT = COLORS * PIXELS**2
_ONLY_IN_BASE = ("norm_final.", "norm_out.", "proj_out.")

_FIXED = {
    "activation_fn": "gelu-approximate",
    "attention_bias": True,
    "downscale_coef": PIXELS,
    "flip_sin_to_cos": True,
    "freq_shift": 0,
    "in_channels": COLORS,
    "norm_elementwise_affine": True,
    "norm_eps": 1e-05,
    "patch_size": 2,
    "temporal_compression_ratio": 4,
    "timestep_activation_fn": "silu",
    "use_learned_positional_embeddings": False,
}
"""Settings of the published class that no published file has otherwise; another value is another network."""


def controlnet_size(infos: Infos, config: Mapping[str, Any]) -> ControlNetSize | None:
    """Sizes by the shapes, positions by the configuration; None where the tensors that tell are absent or broken."""
    patch, text = _shape(infos, "patch_embed.proj.weight", 4), _shape(infos, "patch_embed.text_proj.weight", 2)
    time, head = _shape(infos, "time_embedding.linear_1.weight", 2), _shape(infos, _HEAD, 1)
    layers = count_blocks(infos, "transformer_blocks.")
    if not (patch and text and time and head and layers) or patch[0] % head[0] or patch[1] <= _HINT // 4:
        return None
    out = _shape(infos, "out_projectors.0.weight", 2)
    return ControlNetSize(
        layers=layers,
        width=patch[0],
        head=head[0],
        time=time[0],
        text=text[1],
        out=out[0] if out else None,
        latent_channels=patch[1] - _HINT // 4,
        sine=not config.get("use_rotary_positional_embeddings", False),
        space_scale=_scale(config, "spatial_interpolation_scale", 1.875),
        time_scale=_scale(config, "temporal_interpolation_scale", 1.0),
    )


def controlnet_shapes(size: ControlNetSize) -> Shapes:
    """All keys that a ControlNet of this size must have."""
    letters = {"w": size.width, "h": size.head, "t": size.time, "x": size.text, "p": 2}
    letters |= {"i": size.latent_channels + _HINT // 4, "o": 0}
    shapes = {
        key: shape for key, shape in base_shapes(size.layers, letters).items() if not key.startswith(_ONLY_IN_BASE)
    }
    for name, channels in (("first", _HINT), ("second", _HINT // 2)):
        part = f"controlnet_encode_{name}"
        shapes[f"{part}.0.weight"] = (channels // 2, channels, 1, 1)
        shapes |= {f"{part}.{key}": (channels // 2,) for key in ("0.bias", "1.weight", "1.bias")}
    if size.out is not None:
        for n in range(size.layers):
            shapes |= {f"out_projectors.{n}.weight": (size.out, size.width), f"out_projectors.{n}.bias": (size.out,)}
    return shapes


def configuration(size: ControlNetSize) -> dict[str, Any]:
    """config.json of such a ControlNet, so that the published class builds it as well."""
    return {
        "_class_name": CLASS_NAME,
        **_FIXED,
        "attention_head_dim": size.head,
        "dropout": 0.0,
        "num_attention_heads": size.width // size.head,
        "num_layers": size.layers,
        "out_proj_dim": size.out,
        "spatial_interpolation_scale": size.space_scale,
        "temporal_interpolation_scale": size.time_scale,
        "time_embed_dim": size.time,
        "use_rotary_positional_embeddings": not size.sine,
        "vae_channels": size.latent_channels,
    }


def contradictions(config: Mapping[str, Any], size: ControlNetSize) -> list[str]:
    """Where a configuration says something else than the tensors, or than this network can be."""
    actual = configuration(size)
    return [
        f"config.json says {key} = {config[key]!r}, expected {actual[key]!r}"
        for key in sorted(set(config) & set(actual) - {"_class_name", "dropout"})
        if config[key] != actual[key]
    ]


def _scale(config: Mapping[str, Any], key: str, default: float) -> float:
    value = config.get(key, default)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < math.inf:
        raise CheckpointError(f"config.json says {key} = {value!r}, expected a number above 0. Download it again.")
    return float(value)


def _shape(infos: Infos, key: str, rank: int) -> tuple[int, ...] | None:
    info = infos.get(key)
    return info.shape if info and len(info.shape) == rank and 0 not in info.shape else None
