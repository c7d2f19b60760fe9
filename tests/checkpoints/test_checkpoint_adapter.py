"""load_adapter from every layout, strictness, and saving."""

from __future__ import annotations

import shutil
from types import SimpleNamespace

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import nn

from tora_core.checkpoints import ToraAdapter, load_adapter, save_adapter
from tora_core.checkpoints.pairs import part_by_name
from tora_core.errors import CheckpointError
from tora_core.motion import MotionGuidanceFuser, TrajectoryExtractor


@pytest.fixture(scope="module")
def state(tiny):
    return tiny().state_dict()


@pytest.fixture(scope="module")
def adapter_state(state):
    return {key: value for key, value in state.items() if key.startswith(("fuser.", "traj_extractor."))}


@pytest.fixture
def pair(tmp_path, state, write_pair):
    return write_pair(tmp_path, state)


def _written(layout, tmp_path, tiny, write_pair, write_sat):
    model = tiny()
    state = model.state_dict()
    if layout == "fuser file":
        return write_pair(tmp_path, state)[0]
    if layout == "extractor file":
        return write_pair(tmp_path, state)[1]
    if layout == "both files, turned round":
        return write_pair(tmp_path, state)[::-1]
    if layout == "folder with the pair":
        write_pair(tmp_path, state)
        return tmp_path
    if layout in ("sat", "folder with sat"):
        path = write_sat(tmp_path, state, 3)
        return path if layout == "sat" else tmp_path
    if layout == "own":
        return save_adapter(model, tmp_path / "mine.safetensors")
    folder = tmp_path / "pipeline" / "transformer"
    model.save_pretrained(folder, max_shard_size="200KB" if layout == "diffusers shards" else "5GB")
    if layout == "pipeline folder":
        (tmp_path / "pipeline" / "model_index.json").write_text("{}")
        return tmp_path / "pipeline"
    if layout == "diffusers single file":
        return folder / "diffusion_pytorch_model.safetensors"
    return folder


LAYOUTS = [
    "fuser file",
    "extractor file",
    "both files, turned round",
    "folder with the pair",
    "sat",
    "folder with sat",
    "own",
    "diffusers folder",
    "diffusers shards",
    "diffusers single file",
    "pipeline folder",
]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_gives_the_same_adapter(
    layout, tmp_path, tiny, write_pair, write_sat, adapter_state, equal_states
):
    path = _written(layout, tmp_path, tiny, write_pair, write_sat)
    if layout == "diffusers shards":
        assert len(list(path.glob("*.safetensors"))) > 2
    adapter = load_adapter(path)
    equal_states(adapter.state_dict(), adapter_state)
    assert (adapter.kind, adapter.layers, adapter.width, adapter.dtype) == ("t2v", 3, 64, torch.float32)
    assert isinstance(adapter.extractor, TrajectoryExtractor)
    assert [type(fuser) for fuser in adapter.fusers] == [MotionGuidanceFuser] * 3
    assert not adapter.extractor.training


def test_the_loaded_modules_compute_what_the_saved_ones_did(pair, tiny):
    model, adapter = tiny(), load_adapter(pair[0])
    latents = torch.randn(1, 3, 16, 6, 8, generator=torch.Generator().manual_seed(3))
    tokens = torch.randn(1, 3 * 12, 64, generator=torch.Generator().manual_seed(4))
    with torch.no_grad():
        features = adapter.extractor(latents)
        for mine, theirs in zip(features, model.encode_motion(latents), strict=True):
            assert torch.equal(mine, theirs)
        bent = adapter.fusers[1](tokens, features[1], frames=3)
        assert torch.equal(bent, model.fuser[1](tokens, features[1], frames=3))
        assert not torch.equal(bent, tokens)


