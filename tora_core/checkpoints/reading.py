"""Reading tensors: by memory map where nothing has to change, else copied in small portions.

Never more than 1.2 times what is wanted is held: pages of a memory map count until the map is closed, so copies are
made through a second map that is opened anew whenever a tenth of the wanted bytes went through it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import torch
from safetensors import SafetensorError

from ..errors import CheckpointError
from .sources import DTYPES, Getter, Source
from .weights import Entry

SMALLEST_PORTION = 4 * 2**20
COUNTER = "num_batches_tracked"

TypeOf = Callable[[str], "torch.dtype | None"]

_NAMES = {str(dtype).removeprefix("torch."): dtype for dtype in DTYPES.values() if dtype.is_floating_point}


def as_dtype(dtype: torch.dtype | str | None) -> torch.dtype | None:
    """A floating point torch dtype from itself or its name ("float16", "bfloat16", ...); None stays None."""
    if dtype is None or (isinstance(dtype, torch.dtype) and dtype.is_floating_point):
        return dtype
    if isinstance(dtype, str) and dtype in _NAMES:
        return _NAMES[dtype]
    raise CheckpointError(f"dtype is {dtype!r}, expected one of {', '.join(_NAMES)}.")


def model_types(dtype: torch.dtype | None) -> TypeOf:
    """Types in a module: `dtype` (None: as stored), float32 for the extractor, whose activations grow with depth."""

    def type_of(key: str) -> torch.dtype | None:
        if key.endswith(COUNTER):
            return torch.int64
        return torch.float32 if key.startswith("traj_extractor.") else dtype

    return type_of


def file_types(dtype: torch.dtype | None) -> TypeOf:
    """Types in a file: `dtype` for all floating point values, None as stored."""
    return lambda key: torch.int64 if key.endswith(COUNTER) else dtype


def stored_type(entry: Entry) -> torch.dtype:
    if entry.info.dtype not in DTYPES:
        raise CheckpointError(
            f"{entry.source.path}: {entry.key} is {entry.info.dtype}, which torch can't hold. Use a 16-bit version."
        )
    return DTYPES[entry.info.dtype]


def wanted_bytes(entries: Mapping[str, Entry], type_of: TypeOf) -> int:
    return sum(entry.info.values * (type_of(key) or stored_type(entry)).itemsize for key, entry in entries.items())


def read(
    entries: Mapping[str, Entry],
    type_of: TypeOf = lambda _: None,
    device: torch.device | str | None = None,
    mapped: bool = True,
) -> dict[str, torch.Tensor]:
    """The tensors under their canonical keys, in the types that `type_of` asks for (None: as stored).

    mapped: what stays as it is stays a view of the file (copied on write): don't overwrite the file in place while it
    lives. Without, all is copied. Raises CheckpointError when a value is beyond the range of the asked type.
    """
    place = torch.device(device or "cpu")
    maps = _Maps(max(SMALLEST_PORTION, wanted_bytes(entries, type_of) // 10))
    return {key: _read_one(key, entry, type_of(key), place, maps, mapped) for key, entry in entries.items()}


def pass_over(entries: Mapping[str, Entry], portions: int = 10) -> Iterator[tuple[str, torch.Tensor]]:
    """Each tensor as stored, one after the other; look at it and drop it, so that one portion is held at a time.

    portions: how many in all; a file is opened anew for each.
    """
    maps = _Maps(max(SMALLEST_PORTION, sum(entry.info.nbytes for entry in entries.values()) // portions))
    for key, entry in entries.items():
        stored_type(entry)
        yield key, _rows(maps.passing(entry), entry)


class _Maps:
    """Open maps: one a source that stays, and one that is opened anew after every `portion` bytes."""

    def __init__(self, portion: int) -> None:
        self._portion = portion
        self._kept: dict[Source, Getter] = {}
        self._passing: dict[Source, Getter] = {}
        self._passed = 0

    def view(self, entry: Entry) -> torch.Tensor:
        return _get(self._kept, entry)

    def passing(self, entry: Entry) -> torch.Tensor:
        """A tensor to copy from at once and then drop."""
        if self._passed > self._portion:
            self._passing.clear()
            self._passed = 0
        self._passed += entry.info.nbytes
        return _get(self._passing, entry)


def _get(getters: dict[Source, Getter], entry: Entry) -> torch.Tensor:
    if entry.source not in getters:
        getters[entry.source] = entry.source.open()
    try:
        return getters[entry.source](entry.key).detach()
    except (SafetensorError, KeyError, RuntimeError) as error:
        raise CheckpointError(
            f"{entry.source.path}: {entry.key} can't be read ({error}). Download the file again."
        ) from error


def _read_one(
    key: str, entry: Entry, wanted: torch.dtype | None, place: torch.device, maps: _Maps, mapped: bool
) -> torch.Tensor:
    stored = stored_type(entry)
    wanted = wanted or stored
    if mapped and wanted == stored and place.type == "cpu" and len(entry.rows) < 2:
        tensor = _rows(maps.view(entry), entry)
        if tensor.is_contiguous():
            return tensor
    tensor = _rows(maps.passing(entry), entry)
    result = tensor.to(device=place, dtype=wanted, copy=True, memory_format=torch.contiguous_format)
    if stored != wanted and wanted.is_floating_point and result.isinf().any() and not tensor.isinf().any():
        raise CheckpointError(
            f"{entry.source.path}: {key} has values too large for {wanted}. Ask for bfloat16 or float32."
        )
    return result


def _rows(tensor: torch.Tensor, entry: Entry) -> torch.Tensor:
    parts = [tensor[start:stop] for start, stop in entry.rows] or [tensor]
    return parts[0] if len(parts) == 1 else torch.cat(parts)
