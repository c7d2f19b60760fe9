"""Arrays as they come in .npy, .npz and torch's .pt files, or straight from numpy or torch.

Nothing in a file is run (pickles are refused) and nothing is unpacked before its declared size is known to be small
enough. Of an array larger than the limit (the video in a data set's npz, say) only the shape is read.
"""

from __future__ import annotations

import io
import math
import re
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np

from ..errors import TrajectoryError
from .checks import shown
from .limits import MAX_ARRAY_BYTES, MAX_ARRAYS, MAX_READ_BYTES
from .torch_file import TensorRecord, tensor_records

_NPY, _ZIP = b"\x93NUMPY", b"PK\x03\x04"
_LONGEST_HEADER = 10_000
_MOST_AXES = 8
_DESCR = re.compile(r"'descr': *'([<>|=]?)([biuf])([0-9]{1,2})' *[,}]")
_ORDER = re.compile(r"'fortran_order': *(True|False) *[,}]")
_SHAPE = re.compile(r"'shape': *\(([0-9, ]*)\) *[,}]")
_FLAG_ENCRYPTED = 0x1

PICKLE_REFUSED = (
    "a pickle can run any program when it is opened, so it is not read. Where the file is trusted, open it in Python "
    'and save the arrays alone, e.g. numpy.savez("tracks.npz", points=data["points"], occluded=data["occluded"]).'
)


@dataclass(frozen=True, eq=False)
class Array:
    """One array: its shape, its type such as "float32", and its values, None where it is larger than the limit."""

    shape: tuple[int, ...]
    dtype: str
    values: np.ndarray | None


@dataclass(frozen=True, eq=False)
class Arrays:
    """The arrays of one file or one wire by name; a single one without a name has the name ""."""

    kind: str
    members: Mapping[str, Array]

    def described(self) -> str:
        """Such as: an npz file with points (3, 50, 2), occluded (3, 50)."""
        parts = [f"{name} {array.shape}".strip() for name, array in self.members.items()]
        more = f" and {len(parts) - 6} more" if len(parts) > 6 else ""
        return f"{self.kind} with {', '.join(parts[:6]) or 'no arrays'}{more}"

    def values(self, name: str) -> np.ndarray:
        """The values of one of the members. Raises TrajectoryError where they were too large to read."""
        array = self.members[name]
        if array.values is None:
            raise TrajectoryError(
                f"the array {name or 'in the file'} {array.shape} of {array.dtype} is larger than the limit, "
                f"{MAX_ARRAY_BYTES:,} bytes for all arrays."
            )
        return array.values


def is_binary(head: bytes) -> bool:
    """Whether a file that begins so holds arrays, as far as read_arrays knows them, or a pickle."""
    return head.startswith((_NPY, _ZIP)) or is_pickle(head)


def is_pickle(head: bytes) -> bool:
    """Whether a file begins as pickles of protocol 2 and later do; old torch files are such."""
    return len(head) > 1 and head[0] == 0x80 and 2 <= head[1] <= 5


def read_arrays(data: bytes | BinaryIO) -> Arrays:
    """The arrays of a .npy, .npz or .pt file, given whole or open for reading. Raises TrajectoryError."""
    stream = io.BytesIO(data) if isinstance(data, bytes) else data
    head = stream.read(6)
    stream.seek(0)
    if is_pickle(head):
        raise TrajectoryError(PICKLE_REFUSED)
    try:
        if head.startswith(_NPY):
            size = stream.seek(0, io.SEEK_END)
            stream.seek(0)
            return Arrays("an npy file", {"": _npy(stream, size, _Budget())})
        if head.startswith(_ZIP):
            return _zip(stream)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError) as error:
        if isinstance(error, TrajectoryError):
            raise
        raise TrajectoryError(f"the file is damaged: {shown(str(error))}.") from None
    raise TrajectoryError("neither an npy file nor a zip file of arrays.")


