"""What a browser sends to be read as a trajectory: never more of it than the library reads, and never into a file."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import PurePosixPath
from typing import Any

from aiohttp import BodyPartReader, web

from ...tora_core.errors import ToraError, TrajectoryError
from ...tora_core.trajectory.arrays import is_binary
from ...tora_core.trajectory.checks import shown
from ...tora_core.trajectory.files import read_text
from ...tora_core.trajectory.formats import format_named
from ...tora_core.trajectory.limits import MAX_ARRAY_BYTES, MAX_BYTES, MAX_NAME_CHARACTERS, MAX_READ_BYTES, MAX_TRACKS

MAX_UPLOAD_BYTES = MAX_ARRAY_BYTES + MAX_READ_BYTES
"""Files of arrays: all that the library unpacks, and their headers. For text it is MAX_BYTES."""

CHUNK_BYTES = 64 * 1024


async def answer_to(request: web.Request) -> str:
    """JSON for a request as routes.py describes it. Raises TrajectoryError in words for the user."""
    wanted = {name: _whole_number(name, request.query.get(name)) for name in ("width", "height", "frames")}
    if (request.content_length or 0) > MAX_UPLOAD_BYTES:
        raise _too_large(MAX_UPLOAD_BYTES)
    files, names = await _uploaded(request)
    format = request.query.get("format", "auto")
    # Large files take seconds: the server goes on meanwhile.
    return await asyncio.to_thread(_read, files, names, wanted, None if format == "auto" else format)


def _read(files: list[bytes], names: list[str], wanted: dict[str, Any], format: str | None) -> str:
    trajectory, info = read_text(files[0] if len(files) == 1 else files, format=format, names=names, **wanted)
    answer = {"format": info.format, "title": format_named(info.format).title, "reason": info.reason}
    return json.dumps({"trajectory": trajectory.to_dict(), **answer, "notes": info.notes})


def _whole_number(name: str, value: str | None) -> int | None:
    if not value:
        return None
    if len(value) > 9 or not (value.isascii() and value.isdigit()):
        raise TrajectoryError(f"{name} is {shown(value)}, expected a whole number.")
    return int(value)


async def _uploaded(request: web.Request) -> tuple[list[bytes], list[str]]:
    """The files of a request, and their names where they have any."""
    if not request.content_type.startswith("multipart/"):
        return [await collected(request.content.iter_chunked(CHUNK_BYTES))], []
    files: list[bytes] = []
    names: list[str] = []
    try:
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader) or part.filename is None:
                continue
            if len(files) == MAX_TRACKS:
                raise TrajectoryError(f"there are more than {MAX_TRACKS} files in the upload.")
            files.append(await collected(_chunks(part), sum(map(len, files))))
            names.append(_name(part.filename))
    except ValueError as error:
        raise error if isinstance(error, ToraError) else TrajectoryError(f"the upload is broken: {error}.") from None
    if not files:
        raise TrajectoryError("there is no file in the upload.")
    return files, names


async def _chunks(part: BodyPartReader) -> AsyncIterator[bytes]:
    while chunk := await part.read_chunk(CHUNK_BYTES):
        yield chunk


async def collected(chunks: AsyncIterator[bytes], already: int = 0) -> bytes:
    """All chunks of a file; TrajectoryError as soon as they are, with `already` bytes before, more than is read."""
    data = bytearray()
    async for chunk in chunks:
        data += chunk
        limit = MAX_UPLOAD_BYTES if is_binary(bytes(data[:6])) else MAX_BYTES
        if already + len(data) > limit:
            raise _too_large(limit)
    return bytes(data)


def _too_large(limit: int) -> TrajectoryError:
    return TrajectoryError(f"the upload is larger than {limit:,} bytes, the limit for such trajectories.")


def _name(filename: str) -> str:
    stem = PurePosixPath(filename).stem[:MAX_NAME_CHARACTERS]
    return stem.encode("utf-8", "replace").decode("utf-8")
