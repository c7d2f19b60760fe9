"""A drawing of the editor as a file in any format that the library writes, for the browser to save."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from aiohttp import web

from ...tora_core.errors import TrajectoryError
from ...tora_core.trajectory import FORMATS, Trajectory
from ...tora_core.trajectory.formats import Format, format_named
from ..endings import ENDINGS
from .uploads import CHUNK_BYTES, collected

LONGEST_NAME = 80


def known_formats() -> list[dict[str, Any]]:
    """All formats, in the library's order."""
    return [
        {"name": known.name, "title": known.title, "reads": known.reads, "writes": known.writes} for known in FORMATS
    ]


def described(names: Iterable[str]) -> list[dict[str, str]]:
    return [{"name": name, "title": format_named(name).title} for name in names]


async def answer_to(request: web.Request) -> str:
    """JSON for a request as routes.py describes it. Raises TrajectoryError in words for the user."""
    document = await collected(request.content.iter_chunked(CHUNK_BYTES))
    wanted = (request.query.get("format", "tora-json"), _plain(request.query.get("name", "")))
    return await asyncio.to_thread(_written, document, *wanted)


def _written(document: bytes, format: str, stem: str) -> str:
    trajectory = Trajectory.from_json(document)
    known = format_named(format)
    if not known.writes:
        raise TrajectoryError(f"{known.name} is only recognized, not written.")
    name, content = file_of(known, trajectory, stem)
    return json.dumps(
        {"name": name, "base64": base64.b64encode(content).decode(), "notes": list(known.losses(trajectory))}
    )


def file_of(known: Format, trajectory: Trajectory, stem: str) -> tuple[str, bytes]:
    """The name and the bytes of one file; a zip of several where the format needs them. Raises TrajectoryError."""
    parts = [part if isinstance(part, bytes) else part.encode() for part in known.write(trajectory)]
    if not parts:
        raise TrajectoryError(f"there are no tracks, and {known.name} can't hold a trajectory without.")
    first = f"{stem}{ENDINGS[known.name]}"
    if len(parts) == 1:
        return first, parts[0]
    named = known.paths(Path(first), len(parts))
    names = [path.name for path in named] if named else _numbered(len(parts), Path(first).suffix)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in zip(names, parts, strict=True):
            archive.writestr(zipfile.ZipInfo(name), part, zipfile.ZIP_DEFLATED)  # no date: the same every time
    return f"{stem}.zip", packed.getvalue()


def _numbered(count: int, ending: str) -> list[str]:
    """As the library numbers the files of a folder: 1.txt, or 01.txt where there are ten."""
    return [f"{number:0{len(str(count))}d}{ending}" for number in range(1, count + 1)]


def _plain(name: str) -> str:
    """Letters, digits and a few signs that every system has in file names."""
    kept: Sequence[str] = [letter for letter in name[:LONGEST_NAME] if letter.isalnum() or letter in " -_"]
    return "".join(kept).strip() or "trajectory"
