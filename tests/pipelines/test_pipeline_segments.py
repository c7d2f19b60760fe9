"""Long videos as a chain of segments: cut by time, one norm, nothing lost or doubled."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tora_core import Trajectory
from tora_core.errors import SizeError, ToraError
from tora_core.pipelines.encoding import encode_motion, encode_picture
from tora_core.pipelines.picture import motion_picture, plan_picture
from tora_core.pipelines.segments import Segments, generate_segments, join
from tora_core.trajectory.track import Point, Track


@pytest.mark.parametrize(
    ("frames", "overlap", "clip", "starts"),
    [
        (17, 1, 17, [0]),
        (17, 1, 9, [0]),
        (17, 1, 33, [0, 16]),
        (49, 1, 97, [0, 48]),
        (49, 1, 193, [0, 48, 96, 144]),
        (49, 9, 193, [0, 40, 80, 120, 144]),
        (17, 1, 41, [0, 16, 24]),
    ],
)
def test_segments_share_their_overlap_and_the_last_ends_with_the_clip(frames, overlap, clip, starts):
    assert Segments(frames, overlap).starts(clip) == starts


@pytest.mark.parametrize(
    ("frames", "overlap", "words"),
    [(16, 1, "8k"), (1, 1, "too short"), (17, 0, "overlap is 0"), (17, 17, "overlap is 17"), (17, True, "True")],
)
def test_senseless_segments_are_refused(frames, overlap, words):
    with pytest.raises(SizeError, match=words):
        Segments(frames, overlap)


def test_shared_frames_are_cross_faded_from_the_earlier_to_the_later():
    clip, part = np.zeros((5, 1, 1, 3), np.float32), np.ones((6, 1, 1, 3), np.float32)
    joined = join(clip, part, 1)
    assert joined[:, 0, 0, 0].tolist() == [0, 0, 0.25, 0.5, 0.75, 1, 1]


def test_of_one_shared_frame_the_earlier_is_kept():
    clip, part = np.zeros((3, 1, 1, 3), np.float32), np.ones((3, 1, 1, 3), np.float32)
    assert join(clip, part, 2, fade=0)[:, 0, 0, 0].tolist() == [0, 0, 0, 1, 1]


def test_what_two_segments_differ_by_in_their_one_shared_frame_fades_out():
    """The segment gives its start picture back a little too bright, and of the second pixel 5 times that in green."""
    clip, part = np.full((3, 1, 2, 3), 0.5, np.float32), np.full((7, 1, 2, 3), 0.5625, np.float32)
    part[:, :, 1, 1] += 0.25
    part[4:] = 0.75
    joined = join(clip, part, 2, fade=4)
    assert joined.dtype == np.float32
    faded = [0.515625, 0.53125, 0.546875]
    assert joined[:, 0, 0, 0].tolist() == [0.5, 0.5, 0.5, *faded, 0.75, 0.75, 0.75]
    assert joined[:, 0, 1, 0].tolist() == [0.5, 0.5, 0.5, *[0.5625] * 3, 0.75, 0.75, 0.75], "this one is the thing"
    assert join(clip, part[:3], 2, fade=4)[:, 0, 0, 0].tolist() == [0.5, 0.5, 0.5, *faded[:2]]
    assert part[1, 0, 0, 0] == 0.5625, "what is joined stays as it was"


@pytest.mark.parametrize(("difference", "kept"), [(0.12, 1.0), (0.15, 0.75), (0.18, 0.5), (0.24, 0.0), (0.5, 0.0)])
def test_the_larger_a_difference_the_less_of_it_is_held_back(difference, kept):
    clip, part = np.full((1, 1, 1, 3), 0.2, np.float32), np.full((2, 1, 1, 3), 0.2 + difference, np.float32)
    after = join(clip, part, 0, fade=2)[1, 0, 0, 0]
    assert after == pytest.approx(0.2 + difference - kept * difference / 2)


def test_a_fading_difference_leaves_no_color_that_cannot_be():
    clip, part = np.ones((1, 1, 1, 3), np.float32), np.full((3, 1, 1, 3), 0.9, np.float32)
    part[1:] = 0.99
    assert join(clip, part, 0)[:, 0, 0, 0].tolist() == [1, 1, 1]


@pytest.mark.parametrize("start", [-1, 3, 5])
def test_a_segment_that_leaves_a_gap_is_refused(start):
    with pytest.raises(SizeError, match="can't be joined"):
        join(np.zeros((3, 1, 1, 3), np.float32), np.zeros((4, 1, 1, 3), np.float32), start)


@pytest.mark.parametrize("fade", [-1, 2.5, None, True])
def test_a_senseless_fade_is_refused(fade):
    with pytest.raises(SizeError, match="fade is"):
        Segments(9, 1, fade)


@pytest.fixture
def slow_then_fast() -> Trajectory:
    """1 px a frame for half of 17 frames, then 4: drawn by itself, each half would have the full color."""
    return walk(17, Point(4, 8, t=0), Point(12, 8, t=0.5), Point(44, 8, t=1))


def walk(frames: int, *points: Point) -> Trajectory:
    return Trajectory(width=48, height=32, frames=frames, tracks=(Track(points, curve="polyline", radius=2),))


def test_a_part_of_a_clip_has_the_colors_of_the_whole_and_begins_white(slow_then_fast):
    whole = motion_picture(slow_then_fast, 17, (32, 48))
    plan = plan_picture(slow_then_fast, 17, (32, 48))
    for start in (0, 8):
        part = plan.part(start, 9).draw(0, 9)
        assert torch.equal(part[1:], whole[start + 1 : start + 9])
        assert (part[0] == 1).all()
    alone = motion_picture(walk(9, Point(4, 8), Point(12, 8)), 9, (32, 48))
    assert alone.amin() < 0.1 < 0.6 < plan.part(0, 9).draw(0, 9).amin()


def test_parts_drawn_in_pieces_are_the_same(slow_then_fast):
    plan = plan_picture(slow_then_fast, 17, (32, 48)).part(8, 9)
    assert torch.equal(torch.cat([plan.draw(0, 4), plan.draw(4, 9)]), plan.draw(0, 9))


@pytest.mark.parametrize(("start", "frames"), [(-1, 9), (9, 9), (0, 0), (0, 18)])
def test_a_part_outside_the_clip_is_refused(slow_then_fast, start, frames):
    with pytest.raises(SizeError, match="expected a part"):
        plan_picture(slow_then_fast, 17, (32, 48)).part(start, frames)


@pytest.mark.parametrize("frames", [1, 9, 17, 25])
def test_encoding_by_chunks_is_the_vaes_own_encoding_and_never_draws_the_whole(t2v, path, frames):
    size = (32, 48)
    plan = plan_picture(path, frames, size)
    drawn = []

    class Spy(type(plan)):
        pass

    spy = Spy(plan.frames, plan.size, lambda start, end: drawn.append(end - start) or plan.draw(start, end))
    latents = encode_picture(t2v.vae, spy)
    video = (motion_picture(path, frames, size) * 2 - 1).permute(3, 0, 1, 2)[None]
    with torch.no_grad():
        whole = t2v.vae.encode(video).latent_dist.mode().transpose(1, 2)
    assert torch.equal(latents, whole)
    assert max(drawn) <= 9 and sum(drawn) == frames
    assert torch.equal(encode_motion(t2v.vae, path, frames=frames, size=size), whole)


def test_a_tiled_vae_gets_the_whole_clip(t2v, path, make):
    vae = make.vae()
    vae.enable_tiling(64, 64, tile_overlap_factor_height=0.5, tile_overlap_factor_width=0.5)
    video = (motion_picture(path, 9, (64, 96)) * 2 - 1).permute(3, 0, 1, 2)[None]
    with torch.no_grad():
        tiled = vae.encode(video).latent_dist.mode().transpose(1, 2)
    assert torch.equal(encode_motion(vae, path, frames=9, size=(64, 96)), tiled)


def spied(pipeline, monkeypatch):
    calls = []
    call = type(pipeline).__call__

    def spy(self, **options):
        calls.append(options)
        return call(self, **options)

    monkeypatch.setattr(type(pipeline), "__call__", spy)
    return calls


def test_each_segment_starts_from_a_frame_of_the_one_before_with_its_part_of_the_motion(
    i2v, picture, slow_then_fast, monkeypatch
):
    calls = spied(i2v, monkeypatch)
    seen = []
    video = generate_segments(
        i2v,
        picture,
        ["a red circle moves", "a blue square moves"],
        trajectory=slow_then_fast,
        num_frames=17,
        height=32,
        width=48,
        segments=Segments(9, 1),
        generator=torch.Generator().manual_seed(1),
        num_inference_steps=1,
        max_sequence_length=6,
        on_segment=lambda index, count: seen.append((index, count)),
    )
    assert video.shape == (17, 32, 48, 3) and video.dtype == np.float32
    assert seen == [(0, 2), (1, 2)]
    first, second = calls
    assert (first["prompt"], second["prompt"]) == ("a red circle moves", "a blue square moves")
    assert first["image"] is picture and np.array_equal(second["image"], video[8])
    whole = plan_picture(slow_then_fast, 17, (32, 48))
    for options, start in ((first, 0), (second, 8)):
        assert options["num_frames"] == 9
        assert torch.equal(options["motion_latents"], encode_picture(i2v.vae, whole.part(start, 9)))


def test_a_clip_of_one_segment_is_the_plain_call(i2v, call, path, picture):
    plain = call(i2v, image=picture, trajectory=path, num_inference_steps=1, output_type="np")[0]
    chained = generate_segments(
        i2v,
        picture,
        "a red circle moves",
        trajectory=path,
        num_frames=9,
        height=32,
        width=48,
        generator=torch.Generator().manual_seed(7),
        num_inference_steps=1,
        max_sequence_length=6,
    )
    assert np.array_equal(plain, chained)


def test_a_chain_is_joined_with_the_fade_that_was_asked_for(i2v, picture, slow_then_fast):
    options = {"num_frames": 17, "height": 32, "width": 48, "num_inference_steps": 1, "max_sequence_length": 6}

    def made(fade: int) -> np.ndarray:
        generator = torch.Generator().manual_seed(1)
        segments = Segments(9, 1, fade)
        return generate_segments(
            i2v, picture, "a", trajectory=slow_then_fast, segments=segments, generator=generator, **options
        )

    hard, soft = made(0), made(4)
    differs = [bool((one != other).any()) for one, other in zip(hard, soft, strict=True)]
    assert differs == [False] * 9 + [True] * 3 + [False] * 5


@pytest.mark.parametrize("stopped", [0, 1])
def test_a_chain_stops_with_the_segment_that_was_interrupted(i2v, picture, slow_then_fast, monkeypatch, stopped):
    """By a callback that sets `_interrupt`, as in diffusers; otherwise noise would start the next segment."""
    calls = spied(i2v, monkeypatch)

    def stop(pipe, index, timestep, tensors):
        pipe._interrupt = len(calls) == stopped + 1
        return tensors

    video = generate_segments(
        i2v,
        picture,
        "a red circle moves",
        trajectory=slow_then_fast,
        num_frames=25,
        height=32,
        width=48,
        segments=Segments(9, 1),
        num_inference_steps=2,
        max_sequence_length=6,
        callback_on_step_end=stop,
    )
    assert len(calls) == stopped + 1 and len(video) == 9 + 8 * stopped


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"num_frames": 16}, "8k"),
        ({"prompt": ["a", "b", "c"]}, "3 prompts for 2 segments"),
        ({"motion_latents": torch.zeros(1)}, "motion_latents"),
        ({"flow": np.zeros((17, 32, 48, 2), np.float32)}, "two motions"),
        ({"trajectory": []}, "empty"),
        ({"trajectory": walk(9, Point(4, 8), Point(12, 8)).sample()}, "9 frames of 32x48 .*, expected 17"),
        ({"num_videos_per_prompt": 2}, "num_videos_per_prompt"),
    ],
)
def test_what_a_chain_cannot_take_is_refused_before_any_model_runs(i2v, picture, path, monkeypatch, changes, words):
    calls = spied(i2v, monkeypatch)
    options = {"num_frames": 17, "prompt": "a", "trajectory": path, "height": 32, "width": 48, **changes}
    with pytest.raises(ToraError, match=words):
        generate_segments(i2v, picture, segments=Segments(9), **options)
    assert not calls


def test_text_to_video_is_refused(t2v, picture):
    with pytest.raises(ToraError, match="image_to_video=True"):
        generate_segments(t2v, picture, "a", num_frames=17, height=32, width=48)
