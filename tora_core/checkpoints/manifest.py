"""The keys and shapes of the published layouts, as tables.

Kept apart from the modules on purpose: a test holds the two against each other, so that neither can drift. Letters:
w width, h head size, t time embedding, x text embedding, i and o input and output channels, p patch size, c motion
channels, f flow channels. For 5B T2V the whole is 2,622 keys and 6,264,678,248 values.
"""

from __future__ import annotations

import math

Shapes = dict[str, tuple[int, ...]]

ADAPTER_PREFIXES = ("traj_extractor.", "fuser.")

_FUSER = {
    "flow_gamma_spatial.weight": "w/4 c 3 3",
    "flow_gamma_spatial.bias": "w/4",
    "flow_gamma_temporal.weight": "w w/4 3",
    "flow_gamma_temporal.bias": "w",
    "flow_beta_spatial.weight": "w/4 c 3 3",
    "flow_beta_spatial.bias": "w/4",
    "flow_beta_temporal.weight": "w w/4 3",
    "flow_beta_temporal.bias": "w",
    "flow_cond_norm.weight": "w",
    "flow_cond_norm.bias": "w",
}
_RESIDUAL_BLOCK = {
    "block1.weight": "c c 3 3",
    "block1.bias": "c",
    "block2.weight": "c c 3 3",
    "block2.bias": "c",
    **{f"bn{n}.{part}": "c" for n in (1, 2) for part in ("weight", "bias", "running_mean", "running_var")},
    **{f"bn{n}.num_batches_tracked": "" for n in (1, 2)},
}
_EXTRACTOR = {"conv_in.weight": "c f*p*p 3 3", "conv_in.bias": "c"}
_BLOCK = {
    **{f"norm{n}.linear.{part}": shape for n in (1, 2) for part, shape in (("weight", "6*w t"), ("bias", "6*w"))},
    **{f"norm{n}.norm.{part}": "w" for n in (1, 2) for part in ("weight", "bias")},
    **{f"attn1.norm_{q}.{part}": "h" for q in "qk" for part in ("weight", "bias")},
    **{f"attn1.to_{q}.weight": "w w" for q in ("q", "k", "v", "out.0")},
    **{f"attn1.to_{q}.bias": "w" for q in ("q", "k", "v", "out.0")},
    "ff.net.0.proj.weight": "4*w w",
    "ff.net.0.proj.bias": "4*w",
    "ff.net.2.weight": "w 4*w",
    "ff.net.2.bias": "w",
}
_REST = {
    "patch_embed.proj.weight": "w i p p",
    "patch_embed.proj.bias": "w",
    "patch_embed.text_proj.weight": "w x",
    "patch_embed.text_proj.bias": "w",
    "time_embedding.linear_1.weight": "t w",
    "time_embedding.linear_1.bias": "t",
    "time_embedding.linear_2.weight": "t t",
    "time_embedding.linear_2.bias": "t",
    "norm_final.weight": "w",
    "norm_final.bias": "w",
    "norm_out.linear.weight": "2*w t",
    "norm_out.linear.bias": "2*w",
    "norm_out.norm.weight": "w",
    "norm_out.norm.bias": "w",
    "proj_out.weight": "p*p*o w",
    "proj_out.bias": "p*p*o",
}
POSITIONS = "patch_embed.pos_embedding"


def fuser_shapes(layers: int, width: int, channels: int = 128) -> Shapes:
    """`fuser.N.*` of an adaptive-norm fuser for every block."""
    one = _sized(_FUSER, {"w": width, "c": channels})
    return {f"fuser.{n}.{key}": shape for n in range(layers) for key, shape in one.items()}


def extractor_shapes(layers: int, channels: int = 128, flow_channels: int = 16, patch: int = 2) -> Shapes:
    """`traj_extractor.*`, two residual blocks for every block of the base model."""
    letters = {"c": channels, "f": flow_channels, "p": patch}
    one = _sized(_RESIDUAL_BLOCK, letters)
    first = {f"traj_extractor.{key}": shape for key, shape in _sized(_EXTRACTOR, letters).items()}
    return first | {f"traj_extractor.body.{n}.{key}": shape for n in range(2 * layers) for key, shape in one.items()}


def base_shapes(layers: int, letters: dict[str, int]) -> Shapes:
    """The base model's keys without its table of learned positions; letters as in this module's first lines."""
    one = _sized(_BLOCK, letters)
    blocks = {f"transformer_blocks.{n}.{key}": shape for n in range(layers) for key, shape in one.items()}
    return _sized(_REST, letters) | blocks


def _sized(table: dict[str, str], letters: dict[str, int]) -> Shapes:
    return {key: tuple(_product(word, letters) for word in row.split()) for key, row in table.items()}


def _product(word: str, letters: dict[str, int]) -> int:
    word, _, divisor = word.partition("/")
    factors = (letters[part] if part in letters else int(part) for part in word.split("*"))
    return math.prod(factors) // int(divisor or 1)
