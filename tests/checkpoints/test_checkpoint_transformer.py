"""load_transformer from every layout: the same predictions, bit for bit; and what does not belong together."""

from __future__ import annotations

import json

import pytest
import torch
from diffusers import CogVideoXTransformer3DModel
from safetensors.torch import load_file, save_file

from tora_core.checkpoints import load_adapter, load_transformer
from tora_core.errors import CheckpointError

MOTION = ("fuser.", "traj_extractor.")
BLOCKS = ("transformer_blocks.",)


def _save_base(model, folder):
    """A plain CogVideoX folder with the model's base weights, written by diffusers."""
    names = ("flow_channels", "motion_channels", "fuser_type")
    config = {key: value for key, value in model.config.items() if not key.startswith("_") and key not in names}
    base = CogVideoXTransformer3DModel(**config)
    base.load_state_dict({key: value for key, value in model.state_dict().items() if not key.startswith(MOTION)})
    base.save_pretrained(folder)
    return folder


@pytest.fixture
def model(tiny):
    return tiny(use_rotary_positional_embeddings=True)


@pytest.mark.parametrize("kind", ["t2v", "i2v"])
def test_a_tora_folder_predicts_as_the_saved_model_did(tmp_path, tiny, predict, i2v, equal_states, kind):
    model = tiny(**(i2v if kind == "i2v" else {}))
    model.save_pretrained(tmp_path, max_shard_size="150KB")
    loaded = load_transformer(tmp_path)
    equal_states(loaded.state_dict(), model.state_dict())
    assert torch.equal(predict(loaded), predict(model))
    assert dict(loaded.config)["sample_height"] == 6


def test_predictions_do_depend_on_every_part(tiny, predict):
    model = tiny()
    before = predict(model)
    for key in ("fuser.1.flow_gamma_temporal.bias", "traj_extractor.conv_in.bias", "norm_out.linear.bias"):
        changed = tiny()
        changed.state_dict()[key].add_(0.5)
        assert not torch.equal(predict(changed), before), key


def test_a_sat_file_predicts_as_the_model_it_was_made_from(tmp_path, model, predict, write_sat, equal_states):
    loaded = load_transformer(write_sat(tmp_path, model.state_dict(), 3))
    equal_states(loaded.state_dict(), model.state_dict())
    assert torch.equal(predict(loaded), predict(model))
    assert loaded.config.use_rotary_positional_embeddings and loaded.config.num_attention_heads == 2


def test_a_plain_folder_and_an_adapter_pair_make_the_model(tmp_path, model, predict, write_pair):
    base = _save_base(model, tmp_path / "transformer")
    pair = write_pair(tmp_path, model.state_dict())
    expected = predict(model)
    for path in (base, tmp_path, base / "diffusion_pytorch_model.safetensors"):
        assert torch.equal(predict(load_transformer(path, adapter=pair[0])), expected)
    assert torch.equal(predict(load_transformer(base, adapter=load_adapter(pair))), expected)


def test_a_plain_sat_file_and_an_adapter_make_the_model(tmp_path, model, predict, sat_state, write_pair):
    plain = {k: v for k, v in sat_state(model.state_dict(), 3).items() if "fuser_list" not in k and "traj_ext" not in k}
    torch.save({"module": plain}, tmp_path / "sat.pt")
    pair = write_pair(tmp_path, model.state_dict())
    assert torch.equal(predict(load_transformer(tmp_path / "sat.pt", adapter=pair[0])), predict(model))


def test_an_adapter_that_is_given_takes_the_place_of_the_folders_own(tmp_path, tiny, model, predict, write_pair):
    other = tiny(seed=5)
    model.save_pretrained(tmp_path / "tora")
    pair = write_pair(tmp_path, other.state_dict())
    loaded = load_transformer(tmp_path / "tora", adapter=pair[0]).state_dict()
    assert torch.equal(loaded["fuser.0.flow_beta_temporal.bias"], other.state_dict()["fuser.0.flow_beta_temporal.bias"])
    assert torch.equal(loaded["proj_out.weight"], model.state_dict()["proj_out.weight"])


