"""Files from strangers: what they are, in words, and never a crash."""

from __future__ import annotations

import json
import os

import pytest
import torch
from safetensors.torch import save_file

from tora_core.checkpoints.lora import open_lora, read_lora
from tora_core.errors import CheckpointError

ONE = torch.zeros(4, 4)


@pytest.fixture
def refused(tmp_path, shapes):
    """`refused(tensors, words)`: reading them is refused in these words."""

    def check(tensors, words, metadata=None):
        path = tmp_path / "lora.safetensors"
        save_file({key: value.clone() for key, value in tensors.items()}, path, metadata)
        with pytest.raises(CheckpointError, match=words) as told:
            read_lora(path, shapes)
        assert str(path) in str(told.value)

    return check


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("transformer.single_transformer_blocks.0.attn.to_q.lora_A.weight", "Flux or HunyuanVideo"),
        ("lora_unet_double_blocks_0_img_attn_qkv.lora_down.weight", "Flux or HunyuanVideo"),
        ("diffusion_model.blocks.0.self_attn.q.lora_A.weight", "Wan"),
        ("lora_unet__blocks_0_cross_attn_k.lora_down.weight", "Wan"),
        ("transformer.transformer_blocks.0.attn2.to_q.lora_A.weight", "LTX-Video"),
        ("lora_unet_down_blocks_0_attentions_0_proj_in.lora_down.weight", "Stable Diffusion"),
        ("transformer.transformer_blocks.0.attn.to_q.lora_A.weight", "Flux, SD3 or Qwen-Image"),
        ("transformer.transformer_blocks.0.attn1.add_q_proj.lora_A.weight", "Mochi"),
    ],
)
def test_loras_for_other_models_are_named_even_where_some_names_agree(refused, tiny_loras, attention, key, words):
    """Flux and Mochi are as wide as 5B, and some of their modules have the same names."""
    refused(tiny_loras.dotted(attention) | {key: ONE}, f"is a LoRA or a model for .*{words}")


@pytest.mark.parametrize(
    ("tensors", "words"),
    [
        ({}, "is empty: it holds no tensors"),
        ({"transformer_blocks.0.attn1.to_q.weight": ONE}, "is a whole model, not a LoRA"),
        ({"blocks.0.attn_out.weight": ONE}, "is a whole model, not a LoRA"),
        ({"fuser.0.flow_gamma_spatial.weight": ONE}, "is Tora's weights, which belong into Load Tora Model"),
        ({"lora_te__encoder_q.lora_down.weight": ONE}, "is a LoRA of a text encoder alone"),
        ({"transformer_blocks.0.attn1.to_q.hada_w1_a": ONE}, "is a LoHa file, which isn't supported"),
        ({"encoder.conv_in.conv.weight": ONE, "decoder.x": ONE}, "is a CogVideoX VAE"),
        ({"model.layers.0.q_proj.lora_A.weight": ONE}, r"a LoRA for another model \(keys like model\.layers\.0"),
        ({"emb_params": ONE}, r"is no LoRA \(keys like emb_params\)"),
    ],
)
def test_what_a_file_is_is_said(refused, tensors, words):
    refused(tensors, words)


def test_a_lora_for_another_size_is_told_by_both_sizes(refused, tiny_loras):
    wide = {f"transformer_blocks.{n}.attn1.to_q": (torch.zeros(1920, 4), torch.zeros(4, 1920)) for n in range(2)}
    refused(tiny_loras.dotted(wide), r"fits nothing in this model: .*1920 x 1920, the model's weight \(64, 64\)")


def test_more_blocks_than_the_model_has_are_another_models(refused, tiny_loras):
    made = {f"transformer_blocks.{n}.attn1.to_q": (torch.zeros(64, 4), torch.zeros(4, 64)) for n in (0, 41)}
    refused(tiny_loras.dotted(made), "changes block 41, the model has blocks 0 to 2")


def test_ranks_that_disagree_are_named(refused, tiny_loras):
    made = {"proj_out": (torch.zeros(64, 8), torch.zeros(4, 64))}
    refused(tiny_loras.dotted(made), r"factors of proj_out have the ranks 8 and 4")


