"""The own JSON format: it holds everything that a trajectory is (document.py, trajectory.schema.json)."""

from __future__ import annotations

from dataclasses import replace

from ...errors import TrajectoryError
from ..document import FORMAT_MARK, from_dict, to_file_text
from ..trajectory import Trajectory
from .base import Format, Source, Wanted


class OwnJson(Format):
    """A versioned document; width, height and frames that the caller gives scale and stretch the drawing."""

    name = "tora-json"
    title = "Tora JSON (keeps everything)"
    suffixes = (".json",)

    def detect(self, source: Source) -> str | None:
        value = source.values[0]
        if len(source.values) != 1 or not isinstance(value, dict):
            return None
        if value.get("format") == FORMAT_MARK:
            return f'a JSON object with "format": "{FORMAT_MARK}"'
        return 'a JSON object with "version" and "tracks"' if "version" in value and "tracks" in value else None

    def read(self, source: Source, wanted: Wanted) -> tuple[Trajectory, list[str]]:
        if len(source.values) != 1:
            raise TrajectoryError(f"got {len(source.values)} texts, expected one: a document holds all its tracks.")
        stored = from_dict(source.values[0])
        notes = []
        trajectory = stored
        size = (wanted.width or stored.width, wanted.height or stored.height)
        if size != (stored.width, stored.height):
            trajectory = trajectory.resized(*size)
            notes.append(f"scaled from the file's {stored.width}x{stored.height} to {size[0]}x{size[1]}")
        if wanted.frames is not None and wanted.frames != stored.frames:
            trajectory = replace(trajectory, frames=wanted.frames)
            notes.append(f"stretched from the file's {stored.frames} frames to {wanted.frames}")
        return trajectory, notes

    def write(self, trajectory: Trajectory) -> list[str]:
        return [to_file_text(trajectory)]

    def losses(self, trajectory: Trajectory) -> list[str]:
        return []
