"""A saved workflow (the frontend's JSON, version 0.4) against a host's node definitions, and as a prompt for its API.

A node's inputs are sockets or widgets. `widgets_values` holds one value a widget in the order of the definition, and
two widgets that no definition names: what happens to a seed after a run, and the upload button behind a file list.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

NOTES = ("MarkdownNote", "Note")
WIDGET_TYPES = ("INT", "FLOAT", "STRING", "BOOLEAN", "COMBO")
DYNAMIC, GROWING = "COMFY_DYNAMICCOMBO_V3", "COMFY_AUTOGROW_V3"
UPLOADS = {"image_upload": "image", "video_upload": "video", "audio_upload": "audio"}
BROWSER_ONLY = ("control_after_generate", "upload")
"""Widgets that exist in the browser only."""
AFTER_RUN = ["fixed", "increment", "decrement", "randomize"]


class WorkflowError(Exception):
    """A workflow that this host would not take; the message names node and input."""


@dataclass(frozen=True)
class Entry:
    """One input of a node: its full name ("format.codec" inside a dynamic combo), type and options."""

    name: str
    kind: str
    options: dict[str, Any] = field(default_factory=dict)
    required: bool = True
    spare: bool = False
    """One that the page shows only when all before it are wired."""

    @property
    def choices(self) -> list[Any] | None:
        """What a combo offers; None for all else."""
        return self.options.get("options") if self.kind == "COMBO" else None

    @property
    def is_widget(self) -> bool:
        if self.options.get("forceInput"):
            return False
        return self.kind in (*WIDGET_TYPES, DYNAMIC) or bool(self.options.get("socketless"))


def entries(inputs: dict[str, Any], prefix: str = "") -> Iterator[Entry]:
    """The inputs of a definition (its "input" of /object_info), required ones first, as the frontend orders them."""
    for group in ("required", "optional"):
        for name, spec in inputs.get(group, {}).items():
            kind, options = spec[0], dict(spec[1]) if len(spec) > 1 else {}
            if isinstance(kind, list):  # V1 nodes give a combo's choices in place of a type.
                kind, options = "COMBO", {**options, "options": kind}
            if kind == GROWING:
                yield from _growing(prefix + name, options["template"])
            else:
                yield Entry(prefix + name, kind, options, group == "required")


def _growing(name: str, template: dict[str, Any]) -> Iterator[Entry]:
    """The sockets of an input that grows as they are wired, all that can be; `spare` are those beyond the least."""
    group, (kind, *options) = next((group, *inner.values()) for group, inner in template["input"].items() if inner)
    names = template.get("names") or [f"{template['prefix']}{number}" for number in range(template["max"])]
    for number, child in enumerate(names):
        needed = number < template["min"] and group == "required"
        yield Entry(f"{name}.{child}", kind, dict(*options), required=needed, spare=not needed)


def widgets(inputs: dict[str, Any], values: dict[str, Any], prefix: str = "") -> Iterator[Entry]:
    """The widgets of a node in the order of widgets_values; `values` decides what a dynamic combo unfolds to."""
    for entry in entries(inputs, prefix):
        if not entry.is_widget:
            continue
        yield entry
        if entry.kind == DYNAMIC:
            chosen = values.get(entry.name, entry.options["options"][0]["key"])
            for option in entry.options["options"]:
                if option["key"] == chosen:
                    yield from widgets(option["inputs"], values, f"{entry.name}.")
        seed = entry.name in ("seed", "noise_seed")
        if entry.kind == "INT" and entry.options.get("control_after_generate", seed):
            yield Entry(
                "control_after_generate", "COMBO", {"options": ["fixed", "increment", "decrement", "randomize"]}
            )
        for flag, value in UPLOADS.items():
            if entry.options.get(flag):
                yield Entry("upload", "COMBO", {"options": [value]})


def widget_values(definition: dict[str, Any], saved: list[Any]) -> dict[str, Any]:
    """A saved node's widget values by name. Raises WorkflowError when there are too many or too few."""
    values: dict[str, Any] = {}
    # Each value is put in as its widget comes up: what a dynamic combo unfolds to hangs on its own value.
    for count, entry in enumerate(widgets(definition["input"], values)):
        if count >= len(saved):
            raise WorkflowError(f"has {len(saved)} widget values, but none for {entry.name}")
        values[entry.name] = saved[count]
    if len(values) != len(saved):
        raise WorkflowError(f"has {len(saved)} widget values for {len(values)} widgets: {', '.join(values)}")
    return values


def to_prompt(workflow: dict[str, Any], object_info: dict[str, Any]) -> dict[str, Any]:
    """The API form: {node id: {"class_type", "inputs", "_meta"}}; a link is [node id, output number].

    Raises WorkflowError for unknown nodes, bypassed ones and wrong widget counts.
    """
    links = {link[0]: link for link in workflow["links"]}
    prompt: dict[str, Any] = {}
    for node in workflow["nodes"]:
        if node["type"] in NOTES:
            continue
        where = f"node {node['id']} ({node['type']})"
        if node["type"] not in object_info:
            raise WorkflowError(f"{where} is unknown to this host")
        if node["mode"] != 0:
            raise WorkflowError(f"{where} is muted or bypassed, which is not read here")
        definition = object_info[node["type"]]
        try:
            inputs = widget_values(definition, node.get("widgets_values", []))
        except WorkflowError as error:
            raise WorkflowError(f"{where} {error}") from None
        for name in BROWSER_ONLY:
            inputs.pop(name, None)
        for slot in node["inputs"]:
            if slot["link"] is not None:
                link = links[slot["link"]]
                inputs[slot["name"]] = [str(link[1]), link[2]]
        title = node.get("title", definition["display_name"])
        prompt[str(node["id"])] = {"class_type": node["type"], "inputs": inputs, "_meta": {"title": title}}
    return prompt
