"""inspect: what a file is, told from its header, and what is wrong with it."""

from __future__ import annotations

import json
import math
import re
import struct
import sys

import pytest
import torch
from safetensors.torch import load_file, save_file

from tora_core.checkpoints import Report, inspect, save_adapter
from tora_core.checkpoints.dimensions import BaseSize
from tora_core.checkpoints.manifest import extractor_shapes, fuser_shapes
from tora_core.errors import CheckpointError

FIVE_B = BaseSize(
    layers=42, width=3072, head=64, time=512, text=4096, in_channels=16, out_channels=16, patch=2, positions=None
)


def _hollow(path, shapes, dtype="BF16"):
    """A safetensors file of full size whose values take no room on the disk."""
    header, end = {}, 0
    for key, shape in shapes.items():
        kind, size = ("I64", 8) if key.endswith("num_batches_tracked") else (dtype, 2)
        start, end = end, end + size * math.prod(shape)
        header[key] = {"dtype": kind, "shape": shape, "data_offsets": [start, end]}
    text = json.dumps(header).encode()
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        file.truncate(8 + len(text) + end)
    return path


hollow_files = pytest.mark.skipif(
    sys.platform == "win32", reason="a file without its blocks needs a sparse file system"
)


@hollow_files
def test_the_full_5b_model_is_recognised_from_its_header_alone(tmp_path):
    shapes = FIVE_B.shapes() | fuser_shapes(42, 3072) | extractor_shapes(42)
    path = _hollow(tmp_path / "tora.safetensors", shapes)
    report = inspect(path)
    assert report == Report(
        path=str(path),
        model="Tora for CogVideoX-5B",
        parts="base and adapter",
        layout="single file, diffusers keys",
        kind="t2v",
        kind_from="the base model's 16 input channels",
        layers=42,
        width=3072,
        in_channels=16,
        dtypes={"BF16": 6_264_678_248 - 168, "I64": 168},
        values=6_264_678_248,
        tensors=2622,
    )
    assert report.ok
    assert str(report).splitlines() == [
        f"file     {path}",
        "model    Tora for CogVideoX-5B: base and adapter",
        "kind     T2V (by the base model's 16 input channels)",
        "layout   single file, diffusers keys",
        "size     42 blocks, 3072 width, 16 input channels",
        "types    BF16 (6,264,678,080 values), I64 (168 values)",
        "holds    6,264,678,248 values in 2,622 tensors",
        "sound",
    ]


@hollow_files
def test_the_published_i2v_pair_is_recognised_from_either_file(tmp_path):
    fuser = {key.removeprefix("fuser."): shape for key, shape in fuser_shapes(42, 3072).items()}
    extractor = {key.removeprefix("traj_extractor."): shape for key, shape in extractor_shapes(42).items()}
    paths = [
        _hollow(tmp_path / "fuser_I2V.safetensors", fuser),
        _hollow(tmp_path / "traj_extractor_I2V.safetensors", extractor),
    ]
    reports = [inspect(path) for path in paths]
    assert reports[0] == reports[1] == inspect(paths[::-1]) == inspect(tmp_path)
    report = reports[0]
    assert (report.model, report.parts, report.layout) == ("Tora for CogVideoX-5B", "adapter", "adapter pair")
    assert (report.kind, report.kind_from) == ("i2v", "its file name")
    assert (report.layers, report.width, report.ok) == (42, 3072, True)


def test_a_sat_file_says_what_else_it_carries(tmp_path, tiny, i2v, write_sat):
    report = inspect(write_sat(tmp_path, tiny(**i2v).state_dict(), 3))
    assert (report.layout, report.kind, report.parts) == ("sat", "i2v", "base and adapter")
    assert report.model == "Tora for a small CogVideoX (64 wide, 3 blocks)"
    assert report.notes == ("also carries, unread: conditioner.* (1), first_stage_model.* (1)",)
    assert report.values == sum(value.numel() for value in tiny(**i2v).state_dict().values())
    assert report.ok


@pytest.fixture
def pair(tmp_path, tiny, write_pair):
    return write_pair(tmp_path, tiny().state_dict())


def test_a_lone_fuser_is_half_an_adapter_and_lacks_its_partner(pair):
    pair[1].unlink()
    report = inspect(pair[0])
    assert (report.parts, report.layout, report.layers) == ("fusers", "one half of an adapter pair", 3)
    assert [p for p in report.problems if "partner traj_extractor.safetensors is not beside it" in p]
    assert "PROBLEM  its partner" in str(report)
    assert str(report).endswith("1 problem(s)")


@pytest.mark.parametrize("n", [0, 1])
def test_a_fault_in_half_an_adapter_is_named_along_with_the_missing_partner(pair, n):
    pair[1 - n].unlink()
    state = load_file(pair[n])
    key = ["2.flow_beta_spatial.weight", "body.3.bn1.running_mean"][n]
    save_file({name: value for name, value in state.items() if name != key}, pair[n])
    problems = inspect(pair[n]).problems
    assert len(problems) == 2 and "is not beside it" in problems[0]
    assert problems[1].endswith(f"missing: {('fuser.', 'traj_extractor.')[n]}{key}")


def test_mixed_up_files_are_told_apart(tmp_path, pair, tiny, write_pair):
    other = write_pair(tmp_path, tiny(num_layers=2).state_dict(), "_I2V")
    assert [p for p in inspect([pair[0], other[1]]).problems if "T2V and I2V are mixed" in p]
    assert [p for p in inspect([pair[0], other[1]]).problems if "fusers are for 3 blocks, the extractor for 2" in p]
    pair[1].unlink()
    assert [p for p in inspect(pair[0]).problems if "only traj_extractor_I2V.safetensors" in p]


