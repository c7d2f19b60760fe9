"""Offloading, tiling, saving and LoRA: diffusers' own means, which motion must not break."""

from __future__ import annotations

import contextlib
import importlib.util
import math

import pytest
import torch


def test_model_offload_gives_the_same_video(own_t2v, call, path):
    pytest.importorskip("accelerate")
    expected = call(own_t2v, trajectory=path)
    own_t2v.enable_model_cpu_offload(device="cpu")  # the hooks are the same whatever the device
    assert torch.equal(call(own_t2v, trajectory=path), expected)
    assert torch.equal(call(own_t2v, trajectory=path), expected)


@contextlib.contextmanager
def weights_only_inside_their_own_forward(*models):
    """What sequential offload and leaf-level group offload do: elsewhere a module's weights are not there (NaN)."""
    handles = []
    for module in (module for model in models for module in model.modules()):
        own = dict(module.named_parameters(recurse=False))
        if not own:
            continue
        kept = {name: parameter.data for name, parameter in own.items()}
        gone = {name: torch.full_like(value, math.nan) for name, value in kept.items()}

        def swap(module, *_, own=own, values=None):
            for name, parameter in own.items():
                parameter.data = values[name]

        swap(module, values=gone)
        handles.append(module.register_forward_pre_hook(lambda m, a, s=swap, v=kept: s(m, values=v)))
        handles.append(module.register_forward_hook(lambda m, a, o, s=swap, v=gone: s(m, values=v), always_call=True))
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def test_no_weight_is_touched_outside_its_own_module(own_t2v, call, path):
    expected = call(own_t2v, trajectory=path)
    assert torch.isfinite(expected).all()
    with weights_only_inside_their_own_forward(own_t2v.transformer, own_t2v.vae):
        assert torch.equal(call(own_t2v, trajectory=path), expected)


def test_tiled_vae_encodes_motion_tile_by_tile(own_t2v, call, path):
    vae, widths = own_t2v.vae, []
    vae.enable_tiling(tile_sample_min_height=48, tile_sample_min_width=40)  # two tiles, of 40 and 32 columns
    encoder = vae.encoder
    handle = encoder.register_forward_pre_hook(lambda module, args: widths.append(args[0].shape[-1]))
    video = call(own_t2v, trajectory=path, width=64, output_type="np")
    handle.remove()
    assert widths == [40, 32]
    assert video.shape == (1, 9, 32, 64, 3)


def test_half_precision_keeps_the_extractor_in_float32(own_t2v, call, path):
    expected = call(own_t2v, trajectory=path)
    own_t2v.to(torch.bfloat16)
    own_t2v.transformer.traj_extractor.float()
    video = call(own_t2v, trajectory=path)
    assert video.dtype == torch.bfloat16
    # bfloat16 keeps 8 bits; three steps of guidance 6 multiply the rounding.
    torch.testing.assert_close(video.float(), expected, rtol=0.1, atol=0.15)


@pytest.mark.slow
def test_compiled_transformer_gives_the_same_video(own_t2v, call, path):
    expected = call(own_t2v, trajectory=path)
    own_t2v.transformer = torch.compile(own_t2v.transformer, backend="eager")
    torch.testing.assert_close(call(own_t2v, trajectory=path), expected, rtol=0, atol=1e-5)


def test_a_saved_pipeline_comes_back(own_t2v, call, path, tmp_path):
    from tora_core import load_pipeline

    expected = call(own_t2v, trajectory=path)
    own_t2v.save_pretrained(tmp_path)
    loaded = load_pipeline(tmp_path)
    loaded.set_progress_bar_config(disable=True)
    assert type(loaded) is type(own_t2v)
    assert torch.equal(call(loaded, trajectory=path), expected)


def test_a_saved_pipeline_comes_back_by_from_pretrained(own_t2v, call, path, tmp_path):
    own_t2v.save_pretrained(tmp_path)
    loaded = type(own_t2v).from_pretrained(tmp_path, local_files_only=True)
    loaded.set_progress_bar_config(disable=True)
    assert torch.equal(call(loaded, trajectory=path), call(own_t2v, trajectory=path))


LORA = {
    "transformer.transformer_blocks.0.attn1.to_q.lora_A.weight": torch.ones(4, 32),
    "transformer.transformer_blocks.0.attn1.to_q.lora_B.weight": torch.eye(32, 4),
}
HAS_PEFT = importlib.util.find_spec("peft") is not None


@pytest.mark.skipif(not HAS_PEFT, reason="diffusers loads LoRA through peft, which is not installed")
def test_a_lora_acts_together_with_motion_and_goes_again(own_t2v, call, path):
    expected = call(own_t2v, trajectory=path)
    own_t2v.load_lora_weights(dict(LORA), adapter_name="style")
    assert (call(own_t2v, trajectory=path) - expected).abs().max() > 1e-3
    assert torch.equal(call(own_t2v, trajectory=path, attention_kwargs={"scale": 0.0}), expected)
    own_t2v.unload_lora_weights()
    assert torch.equal(call(own_t2v, trajectory=path), expected)


@pytest.mark.skipif(HAS_PEFT, reason="peft is installed")
def test_a_lora_without_peft_is_refused_by_diffusers_in_words(own_t2v):
    with pytest.raises(ValueError, match="PEFT backend is required"):
        own_t2v.load_lora_weights(dict(LORA))
