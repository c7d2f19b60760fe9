"""One weight file each: what is in it, known without reading weights, and a fresh memory map when they are wanted."""

from __future__ import annotations

import os
import re
import sys
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open

from ..errors import CheckpointError
from .files import form_of
from .headers import HEADER_LIMIT, TensorInfo, read_header

DTYPES: dict[str, torch.dtype] = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "F8_E4M3": torch.float8_e4m3fn,
    "F8_E5M2": torch.float8_e5m2,
    "I64": torch.int64,
    "I32": torch.int32,
    "I16": torch.int16,
    "I8": torch.int8,
    "U8": torch.uint8,
    "BOOL": torch.bool,
}
_NAMES = {dtype: name for name, dtype in DTYPES.items()}

Getter = Callable[[str], torch.Tensor]


class Source:
    """A weight file: `tensors` by key, `metadata`, and `open()`, a function from key to memory-mapped tensor.

    A mapped tensor's pages stay counted until every tensor of the same `open()` is dropped, so whoever copies
    opens anew from time to time (`reading.py`).
    """

    form = ""

    def __init__(self, path: Path, tensors: Mapping[str, TensorInfo], metadata: Mapping[str, str]) -> None:
        self.path = path
        self.tensors = dict(tensors)
        self.metadata = dict(metadata)

    def open(self) -> Getter:
        raise NotImplementedError


class SafetensorsSource(Source):
    form = "safetensors"

    def __init__(self, path: Path) -> None:
        header = read_header(path)
        super().__init__(path, header.tensors, header.metadata)

    def open(self) -> Getter:
        try:
            return safe_open(self.path, framework="pt", device="cpu").get_tensor
        except (SafetensorError, OSError) as error:
            raise CheckpointError(f"{self.path} can't be read by safetensors: {error}. Download it again.") from error


class TorchSource(Source):
    """A file of torch.save. Unpickled with `weights_only`, so that nothing in it can run, and mapped, not read.

    The tensors are those of the table under "module" (SAT, DeepSpeed), "state_dict" or "model", or of the whole.
    """

    form = "torch"

    def __init__(self, path: Path) -> None:
        _check_zip(path)
        self._root = ""
        table = self._load(path)
        for root in ("module", "state_dict", "model"):
            if isinstance(table.get(root), Mapping):
                self._root, table = root, table[root]
                break
        tensors = {key: _info(path, key, value) for key, value in table.items() if _is_entry(key, value)}
        super().__init__(path, tensors, {})

    def open(self) -> Getter:
        table = self._load(self.path)
        return (table[self._root] if self._root else table).__getitem__

    @staticmethod
    def _load(path: Path) -> Mapping[Any, Any]:
        try:
            table = torch.load(path, map_location="cpu", mmap=True, weights_only=True)
        except Exception as error:  # torch, pickle and zipfile raise a dozen kinds for broken files
            raise CheckpointError(f"{path} can't be loaded: {_why(error)}") from error
        if not isinstance(table, Mapping):
            raise CheckpointError(f"{path} holds a {type(table).__name__}, expected a table of tensors.")
        return table


def open_source(path: str | os.PathLike[str]) -> Source:
    """The file as a Source, by its content and not its name. Raises CheckpointError for what is no weight file."""
    path = Path(path)
    form = form_of(path)
    if form == "safetensors":
        return SafetensorsSource(path)
    if form == "torch-zip":
        return TorchSource(path)
    if "pickle" in form:
        raise CheckpointError(
            f"{path} is {form.removeprefix('other: ')} (an old .bin or .ckpt), which can't be read safely by "
            "memory map. "
            "Use the safetensors version of these weights."
        )
    raise CheckpointError(
        f"{path} is {form.removeprefix('other: ')}, expected safetensors or SAT's mp_rank_00_model_states.pt."
    )


def _check_zip(path: Path) -> None:
    """torch.save stores, never compresses; anything else could unpack to far more than its size."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            orders = [m for m in members if m.filename.endswith("/byteorder") and m.file_size < 16]
            byte_order = archive.read(orders[0]) if orders else b""
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError) as error:
        raise CheckpointError(f"{path} is cut off or damaged ({error}). Download it again.") from error
    if byte_order.strip() not in (b"", sys.byteorder.encode()):
        raise CheckpointError(
            f"{path} was saved with {byte_order!r} byte order, which can't be mapped on this machine."
        )
    if any(member.compress_type != zipfile.ZIP_STORED for member in members):
        raise CheckpointError(f"{path} is a compressed archive, which torch.save never writes. Do not trust it.")
    if sum(member.file_size for member in members) > path.stat().st_size:
        raise CheckpointError(f"{path} claims to hold more than its own size. Do not trust it.")
    pickles = [member.file_size for member in members if member.filename.endswith("data.pkl")]
    if not pickles:
        raise CheckpointError(
            f"{path} is a zip archive, but not one of torch.save: unpack it and give the weight file."
        )
    if max(pickles) > HEADER_LIMIT:
        raise CheckpointError(
            f"{path} has a table of {max(pickles)} bytes, at most {HEADER_LIMIT} are read. Do not trust it."
        )


def _is_entry(key: Any, value: Any) -> bool:
    return isinstance(key, str) and isinstance(value, torch.Tensor)


def _info(path: Path, key: str, tensor: torch.Tensor) -> TensorInfo:
    if tensor.layout is not torch.strided or tensor.is_quantized or tensor.dtype not in _NAMES:
        raise CheckpointError(
            f"{path}: {key!r} is {tensor.dtype}, {tensor.layout}, expected an ordinary tensor of numbers."
        )
    info = TensorInfo(_NAMES[tensor.dtype], tuple(tensor.shape))
    if info.nbytes > tensor.untyped_storage().nbytes():
        raise CheckpointError(
            f"{path}: {key!r} claims {info.nbytes} bytes, more than the file holds for it. Do not trust it."
        )
    return info


def _why(error: Exception) -> str:
    text = str(error)
    if type(error).__name__ == "UnpicklingError":
        found = re.search(r"GLOBAL ([\w.]+)", text)
        what = f"the Python object {found[1]}" if found else "Python objects"
        return (
            f"it holds {what} besides tensors. Such objects can run code when loaded, so they are refused. "
            "Use the safetensors version, or SAT's file as it was published."
        )
    if "allocate" in text:
        return f"this machine refuses to map a file of this size ({text.strip()[:100]}). Use the safetensors version."
    return f"{text.strip().splitlines()[0][:200] if text.strip() else type(error).__name__}. Download it again."
