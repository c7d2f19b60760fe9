"""What is taken as motion, what is refused and in which words, and how it gets through the VAE."""

from __future__ import annotations

import logging
import math

import numpy as np
import pytest
import torch

from tora_core import SizeError, ToraError, Tracks, Trajectory, flow_to_rgb
from tora_core.motion import render_motion
from tora_core.pipelines import Motion, encode_motion, motion_picture
from tora_core.pipelines.motion_input import ClipShape, check_motion, collect_motions, plan_motions

SIZE, FRAMES = (32, 48), 9
SHAPE = ClipShape(prompts=2, frames=FRAMES, size=SIZE, latents=(3, 4, 4, 6))
NOTHING = {"trajectory": None, "flow": None, "latents": None, "strength": 1.0, "start": 0.0, "end": 1.0}


def tracks(points, frames=FRAMES, size=SIZE, **more):
    return Tracks(np.broadcast_to(np.asarray(points, float), (len(points), frames, 2)), size=size, **more)


def moving(start=(5, 5), end=(40, 20), size=SIZE, **more):
    return Tracks(np.linspace(start, end, FRAMES)[None], size=size, **more)


def flow(shape=(FRAMES, *SIZE, 2)):
    values = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    values[..., 0, :, :, :] = 0
    return values


def test_a_trajectory_is_sampled_to_the_clip_and_drawn(path):
    picture = motion_picture(path, FRAMES, SIZE)
    assert picture.shape == (FRAMES, *SIZE, 3)
    assert torch.equal(picture, render_motion(path.sample(FRAMES, SIZE)))
    assert (picture[0] == 1).all() and (picture[1:] < 1).any()


@pytest.mark.parametrize("kind", [np.asarray, torch.from_numpy, lambda x: torch.from_numpy(x).double()])
def test_dense_flow_is_drawn_over_the_whole_clips_largest_norm(kind):
    values = flow()
    assert torch.equal(motion_picture(kind(values), FRAMES, SIZE), flow_to_rgb(torch.from_numpy(values)))


def test_motion_latents_are_the_mode_of_the_pictures_in_minus_one_to_one(t2v_components, path):
    vae = t2v_components["vae"]
    video = (render_motion(path.sample(FRAMES, SIZE)) * 2 - 1).permute(3, 0, 1, 2)[None]
    with torch.no_grad():
        expected = vae.encode(video).latent_dist.mean.permute(0, 2, 1, 3, 4)
    encoded = encode_motion(vae, path, frames=FRAMES, size=SIZE)
    assert encoded.shape == (1, 3, 4, 4, 6) and encoded.dtype == torch.float32 and not encoded.requires_grad
    assert torch.equal(encoded, expected)


def test_a_batch_is_encoded_like_its_clips_alone(t2v_components, path):
    vae = t2v_components["vae"]
    both = encode_motion(vae, [path, flow()], frames=FRAMES, size=SIZE)
    assert torch.equal(both[:1], encode_motion(vae, path, frames=FRAMES, size=SIZE))
    assert torch.equal(both[1:], encode_motion(vae, flow()))
    assert torch.equal(encode_motion(vae, np.stack([flow(), flow()]))[1:], both[1:])


def test_tracks_and_flow_know_their_size_but_a_trajectory_has_to_be_told(t2v_components, path):
    vae = t2v_components["vae"]
    assert encode_motion(vae, moving()).shape == (1, 3, 4, 4, 6)
    with pytest.raises(ToraError, match="frames and size are needed"):
        encode_motion(vae, path)


@pytest.mark.parametrize(
    ("motion", "reason"),
    [
        (Tracks(np.zeros((0, FRAMES, 2)), size=SIZE), "it has no tracks"),
        (moving(visible=np.zeros((1, FRAMES), bool)), "no track is visible in two frames running"),
        (moving(visible=np.arange(FRAMES)[None] % 2 == 0), "no track is visible in two frames running"),
        (tracks([(10, 10)]), "its tracks stand still"),
        (Trajectory.from_points([[(10, 10)]], width=48, height=32, frames=FRAMES), "its tracks stand still"),
        (moving(strength=[0.0]), "its tracks all have strength 0"),
        (moving((500, 500), (900, 900)), "its tracks move outside the picture only"),
        (np.zeros((FRAMES, *SIZE, 2)), "the flow is zero everywhere"),
    ],
)
def test_a_motion_that_moves_nothing_is_white_and_told(motion, reason, caplog):
    with caplog.at_level(logging.WARNING, logger="tora_core"):
        picture = motion_picture(motion, FRAMES, SIZE)
    assert (picture == 1).all()
    assert f"({reason}): the model sees no motion" in caplog.text


