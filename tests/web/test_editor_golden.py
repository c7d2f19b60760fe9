"""Python computes what tests/golden/editor says; the editor's JavaScript is held to the same files (*.test.mjs)."""

from __future__ import annotations

import base64
import importlib.util
import json
import sys
import zlib
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests" / "golden" / "editor"

SHARE_OFF_BY_ONE = 1e-4
"""Of RGB values: another processor's rounding may put one at the border of two levels on the other side."""


@pytest.fixture(scope="module")
def built() -> dict[str, Any]:
    return _script().build()


def _script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("golden_editor", ROOT / "scripts" / "golden_editor.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    path = sys.path[:]
    spec.loader.exec_module(module)
    sys.path[:] = path  # the script puts the checkout's root there, where our nodes/ hides ComfyUI's
    return module


def _golden(name: str) -> Any:
    return json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))


def _levels(packed: str) -> np.ndarray:
    return np.frombuffer(zlib.decompress(base64.b64decode(packed)), np.uint8).astype(int)


def assert_near(found: Any, expected: Any, place: str) -> None:
    """The same structure, and numbers alike: float64 up to the last bits, pictures up to rounding borders."""
    if isinstance(expected, dict):
        assert isinstance(found, dict) and found.keys() == expected.keys(), place
        for key in expected:
            assert_near(found[key], expected[key], f"{place}.{key}")
    elif isinstance(expected, list):
        assert isinstance(found, (list, tuple)) and len(found) == len(expected), place
        for i, (one, other) in enumerate(zip(found, expected, strict=True)):
            assert_near(one, other, f"{place}[{i}]")
    elif isinstance(expected, float):
        assert found == pytest.approx(expected, rel=1e-6, abs=1e-9), place
    elif place.endswith(".rgb"):
        off = np.abs(_levels(found) - _levels(expected))
        assert off.max() <= 1 and off.mean() <= SHARE_OFF_BY_ONE, place
    else:
        assert found == expected, place


def test_there_is_a_file_for_every_part_and_none_more(built):
    held_by_the_host = {"placing"}  # tests/host/test_trajectory_editor.py
    assert {path.stem for path in GOLDEN.glob("*.json")} == set(built) | held_by_the_host


@pytest.mark.parametrize(
    "name", ["limits", "curves", "easing", "sampling", "camera", "flow", "colors", "resized", "documents"]
)
def test_python_computes_its_own_golden_file(built, name):
    # Through JSON: tuples become lists, and integral floats stay floats.
    assert_near(json.loads(json.dumps(built[name])), _golden(name), name)
