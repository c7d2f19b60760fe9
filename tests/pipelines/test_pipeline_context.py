"""Context windows: how a long clip is cut, and that motion in a window is the whole clip's."""

from __future__ import annotations

import pytest
import torch

from tora_core.errors import SizeError, ToraError
from tora_core.motion.fuser_variants import FUSERS
from tora_core.motion.guidance import MotionGuidance
from tora_core.pipelines.context import ContextWindows, total_weights


@pytest.mark.parametrize(
    ("frames", "overlap", "clip", "spans"),
    [
        (17, 8, 5, [(0, 5)]),
        (17, 8, 3, [(0, 3)]),
        (17, 8, 6, [(0, 5), (1, 6)]),
        (17, 8, 11, [(0, 5), (3, 8), (6, 11)]),
        (17, 8, 12, [(0, 5), (3, 8), (6, 11), (7, 12)]),
        (17, 0, 15, [(0, 5), (5, 10), (10, 15)]),
        (49, 16, 49, [(0, 13), (9, 22), (18, 31), (27, 40), (36, 49)]),
    ],
)
def test_windows_cover_the_clip_and_the_last_one_ends_with_it(frames, overlap, clip, spans):
    windows = ContextWindows(frames=frames, overlap=overlap).cut(clip)
    assert [(window.start, window.start + window.length) for window in windows] == spans


def test_every_window_but_the_first_sees_the_frame_before_it():
    windows = ContextWindows(frames=17, overlap=8).cut(8)
    assert [window.frames for window in windows] == [[0, 1, 2, 3, 4], [2, 3, 4, 5, 6, 7]]


@pytest.mark.parametrize(
    ("fuse", "weights"),
    [
        ("pyramid", [[1, 2, 3, 2, 1], [1, 2, 3, 2, 1]]),
        ("flat", [[1, 1, 1, 1, 1], [1, 1, 1, 1, 1]]),
        ("linear", [[1, 1, 1, 2 / 3, 1 / 3], [1 / 3, 2 / 3, 1, 1, 1]]),
    ],
)
def test_weights_of_two_windows_that_share_two_latent_frames(fuse, weights):
    windows = ContextWindows(frames=17, overlap=8, fuse=fuse).cut(8)
    assert [window.weights.tolist() for window in windows] == [pytest.approx(row) for row in weights]
    first, second = weights
    summed = [*first[:3], first[3] + second[0], first[4] + second[1], *second[2:]]
    assert total_weights(windows, 8).tolist() == pytest.approx(summed)


def test_a_window_of_even_length_has_a_flat_top():
    assert ContextWindows(frames=25, overlap=0).cut(14)[0].weights.tolist() == [1, 2, 3, 4, 3, 2, 1]
    windows = ContextWindows(frames=9, overlap=4).cut(4)
    assert [window.weights.tolist() for window in windows] == [[1, 2, 1]] * 2


@pytest.mark.parametrize("fuse", ["pyramid", "linear", "flat"])
@pytest.mark.parametrize("overlap", [0, 4, 8, 12])
def test_predictions_that_agree_come_out_unchanged(fuse, overlap):
    clip = torch.randn(2, 11, 4, 2, 3, generator=torch.Generator().manual_seed(0))
    windows = ContextWindows(frames=17, overlap=overlap, fuse=fuse).cut(11)
    total = torch.zeros_like(clip)
    for window in windows:
        window.add(total, window.take(clip))
    total /= total_weights(windows, 11).view(1, -1, 1, 1, 1)
    torch.testing.assert_close(total, clip)


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"frames": 16}, SizeError, "expected 8k.1"),
        ({"frames": 1}, SizeError, "too short"),
        ({"frames": 17, "overlap": 16}, SizeError, "shorter than a window"),
        ({"frames": 17, "overlap": 6}, SizeError, "multiple of 4"),
        ({"frames": 17, "overlap": -4}, SizeError, "multiple of 4"),
        ({"frames": 17, "overlap": None}, SizeError, "None"),
        ({"fuse": "median"}, ToraError, "pyramid, linear, flat"),
    ],
)
def test_senseless_windows_are_refused(options, error, words):
    with pytest.raises(error, match=words):
        ContextWindows(**options)


