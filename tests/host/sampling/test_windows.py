"""Motion in core's context windows: every frame is bent by what it has in the whole clip."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
import torch

from .test_apply import sample

pytestmark = pytest.mark.host

SHAPE = (7, 8, 12)
SCHEDULES = ("standard_static", "standard_uniform", "looped_uniform", "batched")
FUSES = ("pyramid", "relative", "flat", "overlap-linear")
# Without the one that core itself can't: the last batch is shorter than the overlap that overlap-linear fades.
KINDS = sorted({*itertools.product(SCHEDULES, FUSES)} - {("batched", "overlap-linear")})


def with_windows(model: Any, schedule: str, fuse: str, **options: Any) -> Any:
    import comfy.context_windows as core

    windowed = model.clone()
    windowed.model_options["context_handler"] = core.IndexListContextHandler(
        context_schedule=core.get_matching_context_schedule(schedule),
        fuse_method=core.get_matching_fuse_method(fuse),
        **{"context_length": 4, "context_overlap": 1, "dim": 2, **options},
    )
    core.create_prepare_sampling_wrapper(windowed)
    return windowed


def watched(model: Any, fuser: Any) -> tuple[list[tuple[torch.Tensor, ...]], list[list[int]]]:
    """What bends block 0, and which frames of the clip the network has then; both grow call by call."""
    from comfy.patcher_extension import WrappersMP

    states: list[tuple[torch.Tensor, ...]] = []
    frames: list[list[int]] = []

    class Spy(type(fuser)):
        def bend(self, result, h, state, strength=1.0):
            states.append(state)
            return super().bend(result, h, state, strength)

    def look(executor, x, *args, **kwargs):
        window = args[4]["context_window"]  # after t, c_concat, c_crossattn and control
        anchor = getattr(window, "causal_anchor_index", None)
        frames.append([*([] if anchor is None or anchor < 0 else [anchor]), *window.index_list])
        return executor(x, *args, **kwargs)

    fuser.__class__ = Spy
    model.add_wrapper_with_key(WrappersMP.APPLY_MODEL, "look", look)
    return states, frames


@pytest.mark.parametrize("memory", ["low", "high"])
@pytest.mark.parametrize(("schedule", "fuse"), KINDS)
def test_a_window_is_bent_by_what_its_frames_have_in_the_whole_clip(t2v, host, draw, schedule, fuse, memory):
    module = host.pack("nodes.host.motion")
    guidance = module.Guidance(t2v.adapter(), t2v.motion(*SHAPE), memory=memory)
    model = with_windows(module.apply_tora(t2v.model, guidance), schedule, fuse, context_stride=2)
    adapter = guidance.adapter.patcher.model
    states, windows = watched(model, adapter.fusers[0])
    assert sample(model, draw, steps=3, shape=SHAPE).isfinite().all()
    latents = guidance.motion.latents * t2v.model.model.latent_format.scale_factor
    with torch.inference_mode():
        whole = adapter.fusers[0].prepare(adapter.extractor(latents.transpose(1, 2))[0], SHAPE[0])
    assert len(windows) == len(states) >= 6
    assert {frame for window in windows for frame in window} == set(range(SHAPE[0]))
    for frames, state in zip(windows, states, strict=True):
        for part, full in zip(state, whole, strict=True):
            torch.testing.assert_close(part, full[:, frames], rtol=1e-5, atol=1e-5)


def test_no_frame_of_a_window_is_bent_by_another_frames_motion(t2v, host, draw, monkeypatch):
    """Features that hold their own frame's number, and a fuser that hands them through."""
    module = host.pack("nodes.host.motion")
    guidance = module.Guidance(t2v.adapter(), t2v.motion(*SHAPE), memory="low")
    model = with_windows(module.apply_tora(t2v.model, guidance), "standard_uniform", "pyramid")
    adapter = guidance.adapter.patcher.model
    states, windows = watched(model, adapter.fusers[0])
    numbered = torch.arange(1.0, SHAPE[0] + 1).view(1, -1, 1, 1, 1)
    monkeypatch.setattr(
        module.MotionRun,
        "_clip_features",
        lambda self, one, h, call: [(numbered * torch.ones(1, 1, 8, 4, 6)).flatten(0, 1)] * len(adapter.fusers),
    )

    def hand_through(features, frames):
        numbers = features.unflatten(0, (-1, frames))[:, :, :1].flatten(3)
        return numbers.expand(-1, -1, 192, -1), numbers.expand(-1, -1, 192, -1)

    for fuser in adapter.fusers:
        monkeypatch.setattr(fuser, "prepare", hand_through)
    sample(model, draw, steps=2, shape=SHAPE)
    assert len(windows) == len(states) > 2
    for frames, (gamma, _) in zip(windows, states, strict=True):
        assert gamma[0, :, 0, 0].tolist() == [frame + 1 for frame in frames]


