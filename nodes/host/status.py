"""A line of text on a node, for what only running it has told."""

from __future__ import annotations

from typing import Any

from server import PromptServer


def show_on_node(node: Any, text: str) -> None:
    """Write text on the node that runs; `node` is its class, whose schema lists the hidden input unique_id."""
    node_id = getattr(node.hidden, "unique_id", None)
    if node_id:
        PromptServer.instance.send_progress_text(text, node_id)
