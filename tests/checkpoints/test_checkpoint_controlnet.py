"""ControlNet files: each form is read, sizes come from the tensors, and what is no ControlNet for 5B is named."""

from __future__ import annotations

import json

import pytest
import torch
from safetensors.torch import load_file, save_file

from tora_core import inspect
from tora_core.checkpoints.controlnet import load_controlnet, save_controlnet
from tora_core.errors import CheckpointError

LAYERS, WIDTH, HEAD, TIME, TEXT, OUT = 2, 32, 16, 12, 20, 48

# The published configuration, as its class writes it, with small numbers.
CONFIG = {
    "_class_name": "CogVideoXControlnet",
    "_diffusers_version": "0.31.0.dev0",
    "activation_fn": "gelu-approximate",
    "attention_bias": True,
    "attention_head_dim": HEAD,
    "downscale_coef": 8,
    "dropout": 0.0,
    "flip_sin_to_cos": True,
    "freq_shift": 0,
    "in_channels": 3,
    "max_text_seq_length": 226,
    "norm_elementwise_affine": True,
    "norm_eps": 1e-05,
    "num_attention_heads": 2,
    "num_layers": LAYERS,
    "out_proj_dim": OUT,
    "patch_size": 2,
    "sample_frames": 49,
    "sample_height": 60,
    "sample_width": 90,
    "spatial_interpolation_scale": 1.875,
    "temporal_compression_ratio": 4,
    "temporal_interpolation_scale": 1.0,
    "time_embed_dim": TIME,
    "timestep_activation_fn": "silu",
    "use_learned_positional_embeddings": False,
    "use_rotary_positional_embeddings": False,
    "vae_channels": 16,
}


@pytest.fixture(scope="module")
def state(tiny_checkpoints):
    """Keys written down here from the published class, and not from the library's own tables."""
    shapes = tiny_checkpoints.base_shapes(LAYERS, WIDTH, HEAD, TIME, TEXT, channels=64)
    shapes = {k: v for k, v in shapes.items() if not k.startswith(("norm_final", "norm_out", "proj_out"))}
    for name, (channels, out) in {"first": (192, 96), "second": (96, 48)}.items():
        shapes[f"controlnet_encode_{name}.0.weight"] = (out, channels, 1, 1)
        for key in ("0.bias", "1.weight", "1.bias"):
            shapes[f"controlnet_encode_{name}.{key}"] = (out,)
    for n in range(LAYERS):
        shapes |= {f"out_projectors.{n}.weight": (OUT, WIDTH), f"out_projectors.{n}.bias": (OUT,)}
    return tiny_checkpoints.random_state(shapes, torch.float16, seed=4)


@pytest.fixture
def folder(tmp_path, state):
    """As it is downloaded."""
    place = tmp_path / "cogvideox-5b-controlnet-canny-v1"
    place.mkdir()
    save_file(state, place / "diffusion_pytorch_model.safetensors")
    (place / "config.json").write_text(json.dumps(CONFIG))
    return place


def assert_holds(net, state, dtype=torch.float16):
    found = net.state_dict()
    assert sorted(found) == sorted(state)
    assert all(torch.equal(found[key], value.to(dtype)) for key, value in state.items())


def test_a_folder_its_file_and_a_training_file_give_the_same(folder, tmp_path, state):
    torch.save({"state_dict": state}, tmp_path / "checkpoint-2000.pt")
    for path in (folder, folder / "diffusion_pytorch_model.safetensors", tmp_path / "checkpoint-2000.pt"):
        net = load_controlnet(path)
        assert_holds(net, state)
        size = net.size
        assert (size.layers, size.width, size.head, size.time, size.text) == (LAYERS, WIDTH, HEAD, TIME, TEXT)
        assert (size.out, size.residual, size.latent_channels, size.sine) == (OUT, OUT, 16, True)
        assert not net.training


def test_without_projections_the_residuals_are_as_wide_as_the_network(tmp_path, state):
    save_file({k: v for k, v in state.items() if not k.startswith("out_")}, tmp_path / "a.safetensors")
    size = load_controlnet(tmp_path / "a.safetensors").size
    assert (size.out, size.residual) == (None, WIDTH)


def test_positions_are_as_the_configuration_beside_the_file_says(folder):
    changed = CONFIG | {"use_rotary_positional_embeddings": True, "spatial_interpolation_scale": 1.0}
    (folder / "config.json").write_text(json.dumps(changed))
    for path in (folder, folder / "diffusion_pytorch_model.safetensors"):
        size = load_controlnet(path).size
        assert (size.sine, size.space_scale) == (False, 1.0)
    # One of another model that lies in the same folder says nothing of this file.
    (folder / "config.json").write_text(json.dumps(changed | {"_class_name": "FluxControlNetModel"}))
    assert load_controlnet(folder / "diffusion_pytorch_model.safetensors").size.sine


