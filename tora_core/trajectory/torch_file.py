"""The table of a file that torch.save wrote, read without unpickling and without torch.

Such a table is a pickle. Here its opcodes are only looked at: a tensor becomes a note of where its numbers lie, and
anything but tensors in dicts, lists and tuples is refused, so that nothing in the file can be run. The layout is that
of torch.serialization since version 1.6: a zip file with data.pkl, data/0, data/1, ...
"""

from __future__ import annotations

import pickletools
from dataclasses import dataclass
from typing import Any

from ..errors import TrajectoryError
from .checks import shown

_STORAGES = {
    "torch FloatStorage": "float32",
    "torch DoubleStorage": "float64",
    "torch HalfStorage": "float16",
    "torch BFloat16Storage": "bfloat16",
    "torch LongStorage": "int64",
    "torch IntStorage": "int32",
    "torch ShortStorage": "int16",
    "torch CharStorage": "int8",
    "torch ByteStorage": "uint8",
    "torch BoolStorage": "bool",
}
_REBUILD = "torch._utils _rebuild_tensor_v2"
_ORDERED_DICT = "collections OrderedDict"
_MOST_STEPS = 200_000
_MOST_AXES = 8
_PLAIN = {"BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8"}
_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_TUPLES = {"EMPTY_TUPLE": 0, "TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}


@dataclass(frozen=True)
class TensorRecord:
    """Where a tensor's numbers lie: in storage `key`, from `offset` on, `stride` numbers apart a step of each axis."""

    key: str
    dtype: str
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]


@dataclass(frozen=True)
class _Name:
    text: str


@dataclass(frozen=True)
class _Storage:
    key: str
    dtype: str


_MARK = object()


def tensor_records(table: bytes) -> dict[str, TensorRecord]:
    """The tensors in a table: {"": tensor} for one alone, by key for a dict, by place ("0", "1") for a list or tuple.

    Entries of a dict that are no tensors (a setting, a name) are left out. Raises TrajectoryError.
    """
    try:
        value = _run(table)
    except (ValueError, IndexError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        if isinstance(error, TrajectoryError):
            raise
        raise TrajectoryError("the torch file's table is damaged.") from None
    if isinstance(value, TensorRecord):
        return {"": value}
    if isinstance(value, dict):
        parts = list(value.items())
    elif isinstance(value, (list, tuple)):
        parts = [(str(i), part) for i, part in enumerate(value)]
    else:
        parts = []
    found = {str(key)[:40]: part for key, part in parts if isinstance(part, TensorRecord)}
    if not found:
        raise TrajectoryError(f"the torch file holds {shown(value)}, expected a tensor, or a dict or list of tensors.")
    return found


def _run(table: bytes) -> Any:
    stack: list[Any] = []
    memo: dict[int, Any] = {}
    for step, (opcode, argument, _) in enumerate(pickletools.genops(table)):
        name = opcode.name
        if step > _MOST_STEPS:
            raise TrajectoryError(f"the torch file's table has more than {_MOST_STEPS:,} entries.")
        if name in ("PROTO", "FRAME"):
            continue
        if name == "STOP":
            return stack[-1]
        if name in _PLAIN:
            stack.append(argument)
        elif name in _CONSTANTS:
            stack.append(_CONSTANTS[name])
        elif name == "MARK":
            stack.append(_MARK)
        elif name in ("EMPTY_LIST", "EMPTY_DICT"):
            stack.append([] if name == "EMPTY_LIST" else {})
        elif name in _TUPLES:
            stack[len(stack) - _TUPLES[name] :] = [tuple(stack[len(stack) - _TUPLES[name] :])]
        elif name == "TUPLE":
            stack.append(tuple(_since_mark(stack)))
        elif name in ("APPEND", "APPENDS"):
            parts = [stack.pop()] if name == "APPEND" else _since_mark(stack)
            stack[-1].extend(parts)
        elif name in ("SETITEM", "SETITEMS"):
            parts = [stack.pop(-2), stack.pop()] if name == "SETITEM" else _since_mark(stack)
            stack[-1].update(zip(parts[::2], parts[1::2], strict=True))
        elif name in ("BINPUT", "LONG_BINPUT", "MEMOIZE"):
            memo[len(memo) if name == "MEMOIZE" else int(str(argument))] = stack[-1]
        elif name in ("BINGET", "LONG_BINGET"):
            stack.append(memo[int(str(argument))])
        elif name == "GLOBAL":
            stack.append(_name(str(argument)))
        elif name == "STACK_GLOBAL":
            stack[-2:] = [_name(f"{stack[-2]} {stack[-1]}")]
        elif name == "BINPERSID":
            stack.append(_storage(stack.pop()))
        elif name == "REDUCE":
            stack.append(_called(stack.pop(-2), stack.pop()))
        elif name == "BUILD":
            stack.pop()  # the state of an OrderedDict: version marks, nothing that counts here
        else:
            raise TrajectoryError(f"the torch file's table asks for {name}, more than tensors in dicts and lists need.")
    raise TrajectoryError("the torch file's table is cut off.")


def _since_mark(stack: list[Any]) -> list[Any]:
    parts: list[Any] = []
    while (value := stack.pop()) is not _MARK:
        parts.append(value)
    return parts[::-1]


def _name(text: str) -> _Name:
    if text not in (*_STORAGES, _REBUILD, _ORDERED_DICT):
        raise TrajectoryError(f"the torch file asks for {shown(text)}: only plain tensors are read.")
    return _Name(text)


def _storage(value: Any) -> _Storage:
    word, kind, key = value[:3]
    if word != "storage" or not isinstance(key, str):
        raise TrajectoryError("the torch file's table is damaged.")
    return _Storage(key[:40], _STORAGES[kind.text])


def _called(function: Any, arguments: Any) -> Any:
    if not isinstance(function, _Name) or function.text not in (_REBUILD, _ORDERED_DICT):
        raise TrajectoryError("the torch file's table is damaged.")
    if function.text == _ORDERED_DICT:
        return {}
    storage, offset, shape, stride = arguments[:4]
    numbers = (offset, *shape, *stride)
    if not isinstance(storage, _Storage) or len(shape) != len(stride) or len(shape) > _MOST_AXES:
        raise TrajectoryError("the torch file's table is damaged.")
    if not all(isinstance(n, int) and not isinstance(n, bool) and 0 <= n < 2**40 for n in numbers):
        raise TrajectoryError("the torch file's table has a size or a stride that can't be.")
    return TensorRecord(storage.key, storage.dtype, offset, tuple(shape), tuple(stride))