def as_arrays(value: Any) -> Arrays | None:
    """Arrays of numpy or torch as they come on a wire: one, a list of them, or a dict; None if it is none of these.

    Raises TrajectoryError for arrays of other things than numbers.
    """
    if _is_array(value):
        return Arrays("an array", {"": _array("the array", value)})
    if isinstance(value, Mapping) and value and any(_is_array(part) for part in value.values()):
        if len(value) > MAX_ARRAYS:
            raise TrajectoryError(f"the dict has {len(value)} entries, expected at most {MAX_ARRAYS}.")
        members = {str(key)[:40]: _array(str(key)[:40], part) for key, part in value.items() if _is_array(part)}
        return Arrays("a dict of arrays", members)
    if isinstance(value, (list, tuple)) and value and len(value) <= MAX_ARRAYS and all(_is_array(v) for v in value):
        return Arrays("a list of arrays", {str(i): _array(f"[{i}]", part) for i, part in enumerate(value)})
    return None


def _is_array(value: Any) -> bool:
    return hasattr(value, "shape") and hasattr(value, "dtype") and not isinstance(value, type)


def _array(place: str, value: Any) -> Array:
    if hasattr(value, "detach"):  # a torch tensor, without importing torch here
        value = value.detach().cpu()
        value = value.float().numpy() if str(value.dtype) == "torch.bfloat16" else value.numpy()
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "biuf":
        raise TrajectoryError(f"{place} holds {getattr(value, 'dtype', type(value).__name__)}, expected numbers.")
    return Array(value.shape, str(value.dtype), value if value.nbytes <= MAX_ARRAY_BYTES else None)


class _Budget:
    """How many bytes may still be unpacked."""

    def __init__(self) -> None:
        self.left = MAX_ARRAY_BYTES

    def take(self, size: int) -> bool:
        if size > self.left:
            return False
        self.left -= size
        return True


