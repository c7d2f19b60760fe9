"""The text-to-video pipeline against diffusers' own, and what motion does to it."""

from __future__ import annotations

import contextlib
import logging

import numpy as np
import pytest
import torch

from tora_core import SizeError, ToraError
from tora_core.pipelines import Motion, encode_motion

SCHEDULERS = (
    "CogVideoXDDIMScheduler",
    "CogVideoXDPMScheduler",
    "DDIMScheduler",
    "DPMSolverMultistepScheduler",
    "EulerDiscreteScheduler",
    "HeunDiscreteScheduler",
)


@contextlib.contextmanager
def motion_of_each_step(pipe):
    """A list that gets, for every pass through the transformer, how many motions it was given."""
    seen = []

    def note(module, args, kwargs):
        seen.append(len(kwargs.get("motion_features", [])))

    handle = pipe.transformer.register_forward_pre_hook(note, with_kwargs=True)
    try:
        yield seen
    finally:
        handle.remove()


def first_tokens(pipe, call, **motion):
    """Image tokens that the first block's attention sees in the first step."""
    seen = []
    norm = pipe.transformer.transformer_blocks[0].norm1
    handle = norm.register_forward_hook(lambda module, args, output: seen.append(output[0]))
    call(pipe, num_inference_steps=1, **motion)
    handle.remove()
    return seen[0]


@pytest.mark.parametrize("scheduler", SCHEDULERS)
@pytest.mark.parametrize(("dynamic", "use_dynamic_cfg"), [("off", False), ("reference", True)])
def test_without_motion_it_is_diffusers_pipeline(t2v_components, make, call, scheduler, dynamic, use_dynamic_cfg):
    from diffusers import CogVideoXPipeline

    from tora_core import ToraPipeline

    components = {**t2v_components, "scheduler": make.scheduler(scheduler)}
    ours, diffusers_own = ToraPipeline(**components), CogVideoXPipeline(**components)
    for pipe in (ours, diffusers_own):
        pipe.set_progress_bar_config(disable=True)
    expected = call(diffusers_own, use_dynamic_cfg=use_dynamic_cfg)
    assert torch.equal(call(ours, dynamic_guidance=dynamic), expected)


@pytest.mark.parametrize(
    "options",
    [
        {"guidance_scale": 1.0},
        {"guidance_scale": 3.5, "negative_prompt": "a blue square"},
        {"prompt": ["a red circle", "a blue square"], "negative_prompt": ["a circle", "a square"]},
        {"eta": 0.7},
        {"output_type": "np"},
        {"output_type": "pt", "num_frames": 17, "width": 64},
    ],
    ids=lambda options: "-".join(options),
)
def test_without_motion_it_is_diffusers_pipeline_with_any_argument(t2v, t2v_components, call, options):
    from diffusers import CogVideoXPipeline

    diffusers_own = CogVideoXPipeline(**t2v_components)
    diffusers_own.set_progress_bar_config(disable=True)
    ours, expected = call(t2v, dynamic_guidance="off", **options), call(diffusers_own, **options)
    assert np.array_equal(np.asarray(ours), np.asarray(expected))


def test_a_plain_cogvideox_runs_without_motion_and_refuses_one_in_words(t2v, t2v_components, call, path):
    from diffusers import CogVideoXTransformer3DModel

    from tora_core import ToraPipeline

    ours = t2v_components["transformer"]
    names = {key for key in ours.config if key not in ("flow_channels", "motion_channels", "fuser_type")}
    plain = CogVideoXTransformer3DModel(**{key: ours.config[key] for key in names if not key.startswith("_")}).eval()
    state = ours.state_dict()
    plain.load_state_dict({key: state[key] for key in plain.state_dict()})
    pipe = ToraPipeline(**{**t2v_components, "transformer": plain})
    pipe.set_progress_bar_config(disable=True)
    assert torch.equal(call(pipe), call(t2v))
    with pytest.raises(ToraError, match="plain CogVideoXTransformer3DModel without Tora's extractor"):
        call(pipe, trajectory=path)


def test_motion_changes_the_video_and_strength_zero_is_exactly_the_base(t2v, call, path):
    base = call(t2v)
    moved = call(t2v, trajectory=path)
    assert (moved - base).abs().max() > 0.01
    assert torch.equal(call(t2v, trajectory=path, strength=0.0), base)


def test_two_paths_give_two_videos(t2v, call, path, other_path):
    assert (call(t2v, trajectory=path) - call(t2v, trajectory=other_path)).abs().max() > 0.01


def test_strength_is_linear_in_every_block(t2v, call, path):
    base, unit = first_tokens(t2v, call), first_tokens(t2v, call, trajectory=path)
    assert (unit - base).abs().max() > 0.01
    for strength in (-1.0, 0.5, 2.0):
        bent = first_tokens(t2v, call, trajectory=path, strength=strength)
        torch.testing.assert_close(bent - base, strength * (unit - base), rtol=1e-4, atol=1e-5)