def test_it_is_loaded_in_another_type_and_saved_as_the_published_ones_are(folder, tmp_path, state):
    net = load_controlnet(folder, dtype="float32")
    assert_holds(net, state, torch.float32)
    again = save_controlnet(net, tmp_path / "again", "float16")
    assert_holds(load_controlnet(again), state)
    written = json.loads((again / "config.json").read_text())
    assert all(written[key] == value for key, value in CONFIG.items() if key in written)
    assert {"_diffusers_version", "max_text_seq_length"} >= {
        key for key in set(CONFIG) - set(written) if not key.startswith("sample_")
    }


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"transformer_blocks.1.ff.net.2.bias": None}, r"1 key of \d+ missing: transformer_blocks.1.ff.net.2.bias"),
        ({"out_projectors.1.weight": None, "out_projectors.1.bias": None}, "2 keys of .* missing: out_projectors.1"),
        ({"patch_embed.pos_embedding": torch.zeros(1, 9, WIDTH)}, "1 unexpected key: patch_embed.pos_embedding"),
        ({"controlnet_encode_second.1.bias": torch.zeros(3)}, r"controlnet_encode_second.1.bias is \(3,\), expected"),
        ({"patch_embed.proj.weight": None}, "patch_embed, time_embedding or transformer_blocks.0 is missing"),
        ({"patch_embed.proj.weight": torch.zeros(WIDTH, 512)}, "for CogVideoX 1.5"),
        ({"ofs_embedding.linear_1.weight": torch.zeros(2, 2)}, "for CogVideoX 1.5"),
        ({"controlnet_encode_first.0.weight": torch.zeros(32, 64, 1, 1)}, "hints of 64 values .* expected 192: RGB"),
        ({"transformer_blocks.4000.norm1.norm.bias": torch.zeros(1)}, "block numbers up to 4000"),
        ({"transformer_blocks.0.ff.net.2.weight_scale": torch.zeros(1)}, "quantised with scales"),
        (
            {f"out_projectors.{n}.weight": torch.zeros(1920, WIDTH) for n in range(LAYERS)},
            "a ControlNet for CogVideoX-2B",
        ),
        ({"patch_embed.text_proj.bias": torch.zeros(WIDTH, dtype=torch.int8)}, "not in floating point"),
    ],
    ids=lambda value: "" if isinstance(value, dict) else value[:30],
)
def test_what_is_unsound_or_of_another_cogvideox_is_refused_in_words(tmp_path, state, change, words):
    changed = {key: value for key, value in (state | change).items() if value is not None}
    save_file(changed, tmp_path / "a.safetensors")
    with pytest.raises(CheckpointError, match=words):
        load_controlnet(tmp_path / "a.safetensors")


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("downscale_coef", 16, "downscale_coef = 16, expected 8"),
        ("num_layers", 8, "num_layers = 8, expected 2"),
        ("use_learned_positional_embeddings", True, "expected False"),
        ("spatial_interpolation_scale", None, "spatial_interpolation_scale = None, expected a number"),
        ("temporal_interpolation_scale", 0, "temporal_interpolation_scale = 0, expected a number"),
    ],
)
def test_a_configuration_of_another_network_is_refused(folder, key, value, words):
    (folder / "config.json").write_text(json.dumps(CONFIG | {key: value}))
    with pytest.raises(CheckpointError, match=words):
        load_controlnet(folder)


def test_other_files_are_named(tmp_path, tiny_checkpoints):
    base = tiny_checkpoints.random_state(tiny_checkpoints.base_shapes(1, 64))
    others = {
        "a whole CogVideoX": base,
        "Tora's weights": base | tiny_checkpoints.random_state(tiny_checkpoints.adapter_shapes(1, 64)),
        "a CogVideoX LoRA": {"transformer.transformer_blocks.0.attn1.to_q.lora_A.weight": torch.zeros(2, 2)},
        "a ControlNet for another model": {"controlnet_cond_embedding.conv_in.weight": torch.zeros(2)},
        r"of an unknown kind \(keys like some\)": {"some": torch.zeros(2)},
    }
    for words, tensors in others.items():
        save_file(tensors, tmp_path / "a.safetensors")
        with pytest.raises(CheckpointError, match=f"is {words}.*expected a ControlNet for CogVideoX-5B"):
            load_controlnet(tmp_path / "a.safetensors")
    with pytest.raises(CheckpointError, match=r"can.t be opened"):
        load_controlnet(tmp_path / "missing.safetensors")


def test_float8_needs_another_type_to_compute_in(tmp_path, state):
    save_file({key: value.to(torch.float8_e4m3fn) for key, value in state.items()}, tmp_path / "a.safetensors")
    with pytest.raises(CheckpointError, match=r"F8_E4M3.*give a dtype"):
        load_controlnet(tmp_path / "a.safetensors")
    assert load_controlnet(tmp_path / "a.safetensors", dtype="float32").patch_embed.proj.weight.dtype == torch.float32


def test_inspect_tells_its_sizes_and_faults(folder, state):
    report = inspect(folder)
    assert report.ok and report.model == "a CogVideoX ControlNet"
    assert (report.layers, report.width) == (LAYERS, WIDTH)
    assert any(f"residuals {OUT} wide, sine positions" in note for note in report.notes)
    save_file(
        load_file(folder / "diffusion_pytorch_model.safetensors") | {"x": torch.zeros(1)}, folder / "b.safetensors"
    )
    assert any("1 unexpected key: x" in problem for problem in inspect(folder / "b.safetensors").problems)