def test_a_motion_that_moves_is_not_warned_about(caplog):
    with caplog.at_level(logging.WARNING, logger="tora_core"):
        motion_picture(moving(), FRAMES, SIZE)
    assert not caplog.records


@pytest.mark.parametrize(
    "points",
    [
        [(0, 32), (48, 0)],  # the curve a spline editor starts with: on the border, one past the last pixel
        [(-7, -3), (-1, 20)],
        [(0, 0), (10_000, -10_000)],
        [(47.5, 31.5), (0.25, 0.125)],
    ],
)
def test_points_on_and_past_the_border_are_drawn_without_an_error(points):
    drawn = Trajectory.from_points([points], width=48, height=32, frames=FRAMES)
    picture = motion_picture(drawn, FRAMES, SIZE)
    assert torch.isfinite(picture).all() and picture.min() >= 0 and picture.max() <= 1


def test_a_negative_point_does_not_come_back_at_the_other_side():
    """The reference's integer indexing wraps: x = -1 wrote into the last column."""
    picture = motion_picture(moving((-1, 16), (-1, 24), sigma_px=[1.0]), FRAMES, SIZE)
    assert (picture[:, :, 24:] == 1).all()


def test_tracks_of_another_size_are_refused_with_both_sizes():
    with pytest.raises(SizeError, match=r"9 frames of 480x720 .*expected 9 of 32x48 .*Sample the Trajectory again"):
        check_motion(Motion(trajectory=moving(size=(480, 720))), SHAPE)


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ((8, 32, 48, 2), "flow has 8 frames of 32x48 .*expected 9 of 32x48"),
        ((9, 48, 32, 2), "flow has 9 frames of 48x32 .*expected 9 of 32x48"),
        ((3, 9, 32, 48, 2), "there are 3 motions for 2 prompts"),
        ((9, 2, 32, 48), r"expected \(frames, height, width, 2\)"),
        ((9, 32, 48), r"expected \(frames, height, width, 2\)"),
    ],
)
def test_flow_of_another_shape_is_refused(shape, words):
    with pytest.raises(ToraError, match=words):
        check_motion(Motion(flow=np.zeros(shape, np.float32)), SHAPE)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_flow_that_is_not_finite_is_refused(bad):
    values = flow()
    values[4, 3, 2, 1] = bad
    with pytest.raises(ToraError, match="NaN or infinity"):
        motion_picture(values, FRAMES, SIZE)


@pytest.mark.parametrize(
    ("latents", "words"),
    [
        (torch.zeros(1, 3, 4, 4, 5), r"shape \(1, 3, 4, 4, 5\), expected \(B, \*\(3, 4, 4, 6\)\)"),
        (torch.zeros(1, 2, 4, 4, 6), "for 9 frames of 32x48"),
        (torch.zeros(1, 4, 3, 4, 6), "transpose axes 1 and 2"),
        (torch.zeros(3, 3, 4, 4, 6), "there are 3 motions for 2 prompts"),
        (torch.full((1, 3, 4, 4, 6), math.nan), "NaN or infinity"),
        (torch.zeros(1, 3, 4, 4, 6, dtype=torch.long), "expected a floating point tensor"),
        (np.zeros((1, 3, 4, 4, 6)), "expected a floating point tensor"),
    ],
)
def test_motion_latents_of_another_shape_are_refused(latents, words):
    with pytest.raises(ToraError, match=words):
        check_motion(Motion(latents=latents), SHAPE)


def test_motion_latents_without_a_batch_axis_are_one_clip():
    assert check_motion(Motion(latents=torch.zeros(3, 4, 4, 6)), SHAPE).latents.shape == (1, 3, 4, 4, 6)


