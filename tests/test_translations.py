"""The texts of the nodes in other languages: for nodes, inputs and outputs that are there, and whole for each node.

ComfyUI shows the English text where a language has none, so a language may lack nodes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

LOCALES = Path(__file__).resolve().parent.parent / "locales"
LANGUAGES = sorted(folder.name for folder in LOCALES.iterdir() if folder.name != "en")
SYNTAX = "{}@|"
"""Letters that mean something to the page's translation library: texts with them would be shown wrong."""


def _read(language: str, name: str) -> dict[str, Any]:
    return json.loads((LOCALES / language / name).read_text(encoding="utf-8"))


def _places(content: Any, at: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(content, str):
        yield at, content
        return
    for key, inner in content.items():
        yield from _places(inner, f"{at}/{key}")


def test_there_is_japanese_and_chinese() -> None:
    assert LANGUAGES == ["ja", "zh"]
    for language in LANGUAGES:
        assert "ToraTrajectoryEditor" in _read(language, "nodeDefs.json")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translated_node_has_each_text_that_the_english_one_has_and_no_other(language: str) -> None:
    english = _read("en", "nodeDefs.json")
    for node, texts in _read(language, "nodeDefs.json").items():
        assert {at for at, _ in _places(texts)} == {at for at, _ in _places(english[node])}, node


@pytest.mark.parametrize("language", LANGUAGES)
def test_other_translated_names_are_of_things_that_have_an_english_one(language: str) -> None:
    english = {at for at, _ in _places(_read("en", "main.json"))}
    assert {at for at, _ in _places(_read(language, "main.json"))} <= english


@pytest.mark.parametrize("language", LANGUAGES)
def test_translated_texts_are_texts_without_letters_that_the_page_reads_as_syntax(language: str) -> None:
    for name in ("nodeDefs.json", "main.json"):
        for at, text in _places(_read(language, name)):
            assert text.strip() and not set(text) & set(SYNTAX), f"{name}{at}: {text!r}"
