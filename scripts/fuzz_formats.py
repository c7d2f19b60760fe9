"""Feed mutated inputs to every trajectory reader: only ToraError may come out, in bounded time and memory.

    python scripts/fuzz_formats.py [COUNT] [--seed N]

COUNT is 200,000 by default. The inputs begin as one small trajectory in every format that can be written, and then
lose, gain, repeat and swap bytes, numbers and whole parts of one another. What is read is sampled, and now and then
written in another format. Prints the slowest input and the largest memory; exits with 1 and the input if anything else
than ToraError came out.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import sys
import time
import traceback
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tora_core.errors import ToraError
from tora_core.trajectory import FORMATS, Point, Track, Trajectory, VisibilityKey, read_text

NUMBERS = [
    b"0",
    b"-1",
    b"1e308",
    b"1e999",
    b"NaN",
    b"-Infinity",
    b"99999999999999999999",
    b"0.1",
    b"1" * 500,
    b"null",
    b'"a"',
]
PIECES = [
    b"[",
    b"]",
    b"{",
    b"}",
    b",",
    b":",
    b'"',
    b"'",
    b"\\",
    b"\n",
    b";",
    b"\t",
    b"\x00",
    b"\xff",
    b"<",
    b">",
    b"M",
    b"a1 1 0 01",
]
READERS = [None, *(known.name for known in FORMATS)]
WRITERS = [known for known in FORMATS if known.writes]


Seed = tuple[str | None, bytes]
"""The name of the format that an input began as, None if it is left to be found out, and the input."""

CURVES = (
    b'<svg viewBox="0 0 9 9"><g transform="rotate(30 4 4)"><path style="stroke:#f00" d="m1 1q2 2 3 0t1 1a2 3 9 013 4'
    b's1 1 2 2zM5 5h1v2H0"/><polygon points="1,2 3,4 5 6"/></g></svg>'
)


def seeds() -> list[Seed]:
    """One small trajectory in every format, a few other shapes that the readers know, and tensors if torch is here."""
    trajectory = Trajectory(
        width=64,
        height=48,
        frames=5,
        tracks=(
            Track((Point(1, 2, handle_out=(5, 5)), Point(30.5, 40, t=0.5), Point(60, 3)), curve="bezier", name="a"),
            Track(((5, 5), (9, 9), (40, 8)), closed=True, visibility=(VisibilityKey(0.5, False),), color="#ff0000"),
            Track(((7, 7),), start=0.25, after="hold", easing="in-out"),
        ),
    )
    found: list[Seed] = []
    for known in WRITERS:
        found += [(known.name, part if isinstance(part, bytes) else part.encode()) for part in known.write(trajectory)]
    found += [
        ("spline-editor", b"[{'x': 1, 'y': 2}]"),
        ("spline-editor", b'["[{\\"x\\": 1, \\"y\\": 2}]"]'),
        ("tora-text-box", b"[40, 208], [40, 148]"),
        ("csv", b"track;frame;x;y\n1;0;1,5;2\n1;4;3;4\n"),
        ("svg", CURVES),
        ("tracks", b'{"track_path": [[[1, 2]], [[3, 4]]], "track_visibility": [[true], [false]]}'),
        ("points-store", b'[{"points":[{"x":0,"y":48,"h1x":1,"h1y":2}],"color":"#1f77b4","isSinglePoint":true}]'),
    ]
    with contextlib.suppress(ImportError):
        import torch

        file = io.BytesIO()
        torch.save({"tracks": torch.rand(1, 5, 2, 2) * 40, "visibility": torch.ones(1, 5, 2, dtype=torch.bool)}, file)
        found.append(("cotracker", file.getvalue()))
    return found


def mutated(generator: np.random.Generator, known: list[Seed]) -> Seed:
    """A seed with up to three changes; now and then of an array inside a zip file, which is packed again."""
    name, data = known[generator.integers(len(known))]
    if data.startswith(b"PK") and generator.random() < 0.7:
        return name, _repacked(generator, data)
    for _ in range(generator.integers(0, 4)):
        data = _changed(generator, data, [part for _, part in known])
    return name, data


def _changed(generator: np.random.Generator, data: bytes, known: list[bytes]) -> bytes:
    a, b = sorted(int(v) for v in generator.integers(0, len(data) + 1, 2))
    kind = generator.integers(12)
    if kind == 0:
        return data[:a] + bytes([generator.integers(256)]) + data[a + 1 :]
    if kind == 1:
        return data[:a] + data[min(b, a + 20) :]
    if kind == 2:
        return data[:a] + data[a:b][:50] * int(generator.integers(2, 5)) + data[b:]
    if kind == 3:
        return data[:a] + PIECES[generator.integers(len(PIECES))] * int(generator.integers(1, 40)) + data[a:]
    if kind == 4:
        other = known[generator.integers(len(known))]
        c, d = sorted(int(v) for v in generator.integers(0, len(other) + 1, 2))
        return data[:a] + other[c:d] + data[b:]
    if kind == 5:
        return data[:b]
    # A number becomes another one.
    places = [i for i in range(len(data)) if data[i : i + 1].isdigit() and not data[i - 1 : i].isdigit()]
    if not places:
        return data
    at = places[generator.integers(len(places))]
    end = at + 1
    while end < len(data) and data[end : end + 1] in b"0123456789.":
        end += 1
    return data[:at] + NUMBERS[generator.integers(len(NUMBERS))] + data[end:]


def _repacked(generator: np.random.Generator, data: bytes) -> bytes:
    result = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.infolist():
            part = old.read(member)
            if generator.random() < 0.5:
                part = _changed(generator, part, [part])
            if generator.random() < 0.95:
                name = (
                    member.filename if generator.random() < 0.9 else f"{member.filename[:-1]}{generator.integers(99)}"
                )
                if name not in new.namelist():  # else zipfile warns
                    new.writestr(name, part)
    return result.getvalue()


def read_one(generator: np.random.Generator, seed: Seed) -> bool:
    """Read the input, mostly by the reader of its format; sample and perhaps write it. Whether it was a trajectory."""
    name, data = seed
    if generator.random() < 0.5:
        name = READERS[generator.integers(len(READERS))] if generator.random() < 0.5 else None
    value: Any = data
    if generator.random() < 0.3:
        value = data.decode("utf-8", "replace")
    elif generator.random() < 0.1:
        value = [data, data]
    size: dict[str, Any] = {"width": 64, "height": 48} if generator.random() < 0.8 else {}
    frames = int(generator.integers(1, 9)) if generator.random() < 0.5 else None
    try:
        trajectory, _ = read_text(value, format=name, frames=frames, **size)
    except ToraError:
        return False
    trajectory.sample(frames=3)
    if generator.random() < 0.2 and trajectory.frames < 1000:
        known = WRITERS[generator.integers(len(WRITERS))]
        with contextlib.suppress(ToraError):
            known.write(trajectory)
            known.losses(trajectory)
    return True


def fuzz(count: int, seed: int = 0) -> dict[str, Any]:
    """Run `count` inputs; returns how many were read, and the slowest in seconds. Anything but ToraError is raised."""
    generator = np.random.default_rng(seed)
    known = seeds()
    read, slowest = 0, (0.0, b"")
    for i in range(count):
        name, data = mutated(generator, known)
        began = time.perf_counter()
        try:
            read += read_one(generator, (name, data))
        except BaseException:
            print(f"input {i} of seed {seed}, begun as {name}: {data[:2000]!r}", file=sys.stderr)
            raise
        slowest = max(slowest, (time.perf_counter() - began, data[:200]))
    return {"count": count, "read": read, "slowest_s": slowest[0], "slowest_input": slowest[1]}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("count", type=int, nargs="?", default=200_000)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    with contextlib.suppress(ImportError):  # not on Windows
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (6 * 1024**3, 6 * 1024**3))
    began = time.perf_counter()
    try:
        found = fuzz(args.count, args.seed)
    except BaseException:
        traceback.print_exc()
        return 1
    print(f"{found['count']:,} inputs in {time.perf_counter() - began:.0f} s, {found['read']:,} were trajectories")
    print(f"slowest {found['slowest_s']:.2f} s: {found['slowest_input']!r}")
    with contextlib.suppress(ImportError):
        import resource

        print(f"largest memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
