"""The decoder's stage, with tiny clips and a step or two."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from diffusers import AutoencoderKLCogVideoX
from safetensors.torch import load_file

from tora_core import ToraError
from tora_core.motion import render_motion
from tora_core.training.decoder_stage import DecoderRecipe, Pairs, preset, train_decoder
from tora_core.training.latents import ClipKind, encode_clips, load_latents
from tora_core.training.loop import Schedule, generator_for
from tora_core.training.scenes import CALM_SEED, draw_any, draw_calm
from tora_core.training.vae import build_vae

SMALL = ClipKind(9, 32, 32)
WEIGHTS = "diffusion_pytorch_model.safetensors"
ONE = DecoderRecipe(Schedule(steps=1, warm_up=1, sample_every=0, log_every=1, ema=0.1), crop=16)


def quiet(text: str) -> None:
    """Reports are not wanted here."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A VAE, with scenes and calm clips encoded with it."""
    folder = tmp_path_factory.mktemp("decoder")
    torch.manual_seed(0)
    vae = build_vae()
    vae.save_pretrained(folder / "vae")
    encode_clips(vae, folder / "latents", {SMALL: 2}, report=quiet)
    encode_clips(vae, folder / "latents", {SMALL: 2}, first_seed=CALM_SEED, draw=draw_calm, report=quiet)
    return folder


def test_only_the_decoder_changes_and_another_call_goes_on(folder, tmp_path):
    assert train_decoder(folder / "latents", folder / "vae", tmp_path, ONE, report=quiet)
    before, after = load_file(folder / "vae" / WEIGHTS), load_file(tmp_path / WEIGHTS)
    assert {key.split(".")[0] for key in after if not torch.equal(before[key].half(), after[key])} == {"decoder"}
    two = replace(ONE, schedule=replace(ONE.schedule, steps=2, sample_every=2))
    assert train_decoder(folder / "latents", folder / "vae", tmp_path, two, report=quiet)
    rows = [json.loads(row) for row in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows] == [1, 2]
    assert (tmp_path / "strip_000002.png").exists()


def test_a_fresh_decoder_begins_anew_with_norms_that_hardly_see_the_latent(folder, tmp_path):
    still = replace(ONE, schedule=replace(ONE.schedule, seed=3), fresh=True, learning_rate=0.0, other_rate=0.0)
    train_decoder(folder / "latents", folder / "vae", tmp_path, still, report=quiet)
    before, after = load_file(folder / "vae" / WEIGHTS), load_file(tmp_path / WEIGHTS)
    kernel = "decoder.conv_in.conv.weight"
    assert not torch.equal(before[kernel].half(), after[kernel])
    bias = "decoder.norm_out.conv_y.conv.bias"
    assert torch.equal(after[bias], torch.ones_like(after[bias]))


def test_latents_and_pictures_are_of_the_same_clip_and_the_same_square(folder):
    sets = load_latents(folder / "latents")
    seen = set()
    for step in range(12):
        recipe = replace(ONE, whole=1.0, motion=0.5, dense=0.0)
        z, x, clips = Pairs(sets, recipe)(step)
        row = next(r for r in range(4) for name in ("video", "motion") if torch.equal(_of(sets, name, r), z[0]))
        clip = draw_any(sets[SMALL].seeds[row], frames=9, size=(32, 32))
        picture = torch.from_numpy(clip.frames).float() / 255 if clips[0] else render_motion(clip.tracks)
        assert torch.equal(x[0], picture.permute(3, 0, 1, 2) * 2 - 1)
        seen.add((bool(clips[0]), sets[SMALL].seeds[row] >= CALM_SEED))
        cut_z, cut_x, _ = Pairs(sets, replace(ONE, whole=0.0, batch=1, motion=0.0, dense=0.0))(step)
        places = [
            (row, top, left)
            for row in range(4)
            for top in range(3)
            for left in range(3)
            if torch.equal(_of(sets, "video", row)[:, :, top : top + 2, left : left + 2], cut_z[0])
        ]
        assert len(places) == 1
        row, top, left = places[0]
        clip = draw_any(sets[SMALL].seeds[row], frames=9, size=(32, 32))
        cut = clip.frames[:, top * 8 : top * 8 + 16, left * 8 : left * 8 + 16]
        assert np.array_equal(((cut_x[0].permute(1, 2, 3, 0) + 1) * 127.5).round().to(torch.uint8).numpy(), cut)
    assert len(seen) == 4  # clips and motion, of scenes and of calm ones


def _of(sets, name, row):
    return getattr(sets[SMALL], name)[row].float().transpose(0, 1)


def test_noise_of_a_random_size_is_added_to_the_latents(folder, tmp_path, monkeypatch):
    seen = []
    decode = AutoencoderKLCogVideoX.decode
    monkeypatch.setattr(
        AutoencoderKLCogVideoX, "decode", lambda self, z: (seen.append(z.detach().float()), decode(self, z))[1]
    )
    for noise in (0.0, 0.5):
        recipe = replace(ONE, latent_noise=noise, precision="float32")
        train_decoder(folder / "latents", folder / "vae", tmp_path / str(noise), recipe, report=quiet)
    generator = generator_for(0, 0)
    noise = torch.randn(seen[0].shape, generator=generator)
    shares = torch.rand(len(noise), 1, 1, 1, 1, generator=generator)
    assert torch.allclose(seen[1] - seen[0], 0.5 * shares * noise, atol=1e-5)


def test_clips_that_another_version_encoded_are_refused(folder):
    sets = load_latents(folder / "latents")
    sets[SMALL].captions[:] = ["a red dodo on a gray background"] * 4
    with pytest.raises(ToraError, match="encode again"):
        Pairs(sets, ONE)(0)


@pytest.mark.parametrize("wrong", [{"latent_noise": 1.5}, {"crop": 20}, {"crop": 8}, {"batch": 0}, {"motion": 1.1}])
def test_recipes_that_can_not_be_are_refused(wrong):
    with pytest.raises(ToraError):
        DecoderRecipe(**wrong)


def test_presets():
    assert preset("demo") == DecoderRecipe()
    assert preset("smoke").schedule.steps == 3
    with pytest.raises(ToraError, match="demo or smoke"):
        preset("huge")
