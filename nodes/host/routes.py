"""The pack's one server route: it reads a trajectory in any format for the editor's import by paste or drop.

    POST /tora/trajectory/read?width=720&height=480&frames=49&format=spline-editor

The body is the text or file itself, or a multipart form with a file or several (one track each, or positions and
visibility), taken in their order. width, height, frames and format are as in Trajectory (text), all optional. The
answer is JSON: {trajectory, format, reason, notes}, or status 400 and {error} in words. Nothing is written, and no path
is taken.
"""

from __future__ import annotations

import sys

from aiohttp import web

from ...tora_core.errors import ToraError

PATH = "/tora/trajectory/read"


def register_routes() -> bool:
    """Add the route to ComfyUI's server; False where there is none (tests, scripts) or it is there already."""
    # Not imported: as long as nobody has imported that module there is no server, and to import it is expensive.
    server = getattr(getattr(sys.modules.get("server"), "PromptServer", None), "instance", None)
    if server is None or any(getattr(route, "path", None) == PATH for route in server.routes):
        return False
    server.routes.post(PATH)(read_trajectory)
    return True


async def read_trajectory(request: web.Request) -> web.Response:
    from .uploads import answer_to  # with it comes the library, which ComfyUI's start does without

    try:
        return web.Response(text=await answer_to(request), content_type="application/json")
    except ToraError as error:
        return web.json_response({"error": str(error)}, status=400)
