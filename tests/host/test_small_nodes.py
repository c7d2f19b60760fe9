"""Trajectory (text), Empty Latent, Image to Video and Overlay Trajectory inside ComfyUI."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

pytestmark = pytest.mark.host

SPLINE = '[[{"x": 0, "y": 16}, {"x": 48, "y": 16}], [{"x": 10, "y": 4}, {"x": 10, "y": 28}]]'


@pytest.fixture(scope="module")
def demo(host) -> Any:
    """MODEL, CLIP, VAE, TORA_MODEL of the image-to-video demo."""
    return host.run("ToraLoadDemoModel", variant="I2V")


def drawing(host: Any, *tracks: Any, width: int = 48, height: int = 32, frames: int = 9) -> Any:
    """A trajectory of Tracks, or of lists of points."""
    trajectory = host.pack("tora_core.trajectory")
    made = tuple(t if isinstance(t, trajectory.Track) else trajectory.Track(t) for t in tracks)
    return trajectory.Trajectory(width=width, height=height, frames=frames, tracks=made)


# --- Trajectory (text) ------------------------------------------------------------------------------------------------


def test_text_is_read_and_its_size_and_length_are_handed_on(host):
    found, *numbers = host.run("ToraTrajectoryFromText", text=SPLINE, width=64, height=32, frames=17, format="auto")
    assert numbers == [64, 32, 17] == [found.width, found.height, found.frames]
    assert [len(track.points) for track in found.tracks] == [2, 2]
    np.testing.assert_allclose(found.sample().points_px[0, [0, 8, 16]], [[0, 16], [24, 16], [48, 16]])


def test_a_drawing_with_a_size_of_its_own_is_scaled_and_stretched(host):
    text = drawing(host, [(10, 5), (30, 20)], width=48, height=32, frames=9).to_json()
    found, *_ = host.run("ToraTrajectoryFromText", text=text, width=96, height=128, frames=17, format="auto")
    assert (found.width, found.height, found.frames) == (96, 128, 17)
    assert [(p.x, p.y) for p in found.tracks[0].points] == [(20, 20), (60, 80)]


def test_how_text_was_read_is_said_in_sentences(host):
    read = host.pack("nodes.trajectory_text").read
    _, told = read("10, 20\n30, 25\n31, 26", 48, 32, 9, "auto")
    assert told.startswith("1 track, tora-txt") and told.endswith(".")
    _, told = read(SPLINE, 48, 32, 17, "auto")
    assert told.startswith("2 tracks, spline-editor: ")
    assert all(sentence[0].isupper() for sentence in told.split(". ")[1:])


@pytest.mark.parametrize("text", ["", "  \n ", "hello", "[[", '{"tracks": 5}'])
def test_text_without_a_trajectory_is_refused_in_words_and_when_queued(host, text):
    values = {"width": 48, "height": 32, "frames": 9, "format": "auto"}
    with pytest.raises(host.pack("tora_core.errors").ToraError) as told:
        host.run("ToraTrajectoryFromText", text=text, **values)
    assert host.node("ToraTrajectoryFromText").validate_inputs(text=text, **values) == str(told.value)
    assert len(str(told.value)) > 20


def test_the_formats_offered_are_the_librarys_that_are_text(host):
    """The node has their names only, as importing the formats would slow ComfyUI's start."""
    known = host.pack("tora_core.trajectory").FORMATS
    offered = host.pack("nodes.trajectory_text").TEXT_FORMATS
    assert offered == tuple(one.name for one in known if one.reads and not one.binary)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"frames": 197}, "frame count is 197, expected 8k+1. The nearest are 193 and 201."),
        ({"width": 50}, "width is 50, expected a multiple of 16 pixels. The nearest are 48 and 64."),
        ({"format": "no-such"}, "format is 'no-such', expected one of"),
        ({"format": "no-such", "text": None}, "format is 'no-such', expected one of"),
        ({"text": None, "width": None}, None),
        ({"width": None, "height": None, "frames": None, "format": None}, None),
    ],
)
def test_text_sizes_and_format_are_checked_when_queued_where_they_are_known(host, values, message):
    """What is wired arrives as None."""
    values = {"text": SPLINE, "width": 48, "height": 32, "frames": 9, "format": "auto"} | values
    told = host.node("ToraTrajectoryFromText").validate_inputs(**values)
    assert (told is True) if message is None else message in told


