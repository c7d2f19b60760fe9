"""What every trajectory format is made of: how it is recognised, read and written, and what it can't hold."""

from __future__ import annotations

import io
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import TrajectoryError
from ..arrays import Arrays, as_arrays, is_binary, read_arrays
from ..checks import shown
from ..decoding import as_text, decode_json, decode_literal
from ..limits import MAX_BYTES, MAX_TRACKS
from ..track import Point, Track
from ..tracks import DEFAULT_SIGMA_PX
from ..trajectory import Trajectory

_MOST_ARRAY_FILES = 2

PLAIN = object()
"""Stands for the value of a text that is neither JSON nor Python's spelling of lists: lines of numbers, say."""


class BarePairs(list[Any]):
    """The lists of a text such as `[40, 208], [40, 148]`, which has no bracket around them all."""


@dataclass(frozen=True)
class Source:
    """What is to be read: one or more texts with their parsed values (PLAIN where there is none), and names if any.

    A value that came parsed already has the text ""; that of a binary file, or of arrays on a wire, is an Arrays.
    """

    texts: tuple[str, ...]
    values: tuple[Any, ...]
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Wanted:
    """What the caller knows and the file may not hold; None where the caller doesn't know either."""

    width: int | None = None
    height: int | None = None
    frames: int | None = None


@dataclass(frozen=True)
class ReadInfo:
    """How a trajectory was read: the format's name, why it was taken for that, and what to know about the reading."""

    format: str
    reason: str
    notes: tuple[str, ...] = field(default=())


class Format:
    """One way to write trajectories down. A subclass fills in the fields and the methods it can serve.

    suffixes: endings that stand for this format when a file is written. reads, writes: what it can do. binary: it is
    written as bytes, so that it fits into a file but not into a text.
    """

    name: str = ""
    title: str = ""
    suffixes: tuple[str, ...] = ()
    reads: bool = True
    writes: bool = True
    binary: bool = False

    def detect(self, source: Source) -> str | None:
        """Why `source` is taken for this format, or None if it is not."""
        raise NotImplementedError

    def read(self, source: Source, wanted: Wanted) -> tuple[Trajectory, list[str]]:
        """The trajectory and notes for the reader. Raises TrajectoryError that names the place."""
        raise NotImplementedError

    def write(self, trajectory: Trajectory) -> Sequence[str | bytes]:
        """The text or bytes of each file: one, or as many as there are tracks for a format of one file a track."""
        raise NotImplementedError

    def paths(self, target: Path, count: int) -> list[Path] | None:
        """Where `count` files go that have names of their own; None: numbered, as files.write_files does it."""
        return None

    def losses(self, trajectory: Trajectory) -> list[str]:
        """What of this trajectory the format can't hold, a sentence each."""
        raise NotImplementedError


def make_source(data: Any, names: Sequence[str] = ()) -> Source:
    """A Source of a text, bytes, a list of these, parsed JSON, or arrays of numpy or torch. Raises TrajectoryError."""
    if isinstance(data, (list, tuple)) and data and all(isinstance(part, (str, bytes, Arrays)) for part in data):
        if len(data) > MAX_TRACKS:
            raise TrajectoryError(f"there are {len(data)} texts, expected at most {MAX_TRACKS}.")
        parts = list(data)
        binary = [isinstance(part, Arrays) or (isinstance(part, bytes) and is_binary(part[:6])) for part in parts]
        if sum(binary) > _MOST_ARRAY_FILES:
            raise TrajectoryError(
                f"there are {sum(binary)} files of arrays, expected one, or two: positions and their visibility."
            )
        if sum(len(part) for part, packed in zip(parts, binary, strict=True) if not packed) > MAX_BYTES:
            raise TrajectoryError(f"the texts are larger than {MAX_BYTES:,} bytes together, the limit.")
    elif isinstance(data, (str, bytes, Arrays)):
        parts = [data]
    else:
        arrays = as_arrays(data)
        if arrays is None and not isinstance(data, (list, tuple, dict)):
            raise TrajectoryError(f"got {shown(data)}, expected a trajectory as text, as parsed JSON, or as arrays.")
        return Source(("",), (data if arrays is None else arrays,), tuple(names))
    texts, values = [], []
    for i, part in enumerate(parts):
        try:
            if isinstance(part, bytes) and is_binary(part[:6]):
                part = read_arrays(io.BytesIO(part))
            if isinstance(part, Arrays):
                text, value = "", part
            else:
                text = as_text(part, "the text" if len(parts) == 1 else f"text {i + 1}")
                value = parsed(text)
        except TrajectoryError as error:
            here = f"text {i + 1}"
            raise (
                error if len(parts) == 1 or str(error).startswith(here) else TrajectoryError(f"{here}: {error}")
            ) from None
        texts.append(text)
        values.append(value)
    return Source(tuple(texts), tuple(values), tuple(names))