def test_several_motions_add_up_in_any_order(t2v, call, path, other_path):
    one, two = Motion(trajectory=path, strength=0.5), Motion(trajectory=other_path)
    base = first_tokens(t2v, call)
    parts = [first_tokens(t2v, call, motions=motion) - base for motion in (one, two)]
    both = first_tokens(t2v, call, motions=[one, two])
    torch.testing.assert_close(both - base, parts[0] + parts[1], rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(call(t2v, motions=[one, two]), call(t2v, motions=[two, one]), rtol=1e-4, atol=1e-5)


def test_both_guidance_halves_get_the_same_motion(t2v, call, path):
    tokens = first_tokens(t2v, call, trajectory=path, prompt="a red circle", negative_prompt="a red circle")
    assert len(tokens) == 2
    torch.testing.assert_close(tokens[0], tokens[1])


def test_the_short_arguments_are_one_motion(t2v, call, path):
    short = call(t2v, trajectory=path, strength=0.7, end=0.5)
    assert torch.equal(short, call(t2v, motions=[Motion(trajectory=path, strength=0.7, end=0.5)]))


def test_tracks_flow_picture_and_latents_of_one_motion_give_one_video(t2v, call, path):
    from tora_core import render_flow

    drawn = call(t2v, trajectory=path)
    tracks = path.sample(9, (32, 48))
    assert torch.equal(call(t2v, trajectory=tracks), drawn)
    assert torch.equal(call(t2v, motion_latents=encode_motion(t2v.vae, tracks)), drawn)
    torch.testing.assert_close(call(t2v, flow=render_flow(tracks)), drawn, rtol=0, atol=1e-3)  # 1 of 255 at most


@pytest.mark.parametrize(
    ("window", "steps"),
    [
        ({}, [1, 1, 1, 1]),
        ({"start": 0.0, "end": 0.5}, [1, 1, 0, 0]),
        ({"start": 0.5, "end": 1.0}, [0, 0, 1, 1]),
        ({"start": 0.3, "end": 0.3}, [0, 0, 0, 0]),
    ],
)
def test_motion_acts_in_its_window_only(t2v, call, path, window, steps):
    with motion_of_each_step(t2v) as seen:
        call(t2v, trajectory=path, num_inference_steps=4, **window)
    assert seen == steps


def test_motions_with_windows_of_their_own_meet_without_a_gap(t2v, call, path):
    with motion_of_each_step(t2v) as seen:
        call(t2v, motions=[Motion(trajectory=path, end=0.5), Motion(trajectory=path, start=0.5)], num_inference_steps=4)
    assert seen == [1, 1, 1, 1]
    halves = [Motion(trajectory=path, end=0.5), Motion(trajectory=path, start=0.5)]
    assert torch.equal(call(t2v, motions=halves), call(t2v, trajectory=path))


@pytest.mark.parametrize("cache_bytes", [0, 7_000])
def test_what_is_cached_does_not_change_the_video(t2v, call, path, cache_bytes):
    assert torch.equal(call(t2v, trajectory=path, motion_cache_bytes=cache_bytes), call(t2v, trajectory=path))


@pytest.mark.parametrize("guidance_scale", [1.0, 6.0])
def test_two_prompts_with_two_paths_are_the_two_single_runs(t2v, call, path, other_path, noise, guidance_scale):
    prompts, paths = ["a red circle moves", "a blue square"], [path, other_path]
    both = call(t2v, prompt=prompts, trajectory=paths, latents=noise, guidance_scale=guidance_scale)
    for i in range(2):
        alone = call(
            t2v, prompt=prompts[i], trajectory=paths[i], latents=noise[i : i + 1], guidance_scale=guidance_scale
        )
        torch.testing.assert_close(both[i : i + 1], alone, rtol=0, atol=1e-5)
    assert (both[0] - both[1]).abs().max() > 0.01


def test_one_path_serves_all_prompts(t2v, call, path, noise):
    prompts = ["a red circle moves", "a blue square"]
    both = call(t2v, prompt=prompts, trajectory=path, latents=noise)
    torch.testing.assert_close(both, call(t2v, prompt=prompts, trajectory=[path, path], latents=noise))


def test_several_videos_a_prompt_keep_prompts_and_paths_together(t2v, call, path, other_path, noise):
    prompts, paths = ["a red circle moves", "a blue square"], [path, other_path]
    four = call(t2v, prompt=prompts, trajectory=paths, latents=noise.repeat_interleave(2, 0), num_videos_per_prompt=2)
    two = call(t2v, prompt=prompts, trajectory=paths, latents=noise)
    torch.testing.assert_close(four, two.repeat_interleave(2, 0), rtol=0, atol=1e-5)


def test_given_embeddings_are_what_the_prompt_becomes(t2v, call, path):
    from_text = call(t2v, trajectory=path, num_videos_per_prompt=2)
    embeds, negative = t2v.encode_prompt("a red circle moves", None, True, max_sequence_length=6)
    given = {"prompt": None, "prompt_embeds": embeds, "trajectory": path, "num_videos_per_prompt": 2}
    torch.testing.assert_close(call(t2v, **given), from_text)
    torch.testing.assert_close(call(t2v, **given, negative_prompt_embeds=negative), from_text)


def test_the_same_seed_gives_the_same_video_and_motion_draws_no_noise(t2v, call, path):
    assert torch.equal(call(t2v, trajectory=path), call(t2v, trajectory=path))
    assert not torch.equal(call(t2v, trajectory=path, seed=8), call(t2v, trajectory=path))
    generator = torch.Generator().manual_seed(7)
    call(t2v, trajectory=path, generator=generator)
    without = torch.Generator().manual_seed(7)
    call(t2v, generator=without)
    assert torch.equal(generator.get_state(), without.get_state())


def test_a_generator_for_each_video(t2v, call, path):
    generators = [torch.Generator().manual_seed(seed) for seed in (3, 4)]
    both = call(t2v, trajectory=path, generator=generators, num_videos_per_prompt=2)
    torch.testing.assert_close(both[1:], call(t2v, trajectory=path, seed=4), rtol=0, atol=1e-5)


def test_step_index_guidance_starts_at_one_and_rises(t2v, call):
    scales = []
    call(
        t2v,
        dynamic_guidance="step-index",
        num_inference_steps=4,
        callback_on_step_end=lambda pipe, i, t, tensors: scales.append(pipe.guidance_scale),
    )
    # 1 + 3 * (1 - cos(pi * (i/4)^5))
    assert scales == pytest.approx([1.0, 1.00001412, 1.0144449, 1.7957836], abs=1e-6)


def test_a_callback_sees_every_step_and_may_change_the_tensors(t2v, call, path):
    steps = []

    def halve(pipe, i, t, tensors):
        steps.append((i, int(t), sorted(tensors), tuple(tensors["prompt_embeds"].shape)))
        return {"latents": tensors["latents"] * 0.5} if i == 2 else None

    names = ["latents", "prompt_embeds", "negative_prompt_embeds"]
    halved = call(t2v, trajectory=path, callback_on_step_end=halve, callback_on_step_end_tensor_inputs=names)
    assert steps == [(i, t, sorted(names), (2, 6, 16)) for i, t in enumerate((999, 666, 332))]
    assert torch.equal(halved, call(t2v, trajectory=path) * 0.5)


def test_a_callback_can_interrupt(t2v, call, path):
    def stop(pipe, i, t, tensors):
        pipe._interrupt = True

    with motion_of_each_step(t2v) as seen:
        call(t2v, trajectory=path, callback_on_step_end=stop)
    assert seen == [1]


def test_many_steps_do_not_grow_the_motion(t2v, call, path):
    """The reference's image-to-video loop doubled the motion's batch at every step and failed at the second."""
    sizes = []

    def note(module, args, kwargs):
        (motion,) = kwargs["motion_features"]
        sizes.append(len(motion.latents if motion.latents is not None else motion.features[0]))

    handle = t2v.transformer.register_forward_pre_hook(note, with_kwargs=True)
    call(t2v, trajectory=path, num_inference_steps=6)
    handle.remove()
    assert sizes == [1, 3, 3, 3, 3, 3]  # latents of one clip, then features of its 3 latent frames


def test_one_frame_is_a_picture_and_motion_has_nothing_to_show(t2v, call, path, caplog):
    with caplog.at_level(logging.WARNING, logger="tora_core"):
        frames = call(t2v, trajectory=path, num_frames=1, output_type="np")
    assert frames.shape == (1, 1, 32, 48, 3)
    assert "the clip has one frame" in caplog.text


def test_frames_come_out_as_asked_and_decode_to_the_same_number(t2v, call, path):
    frames = call(t2v, trajectory=path, num_frames=17, height=48, width=32, output_type="pil")
    assert len(frames) == 1 and len(frames[0]) == 17 and frames[0][0].size == (32, 48)


def test_default_size_and_frames_are_the_configurations(make, t2v_components, call):
    from tora_core import ToraPipeline

    transformer = make.transformer(sample_height=4, sample_width=6, sample_frames=9)
    pipe = ToraPipeline(**{**t2v_components, "transformer": transformer})
    pipe.set_progress_bar_config(disable=True)
    assert call(pipe, height=None, width=None, num_frames=None).shape == (1, 3, 4, 4, 6)


def test_a_tuple_instead_of_an_output_when_asked(t2v):
    (video,) = t2v("a", height=32, width=48, num_frames=9, num_inference_steps=1, output_type="pt", return_dict=False)
    assert video.shape == (1, 9, 3, 32, 48)


def test_words_beyond_the_limit_are_cut_and_named(t2v, call, monkeypatch, caplog):
    monkeypatch.setattr(logging.getLogger("diffusers"), "propagate", True)
    long = "a red circle moves a blue square"
    with caplog.at_level(logging.WARNING):
        cut = call(t2v, prompt=long, max_sequence_length=None)
    assert "truncated" in caplog.text and "blue square" in caplog.text
    assert torch.equal(cut, call(t2v, prompt="a red circle moves a"))


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"num_frames": 50}, SizeError, "The nearest are 49 and 57"),
        ({"height": 40}, SizeError, "height is 40, expected a multiple of 16 pixels. The nearest are 32 and 48"),
        ({"width": 0}, SizeError, "width is 0"),
        ({"num_frames": 0}, SizeError, "num_frames is 0"),
        ({"dynamic_guidance": True}, ToraError, "dynamic_guidance is True"),
        ({"output_type": "mp4"}, ToraError, "expected one of pil, np, pt, latent"),
        ({"num_inference_steps": 0}, ToraError, "num_inference_steps is 0"),
        ({"num_inference_steps": 2000}, ToraError, "2000"),
        ({"num_videos_per_prompt": 0}, ToraError, "num_videos_per_prompt is 0"),
        ({"timesteps": [999, 0]}, ToraError, "timestep"),
        ({"prompt": []}, ToraError, "list of prompts is empty"),
        ({"prompt": ["a", 3]}, ToraError, "prompt holds a int"),
        ({"prompt": None}, ToraError, "prompt"),
        ({"prompt": ["a", "a"], "negative_prompt": ["a"]}, ToraError, "1 negative prompts for 2 prompts"),
        ({"prompt": None, "prompt_embeds": torch.zeros(1, 6, 15)}, ToraError, "another text encoder"),
        ({"latents": torch.zeros(1, 3, 4, 4, 5)}, SizeError, r"expected \(1, 3, 4, 4, 6\)"),
        ({"generator": [torch.Generator()] * 2}, ToraError, "2 generators for 1 videos"),
        ({"callback_on_step_end_tensor_inputs": ["noise"]}, ToraError, "noise"),
        ({"image": "cat.png"}, ToraError, "takes no image"),
        ({"strength": float("nan")}, ToraError, "strength is nan"),
        ({"start": 0.9, "end": 0.1}, ToraError, "swap them"),
        ({"flow": torch.zeros(8, 32, 48, 2)}, SizeError, "flow has 8 frames"),
        ({"trajectory": []}, ToraError, "empty"),
        ({"trajectory": "path.txt"}, ToraError, r"Trajectory\.load"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else None,
)
def test_bad_input_is_refused_before_any_model_runs(t2v, call, monkeypatch, arguments, error, words):
    def fail(*args, **kwargs):
        raise AssertionError("a model ran")

    for model in (t2v.vae, t2v.text_encoder, t2v.transformer):
        monkeypatch.setattr(model, "forward", fail)
    monkeypatch.setattr(t2v.vae, "encode", fail)
    with pytest.raises(error, match=words):
        call(t2v, **arguments)