def test_types_all_follow_dtype_but_the_extractor(tmp_path, model):
    model.save_pretrained(tmp_path)
    loaded = load_transformer(tmp_path, dtype=torch.bfloat16)
    types = {key.split(".")[0]: value.dtype for key, value in loaded.named_parameters()}
    assert types.pop("traj_extractor") == torch.float32
    assert set(types.values()) == {torch.bfloat16}
    assert loaded.dtype == torch.bfloat16


def test_eight_bit_weights_need_a_dtype(tmp_path, model):
    model.save_pretrained(tmp_path)
    path = tmp_path / "diffusion_pytorch_model.safetensors"
    save_file({k: v.to(torch.float8_e4m3fn) if "ff.net" in k else v for k, v in load_file(path).items()}, path)
    with pytest.raises(CheckpointError, match="8-bit floats"):
        load_transformer(tmp_path)
    assert load_transformer(tmp_path, dtype=torch.float32).dtype == torch.float32


def test_an_adapter_alone_and_a_base_alone_are_refused(tmp_path, model, write_pair):
    pair = write_pair(tmp_path, model.state_dict())
    with pytest.raises(CheckpointError, match="holds Tora's adapter alone"):
        load_transformer(pair[0])
    with pytest.raises(CheckpointError, match="without Tora's weights; give adapter="):
        load_transformer(_save_base(model, tmp_path / "base"))


def test_an_i2v_adapter_does_not_go_onto_a_t2v_base(tmp_path, model, write_pair):
    base = _save_base(model, tmp_path / "base")
    pair = write_pair(tmp_path, model.state_dict(), "_I2V")
    for adapter in (pair[0], load_adapter(pair[0])):
        with pytest.raises(CheckpointError, match=r"is I2V, but the base model .* is T2V by the base model's 16 input"):
            load_transformer(base, adapter=adapter)


@pytest.mark.parametrize("change", [{"num_layers": 2}, {"num_attention_heads": 3}])
def test_an_adapter_of_another_size_does_not_go_onto_the_base(tmp_path, tiny, model, write_pair, change):
    base = _save_base(model, tmp_path / "base")
    pair = write_pair(tmp_path, tiny(**change).state_dict())
    with pytest.raises(CheckpointError, match=r"the base model .* has 3 of 64: they do not belong together"):
        load_transformer(base, adapter=pair[0])


def _edit_config(folder, **changes):
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"num_layers": 10**9}, "config.json says num_layers = 1000000000, the weights 3"),
        ({"num_attention_heads": 48}, "config.json says num_attention_heads = 48, the weights 2"),
        ({"in_channels": 32}, "config.json says in_channels = 32, the weights 16"),
        ({"patch_size_t": 2}, "CogVideoX 1.5"),
        ({"use_rotary_positional_embeddings": False}, "sine positions"),
    ],
)
def test_a_configuration_that_contradicts_the_weights_or_is_another_models_is_refused(tmp_path, model, changes, words):
    model.save_pretrained(tmp_path)
    _edit_config(tmp_path, **changes)
    with pytest.raises(CheckpointError, match=words):
        load_transformer(tmp_path)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"sample_height": "tall"}, "config.json makes no model"),
        ({"sample_height": 8}, r"pos_embedding is \(1, 41, 64\), expected \(1, 53, 64\)"),
    ],
)
def test_a_configuration_of_nonsense_or_of_another_picture_size_is_refused(tmp_path, tiny, i2v, changes, words):
    tiny(**i2v).save_pretrained(tmp_path)
    _edit_config(tmp_path, **changes)
    with pytest.raises(CheckpointError, match=words):
        load_transformer(tmp_path)


def test_an_i2v_folder_without_its_learned_table_is_refused(tmp_path, tiny, i2v):
    tiny(**i2v).save_pretrained(tmp_path)
    path = tmp_path / "diffusion_pytorch_model.safetensors"
    save_file({key: value for key, value in load_file(path).items() if "pos_embedding" not in key}, path)
    with pytest.raises(CheckpointError, match=r"1 key missing: patch_embed.pos_embedding"):
        load_transformer(tmp_path)


