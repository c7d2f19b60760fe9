"""Where ComfyUI comes in: the folder with the browser's part and the list of nodes.

Nothing is imported before ComfyUI asks for the nodes, so that starting the host costs nothing, and test runners and
other tools can import this file, under any name, without ComfyUI.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from comfy_api.latest import ComfyExtension, io

WEB_DIRECTORY = "./web"


async def comfy_entrypoint() -> ComfyExtension:
    """The extension that ComfyUI registers; called once when the host starts.

    There must never be a NODE_CLASS_MAPPINGS in this file: with one, even an empty one, ComfyUI doesn't call this.
    """
    from comfy_api.latest import ComfyExtension

    from .nodes import NODES
    from .nodes.host.routes import register_routes

    class ToraExtension(ComfyExtension):
        async def on_load(self) -> None:
            register_routes()

        async def get_node_list(self) -> list[type[io.ComfyNode]]:
            return list(NODES)

    return ToraExtension()
