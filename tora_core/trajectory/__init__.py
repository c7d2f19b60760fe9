"""Trajectories: what is drawn, how it is timed, and where its points are in every frame."""

from .files import read_files, read_text, write_files
from .formats import FORMATS, ReadInfo
from .formats.tracks_dict import tracks_dict
from .picture import draw_trajectory, overlay_tracks
from .track import Point, Track, VisibilityKey
from .tracks import Tracks
from .trajectory import Trajectory

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
