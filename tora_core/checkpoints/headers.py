"""The header of a safetensors file, read with suspicion.

Only the header is read and every claim in it is checked against the size of the file before safetensors' own parser
and memory map see it. Format: 8 bytes length (little endian), that many bytes of JSON, then the values without gaps.
"""

from __future__ import annotations

import json
import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import CheckpointError
from .files import form_of

HEADER_LIMIT = 32 * 2**20
"""Bytes. The 5B model's 2,622 keys need 0.35 MB; a header past this is an attack or no header."""

BITS = {
    **dict.fromkeys(("BOOL", "U8", "I8", "F8_E4M3", "F8_E5M2", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ"), 8),
    **dict.fromkeys(("U16", "I16", "F16", "BF16"), 16),
    **dict.fromkeys(("U32", "I32", "F32"), 32),
    **dict.fromkeys(("U64", "I64", "F64", "C64"), 64),
    "F4": 4,
    "F6_E2M3": 6,
    "F6_E3M2": 6,
}

_AGAIN = "The file is damaged or its download was cut off: download it again."


@dataclass(frozen=True)
class TensorInfo:
    """What a header says of one tensor; `dtype` in safetensors' words (F32, F16, BF16, I64, ...)."""

    dtype: str
    shape: tuple[int, ...]

    @property
    def values(self) -> int:
        return math.prod(self.shape)

    @property
    def nbytes(self) -> int:
        return self.values * BITS[self.dtype] // 8


@dataclass(frozen=True)
class Header:
    tensors: dict[str, TensorInfo]
    metadata: dict[str, str]


def read_header(path: str | os.PathLike[str]) -> Header:
    """Names, types and shapes of a safetensors file's tensors, and its metadata; no weight is read.

    Raises CheckpointError when the file is no safetensors file, or its header is too large, broken or untrue.
    """
    path = Path(path)
    form = form_of(path)
    if form != "safetensors":
        raise CheckpointError(f"{path} is no safetensors file but {form.removeprefix('other: ')}.")
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if length > size - 8:
            raise CheckpointError(
                f"{path}: its header is said to be {length} bytes long, the file has {size}. {_AGAIN}"
            )
        if length > HEADER_LIMIT:
            raise CheckpointError(
                f"{path}: its header is {length} bytes long, at most {HEADER_LIMIT} are read. No "
                "model needs that much; do not trust the file."
            )
        text = file.read(length)
    entries = _parse(path, text)
    metadata = _metadata(path, entries.pop("__metadata__", {}))
    tensors, spans = {}, []
    for name, entry in entries.items():
        tensors[name], span = _tensor(path, name, entry)
        spans.append((*span, name))
    _check_spans(path, spans, size - 8 - length)
    return Header(tensors, metadata)


def _parse(path: Path, text: bytes) -> dict[str, Any]:
    try:
        entries = json.loads(text.decode("utf-8"), object_pairs_hook=_without_repeats)
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"{path}: its header is no valid JSON ({str(error)[:100]}). {_AGAIN}") from error
    if not isinstance(entries, dict):
        raise CheckpointError(
            f"{path}: its header is a {type(entries).__name__}, expected a table of tensors. {_AGAIN}"
        )
    return entries


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) != len(pairs):
        raise ValueError("a key occurs twice")
    return table


def _metadata(path: Path, metadata: Any) -> dict[str, str]:
    if isinstance(metadata, dict) and all(isinstance(value, str) for value in metadata.values()):
        return metadata
    raise CheckpointError(f"{path}: the metadata in its header is no table of strings. {_AGAIN}")


def _tensor(path: Path, name: str, entry: Any) -> tuple[TensorInfo, tuple[int, int]]:
    fields = entry if isinstance(entry, dict) else {}
    dtype = fields.get("dtype")
    shape: Any = fields.get("shape")
    offsets: Any = fields.get("data_offsets")
    if not (_whole(shape) and _whole(offsets) and len(offsets) == 2):
        raise CheckpointError(f"{path}: the header's entry for {name!r} lacks a type, a shape or offsets. {_AGAIN}")
    if dtype not in BITS:
        raise CheckpointError(
            f"{path}: {name!r} has the number type {dtype!r}, which is unknown. Update safetensors, or {_AGAIN}"
        )
    bits = math.prod(shape) * BITS[dtype]
    start, stop = offsets
    if bits % 8 or stop - start != bits // 8:
        raise CheckpointError(
            f"{path}: {name!r} is said to fill bytes {start} to {stop}, but {dtype} {tuple(shape)} needs "
            f"{bits // 8} bytes. {_AGAIN}"
        )
    return TensorInfo(dtype, tuple(shape)), (start, stop)


def _whole(numbers: Any) -> bool:
    return isinstance(numbers, list) and all(type(number) is int and number >= 0 for number in numbers)


def _check_spans(path: Path, spans: list[tuple[int, int, str]], available: int) -> None:
    """Tensors must follow each other without overlap or gap and end where the file ends."""
    end = 0
    for start, stop, name in sorted(spans):
        if start != end:
            what = "overlaps the tensor before it" if start < end else "leaves a gap before it"
            raise CheckpointError(f"{path}: {name!r} at byte {start} {what}, expected byte {end}. {_AGAIN}")
        end = stop
    if end > available:
        raise CheckpointError(
            f"{path} is cut off: {end - available} of {end} bytes of weights are missing. Download it again."
        )
    if end < available:
        raise CheckpointError(f"{path} has {available - end} bytes after its last tensor. {_AGAIN}")
