"""What is written about the nodes against the snapshot of them: help pages, English texts, example workflows.

The snapshot itself, tests/host/schema.json, is compared with the nodes inside ComfyUI (tests/host/test_schema.py).
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
SCHEMA: dict[str, Any] = json.loads((ROOT / "tests" / "host" / "schema.json").read_text(encoding="utf-8"))
DOCS = ROOT / "web" / "docs"
SECTIONS = ["Inputs", "Outputs", "Example", "Limits", "When it stops"]
WORKFLOWS = sorted((ROOT / "example_workflows").glob("*.json"))


def sections(page: str) -> dict[str, str]:
    """The text below each second-level heading."""
    parts = re.split(r"^## (.+)$", page, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def first_column(table: str) -> list[str]:
    """The names in a table's first column; a row may be of several, with commas between them."""
    cells = re.findall(r"^\| (`[^`]+`(?:, `[^`]+`)*) \| \S.* \|$", table, flags=re.MULTILINE)
    return [name for cell in cells for name in re.findall(r"`([^`]+)`", cell)]


def all_inputs(schema: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The inputs of a node by the names that prompts have: those that a choice brings, too."""
    inputs: dict[str, dict[str, Any]] = {}
    for name, given in schema["inputs"].items():
        inputs[name] = given
        for inner in given.get("inputs", {}).values():
            inputs |= {f"{name}.{child}": described for child, described in inner.items()}
    return inputs


def slots(schema: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The same, with what growing inputs grow to."""
    inputs = all_inputs(schema)
    for name, given in schema["inputs"].items():
        for number, child in enumerate(given.get("names", ())):
            inputs[f"{name}.{child}"] = {**given["each"], "required": number < given["least"]}
    return inputs


def test_there_is_a_help_page_for_every_node_and_no_other() -> None:
    assert sorted(path.stem for path in DOCS.glob("*.md")) == list(SCHEMA)


@pytest.mark.parametrize("node", SCHEMA)
def test_a_help_page_tells_of_every_input_and_output_in_order_and_of_no_other(node: str) -> None:
    page = (DOCS / f"{node}.md").read_text(encoding="utf-8")
    told = sections(page)
    assert list(told) == SECTIONS
    assert sorted(first_column(told["Inputs"])) == sorted(all_inputs(SCHEMA[node]))
    assert first_column(told["Outputs"]) == [made["name"] for made in SCHEMA[node]["outputs"]]
    assert all(text.strip() for text in told.values())


@pytest.fixture(scope="module")
def texts() -> dict[str, Any]:
    return json.loads((ROOT / "locales" / "en" / "nodeDefs.json").read_text(encoding="utf-8"))


def test_there_are_english_texts_for_every_node_input_and_output(texts: dict[str, Any]) -> None:
    assert sorted(texts) == list(SCHEMA)
    for node, schema in SCHEMA.items():
        assert sorted(texts[node]["inputs"]) == sorted(name.replace(".", "_") for name in slots(schema))
        assert all(entry["name"] and entry["tooltip"] for entry in texts[node]["inputs"].values())
        outputs = texts[node]["outputs"]
        assert [outputs[str(number)]["name"] for number in range(len(outputs))] == [
            made["name"] for made in schema["outputs"]
        ]


@pytest.mark.parametrize("node", SCHEMA)
def test_a_help_page_has_the_name_that_the_node_shows(node: str, texts: dict[str, Any]) -> None:
    title, _, _ = (DOCS / f"{node}.md").read_text(encoding="utf-8").partition("\n")
    assert title == f"# {texts[node]['display_name']}"


def used(workflow: Path) -> list[dict[str, Any]]:
    """The nodes of this pack in an example workflow."""
    return [
        node
        for node in json.loads(workflow.read_text(encoding="utf-8"))["nodes"]
        if node["type"].startswith("Tora") or node.get("properties", {}).get("cnr_id") == "tora-trajectory"
    ]


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_an_example_uses_only_nodes_inputs_and_outputs_that_are_there(workflow: Path) -> None:
    assert used(workflow)
    for node in used(workflow):
        schema = SCHEMA[node["type"]]
        for slot in node["inputs"]:
            given = slots(schema)[slot["name"]]
            assert slot["type"] == given["type"] and not (given["required"] and unset(slot)), (node["type"], slot)
        assert [(made["name"], made["type"]) for made in node["outputs"]] == [
            (made["name"], made["type"]) for made in schema["outputs"]
        ]


def unset(slot: dict[str, Any]) -> bool:
    return slot["link"] is None and "widget" not in slot


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_an_example_gives_values_that_its_nodes_take(workflow: Path) -> None:
    for node in used(workflow):
        inputs = slots(SCHEMA[node["type"]])
        values = node.get("widgets_values_named", {})
        assert list(values.values()) == node.get("widgets_values", [])
        for name, value in values.items():
            if name == "control_after_generate":  # the page's own, beside a seed
                continue
            given = inputs[name]
            assert value in given.get("options", [value]), (node["type"], name)
            if given["type"] in ("INT", "FLOAT"):
                assert given["min"] <= value <= given["max"], (node["type"], name)


def test_every_node_is_in_some_example_or_said_to_be_in_none() -> None:
    shown = {node["type"] for workflow in WORKFLOWS for node in used(workflow)}
    assert set(SCHEMA) - shown == {
        "ToraConvertLora",  # for core's own LoRA nodes: the examples use Load LoRA for CogVideoX
        "ToraEncodeMotionPart",  # Long Image to Video becomes these two, among others
        "ToraJoinSegments",
        "ToraFixCogVideoX",  # Apply Tora does the same, and the examples are all with Tora
    }


def named_tests(page: str) -> list[tuple[Path, str]]:
    """What a page calls `file.py::test_name`, the file below tests/host."""
    return [
        ((ROOT / "tests" / "host" / file).resolve(), name)
        for file, name in re.findall(r"`([\w./]+\.py)::(test_\w+)`", page)
    ]


def test_every_fact_about_the_host_names_tests_that_are_there() -> None:
    page = (ROOT / "docs" / "host.md").read_text(encoding="utf-8")
    named = named_tests(page)
    missing = [
        f"{file.name}::{name}"
        for file, name in named
        if not file.is_file() or f"\ndef {name}(" not in file.read_text(encoding="utf-8")
    ]
    assert named and not missing
    facts = re.findall(r"^\*\*.*?(?=\n\n|\Z)", page, flags=re.MULTILINE | re.DOTALL)
    assert not [fact[:40] for fact in facts if not named_tests(fact)]


@pytest.mark.parametrize("page", ["docs/comfyui.md", "docs/host.md"])
def test_links_of_a_page_lead_to_files(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    linked = [link for link in re.findall(r"\]\(([^)#]+)\)", text) if not link.startswith("https://")]
    assert not [link for link in linked if not (ROOT / "docs" / link).is_file()]
    pages = {Path(link).stem for link in linked if "web/docs" in link}
    assert page != "docs/comfyui.md" or pages == set(SCHEMA)
