"""The registry of trajectory formats: one file a family, asked in this order which of them a text is."""

from __future__ import annotations

from ...errors import TrajectoryError
from ..checks import shown
from .base import PLAIN, Format, ReadInfo, Source
from .own_json import OwnJson
from .spline_editor import SplineEditor
from .tora_txt import ToraTxt, ToraTxtDecimal

FORMATS: tuple[Format, ...] = (OwnJson(), SplineEditor(), ToraTxt(), ToraTxtDecimal())

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
    names = ", ".join(f.name for f in FORMATS)
    raise TrajectoryError(f"the ending is {shown(suffix)}: use one of {endings}, or say format=, one of {names}.")


def detected(source: Source) -> tuple[Format, str]:
    """The format of `source` and the reason for taking it for that. Raises TrajectoryError if it is none of them."""
    for known in FORMATS:
        reason = known.detect(source)
        if reason is not None:
            return known, reason
    text, value = source.texts[0], source.values[0]
    got = f"text that begins {shown(text.strip())}" if value is PLAIN or text else shown(value)
    if isinstance(value, dict):
        got = f"an object with the keys {', '.join(sorted(str(key)[:20] for key in value)[:8]) or 'none'}"
    names = ", ".join(f"{f.name} ({f.title})" for f in FORMATS)
    raise TrajectoryError(f"no known trajectory format: got {got}. Known are {names}.")
