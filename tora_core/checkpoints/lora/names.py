"""Names of CogVideoX's modules as files write them, to canonical ones."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..comfyui import canonical_name, native_name
from ..manifest import base_shapes

_ONE_BLOCK = base_shapes(1, dict.fromkeys("whtxpio", 1))
_MODULES = [key.removesuffix(".weight") for key in _ONE_BLOCK if key.endswith(".weight")]
_FIRST = "transformer_blocks.0."
IN_BLOCK = tuple(module.removeprefix(_FIRST) for module in _MODULES if module.startswith(_FIRST))
"""Modules of a block that have a weight: attn1.to_q, ff.net.0.proj, norm1.linear, ..."""
OUTSIDE = tuple(module for module in _MODULES if not module.startswith(_FIRST))

_BLOCK = re.compile(r"transformer_blocks\.(\d{1,9})\.(.+)")
_FLAT_BLOCK = re.compile(r"transformer_blocks_(\d{1,9})_(.+)")
_NATIVE_FLAT_BLOCK = re.compile(r"blocks_(\d{1,9})_(.+)")


def _flat(name: str) -> str:
    return name.replace(".", "_")


def _native(part: str) -> str:
    return native_name(f"{_FIRST}{part}.weight").removeprefix("blocks.0.").removesuffix(".weight")


_FLAT_IN_BLOCK = {_flat(part): part for part in IN_BLOCK}
_FLAT_OUTSIDE = {_flat(module): module for module in OUTSIDE}
_NATIVE_FLAT_IN_BLOCK = {_flat(_native(part)): part for part in IN_BLOCK}


def from_diffusers(name: str) -> str | None:
    """diffusers' own name, if the network has such a module."""
    if match := _BLOCK.fullmatch(name):
        return f"transformer_blocks.{int(match[1])}.{match[2]}" if match[2] in IN_BLOCK else None
    return name if name in OUTSIDE else None


def from_native(name: str) -> str | None:
    """ComfyUI's name."""
    key = canonical_name(f"{name}.weight")
    return from_diffusers(key.removesuffix(".weight")) if key else None


def from_flat(name: str) -> str | None:
    """diffusers' name with underscores for dots, as kohya's trainers write it."""
    return _from_flat(name, _FLAT_BLOCK, _FLAT_IN_BLOCK)


def from_native_flat(name: str) -> str | None:
    """ComfyUI's name with underscores for dots."""
    return _from_flat(name, _NATIVE_FLAT_BLOCK, _NATIVE_FLAT_IN_BLOCK)


def _from_flat(name: str, block: re.Pattern[str], parts: Mapping[str, str]) -> str | None:
    if match := block.fullmatch(name):
        part = parts.get(match[2])
        return f"transformer_blocks.{int(match[1])}.{part}" if part else None
    return _FLAT_OUTSIDE.get(name)


def block_of(module: str) -> int | None:
    """The number of the block that a canonical module is in."""
    match = _BLOCK.fullmatch(module)
    return int(match[1]) if match else None


def strip(name: str, prefixes: tuple[str, ...]) -> str:
    """The name without any of the prefixes, taken off again and again."""
    while starts := [prefix for prefix in prefixes if name.startswith(prefix)]:
        name = name[len(starts[0]) :]
    return name
