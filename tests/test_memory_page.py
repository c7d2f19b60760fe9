"""The table of docs/memory.md is what its script prints; its arithmetic is checked by hand where it can be."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def script() -> ModuleType:
    import sys

    spec = importlib.util.spec_from_file_location("memory_table", ROOT / "scripts" / "memory_table.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["memory_table"] = module  # its dataclasses look themselves up there
    spec.loader.exec_module(module)
    return module


def test_the_page_has_the_table_that_its_script_prints(script: ModuleType) -> None:
    assert script.table() in (ROOT / "docs" / "memory.md").read_text("utf-8")


def test_tokens_features_and_modulation_are_those_of_the_design(script: ModuleType) -> None:
    """49 frames of 480x720: 13 latent frames of 30x45 tokens; 0.19 GB of features, 9.06 GB of gamma and beta."""
    short, long = script.Clip(49, 480, 720), script.Clip(201, 720, 1280)
    assert short.tokens == 13 * 30 * 45 + 226 == 17_776
    assert short.features() == 42 * 13 * 1350 * 128 * 2
    assert long.features() / 1e9 == pytest.approx(2.0, abs=0.05)
    assert short.modulation(42) / 1e9 == pytest.approx(9.06, abs=0.01)


def test_a_window_sees_its_own_frames_and_the_one_before(script: ModuleType) -> None:
    clip = script.Clip(201, 480, 720, window=49)
    assert clip.seen == 13 + 1 and clip.tokens == 14 * 1350 + 226
    assert clip.device_gb(2) < script.Clip(201, 480, 720).device_gb(2) - clip.features() / 1e9


@pytest.mark.parametrize(("needed", "card"), [(21.6, "24"), (21.7, "48"), (43.3, "80")])
def test_a_card_is_named_that_has_a_tenth_to_spare(script: ModuleType, needed: float, card: str) -> None:
    assert script.fits(needed) == f" ({card} GB card)"


def test_no_card_is_named_where_none_is_large_enough(script: ModuleType) -> None:
    assert script.fits(72.1) == ""