@pytest.mark.parametrize("kind", sorted(FUSERS))
@pytest.mark.parametrize("window", [[0, 1, 2], [3, 4, 5, 6], [6], [2, 4, 5], [5, 6, 0, 1], [0, 2, 4, 6]], ids=str)
def test_what_a_window_of_the_clip_is_bent_by_is_the_whole_clips(kind, window):
    """7 frames, 2 motions: computed around the window, and cut out of the whole."""
    torch.manual_seed(3)
    fuser = FUSERS[kind](64, 8)
    with torch.no_grad():
        for parameter in fuser.parameters():
            parameter.normal_(std=0.3)
        features = torch.randn(2 * 7, 8, 3, 4)
        whole = fuser.prepare(features, 7)
        near = fuser.prepare_window(features, 7, window)
    assert len(near) == len(whole)
    for one, other in zip(near, whole, strict=True):
        torch.testing.assert_close(one, other[:, window], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("cache_bytes", [0, 1 << 30], ids=["nothing kept", "all kept"])
def test_a_windows_guidance_shares_what_is_kept_with_its_clip(cache_bytes):
    torch.manual_seed(3)
    fuser = FUSERS["adaptive-norm"](64, 8)
    clip = MotionGuidance([torch.randn(7, 8, 3, 4)], strength=0.5, cache_bytes=cache_bytes)
    with torch.no_grad():
        expected = [part[:, [1, 2, 3]] for part in fuser.prepare(clip.features[0], 7)]
        view = clip.window([1, 2, 3], 7)
        state = view.state(0, fuser, 3)
    assert view.strength == 0.5 and bool(clip._states) == bool(cache_bytes)
    for one, other in zip(state, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-5)
    with pytest.raises(ToraError, match="3 latent frames met a latent of 4"):
        view.state(0, fuser, 4)


def test_a_windowed_clips_features_are_off_the_device_but_for_those_near_the_window():
    """20 latent frames, encoded by 16 at most; "meta" stands for the GPU, then for where they rest."""
    sizes = []

    def encode(latents: torch.Tensor) -> list[torch.Tensor]:
        sizes.append(latents.shape[1])
        return [latents[:, :, :8].flatten(0, 1)]

    resting = MotionGuidance(latents=torch.zeros(2, 20, 16, 3, 4), rest="meta")
    resting.encode(encode)
    assert sizes == [16, 4] and resting.latents is None
    assert [(f.device.type, f.shape) for f in resting.features] == [("meta", (40, 8, 3, 4))]

    latents = torch.randn(2, 20, 16, 3, 4, generator=torch.Generator().manual_seed(1))
    clip = MotionGuidance(latents=latents, rest="cpu")
    clip.encode(encode)
    assert torch.equal(clip.features[0], latents[:, :, :8].flatten(0, 1))
    clip.device = torch.device("meta")
    fuser = FUSERS["adaptive-norm"](64, 8).to("meta")
    used = []
    prepare = fuser.prepare
    fuser.prepare = lambda features, frames: used.append(features) or prepare(features, frames)
    state = clip.window([4, 5, 6, 12], 20).state(0, fuser, 4)
    assert [part.device.type for part in state] == ["meta"] * len(state)
    assert sum(len(features) for features in used) == 2 * (5 + 3)  # of two motions frames 3 to 7, and 11 to 13
    assert clip.features[0].device.type == "cpu"


def test_only_clips_in_windows_have_their_features_off_the_device(t2v, call, path, monkeypatch):
    rests = []
    encode = MotionGuidance.encode

    def spy(self, encode_motion):
        if self.latents is not None:
            rests.append(self.rest)
        encode(self, encode_motion)

    monkeypatch.setattr(MotionGuidance, "encode", spy)
    for frames in (9, 17):
        windows = ContextWindows(frames=9, overlap=4)
        call(t2v, trajectory=path, num_frames=frames, num_inference_steps=1, context_windows=windows)
    assert rests == [None, torch.device("cpu")]


def test_one_window_is_the_plain_call_bit_for_bit(t2v, call, path):
    plain = call(t2v, trajectory=path)
    assert torch.equal(call(t2v, trajectory=path, context_windows=ContextWindows(frames=49)), plain)


def test_windows_see_the_frames_positions_and_motion_of_their_own(i2v, call, path, picture, monkeypatch):
    """17 frames are 5 latent frames; windows of 9 frames (3) that share 1: frames 0 1 2, then 1 2 3 4 with anchor 1."""
    calls = []
    forward = i2v.transformer.forward

    def spy(**arguments):
        calls.append(arguments)
        return forward(**arguments)

    monkeypatch.setattr(i2v.transformer, "forward", spy)
    call(
        i2v,
        image=picture,
        trajectory=path,
        num_frames=17,
        num_inference_steps=1,
        context_windows=ContextWindows(frames=9, overlap=4, keep_image=True),
    )
    first, second = calls
    assert first["hidden_states"].shape[1] == 3 and second["hidden_states"].shape[1] == 4
    noise, image = first["hidden_states"].chunk(2, dim=2)
    later_noise, later_image = second["hidden_states"].chunk(2, dim=2)
    assert torch.equal(later_noise[:, :2], noise[:, 1:])
    assert torch.equal(later_image[:, 0], image[:, 0]) and image[:, 0].any() and not later_image[:, 1:].any()
    assert [motion.frames for motion in second["motion_features"]] == [[1, 2, 3, 4]]
    rows = [arguments["image_rotary_emb"][0].shape[0] for arguments in calls]
    assert rows == [3 * 2 * 3, 4 * 2 * 3]  # 32x48 pixels are 2x3 tokens a frame


def test_the_frames_of_a_clip_are_the_weighted_mean_of_its_windows(t2v, call, path):
    """Against windows predicted one by one through the transformer, with motion cut from the whole clip's."""
    seen = []
    windows = ContextWindows(frames=9, overlap=4)

    def keep(pipe, i, t, tensors):
        seen.append(tensors["latents"])

    transformer = t2v.transformer
    made = call(
        t2v,
        trajectory=path,
        num_frames=17,
        num_inference_steps=1,
        guidance_scale=1.0,
        context_windows=windows,
        callback_on_step_end=keep,
    )
    torch.testing.assert_close(seen[0], made)
    # One step at zero-SNR from pure noise: the clean latents are -v, whatever the noise.
    noise = torch.randn(1, 5, *made.shape[2:], generator=torch.Generator().manual_seed(7))
    from tora_core.pipelines import encode_motion

    latents = encode_motion(t2v.vae, path, frames=17, size=(32, 48)) * 0.7
    text = t2v.encode_prompt("a red circle moves", None, False, max_sequence_length=6)[0]
    with torch.no_grad():
        features = transformer.encode_motion(latents)
        states = [fuser.prepare(feature, 5) for fuser, feature in zip(transformer.fuser, features, strict=True)]
        predictions = []
        for frames in ([0, 1, 2], [1, 2, 3, 4]):
            guidance = MotionGuidance(features, cache_bytes=1)
            guidance._states.update({i: tuple(p[:, frames] for p in state) for i, state in enumerate(states)})
            rotary = t2v._prepare_rotary_positional_embeddings(32, 48, len(frames), torch.device("cpu"))
            predictions.append(
                transformer(
                    hidden_states=noise[:, frames],
                    encoder_hidden_states=text,
                    timestep=torch.tensor([999]),
                    image_rotary_emb=rotary,
                    motion_features=guidance,
                    return_dict=False,
                )[0]
            )
    first, second = predictions[0], predictions[1][:, 1:]  # without the anchor
    shared = (1 * first[:, 2] + 1 * second[:, 0]) / 2  # both at the end of a pyramid 1 2 1
    v = torch.cat([first[:, :2], shared[:, None], second[:, 1:]], dim=1)
    torch.testing.assert_close(made, -v, rtol=1e-4, atol=1e-4)


def test_each_video_of_a_batch_in_windows_is_what_it_is_alone(t2v, call, path, other_path):
    windows = ContextWindows(frames=9, overlap=4)
    noise = torch.randn(2, 5, 4, 4, 6, generator=torch.Generator().manual_seed(5))
    prompts, paths = ["a red circle moves", "a blue square"], [path, other_path]

    def run(videos: slice) -> torch.Tensor:
        options = {"num_frames": 17, "guidance_scale": 3.0, "context_windows": windows, "latents": noise[videos]}
        return call(t2v, prompt=prompts[videos], trajectory=paths[videos], **options)

    both = run(slice(0, 2))
    for index in range(2):
        torch.testing.assert_close(both[index : index + 1], run(slice(index, index + 1)), rtol=1e-4, atol=1e-4)


def test_other_things_than_windows_are_refused(t2v, call):
    with pytest.raises(ToraError, match="expected ContextWindows"):
        call(t2v, context_windows=49)
