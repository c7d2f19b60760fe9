"""Build a workflow file as the frontend saves it: nodes, links, groups and notes in columns from left to right."""

from __future__ import annotations

import uuid
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from workflow_prompt import DYNAMIC, Entry, entries, widgets

TITLE = 30
"""The bar with a node's name; a node's position is below it."""
GAP = 20
PADDING = 20
GROUP_TITLE = 40
COLUMN_GAP = 60

CORE_VERSION, PACK_VERSION = "0.33.0", "0.1.0"
"""Which ComfyUI and which version of this pack the examples were last changed with (`properties.ver`)."""
PACK = "tora-trajectory"
"""The pack's id in the registry: the project's name in pyproject.toml."""
OURS = "Tora"
"""What the ids of this pack's nodes begin with."""


@dataclass(frozen=True)
class Model:
    """A file to download: `directory` below ComfyUI's models folder, `url` straight to the file."""

    name: str
    directory: str
    url: str


@dataclass(eq=False)
class Node:
    """A node of the file; `node["LATENT"]` is that output, to be given to another node."""

    id: int
    kind: str
    size: tuple[int, int]
    title: str | None = None
    properties: dict[str, Any] = field(default_factory=dict)
    inputs: list[dict[str, Any]] = field(default_factory=list)
    outputs: list[dict[str, Any]] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)
    pos: tuple[int, int] = (0, 0)

    def __getitem__(self, name: str) -> tuple[Node, int]:
        return self, [output["name"] for output in self.outputs].index(name)

    @property
    def sources(self) -> list[int]:
        """The links that come in."""
        return [slot["link"] for slot in self.inputs if slot["link"] is not None]