class _Careful:
    """A file whose every read is bounded: a zip's table of contents is read in one piece, as large as it says."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.seek, self.tell = stream.seek, stream.tell

    def seekable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(MAX_READ_BYTES + 1 if size < 0 else min(size, MAX_READ_BYTES + 1))
        if len(data) > MAX_READ_BYTES:
            raise TrajectoryError(f"the zip file has a table of contents of more than {MAX_READ_BYTES:,} bytes.")
        return data


def _zip(stream: BinaryIO) -> Arrays:
    with zipfile.ZipFile(_Careful(stream)) as archive:  # type: ignore[arg-type]
        members = archive.infolist()
        if len(members) > 2 * MAX_ARRAYS:
            raise TrajectoryError(f"the zip file has {len(members)} members, expected at most {2 * MAX_ARRAYS}.")
        names = [member.filename for member in members]
        if len(set(names)) < len(names):
            raise TrajectoryError("the zip file has two members of one name; which one is meant can't be told.")
        for member in members:
            if member.flag_bits & _FLAG_ENCRYPTED or member.compress_type not in (
                zipfile.ZIP_STORED,
                zipfile.ZIP_DEFLATED,
            ):
                raise TrajectoryError(f"{shown(member.filename)} in the zip file is encrypted or packed in a rare way.")
        tables = [name for name in names if name == "data.pkl" or name.endswith("/data.pkl")]
        if tables:
            return _torch(archive, tables[0])
        budget = _Budget()
        found: dict[str, Array] = {}
        for member in members:
            if member.filename.endswith(".npy"):
                with archive.open(member) as part:
                    name = member.filename[: -len(".npy")][:40]
                    found[name] = _npy(part, member.file_size, budget)  # type: ignore[arg-type]
        if not found:
            raise TrajectoryError("the zip file holds no arrays (no .npy and no data.pkl in it).")
        return Arrays("an npz file", found)


def _read(stream: BinaryIO, size: int) -> bytes:
    """Exactly `size` bytes, in small pieces: a packed member can't hand over more than it is asked for."""
    pieces: list[bytes] = []
    missing = size
    while missing > 0:
        piece = stream.read(min(missing, MAX_READ_BYTES // 4))
        if not piece:
            raise TrajectoryError(f"the file is cut off: {missing:,} bytes are missing.")
        pieces.append(piece)
        missing -= len(piece)
    return b"".join(pieces)


def _npy(stream: BinaryIO, size: int, budget: _Budget) -> Array:
    """One array in numpy's format (numpy.lib.format), `size` bytes; the header is matched, never evaluated."""
    head = _read(stream, 8)
    if not head.startswith(_NPY) or head[6] not in (1, 2):
        raise TrajectoryError("an array in the file is not in numpy's format 1 or 2.")
    width = 2 if head[6] == 1 else 4
    length = int.from_bytes(_read(stream, width), "little")
    if length > _LONGEST_HEADER:
        raise TrajectoryError(f"an array has a header of {length:,} bytes, expected at most {_LONGEST_HEADER:,}.")
    header = _read(stream, length).decode("latin-1")
    if "|O" in header:
        raise TrajectoryError(f"an array holds Python objects: {PICKLE_REFUSED}")
    descr, order, shape_ = _DESCR.search(header), _ORDER.search(header), _SHAPE.search(header)
    if descr is None or order is None or shape_ is None:
        raise TrajectoryError(f"an array has the header {shown(header.strip())}, expected plain numbers.")
    dtype = _dtype("".join(descr.groups()))
    shape = tuple(int(part) for part in shape_[1].split(",") if part.strip())
    if len(shape) > _MOST_AXES:
        raise TrajectoryError(f"an array has {len(shape)} axes, expected at most {_MOST_AXES}.")
    wanted = math.prod(shape) * dtype.itemsize
    if wanted != size - 8 - width - length:
        raise TrajectoryError(
            f"an array {shape} of {dtype} needs {wanted:,} bytes, the file has {size - 8 - width - length:,}."
        )
    if not budget.take(wanted):
        return Array(shape, str(dtype), None)
    values = np.frombuffer(_read(stream, wanted), dtype).reshape(shape, order="F" if order[1] == "True" else "C")
    return Array(shape, str(dtype), values)


def _dtype(text: str) -> np.dtype[Any]:
    try:
        return np.dtype(text)
    except TypeError:
        raise TrajectoryError(f"an array holds {shown(text)}, expected plain numbers.") from None


def _torch(archive: zipfile.ZipFile, table: str) -> Arrays:
    """The tensors that torch.save wrote; the table is read without unpickling (torch_file.py)."""
    member = archive.getinfo(table)
    if member.file_size > MAX_READ_BYTES:
        raise TrajectoryError(f"the torch file has a table of {member.file_size:,} bytes, expected {MAX_READ_BYTES:,}.")
    with archive.open(member) as part:
        records = tensor_records(_read(part, member.file_size))  # type: ignore[arg-type]
    if len(records) > MAX_ARRAYS:
        raise TrajectoryError(f"the torch file has {len(records)} tensors, expected at most {MAX_ARRAYS}.")
    root = table[: -len("data.pkl")]
    order = "<"
    if f"{root}byteorder" in archive.namelist():
        with archive.open(f"{root}byteorder") as part:
            order = ">" if part.read(3) == b"big" else "<"
    budget = _Budget()
    return Arrays("a torch file", {name: _tensor(archive, root, order, r, budget) for name, r in records.items()})


def _tensor(archive: zipfile.ZipFile, root: str, order: str, record: TensorRecord, budget: _Budget) -> Array:
    stored = np.dtype("u2") if record.dtype == "bfloat16" else np.dtype(record.dtype)
    name = f"{root}data/{record.key}"
    if name not in archive.namelist():
        raise TrajectoryError(f"the torch file lacks the storage {shown(record.key)}.")
    size = archive.getinfo(name).file_size
    reach = record.offset + sum((n - 1) * step for n, step in zip(record.shape, record.stride, strict=True)) + 1
    if math.prod(record.shape) and (reach * stored.itemsize > size or record.offset < 0):
        raise TrajectoryError(f"the torch file's tensor {record.shape} reaches out of its storage of {size:,} bytes.")
    # A stride of 0 makes a large tensor of a small storage, so both are counted.
    if not budget.take(size) or not budget.take(math.prod(record.shape) * max(stored.itemsize, 4)):
        return Array(record.shape, record.dtype, None)
    with archive.open(name) as part:
        storage = np.frombuffer(_read(part, size // stored.itemsize * stored.itemsize), stored.newbyteorder(order))  # type: ignore[arg-type]
    if not math.prod(record.shape):
        return Array(record.shape, record.dtype, np.zeros(record.shape, np.float32))
    steps = tuple(step * stored.itemsize for step in record.stride)
    values = np.lib.stride_tricks.as_strided(storage[record.offset :], record.shape, steps, writeable=False)
    if record.dtype == "bfloat16":
        values = (values.astype(np.uint32) << 16).view(np.float32)
    return Array(record.shape, record.dtype, values.copy())