def test_a_configuration_that_is_no_json_is_refused(tmp_path, model):
    model.save_pretrained(tmp_path)
    (tmp_path / "config.json").write_text("<html>")
    with pytest.raises(CheckpointError, match=r"config.json is no valid JSON"):
        load_transformer(tmp_path)


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("transformer_blocks.1.ff.net.2.bias", None, r"1 key of \d+ missing: transformer_blocks.1.ff.net.2.bias"),
        ("transformer_blocks.1.new.weight", torch.ones(2), "unexpected key: transformer_blocks.1.new.weight"),
        ("norm_final.bias", torch.ones(63), r"norm_final.bias is \(63,\), expected \(64,\)"),
        ("fuser.1.flow_cond_norm.bias", None, r"missing: fuser.1.flow_cond_norm.bias"),
        ("patch_embed.text_proj.weight", None, "patch_embed.text_proj.weight, .* missing or wrongly shaped"),
    ],
)
def test_a_folder_is_read_strictly(tmp_path, model, key, value, words):
    model.save_pretrained(tmp_path)
    path = tmp_path / "diffusion_pytorch_model.safetensors"
    state = load_file(path)
    state.pop(key, None)
    save_file(state if value is None else state | {key: value}, path)
    with pytest.raises(CheckpointError, match=words):
        load_transformer(tmp_path)


@pytest.mark.parametrize(
    ("key", "change", "words"),
    [
        (
            "transformer.layers.1.attention.query_key_value.weight",
            lambda v: v[:-1],
            "3 wrong shapes: .*attn1.to_q.weight",
        ),
        ("mixins.adaln_layer.adaLN_modulations.0.1.bias", lambda v: v[:-1], "2 wrong shapes: .*norm1.linear.bias"),
        ("mixins.adaln_layer.query_layernorm_list.2.bias", None, "missing: transformer_blocks.2.attn1.norm_q.bias"),
        ("mixins.new_part.weight", lambda v: torch.ones(2), "unexpected key: model.diffusion_model.mixins.new_part"),
    ],
)
def test_a_sat_file_is_read_strictly(tmp_path, model, sat_state, key, change, words):
    state = sat_state(model.state_dict(), 3)
    key = f"model.diffusion_model.{key}"
    old = state.pop(key, None)
    if change:
        state[key] = change(old).clone()
    torch.save({"module": state}, tmp_path / "sat.pt")
    with pytest.raises(CheckpointError, match=words):
        load_transformer(tmp_path / "sat.pt")


def test_a_learned_table_of_unknown_size_needs_a_configuration(tmp_path, tiny, i2v, write_sat):
    with pytest.raises(CheckpointError, match=r"pos_embedding is \(1, 41, 64\), which is not CogVideoX-5B-I2V's"):
        load_transformer(write_sat(tmp_path, tiny(**i2v).state_dict(), 3))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda s: s | {"patch_embed.proj.weight": torch.zeros(64, 16 * 8)}, "CogVideoX 1.5"),
        (lambda s: s | {"patch_embed.proj.weight": torch.zeros(64, 33, 2, 2)}, r"Fun or another variant \(33 input"),
        (lambda s: {"transformer.x.lora_A.weight": torch.zeros(2)}, "is a LoRA"),
    ],
)
def test_other_models_are_refused_in_words(tmp_path, model, change, words):
    path = tmp_path / "x.safetensors"
    save_file(change(dict(model.state_dict())), path)
    with pytest.raises(CheckpointError, match=words):
        load_transformer(path)


def test_the_2b_model_is_refused_by_its_width(tmp_path, model):
    wide = {
        "patch_embed.proj.weight": torch.zeros(1920, 16, 2, 2),
        "patch_embed.text_proj.weight": torch.zeros(1920, 20),
        "time_embedding.linear_1.weight": torch.zeros(24, 1920),
        "proj_out.weight": torch.zeros(64, 1920),
    }
    save_file(model.state_dict() | wide, tmp_path / "x.safetensors")
    with pytest.raises(CheckpointError, match="CogVideoX-2B"):
        load_transformer(tmp_path / "x.safetensors")
