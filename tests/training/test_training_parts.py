"""Small parts of training: EMA, quicker convolutions, the loss, the split into text- and image-to-video."""

from __future__ import annotations

import copy

import pytest
import torch
from diffusers import AutoencoderKLCogVideoX
from torch import nn

from tora_core import ToraError
from tora_core.training.batches import cut_window
from tora_core.training.diffusion import BatchMotion, TextToMotionVideo, build_scheduler, build_transformer
from tora_core.training.ema import Ema
from tora_core.training.export import base_of
from tora_core.training.fast_conv import fast_causal_convolutions, fast_spatial_norms
from tora_core.training.objective import Dropouts, draw_timesteps, training_loss
from tora_core.training.text import MAX_TOKENS, build_text_encoder, build_tokenizer, token_ids
from tora_core.training.vae import SCALING_FACTOR, psnr, standardise_latents
from tora_core.training.vae_stage import steps_of


@pytest.fixture(scope="module")
def vae():
    torch.manual_seed(0)
    return AutoencoderKLCogVideoX(
        down_block_types=("CogVideoXDownBlock3D",) * 4,
        up_block_types=("CogVideoXUpBlock3D",) * 4,
        block_out_channels=(8, 8, 8, 8),
        layers_per_block=1,
        norm_num_groups=4,
        latent_channels=16,
        scaling_factor=SCALING_FACTOR,
    ).eval()


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    tokenizer = build_tokenizer()
    model = TextToMotionVideo(build_text_encoder(len(tokenizer)), build_transformer(layers=1, heads=1)).eval()
    for fuser in model.transformer.fuser:  # so that motion is felt
        nn.init.normal_(fuser.flow_beta_temporal.weight, std=0.1)
    return model


def test_ema_follows_the_stated_rule_and_copies_counters():
    layer = nn.BatchNorm1d(1)
    ema = Ema(layer, decay=0.5)
    with torch.no_grad():
        layer.weight.fill_(3.0)
        layer.num_batches_tracked.fill_(4)
    ema.update(layer)  # first decay is min(0.5, 2/11)
    assert float(ema.values["weight"]) == pytest.approx(1 + (3 - 1) * (1 - 2 / 11))
    assert int(ema.values["num_batches_tracked"]) == 4
    assert ema.copy_to(nn.BatchNorm1d(1)).weight.item() == pytest.approx(float(ema.values["weight"]))


def test_quicker_convolutions_give_the_same_latents_and_pictures(vae):
    x = torch.randn(1, 3, 9, 16, 24, generator=torch.Generator().manual_seed(1))
    fast = fast_causal_convolutions(copy.deepcopy(vae))
    with torch.no_grad():
        z, z_fast = vae.encode(x).latent_dist.mode(), fast.encode(x).latent_dist.mode()
        y, y_fast = vae.decode(z).sample, fast.decode(z).sample
    assert torch.allclose(z, z_fast, atol=1e-4)
    assert torch.allclose(y, y_fast, atol=1e-3)


def test_standardised_latents_have_unit_mean_square_and_decode_to_the_same_picture(vae):
    changed = copy.deepcopy(vae)
    standardise_latents(changed, clips=1, frames=9)
    x = torch.rand(1, 3, 9, 32, 48, generator=torch.Generator().manual_seed(2)) * 2 - 1
    with torch.no_grad():
        before = vae.decode(vae.encode(x).latent_dist.mode()).sample
        after = changed.decode(changed.encode(x).latent_dist.mode()).sample
        spread = vae.encode(x).latent_dist.std / changed.encode(x).latent_dist.std
        shift = vae.encode(x).latent_dist.mode() / changed.encode(x).latent_dist.mode()
    assert torch.allclose(before, after, atol=1e-4)
    assert torch.allclose(spread, shift, rtol=1e-3)
    mean, std = standardise_latents(changed, clips=1, frames=9)
    square = torch.tensor(mean).square() + torch.tensor(std).square()
    assert torch.allclose(square * SCALING_FACTOR**2, torch.ones(16), rtol=1e-3)


def test_psnr_of_a_tenth_of_the_range_is_20_db():
    assert psnr(torch.zeros(4), torch.full((4,), 0.2)) == pytest.approx(20)


