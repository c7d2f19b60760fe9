"""Broken, truncated and hostile files: a clear error each, and nothing is run or blown up."""

from __future__ import annotations

import io
import json
import os
import pickle
import random
import struct
import sys
import zipfile
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from tora_core.checkpoints import inspect, load_adapter, load_transformer
from tora_core.checkpoints.headers import HEADER_LIMIT, read_header
from tora_core.checkpoints.sources import open_source
from tora_core.errors import CheckpointError


def _safetensors(path: Path, header: object, data: bytes = b"", length: int | None = None) -> Path:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text) if length is None else length) + text + data)
    return path


def _entry(start: int, stop: int, shape: list[int], dtype: str = "F32") -> dict[str, object]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, stop]}


GOOD = {"a": _entry(0, 8, [2]), "b": _entry(8, 20, [3])}


def test_a_header_gives_types_shapes_and_metadata(tmp_path):
    path = tmp_path / "x.safetensors"
    save_file({"a": torch.zeros(2, 3, dtype=torch.bfloat16), "n": torch.tensor(7)}, path, {"who": "me"})
    header = read_header(path)
    assert header.metadata == {"who": "me"}
    assert {key: (info.dtype, info.shape, info.nbytes) for key, info in header.tensors.items()} == {
        "a": ("BF16", (2, 3), 12),
        "n": ("I64", (), 8),
    }


@pytest.mark.parametrize(
    ("header", "data", "length", "words"),
    [
        (GOOD, b"\0" * 19, None, r"cut off: 1 of 20 bytes of weights are missing"),
        (GOOD, b"\0" * 21, None, r"1 bytes after its last tensor"),
        (GOOD, b"\0" * 20, 2**60, r"said to be 1152921504606846976 bytes long"),
        (b'{"a":' + b" " * HEADER_LIMIT, b"", None, r"at most 33554432 are read"),
        (b'{"a": nonsense}', b"", None, r"no valid JSON"),
        (b'{"a":' + b"[" * 100_000, b"", None, r"no valid JSON"),
        (b'{"a": \xff}', b"", None, r"no valid JSON"),
        (b'{"a":1,"a":1}', b"", None, r"occurs twice"),
        ({"a": 3}, b"", None, r"entry for 'a' lacks"),
        ({"a": {"dtype": "F32", "shape": [2]}}, b"", None, r"entry for 'a' lacks"),
        ({"a": _entry(0, 8, [-2])}, b"\0" * 8, None, r"entry for 'a' lacks"),
        ({"a": _entry(0, 8, [2.0])}, b"\0" * 8, None, r"entry for 'a' lacks"),
        ({"a": _entry(0, 8, [2], "F31")}, b"\0" * 8, None, r"'F31', which is unknown"),
        ({"a": _entry(0, 8, [2**40])}, b"\0" * 8, None, r"needs 4398046511104 bytes"),
        ({"a": _entry(0, 8, [2]), "b": _entry(4, 12, [2])}, b"\0" * 12, None, r"'b' at byte 4 overlaps"),
        ({"a": _entry(0, 8, [2]), "b": _entry(12, 20, [2])}, b"\0" * 20, None, r"'b' at byte 12 leaves a gap"),
        ({"a": _entry(0, 800, [200])}, b"\0" * 8, None, r"cut off: 792 of 800"),
        ({"__metadata__": {"x": 3}, **GOOD}, b"\0" * 20, None, r"no table of strings"),
    ],
)
def test_a_header_that_is_broken_or_lies_is_refused(tmp_path, header, data, length, words):
    path = _safetensors(tmp_path / "x.safetensors", header, data, length)
    with pytest.raises(CheckpointError, match=words):
        inspect(path)


