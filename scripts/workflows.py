"""Write the example workflows, example_workflows/*.json, from the node definitions of a running ComfyUI.

    python tests/host/server.py --port 8188       (another terminal; or your own ComfyUI with this pack)
    python scripts/workflows.py [--url http://127.0.0.1:8188]

A test builds them again and compares, so a changed node shows up here first.
"""

from __future__ import annotations

import argparse
import json
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import workflows_chain
import workflows_control
import workflows_editor
import workflows_formats
import workflows_long
import workflows_start
import workflows_tracking
import workflows_wan
from workflow_graph import Graph
from workflow_parts import ROOMS, SIZES

FOLDER = Path(__file__).resolve().parents[1] / "example_workflows"


WORKFLOWS: dict[str, Callable[[Graph], None]] = {
    **workflows_start.WORKFLOWS,
    **workflows_editor.WORKFLOWS,
    **workflows_formats.WORKFLOWS,
    **workflows_wan.WORKFLOWS,
    **workflows_long.WORKFLOWS,
    **workflows_chain.WORKFLOWS,
    **workflows_control.WORKFLOWS,
    **workflows_tracking.WORKFLOWS,
}
"""A module a theme (workflows_<theme>.py), each with a WORKFLOWS of its own."""


def build(name: str, object_info: dict[str, Any]) -> str:
    """The text of example_workflows/<name>.json."""
    graph = Graph(name, object_info, SIZES, ROOMS)
    WORKFLOWS[name](graph)
    return json.dumps(graph.to_json(), indent=1) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description="Write example_workflows/*.json.")
    parser.add_argument("--url", default="http://127.0.0.1:8188", help="a running ComfyUI with this pack")
    arguments = parser.parse_args()
    with urllib.request.urlopen(f"{arguments.url}/object_info", timeout=60) as answer:
        object_info = json.load(answer)
    FOLDER.mkdir(exist_ok=True)
    for name in WORKFLOWS:
        file = FOLDER / f"{name}.json"
        file.write_text(build(name, object_info), "utf-8", newline="\n")
        print(file)


if __name__ == "__main__":
    main()
