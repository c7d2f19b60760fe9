"""The shipped JSON Schema and the reader say the same, in both directions."""

from __future__ import annotations

import copy
import json
import re
from importlib import resources
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tora_core.errors import TrajectoryError
from tora_core.trajectory import Trajectory

SCHEMA = json.loads((resources.files("tora_core.trajectory") / "trajectory.schema.json").read_text("utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)

BASE: dict[str, Any] = {
    "format": "tora-trajectory",
    "version": 1,
    "width": 720,
    "height": 480,
    "frames": 49,
    "fps": 8,
    "tracks": [
        {
            "name": "a",
            "color": None,
            "curve": "bezier",
            "closed": False,
            "start": 0,
            "end": 1,
            "before": "hold",
            "after": "invisible",
            "easing": [0.1, -1, 0.9, 2],
            "strength": 1,
            "radius": 10,
            "visibility": [{"t": 0.25, "visible": False}, {"t": 0.5, "visible": True}],
            "points": [
                {"x": 1, "y": 2, "out": [3, 4]},
                {"x": 5.5, "y": -6, "t": 0.5, "easing": "in-out", "in": [0, 0]},
                {"x": 7, "y": 8},
            ],
        }
    ],
}

# What the reader checks and a schema can't; named in the schema's $comment.
BEYOND = re.compile(r"expected a time (after|in start\.\.end)|no time before end|no key time|lone surrogate")


def places(value: Any, way: tuple = ()) -> list[tuple]:
    """Every place in a document, as the keys that lead there."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [way, *(place for key, part in inner for place in places(part, (*way, key)))][0 if way else 1 :]


def with_change(way: tuple, value: Any) -> Any:
    document = copy.deepcopy(BASE)
    place = document
    for key in way[:-1]:
        place = place[key]
    if value is ...:
        del place[way[-1]]
    else:
        place[way[-1]] = value
    return document


def reader_says(document: Any) -> str:
    try:
        Trajectory.from_json(document)
    except TrajectoryError as error:
        return str(error)
    return ""


def check_agreement(document: Any) -> None:
    problem, valid = reader_says(document), VALIDATOR.is_valid(document)
    if problem and valid:
        assert BEYOND.search(problem), f"the schema takes it, the reader does not: {problem}"
    if not problem:
        errors = [error.message for error in VALIDATOR.iter_errors(document)]
        assert valid, f"the reader takes it, the schema does not: {errors}"


STRANGE = [
    *(None, True, False, 0, 1, -1, 0.5, 1.5, 2, 1.0, 5, 16384, 16385, 10_001, 1e6, 1e6 + 1, -1e6, 1e7, 100, 101, 1001),
    *("", "a", "linear", "hold", "#0072b2", "#0072B2x", "polyline", "x" * 200, "x" * 201, "tora-trajectory"),
    *([], {}, [0, 0], [1, 2, 3], [0, 0, 1, 1], [0, 11, 1, 1], [2, 0, 1, 1], {"x": 1, "y": 2}, [{"x": 1, "y": 2}]),
    *([{"t": 0.1, "visible": True}], [{"points": [{"x": 0, "y": 0}]}], 10**30, ...),
]


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_the_plain_document_is_good_for_both() -> None:
    assert VALIDATOR.is_valid(BASE) and reader_says(BASE) == ""


@pytest.mark.parametrize("way", places(BASE), ids=lambda way: ".".join(map(str, way)))
def test_reader_and_schema_agree_on_strange_values_at_every_place(way: tuple) -> None:
    verdicts = set()
    for value in STRANGE:
        document = with_change(way, value)
        check_agreement(document)
        verdicts.add(VALIDATOR.is_valid(document))
    assert False in verdicts  # every place is checked for something


@pytest.mark.parametrize(
    "way", [(), ("tracks", 0), ("tracks", 0, "points", 0), ("tracks", 0, "visibility", 0)], ids=lambda w: str(len(w))
)
def test_reader_and_schema_both_refuse_unknown_keys(way: tuple) -> None:
    document = with_change((*way, "unknown"), 1)
    assert not VALIDATOR.is_valid(document) and "unknown is not a key" in reader_says(document)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 20_000) | st.floats(-2, 2) | st.sampled_from(STRANGE[:-1]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["x", "y", "t", "points", "visible", "in"]), inner, max_size=4)
    ),
    max_leaves=6,
)


@settings(max_examples=150, derandomize=True, deadline=None, database=None)
@given(st.sampled_from(places(BASE)), json_values)
def test_reader_and_schema_agree_on_random_values(way: tuple, value: Any) -> None:
    check_agreement(with_change(way, value))


def test_what_is_written_is_good_by_the_schema() -> None:
    VALIDATOR.validate(Trajectory.from_json(BASE).to_dict())
    VALIDATOR.validate(Trajectory.from_points([[(0, 0)], [(1.5, 2), (3, 4)]], width=8, height=9, frames=1).to_dict())


def test_defaults_in_the_schema_are_those_of_the_reader() -> None:
    track = SCHEMA["$defs"]["track"]["properties"]
    stated = {key: value["default"] for key, value in track.items() if "default" in value}
    bare = {"version": 1, "width": 8, "height": 4, "frames": 2, "tracks": [{"points": [{"x": 1, "y": 2}]}]}
    written = Trajectory.from_json(bare).to_dict()
    assert written["fps"] == SCHEMA["properties"]["fps"]["default"]
    assert {key: written["tracks"][0][key] for key in stated} == stated
    assert set(track) == {"points", *stated}
