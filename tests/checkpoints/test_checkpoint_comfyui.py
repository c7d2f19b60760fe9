"""Files with ComfyUI's own keys: read as any other layout, and refused where they are another model's."""

from __future__ import annotations

import json

import pytest
import torch
from safetensors.torch import load_file, save_file

from tora_core.checkpoints import convert, inspect, load_transformer
from tora_core.checkpoints.comfyui import canonical_name, native_name
from tora_core.errors import CheckpointError

ADAPTER = ("fuser.", "traj_extractor.")
PREFIX = "model.diffusion_model."


@pytest.fixture
def model(tiny):
    return tiny()


@pytest.fixture
def base(model):
    return {key: value for key, value in model.state_dict().items() if not key.startswith(ADAPTER)}


@pytest.mark.parametrize(
    ("canonical", "native"),
    [
        ("transformer_blocks.41.attn1.to_q.weight", "blocks.41.q.weight"),
        ("transformer_blocks.0.attn1.to_k.bias", "blocks.0.k.bias"),
        ("transformer_blocks.0.attn1.to_v.bias", "blocks.0.v.bias"),
        ("transformer_blocks.7.attn1.to_out.0.weight", "blocks.7.attn_out.weight"),
        ("transformer_blocks.7.attn1.norm_q.weight", "blocks.7.norm_q.weight"),
        ("transformer_blocks.7.attn1.norm_k.bias", "blocks.7.norm_k.bias"),
        ("transformer_blocks.2.ff.net.0.proj.weight", "blocks.2.ff_proj.weight"),
        ("transformer_blocks.2.ff.net.2.bias", "blocks.2.ff_out.bias"),
        ("transformer_blocks.2.norm1.linear.weight", "blocks.2.norm1.linear.weight"),
        ("transformer_blocks.2.norm2.norm.bias", "blocks.2.norm2.norm.bias"),
        ("time_embedding.linear_1.weight", "time_embedding_linear_1.weight"),
        ("time_embedding.linear_2.bias", "time_embedding_linear_2.bias"),
        ("ofs_embedding.linear_1.weight", "ofs_embedding_linear_1.weight"),
        ("patch_embed.proj.weight", "patch_embed.proj.weight"),
        ("patch_embed.pos_embedding", "patch_embed.pos_embedding"),
        ("norm_out.linear.weight", "norm_out.linear.weight"),
        ("norm_final.bias", "norm_final.bias"),
        ("proj_out.weight", "proj_out.weight"),
    ],
)
def test_names_are_mapped_both_ways(canonical, native):
    assert native_name(canonical) == native
    assert canonical_name(native) == canonical


def test_every_key_of_the_base_model_gets_a_name_of_its_own(base):
    names = {native_name(key) for key in base}
    assert len(names) == len(base)
    assert {canonical_name(name) for name in names} == set(base)


@pytest.mark.parametrize("name", ["blocks.0.new.weight", "time_embedding.linear_1.weight", "transformer_blocks.0.x"])
def test_a_name_that_no_native_network_has_is_no_canonical_one(name):
    assert canonical_name(name) is None


@pytest.mark.parametrize("prefix", ["", PREFIX])
def test_a_native_file_and_an_adapter_make_the_model(
    tmp_path, model, base, predict, native_state, write_pair, equal_states, prefix
):
    save_file(native_state(base, prefix), tmp_path / "cogvideox.safetensors")
    pair = write_pair(tmp_path, model.state_dict())
    loaded = load_transformer(tmp_path / "cogvideox.safetensors", adapter=pair[0])
    equal_states(loaded.state_dict(), model.state_dict())
    assert torch.equal(predict(loaded), predict(model))


