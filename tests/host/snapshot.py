"""The committed snapshot of all node ids, inputs and outputs, tests/host/schema.json: made, compared and written.

Saved workflows and programs name ids, inputs and outputs, and keep widget values by their place. So what is in the
snapshot stays, in this order; what is new comes behind it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

PATH = Path(__file__).with_name("schema.json")

FILE_LISTS = {
    ("ToraLoadModel", "tora_name"),
    ("ToraLoadCogVideoX", "model_name"),
    ("ToraImportTrajectory", "file"),
    ("ToraLoadControlNet", "control_net_name"),
    ("ToraLoadLora", "lora_name"),
    ("ToraConvertLora", "lora_name"),
    ("ToraTrackVideo", "cotracker_file"),
}
"""Combos that offer the files of this machine: their options are not part of the snapshot."""

DYNAMIC, GROWING = "COMFY_DYNAMICCOMBO_V3", "COMFY_AUTOGROW_V3"
"""A choice that brings inputs of its own, and inputs that become more as they are wired."""

KEPT = ("default", "min", "max", "step", "options", "multiline", "advanced")

Schema = dict[str, dict[str, Any]]


def describe(nodes: Iterable[Any]) -> Schema:
    """The snapshot of these node classes: ids sorted, outputs in their order, inputs as the page orders widgets."""
    schemas = sorted((node.GET_SCHEMA() for node in nodes), key=lambda schema: schema.node_id)
    return {
        schema.node_id: {
            "inputs": {
                given.id: _input(schema.node_id, given)
                for given in sorted(schema.inputs, key=lambda given: given.optional)
            },
            "outputs": [{"type": made.get_io_type(), "name": made.display_name} for made in schema.outputs],
        }
        for schema in schemas
    }


def _input(node_id: str, given: Any) -> dict[str, Any]:
    options = given.as_dict()
    if (node_id, given.id) in FILE_LISTS:
        del options["options"]
    described = {"type": given.get_io_type(), "required": not given.optional}
    if described["type"] == DYNAMIC:
        inputs = {one.key: {inner.id: _input(node_id, inner) for inner in one.inputs} for one in given.options}
        return {**described, "options": list(inputs), "inputs": inputs}
    if described["type"] == GROWING:
        template = given.template
        return {**described, "names": template.names, "least": template.min, "each": _input(node_id, template.input)}
    return {**described, **{name: options[name] for name in KEPT if name in options}}


def read() -> Schema:
    return json.loads(PATH.read_text(encoding="utf-8"))


def write(schema: Schema) -> None:
    PATH.write_text(json.dumps(schema, indent=1) + "\n", encoding="utf-8")


def breaks(old: Schema, new: Schema) -> list[str]:
    """What was there and is gone or means something else, one line each: saved workflows would no longer work."""
    found = []
    for node_id, before in old.items():
        now = new.get(node_id)
        if now is None:
            found.append(f"{node_id} is gone")
            continue
        found += [f"{node_id}.{line}" for line in _input_breaks(before["inputs"], now["inputs"])]
        outputs = now["outputs"][: len(before["outputs"])]
        found += [
            f"{node_id}: output {number} was {was['name']} ({was['type']}), now {_named(outputs, number)}"
            for number, was in enumerate(before["outputs"])
            if _named(outputs, number) != _named(before["outputs"], number)
        ]
    return found


def _named(outputs: list[dict[str, Any]], number: int) -> str:
    return f"{outputs[number]['name']} ({outputs[number]['type']})" if number < len(outputs) else "gone"


def _input_breaks(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    found = []
    for name, was in before.items():
        if name not in now:
            found.append(f"{name} is gone")
            continue
        is_ = now[name]
        types_gone = set(was["type"].split(",")) - set(is_["type"].split(","))
        if types_gone:
            found.append(f"{name} no longer takes {', '.join(sorted(types_gone))}")
        if is_["required"] and not was["required"]:
            found.append(f"{name} was optional")
        gone = [option for option in was.get("options", []) if option not in is_.get("options", [])]
        if gone:
            found.append(f"{name} no longer offers {', '.join(map(str, gone))}")
        if is_.get("min", float("-inf")) > was.get("min", float("-inf")):
            found.append(f"{name} no longer goes down to {was.get('min', 'any number')}")
        if is_.get("max", float("inf")) < was.get("max", float("inf")):
            found.append(f"{name} no longer goes up to {was.get('max', 'any number')}")
        if not types_gone:
            found += _inner_breaks(name, was, is_)
    found += [
        f"{name} is new, required and without a default"
        for name, is_ in now.items()
        if name not in before and is_["required"] and "default" not in is_
    ]
    kept = [name for name in now if name in before]
    if kept != [name for name in before if name in now] or list(now)[: len(kept)] != kept:
        found.append(f"inputs stood in the order {', '.join(before)}; new ones come behind them")
    return found


def _inner_breaks(name: str, was: dict[str, Any], is_: dict[str, Any]) -> list[str]:
    """The same for inputs that hold inputs."""
    found = []
    for option, inputs in was.get("inputs", {}).items():
        if option in is_["inputs"]:
            found += [f"{name} ({option}): {line}" for line in _input_breaks(inputs, is_["inputs"][option])]
    if "each" in was:
        if is_["names"][: len(was["names"])] != was["names"] or is_["least"] > was["least"]:
            found.append(f"{name} no longer takes {was['least']} or more of {', '.join(was['names'])}")
        found += [f"{name}: {line}" for line in _input_breaks({"each": was["each"]}, {"each": is_["each"]})]
    return found