def test_types_the_fusers_follow_dtype_the_extractor_stays_float32(tmp_path, adapter_state, write_pair):
    half = {key: value.bfloat16() if value.is_floating_point() else value for key, value in adapter_state.items()}
    path = write_pair(tmp_path, half)[0]
    as_stored, asked = load_adapter(path), load_adapter(path, dtype="float16")
    assert (as_stored.dtype, asked.dtype) == (torch.bfloat16, torch.float16)
    for adapter in (as_stored, asked):
        assert {value.dtype for value in adapter.fusers.state_dict().values()} == {adapter.dtype}
        types = {value.dtype for value in adapter.extractor.state_dict().values()}
        assert types == {torch.float32, torch.int64}
    key = "fuser.2.flow_beta_temporal.weight"
    assert torch.equal(asked.state_dict()[key], half[key].half())


def test_the_batch_counters_come_back_as_integers_even_when_stored_in_16_bits(tmp_path, adapter_state, write_pair):
    path = write_pair(tmp_path, {key: value.half() for key, value in adapter_state.items()})[0]
    counter = load_adapter(path).extractor.body[0].bn1.num_batches_tracked
    assert counter.dtype == torch.int64 and counter.item() == 7


@pytest.mark.parametrize("dtype", [torch.int8, "float12", 16])
def test_a_type_that_is_no_float_type_is_refused(pair, dtype):
    with pytest.raises(CheckpointError, match="expected one of float64, float32"):
        load_adapter(pair[0], dtype=dtype)


def test_values_that_do_not_fit_the_asked_type_are_refused(tmp_path, adapter_state, write_pair):
    large = dict(adapter_state)
    large["fuser.0.flow_beta_spatial.bias"] = torch.full_like(large["fuser.0.flow_beta_spatial.bias"], 70_000.0)
    path = write_pair(tmp_path, large)[0]
    with pytest.raises(CheckpointError, match=r"0.flow_beta_spatial.bias has values too large for torch.float16"):
        load_adapter(path, dtype=torch.float16)
    assert load_adapter(path, dtype=torch.bfloat16).layers == 3


def test_fusers_of_mixed_types_need_a_dtype(tmp_path, adapter_state, write_pair):
    mixed = dict(adapter_state)
    key = "fuser.1.flow_beta_spatial.weight"
    mixed[key] = mixed[key].half()
    path = write_pair(tmp_path, mixed)[0]
    with pytest.raises(CheckpointError, match="mix F16 and F32; give the dtype"):
        load_adapter(path)
    assert load_adapter(path, dtype=torch.float16).dtype == torch.float16


def test_eight_bit_fusers_need_a_dtype(tmp_path, adapter_state, write_pair):
    small = {k: v.to(torch.float8_e4m3fn) if k.startswith("fuser.") else v for k, v in adapter_state.items()}
    path = write_pair(tmp_path, small)[0]
    with pytest.raises(CheckpointError, match="F8_E4M3, which torch can't compute with"):
        load_adapter(path)
    assert load_adapter(path, dtype="bfloat16").dtype == torch.bfloat16


def test_a_pair_in_two_folders_is_found(tmp_path, pair, adapter_state, equal_states):
    for path, name in zip(pair, ("fuser", "traj_extractor"), strict=True):
        (tmp_path / "split" / name).mkdir(parents=True)
        path.rename(tmp_path / "split" / name / path.name)
    for path in sorted((tmp_path / "split").glob("*/*.safetensors")):
        adapter = load_adapter(path)
        assert (adapter.kind, adapter.layout) == ("t2v", "adapter pair")
        equal_states(adapter.state_dict(), adapter_state)


@pytest.mark.parametrize("mapped", [True, False])
def test_what_is_written_into_the_weights_never_reaches_the_files(pair, mapped):
    before = [path.read_bytes() for path in pair]
    adapter = load_adapter(pair[0], mapped=mapped)
    with torch.no_grad():
        for value in adapter.state_dict().values():
            value.add_(1)
    assert [path.read_bytes() for path in pair] == before