def test_a_sound_hand_made_file_passes_the_same_reader(tmp_path):
    assert len(read_header(_safetensors(tmp_path / "x.safetensors", GOOD, b"\0" * 20)).tensors) == 2


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:abc\nsize 1338924336\n", "Git LFS pointer"),
        (b"\n <!DOCTYPE html><html><body>403</body></html>", "web page"),
        (b"<html>login</html>", "web page"),
        (b'{"error":"Invalid username or password."}', "JSON text"),
        (b"GGUF\x03\0\0\0\0\0\0\0", "GGUF"),
        (b"\x1f\x8b\x08\0garbage", "gzip"),
        (b"hello, this is text", "begin with b'hello, this is t'"),
    ],
)
@pytest.mark.parametrize("call", [inspect, load_adapter, load_transformer])
def test_what_a_failed_download_leaves_is_named(tmp_path, content, words, call):
    path = tmp_path / "fuser.safetensors"
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=words):
        call(path)


@pytest.mark.parametrize("call", [inspect, load_adapter, load_transformer])
def test_a_path_that_is_not_there_is_named(tmp_path, call):
    with pytest.raises(CheckpointError, match=r"nowhere.safetensors can't be opened"):
        call(tmp_path / "nowhere.safetensors")


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights on Windows, and there are no pipes in folders")
def test_a_link_is_followed_a_dangling_one_and_a_pipe_are_refused(tmp_path):
    (tmp_path / "blob").write_bytes(_safetensors(tmp_path / "x", GOOD, b"\0" * 20).read_bytes())
    (tmp_path / "good").symlink_to(tmp_path / "blob")
    assert len(read_header(tmp_path / "good").tensors) == 2
    (tmp_path / "bad").symlink_to(tmp_path / "gone")
    with pytest.raises(CheckpointError, match="link to a file that is not there"):
        inspect(tmp_path / "bad")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(CheckpointError, match="no ordinary file"):
        inspect(tmp_path / "pipe")


