"""Check example_workflows/*.json against a running ComfyUI: would each of them load there, and run?

    python scripts/check_workflows.py [--url http://127.0.0.1:8188] [--run] [NAME ...]

Every node must exist, every widget value be legal, every link of the right type, every required input connected, and
no node lie on another. --run also queues those that need no downloads and waits for their videos. Ends with 1 where
something is wrong, each fault in a line.
"""

from __future__ import annotations

import argparse
import itertools
import json
import re
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from workflow_prompt import NOTES, Entry, WorkflowError, entries, to_prompt, widget_values, widgets

FOLDER = Path(__file__).resolve().parents[1] / "example_workflows"
TITLE = 30  # The bar above a node's position.
DOWNLOAD = re.compile(r"https://huggingface\.co/[\w.-]+/[\w.-]+/resolve/main/(?:[\w.-]+/)*([\w.-]+\.safetensors)")
"""What the frontend's missing-model dialog offers a download button for."""


def faults(workflow: dict[str, Any], object_info: dict[str, Any]) -> list[str]:
    """All that is wrong with a workflow on this host; empty when it is good."""
    found = list(_structure(workflow))
    if found:  # Nothing below can be read then.
        return found
    for node in workflow["nodes"]:
        where = f"node {node['id']} ({node['type']})"
        if node["type"] in NOTES:
            found += [f"{where} is empty"] * (not node["widgets_values"][0].strip())
        elif node["type"] not in object_info:
            found.append(f"{where} is unknown to this host")
        else:
            found += [f"{where}: {fault}" for fault in _node(node, object_info[node["type"]])]
    found += _links(workflow)
    found += _places(workflow)
    return found


def needs_downloads(workflow: dict[str, Any]) -> bool:
    return any(node["properties"].get("models") for node in workflow["nodes"])


def _structure(workflow: dict[str, Any]) -> Iterator[str]:
    if workflow.get("version") != 0.4:
        yield f"version is {workflow.get('version')}, expected 0.4"
        return
    nodes = {node["id"]: node for node in workflow["nodes"]}
    if len(nodes) != len(workflow["nodes"]):
        yield "two nodes have the same id"
    if len({link[0] for link in workflow["links"]}) != len(workflow["links"]):
        yield "two links have the same id"
    if workflow["last_node_id"] < max(nodes) or workflow["last_link_id"] < max(link[0] for link in workflow["links"]):
        yield "last_node_id or last_link_id is below an id in use"
    for number, origin, output, target, slot, _ in workflow["links"]:
        try:
            leaves = number in nodes[origin]["outputs"][output]["links"]
            arrives = nodes[target]["inputs"][slot]["link"] == number
        except (KeyError, IndexError):
            yield f"link {number} names a node or slot that isn't there"
            continue
        if not (leaves and arrives):
            yield f"link {number} isn't in the lists of both its ends"
    known = {link[0] for link in workflow["links"]}
    for node in workflow["nodes"]:
        for slot in node["inputs"]:
            if slot["link"] is not None and slot["link"] not in known:
                yield f"node {node['id']}: input {slot['name']} has a link that isn't there"


def _node(node: dict[str, Any], definition: dict[str, Any]) -> Iterator[str]:
    if node["mode"] != 0:
        yield "is muted or bypassed"
    if node["properties"].get("Node name for S&R") != node["type"]:
        yield "has another name for search and replace"
    if not (node["properties"].get("cnr_id") and node["properties"].get("ver")):
        yield "doesn't say which pack it is from"
    saved = [(output["name"], output["type"]) for output in node["outputs"]]
    if saved != list(zip(definition["output_name"], definition["output"], strict=True)):
        yield f"outputs are {saved}, the host's {definition['output_name']} {definition['output']}"
    known = {entry.name: entry for entry in entries(definition["input"])}
    connected = set()
    for slot in node["inputs"]:
        entry = known.get(slot["name"])
        if entry is None:
            yield f"has an input {slot['name']}, which the host doesn't know"
            continue
        if slot["type"] != entry.kind:
            yield f"input {entry.name} is {slot['type']}, the host's {entry.kind}"
        if slot["link"] is not None:
            connected.add(entry.name)
    for entry in known.values():
        if entry.required and not entry.is_widget and entry.name not in connected:
            yield f"required input {entry.name} isn't connected"
    try:
        values = widget_values(definition, node.get("widgets_values", []))
    except WorkflowError as error:
        yield str(error)
        return
    if node.get("widgets_values_named", values) != values:
        yield "the values by name differ from those by number"
    offered = node["properties"].get("models", [])
    for entry in widgets(definition["input"], values):
        if entry.name not in connected:
            yield from _value(entry, values[entry.name], [model["name"] for model in offered])
    for model in offered:
        match = DOWNLOAD.fullmatch(model["url"])
        if match is None or match[1] != model["name"]:
            yield f"{model['name']} isn't what {model['url']} gives"
    if offered and offered[0]["name"] not in values.values():
        yield f"offers {offered[0]['name']}, but asks for another file"


