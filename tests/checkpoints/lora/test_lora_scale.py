"""Which alpha counts, and that it is said."""

from __future__ import annotations

import json
import math

import pytest
import torch

from tora_core.checkpoints.lora import read_lora
from tora_core.errors import CheckpointError

RANK = 4


@pytest.fixture
def report(tmp_path, tiny_loras, shapes, attention):
    """`report(metadata, alpha=, own=, asked=)` of a LoRA of rank 4 for attention."""

    def run(metadata=None, *, own=None, asked=None, name="lora.safetensors"):
        file = tiny_loras.dotted(attention)
        for module in list(attention)[: len(attention) if own is None else own[0]]:
            if own is not None:
                file[f"transformer.{module}.alpha"] = torch.tensor(own[1])
        return read_lora(tiny_loras.write(tmp_path / name, file, metadata), shapes, alpha=asked).report

    return run


@pytest.mark.parametrize(
    ("metadata", "scale", "words"),
    [
        ({}, 1.0, "alpha is the rank"),
        ({"format": "pt"}, 1.0, "alpha is the rank"),
        ({"ss_network_alpha": "2.0"}, 0.5, "ss_network_alpha"),
        ({"ss_network_alpha": "None"}, 1.0, "alpha is the rank"),
        ({"lora_alpha": "8"}, 2.0, "lora_alpha"),
        ({"network_alpha": "1"}, 0.25, "network_alpha"),
        ({"lora_adapter_metadata": json.dumps({"transformer.lora_alpha": 1})}, 0.25, "lora_adapter_metadata"),
        ({"lora_adapter_metadata": json.dumps({"lora_alpha": 16})}, 4.0, "lora_adapter_metadata"),
        # A pipeline's LoRA may have parts: those of the text encoder say nothing of the transformer.
        ({"lora_adapter_metadata": json.dumps({"text_encoder.lora_alpha": 16})}, 1.0, "alpha is the rank"),
        ({"lora_config": json.dumps({"r": 4, "lora_alpha": 2})}, 0.5, "lora_config"),
        ({"lora_adapter_metadata": json.dumps({"lora_alpha": 8, "use_rslora": True})}, 8 / math.sqrt(4), "metadata"),
    ],
)
def test_metadata_tells_alpha(report, metadata, scale, words):
    found = report(metadata)
    assert found.scales == pytest.approx((scale,))
    assert words in found.scale_from


def test_the_files_own_alpha_counts_more_than_metadata(report):
    found = report({"ss_network_alpha": "2.0"}, own=(12, 1.0))
    assert found.scales == (0.25,)
    assert found.scale_from == "its alpha tensors"


def test_modules_without_their_own_take_the_metadatas(report):
    found = report({"ss_network_alpha": "2.0"}, own=(3, 1.0))
    assert found.scales == (0.25, 0.5)
    assert found.scale_from == "its alpha tensors; where there are none, its metadata (ss_network_alpha)"


def test_what_is_asked_for_counts_most(report):
    found = report({"ss_network_alpha": "2.0"}, own=(12, 1.0), asked=6.0)
    assert found.scales == (1.5,)
    assert found.scale_from == "asked for"


def test_alphas_of_single_modules(tmp_path, tiny_loras, shapes, attention):
    """PEFT's alpha_pattern goes by the ending of the module's name."""
    table = {"transformer.lora_alpha": 4, "transformer.alpha_pattern": {"attn1.to_q": 2, "1.attn1.to_k": 8}}
    metadata = {"lora_adapter_metadata": json.dumps(table)}
    path = tiny_loras.write(tmp_path / "lora.safetensors", tiny_loras.dotted(attention), metadata)
    scales = {module: change.scale for module, change in read_lora(path, shapes).changes.items()}
    assert scales["transformer_blocks.2.attn1.to_q"] == 0.5
    assert scales["transformer_blocks.1.attn1.to_k"] == 2.0
    assert scales["transformer_blocks.0.attn1.to_k"] == scales["transformer_blocks.0.attn1.to_v"] == 1.0


def test_pefts_configuration_beside_its_file(report, tmp_path):
    (tmp_path / "adapter_config.json").write_text(json.dumps({"r": 4, "lora_alpha": 12}))
    assert report(name="adapter_model.safetensors").scales == (3.0,)
    assert report(name="other.safetensors").scales == (1.0,)


def test_one_file_may_hold_several_ranks(tmp_path, tiny_loras, shapes, model):
    state = model.state_dict()
    made = tiny_loras.factors(state, ["proj_out"], rank=2) | tiny_loras.factors(state, ["norm_out.linear"], rank=8)
    file = tiny_loras.flat(made, "lora_unet_", alpha=1.0)
    found = read_lora(tiny_loras.write(tmp_path / "lora.safetensors", file), shapes).report
    assert (found.ranks, found.scales) == ((2, 8), (0.125, 0.5))
    assert "rank 2 to 8, scale 0.125 to 0.5" in found.line


def test_sats_default_gives_way_to_what_is_asked(tmp_path, tiny_loras, shapes, attention):
    path = tiny_loras.write(tmp_path / "lora.safetensors", tiny_loras.sat(attention))
    assert "SAT's own default" in read_lora(path, shapes).report.scale_from
    assert read_lora(path, shapes, alpha=4.0).report.scales == (1.0,)


@pytest.mark.parametrize(
    ("metadata", "own", "asked", "words"),
    [
        (None, (12, float("nan")), None, r"attn1\.to_k\.alpha is nan, expected a finite number"),
        (None, (12, 0.0), None, r"attn1\.to_k\.alpha is 0\.0, expected a finite number other than 0"),
        (None, None, float("inf"), "the asked alpha is inf"),
        ({"ss_network_alpha": "many"}, None, None, "ss_network_alpha in its metadata is many"),
        ({"lora_adapter_metadata": "{"}, None, None, "lora_adapter_metadata in its metadata is no valid JSON"),
        ({"lora_config": "[1]"}, None, None, "lora_config in its metadata is a list"),
        ({"lora_config": '{"lora_alpha": 1, "alpha_pattern": [1]}'}, None, None, "alpha_pattern is a list"),
    ],
)
def test_an_alpha_that_can_not_be_one_is_named(report, metadata, own, asked, words):
    with pytest.raises(CheckpointError, match=words):
        report(metadata, own=own, asked=asked)


def test_metadata_that_is_not_needed_may_be_odd(report):
    assert report({"ss_network_alpha": "many"}, own=(12, 2.0)).scales == (0.5,)