def test_weights_that_are_not_mapped_outlive_their_files(pair, adapter_state, equal_states):
    adapter = load_adapter(pair[0], mapped=False)
    for path in pair:
        path.write_bytes(b"\xff" * path.stat().st_size)  # in place: a map would show it
    equal_states(adapter.state_dict(), adapter_state)


class _LazyConv1d(nn.Conv1d):
    """Without weights until they are loaded, as ComfyUI's layers may be."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        del self.weight, self.bias
        self.weight = self.bias = None

    def _load_from_state_dict(self, state, prefix, *args):
        self.weight, self.bias = nn.Parameter(state[prefix + "weight"]), nn.Parameter(state[prefix + "bias"])


def test_the_layers_are_taken_from_operations(pair, adapter_state, equal_states):
    class MyConv2d(nn.Conv2d):
        def reset_parameters(self):
            return None

    operations = SimpleNamespace(
        Conv2d=MyConv2d, Conv1d=_LazyConv1d, GroupNorm=nn.GroupNorm, BatchNorm2d=nn.BatchNorm2d
    )
    adapter = load_adapter(pair[0], operations=operations)
    assert type(adapter.extractor.body[5].block2) is type(adapter.extractor.conv_in) is MyConv2d
    assert type(adapter.fusers[0].flow_gamma_temporal) is _LazyConv1d
    equal_states(adapter.state_dict(), adapter_state)


def _drop(state, key):
    return {name: value for name, value in state.items() if name != key}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda s: _drop(s, "fuser.1.flow_cond_norm.bias"), r"1 key of \d+ missing: fuser.1.flow_cond_norm.bias"),
        (
            lambda s: _drop(s, "traj_extractor.body.0.bn1.running_var"),
            r"missing: traj_extractor.body.0.bn1.running_var",
        ),
        (lambda s: _drop(s, "traj_extractor.body.2.bn2.num_batches_tracked"), r"bn2.num_batches_tracked"),
        (lambda s: {k: v for k, v in s.items() if "fuser.1." not in k}, r"fuser.1 missing entirely"),
        (
            lambda s: {k: v for k, v in s.items() if "fuser.2." not in k},
            r"fusers are for 2 blocks, the extractor for 3",
        ),
        (lambda s: {k: v for k, v in s.items() if ".bn" not in k}, r"60 keys of \d+ missing: .*, ... \(60 in all\)"),
        (lambda s: s | {"fuser.0.extra": torch.ones(1)}, r"1 unexpected key: fuser.0.extra"),
        (
            lambda s: s | {"traj_extractor.body.9.weight": torch.ones(1)},
            r"unexpected key: traj_extractor.body.9.weight",
        ),
        (
            lambda s: s | {"fuser.2.flow_gamma_temporal.bias": torch.ones(65)},
            r"1 wrong shape: fuser.2.flow_gamma_temporal.bias is \(65,\), expected \(64,\)",
        ),
        (
            lambda s: s | {"fuser.0.flow_cond_norm.weight": torch.ones(64, dtype=torch.int8)},
            r"1 tensor not in floating point: fuser.0.flow_cond_norm.weight is I8",
        ),
        (
            lambda s: s | {"fuser.999999999.x": torch.ones(1)},
            r"block numbers up to 999999999, at most",
        ),
    ],
)
@pytest.mark.parametrize("layout", ["pair", "own"])
def test_anything_missing_unexpected_or_wrongly_shaped_is_named(
    tmp_path, adapter_state, write_pair, layout, change, words
):
    broken = change(adapter_state)
    path = tmp_path / "own.safetensors"
    if layout == "pair":
        path = write_pair(tmp_path, broken)[0]
    else:
        save_file(broken, path)
    with pytest.raises(CheckpointError, match=words):
        load_adapter(path)


def test_a_missing_partner_is_named(pair):
    pair[1].unlink()
    with pytest.raises(CheckpointError, match=r"partner traj_extractor.safetensors is not beside it: download"):
        load_adapter(pair[0])


def test_an_extractor_of_the_other_kind_is_not_taken_for_the_partner(pair):
    pair[1].rename(pair[1].with_name("traj_extractor_I2V.safetensors"))
    with pytest.raises(CheckpointError, match=r"only traj_extractor_I2V.safetensors, of another kind.*don't mix"):
        load_adapter(pair[0])


def test_t2v_and_i2v_files_given_together_are_an_error(pair):
    other = pair[1].with_name("traj_extractor_I2V.safetensors")
    shutil.copy(pair[1], other)
    with pytest.raises(
        CheckpointError, match=r"mixed: fuser.safetensors is T2V and traj_extractor_I2V.safetensors is I2V"
    ):
        load_adapter([pair[0], other])


def test_a_folder_with_both_pairs_asks_which_one(tmp_path, state, write_pair):
    write_pair(tmp_path, state)
    write_pair(tmp_path, state, "_I2V")
    with pytest.raises(CheckpointError, match="several adapter pairs"):
        load_adapter(tmp_path)
    assert load_adapter(tmp_path / "fuser_I2V.safetensors").kind == "i2v"


@pytest.mark.parametrize(
    ("suffix", "kind"), [("", "t2v"), ("_I2V", "i2v"), ("_i2v_bf16", "i2v"), ("_T2V", "t2v"), ("_new", None)]
)
def test_the_kind_of_a_pair_is_what_its_name_says(tmp_path, state, write_pair, suffix, kind):
    assert load_adapter(write_pair(tmp_path, state, suffix)[1]).kind == kind


def test_a_fuser_under_a_foreign_name_needs_its_partner_given(pair):
    renamed = pair[0].rename(pair[0].with_name("mgf.safetensors"))
    with pytest.raises(CheckpointError, match="give both files"):
        load_adapter(renamed)
    assert load_adapter([renamed, pair[1]]).layers == 3


@pytest.mark.parametrize("which", [(0, 0), (1, 1)])
def test_two_files_of_the_same_half_are_no_pair(pair, which):
    with pytest.raises(CheckpointError, match="are no adapter pair"):
        load_adapter([pair[n] for n in which])


@pytest.mark.parametrize("paths", [[], ["a", "b", "c"]])
def test_other_numbers_of_paths_are_refused(paths):
    with pytest.raises(CheckpointError, match=f"{len(paths)} paths were given"):
        load_adapter(paths)


def _wide(width, channels=64):
    state = {"conv_in.weight": torch.zeros(8, channels, 3, 3, dtype=torch.float16)}
    fuser = {
        "0.flow_gamma_temporal.weight": torch.zeros(width, 1, 3, dtype=torch.float16),
        "0.flow_gamma_spatial.weight": torch.zeros(1, 8, 3, 3, dtype=torch.float16),
    }
    return {f"traj_extractor.{k}": v for k, v in state.items()} | {f"fuser.{k}": v for k, v in fuser.items()}


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: _wide(1920), "is CogVideoX-2B"),
        (lambda: _wide(64, channels=128), "extractor for CogVideoX 1.5"),
        (lambda: {"transformer_blocks.0.attn1.to_q.lora_A.weight": torch.zeros(1)}, "is a CogVideoX LoRA"),
        (lambda: {"transformer_blocks.0.norm1.linear.weight": torch.zeros(1)}, "base model without Tora's weights"),
        (lambda: {"x": torch.zeros(1)}, r"of an unknown kind \(keys like x\)"),
        (lambda: {"encoder.conv_in.conv.weight": torch.zeros(1), "decoder.x": torch.zeros(1)}, "is a CogVideoX VAE"),
        (lambda: {"blocks.0.norm1.linear.weight": torch.zeros(1)}, "base model without Tora's weights"),
        (lambda: {"fuser.0.proj_in.weight": torch.zeros(1), "traj_extractor.x": torch.zeros(1)}, "another design"),
        (lambda: {"fuser.0.flow_beta_spatial.bias": torch.zeros(1)}, "extractor .* missing entirely"),
        (lambda: {"traj_extractor.conv_in.bias": torch.zeros(1)}, "fusers .* missing entirely"),
    ],
)
def test_other_models_are_refused_in_words(tmp_path, make, words):
    path = tmp_path / "x.safetensors"
    save_file(make(), path)
    with pytest.raises(CheckpointError, match=words):
        load_adapter(path)


def test_saving_keeps_kind_sizes_and_every_value(tmp_path, pair, adapter_state, equal_states):
    adapter = load_adapter(pair[0])
    path = save_adapter(adapter, tmp_path / "new" / "mine.safetensors", kind="i2v", metadata={"steps": "500"})
    equal_states(load_file(path), adapter_state)
    with safe_open(path, framework="pt") as file:
        assert file.metadata() == {
            "format": "pt",
            "steps": "500",
            "tora_format": "1",
            "tora_kind": "i2v",
            "tora_layers": "3",
            "tora_width": "64",
            "tora_motion_channels": "8",
            "tora_flow_channels": "16",
            "tora_fuser": "adaptive-norm",
        }
    assert load_adapter(path).kind == "i2v"


@pytest.mark.parametrize("channels", [(16, "t2v"), (32, "i2v")])
def test_a_transformer_saves_its_adapter_with_its_kind(tmp_path, tiny, channels):
    model = tiny(in_channels=channels[0])
    assert load_adapter(save_adapter(model, tmp_path / "a.safetensors")).kind == channels[1]


def test_a_state_dict_saves_in_another_type(tmp_path, adapter_state):
    path = save_adapter(adapter_state, tmp_path / "a.safetensors", dtype=torch.bfloat16)
    stored = load_file(path)
    assert {value.dtype for value in stored.values()} == {torch.bfloat16, torch.int64}
    assert load_adapter(path).kind is None


def test_an_incomplete_state_or_an_unknown_kind_is_not_saved(tmp_path, adapter_state):
    path = tmp_path / "a.safetensors"
    with pytest.raises(CheckpointError, match="no complete one: 1 key of"):
        save_adapter(_drop(adapter_state, "fuser.0.flow_cond_norm.bias"), path)
    with pytest.raises(CheckpointError, match="missing"):
        save_adapter({}, path)
    with pytest.raises(CheckpointError, match="expected t2v or i2v"):
        save_adapter(adapter_state, path, kind="v2v")
    assert list(tmp_path.iterdir()) == []


def test_a_save_that_is_interrupted_leaves_the_old_file_and_nothing_else(tmp_path, adapter_state, monkeypatch):
    path = save_adapter(adapter_state, tmp_path / "a.safetensors")
    before = path.read_bytes()

    def interrupted(tensors, file, metadata):
        file.write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr("tora_core.checkpoints.saving.save_file", interrupted)
    with pytest.raises(KeyboardInterrupt):
        save_adapter(adapter_state, path, kind="t2v")
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_of_a_later_version_or_with_untrue_metadata_is_refused(tmp_path, adapter_state):
    path = tmp_path / "a.safetensors"
    save_file(adapter_state, path, {"tora_format": "2"})
    with pytest.raises(CheckpointError, match="format version '2', this library reads 1"):
        load_adapter(path)
    save_file(adapter_state, path, {"tora_format": "1", "tora_layers": "42"})
    with pytest.raises(CheckpointError, match="metadata says tora_layers = 42, its tensors 3"):
        load_adapter(path)


def test_the_public_names_are_exported_at_the_top():
    import tora_core

    assert tora_core.ToraAdapter is ToraAdapter
    assert tora_core.load_adapter is load_adapter


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("fuser_I2V.safetensors", "fuser"),
        ("Tora_Fuser.safetensors", "fuser"),
        ("my_traj_extractor.safetensors", "traj_extractor"),
        ("cogvideox_diffusers.safetensors", None),
        ("tora.safetensors", None),
    ],
)
def test_a_name_tells_which_half_of_a_pair_a_file_is(name, part):
    assert part_by_name(name) == part