def test_tokens_are_whole_words_padded_and_unknown_ones_marked():
    tokenizer = build_tokenizer()
    ids = token_ids(tokenizer, ["A Red circle on a plutonium background", ""])
    assert ids.shape == (2, MAX_TOKENS)
    words = tokenizer.convert_ids_to_tokens(ids[0].tolist())
    assert words[:8] == ["a", "red", "circle", "on", "a", "<unk>", "background", "</s>"]
    assert set(words[8:]) == {"<pad>"}
    assert ids[1].tolist() == [1] + [0] * (MAX_TOKENS - 1)


def test_the_text_to_video_half_is_exactly_the_image_to_video_model_fed_zeros(model):
    generator = torch.Generator().manual_seed(3)
    noisy = torch.randn(1, 2, 16, 4, 6, generator=generator)
    text = torch.randn(1, MAX_TOKENS, 128, generator=generator)
    both = base_of(model.transformer, image_to_video=True).eval()
    half = base_of(model.transformer, image_to_video=False).eval()
    rotary = (torch.ones(12, 64), torch.zeros(12, 64))
    with torch.no_grad():
        wide = both(torch.cat([noisy, torch.zeros_like(noisy)], 2), text, torch.tensor([500]), image_rotary_emb=rotary)
        narrow = half(noisy, text, torch.tensor([500]), image_rotary_emb=rotary)
    assert half.config.in_channels == 16
    assert torch.allclose(wide.sample, narrow.sample, atol=1e-5)


def sample_of(value: float) -> dict[str, torch.Tensor]:
    tokenizer = build_tokenizer()
    generator = torch.Generator().manual_seed(4)
    video = torch.randn(4, 2, 16, 4, 4, generator=generator)
    return {
        "video": video,
        "image": video[:, :1],
        "motion": torch.full_like(video, value),
        "focus": torch.rand(4, 2, 4, 4, generator=generator),
        "ids": token_ids(tokenizer, ["a red circle"] * 4),
        "empty_ids": token_ids(tokenizer, [""]),
    }


@pytest.mark.parametrize(("dropout", "felt"), [(1.0, False), (0.0, True)])
def test_motion_dropout_takes_the_motion_away_and_only_then(model, dropout, felt):
    dropouts = Dropouts(motion=dropout)
    alphas = build_scheduler().alphas_cumprod
    losses = []
    for value in (0.0, 1.0):
        with torch.no_grad():
            generator = torch.Generator().manual_seed(5)
            losses.append(float(training_loss(model, alphas, sample_of(value), generator, dropouts)))
    assert (losses[0] != losses[1]) is felt


def test_without_motion_the_loss_is_that_of_the_base_model(model):
    alphas = build_scheduler().alphas_cumprod
    with torch.no_grad():
        given = [torch.Generator().manual_seed(5) for _ in range(2)]
        base = training_loss(model, alphas, sample_of(1.0), given[0], with_motion=False)
        dropped = training_loss(model, alphas, sample_of(1.0), given[1], Dropouts(motion=1.0))
    assert float(base) == pytest.approx(float(dropped), rel=1e-5)


def test_focus_weighs_the_error_where_the_tracks_are(model, monkeypatch):
    alphas = build_scheduler().alphas_cumprod
    sample = sample_of(0.0)
    sample["focus"] = torch.zeros(4, 2, 4, 4)
    sample["focus"][..., 0] = 1.0  # the left quarter
    off = torch.zeros(4, 2, 16, 4, 4)
    off[..., 0] = 1.0  # v is 1 off there, right elsewhere

    def nearly(noisy, image, ids, timestep, motion, keep, window):
        a = alphas[timestep].float().view(-1, 1, 1, 1, 1)
        # v from noisy = sqrt(a) x + sqrt(1 - a) n, where x is known
        noise = (noisy - a.sqrt() * sample["video"]) / (1 - a).sqrt()
        return a.sqrt() * noise - (1 - a).sqrt() * sample["video"] + off

    monkeypatch.setattr(model, "forward", nearly)
    losses = []
    for focus in (0.0, 4.0):
        generator = torch.Generator().manual_seed(1)
        losses.append(float(training_loss(model, alphas, sample, generator, focus=focus)))
    assert losses == pytest.approx([0.25, 5 / (5 + 3)], rel=1e-3)
    # A sample that is not told its motion must not learn to expect a thing there.
    generator = torch.Generator().manual_seed(1)
    dropped = training_loss(model, alphas, sample, generator, Dropouts(motion=1.0), focus=4.0)
    assert float(dropped) == pytest.approx(0.25, rel=1e-3)