def test_as_many_paths_as_prompts_or_an_error(t2v, call, path):
    with pytest.raises(ToraError, match=r"2 motions for 3 prompts"):
        call(t2v, prompt=["a", "red", "blue"], trajectory=[path, path])


def test_the_other_kind_of_model_is_refused(i2v_components, call):
    from tora_core import ToraPipeline

    with pytest.raises(ToraError, match=r"8 input channels, which is image-to-video.*image_to_video=True"):
        call(ToraPipeline(**i2v_components))


def test_a_scheduler_of_another_family_is_refused(t2v, t2v_components, call):
    from diffusers import FlowMatchEulerDiscreteScheduler

    from tora_core import ToraPipeline

    pipe = ToraPipeline(**{**t2v_components, "scheduler": FlowMatchEulerDiscreteScheduler()})
    with pytest.raises(ToraError, match="FlowMatchEulerDiscreteScheduler, which does not fit"):
        call(pipe)


def test_cogvideox_1_5_is_refused(t2v_components, call):
    from diffusers import CogVideoXTransformer3DModel

    from tora_core import ToraPipeline

    transformer = CogVideoXTransformer3DModel(
        num_attention_heads=2, attention_head_dim=16, in_channels=4, num_layers=1, patch_size_t=2, text_embed_dim=16
    )
    with pytest.raises(ToraError, match=r"CogVideoX 1\.5"):
        call(ToraPipeline(**{**t2v_components, "transformer": transformer}))
