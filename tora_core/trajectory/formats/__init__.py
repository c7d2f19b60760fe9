"""The registry of trajectory formats: one file a family. All are asked whether a text or an array is theirs."""

from __future__ import annotations

from ...errors import AmbiguousFormatError, TrajectoryError
from ..arrays import Arrays
from ..checks import shown
from .ati import Ati
from .base import PLAIN, Format, ReadInfo, Source
from .csv_table import CsvTable
from .dense_flow import DenseFlow
from .ltx import LtxControlPoints
from .own_json import OwnJson
from .pair_lists import DragNuwa, MotionCtrl, PointLists, ToraTextBox
from .path_animator import PathAnimator
from .points_store import PointsStore
from .sa_tracks import SaTracks
from .spline_editor import SplineEditor
from .svg import Svg
from .tora_txt import ToraTxt, ToraTxtDecimal
from .trackers import CoTracker, TapVid
from .tracks_dict import TracksDict
from .wan_move import Wan2gp, WanMove

FORMATS: tuple[Format, ...] = (
    OwnJson(),
    SplineEditor(),
    ToraTxt(),
    ToraTxtDecimal(),
    ToraTextBox(),
    PointsStore(),
    Ati(),
    LtxControlPoints(),
    SaTracks(),
    PathAnimator(),
    PointLists(),
    DragNuwa(),
    MotionCtrl(),
    CsvTable(),
    Svg(),
    TracksDict(),
    WanMove(),
    Wan2gp(),
    CoTracker(),
    TapVid(),
    DenseFlow(),
)

__all__ = ["FORMATS", "Format", "ReadInfo", "detected", "format_for_suffix", "format_named"]


def format_named(name: str) -> Format:
    """The format of that name. Raises TrajectoryError that lists the names."""
    for known in FORMATS:
        if known.name == name:
            return known
    raise TrajectoryError(f"format is {shown(name)}, expected one of {', '.join(f.name for f in FORMATS)}.")


def format_for_suffix(suffix: str) -> Format:
    """The format that files of that ending (".json") are written in. Raises TrajectoryError that lists the endings."""
    for known in FORMATS:
        if suffix.lower() in known.suffixes:
            return known
    endings = ", ".join(s for f in FORMATS for s in f.suffixes)
    names = ", ".join(f.name for f in FORMATS if f.writes)
    raise TrajectoryError(f"the ending is {shown(suffix)}: use one of {endings}, or say format=, one of {names}.")


def detected(source: Source) -> tuple[Format, str]:
    """The format of `source` and the reason for taking it for that.

    Raises TrajectoryError if it is none of them, and AmbiguousFormatError if it may be more than one: then somebody who
    knows it has to name it.
    """
    found = [(known, reason) for known in FORMATS if (reason := known.detect(source)) is not None]
    if len(found) == 1:
        return found[0]
    if found:
        which = "; ".join(f"{known.name} ({known.title})" for known, _ in found)
        raise AmbiguousFormatError(
            f"{found[0][1]} fits {len(found)} formats that differ in their canvas: {which}. Name the right one.",
            tuple(known.name for known, _ in found),
        )
    text, value = source.texts[0], source.values[0]
    got = f"text that begins {shown(text.strip())}" if value is PLAIN or text else shown(value)
    if isinstance(value, dict):
        got = f"an object with the keys {', '.join(sorted(str(key)[:20] for key in value)[:8]) or 'none'}"
    elif isinstance(value, Arrays):
        got = value.described()
    names = ", ".join(f.name for f in FORMATS if f.reads)
    raise TrajectoryError(f"no known trajectory format: got {got}. Known are {names}.")
