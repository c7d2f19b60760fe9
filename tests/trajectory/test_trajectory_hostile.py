"""Whatever a stranger's text holds, it ends in TrajectoryError: nothing else is raised, nothing is run."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tora_core.errors import TrajectoryError
from tora_core.trajectory import Trajectory, read_text
from tora_core.trajectory.decoding import decode_json, decode_literal
from tora_core.trajectory.limits import MAX_BYTES

GOOD = '{"version": 1, "width": 8, "height": 4, "frames": 2, "tracks": [{"points": [{"x": 1, "y": 2}]}]}'

HOSTILE = {
    "nothing": "",
    "blanks": " \n\t ",
    "cut off": GOOD[:-10],
    "two documents": GOOD + GOOD,
    "NaN": GOOD.replace('1, "y"', 'NaN, "y"'),
    "infinity": GOOD.replace('1, "y"', '-Infinity, "y"'),
    "a number too large for a float": GOOD.replace('1, "y"', '1e999, "y"'),
    "a number of ten thousand digits": GOOD.replace('1, "y"', "1" * 10_000 + ', "y"'),
    "a number of three hundred digits": GOOD.replace('1, "y"', "1" * 300 + ', "y"'),
    "deep lists": "[" * 100_000,
    "deep lists, closed": "[" * 100_000 + "]" * 100_000,
    "deep objects": '{"a":' * 50_000 + "1" + "}" * 50_000,
    "rather deep lists": "[" * 500 + "]" * 500,
    "a deep value at a place": GOOD.replace('1, "y"', "[" * 900 + "]" * 900 + ', "y"'),
    "a list of deep strings": '["[\\"[\\\\\\"[]\\\\\\"]\\""]',
    "not UTF-8": b"\xff\xfe\x00[",
    "UTF-16": GOOD.encode("utf-16"),
    "zero bytes": "\x00" * 50,
    "too many bytes": " " * (MAX_BYTES + 1),
    "binary": bytes(range(256)),
    "a call": "__import__('os').getcwd()",
    "a call in a list": "[{'x': __import__('os').getpid(), 'y': 2}]",
    "arithmetic": "[{'x': 9**9**9, 'y': 2}]",
    "a chain of signs": "[{'x': " + "-" * 100_000 + "1, 'y': 2}]",
    "a chain of sums": "[{'x': " + "1+" * 100_000 + "1, 'y': 2}]",
    "a comprehension": "[{'x': x, 'y': x} for x in [1]]",
    "a lambda": "[{'x': lambda: 1, 'y': 2}]",
    "an f-string": "[{f'x': 1, 'y': 2}]",
    "an escape in quotes": "[{'\\x78': 1, 'y': 2}]",
    "deep single quotes": "['" * 50 + "']" * 50,
    "unhashable key": "{['x']: 1}",
    "a set": "[{'x', 'y'}]",
    "an unclosed quote": "[{'x: 1, 'y': 2}]" + "'" * 1000,
    "a pickle": b"\x80\x04\x95\x0b\x00\x00\x00\x00\x00\x00\x00\x8c\x02os\x94.",
    "null": "null",
    "a string of a string of a string": '"\\"\\\\\\"[]\\\\\\"\\""',
    "lines, one broken": "1,2\n3,4\nfive,6\n",
    "a line too long": "1,2\n" + "1" * 5000 + ",2",
    "a line out of range": "1,2\n1e300,4\n",
    "a spline with a string": '[{"x": "1", "y": 2}]',
    "a spline with a flag": '[{"x": 1, "y": 2, "flag": 0}]',
    "a spline with NaN": '[{"x": NaN, "y": 2}]',
    "a spline with a key twice": '[{"x": 1, "x": 3, "y": 2}]',
    "a spline among numbers": '[{"x": 1, "y": 2}, 5]',
    "nested splines, one empty": '[[{"x": 1, "y": 2}], []]',
    "nested too deep": '[[[{"x": 1, "y": 2}]]]',
    "mixed nesting": '[[{"x": 1, "y": 2}], {"x": 1, "y": 2}]',
    "an empty list": "[]",
    "HTML": "<!doctype html><p>404",
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("format", [None, "tora-json", "spline-editor", "tora-txt"])
def test_hostile_text_ends_in_trajectory_error(name: str, format: str | None) -> None:
    with pytest.raises(TrajectoryError) as caught:
        read_text(HOSTILE[name], width=64, height=48, format=format)
    assert 10 < len(str(caught.value)) < 700


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_documents_end_in_trajectory_error(name: str) -> None:
    with pytest.raises(TrajectoryError):
        Trajectory.from_json(HOSTILE[name])


LOOP: list = []
LOOP.append(LOOP)


@pytest.mark.parametrize(
    "value",
    [None, 5, 1.5, object(), [], [None], [[]], [5], LOOP, {}, {"tracks": LOOP}, {1: 2}, {"version": LOOP}, (b"\xff",)],
    ids=lambda value: type(value).__name__,
)
def test_hostile_values_end_in_trajectory_error(value: object) -> None:
    with pytest.raises(TrajectoryError):
        read_text(value, width=64, height=48)


@settings(max_examples=150, derandomize=True, deadline=None, database=None)
@given(st.text(st.sampled_from("[]{}()'\",:xy0123456789.-+e \n\\"), max_size=40))
def test_random_texts_are_read_or_refused(text: str) -> None:
    for read in (decode_json, decode_literal, lambda t: read_text(t, width=64, height=48)):
        with contextlib.suppress(TrajectoryError):
            read(text)


def test_depth_is_refused_before_python_parses_it() -> None:
    assert decode_literal("[" * 15 + "'a'" + "]" * 15) is not None
    with pytest.raises(TrajectoryError, match="brackets are nested 17 deep, expected at most 16"):
        decode_literal("[" * 17 + "'a'" + "]" * 17)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("[{'x': 1, 'y': -2.5e-3}]", [{"x": 1, "y": -0.0025}]),
        ("[ ({'x' : +.5,\n'y':5.},), ]", [({"x": 0.5, "y": 5.0},)]),
        ("['a, [b', \"c'd\"]", ["a, [b", "c'd"]),
        ("'text'", "text"),
    ],
)
def test_python_spelling_of_plain_values_is_read(text: str, value: object) -> None:
    assert decode_literal(text) == value


@pytest.mark.parametrize(
    "text", ["1+1", "[1-1]", "[--1]", "[1_0]", "[0x1]", "[1j]", "[None]", "[a]", "['a'*9]", "[1 if 1 else 2]"]
)
def test_python_spelling_of_anything_else_is_refused(text: str) -> None:
    with pytest.raises(TrajectoryError, match="only lists, keys in quotes and numbers"):
        decode_literal(text)