def test_a_window_of_all_frames_is_the_whole_clip_and_motion_of_a_smaller_one_is_a_part_of_it(model):
    sample = sample_of(1.0)
    given = (sample["video"], torch.zeros_like(sample["video"]), sample["ids"], torch.full((4,), 900), sample["motion"])
    keep = torch.tensor([1.0, 0.0, 1.0, 1.0])
    with torch.no_grad():
        whole, same = model(*given, keep), model(*given, keep, [0, 1])
        features = model.transformer.encode_motion(sample["motion"])
        fuser = model.transformer.fuser[0]
        all_frames = BatchMotion(features, None, range(2), 2).state(0, fuser, 2)
        last = BatchMotion(features, keep, [1], 2).state(0, fuser, 1)
    assert torch.equal(whole, same)
    for part, cut in zip(all_frames, last, strict=True):
        assert torch.allclose(cut[0], part[0, 1:], atol=1e-6) and not cut[1].any()


@pytest.mark.parametrize("seed", range(4))
def test_a_window_has_the_frames_of_one_place_and_the_picture_only_where_the_clip_begins(seed):
    video = torch.arange(5.0).view(1, 5, 1, 1, 1).expand(2, 5, 16, 4, 4)
    sample = {"video": video, "image": video[:, :1] + 7, "motion": video, "focus": video[:, :, 0]}
    cut = cut_window(sample, 2, torch.Generator().manual_seed(seed))
    first = cut["window"][0]
    assert list(cut["window"]) == [first, first + 1]
    assert cut["video"][0, :, 0, 0, 0].tolist() == cut["focus"][0, :, 0, 0].tolist() == [first, first + 1]
    assert torch.equal(cut["motion"], video)
    assert float(cut["image"].max()) == (7 if first == 0 else 0)


def test_late_timesteps_are_drawn_more_often_when_asked_for():
    even, late = (draw_timesteps(4000, 1000, bias, torch.Generator().manual_seed(0)) for bias in (0.0, 1.0))
    assert float(even.float().mean()) == pytest.approx(500, abs=20)
    assert float(late.float().mean()) == pytest.approx(667, abs=20)  # the mean of a density that grows linearly
    assert int(late.min()) >= 0 and int(late.max()) <= 999


@pytest.mark.parametrize(
    ("part", "moves", "stays"), [("base", "transformer_blocks", "fuser"), ("tora", "fuser", "transformer_blocks")]
)
def test_only_the_part_that_is_to_learn_gets_gradients(model, part, moves, stays):
    trained = copy.deepcopy(model)
    learning = trained.learn(part)
    alphas = build_scheduler().alphas_cumprod
    generator = torch.Generator().manual_seed(5)
    training_loss(trained, alphas, sample_of(1.0), generator, with_motion=part != "base").backward()
    touched = {name for name, p in trained.named_parameters() if p.grad is not None and p.grad.abs().sum() > 0}
    assert any(moves in name for name in touched)
    assert not any(stays in name for name in touched)
    inside = {id(p) for module in learning for p in module.parameters() if p.requires_grad}
    assert inside == {id(p) for p in trained.parameters() if p.requires_grad}


def test_an_unknown_part_can_not_learn(model):
    with pytest.raises(ToraError):
        copy.deepcopy(model).learn("text")


def test_spatial_norms_of_the_small_latent_give_the_same_picture(vae):
    z = torch.randn(1, 16, 5, 2, 3, generator=torch.Generator().manual_seed(6))
    changed = copy.deepcopy(vae)
    with torch.no_grad():
        for name, module in changed.named_modules():  # so that the norms do depend on the latent
            if name.endswith((".conv_y", ".conv_b")):
                nn.init.normal_(module.conv.weight, std=0.3)
        before = changed.decode(z).sample
        after = fast_spatial_norms(changed).decode(z).sample
    assert torch.allclose(before, after, atol=1e-5)
    assert before.std() > 1e-3


def test_the_schedule_ends_in_pure_noise():
    alphas = build_scheduler().alphas_cumprod
    assert float(alphas[-1]) == 0.0
    assert float(alphas[0]) == pytest.approx(1 - 0.00085, abs=1e-4)


def test_the_error_of_edges_counts_neighbours_across_and_down():
    error = torch.zeros(1, 1, 1, 2, 3)
    error[..., 0, 1] = 1.0
    # Across: 2 of 4 pairs differ by 1; down: 1 of 3 pairs.
    assert float(steps_of(error)) == pytest.approx((2 / 4 + 1 / 3) / 2)