@pytest.mark.parametrize(("gone", "words"), [("lora_A", "first"), ("lora_B", "second")])
def test_half_a_pair_is_named(refused, tiny_loras, attention, gone, words):
    file = tiny_loras.dotted(attention)
    del file[f"transformer.transformer_blocks.1.attn1.to_v.{gone}.weight"]
    refused(file, f"to_v.* factor of transformer_blocks.1.attn1.to_v, the {words} one is missing")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_numbers_that_are_none_are_named(refused, tiny_loras, attention, value):
    attention["transformer_blocks.0.attn1.to_k"][0][3, 1] = value
    refused(tiny_loras.dotted(attention), r"to_k\.lora_B\.weight holds NaN or infinity")


@pytest.mark.parametrize(
    ("key", "tensor", "words"),
    [
        ("lora_A.weight", torch.zeros(4, 64, dtype=torch.int32), "is I32, expected floating point"),
        ("lora_A.weight", torch.zeros(4), r"is \(4,\), expected a matrix"),
        ("lora_A.weight", torch.zeros(0, 64), r"is \(0, 64\), expected a matrix"),
        ("alpha", torch.zeros(3), r"is \(3,\), expected a single number"),
        ("lora_magnitude_vector", torch.ones(63), "63 magnitudes"),
    ],
)
def test_odd_tensors_are_named(refused, tiny_loras, attention, key, tensor, words):
    made = {"proj_out": attention["transformer_blocks.0.attn1.to_q"]}
    refused(tiny_loras.dotted(made) | {f"transformer.proj_out.{key}": tensor}, words)


@pytest.mark.parametrize("shape", [(64, 63), (64 * 64,), (32, 128)])
def test_a_whole_difference_must_have_the_weights_shape(refused, tiny_loras, attention, shapes, tmp_path, shape):
    """Core would only log that it leaves it out."""
    key = "transformer.transformer_blocks.0.attn1.to_q.diff"
    one = {"proj_out": attention["transformer_blocks.0.attn1.to_q"]}
    refused({key: torch.zeros(shape)}, r"the model's weight \(64, 64\)")
    refused(tiny_loras.dotted(attention) | {key: torch.zeros(shape)}, r"the factors beside it make \(64, 64\)")
    path = tiny_loras.write(tmp_path / "a.safetensors", tiny_loras.dotted(one) | {key: torch.zeros(shape)})
    assert set(read_lora(path, shapes).changes) == {"proj_out"}


def test_two_loras_in_one_file_are_named(refused, tiny_loras, attention):
    file = tiny_loras.dotted(attention, adapter=".one") | tiny_loras.dotted(attention, adapter=".two")
    refused(file, "are the same part of .* more than one LoRA")


def test_magnitudes_and_biases_without_factors_are_named(refused):
    refused({"transformer.proj_out.lora_magnitude_vector": torch.ones(64)}, "DoRA's magnitudes, but no factors")
    refused({"transformer.proj_out.lora_B.bias": torch.ones(64)}, "a bias of a factor that is missing")
    refused({"transformer.proj_out.alpha": torch.tensor(1.0)}, "holds alphas alone")


def test_files_that_are_no_weights(tmp_path, tiny_loras, attention):
    path = tmp_path / "lora.safetensors"
    whole = tiny_loras.write(path, tiny_loras.dotted(attention)).read_bytes()
    for content, words in (
        (b"", "is empty: the download did not start"),
        (whole[: len(whole) // 2], "is cut off"),
        (b"<!DOCTYPE html><html>", "is a web page"),
        (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS pointer"),
        (b"\x80\x04pickle", "bare Python pickle"),
        (json.dumps({"a": 1}).encode(), "JSON text"),
    ):
        path.write_bytes(content)
        with pytest.raises(CheckpointError, match=words):
            open_lora(path)
    with pytest.raises(CheckpointError, match="can't be opened"):
        open_lora(tmp_path / "none.safetensors")
    with pytest.raises(CheckpointError, match="is a folder"):
        open_lora(tmp_path)


def test_nothing_in_a_torch_file_is_run(tmp_path):
    class Evil:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "was_here"),)

    path = tmp_path / "lora.pt"
    torch.save({"transformer_blocks.0.attn1.to_q.lora_A.weight": Evil()}, path)
    with pytest.raises(CheckpointError, match="can't be loaded"):
        open_lora(path)
    assert not (tmp_path / "was_here").exists()
