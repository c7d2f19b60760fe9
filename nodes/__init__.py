"""The nodes that this pack gives to ComfyUI: one file for each step of a graph, one list of them all.

A node converts, calls `tora_core` and wraps the answer. What knows ComfyUI's insides lives in `nodes/host/`.
Node ids and input names are in people's saved workflows: once released they never change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from comfy_api.latest import io

NODES: list[type[io.ComfyNode]] = []
"""Every node, in the order of the menu. None yet: the library comes first."""
