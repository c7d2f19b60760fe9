"""Reading trajectories from files and pasted or wired text, and writing them so that nothing is ever half-written."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..errors import TrajectoryError
from .arrays import Arrays, is_binary, read_arrays
from .checks import integer
from .formats import ReadInfo, detected, format_for_suffix, format_named
from .formats.base import Wanted, make_source
from .formats.wan_move import visibility_path
from .limits import MAX_BYTES, MAX_CANVAS_PX, MAX_FRAMES, MAX_TRACKS
from .trajectory import PathLike, Trajectory


def read_text(
    data: Any,
    *,
    width: int | None = None,
    height: int | None = None,
    frames: int | None = None,
    format: str | None = None,
    names: Sequence[str] = (),
) -> tuple[Trajectory, ReadInfo]:
    """A trajectory from text (str or UTF-8 bytes), a list of texts (a track or more each), or parsed JSON values.

    Or from arrays: the bytes of an npy, npz or pt file, an array or tensor (T, N, 2), or a dict of them such as TRACKS.

    width, height, frames: what the text doesn't hold; where it does, the drawing is scaled and stretched to them.
    Without frames, formats of samples take their number of samples. format: a name in FORMATS, default by looking.
    names: of the tracks, for formats without. Returns the trajectory and how it was read. Raises TrajectoryError.
    """
    wanted = Wanted(
        width=None if width is None else integer("width", width, 1, MAX_CANVAS_PX),
        height=None if height is None else integer("height", height, 1, MAX_CANVAS_PX),
        frames=None if frames is None else integer("frames", frames, 1, MAX_FRAMES),
    )
    source = make_source(data, names)
    if format is None:
        known, reason = detected(source)
    else:
        known, reason = format_named(format), "the caller said so"
    trajectory, notes = known.read(source, wanted)
    return trajectory, ReadInfo(known.name, reason, tuple(notes))


def read_files(
    path: PathLike | Sequence[PathLike],
    *,
    width: int | None = None,
    height: int | None = None,
    frames: int | None = None,
    format: str | None = None,
) -> tuple[Trajectory, ReadInfo]:
    """`read_text` of a file, several files, or all .txt files of a folder (1, 2, ... 10). Raises TrajectoryError.

    x_tracks.npy is read with x_visibility.npy if that lies beside it, as Wan-Move has them; a note says so.
    """
    paths = [Path(path)] if isinstance(path, (str, os.PathLike)) else [Path(part) for part in path]
    if len(paths) == 1 and paths[0].is_dir():
        paths = sorted((p for p in paths[0].glob("*.txt") if not p.name.startswith(".")), key=_natural)
    if not 1 <= len(paths) <= MAX_TRACKS:
        raise TrajectoryError(f"{path}: found {len(paths)} .txt files, expected 1 to {MAX_TRACKS}.")
    beside = _visibility_beside(paths)
    data = [_data(part) for part in [*paths, *beside]]
    try:
        trajectory, info = read_text(
            data[0] if len(data) == 1 else data,
            width=width,
            height=height,
            frames=frames,
            format=format,
            names=[_name(part) for part in paths],
        )
        notes = (*info.notes, *(f"visibility is from {part.name}, which lies beside it" for part in beside))
        return trajectory, ReadInfo(info.format, info.reason, notes)
    except TrajectoryError as error:
        raise TrajectoryError(f"{path if isinstance(path, (str, os.PathLike)) else paths[0]}: {error}") from None


def write_files(trajectory: Trajectory, path: PathLike, format: str | None = None) -> tuple[list[Path], list[str]]:
    """Write the trajectory; returns the files written and what the format could not hold, a sentence each.

    format: a name in FORMATS, default by the ending. A format of one file a track writes several tracks into the folder
    `path` (1.txt, 2.txt, ...; it must not hold other .txt files), or, where path ends in .txt, beside it as NAME_1.txt,
    NAME_2.txt. Files appear whole or not at all. Raises TrajectoryError; the system's error for a disk is an OSError.
    """
    target = Path(path)
    single = not target.is_dir()
    suffix = target.suffix if single else ".txt"  # a folder means one file a track
    known = format_for_suffix(suffix) if format is None else format_named(format)
    if known.binary and not single:
        raise TrajectoryError(f"{target}: is a folder; name a file to write {known.name} to.")
    texts = list(known.write(trajectory))
    if not texts:
        raise TrajectoryError(f"there are no tracks, and {known.name} can't hold a trajectory without.")
    named = known.paths(target, len(texts)) if single else None
    paths = named or ([target] if single and len(texts) == 1 else _numbered(target, len(texts)))
    _write_all(paths, texts)
    return paths, known.losses(trajectory)


def _natural(path: Path) -> list[Any]:
    return [int(part) if part.isdigit() else part for part in re.split(r"([0-9]+)", path.name)]


def _name(path: Path) -> str:
    return path.stem.encode("utf-8", "replace").decode("utf-8")


def _visibility_beside(paths: list[Path]) -> list[Path]:
    """The file of visibility beside a single npy; a link is not followed, it could lead anywhere."""
    if len(paths) != 1 or paths[0].suffix.lower() != ".npy":
        return []
    beside = visibility_path(paths[0])
    return [beside] if beside.is_file() and not beside.is_symlink() else []


def _data(path: Path) -> bytes | Arrays:
    """The bytes of a text, no more than are needed to see that it is too large; arrays are unpacked with care."""
    if not path.exists():
        raise TrajectoryError(f"{path}: there is no such file.")
    if not path.is_file():
        raise TrajectoryError(f"{path}: not a file.")
    try:
        with open(path, "rb") as file:
            head = file.read(6)
            file.seek(0)
            return read_arrays(file) if is_binary(head) else file.read(MAX_BYTES + 1)
    except TrajectoryError as error:
        raise TrajectoryError(f"{path}: {error}") from None
    except OSError as error:
        raise TrajectoryError(f"{path}: can't be read ({error.strerror}).") from None


def _numbered(target: Path, count: int) -> list[Path]:
    digits = len(str(count))
    numbers = [f"{i + 1:0{digits}d}" for i in range(count)]
    if target.suffix.lower() == ".txt" and not target.is_dir():
        return [target.with_name(f"{target.stem}_{n}{target.suffix}") for n in numbers]
    paths = [target / f"{n}.txt" for n in numbers]
    if target.is_dir():
        others = sorted({p.name for p in target.glob("*.txt")} - {p.name for p in paths})
        if others:
            raise TrajectoryError(
                f"{target}: the folder holds other .txt files ({', '.join(others[:3])}), which would be read as tracks "
                "of this trajectory; choose an empty one."
            )
    elif target.exists():
        raise TrajectoryError(f"{target}: is a file, but {count} tracks need a folder or a name that ends in .txt.")
    return paths


def _write_all(paths: list[Path], texts: list[str | bytes]) -> None:
    """Write all texts beside their places first and move them there only when every one is on the disk."""
    waiting: list[tuple[Path, Path]] = []
    try:
        for path, text in zip(paths, texts, strict=True):
            place = Path(os.path.realpath(path))  # a link stays a link
            place.parent.mkdir(parents=True, exist_ok=True)
            temporary = place.with_name(f".{place.name}.{os.getpid()}.{os.urandom(4).hex()}.tmp")
            waiting.append((temporary, place))
            with open(temporary, "xb") as file:
                file.write(text if isinstance(text, bytes) else text.encode("utf-8"))
                file.flush()
                os.fsync(file.fileno())
        for temporary, place in waiting:
            os.replace(temporary, place)
    finally:
        for temporary, _ in waiting:
            temporary.unlink(missing_ok=True)
