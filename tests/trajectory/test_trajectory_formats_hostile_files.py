"""Files from strangers: zip bombs, lying headers, poisoned torch tables. Bounded before anything is unpacked or run."""

from __future__ import annotations

import io
import os
import pickle
import struct
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tora_core.errors import TrajectoryError
from tora_core.trajectory import FORMATS, read_files, read_text
from tora_core.trajectory.arrays import read_arrays
from tora_core.trajectory.torch_file import tensor_records

CANVAS = {"width": 64, "height": 48}


def header(text: str, version: int = 1) -> bytes:
    raw = text.encode("latin-1")
    return b"\x93NUMPY" + bytes([version, 0]) + struct.pack("<H" if version == 1 else "<I", len(raw)) + raw


def zipped(members: dict[str, bytes], how: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", how) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file.getvalue()


def plain(shape: str, data: bytes = b"", descr: str = "'<f4'") -> bytes:
    return header(f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n") + data


GOOD = plain("(1, 1, 2)", bytes(8))

HOSTILE = {
    "a header only": b"\x93NUMPY\x01\x00",
    "a header that is cut off": b"\x93NUMPY\x01\x00\xff\xff{'descr'",
    "a header of a gigabyte": b"\x93NUMPY\x02\x00" + struct.pack("<I", 2**30) + b"{}",
    "a header that is a program": plain("__import__('os').abort()"),
    "a shape without end": plain("(99999999999999, 99999999999999, 2)"),
    "a negative shape": plain("(-1, 2)", bytes(8)),
    "more axes than there are": plain("(1, 1, 1, 1, 1, 1, 1, 1, 1, 2)", bytes(8)),
    "fewer bytes than the shape asks for": plain("(3, 1, 2)", bytes(20)),
    "more bytes than the shape asks for": plain("(1, 1, 2)", bytes(20)),
    "objects": plain("(1,)", b"\x80\x04N.", "'|O'"),
    "a type of a hundred bytes": plain("(1,)", bytes(100), "'<f99'"),
    "records": plain("(1,)", bytes(8), "[('x', '<f4'), ('y', '<f4')]"),
    "version 9": b"\x93NUMPY\x09\x00" + GOOD[8:],
    "an empty zip": zipped({}),
    "a zip of texts": zipped({"a.txt": b"hello"}),
    "a zip that is cut off": zipped({"tracks.npy": GOOD})[:-30],
    "a zip of nothing but its start": b"PK\x03\x04" + bytes(100),
    "a member that is no array": zipped({"tracks.npy": b"hello"}),
    "packed with bzip2": zipped({"tracks.npy": GOOD}, zipfile.ZIP_BZIP2),
    "packed with lzma": zipped({"tracks.npy": GOOD}, zipfile.ZIP_LZMA),
    "members without end": zipped({f"{i}.npy": GOOD for i in range(600)}),
    "a bomb of zeros": zipped({"tracks.npy": plain("(1, 100000000, 1, 2)", bytes(8)), "b": bytes(50_000_000)}),
    "a table of contents of megabytes": zipped({f"{'n' * 60_000}{i}.npy": b"" for i in range(30)}, zipfile.ZIP_STORED),
    "an old torch file": b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.",
    "a torch file without its numbers": zipped({"a/data.pkl": pickle.dumps({"x": 1}, 2)}),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_end_in_trajectory_error(name: str) -> None:
    for format in (None, "wan-move", "cotracker", "tap-vid", "tracks", "csv"):
        with pytest.raises(TrajectoryError) as caught:
            read_text(HOSTILE[name], format=format, **CANVAS)
        assert 10 < len(str(caught.value)) < 700


def test_a_member_that_says_it_is_small_can_not_unpack_to_more() -> None:
    bomb = bytearray(zipped({"tracks.npy": plain("(1, 1, 2)", bytes(50_000_000))}))
    # The sizes stand in the local header and in the table of contents: make both lie.
    for signature, at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        place = bomb.index(signature) + at
        bomb[place : place + 4] = struct.pack("<I", len(GOOD))
    tracemalloc.start()
    with pytest.raises(TrajectoryError):
        read_text(bytes(bomb), **CANVAS)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5_000_000


def test_arrays_beyond_the_limit_are_measured_but_not_unpacked() -> None:
    video = io.BytesIO()
    np.save(video, np.zeros((120, 500, 500, 3), np.uint8))  # 90 MB, packed into 90 kB
    members = {"points.npy": plain("(1, 1, 2)", bytes(8)), "occluded.npy": plain("(1, 1)", bytes(1), "'|b1'")}
    data = zipped(members | {"video.npy": video.getvalue()})
    assert len(data) < 500_000
    tracemalloc.start()
    trajectory, _ = read_text(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (trajectory.width, trajectory.height) == (500, 500)
    assert peak < 5_000_000
    with pytest.raises(TrajectoryError, match=r"video \(120, 500, 500, 3\) of uint8 is larger than the limit"):
        read_arrays(data).values("video")


# ---- torch's tables


class Global:
    """Pickles as any global name that a file may ask for."""

    def __init__(self, name: str, *arguments: Any) -> None:
        self.name, self.arguments = name, arguments


def table(value: Any) -> bytes:
    """A table as torch.save writes it, by hand: only what these tests need."""

    def write(part: Any) -> bytes:
        if isinstance(part, Global):
            module, _, name = part.name.rpartition(".")
            return f"c{module}\n{name}\n".encode() + write(part.arguments) + b"R"
        if isinstance(part, Storage):
            return write(("storage", None, "0", "cpu", 4)).replace(b"N", b"ctorch\nFloatStorage\n", 1) + b"Q"
        if isinstance(part, tuple):
            return b"(" + b"".join(map(write, part)) + b"t"
        if isinstance(part, dict):
            return b"}(" + b"".join(write(k) + write(v) for k, v in part.items()) + b"u"
        return pickle.dumps(part, 2)[2:-1]

    return b"\x80\x02" + write(value) + b"."


class Storage:
    pass


def tensor(offset: int, shape: tuple, stride: tuple) -> Global:
    return Global(
        "torch._utils._rebuild_tensor_v2", Storage(), offset, shape, stride, False, Global("collections.OrderedDict")
    )


def test_a_plain_table_gives_where_its_numbers_lie() -> None:
    records = tensor_records(table({"tracks": tensor(1, (1, 1, 2), (2, 2, 1)), "fps": 8}))
    assert list(records) == ["tracks"]
    record = records["tracks"]
    assert (record.key, record.dtype, record.offset, record.shape, record.stride) == (
        "0",
        "float32",
        1,
        (1, 1, 2),
        (2, 2, 1),
    )


@pytest.mark.parametrize(
    "value",
    [
        Global("os.system", "touch poisoned"),
        Global("builtins.eval", "1"),
        Global("torch.load", "poisoned"),
        {"x": Global("posix.system", "touch poisoned")},
        Global("collections.OrderedDict"),
        8,
        "text",
        {},
        {"tracks": tensor(-1, (1, 2), (2, 1))},
        {"tracks": tensor(0, (2**50, 2), (2, 1))},
        {"tracks": tensor(0, (1, 2), (2,))},
        {"tracks": tensor(0, (1,) * 9, (1,) * 9)},
    ],
    ids=repr,
)
def test_a_table_that_asks_for_more_than_tensors_is_refused_and_nothing_is_run(
    value: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    data = zipped({"a/data.pkl": table(value), "a/data/0": bytes(16)}, zipfile.ZIP_STORED)
    with pytest.raises(TrajectoryError):
        read_text(data, **CANVAS)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("offset", "shape", "stride"),
    [(3, (1, 1, 2), (2, 2, 1)), (0, (3, 1, 2), (2, 2, 1)), (0, (1, 1, 2), (2, 2, 9)), (0, (30000, 500, 2), (0, 0, 0))],
)
def test_a_tensor_can_not_reach_out_of_its_storage_or_grow_beyond_the_limit(
    offset: int, shape: tuple, stride: tuple
) -> None:
    data = zipped({"a/data.pkl": table(tensor(offset, shape, stride)), "a/data/0": bytes(16)}, zipfile.ZIP_STORED)
    with pytest.raises(TrajectoryError, match=r"reaches out of its storage|is larger than the limit"):
        read_text(data, format="cotracker", **CANVAS)


@pytest.mark.parametrize(
    "data", [b"", b".", b"\x80\x02", b"\x80\x02(" * 1000, b"\x80\x02" + b"]" * 300_000 + b".", bytes(range(256))]
)
def test_broken_tables_end_in_trajectory_error(data: bytes) -> None:
    with pytest.raises(TrajectoryError):
        tensor_records(data)


# ---- the rest


def test_no_format_opens_a_file_that_a_text_names(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("1,2\n3,4")
    for known in FORMATS:
        with pytest.raises(TrajectoryError):
            read_text(str(secret), format=known.name, **CANVAS)


def test_a_file_of_arrays_may_be_larger_than_a_text_but_a_text_in_it_is_not_read(tmp_path: Path) -> None:
    with open(tmp_path / "large.npy", "wb") as file:
        file.write(plain("(1, 1, 2)"))
        file.truncate(200_000_000)
    with pytest.raises(
        TrajectoryError, match=r"large\.npy: an array \(1, 1, 2\) of float32 needs 8 bytes, the file has"
    ):
        read_files(tmp_path / "large.npy", **CANVAS)