# --- Empty Latent -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("width", "height", "length", "batch", "shape"),
    [
        (720, 480, 49, 1, (1, 16, 13, 60, 90)),
        (48, 32, 1, 2, (2, 16, 1, 4, 6)),
        (16, 64, 17, 1, (1, 16, 5, 8, 2)),
    ],
)
def test_an_empty_latent_has_the_shape_of_the_video(host, width, height, length, batch, shape):
    (latent,) = host.run("ToraEmptyLatent", width=width, height=height, length=length, batch_size=batch)
    assert tuple(latent["samples"].shape) == shape and not latent["samples"].any()


ILLEGAL = [
    ({"length": 197}, "frame count is 197, expected 8k+1. The nearest are 193 and 201."),
    ({"length": 0}, "frame count is 0, expected 8k+1. The nearest are 1 and 9."),
    ({"width": 721}, "width is 721, expected a multiple of 16 pixels. The nearest are 720 and 736."),
    ({"height": 0}, "height is 0, expected a multiple of 16 pixels. The nearest are 16 and 32."),
    ({"width": 4112}, "width is 4112, expected 1 to 4096."),
    ({"batch_size": 0}, "batch_size is 0, expected 1 to 64."),
]


@pytest.mark.parametrize("node", ["ToraEmptyLatent", "ToraImageToVideo"])
@pytest.mark.parametrize(("values", "message"), ILLEGAL)
def test_sizes_that_no_video_has_are_told_with_the_nearest_ones(host, node, values, message):
    values = {"width": 48, "height": 32, "length": 9, "batch_size": 1} | values
    assert host.node(node).validate_inputs(**values) == message
    others = dict.fromkeys(("positive", "negative", "vae", "start_image")) if node == "ToraImageToVideo" else {}
    with pytest.raises(host.pack("tora_core.errors").SizeError) as told:
        host.run(node, **values, **others)
    assert str(told.value) == message


@pytest.mark.parametrize("node", ["ToraEmptyLatent", "ToraImageToVideo"])
def test_sizes_that_are_wired_in_are_not_judged_when_queued(host, node):
    assert host.node(node).validate_inputs(width=None, height=None, length=None, batch_size=None) is True


# --- Image to Video ---------------------------------------------------------------------------------------------------


@pytest.fixture
def prompts(host, demo) -> list[Any]:
    return [host.run("CLIPTextEncode", clip=demo[1], text=text)[0] for text in ("a red circle", "")]


def image_to_video(host: Any, demo: Any, prompts: list[Any], image: torch.Tensor, **more: Any) -> tuple[Any, Any, Any]:
    inputs = {"width": 48, "height": 32, "length": 9, "batch_size": 1} | more
    return host.run(
        "ToraImageToVideo", positive=prompts[0], negative=prompts[1], vae=demo[2], start_image=image, **inputs
    )


def random_image(*shape: int) -> torch.Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(5))


def test_both_prompts_carry_the_images_latents_and_the_given_ones_stay_as_they_were(host, demo, prompts):
    image = random_image(1, 32, 48, 3)
    positive, negative, latent = image_to_video(host, demo, prompts, image, batch_size=2)
    with torch.inference_mode():
        expected = demo[2].encode(image)
    assert expected.shape == (1, 16, 1, 4, 6)
    for given, made in zip(prompts, (positive, negative), strict=True):
        assert torch.equal(made[0][1]["concat_latent_image"], expected)
        assert torch.equal(made[0][0], given[0][0])
        assert "concat_latent_image" not in given[0][1]
    assert latent["samples"].shape == (2, 16, 3, 4, 6) and not latent["samples"].any()


def test_a_picture_of_another_shape_is_cut_at_its_centre(host, demo, prompts):
    wide = random_image(1, 32, 112, 3)
    positive, *_ = image_to_video(host, demo, prompts, wide)
    with torch.inference_mode():
        expected = demo[2].encode(wide[:, :, 32:80])
    torch.testing.assert_close(positive[0][1]["concat_latent_image"], expected)