@pytest.mark.parametrize("prefix", ["", PREFIX])
def test_vae_and_text_encoder_in_the_same_file_are_left_aside_and_counted(tmp_path, base, native_state, prefix):
    others = {f"vae.{n}": torch.zeros(2) for n in range(3)} | {"text_encoders.t5xxl.shared.weight": torch.zeros(2)}
    save_file(native_state(base, prefix) | others, tmp_path / "all.safetensors")
    report = inspect(tmp_path / "all.safetensors")
    assert (report.layout, report.parts, report.kind) == ("single file, ComfyUI's keys", "base", "t2v")
    assert report.model == "a small CogVideoX (64 wide, 3 blocks)"
    assert report.problems == ()
    assert "also carries, unread: text_encoders.* (1), vae.* (3)" in report.notes
    assert report.tensors == len(base)


def test_a_native_file_goes_to_a_diffusers_folder(tmp_path, base, native_state, equal_states):
    save_file(native_state(base), tmp_path / "a.safetensors")
    convert(tmp_path / "a.safetensors", tmp_path / "out", layout="diffusers")
    equal_states(load_file(tmp_path / "out" / "diffusion_pytorch_model.safetensors"), base)
    assert json.loads((tmp_path / "out" / "config.json").read_text())["_class_name"] == "CogVideoXTransformer3DModel"


def test_a_native_file_in_shards_is_read_from_its_folder(tmp_path, base, native_state):
    state = sorted(native_state(base).items())
    names = ("m-1.safetensors", "m-2.safetensors")
    for name, part in zip(names, (state[::2], state[1::2]), strict=True):
        save_file(dict(part), tmp_path / name)
    weight_map = {key: names[n % 2] for n, (key, _) in enumerate(state)}
    (tmp_path / "m.safetensors.index.json").write_text(json.dumps({"weight_map": weight_map}))
    report = inspect(tmp_path)
    assert (report.layout, report.ok, report.tensors) == ("folder, ComfyUI's keys", True, len(base))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda s: s | {"blocks.1.new.weight": torch.ones(2)}, "1 unexpected key: model.diffusion_model.blocks.1.new"),
        (lambda s: {k: v for k, v in s.items() if k != "blocks.2.q.bias"}, "transformer_blocks.2.attn1.to_q.bias"),
        (lambda s: {k: v for k, v in s.items() if "blocks.1." not in k}, "transformer_blocks.1 missing entirely"),
        (lambda s: s | {"blocks.0.q.bias": torch.ones(63)}, r"to_q.bias is \(63,\), expected \(64,\)"),
    ],
)
def test_a_native_file_is_read_strictly(tmp_path, base, native_state, write_pair, model, change, words):
    save_file(change(native_state(base)), tmp_path / "a.safetensors")
    pair = write_pair(tmp_path, model.state_dict())
    with pytest.raises(CheckpointError, match=words):
        load_transformer(tmp_path / "a.safetensors", adapter=pair[0])


OTHERS = [
    ({"patch_embed.proj.weight": torch.zeros(64, 16 * 8)}, "CogVideoX 1.5"),
    ({"ofs_embedding_linear_1.weight": torch.zeros(8, 8)}, "CogVideoX 1.5"),
    ({"patch_embed.proj.weight": torch.zeros(64, 48, 2, 2)}, r"CogVideoX-Fun or another variant \(48 input"),
    ({"patch_embed.proj.weight": torch.zeros(1920, 16, 2, 2)}, "CogVideoX-2B"),
    ({"blocks.0.q.comfy_quant": torch.zeros(8)}, "quantised with scales .*Load it with ComfyUI's Load Diffusion Model"),
    ({"scaled_fp8": torch.zeros(1)}, "quantised with scales"),
]


@pytest.mark.parametrize(("change", "words"), OTHERS)
@pytest.mark.parametrize("prefix", ["", PREFIX])
def test_native_files_of_other_models_are_refused_in_words(tmp_path, base, native_state, change, words, prefix):
    changed = native_state(base, prefix) | {prefix + key: value for key, value in change.items()}
    save_file(changed, tmp_path / "a.safetensors")
    with pytest.raises(CheckpointError, match=words):
        load_transformer(tmp_path / "a.safetensors")
    assert not inspect(tmp_path / "a.safetensors").ok