class _Hostile:
    """Writes a file when unpickled by an unsafe loader."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self):
        return (Path.write_text, (self.target, "executed"))


@pytest.mark.parametrize("call", [inspect, load_adapter, load_transformer])
def test_a_hostile_pickle_is_refused_and_does_not_run(tmp_path, call):
    target = tmp_path / "executed"
    path = tmp_path / "mp_rank_00_model_states.pt"
    torch.save({"module": _Hostile(target)}, path)
    with pytest.raises(CheckpointError, match="besides tensors"):
        call(path)
    assert not target.exists()
    with zipfile.ZipFile(path) as archive:  # the trap is real: plain unpickling would have sprung it
        pickled = archive.read(next(name for name in archive.namelist() if name.endswith("data.pkl")))
    pickle.load(io.BytesIO(pickled))
    assert target.read_text() == "executed"


def test_pickles_of_other_forms_are_refused_in_words(tmp_path):
    old = tmp_path / "old.bin"
    torch.save({"a": torch.zeros(2)}, old, _use_new_zipfile_serialization=False)
    with pytest.raises(CheckpointError, match=r"old .bin or .ckpt.*safetensors version"):
        inspect(old)
    bare = tmp_path / "bare.ckpt"
    bare.write_bytes(pickle.dumps({"a": 1}))
    with pytest.raises(CheckpointError, match="bare Python pickle"):
        load_adapter(bare)
    a_list = tmp_path / "list.pt"
    torch.save([torch.zeros(2)], a_list)
    with pytest.raises(CheckpointError, match="holds a list, expected a table"):
        inspect(a_list)


def test_a_compressed_or_overfull_or_foreign_archive_is_refused(tmp_path):
    good = tmp_path / "good.pt"
    torch.save({"module": {"a": torch.zeros(100_000)}}, good)
    assert open_source(good).tensors["a"].shape == (100_000,)
    bomb = tmp_path / "bomb.pt"
    with zipfile.ZipFile(good) as archive, zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in archive.namelist():
            packed.writestr(name, archive.read(name))
    with pytest.raises(CheckpointError, match="compressed archive"):
        inspect(bomb)
    foreign = tmp_path / "photos.pt"
    with zipfile.ZipFile(foreign, "w") as packed:
        packed.writestr("picture.png", b"\0")
    with pytest.raises(CheckpointError, match=r"not one of torch.save"):
        inspect(foreign)
    cut = tmp_path / "cut.pt"
    cut.write_bytes(good.read_bytes()[:-5000])
    with pytest.raises(CheckpointError, match="cut off or damaged"):
        inspect(cut)


def test_a_tensor_that_repeats_one_number_a_trillion_times_is_refused(tmp_path):
    path = tmp_path / "expanded.pt"
    torch.save({"module": {"a": torch.zeros(1).expand(10**12)}}, path)
    with pytest.raises(CheckpointError, match="claims 4000000000000 bytes"):
        inspect(path)


@pytest.mark.parametrize("form", ["safetensors", "torch"])
def test_whatever_byte_is_broken_there_is_a_report_or_a_clear_error(tmp_path, form):
    path = tmp_path / "good"
    tensors = {"fuser.0.flow_cond_norm.bias": torch.ones(4), "traj_extractor.conv_in.weight": torch.ones(2, 4, 1, 1)}
    save_file(tensors, path, {"tora_format": "1"}) if form == "safetensors" else torch.save({"module": tensors}, path)
    good = path.read_bytes()
    dice = random.Random(0)
    outcomes = set()
    for _ in range(120):
        broken = bytearray(good)
        for _ in range(dice.choice((1, 3))):
            broken[dice.randrange(len(broken))] = dice.randrange(256)
        if dice.random() < 0.2:
            del broken[dice.randrange(len(broken)) :]
        path.write_bytes(broken)
        try:
            str(inspect(path))
            outcomes.add("report")
        except CheckpointError:
            outcomes.add("error")
    assert outcomes == {"report", "error"}


def _index(folder: Path, weight_map: object) -> Path:
    (folder / "config.json").write_text("{}")
    path = folder / "diffusion_pytorch_model.safetensors.index.json"
    path.write_text(json.dumps({"weight_map": weight_map}))
    return folder


@pytest.mark.parametrize(
    "name", ["../x.safetensors", "/etc/x.safetensors", "a\\x.safetensors", "C:x.safetensors", ".."]
)
def test_an_index_that_points_outside_its_folder_is_refused(tmp_path, name):
    with pytest.raises(CheckpointError, match="outside its folder"):
        load_transformer(_index(tmp_path, {"a": name}))


@pytest.mark.parametrize("weight_map", [None, [], {"a": 3}])
def test_an_index_without_a_table_is_refused(tmp_path, weight_map):
    with pytest.raises(CheckpointError, match="no table `weight_map`"):
        inspect(_index(tmp_path, weight_map))


def test_a_missing_shard_is_named_and_inspection_goes_on(tmp_path):
    save_file({"transformer_blocks.0.x": torch.zeros(2)}, tmp_path / "m-1.safetensors")
    weight_map = {"transformer_blocks.0.x": "m-1.safetensors", "b": "m-2.safetensors", "c": "m-2.safetensors"}
    folder = _index(tmp_path, weight_map)
    with pytest.raises(CheckpointError, match=r"m-2.safetensors is missing \(2 keys\)"):
        load_transformer(folder)
    assert any("m-2.safetensors is missing" in problem for problem in inspect(folder).problems)


def test_an_index_that_disagrees_with_its_shard_is_named(tmp_path):
    save_file({"transformer_blocks.0.x": torch.zeros(2)}, tmp_path / "m.safetensors")
    folder = _index(tmp_path, {"transformer_blocks.0.y": "m.safetensors"})
    problems = " ".join(inspect(folder).problems)
    assert "lacks transformer_blocks.0.y" in problems
    assert "unlisted by the index, transformer_blocks.0.x" in problems


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ([], "it is empty"),
        (["diffusion_pytorch_model.bin"], "pickles, which are not read"),
        (["a-00001-of-00002.safetensors"], "shards but not their"),
        (["a.safetensors", "b.safetensors"], r"several weight files \(a.safetensors, b.safetensors\)"),
        (["readme.txt"], "it holds readme.txt"),
    ],
)
def test_a_folder_without_readable_weights_says_what_it_holds_instead(tmp_path, files, words):
    for name in files:
        (tmp_path / name).write_bytes(b"x")
    with pytest.raises(CheckpointError, match=words):
        inspect(tmp_path)