def test_a_smaller_picture_and_one_with_alpha_are_brought_to_size(host, demo, prompts):
    plain = torch.full((1, 16, 24, 4), 0.25)
    positive, *_ = image_to_video(host, demo, prompts, plain)
    with torch.inference_mode():
        expected = demo[2].encode(torch.full((1, 32, 48, 3), 0.25))
    torch.testing.assert_close(positive[0][1]["concat_latent_image"], expected)


def test_a_batch_takes_one_picture_for_all_or_one_for_each(host, demo, prompts):
    images = random_image(2, 32, 48, 3)
    positive, *_ = image_to_video(host, demo, prompts, images, batch_size=2)
    with torch.inference_mode():
        expected = torch.cat([demo[2].encode(image[None]) for image in images])
    assert torch.equal(positive[0][1]["concat_latent_image"], expected)
    with pytest.raises(host.pack("tora_core.errors").ToraError, match="2 start images for 3 videos"):
        image_to_video(host, demo, prompts, images, batch_size=3)
    with pytest.raises(host.pack("tora_core.errors").ToraError, match="2 start images for 1 videos"):
        image_to_video(host, demo, prompts, images)


def test_the_network_gets_the_image_scaled_once_in_frame_0_and_zeros_after_in_every_run(host, demo, prompts):
    from comfy.patcher_extension import WrappersMP

    seen = []

    def watch(executor, x, *args, **kwargs):
        seen.append(x[:, 16:].clone())
        return executor(x, *args, **kwargs)

    positive, negative, latent = image_to_video(host, demo, prompts, random_image(1, 32, 48, 3))
    image = positive[0][1]["concat_latent_image"].clone()
    model = demo[0].clone()
    model.add_wrapper_with_key(WrappersMP.DIFFUSION_MODEL, "watch", watch)
    for _ in range(2):
        host.run(
            "KSampler", model=model, seed=1, steps=2, cfg=3.0, sampler_name="euler", scheduler="simple",
            positive=positive, negative=negative, latent_image=latent, denoise=1.0,
        )  # fmt: skip
    assert len(seen) >= 4
    for given in seen:
        assert given.shape[1:] == (16, 3, 4, 6)
        # 1.15258426 is the scale of the demo model's latents.
        torch.testing.assert_close(given[:, :, 0], image[:, :, 0].expand(len(given), -1, -1, -1) * 1.15258426)
        assert not given[:, :, 1:].any()
    assert torch.equal(positive[0][1]["concat_latent_image"], image)


def test_image_to_video_refuses_a_vae_of_another_kind(host, demo, prompts):
    other = type("VAE", (), {"first_stage_model": torch.nn.Conv2d(3, 8, 1)})()
    with pytest.raises(host.pack("tora_core.errors").ToraError, match="the VAE is Conv2d, expected CogVideoX's"):
        image_to_video(host, (demo[0], demo[1], other), prompts, random_image(1, 32, 48, 3))


# --- Overlay Trajectory -----------------------------------------------------------------------------------------------

GRAY = 0.4321  # no multiple of 1/255


def overlay(host: Any, frames: int, **inputs: Any) -> torch.Tensor:
    """What is drawn over gray pictures of 96x64 (width x height)."""
    (drawn,) = host.run("ToraOverlayTrajectory", images=torch.full((frames, 64, 96, 3), GRAY), **inputs)
    assert (drawn.shape, drawn.dtype) == ((frames, 64, 96, 3), torch.float32)
    return drawn


def ink(pictures: torch.Tensor) -> torch.Tensor:
    """Where something is drawn: bool (F, H, W)."""
    return (pictures != GRAY).any(dim=-1)


@pytest.fixture
def across(host) -> Any:
    """From (8, 16) to (40, 16) on a canvas of 48x32: over pictures of 96x64 from (16, 32) to (80, 32)."""
    return drawing(host, [(8, 16), (40, 16)])


