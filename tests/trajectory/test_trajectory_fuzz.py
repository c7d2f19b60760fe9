"""The fuzzer of scripts/fuzz_formats.py: five thousand inputs here, 200,000 by hand."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest


@pytest.fixture(scope="module")
def fuzzer(root: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("fuzz_formats", root / "scripts" / "fuzz_formats.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_readers_raise_nothing_but_tora_error_on_mutated_inputs(fuzzer: ModuleType) -> None:
    found = fuzzer.fuzz(5_000, seed=1)
    # Enough of them must get through, or only the first check of each reader is tried.
    assert found["read"] > 500


def test_the_fuzzer_would_tell_of_another_error(fuzzer: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(data: object, **kwargs: object) -> None:
        raise KeyError("x")

    monkeypatch.setattr(fuzzer, "read_text", broken)
    with pytest.raises(KeyError):
        fuzzer.fuzz(1)


def test_every_unchanged_input_is_read_by_the_reader_it_is_for(fuzzer: ModuleType) -> None:
    seeds = fuzzer.seeds()
    assert {name for name, _ in seeds} == {known.name for known in fuzzer.WRITERS}
    for name, data in seeds:
        if name not in ("wan-move",):  # its second file alone is visibility
            assert fuzzer.read_text(data, format=name, width=64, height=48)[0].tracks, name
    assert fuzzer.mutated(np.random.default_rng(0), seeds) == fuzzer.mutated(np.random.default_rng(0), seeds)
