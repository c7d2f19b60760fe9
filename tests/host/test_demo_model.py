"""The demo model inside ComfyUI, against the library's own pipeline on the same files (diffusers, transformers)."""

from __future__ import annotations

import logging
import math
from typing import Any

import pytest
import torch

pytestmark = pytest.mark.host

PROMPTS = {
    "what it was trained on": "a red circle on a blue background",
    "nothing": "",
    "words it does not know, and capitals": "Two stars, moving over the GROUND. Frogs jump!",
    "exactly 23 words": " ".join(["a red star"] * 7 + ["and", "clip"]),
    "too many words": " ".join(["a green square moves across the gray ground"] * 4),
}


@pytest.fixture(scope="module")
def demo(host) -> dict[str, Any]:
    """Variant to (MODEL, CLIP, VAE, TORA_MODEL)."""
    return {variant: host.run("ToraLoadDemoModel", variant=variant) for variant in ("T2V", "I2V")}


@pytest.fixture(scope="module")
def clip(demo):
    return demo["T2V"][1]


@pytest.fixture(scope="module")
def vae(demo):
    return demo["T2V"][2]


@pytest.fixture(scope="module")
def pipe():
    from tora_core import load_pipeline

    return load_pipeline()


def moving(frames: int, height: int = 48, width: int = 64) -> torch.Tensor:
    """Smooth random pictures (F, H, W, 3) in 0..1 that change with time."""
    coarse = torch.rand(1, 3, 3, 4, 5, generator=torch.Generator().manual_seed(frames))
    return torch.nn.functional.interpolate(coarse, size=(frames, height, width), mode="trilinear")[0].permute(
        1, 2, 3, 0
    )


