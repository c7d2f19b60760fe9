"""ComfyUI's own names for CogVideoX to canonical keys and back.

Source: `CogVideoXTransformer3DModel` of ComfyUI (comfy/ldm/cogvideo/model.py). The tensors are diffusers', unchanged,
so this is a table of names; all others, `patch_embed.*` say, are the same in both.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from .manifest import ADAPTER_PREFIXES
from .weights import Entry

PREFIX = "model.diffusion_model."
"""Before every key of the network where a whole checkpoint (with VAE or text encoder) is in one file."""

_OTHERS = ("vae", "text_encoders", "first_stage_model", "cond_stage_model", "conditioner")

_IN_BLOCK = {
    "attn1.to_q": "q",
    "attn1.to_k": "k",
    "attn1.to_v": "v",
    "attn1.to_out.0": "attn_out",
    "attn1.norm_q": "norm_q",
    "attn1.norm_k": "norm_k",
    "ff.net.0.proj": "ff_proj",
    "ff.net.2": "ff_out",
    **{f"norm{n}.{part}": f"norm{n}.{part}" for n in (1, 2) for part in ("linear", "norm")},
}
# The `ofs` embedding is CogVideoX 1.5's: named, so that it can be refused as such.
_OUTSIDE = {f"{name}_embedding.linear_{n}": f"{name}_embedding_linear_{n}" for name in ("time", "ofs") for n in (1, 2)}
_IN_BLOCK_BACK = {native: part for part, native in _IN_BLOCK.items()}
_OUTSIDE_BACK = {native: part for part, native in _OUTSIDE.items()}

_CANONICAL_BLOCK = re.compile(r"transformer_blocks\.(\d+)\.(.+)\.(weight|bias)")
_NATIVE_BLOCK = re.compile(r"blocks\.(\d+)\.(.+)\.(weight|bias)")
_MARK = re.compile(rf"(?:{re.escape(PREFIX)})?blocks\.\d+\.(?:attn_out|ff_proj|norm1\.linear)\.(?:weight|bias)")


def is_native(keys: Collection[str]) -> bool:
    """Whether these are the keys of a CogVideoX as ComfyUI names them, with or without the prefix."""
    return any(map(_MARK.fullmatch, keys))


def native_name(key: str) -> str:
    """ComfyUI's name, without prefix, of a canonical key of the base model.

    Raises KeyError for a part of a block that the network doesn't have.
    """
    if match := _CANONICAL_BLOCK.fullmatch(key):
        return f"blocks.{match[1]}.{_IN_BLOCK[match[2]]}.{match[3]}"
    part, _, leaf = key.rpartition(".")
    return f"{_OUTSIDE[part]}.{leaf}" if part in _OUTSIDE else key


def canonical_name(name: str) -> str | None:
    """The canonical key of ComfyUI's name (without prefix); None for a name that no network of this kind has."""
    if match := _NATIVE_BLOCK.fullmatch(name):
        part = _IN_BLOCK_BACK.get(match[2])
        return f"transformer_blocks.{match[1]}.{part}.{match[3]}" if part else None
    part, _, leaf = name.rpartition(".")
    if part in _OUTSIDE_BACK:
        return f"{_OUTSIDE_BACK[part]}.{leaf}"
    if part in _OUTSIDE:
        return None
    kept = ("patch_embed.", "norm_final.", "norm_out.", "proj_out.", *ADAPTER_PREFIXES)
    return name if name.startswith(kept) else None


def native_entries(stored: Mapping[str, Entry]) -> tuple[dict[str, Entry], dict[str, int]]:
    """Canonical entries, and how many keys lie aside under which prefix (VAE, text encoder).

    A key of the network that has no place keeps its full name, so that the strict comparison names it.
    """
    prefix = PREFIX if any(key.startswith(PREFIX) for key in stored) else ""
    entries: dict[str, Entry] = {}
    aside: dict[str, int] = {}
    for key, entry in stored.items():
        top = key.split(".")[0]
        if not key.startswith(prefix) or (not prefix and top in _OTHERS):
            aside[top + "."] = aside.get(top + ".", 0) + 1
            continue
        name = key[len(prefix) :]
        entries[canonical_name(name) or PREFIX + name] = entry
    return entries, aside
