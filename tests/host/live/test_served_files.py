"""What the server gives out of the pack's folder, which it knows through a link in custom_nodes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.host

ROOT = Path(__file__).resolve().parents[3]
FOLDER = "ComfyUI-Tora"


@pytest.fixture(scope="module")
def ours(object_info: dict[str, Any]) -> list[str]:
    return sorted(name for name in object_info if name.startswith("Tora"))


def test_the_pack_loads_without_a_word_of_failure(live: Any) -> None:
    log = live.log_file.read_text("utf-8", "replace")
    assert f"custom_nodes/{FOLDER}" in log.replace("\\", "/").partition("Import times for custom nodes:")[2]
    assert "IMPORT FAILED" not in log and "Cannot import" not in log


def test_every_node_of_the_pack_says_where_it_is_from(object_info: dict[str, Any], ours: list[str]) -> None:
    assert ours
    assert {object_info[name]["python_module"] for name in ours} == {f"custom_nodes.{FOLDER}"}


def test_the_server_serves_a_help_page_for_every_node(live: Any, ours: list[str]) -> None:
    for name in ours:
        page = live.fetch(f"/extensions/{FOLDER}/docs/{name}.md")
        assert page == (ROOT / "web" / "docs" / f"{name}.md").read_bytes()
        assert len(page.strip()) > 100


def test_the_server_serves_english_texts_for_every_node(
    live: Any, object_info: dict[str, Any], ours: list[str]
) -> None:
    texts = live.get("/i18n")["en"]["nodeDefs"]
    assert set(ours) <= set(texts)
    for name in ours:
        assert texts[name]["display_name"] == object_info[name]["display_name"]


def test_models_tora_is_a_model_folder_of_the_server(live: Any) -> None:
    (live.base / "models" / "tora").mkdir(parents=True, exist_ok=True)
    assert "tora" in live.get("/models")
    assert live.get("/models/tora") == []
