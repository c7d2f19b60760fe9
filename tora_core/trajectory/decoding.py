"""From bytes or pasted text to plain values, whatever a stranger's file holds.

Everything that can go wrong here ends in TrajectoryError: size, encoding, nesting, numbers of thousands of digits.
NaN and infinity pass: the checks of single values refuse them and can name the place.
"""

from __future__ import annotations

import ast
import json
import re
from typing import Any, NoReturn

from ..errors import TrajectoryError
from .limits import MAX_BYTES, MAX_LITERAL_BYTES, MAX_LITERAL_DEPTH

_MAX_DIGITS = 400  # more than any float64 prints; converting far longer ones takes quadratic time

_QUOTED = re.compile(r"'[^'\\\n]*'|\"[^\"\\\n]*\"")
_NUMBER = re.compile(r"[0-9]+\.?[0-9]*(?:[eE][+-]?[0-9]+)?|\.[0-9]+(?:[eE][+-]?[0-9]+)?")
_LONG_NUMBER = re.compile(rf"[0-9]{{{_MAX_DIGITS}}}")
_SIGN = re.compile(r"(?<![\[(,:])[+-]")


class _Repeated(dict[str, Any]):
    """A JSON object in which a key came twice; JSON leaves open which one counts."""

    key = ""


def repeated_key(value: dict[str, Any]) -> str | None:
    """The key that came twice in this object of a decoded document, or None."""
    return value.key if isinstance(value, _Repeated) else None


def as_text(data: str | bytes, what: str = "the text") -> str:
    """Text of at most MAX_BYTES; bytes are UTF-8, with or without byte order mark. Raises TrajectoryError."""
    if not isinstance(data, (str, bytes, bytearray)):
        raise TrajectoryError(f"{what} is a value of type {type(data).__name__}, expected text.")
    if len(data) > MAX_BYTES:
        raise TrajectoryError(f"{what} is larger than {MAX_BYTES:,} bytes, the limit for trajectories.")
    if isinstance(data, str):
        return data.removeprefix("\ufeff")
    try:
        return bytes(data).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise TrajectoryError(
            f"{what} is not UTF-8 text (byte {error.start}); a trajectory is text, save it again as UTF-8."
        ) from None


def decode_json(data: str | bytes) -> Any:
    """The value of a JSON text; objects with a repeated key are marked (repeated_key). Raises TrajectoryError."""
    text = as_text(data)
    try:
        return json.loads(text, object_pairs_hook=_object, parse_int=_integer)
    except json.JSONDecodeError as error:
        raise TrajectoryError(f"not valid JSON: {error.msg} (line {error.lineno}, column {error.colno}).") from None
    except RecursionError:
        raise TrajectoryError("not a trajectory: brackets are nested hundreds deep.") from None


def decode_literal(data: str | bytes) -> Any:
    """The value of a text in Python's spelling, such as [{'x': 1, 'y': 2}]. Raises TrajectoryError.

    Only lists, tuples, dicts, quoted strings and numbers: anything else is refused before Python's parser sees it, and
    so are size and depth, since that parser is not made for hostile input.
    """
    text = as_text(data)
    if len(text) > MAX_LITERAL_BYTES:
        raise TrajectoryError(f"the text has single quotes and more than {MAX_LITERAL_BYTES} bytes; save it as JSON.")
    bare = "".join(_QUOTED.sub('""', text).split())
    depth = deepest = 0
    for bracket in re.findall(r"[\[({]|[\])}]", text):
        depth += 1 if bracket in "[({" else -1
        deepest = max(deepest, depth)
    if deepest > MAX_LITERAL_DEPTH:
        raise TrajectoryError(f"brackets are nested {deepest} deep, expected at most {MAX_LITERAL_DEPTH}.")
    # Signs stand only where a value begins, so that there is no arithmetic, not even a long chain of it.
    rest = _NUMBER.sub("0", bare)
    if _SIGN.search(rest) or re.search(r"[^\[\](){},:\"+0-]", rest) or _LONG_NUMBER.search(bare):
        _not_literal("only lists, keys in quotes and numbers are allowed")
    try:
        return ast.literal_eval(text.strip())
    except SyntaxError as error:
        _not_literal(f"{error.msg} (line {error.lineno}, column {error.offset})")
    except (ValueError, TypeError, MemoryError, RecursionError) as error:
        _not_literal(type(error).__name__)


def _not_literal(why: str) -> NoReturn:
    raise TrajectoryError(f"neither JSON nor a list in Python's spelling: {why}.")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) == len(pairs):
        return value
    repeated = _Repeated(value)
    seen: set[str] = set()
    repeated.key = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
    return repeated


def _integer(digits: str) -> int:
    if len(digits) > _MAX_DIGITS:
        raise TrajectoryError(f"a number has {len(digits)} digits, expected at most {_MAX_DIGITS}.")
    return int(digits)
