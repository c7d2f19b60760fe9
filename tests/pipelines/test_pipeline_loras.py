"""LoRAs in the library's pipelines: the same as with weights merged by hand."""

from __future__ import annotations

import logging

import pytest
import torch

from tora_core import CheckpointError, ToraError, load_pipeline
from tora_core.pipelines.loras import LoraChoice, as_choices

LAYERS = 2


@pytest.fixture(scope="module")
def folder(tmp_path_factory, t2v_components):
    home = tmp_path_factory.mktemp("tora")
    for name in ("vae", "text_encoder", "tokenizer", "scheduler", "transformer"):
        t2v_components[name].save_pretrained(home / name)
    return home


@pytest.fixture(scope="module")
def made(tiny_loras, t2v_components):
    """Factors for all layers."""
    return tiny_loras.factors(t2v_components["transformer"].state_dict(), tiny_loras.every_module(LAYERS))


@pytest.fixture
def file(tmp_path, tiny_loras, made):
    return tiny_loras.write(tmp_path / "lora.safetensors", tiny_loras.flat(made, "lora_unet__", alpha=2.0))


def load(folder, **values):
    pipe = load_pipeline(folder, **values)
    pipe.set_progress_bar_config(disable=True)
    return pipe


def test_videos_are_those_of_weights_merged_by_hand(folder, file, made, tiny_loras, call, path):
    merged = load(folder)
    plain = call(merged, trajectory=path)
    by_hand = tiny_loras.merged_by_hand(merged.transformer.state_dict(), made, 0.5, 0.8)
    merged.transformer.load_state_dict(
        {key: value.float() if value.is_floating_point() else value for key, value in by_hand.items()}
    )
    expected = call(merged, trajectory=path)
    found = call(load(folder, lora=(file, 0.8)), trajectory=path)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)
    assert not torch.allclose(found, plain, atol=0.05)


def test_strength_0_and_no_lora_are_the_same_video(folder, file, call, path):
    plain = call(load(folder), trajectory=path)
    assert torch.equal(call(load(folder, lora=[(file, 0.0)]), trajectory=path), plain)
    assert torch.equal(call(load(folder, lora=[]), trajectory=path), plain)


def test_several_add_up_and_are_reported(folder, file, made, tiny_loras, caplog):
    with caplog.at_level(logging.INFO, "tora_core.pipelines.loras"):
        pipe = load(folder, lora=[file, LoraChoice(file, -0.5, alpha=4.0)])
    expected = tiny_loras.merged_by_hand(load(folder).transformer.state_dict(), made, 0.5 - 0.5)
    for key, value in pipe.transformer.state_dict().items():
        if value.is_floating_point():
            torch.testing.assert_close(value.double(), expected[key], rtol=1e-5, atol=1e-6)
    assert [report.scales for report in pipe.lora_reports] == [(0.5,), (1.0,)]
    assert "lora.safetensors at -0.5: VideoX-Fun" in caplog.text


def test_keys_that_do_not_act_are_a_warning(folder, tmp_path, made, tiny_loras, caplog):
    tensors = tiny_loras.dotted(made) | {"text_encoder.q.lora_A.weight": torch.zeros(1, 1)}
    load(folder, lora=tiny_loras.write(tmp_path / "lora.safetensors", tensors))
    assert "1 key for the text encoder" in caplog.text


def test_a_half_precision_model_is_merged_in_float32(folder, file, made, tiny_loras):
    found = load(folder, lora=file, dtype="bfloat16").transformer.state_dict()
    expected = tiny_loras.merged_by_hand(load(folder, dtype="bfloat16").transformer.state_dict(), made, 0.5)
    for module in made:
        key = f"{module}.weight"
        assert torch.equal(found[key], expected[key].float().to(torch.bfloat16)) or torch.allclose(
            found[key].double(), expected[key], rtol=2**-8, atol=1e-4
        )


def test_no_lora_is_told_before_the_model_is_read(folder, tmp_path, monkeypatch):
    from tora_core.pipelines import loading

    monkeypatch.setattr(loading, "load_transformer", lambda *_, **__: pytest.fail("the model was read"))
    with pytest.raises(CheckpointError, match=r"none\.safetensors can't be opened"):
        load_pipeline(folder, lora=tmp_path / "none.safetensors")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (3, "lora is a int"),
        ([3], "a lora is 3"),
        ([("a", 1.0, 2.0)], "a lora is"),
        ([("a", float("nan"))], "a LoRA's strength is nan"),
    ],
)
def test_what_is_no_choice_of_loras_is_told(value, words):
    with pytest.raises(ToraError, match=words):
        as_choices(value)


def test_every_way_of_naming_them_is_taken(tmp_path):
    path = tmp_path / "a"
    assert as_choices(None) == []
    for value in (path, (path, 1), [path], [(path, 1.0)], LoraChoice(path)):
        assert as_choices(value) == [LoraChoice(path, 1.0)]
    assert as_choices([("x", 0.5), path]) == [LoraChoice("x", 0.5), LoraChoice(path)]
