"""The record of the last run of the tests inside ComfyUI, tests/host/last_run.json: written, read and put in words.

Where ComfyUI is missing, as on the machine that checks every change, those tests are skipped; the record says when
they were last run, with what result, and whether the sources are still those that were run. Standard library only.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

RECORD = Path("tests", "host", "last_run.json")
"""Below the checkout's root; committed."""

SOURCES = ("__init__.py", "nodes", "tora_core", "tests/host")
"""What a run inside ComfyUI tests: the record tells when one of these is no longer what it was."""

AGAIN = "Run them again: python run.py host"
TEXT = (".py", ".json", ".md", ".txt", ".mjs", ".js")


def fingerprints(root: Path) -> dict[str, str]:
    """A hash of each of SOURCES: names and contents, the same on every system; the record itself doesn't count."""
    return {source: _fingerprint(root, root / source) for source in SOURCES}


def _fingerprint(root: Path, source: Path) -> str:
    total = hashlib.sha256()
    for path in sorted(_files(source), key=lambda path: path.relative_to(root).as_posix()):
        if path == root / RECORD:
            continue
        content = path.read_bytes()
        if path.suffix in TEXT:
            content = content.replace(b"\r\n", b"\n")  # git may have changed the line ends
        total.update(f"{path.relative_to(root).as_posix()}\0{len(content)}\0".encode())
        total.update(content)
    return total.hexdigest()[:16]


def _files(source: Path) -> Iterator[Path]:
    if source.is_file():
        yield source
    for folder, folders, names in os.walk(source):
        folders[:] = [name for name in folders if name != "__pycache__" and not name.startswith(".")]
        yield from (Path(folder, name) for name in names if not name.startswith(".") and not name.endswith(".pyc"))


def write(root: Path, record: dict[str, Any], sources: dict[str, str]) -> Path:
    """Write a record of now; sources: the fingerprints of what was run, taken before it was."""
    path = root / RECORD
    now = datetime.datetime.now(datetime.timezone.utc)
    whole = {"date": now.isoformat(timespec="seconds"), **record, "sources": sources}
    path.write_text(json.dumps(whole, indent=1) + "\n", encoding="utf-8")
    return path


def read(root: Path) -> dict[str, Any] | None:
    """The record, or None where there is none. Raises ValueError where it can't be read."""
    try:
        text = (root / RECORD).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    try:
        record = json.loads(text)
        datetime.datetime.fromisoformat(record["date"])
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{RECORD.as_posix()} can't be read ({error})") from None
    return record


def told(root: Path, now: datetime.datetime | None = None) -> list[str]:
    """Lines for people: when the tests were last run inside ComfyUI, what came of it, and whether it still counts."""
    try:
        record = read(root)
    except ValueError as error:
        return [f"WARNING: {error}. {AGAIN}"]
    if record is None:
        return [f"WARNING: the tests inside ComfyUI have never been run: no {RECORD.as_posix()}. {AGAIN}"]
    host = record["comfyui"]
    subjects = ", ".join(Path(file).stem.removeprefix("test_") for file in record["files"])
    lines = [
        f"Last run inside ComfyUI: {record['date'][:10]} ({_age(record['date'], now)}), ComfyUI {host['version']} "
        f"({host['commit'][:8]}), Python {record['python']}, torch {record['torch']}: {record['passed']} passed, "
        f"{record['failed']} failed, {record['skipped']} skipped; covers {subjects}.",
    ]
    if record["failed"]:
        lines.append(f"WARNING: {record['failed']} TESTS FAILED in that run.")
    then, today = record["sources"], fingerprints(root)
    changed = [source for source in today if then.get(source) != today[source]]
    if changed:
        lines.append(f"WARNING: changed since that run: {', '.join(changed)}. {AGAIN}")
    return lines


def _age(date: str, now: datetime.datetime | None) -> str:
    then = datetime.datetime.fromisoformat(date)
    days = ((now or datetime.datetime.now(datetime.timezone.utc)) - then).days
    return {0: "today", 1: "1 day ago"}.get(days, f"{days} days ago")
