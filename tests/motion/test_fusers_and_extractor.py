"""Extractor and fusers on their own: published keys, hand-computed values, the three designs' common interface."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from tora_core import MotionGuidanceFuser, ToraError, TrajectoryExtractor
from tora_core.motion import FUSERS, MotionGuidance, as_guidances, fuse, initialise_extractor, initialise_fuser

WIDTH, CHANNELS, FRAMES, HEIGHT, AREA_WIDTH = 64, 8, 3, 2, 5
TOKENS = FRAMES * HEIGHT * AREA_WIDTH


def features(motions: int = 1, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(motions * FRAMES, CHANNELS, HEIGHT, AREA_WIDTH, generator=generator)


def tokens(batch: int = 1, seed: int = 1) -> torch.Tensor:
    return torch.randn(batch, TOKENS, WIDTH, generator=torch.Generator().manual_seed(seed))


def random_fuser(kind: str = "adaptive-norm", seed: int = 2) -> nn.Module:
    torch.manual_seed(seed)
    return FUSERS[kind](WIDTH, CHANNELS)


def test_extractor_has_the_published_keys():
    keys = set(TrajectoryExtractor(num_blocks=2).state_dict())
    block = {"block1", "block2", "bn1", "bn2"}
    assert {key.split(".")[0] for key in keys} == {"conv_in", "body"}
    assert {key.split(".")[2] for key in keys if key.startswith("body.")} == block
    assert {key.split(".")[1] for key in keys if key.startswith("body.")} == {"0", "1", "2", "3"}
    shapes = {key: tuple(value.shape) for key, value in TrajectoryExtractor(num_blocks=2).state_dict().items()}
    assert shapes["conv_in.weight"] == (128, 64, 3, 3)
    assert shapes["body.3.bn2.running_var"] == (128,)


def test_fuser_has_the_published_keys_and_shapes():
    shapes = {key: tuple(value.shape) for key, value in MotionGuidanceFuser(3072).state_dict().items()}
    assert shapes == {
        "flow_gamma_spatial.weight": (768, 128, 3, 3),
        "flow_gamma_spatial.bias": (768,),
        "flow_gamma_temporal.weight": (3072, 768, 3),
        "flow_gamma_temporal.bias": (3072,),
        "flow_beta_spatial.weight": (768, 128, 3, 3),
        "flow_beta_spatial.bias": (768,),
        "flow_beta_temporal.weight": (3072, 768, 3),
        "flow_beta_temporal.bias": (3072,),
        "flow_cond_norm.weight": (3072,),
        "flow_cond_norm.bias": (3072,),
    }


def test_an_extractor_of_zero_branches_hands_its_first_layer_through():
    extractor = TrajectoryExtractor(num_blocks=2, in_channels=1, channels=4).eval()
    for block in extractor.body:
        nn.init.zeros_(block.block2.weight)
        nn.init.zeros_(block.block2.bias)
    nn.init.zeros_(extractor.conv_in.weight)
    nn.init.zeros_(extractor.conv_in.bias)
    with torch.no_grad():  # channel k reads position k of each 2x2 patch: rows first
        for k in range(4):
            extractor.conv_in.weight[k, k, 1, 1] = 1
    latent = torch.arange(8.0).view(1, 1, 1, 2, 4)
    first, second = extractor(latent)
    assert torch.equal(first, second)
    assert first[0, :, 0, 0].tolist() == [0, 1, 4, 5]
    assert first[0, :, 0, 1].tolist() == [2, 3, 6, 7]


@pytest.mark.parametrize(("height", "width"), [(4, 6), (5, 7), (1, 1)])
def test_odd_sizes_are_padded_with_zeros_at_the_far_edges(height, width):
    extractor = TrajectoryExtractor(num_blocks=1, in_channels=2, channels=4).eval()
    initialise_extractor(extractor)
    latent = torch.randn(1, 2, 2, height, width, generator=torch.Generator().manual_seed(3))
    padded = torch.zeros(1, 2, 2, height + height % 2, width + width % 2)
    padded[..., :height, :width] = latent
    assert torch.equal(extractor(latent)[0], extractor(padded)[0])
    assert extractor(latent)[0].shape == (2, 4, -(-height // 2), -(-width // 2))


def test_motion_latents_in_another_layout_are_refused():
    with pytest.raises(ToraError, match=r"\(1, 16, 5, 8, 8\)"):
        TrajectoryExtractor(num_blocks=1)(torch.zeros(1, 16, 5, 8, 8))


def test_adaptive_norm_by_hand():
    """With one frame and 1x1 area the group norm sees each group of two channels alone."""
    fuser = MotionGuidanceFuser(64, 1)
    for parameter in fuser.parameters():
        nn.init.zeros_(parameter)
    nn.init.ones_(fuser.flow_cond_norm.weight)
    nn.init.constant_(fuser.flow_gamma_temporal.bias, 3.0)
    nn.init.constant_(fuser.flow_beta_temporal.bias, 0.5)
    h = torch.tensor([1.0, 5.0] * 32).view(1, 1, 64)  # mean 3, deviation 2: normalised to -1 and 1
    got = fuser(h, torch.zeros(1, 1, 1, 1), frames=1, strength=2.0)
    expected = torch.tensor([1 + 2 * (-3 + 0.5), 5 + 2 * (3 + 0.5)] * 32).view(1, 1, 64)
    assert torch.allclose(got, expected, atol=1e-4)


def test_group_statistics_are_per_latent_frame():
    fuser = random_fuser()
    h = tokens()
    changed = h.clone()
    per_frame = TOKENS // FRAMES
    changed[:, per_frame : 2 * per_frame] *= 7  # only frame 1
    difference = fuser.contribution(h, fuser.prepare(features(), FRAMES)) - fuser.contribution(
        changed, fuser.prepare(features(), FRAMES)
    )
    assert difference[:, :per_frame].abs().max() == 0
    assert difference[:, 2 * per_frame :].abs().max() == 0


def test_time_is_mixed_over_the_neighbours_with_the_edge_repeated():
    fuser = random_fuser()
    gamma, _ = fuser.prepare(features(), FRAMES)
    alone, _ = fuser.prepare(features()[:1].repeat(3, 1, 1, 1), 3)
    first_twice = torch.cat([features()[:1], features()])
    shifted, _ = fuser.prepare(first_twice, FRAMES + 1)
    assert torch.allclose(shifted[:, 1:], gamma, atol=1e-6)  # frame 0's missing neighbour is frame 0 itself
    assert torch.allclose(alone[:, 0], alone[:, 2], atol=1e-6)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
@pytest.mark.parametrize("motions", [1, 2])
def test_without_gradients_it_goes_frame_by_frame_to_the_same_result(motions, dtype):
    fuser = random_fuser().to(dtype)
    h = torch.cat([tokens(), tokens().flip(0)]).repeat(motions, 1, 1).to(dtype)
    maps = torch.cat([features(), features().flip(0)])[: motions * FRAMES].to(dtype)
    before = h * 3 + 1
    state = fuser.prepare(maps, FRAMES)
    whole = fuser.bend(before, h, state, 0.7)
    with torch.no_grad():
        framewise = fuser.bend(before, h, state, 0.7)
    assert not torch.equal(framewise, before)
    tolerance = 1e-5 if dtype == torch.float32 else 0.05
    torch.testing.assert_close(framewise, whole, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("kind", sorted(FUSERS))
class TestEveryDesign:
    def test_it_is_an_exact_identity_when_initialised(self, kind):
        fuser = random_fuser(kind)
        initialise_fuser(fuser)
        assert torch.equal(fuser(tokens(), features(), FRAMES), tokens())

    def test_strength_is_linear_and_zero_is_off(self, kind):
        fuser, h = random_fuser(kind), tokens()
        full = fuser(h, features(), FRAMES) - h
        assert full.abs().max() > 1e-3
        assert torch.allclose(fuser(h, features(), FRAMES, 0.25) - h, 0.25 * full, atol=1e-5)
        assert torch.allclose(fuser(h, features(), FRAMES, -2.0) - h, -2 * full, atol=1e-5)
        assert fuser(h, features(), FRAMES, 0.0) is h

    def test_one_motion_serves_both_guidance_halves(self, kind):
        fuser, h = random_fuser(kind), tokens(batch=2)
        both = fuser(h, features(), FRAMES)
        for half in (0, 1):
            alone = fuser(h[half : half + 1], features(), FRAMES)
            assert torch.allclose(both[half : half + 1], alone, atol=1e-5)

    def test_a_batch_of_motions_stays_in_order(self, kind):
        fuser, h = random_fuser(kind), tokens(batch=4)
        together = fuser(h, features(motions=2), FRAMES)
        for index in range(4):
            own = features(motions=2)[(index % 2) * FRAMES : (index % 2 + 1) * FRAMES]
            assert torch.allclose(together[index : index + 1], fuser(h[index : index + 1], own, FRAMES), atol=1e-5)


def test_sixteen_bit_weights_normalise_in_float32():
    fuser = random_fuser().to(torch.bfloat16)
    h = tokens() * 1e-3 + 100  # in bfloat16 arithmetic all of this would be one number
    state = fuser.prepare(features().to(torch.bfloat16), FRAMES)
    exact = random_fuser()
    exact.load_state_dict({key: value.float() for key, value in fuser.state_dict().items()})
    expected = exact.contribution(h, tuple(part.float() for part in state))
    assert torch.allclose(fuser.contribution(h, state), expected, rtol=0.02, atol=0.02)


def test_gamma_and_beta_are_kept_only_within_the_budget():
    fuser = random_fuser()
    calls = []
    prepare = fuser.prepare
    fuser.prepare = lambda *args: calls.append(1) or prepare(*args)
    size = 2 * FRAMES * WIDTH * HEIGHT * AREA_WIDTH * 4
    for budget, expected in ((0, 6), (size, 4), (2 * size, 2)):
        motion = MotionGuidance([features(), features()], cache_bytes=budget)
        calls.clear()
        with torch.no_grad():
            for _ in range(3):
                for index in range(2):
                    motion.state(index, fuser, FRAMES)
        assert len(calls) == expected, budget


def test_nothing_is_kept_while_gradients_are_wanted():
    motion = MotionGuidance([features()], cache_bytes=10**9)
    fuser = random_fuser()
    assert motion.state(0, fuser, FRAMES)[0] is not motion.state(0, fuser, FRAMES)[0]


def test_several_motions_add_up_from_the_same_tokens():
    fuser, h = random_fuser(), tokens()
    one, two = MotionGuidance([features(seed=4)], 0.5), MotionGuidance([features(seed=5)], 2.0)
    together = fuse(h, 0, fuser, [one, two], FRAMES)
    expected = h + (fuse(h, 0, fuser, [one], FRAMES) - h) + (fuse(h, 0, fuser, [two], FRAMES) - h)
    assert torch.allclose(together, expected, atol=1e-5)


@pytest.mark.parametrize(
    ("motions", "strength", "words"),
    [
        ([[torch.zeros(1)], [torch.zeros(1)]], [1.0], "2 motions came with 1"),
        ([torch.zeros(1), torch.zeros(1)], 1.0, "2 blocks"),
    ],
)
def test_motions_that_do_not_fit_the_model_are_refused(motions, strength, words):
    with pytest.raises(ToraError, match=words):
        as_guidances(motions, strength, 1, lambda latents: [])


def test_a_motion_is_either_features_or_latents():
    for wrong in ({}, {"features": [], "latents": torch.zeros(1)}):
        with pytest.raises(ToraError, match="exactly one"):
            MotionGuidance(**wrong)


def test_the_budget_holds_when_the_strength_changes_from_call_to_call():
    fuser = random_fuser()
    one = 2 * FRAMES * WIDTH * HEIGHT * AREA_WIDTH * 4
    motion = MotionGuidance([features(), features(), features()], cache_bytes=one)
    with torch.no_grad():
        for strength in (0.5, 0.25, 2.0):
            (scaled,) = as_guidances(motion, strength, 3, lambda latents: [])
            for index in range(3):
                scaled.state(index, fuser, FRAMES)
    assert len(motion._states) == 1


@pytest.mark.parametrize("kind", sorted(FUSERS))
@pytest.mark.parametrize(("frames", "words"), [(2, "latent frames"), (1, "tokens")])
def test_features_that_do_not_fit_are_refused_by_every_design(kind, frames, words):
    with pytest.raises(ToraError, match=words):
        random_fuser(kind)(tokens(), features(), frames)
