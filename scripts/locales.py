"""Write the English texts, locales/en/*.json, from the nodes' own schemas, so that the two can't disagree.

    python scripts/locales.py                    (with ComfyUI's Python; COMFYUI_PATH, else where it is looked for)
    python scripts/locales.py --update-schema    also rewrites tests/host/schema.json, the snapshot of the nodes

ComfyUI reads the files at its start (its /i18n) and its page shows them; translators copy them to locales/<language>.
A change that would break saved workflows is not written to the snapshot: tests/host/snapshot.py says what that is.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import json
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "locales" / "en"

MAIN = {
    "nodeCategories": {"Tora": "Tora", "long video": "long video", "tracking": "tracking", "trajectory": "trajectory"},
    "dataTypes": {
        "TORA_TRAJECTORY": "trajectory (Tora)",
        "TORA_MODEL": "Tora model",
        "TORA_MOTION": "motion (Tora)",
        "TORA_EDITOR": "drawing (Tora)",
    },
}
"""What no schema holds: how the pack's category and socket types are called."""

SYNTAX = "{}@|"
"""Letters that mean something to the page's translation library: texts with them would be shown wrong."""


def files(nodes: Iterable[Any]) -> dict[Path, str]:
    """The locale files and their texts. Raises ValueError where a text can't be shown as it is."""
    definitions = {schema.node_id: _definition(schema) for schema in (node.GET_SCHEMA() for node in nodes)}
    wrong = [f"{where}: {text!r}" for where, text in _texts(definitions, "") if set(text) & set(SYNTAX)]
    if wrong:
        raise ValueError(f"texts must not hold any of {SYNTAX}:\n" + "\n".join(wrong))
    contents = {"nodeDefs.json": definitions, "main.json": MAIN}
    return {FOLDER / name: json.dumps(content, indent=1) + "\n" for name, content in contents.items()}


def _definition(schema: Any) -> dict[str, Any]:
    definition = {"display_name": schema.display_name, "description": schema.description}
    inputs: dict[str, dict[str, str]] = {}
    for given in schema.inputs:
        for key, name, tooltip in _shown(given):
            entry = _entry(name, tooltip)
            if inputs.setdefault(key, entry) != entry:
                raise ValueError(f"{schema.node_id}: {key} has two texts, and the page knows only one by that name")
    outputs = {str(number): _entry(made.display_name, made.tooltip) for number, made in enumerate(schema.outputs)}
    return {**definition, "inputs": inputs, "outputs": outputs}


def _shown(given: Any) -> Iterator[tuple[str, str, str | None]]:
    """(key, name, tooltip) of an input and of those inside it; the page writes "_" for the dot in their names."""
    yield given.id, given.display_name or given.id, given.tooltip
    if given.get_io_type() == "COMFY_DYNAMICCOMBO_V3":
        for inner in (inner for option in given.options for inner in option.inputs):
            yield f"{given.id}_{inner.id}", inner.display_name or inner.id, inner.tooltip
    if given.get_io_type() == "COMFY_AUTOGROW_V3":
        for name in given.template.names:
            yield f"{given.id}_{name}", name, given.template.input.tooltip


def _entry(name: str, tooltip: str | None) -> dict[str, str]:
    return {"name": name, "tooltip": tooltip} if tooltip else {"name": name}


def _texts(content: Any, where: str) -> Iterator[tuple[str, str]]:
    if isinstance(content, str):
        yield where, content
    else:
        for name, inner in content.items():
            yield from _texts(inner, f"{where}.{name}".lstrip("."))


def module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def load_nodes() -> list[Any]:
    """This pack's node classes, in the pack's order, as ComfyUI has loaded them; no models, no server."""
    comfyui = module(ROOT / "scripts" / "comfyui.py")
    folder = comfyui.find_comfyui()
    if folder is None:
        sys.exit(f"locales.py: {comfyui.NONE_FOUND}.")
    missing = comfyui.missing_packages()
    if missing:
        sys.exit(f"locales.py: this Python lacks ComfyUI's {', '.join(missing)}: run it with ComfyUI's own.")
    sys.path[:] = [
        str(folder),
        *(entry for entry in sys.path if Path(entry or ".").resolve() not in (ROOT, ROOT / "scripts")),
    ]
    with tempfile.TemporaryDirectory() as base:
        sys.argv = ["main.py", "--cpu", "--base-directory", base]
        import comfy.options

        comfy.options.enable_args_parsing()
        import nodes

        if not asyncio.run(nodes.load_custom_node(str(ROOT))):
            sys.exit("locales.py: the pack failed to load, see above.")
        return list(sys.modules[f"{str(ROOT).replace('.', '_x_')}.nodes"].NODES)


def main() -> None:
    parser = argparse.ArgumentParser(description="Write locales/en from the nodes' schemas.")
    parser.add_argument("--update-schema", action="store_true", help="also rewrite tests/host/schema.json")
    options = parser.parse_args()
    nodes = load_nodes()
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path, text in files(nodes).items():
        path.write_text(text, encoding="utf-8")
    if options.update_schema:
        snapshot = module(ROOT / "tests" / "host" / "snapshot.py")
        new = snapshot.describe(nodes)
        broken = snapshot.breaks(snapshot.read(), new) if snapshot.PATH.exists() else []
        if broken:
            sys.exit("locales.py: the snapshot is not rewritten, saved workflows would break:\n" + "\n".join(broken))
        snapshot.write(new)


if __name__ == "__main__":
    main()
