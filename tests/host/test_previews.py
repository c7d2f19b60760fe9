"""Pictures while sampling: sent, not sent, and what is on them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch

pytestmark = pytest.mark.host

STEPS = 2
SCALE = 1.15258426


@pytest.fixture(scope="module")
def demo(host) -> Any:
    return host.run("ToraLoadDemoModel", variant="T2V")


@pytest.fixture
def preview(host) -> Any:
    return host.pack("nodes.host.preview")


@pytest.fixture
def sent(monkeypatch) -> list[tuple[int, int, Any]]:
    """What the host would send to the browser: (value, total, picture or None)."""
    import comfy.utils

    events: list[tuple[int, int, Any]] = []

    def hook(value: int, total: int, picture: Any, node_id: Any = None) -> None:
        events.append((value, total, picture))

    monkeypatch.setattr(comfy.utils, "PROGRESS_BAR_HOOK", hook)
    return events


@pytest.fixture
def choose(monkeypatch) -> Callable[[str], None]:
    """Set the user's preview method by the host's name for it."""
    from comfy.cli_args import LatentPreviewMethod, args

    def set_method(name: str) -> None:
        monkeypatch.setattr(args, "preview_method", LatentPreviewMethod.from_string(name))

    return set_method


def sample(model: Any, clip: Any, callback: Any) -> None:
    import comfy.sample

    with torch.inference_mode():
        condition = clip.encode_from_tokens_scheduled(clip.tokenize("a red circle"))
        latents = torch.zeros(1, 16, 5, 4, 6)
        noise = torch.randn(latents.shape, generator=torch.Generator().manual_seed(0))
        comfy.sample.sample(
            model, noise, STEPS, 1.0, "euler", "simple", condition, condition, latents, callback=callback, seed=1
        )


def pictures(events: list[tuple[int, int, Any]]) -> list[Any]:
    return [picture for *_, picture in events if picture is not None]


def ignore(*_: Any) -> None:
    pass


@pytest.mark.parametrize("method", ["auto", "latent2rgb", "taesd"])
def test_every_step_sends_a_picture(host, demo, sent, choose, method):
    """TAESD too: the host itself falls back to latent2rgb where a model has no small decoder."""
    from comfy.cli_args import args

    choose(method)
    model, clip, *_ = demo
    (condition,) = host.run("CLIPTextEncode", clip=clip, text="a red circle")
    host.run(
        "KSampler",
        model=model,
        seed=1,
        steps=STEPS,
        cfg=1.0,
        sampler_name="euler",
        scheduler="simple",
        positive=condition,
        negative=condition,
        latent_image={"samples": torch.zeros(1, 16, 5, 4, 6)},
    )
    steps = [(value, total) for value, total, picture in sent if picture is not None]
    assert steps == [(1, STEPS), (2, STEPS)]
    kind, picture, limit = pictures(sent)[-1]
    assert (kind, limit) == ("JPEG", args.preview_size)
    assert picture.mode == "RGB"
    assert picture.size == (512, 342)  # four cells of 255x170, as the latent is 6x4, and the gap of 2


def test_none_sends_no_picture_but_progress(demo, sent, choose):
    import latent_preview

    choose("none")
    model, clip, *_ = demo
    sample(model, clip, latent_preview.prepare_callback(model, STEPS))
    assert sent == [(1, STEPS, None), (2, STEPS, None)]


def test_the_callback_that_was_there_is_called_first_with_the_same_things(demo, sent, choose):
    choose("latent2rgb")
    seen = []

    def callback(step: int, x0: torch.Tensor, x: torch.Tensor, total: int) -> None:
        seen.append((step, tuple(x0.shape), tuple(x.shape), total, len(pictures(sent))))

    sample(demo[0], demo[1], callback)
    shape = (1, 16, 5, 4, 6)
    assert seen == [(0, shape, shape, STEPS, 0), (1, shape, shape, STEPS, 1)]


def test_where_nobody_shows_progress_there_are_no_pictures(demo, sent, choose):
    choose("latent2rgb")
    sample(demo[0], demo[1], None)
    assert not sent


def test_adding_previews_twice_sends_one_picture_a_step(demo, sent, choose, preview):
    choose("latent2rgb")
    model = demo[0].clone()
    preview.add_previews(model)
    preview.add_previews(model)
    sample(model, demo[1], ignore)
    assert len(pictures(sent)) == STEPS


@pytest.mark.parametrize(
    ("name", "value", "method"),
    [("latent_rgb_factors", [[0.1] * 3] * 16, "latent2rgb"), ("taesd_decoder_name", "taecog", "taesd")],
)
def test_a_host_that_has_its_own_preview_shows_its_own(demo, sent, choose, monkeypatch, name, value, method):
    choose(method)
    monkeypatch.setattr(demo[0].model.latent_format, name, value)
    sample(demo[0], demo[1], ignore)
    assert not pictures(sent)


def test_5b_has_factors_and_an_unknown_vae_none(demo, sent, choose, preview, monkeypatch):
    import comfy.latent_formats

    choose("latent2rgb")
    model = demo[0].clone()
    model.remove_attachments(preview.KEY)
    sample(model, demo[1], ignore)
    assert not pictures(sent)
    monkeypatch.setattr(model.model, "latent_format", comfy.latent_formats.CogVideoX1_5())
    sample(model, demo[1], ignore)
    assert len(pictures(sent)) == STEPS


@pytest.mark.parametrize(
    ("frames", "expected"),
    [(1, [0]), (2, [0, 1]), (3, [0, 1, 2]), (4, [0, 1, 2, 3]), (5, [0, 1, 3, 4]), (13, [0, 4, 8, 12])],
)
def test_four_moments_are_spread_over_the_clip(preview, frames, expected):
    assert preview.moments(frames) == expected


def test_frames_lie_in_reading_order_in_the_shape_of_the_video(preview):
    colors = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0)]
    frames = torch.tensor(colors, dtype=torch.uint8)[:, None, None, :].expand(4, 2, 3, 3).contiguous()
    sheet = preview.contact_sheet(frames, 100)
    # (100 - 2) / 6 = 16.33 times as large: cells of 49x32 (whole pixels), and the gap of 2
    assert sheet.size == (100, 66)
    centers = [(24, 16), (75, 16), (24, 50), (75, 50)]
    assert [sheet.getpixel(center) for center in centers] == colors
    assert sheet.getpixel((49, 16)) == sheet.getpixel((50, 33)) == (0, 0, 0)


@pytest.mark.parametrize(("count", "size"), [(1, (90, 60)), (2, (90, 29)), (3, (88, 19))])
def test_short_clips_are_one_row(preview, count, size):
    assert preview.contact_sheet(torch.zeros(count, 2, 3, 3, dtype=torch.uint8), 90).size == size


def test_the_published_factors_of_5b_are_applied_as_published(host):
    """One in the first channel: five times the first row plus the bias, from [-1, 1] to 0..255."""
    latents = torch.zeros(16, 1, 1, 1)
    latents[0] = 1
    # 5 * 0.03197 - 0.023 = 0.1369, 5 * 0.04091 = 0.2046, 5 * 0.00157 - 0.017 = -0.0092
    assert host.pack("nodes.host.latent_rgb").COGVIDEOX_5B.pictures(latents).flatten().tolist() == [144, 153, 126]


def test_latents_that_are_no_numbers_are_black_and_no_error(host):
    picture = host.pack("nodes.host.latent_rgb").COGVIDEOX_5B.pictures(torch.full((16, 1, 1, 1), math.nan))
    assert picture.flatten().tolist() == [0, 0, 0]


def test_the_demo_models_factors_show_the_clip(host, demo, preview):
    """If this fails after the VAE was trained anew: python scripts/fit_preview.py."""
    from tora_core.training.synthetic import draw_clip

    errors = []
    for seed in (720_000_000, 720_000_001):
        clip = torch.from_numpy(draw_clip(seed, frames=9, size=(96, 64)).frames).float() / 255
        (latents,) = host.run("VAEEncode", vae=demo[2], pixels=clip)
        shown = demo[0].get_attachment(preview.KEY).pictures(latents["samples"][0] * SCALE).float() / 255
        cells = clip.reshape(9, 12, 8, 8, 8, 3).mean((2, 4))
        expected = torch.cat([cells[:1], cells[1:].reshape(2, 4, 12, 8, 3).mean(1)])
        errors.append(float((shown - expected).square().mean()))
    assert -10 * math.log10(sum(errors) / len(errors)) > 28