def decoded_by_diffusers(pipe, latents: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        return (pipe.vae.decode(latents).sample[0].permute(1, 2, 3, 0) / 2 + 0.5).clamp(0, 1)


def psnr(found: torch.Tensor, expected: torch.Tensor) -> float:
    return -10 * math.log10(float((found - expected).square().mean()))


@pytest.mark.parametrize(("variant", "channels"), [("T2V", 16), ("I2V", 32)])
def test_the_outputs_are_the_hosts_own_types(host, demo, variant, channels):
    import comfy.model_base
    import comfy.model_patcher
    import comfy.sd

    model, clip, vae, tora_model = demo[variant]
    assert isinstance(model, comfy.model_patcher.ModelPatcher)
    assert type(model.model) is comfy.model_base.CogVideoX
    assert model.model.diffusion_model.in_channels == channels
    assert model.model_dtype() == torch.float32
    assert type(clip) is comfy.sd.CLIP
    assert type(vae) is comfy.sd.VAE
    assert isinstance(tora_model, host.pack("nodes.values").ToraModel)
    assert (tora_model.kind, tora_model.layers, tora_model.width) == (variant.lower(), 6, 192)


def test_the_model_holds_the_bundled_weights_in_float32(demo, pipe):
    net = demo["T2V"][0].model.diffusion_model
    block = pipe.transformer.transformer_blocks[3]
    assert torch.equal(net.blocks[3].q.weight, block.attn1.to_q.weight)
    assert torch.equal(net.blocks[3].ff_out.weight, block.ff.net[2].weight)
    assert torch.equal(net.proj_out.bias, pipe.transformer.proj_out.bias)


@pytest.mark.parametrize("frames", [1, 9, 13, 17])
def test_encoding_equals_diffusers(host, vae, pipe, frames):
    clip = moving(frames)
    with torch.no_grad():
        expected = pipe.vae.encode((clip * 2 - 1).permute(3, 0, 1, 2)[None]).latent_dist.mode()
    (found,) = host.run("VAEEncode", vae=vae, pixels=clip)
    assert found["samples"].shape == (1, 16, (frames - 1) // 4 + 1, 6, 8)
    assert torch.allclose(found["samples"], expected, atol=1e-4, rtol=0)


@pytest.mark.parametrize("latent_frames", [1, 3, 5])
def test_decoding_equals_diffusers(host, vae, pipe, latent_frames):
    latents = torch.randn(1, 16, latent_frames, 6, 8, generator=torch.Generator().manual_seed(2))
    expected = decoded_by_diffusers(pipe, latents)
    (found,) = host.run("VAEDecode", vae=vae, samples={"samples": latents})
    assert found.shape == (4 * latent_frames - 3, 48, 64, 3)
    assert torch.allclose(found, expected, atol=1e-4, rtol=0)


def test_an_even_number_of_latent_frames_has_the_length_that_the_host_counts_with(host, vae, pipe):
    latents = torch.randn(1, 16, 4, 6, 8, generator=torch.Generator().manual_seed(3))
    (found,) = host.run("VAEDecode", vae=vae, samples={"samples": latents})
    assert torch.allclose(found, decoded_by_diffusers(pipe, latents)[3:], atol=1e-4, rtol=0)
    assert len(found) == 13


def test_decoding_in_tiles_of_time_keeps_every_frame_in_its_place(host, vae):
    """Tiles of 2 latent frames: taken whole they come 3 frames late, which a moving shape shows."""
    clip = torch.zeros(13, 32, 80, 3)
    for frame, pixels in enumerate(clip):
        pixels[8:24, 5 * frame : 5 * frame + 16] = 1
    (latents,) = host.run("VAEEncode", vae=vae, pixels=clip)
    (whole,) = host.run("VAEDecode", vae=vae, samples=latents)
    tiling = {"tile_size": 512, "overlap": 64, "temporal_size": 8, "temporal_overlap": 4}
    (tiled,) = host.run("VAEDecodeTiled", vae=vae, samples=latents, **tiling)
    late = psnr(whole[:-3], whole[3:])
    assert tiled.shape == whole.shape
    assert psnr(tiled, whole) > late + 8


def test_decoding_and_encoding_in_tiles_of_space_come_near_the_untiled(host, vae):
    clip = moving(5, 64, 96)
    tiling = {"tile_size": 64, "overlap": 16, "temporal_size": 64, "temporal_overlap": 8}
    (latents,) = host.run("VAEEncode", vae=vae, pixels=clip)
    (whole,) = host.run("VAEDecode", vae=vae, samples=latents)
    (decoded,) = host.run("VAEDecodeTiled", vae=vae, samples=latents, **tiling)
    (encoded,) = host.run("VAEEncodeTiled", vae=vae, pixels=clip, **tiling)
    assert encoded["samples"].shape == latents["samples"].shape
    (again,) = host.run("VAEDecode", vae=vae, samples=encoded)
    assert psnr(decoded, whole) > 30
    assert psnr(again, whole) > 25


def test_the_vae_has_what_the_hosts_own_cogvideox_vae_has(vae):
    """If this fails, VAE.__init__ of a newer ComfyUI sets something that load_vae has to take over or to set anew."""
    import comfy.sd
    from comfy.ldm.cogvideo.vae import AutoencoderKLCogVideoX

    with torch.device("meta"):
        own = vars(comfy.sd.VAE(sd=AutoencoderKLCogVideoX().state_dict(), dtype=torch.float32))
    ours = vars(vae)
    replaced = {"first_stage_model", "patcher", "size", "working_dtypes", "memory_used_encode", "memory_used_decode"}
    assert ours.keys() == own.keys()
    for name in own.keys() - replaced:
        if callable(own[name]):
            x = torch.linspace(0, 1, 5)
            assert torch.equal(ours[name](x.clone()), own[name](x.clone())), name
        elif isinstance(own[name], tuple) and callable(own[name][0]):
            assert (ours[name][0](33), ours[name][1:]) == (own[name][0](33), own[name][1:]), name
        else:
            assert ours[name] == own[name], name
    assert ours["size"] == sum(4 * p.numel() for p in vae.first_stage_model.parameters())


def test_memory_is_asked_for_by_chunk(vae):
    # 17 frames of 48x64: the clip, 3 x 17 values a pixel, and 175 for each of the 9 frames of the first chunk
    assert vae.memory_used_encode((1, 3, 17, 48, 64), torch.float32) == (51 + 1575) * 48 * 64 * 4
    # 5 latent frames: twice 20 frames of 3 values, and 350 for each of the 12 frames of the first chunk
    assert vae.memory_used_decode((1, 16, 5, 6, 8), torch.float32) == (120 + 4200) * 48 * 64 * 4
    assert vae.memory_used_decode((1, 16, 49, 6, 8), torch.float32) < 2 * vae.memory_used_decode(
        (1, 16, 5, 6, 8), torch.float32
    )


@pytest.mark.parametrize("prompt", PROMPTS.values(), ids=PROMPTS)
def test_a_prompt_becomes_what_the_librarys_pipeline_makes_of_it(host, clip, pipe, prompt):
    with torch.no_grad():
        expected, _ = pipe.encode_prompt(prompt, do_classifier_free_guidance=False, max_sequence_length=24)
    ((embeds, extra),) = host.run("CLIPTextEncode", clip=clip, text=prompt)[0]
    assert embeds.shape == (1, 24, 128)
    assert torch.allclose(embeds, expected, atol=1e-5, rtol=0)
    assert extra["pooled_output"] is None


def test_a_weight_acts_on_its_word_and_one_changes_nothing(host, clip):
    def encode(text: str) -> torch.Tensor:
        return host.run("CLIPTextEncode", clip=clip, text=text)[0][0][0]

    plain, empty = encode("a red circle"), encode("")
    weighted = encode("a (red:1.2) circle")
    assert torch.equal(encode("a (red:1.0) circle"), plain)
    assert torch.allclose(weighted[0, 1], empty[0, 1] + 1.2 * (plain[0, 1] - empty[0, 1]), atol=1e-5)
    assert torch.equal(weighted[0, 2:], plain[0, 2:])


def test_words_that_are_dropped_or_unknown_are_named(clip, caplog):
    with caplog.at_level(logging.WARNING):
        clip.tokenize(" ".join(["a (zebra:1.3)"] + ["red"] * 21 + ["star", "over"]))
    dropped, unknown = [record.message for record in caplog.records]
    assert "23 words" in dropped and dropped.endswith("the last 2 are dropped: star over")
    assert "does not know: zebra." in unknown
    assert "red green blue" in unknown


def test_a_prompt_of_known_words_is_not_complained_about(clip, caplog):
    with caplog.at_level(logging.WARNING):
        clip.tokenize("a red circle and a green star on a gray background")
    assert not caplog.records


def test_token_rows_can_carry_word_ids(clip):
    ((row,),) = clip.tokenize("a red star", return_word_ids=True).values()
    assert row[:5] == [(21, 1.0, 1), (5, 1.0, 1), (20, 1.0, 1), (1, 1.0, 0), (0, 1.0, 0)]
    assert len(row) == 24


def test_loading_warns_of_nothing(host, caplog):
    with caplog.at_level(logging.WARNING):
        host.run("ToraLoadDemoModel", variant="T2V")
    assert not [record.message for record in caplog.records]


def test_the_host_can_load_every_part_a_second_time(demo):
    """What clone(disable_dynamic=True) of a DynamicVRAM host does, and the nodes that choose a device."""
    model, clip, vae, tora_model = demo["I2V"]
    for patcher in (model, clip.patcher, vae.patcher, tora_model.patcher):
        load, arguments = patcher.cached_patcher_init
        again = load(*arguments, disable_dynamic=True)
        old, new = patcher.model.state_dict(), again.model.state_dict()
        assert again.model is not patcher.model
        assert old.keys() == new.keys()
        assert all(torch.equal(old[key], new[key]) for key in old)
    assert model.clone(disable_dynamic=True).model is model.model  # here nothing is dynamic


@pytest.mark.parametrize("variant", ["T2V", "I2V"])
def test_cores_ksampler_runs_on_it(host, demo, variant):
    import node_helpers

    model, clip, vae, _ = demo[variant]
    (positive,) = host.run("CLIPTextEncode", clip=clip, text="a red circle on a blue background")
    (negative,) = host.run("CLIPTextEncode", clip=clip, text="")
    if variant == "I2V":
        (image,) = host.run("VAEEncode", vae=vae, pixels=moving(1))
        values = {"concat_latent_image": image["samples"]}
        positive, negative = (node_helpers.conditioning_set_values(c, values) for c in (positive, negative))
    (latents,) = host.run(
        "KSampler",
        model=model,
        seed=1,
        steps=2,
        cfg=3.0,
        sampler_name="euler",
        scheduler="simple",
        positive=positive,
        negative=negative,
        latent_image={"samples": torch.zeros(1, 16, 3, 6, 8)},
    )
    assert latents["samples"].shape == (1, 16, 3, 6, 8)
    # Unmended, the network is fed noise of a standard deviation of 4,600, and hands on something of that size.
    assert 0.2 < float(latents["samples"].std()) < 5


def test_every_sampler_node_of_core_gives_what_the_ksampler_gives(host, demo):
    """One run, cut in two with its noise handed on, from explicit sigmas, and through a guider."""
    model, clip, _, _ = demo["T2V"]
    (positive,) = host.run("CLIPTextEncode", clip=clip, text="a red circle on a blue background")
    (negative,) = host.run("CLIPTextEncode", clip=clip, text="")
    prompts = {"positive": positive, "negative": negative}
    latent = {"samples": torch.zeros(1, 16, 3, 6, 8)}
    usual = {"model": model, "steps": 4, "cfg": 3.0, "sampler_name": "euler", "scheduler": "simple", **prompts}
    (expected,) = host.run("KSampler", seed=1, latent_image=latent, denoise=1.0, **usual)

    first = {"add_noise": "enable", "start_at_step": 0, "end_at_step": 2, "return_with_leftover_noise": "enable"}
    second = {"add_noise": "disable", "start_at_step": 2, "end_at_step": 99, "return_with_leftover_noise": "disable"}
    (half,) = host.run("KSamplerAdvanced", noise_seed=1, latent_image=latent, **usual, **first)
    (advanced,) = host.run("KSamplerAdvanced", noise_seed=1, latent_image=half, **usual, **second)

    (sampler,) = host.run("KSamplerSelect", sampler_name="euler")
    (sigmas,) = host.run("BasicScheduler", model=model, scheduler="simple", steps=4, denoise=1.0)
    shared = {"sampler": sampler, "sigmas": sigmas, "latent_image": latent}
    custom, _ = host.run("SamplerCustom", model=model, add_noise=True, noise_seed=1, cfg=3.0, **prompts, **shared)
    (guider,) = host.run("CFGGuider", model=model, cfg=3.0, **prompts)
    (noise,) = host.run("RandomNoise", noise_seed=1)
    guided, _ = host.run("SamplerCustomAdvanced", noise=noise, guider=guider, **shared)
    for found in (advanced, custom, guided):
        torch.testing.assert_close(found["samples"], expected["samples"], rtol=1e-4, atol=1e-4)


def test_a_missing_or_broken_file_is_told(host, monkeypatch, tmp_path):
    files = host.pack("nodes.host.demo.files")
    error = host.pack("tora_core.errors").CheckpointError
    monkeypatch.setattr(files, "BUNDLED", tmp_path)
    with pytest.raises(error, match="is missing"):
        host.run("ToraLoadDemoModel", variant="T2V")
    (tmp_path / "w.safetensors").write_bytes(b"version https://git-lfs")
    with pytest.raises(error, match="install the pack again"):
        files.read_weights("w.safetensors")
    with pytest.raises(error, match=r"VAE has 1 tensors, expected 2; they differ in b"):
        files.require_same_keys("VAE", {"a"}, {"a", "b"})