def test_features_of_a_windowed_clip_stay_off_the_device(t2v, host, monkeypatch):
    """On a CPU both are one place, so it is looked at what is asked for; memory high keeps them where they are used."""
    module = host.pack("nodes.host.motion")
    for memory, expected in (("low", "cpu"), ("auto", "cpu"), ("high", "meta")):
        run = module.MotionRun([module.Guidance(t2v.adapter(), t2v.motion(*SHAPE), memory=memory)])
        asked = []

        class Map:
            def to(self, device, dtype, asked=asked):
                asked.append(torch.device(device).type)
                return torch.zeros(SHAPE[0], 8, 4, 6)

        class Extractor(torch.nn.Module):
            def forward(self, latents, made=Map):
                return [made()]

        monkeypatch.setattr(run.guidances[0].adapter.patcher.model, "extractor", Extractor())
        tokens = torch.zeros(1, 1, 1, device="meta")
        base = type("Base", (), {"process_latent_in": staticmethod(lambda latents: latents)})
        run._clip_features(0, tokens, module._Call(base, [0], torch.tensor([0, 1])))
        assert asked == [expected]


@pytest.mark.parametrize("cfg", [1.0, 6.0])
def test_each_video_of_a_batch_in_windows_is_what_it_is_alone(t2v, host, draw, cfg):
    """Core by itself takes the windows' frame numbers for those of videos in the batch, and fails."""
    import comfy.sample

    motion = t2v.motion(*SHAPE, batch=2)
    conds = [[[draw(1, 20, 24, seed=seed), {}]] for seed in (5, 6)]
    noise = draw(2, 16, *SHAPE)

    def run(motion, noise):
        (model,) = host.run("ToraContextWindows", model=t2v.apply(motion), window_frames=17, overlap=8)
        return comfy.sample.sample(
            model, noise, 2, cfg, "euler", "simple", *conds, torch.zeros_like(noise), disable_pbar=True
        )

    both = run(motion, noise)
    for index in range(2):
        one = type(motion)(motion.latents[index : index + 1], motion.size, motion.frames)
        torch.testing.assert_close(both[index : index + 1], run(one, noise[index : index + 1]), rtol=1e-4, atol=1e-4)


def test_batches_in_cores_own_windows_are_told_as_long_as_core_fails_with_them(t2v, host, draw):
    model = with_windows(t2v.apply(t2v.motion(*SHAPE)), "standard_static", "flat")
    with pytest.raises(host.pack("tora_core.errors").ToraError, match="batch of 2 videos"):
        sample(model, draw, shape=SHAPE, batch=2)
    bare = with_windows(host.run("ToraFixCogVideoX", model=t2v.model)[0], "standard_static", "flat")
    with pytest.raises(IndexError):
        sample(bare, draw, shape=SHAPE, batch=2)
    short = with_windows(t2v.apply(t2v.motion(*SHAPE)), "standard_static", "flat", context_length=SHAPE[0])
    assert sample(short, draw, shape=SHAPE, batch=2).isfinite().all()
