"""The pack's server routes: trajectories in any format, for the editor's import and export.

    POST /tora/trajectory/read?width=720&height=480&frames=49&format=spline-editor

The body is the text or file itself, or a multipart form with a file or several (one track each, or positions and
visibility), taken in their order. width, height, frames and format are as in Trajectory (text), all optional. The
answer is JSON: {trajectory, format, title, reason, notes}, or status 400 and {error} in words; where several formats
fit, also {formats}, a list of {name, title}.

    POST /tora/trajectory/write?format=svg&name=trajectory

The body is Trajectory JSON. The answer is JSON: {name, base64, notes}, the name and the bytes of one file (a zip where
the format has a file a track) and what the format could not hold; or status 400 and {error}.

    GET /tora/trajectory/formats

The answer is JSON: {formats}, a list of {name, title, reads, writes}.

Nothing is written, and no path is taken.
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable

from aiohttp import web

from ...tora_core.errors import AmbiguousFormatError, ToraError

READ = "/tora/trajectory/read"
WRITE = "/tora/trajectory/write"
FORMATS = "/tora/trajectory/formats"


def register_routes() -> bool:
    """Add the routes to ComfyUI's server; False where there is none (tests, scripts) or they are there already."""
    # Not imported: as long as nobody has imported that module there is no server, and to import it is expensive.
    server = getattr(getattr(sys.modules.get("server"), "PromptServer", None), "instance", None)
    if server is None or any(getattr(route, "path", None) == READ for route in server.routes):
        return False
    server.routes.post(READ)(read_trajectory)
    server.routes.post(WRITE)(write_trajectory)
    server.routes.get(FORMATS)(list_formats)
    return True


# What answers is imported only then: with it comes the library, which ComfyUI's start does without.


async def read_trajectory(request: web.Request) -> web.Response:
    from .uploads import answer_to

    return await _answered(request, answer_to)


async def write_trajectory(request: web.Request) -> web.Response:
    from .downloads import answer_to

    return await _answered(request, answer_to)


async def list_formats(request: web.Request) -> web.Response:
    from .downloads import known_formats

    return web.json_response({"formats": known_formats()})


async def _answered(request: web.Request, answer_to: Callable[[web.Request], Awaitable[str]]) -> web.Response:
    try:
        return web.Response(text=await answer_to(request), content_type="application/json")
    except AmbiguousFormatError as error:
        from .downloads import described

        return web.json_response({"error": str(error), "formats": described(error.formats)}, status=400)
    except ToraError as error:
        return web.json_response({"error": str(error)}, status=400)