def test_a_pair_without_a_telling_name_says_that_nothing_tells(tmp_path, tiny, write_pair):
    report = inspect(write_pair(tmp_path, tiny().state_dict(), "_x")[0])
    assert report.kind is None and report.ok
    assert "kind     can't be told from this file" in str(report)
    assert "same keys and shapes" in report.notes[0]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda s: {k: v for k, v in s.items() if "fuser.1." not in k}, "fuser.1 missing entirely"),
        (lambda s: {k: v for k, v in s.items() if k != "norm_out.norm.bias"}, "missing: norm_out.norm.bias"),
        (lambda s: s | {"proj_out.bias": torch.ones(63)}, r"proj_out.bias is \(63,\), expected \(64,\)"),
        (lambda s: s | {"fuser.0.flow_cond_norm.bias": torch.ones(64).half()}, "mix the types F16 and F32"),
        (lambda s: s | {"fuser.7.flow_cond_norm.bias": torch.ones(64)}, "base model has 3 blocks, the fusers 8"),
        (lambda s: s | {"fuser.99999999.x": torch.ones(1)}, "do not trust it"),
    ],
)
def test_faults_are_listed_not_raised(tmp_path, tiny, change, words):
    path = tmp_path / "x.safetensors"
    save_file(change(tiny().state_dict()), path)
    problems = inspect(path).problems
    assert any(re.search(words, problem) for problem in problems), problems


def test_values_are_searched_for_nan_only_when_asked(tmp_path, tiny):
    state = tiny().state_dict()
    state["fuser.1.flow_cond_norm.bias"][5] = float("nan")
    save_file(state, tmp_path / "x.safetensors")
    assert inspect(tmp_path / "x.safetensors").ok
    problems = inspect(tmp_path / "x.safetensors", check_values=True).problems
    assert problems == ("1 tensors hold NaN or infinity: fuser.1.flow_cond_norm.bias",)


def _base(**shapes):
    return {key: torch.zeros(shape) for key, shape in (BASE | shapes).items()}


BASE = {
    "patch_embed.proj.weight": (64, 16, 2, 2),
    "patch_embed.text_proj.weight": (64, 20),
    "time_embedding.linear_1.weight": (24, 64),
    "proj_out.weight": (64, 64),
    "transformer_blocks.0.attn1.norm_q.weight": (32,),
}


@pytest.mark.parametrize(
    ("state", "model"),
    [
        ({"transformer_blocks.0.attn1.to_q.lora_A.weight": torch.zeros(1)}, "a CogVideoX LoRA"),
        ({"transformer.layers.0.attention.query_key_value.matrix_A.0": torch.zeros(1)}, "a CogVideoX LoRA"),
        ({"unet.x.lora_up.weight": torch.zeros(1)}, "a LoRA"),
        ({"encoder.conv_in.conv.weight": torch.zeros(1), "decoder.a": torch.zeros(1)}, "a CogVideoX VAE"),
        ({"encoder.conv_in.weight": torch.zeros(1), "decoder.a": torch.zeros(1)}, "a VAE"),
        ({"shared.weight": torch.zeros(1)}, "a T5 text encoder"),
        (_base() | {"out_projectors.0.weight": torch.zeros(1)}, "a CogVideoX ControlNet"),
        ({"down.0.w": torch.zeros(1), "up": torch.zeros(1)}, "unknown, has keys like down.0.w, up"),
        (_base(**{"patch_embed.proj.weight": (64, 256)}), "CogVideoX 1.5 (it folds two latent frames into a patch)"),
        (
            _base(**{"patch_embed.proj.weight": (64, 33, 2, 2)}),
            "CogVideoX-Fun or another variant (33 input channels)",
        ),
        (
            _base(**{"patch_embed.proj.weight": (64, 48, 2, 2)}),
            "CogVideoX-Fun or another variant (48 input channels)",
        ),
        (_base(**{"patch_embed.proj.weight": (1920, 16, 2, 2)}), "CogVideoX-2B (1920 wide)"),
    ],
)
def test_other_files_are_named_and_not_raised(tmp_path, state, model):
    path = tmp_path / "x.safetensors"
    save_file(state, path)
    report = inspect(path)
    assert report.model == model
    assert isinstance(str(report), str) and report.tensors == len(state)


def test_an_unknown_pickle_of_tensors_is_described_too(tmp_path):
    torch.save({"state_dict": {"a.b": torch.zeros(2, 3)}}, tmp_path / "x.pt")
    report = inspect(tmp_path / "x.pt")
    assert (report.model, report.values, report.dtypes) == ("unknown, has keys like a.b", 6, {"F32": 6})
    save_file({}, tmp_path / "empty.safetensors")
    assert inspect(tmp_path / "empty.safetensors").model == "unknown, holds no tensors"


def test_a_plain_base_and_our_own_file_are_told_apart(tmp_path, tiny):
    model = tiny()
    base = {k: v for k, v in model.state_dict().items() if not k.startswith(("fuser.", "traj_extractor."))}
    save_file(base, tmp_path / "base.safetensors")
    report = inspect(tmp_path / "base.safetensors")
    assert (report.parts, report.ok) == ("base", True)
    assert "without Tora's weights" in report.notes[0]
    own = inspect(save_adapter(model, tmp_path / "own.safetensors"))
    assert (own.parts, own.layout, own.kind_from) == ("adapter", "own single file", "its metadata")
    assert own.values == sum(value.numel() for value in load_file(tmp_path / "own.safetensors").values())


def test_a_file_that_is_not_there_raises(tmp_path):
    with pytest.raises(CheckpointError):
        inspect(tmp_path / "nothing")