@pytest.mark.parametrize("what", ["path.json", [[(1, 2), (3, 4)]], {"points": []}, 3])
def test_what_is_no_trajectory_is_refused_with_the_way_to_one(what):
    with pytest.raises(ToraError, match=r"expected a Trajectory or Tracks.*Trajectory\.load\(path\)"):
        check_motion(Motion(trajectory=what), SHAPE)


def test_an_empty_list_of_trajectories_is_refused():
    with pytest.raises(ToraError, match="the list of motions is empty"):
        check_motion(Motion(trajectory=[]), SHAPE)


def test_as_many_trajectories_as_prompts_or_one_are_taken(path):
    assert len(check_motion(Motion(trajectory=[path, path]), SHAPE).trajectory) == 2
    assert len(check_motion(Motion(trajectory=path), SHAPE).trajectory) == 1
    with pytest.raises(ToraError, match=r"3 motions for 2 prompts.*motions=\[Motion"):
        check_motion(Motion(trajectory=[path] * 3), SHAPE)


@pytest.mark.parametrize("strength", [math.nan, math.inf, "1", None, True])
def test_a_strength_that_is_no_finite_number_is_refused_with_and_without_motion(strength, path):
    with pytest.raises(ToraError, match="expected a finite number"):
        Motion(trajectory=path, strength=strength)
    with pytest.raises(ToraError, match="expected a finite number"):
        collect_motions(None, **{**NOTHING, "strength": strength})


@pytest.mark.parametrize("given", [{}, {"trajectory": 1, "flow": 2}, {"flow": 1, "latents": 2}])
def test_a_motion_is_exactly_one_thing(given):
    with pytest.raises(ToraError, match="expected exactly one of trajectory, flow and latents"):
        Motion(**given)


@pytest.mark.parametrize("more", [{"trajectory": 1}, {"strength": 0.5}, {"start": 0.1}, {"end": 0.9}])
def test_motions_and_the_short_arguments_do_not_go_together(more, path):
    with pytest.raises(ToraError, match=r"Put them into each Motion"):
        collect_motions([Motion(trajectory=path)], **{**NOTHING, **more})


def test_only_motion_objects_are_taken_as_motions(path):
    with pytest.raises(ToraError, match="motions holds a Trajectory"):
        collect_motions([path], **NOTHING)


def plan(vae, motions, **changes):
    arguments = {
        "timesteps": [999, 666, 332],
        "train_timesteps": 1000,
        "scaling_factor": 0.7,
        "videos_per_prompt": 1,
        "cache_bytes": 100,
        "device": "cpu",
        **changes,
    }
    return plan_motions(vae, motions, SHAPE, **arguments)


def test_latents_are_scaled_and_laid_out_prompt_after_prompt():
    latents = torch.stack([torch.full((3, 4, 4, 6), 1.0), torch.full((3, 4, 4, 6), 2.0)])
    (planned,) = plan(None, [Motion(latents=latents, strength=0.5, end=0.5)], videos_per_prompt=3)
    assert planned.guidance.latents[:, 0, 0, 0, 0].tolist() == pytest.approx([0.7, 0.7, 0.7, 1.4, 1.4, 1.4])
    assert planned.guidance.strength == 0.5
    assert planned.steps == [True, True, False]  # 999 and 666 are above level 499.5


def test_one_motion_for_all_prompts_is_not_repeated():
    (planned,) = plan(None, [Motion(latents=torch.ones(1, 3, 4, 4, 6))], videos_per_prompt=3)
    assert planned.guidance.latents.shape[0] == 1


def test_motions_that_never_act_are_not_even_encoded(path):
    broken_vae = None
    assert plan(broken_vae, [Motion(trajectory=path, strength=0), Motion(trajectory=path, start=0.4, end=0.4)]) == []


def test_the_cache_is_shared_out_among_the_motions():
    latents = torch.ones(1, 3, 4, 4, 6)
    planned = plan(None, [Motion(latents=latents), Motion(latents=latents, strength=0), Motion(latents=latents)])
    assert [motion.guidance.cache_bytes for motion in planned] == [50, 50]
