"""convert between the layouts: every value arrives, nothing half-written is left."""

from __future__ import annotations

import itertools
import json

import pytest
import torch
from safetensors.torch import load_file

from tora_core.checkpoints import convert, inspect, load_adapter, load_transformer, save_adapter
from tora_core.errors import CheckpointError


@pytest.fixture
def model(tiny):
    return tiny()


@pytest.fixture
def write(tmp_path, model, write_pair, write_sat):
    """Write the model in a layout and return its path."""

    def make(layout):
        if layout == "pair":
            (tmp_path / "src").mkdir()
            return write_pair(tmp_path / "src", model.state_dict())[1]
        if layout == "own":
            return save_adapter(model, tmp_path / "src.safetensors")
        if layout == "sat":
            return write_sat(tmp_path, model.state_dict(), 3)
        model.save_pretrained(tmp_path / "src")
        return tmp_path / "src"

    return make


@pytest.mark.parametrize(
    ("source", "target"), list(itertools.product(["pair", "own", "sat", "diffusers"], ["pair", "own"]))
)
def test_an_adapter_goes_from_every_layout_to_both_of_its_own(tmp_path, model, write, equal_states, source, target):
    dst = tmp_path / ("out.safetensors" if target == "own" else "out")
    written = convert(write(source), dst, layout=target)
    names = {"own": ["out.safetensors"], "pair": ["fuser.safetensors", "traj_extractor.safetensors"]}[target]
    assert [path.name for path in written] == names
    adapter = load_adapter(written[0])
    state = model.state_dict()
    equal_states(adapter.state_dict(), {k: v for k, v in state.items() if k.startswith(("fuser.", "traj_extractor."))})
    assert adapter.kind == "t2v"
    assert sorted(p.name for p in written[0].parent.iterdir() if p.name.startswith(".")) == []


@pytest.mark.parametrize("source", ["sat", "diffusers"])
@pytest.mark.parametrize("shard_bytes", [2 * 10**9, 200_000])
def test_a_whole_model_goes_to_a_diffusers_folder(
    tmp_path, model, write, predict, equal_states, monkeypatch, source, shard_bytes
):
    monkeypatch.setattr("tora_core.checkpoints.conversion.SHARD_BYTES", shard_bytes)
    written = convert(write(source), tmp_path / "out", layout="diffusers")
    shards = [path for path in written if path.suffix == ".safetensors"]
    assert len(shards) == 1 if shard_bytes > 10**9 else len(shards) > 2
    assert sorted(path.name for path in written) == sorted(path.name for path in (tmp_path / "out").iterdir())
    assert inspect(tmp_path / "out").ok
    loaded = load_transformer(tmp_path / "out")
    equal_states(loaded.state_dict(), model.state_dict())
    assert torch.equal(predict(loaded), predict(model))


def test_diffusers_itself_reads_the_folder(tmp_path, model, write, equal_states):
    convert(write("sat"), tmp_path / "out", layout="diffusers")
    config = json.loads((tmp_path / "out" / "config.json").read_text())
    assert config["_class_name"] == "ToraTransformer3DModel"
    equal_states(type(model).from_pretrained(tmp_path / "out").state_dict(), model.state_dict())


def test_a_plain_base_becomes_a_plain_folder(tmp_path, model, sat_state):
    plain = {k: v for k, v in sat_state(model.state_dict(), 3).items() if "fuser_list" not in k and "traj_ext" not in k}
    torch.save({"module": plain}, tmp_path / "sat.pt")
    convert(tmp_path / "sat.pt", tmp_path / "out", layout="diffusers")
    assert json.loads((tmp_path / "out" / "config.json").read_text())["_class_name"] == "CogVideoXTransformer3DModel"
    assert inspect(tmp_path / "out").parts == "base"


@pytest.mark.parametrize("dtype", [torch.float16, "bfloat16"])
def test_dtype_sets_the_type_of_all_but_the_counters(tmp_path, write, dtype):
    path = convert(write("own"), tmp_path / "out.safetensors", layout="own", dtype=dtype)[0]
    types = {key.endswith("num_batches_tracked"): value.dtype for key, value in load_file(path).items()}
    assert types == {True: torch.int64, False: torch.float16 if dtype == torch.float16 else torch.bfloat16}


def test_an_i2v_pair_gets_the_published_suffix_and_keeps_its_kind(tmp_path, tiny):
    own = save_adapter(tiny(in_channels=32), tmp_path / "a.safetensors")
    written = convert(own, tmp_path / "out", layout="pair")
    assert [path.name for path in written] == ["fuser_I2V.safetensors", "traj_extractor_I2V.safetensors"]
    assert load_adapter(written).kind == "i2v"


def test_a_kind_may_be_given_where_the_file_is_silent_but_not_against_it(tmp_path, write, write_pair, model):
    silent = write_pair(tmp_path, model.state_dict(), "_mine")[0]
    path = convert(silent, tmp_path / "out.safetensors", layout="own", kind="i2v")[0]
    assert load_adapter(path).kind == "i2v"
    with pytest.raises(CheckpointError, match=r"kind is 't2v', but .* is i2v by its metadata"):
        convert(path, tmp_path / "pair", layout="pair", kind="t2v")


def test_what_exists_is_not_overwritten_unasked(tmp_path, write):
    source = write("own")
    target = tmp_path / "out.safetensors"
    target.write_bytes(b"precious")
    with pytest.raises(CheckpointError, match="exists already"):
        convert(source, target, layout="own")
    assert target.read_bytes() == b"precious"
    convert(source, target, layout="own", overwrite=True)
    assert inspect(target).ok
    with pytest.raises(CheckpointError, match="is being read from"):
        convert(target, target, layout="own", overwrite=True)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").write_text("x")
    with pytest.raises(CheckpointError, match="is a folder, expected a file name"):
        convert(source, tmp_path / "full", layout="own")
    with pytest.raises(CheckpointError, match="a folder that is new or empty"):
        convert(write("diffusers"), tmp_path / "full", layout="diffusers")


def test_an_adapter_alone_makes_no_diffusers_folder(tmp_path, write):
    with pytest.raises(CheckpointError, match="holds no base model"):
        convert(write("own"), tmp_path / "out", layout="diffusers")
    assert not (tmp_path / "out").exists()


def test_an_unknown_layout_is_refused(tmp_path, write):
    with pytest.raises(CheckpointError, match="layout is 'sat', expected one of own, pair, diffusers"):
        convert(write("own"), tmp_path / "out", layout="sat")


@pytest.mark.parametrize("layout", ["pair", "diffusers"])
def test_a_conversion_that_is_interrupted_leaves_nothing(tmp_path, write, monkeypatch, layout):
    source = write("diffusers")
    calls = []

    def second_fails(tensors, path, metadata):
        calls.append(path)
        path.write_bytes(b"half")
        if len(calls) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr("tora_core.checkpoints.conversion.save_file", second_fails)
    monkeypatch.setattr("tora_core.checkpoints.conversion.SHARD_BYTES", 200_000)
    with pytest.raises(KeyboardInterrupt):
        convert(source, tmp_path / "out", layout=layout)
    assert len(calls) == 2
    left = [path for path in tmp_path.rglob("*") if path.is_file() and source not in path.parents]
    assert left == []