class Graph:
    """One example workflow; `object_info` is a host's own description of its nodes."""

    def __init__(
        self, name: str, object_info: dict[str, Any], sizes: dict[str, tuple[int, int]], rooms: dict[str, int]
    ) -> None:
        """`sizes` are widths and heights by kind; `rooms` are heights to keep free for kinds that grow in a run."""
        self.name, self.object_info, self.sizes, self.rooms = name, object_info, sizes, rooms
        self.nodes: list[Node] = []
        self.links: list[list[Any]] = []
        self.groups: list[dict[str, Any]] = []

    def add(
        self,
        kind: str,
        *,
        title: str | None = None,
        size: tuple[int, int] | None = None,
        models: Sequence[Model] = (),
        **given: Any,
    ) -> Node:
        """A node with widget values and links; what isn't given keeps the definition's default.

        Raises KeyError for a kind, input or choice that the host doesn't know.
        """
        definition = self.object_info[kind]
        node = Node(len(self.nodes) + 1, kind, size or self.sizes[kind], title)
        owner = (PACK, PACK_VERSION) if kind.startswith(OURS) else ("comfy-core", CORE_VERSION)
        node.properties = {"cnr_id": owner[0], "ver": owner[1], "Node name for S&R": kind}
        if models:
            node.properties["models"] = [vars(model) for model in models]
        for name, type_ in zip(definition["output_name"], definition["output"], strict=True):
            node.outputs.append({"name": name, "type": type_, "links": []})
        linked = {name: value for name, value in given.items() if isinstance(value, tuple)}
        constant = {name: value for name, value in given.items() if name not in linked}
        values: dict[str, Any] = {}
        for entry in widgets(definition["input"], values):
            values[entry.name] = constant.pop(entry.name, _default(entry))
        node.values = values
        known = list(_shown(entries(definition["input"]), linked))
        for entry in sorted(known, key=lambda e: e.is_widget):  # Sockets stand above linked widgets.
            if not entry.is_widget or entry.name in linked:
                self._plug(node, entry, linked.pop(entry.name, None))
        if constant or linked:
            raise KeyError(f"{kind} has no {', '.join([*constant, *linked])}")
        self.nodes.append(node)
        return node

    def _plug(self, node: Node, entry: Entry, source: tuple[Node, int] | None) -> None:
        slot: dict[str, Any] = {"name": entry.name, "type": entry.kind, "link": None}
        if not entry.required:
            slot["shape"] = 7  # How the frontend draws and saves an optional socket.
        if entry.is_widget:
            slot["widget"] = {"name": entry.name}
        if source is not None:
            origin, number = source
            slot["link"] = len(self.links) + 1
            origin.outputs[number]["links"].append(slot["link"])
            type_ = origin.outputs[number]["type"]
            self.links.append([slot["link"], origin.id, number, node.id, len(node.inputs), type_])
        node.inputs.append(slot)

    def note(self, text: str, size: tuple[int, int]) -> Node:
        node = Node(len(self.nodes) + 1, "MarkdownNote", size, "About this workflow", values={"text": text})
        self.nodes.append(node)
        return node

    def lay_out(self, *columns: Sequence[tuple[str, Sequence[Node]]]) -> None:
        """Place columns from left to right; each is a list of (group title, nodes), top to bottom.

        A group without a title is no group: its nodes stand alone.
        """
        x = 0
        for column in columns:
            y, widest = 0, max(node.size[0] for _, nodes in column for node in nodes)
            for title, nodes in column:
                top = y
                y += GROUP_TITLE if title else 0
                for node in nodes:
                    y += TITLE
                    node.pos = (x, y)
                    # One width a column: ragged edges make the links hard to follow.
                    node.size = (widest, node.size[1])
                    y += max(node.size[1], self.rooms.get(node.kind, 0)) + GAP
                if title:
                    bounding = [x - PADDING, top, widest + 2 * PADDING, y - top]
                    self.groups.append({"id": len(self.groups) + 1, "title": title, "bounding": bounding})
                    self.groups[-1].update(color="#3f789e", font_size=24, flags={})
                y += GAP
            x += widest + 2 * PADDING + COLUMN_GAP

    def to_json(self) -> dict[str, Any]:
        order = self._order()
        return {
            "id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{PACK}/{self.name}")),
            "revision": 0,
            "last_node_id": len(self.nodes),
            "last_link_id": len(self.links),
            "nodes": [_saved(node, order[node.id]) for node in self.nodes],
            "links": self.links,
            "groups": self.groups,
            "config": {},
            # No "ds": without a saved view the frontend fits the graph to the window.
            "extra": {"frontendVersion": "1.49.6", "workflowRendererVersion": "LG"},
            "version": 0.4,
        }

    def _order(self) -> dict[int, int]:
        """When each node runs: after all that it takes from."""
        origin = {link[0]: link[1] for link in self.links}
        order: dict[int, int] = {}
        waiting = list(self.nodes)
        while waiting:
            ready = next(node for node in waiting if all(origin[link] in order for link in node.sources))
            order[ready.id] = len(order)
            waiting.remove(ready)
        return order


def _shown(known: Iterable[Entry], linked: Container[str]) -> Iterator[Entry]:
    """The inputs that the page shows: of those that grow, one more than are wired."""
    full = True
    for entry in known:
        if not entry.spare or full:
            yield entry
        full = not entry.spare or (full and entry.name in linked)


def _default(entry: Entry) -> Any:
    if entry.name == "control_after_generate":
        return "fixed"  # The same picture for everyone, and a second run out of the cache.
    if entry.kind == DYNAMIC:
        return entry.options["options"][0]["key"]
    if entry.choices is not None:
        return entry.options.get("default", entry.choices[0] if entry.choices else None)
    return entry.options.get("default")


def _saved(node: Node, order: int) -> dict[str, Any]:
    saved: dict[str, Any] = {"id": node.id, "type": node.kind, "pos": list(node.pos), "size": list(node.size)}
    saved.update(flags={}, order=order, mode=0, inputs=node.inputs, outputs=node.outputs)
    if node.title is not None:
        saved["title"] = node.title
    saved["properties"] = node.properties
    if node.values:
        saved.update(widgets_values=list(node.values.values()), widgets_values_named=node.values)
    if node.kind == "MarkdownNote":
        saved.update(color="#432", bgcolor="#653")  # The frontend's own yellow for notes.
    return saved