def test_a_trajectory_is_scaled_to_the_pictures_and_stretched_over_their_number(host, across):
    drawn = ink(overlay(host, 5, trajectory=across, trails=False, arrows=False))
    for frame, x in enumerate((16, 32, 48, 64, 80)):
        rows, columns = torch.nonzero(drawn[frame], as_tuple=True)
        assert abs(float(rows.float().mean()) - 32) < 0.6
        assert abs(float(columns.float().mean()) - x) < 0.6
        assert len(rows) < 60


def test_trails_points_and_arrows_are_switched_one_by_one(host, across):
    def drawn(**on: bool) -> torch.Tensor:
        return ink(overlay(host, 3, trajectory=across, **{"trails": False, "points": False, "arrows": False, **on}))

    assert not drawn().any()
    trails, points, arrows = drawn(trails=True), drawn(points=True), drawn(arrows=True)
    assert trails[:, 32, 17:79].all() and torch.equal(trails[0], trails[2])
    assert points[0, 32, 16] and not points[0, 32, 30:].any()
    assert arrows[:, 32, 78].all() and not arrows[:, :, :70].any()
    assert torch.equal(drawn(trails=True, points=True, arrows=True), trails | points | arrows)


def test_pixels_without_ink_keep_their_exact_value_and_the_input_is_not_written_to(host, across):
    images = torch.full((3, 64, 96, 3), GRAY)
    (drawn,) = host.run("ToraOverlayTrajectory", images=images, trajectory=across)
    assert (images == GRAY).all()
    assert (drawn[:, 50:] == GRAY).all()
    assert (drawn[:, 32, 48] != GRAY).any()


def test_tracks_are_drawn_in_the_colors_that_they_were_given(host):
    track = host.pack("tora_core.trajectory").Track([(8, 16), (40, 16)], color="#ff0000")
    drawn = overlay(host, 1, trajectory=drawing(host, track), points=False, arrows=False)
    assert float((drawn[0, 32, 48] - torch.tensor([1.0, 0.0, 0.0])).abs().max()) < 0.25


def test_over_a_single_picture_the_whole_path_is_drawn_and_where_it_begins(host, across):
    drawn = ink(overlay(host, 1, trajectory=across))
    assert drawn[0, 32, 17:79].all()
    points = ink(overlay(host, 1, trajectory=across, trails=False, arrows=False))
    assert points[0, 32, 16] and not points[0, :, 30:].any()


def tracks_of(trajectory: Any, host: Any, frames: int) -> dict[str, torch.Tensor]:
    return host.pack("nodes.tracks").to_host(trajectory.sample(frames, (64, 96)))


def test_tracks_are_drawn_where_they_are_in_the_pictures_own_pixels(host, across):
    tracks = tracks_of(across, host, 5)
    points = ink(overlay(host, 5, tracks=tracks, trails=False, arrows=False))
    for frame, x in enumerate((16, 32, 48, 64, 80)):
        assert points[frame, 32, x]
    assert ink(overlay(host, 5, tracks=tracks))[:, 32, 17:79].all()


def test_tracks_of_any_length_go_over_a_single_picture(host, across):
    tracks = tracks_of(across, host, 25)
    assert ink(overlay(host, 1, tracks=tracks, points=False, arrows=False))[0, 32, 17:79].all()
    points = ink(overlay(host, 1, tracks=tracks, trails=False, arrows=False))
    assert points[0, 32, 16] and not points[0, :, 30:].any()


def test_hidden_moments_have_no_dot(host, across):
    tracks = tracks_of(across, host, 5)
    tracks["track_visibility"][2] = False
    points = ink(overlay(host, 5, tracks=tracks, trails=False, arrows=False))
    assert [bool(frame.any()) for frame in points] == [True, True, False, True, True]


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({}, "nothing is wired into Overlay Trajectory"),
        ({"trajectory": 1, "tracks": {}}, "trajectory and tracks is wired into Overlay Trajectory"),
        ({"tracks": {"track_path": torch.zeros(9, 1, 2)}}, "the tracks have 9 frames, but there are 3 pictures"),
    ],
)
def test_overlays_that_make_no_sense_are_refused_in_words(host, inputs, message):
    with pytest.raises(host.pack("tora_core.errors").ToraError, match=message):
        overlay(host, 3, **inputs)