def _value(entry: Entry, value: Any, downloads: list[str]) -> Iterator[str]:
    """Whether the host takes this value. Files that are to be downloaded or uploaded needn't be there."""
    if entry.choices is not None:
        if value not in entry.choices and value not in downloads and not entry.options.get("image_upload"):
            yield f"{entry.name} is {value!r}, the host offers {entry.choices}"
        return
    expected = {"INT": int, "FLOAT": (int, float), "STRING": str, "BOOLEAN": bool}.get(entry.kind)
    if expected is None:
        return
    if not isinstance(value, expected) or (isinstance(value, bool) and entry.kind != "BOOLEAN"):
        yield f"{entry.name} is {value!r}, expected {entry.kind}"
        return
    if entry.kind in ("INT", "FLOAT"):
        low, high = entry.options.get("min", value), entry.options.get("max", value)
        if not low <= value <= high:
            yield f"{entry.name} is {value}, expected {low} to {high}"


def _links(workflow: dict[str, Any]) -> Iterator[str]:
    nodes = {node["id"]: node for node in workflow["nodes"]}
    for number, origin, output, target, slot, type_ in workflow["links"]:
        left = nodes[origin]["outputs"][output]["type"]
        right = nodes[target]["inputs"][slot]["type"]
        if left != type_ or ("*" not in (left, right) and left not in right.split(",")):
            yield f"link {number} ({type_}) leads from {left} to {right}"


def _places(workflow: dict[str, Any]) -> Iterator[str]:
    def box(node: dict[str, Any]) -> tuple[float, float, float, float]:
        (x, y), (width, height) = node["pos"], node["size"]
        return x, y - TITLE, x + width, y + height

    def overlap(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> bool:
        return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]

    for one, other in itertools.combinations(workflow["nodes"], 2):
        if overlap(box(one), box(other)):
            yield f"node {one['id']} ({one['type']}) lies on node {other['id']} ({other['type']})"
    frames = [(g["title"], g["bounding"]) for g in workflow["groups"]]
    for (name, a), (other_name, b) in itertools.combinations(frames, 2):
        if overlap((a[0], a[1], a[0] + a[2], a[1] + a[3]), (b[0], b[1], b[0] + b[2], b[1] + b[3])):
            yield f"group {name} lies on group {other_name}"


def ask(url: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def run(url: str, workflow: dict[str, Any], object_info: dict[str, Any], timeout_s: float = 600) -> list[str]:
    """Queue a workflow and wait for it; what went wrong, empty when every node that saves has saved."""
    body = {"prompt": to_prompt(workflow, object_info), "extra_data": {"extra_pnginfo": {"workflow": workflow}}}
    try:
        number = ask(f"{url}/prompt", body)["prompt_id"]
    except urllib.error.HTTPError as error:
        return [f"the host refused it: {error.read().decode()}"]
    until = time.monotonic() + timeout_s
    while time.monotonic() < until:
        history = ask(f"{url}/history/{number}")
        if number in history and history[number]["status"]["completed"]:
            savers = {str(node["id"]) for node in workflow["nodes"] if node["type"].startswith("Save")}
            return [f"node {node} saved nothing" for node in sorted(savers - set(history[number]["outputs"]))]
        if number in history:
            return [f"it failed: {history[number]['status']['messages'][-1]}"]
        time.sleep(0.5)
    return [f"it didn't end within {timeout_s:g} s"]


def main() -> int:
    parser = argparse.ArgumentParser(description="Check the example workflows against a running ComfyUI.")
    parser.add_argument("names", nargs="*", help="which ones, without .json; default: all")
    parser.add_argument("--url", default="http://127.0.0.1:8188")
    parser.add_argument("--run", action="store_true", help="also run those that need no downloads")
    arguments = parser.parse_args()
    object_info = ask(f"{arguments.url}/object_info")
    wrong = 0
    for file in sorted(FOLDER.glob("*.json")):
        if arguments.names and file.stem not in arguments.names:
            continue
        workflow = json.loads(file.read_text("utf-8"))
        found = faults(workflow, object_info)
        told = "good"
        if arguments.run and not found and not needs_downloads(workflow):
            started = time.monotonic()
            found = run(arguments.url, workflow, object_info)
            told = f"good, ran in {time.monotonic() - started:.0f} s"
        wrong += len(found)
        print(f"{file.name}: {told if not found else ''}")
        print("".join(f"  {fault}\n" for fault in found), end="")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
