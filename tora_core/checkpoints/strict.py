"""Strict comparison of what a file holds with what the model needs, in words."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

from .headers import TensorInfo

SHOWN = 3
FLOATS = frozenset(("F64", "F32", "F16", "BF16", "F8_E4M3", "F8_E5M2"))
FLOAT8 = frozenset(("F8_E4M3", "F8_E5M2"))

_BLOCK = re.compile(r"(?:fuser|transformer_blocks|traj_extractor\.body)\.\d+(?=\.)")


def differences(needed: Mapping[str, tuple[int, ...]], found: Mapping[str, TensorInfo]) -> list[str]:
    """One line each for missing blocks, missing keys, unexpected keys, wrong shapes and wrong number types."""
    missing = [key for key in needed if key not in found]
    lines = []
    blocks = _whole_blocks(needed, missing)
    if blocks:
        lines.append(f"{_some(blocks)} missing entirely")
    gone = set(blocks)
    rest = [key for key in missing if not ((match := _BLOCK.match(key)) and match[0] in gone)]
    if rest:
        lines.append(f"{_count(rest, 'key')} of {len(needed)} missing: {_some(rest)}")
    unexpected = [key for key in found if key not in needed]
    if unexpected:
        lines.append(f"{_count(unexpected, 'unexpected key')}: {_some(unexpected)}")
    misshapen = [
        f"{key} is {found[key].shape}, expected {shape}"
        for key, shape in needed.items()
        if key in found and found[key].shape != shape
    ]
    if misshapen:
        lines.append(f"{_count(misshapen, 'wrong shape')}: {_some(misshapen, '; ')}")
    untyped = [
        f"{key} is {info.dtype}" for key, info in found.items() if key in needed and not _is_number_type(key, info)
    ]
    if untyped:
        lines.append(f"{_count(untyped, 'tensor')} not in floating point: {_some(untyped)}")
    return lines


def float_types(infos: Mapping[str, TensorInfo]) -> set[str]:
    return {info.dtype for info in infos.values() if info.dtype in FLOATS}


def _whole_blocks(needed: Iterable[str], missing: list[str]) -> list[str]:
    """Blocks of which not one key is there, though others of their kind are."""
    if not missing:
        return []
    absent = set(missing)
    present = {match[0] for key in needed if key not in absent and (match := _BLOCK.match(key))}
    gone = dict.fromkeys(match[0] for key in missing if (match := _BLOCK.match(key)))
    return [block for block in gone if block not in present]


def _is_number_type(key: str, info: TensorInfo) -> bool:
    return info.dtype in FLOATS or key.endswith("num_batches_tracked")


def _count(items: Collection[str], noun: str) -> str:
    return f"{len(items)} {noun}{'' if len(items) == 1 else 's'}"


def _some(items: list[str], separator: str = ", ") -> str:
    shown = separator.join(items[:SHOWN])
    return shown if len(items) <= SHOWN else f"{shown}{separator}... ({len(items)} in all)"
