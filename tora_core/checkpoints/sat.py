"""SAT's names (mp_rank_00_model_states.pt) to canonical keys.

Source: the reference's sat/dit_video_concat.py for the names, diffusers' convert_cogvideox_to_diffusers.py for the
base model's mapping. Attention's query, key and value are one tensor in thirds. adaLN holds twelve chunks: shift,
scale, gate of attention and of the MLP for the image, then the same for the text; diffusers' norm1 takes the
attention's of both, norm2 the MLP's.
"""

from __future__ import annotations

import re

from .manifest import POSITIONS
from .sources import Source
from .weights import Entry, Rows

PREFIX = "model.diffusion_model."

_SKIPPED = (
    # Tables that are computed, and embeddings that SwissArmyTransformer creates and this model never reads.
    "mixins.pos_embed.freqs_sin",
    "mixins.pos_embed.freqs_cos",
    "transformer.position_embeddings.weight",
    "transformer.word_embeddings.weight",
)

_NAMES = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"mixins\.adaln_layer\.fuser_list\.(\d+\..+)", r"fuser.\1"),
        (r"(traj_extractor\..+)", r"\1"),
        (r"mixins\.pos_embed\.pos_embedding", POSITIONS),
        (r"mixins\.patch_embed\.((?:text_)?proj\.\w+)", r"patch_embed.\1"),
        (r"time_embed\.0\.(\w+)", r"time_embedding.linear_1.\1"),
        (r"time_embed\.2\.(\w+)", r"time_embedding.linear_2.\1"),
        (r"transformer\.final_layernorm\.(\w+)", r"norm_final.\1"),
        (r"mixins\.final_layer\.norm_final\.(\w+)", r"norm_out.norm.\1"),
        (r"mixins\.final_layer\.adaLN_modulation\.1\.(\w+)", r"norm_out.linear.\1"),
        (r"mixins\.final_layer\.linear\.(\w+)", r"proj_out.\1"),
        (r"mixins\.adaln_layer\.query_layernorm_list\.(\d+)\.(\w+)", r"transformer_blocks.\1.attn1.norm_q.\2"),
        (r"mixins\.adaln_layer\.key_layernorm_list\.(\d+)\.(\w+)", r"transformer_blocks.\1.attn1.norm_k.\2"),
        (r"transformer\.layers\.(\d+)\.input_layernorm\.(\w+)", r"transformer_blocks.\1.norm1.norm.\2"),
        (r"transformer\.layers\.(\d+)\.post_attention_layernorm\.(\w+)", r"transformer_blocks.\1.norm2.norm.\2"),
        (r"transformer\.layers\.(\d+)\.attention\.dense\.(\w+)", r"transformer_blocks.\1.attn1.to_out.0.\2"),
        (r"transformer\.layers\.(\d+)\.mlp\.dense_h_to_4h\.(\w+)", r"transformer_blocks.\1.ff.net.0.proj.\2"),
        (r"transformer\.layers\.(\d+)\.mlp\.dense_4h_to_h\.(\w+)", r"transformer_blocks.\1.ff.net.2.\2"),
    )
)
_FUSED_ATTENTION = re.compile(r"transformer\.layers\.(\d+)\.attention\.query_key_value\.(\w+)")
_ADA_NORM = re.compile(r"mixins\.adaln_layer\.adaLN_modulations\.(\d+)\.1\.(\w+)")


def is_sat(keys: list[str]) -> bool:
    starts = tuple(PREFIX + part for part in ("transformer.layers.", "mixins."))
    return any(key.startswith(starts) for key in keys)


def sat_entries(source: Source) -> tuple[dict[str, Entry], dict[str, int]]:
    """Canonical entries, and how many keys lie aside under which prefix (text encoder, VAE, computed tables).

    A key of the network that has no place keeps its own name, so that the strict comparison names it.
    """
    entries: dict[str, Entry] = {}
    aside: dict[str, int] = {}
    for key, info in source.tensors.items():
        if not key.startswith(PREFIX):
            top = key.split(".")[0] + "."
            aside[top] = aside.get(top, 0) + 1
            continue
        name = key[len(PREFIX) :]
        if name in _SKIPPED:
            aside[key] = 1
        elif match := _FUSED_ATTENTION.fullmatch(name):
            entries.update(_attention(source, key, match[1], match[2], info.shape))
        elif match := _ADA_NORM.fullmatch(name):
            entries.update(_ada_norm(source, key, match[1], match[2], info.shape))
        else:
            entries[_renamed(name) or key] = Entry(source, key)
    return entries, aside


def _renamed(name: str) -> str | None:
    for pattern, replacement in _NAMES:
        if match := pattern.fullmatch(name):
            return match.expand(replacement)
    return None


def _attention(source: Source, key: str, block: str, part: str, shape: tuple[int, ...]) -> dict[str, Entry]:
    names = [f"transformer_blocks.{block}.attn1.to_{letter}.{part}" for letter in "qkv"]
    return {name: Entry(source, key, _rows(shape, 3, (n,), 1)) for n, name in enumerate(names)}


def _ada_norm(source: Source, key: str, block: str, part: str, shape: tuple[int, ...]) -> dict[str, Entry]:
    starts = {"norm1": (0, 6), "norm2": (3, 9)}
    return {
        f"transformer_blocks.{block}.{norm}.linear.{part}": Entry(source, key, _rows(shape, 12, pair, 3))
        for norm, pair in starts.items()
    }


def _rows(shape: tuple[int, ...], parts: int, starts: tuple[int, ...], length: int) -> Rows:
    """Rows of `length` parts from each start on; none, so that the shape shows as wrong, if they do not divide."""
    if not shape or shape[0] == 0 or shape[0] % parts:
        return ()
    part = shape[0] // parts
    return tuple((start * part, (start + length) * part) for start in starts)
