"""Trajectories: what is drawn, how it is timed, and where its points are in every frame.

Names are imported on first use: the formats are many, and ComfyUI's start needs none of them.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

_HOMES = {
    "FORMATS": ".formats",
    "Point": ".track",
    "ReadInfo": ".formats",
    "Track": ".track",
    "Tracks": ".tracks",
    "Trajectory": ".trajectory",
    "VisibilityKey": ".track",
    "draw_trajectory": ".picture",
    "overlay_tracks": ".picture",
    "read_files": ".files",
    "read_text": ".files",
    "tracks_dict": ".formats.tracks_dict",
    "write_files": ".files",
}

__all__ = [
    "FORMATS",
    "Point",
    "ReadInfo",
    "Track",
    "Tracks",
    "Trajectory",
    "VisibilityKey",
    "draw_trajectory",
    "overlay_tracks",
    "read_files",
    "read_text",
    "tracks_dict",
    "write_files",
]

if TYPE_CHECKING:
    from .files import read_files as read_files
    from .files import read_text as read_text
    from .files import write_files as write_files
    from .formats import FORMATS as FORMATS
    from .formats import ReadInfo as ReadInfo
    from .formats.tracks_dict import tracks_dict as tracks_dict
    from .picture import draw_trajectory as draw_trajectory
    from .picture import overlay_tracks as overlay_tracks
    from .track import Point as Point
    from .track import Track as Track
    from .track import VisibilityKey as VisibilityKey
    from .tracks import Tracks as Tracks
    from .trajectory import Trajectory as Trajectory


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOMES[name], __name__), name)
    globals()[name] = value
    return value