def parsed(text: str) -> Any:
    """The value of a text in JSON or Python's spelling; its lines where each is such a text; else PLAIN."""
    start = text.lstrip()[:1]
    if start not in ("[", "{", '"', "'"):
        return PLAIN
    try:
        return decode_json(text)
    except TrajectoryError as error:
        problem = error
    if start == '"':
        return PLAIN  # a table whose first column has its name in quotes
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) > 1 and all(line.strip()[0] + line.strip()[-1] == "[]" for line in lines):
        return lines
    bare = text.strip().rstrip(",")
    if bare[:1] + bare[-1:] == "[]":
        try:
            return BarePairs(decode_json(f"[{bare}]"))
        except TrajectoryError:
            pass
    if "'" in text or start == "'":
        return decode_literal(text)
    raise problem


def samples_track(samples: Sequence[tuple[float, float]], name: str = "") -> Track:
    """A track that is at sample i of P at time i/(P-1): straight in between, so that reading loses nothing."""
    last = len(samples) - 1
    points = tuple(Point(x, y, t=i / last if last else None) for i, (x, y) in enumerate(samples))
    return Track(points, curve="polyline", name=name)


def frames_of_samples(tracks: Sequence[Track], wanted: Wanted, notes: list[str]) -> int:
    """The frame count: what the caller says, else the largest number of samples. Adds to `notes` what follows."""
    counts = [len(track.points) for track in tracks]
    most = max(counts)
    moving = sorted({count for count in counts if count > 1})
    if len(moving) > 1:
        notes.append(f"tracks have {moving[0]} to {moving[-1]} samples; each is spread over the whole clip")
    if wanted.frames is None:
        notes.append(f"no frame count was given: it is the number of samples, {most}")
        return most
    if moving and moving != [wanted.frames]:
        notes.append(f"samples are taken as equal steps of time and read off linearly at {wanted.frames} frames")
    return wanted.frames


def sample_losses(trajectory: Trajectory, held: Collection[str] = (), frames: int | None = None) -> list[str]:
    """What is lost where only one position a frame is kept, a sentence each.

    held: what the format does keep: "visibility", "names", "colors". frames: how many positions, default a frame each.
    """
    tracks = trajectory.tracks
    frames = trajectory.frames if frames is None else frames
    losses = []
    if any(not _is_samples(track, frames) for track in tracks):
        losses.append(f"control points, curve kinds, key times and easings: {frames} positions a track are left")
    hidden = np.flatnonzero(~trajectory.sample().visible.all(axis=1)) + 1
    if len(hidden) and "visibility" not in held:
        losses.append(f"visibility: hidden frames become visible (track {', '.join(map(str, hidden[:10]))})")
    for what, changed in (
        ("strength", any(track.strength != 1.0 for track in tracks)),
        ("radius", any(track.radius != DEFAULT_SIGMA_PX for track in tracks)),
        ("names", any(track.name for track in tracks)),
        ("colors", any(track.color is not None for track in tracks)),
    ):
        if changed and what not in held:
            losses.append(f"{what} of the tracks")
    losses.append(f"the frame rate, {trajectory.fps:g}")
    return losses


def _is_samples(track: Track, frames: int) -> bool:
    """Whether the track is one position a frame already, so that keeping these keeps all of its way."""
    same = samples_track([(p.x, p.y) for p in track.points])
    way = (track.points, track.curve, track.closed, track.start, track.end, track.easing)
    return way == (same.points, same.curve, False, 0.0, 1.0, "linear") and len(track.points) in (1, frames)
