"""What a file is by its first bytes, before any parser sees it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from ..errors import CheckpointError

HEAD_BYTES = 512

_OTHER_FORMS = (
    (b"GGUF", "a GGUF file"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x89HDF", "an HDF5 file"),
    (b"\x93NUMPY", "a NumPy array"),
)


def form_of(path: str | os.PathLike[str]) -> str:
    """One of "safetensors", "torch-zip" (torch.save since 1.6), or "other: WORDS" for a readable file of another form.

    Raises CheckpointError for what is no file, is empty, or was left by a failed download (a Git LFS pointer, a web
    page, an error message).
    """
    path = require_file(path)
    size = path.stat().st_size
    if size == 0:
        raise CheckpointError(f"{path} is empty: the download did not start. Download it again.")
    head = head_of(path)
    text = head.lstrip().lower()
    if head.startswith(b"version https://git-lfs"):
        raise CheckpointError(
            f"{path} is a Git LFS pointer of {size} bytes, not the weights. Run `git lfs pull`, or download the "
            "file itself again."
        )
    if text.startswith((b"<!doctype", b"<html", b"<?xml")):
        raise CheckpointError(
            f"{path} is a web page, not weights (a login or error page was saved). Download it again."
        )
    if len(head) > 8 and head[8:9] == b"{":
        return "safetensors"
    if head.startswith(b"PK\x03\x04"):
        return "torch-zip"
    if text.startswith((b"{", b"[")):
        return "other: JSON text"
    if head[:1] == b"\x80" and head[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05"):
        return "other: a bare Python pickle"
    for start, words in _OTHER_FORMS:
        if head.startswith(start):
            return f"other: {words}"
    return f"other: bytes that begin with {head[:16]!r}"


def require_file(path: str | os.PathLike[str]) -> Path:
    """The path as Path; raises CheckpointError unless it leads, over links or not, to an ordinary file."""
    path = Path(path)
    mode = mode_of(path)
    if stat.S_ISDIR(mode):
        raise CheckpointError(f"{path} is a folder, expected a weight file.")
    if not stat.S_ISREG(mode):
        raise CheckpointError(f"{path} is no ordinary file (a device or a pipe); give the weight file itself.")
    return path


def mode_of(path: Path) -> int:
    try:
        return path.stat().st_mode
    except (OSError, ValueError) as error:
        if path.is_symlink():
            raise CheckpointError(f"{path} is a link to a file that is not there. Download it again.") from error
        raise CheckpointError(f"{path} can't be opened ({_reason(error)}). Check the path.") from error


def head_of(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(HEAD_BYTES)
    except OSError as error:
        raise CheckpointError(f"{path} can't be read ({_reason(error)}). Check its permissions.") from error


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
