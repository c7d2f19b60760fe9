"""The image-to-video pipeline against diffusers' own, its images, and motion in it."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from tora_core import ToraError


def tensor_of(image: Image.Image) -> torch.Tensor:
    return torch.from_numpy(np.asarray(image).astype(np.float32) / 255).permute(2, 0, 1)


@pytest.mark.parametrize("dynamic", [False, True])
@pytest.mark.parametrize("scheduler", ["CogVideoXDDIMScheduler", "CogVideoXDPMScheduler"])
def test_without_motion_it_is_diffusers_pipeline(i2v_components, make, call, picture, scheduler, dynamic):
    from diffusers import CogVideoXImageToVideoPipeline

    from tora_core import ToraImageToVideoPipeline

    components = {**i2v_components, "scheduler": make.scheduler(scheduler)}
    ours, diffusers_own = ToraImageToVideoPipeline(**components), CogVideoXImageToVideoPipeline(**components)
    for pipe in (ours, diffusers_own):
        pipe.set_progress_bar_config(disable=True)
    expected = call(diffusers_own, image=picture, use_dynamic_cfg=dynamic)
    assert torch.equal(call(ours, image=picture, dynamic_guidance="reference" if dynamic else "off"), expected)


def test_the_image_comes_first_as_in_diffusers(i2v, call, picture):
    video = i2v(
        picture,
        "a red circle moves",
        height=32,
        width=48,
        num_frames=9,
        num_inference_steps=3,
        generator=torch.Generator().manual_seed(7),
        output_type="latent",
    ).frames
    assert torch.equal(video, call(i2v, image=picture))


def test_motion_and_image_both_matter_and_strength_zero_is_the_base(i2v, call, picture, path):
    base, moved = call(i2v, image=picture), call(i2v, image=picture, trajectory=path)
    assert (moved - base).abs().max() > 0.01
    assert (call(i2v, image=picture.rotate(90), trajectory=path) - moved).abs().max() > 0.001
    assert torch.equal(call(i2v, image=picture, trajectory=path, strength=0.0), base)


def test_many_steps_with_guidance_and_motion(i2v, call, picture, path):
    """The reference doubled the motion's batch at every step here and failed at the second."""
    video = call(i2v, image=picture, trajectory=path, num_inference_steps=5, output_type="np")
    assert video.shape == (1, 9, 32, 48, 3) and np.isfinite(video).all()


@pytest.mark.parametrize(
    "form",
    [
        lambda image: [image],
        np.asarray,
        lambda image: np.asarray(image)[None],
        tensor_of,
        lambda image: tensor_of(image)[None],
        lambda image: tensor_of(image).permute(1, 2, 0).numpy(),
        lambda image: image.convert("RGBA"),
    ],
)
def test_every_form_of_one_image_is_the_same_image(i2v, form, picture):
    from tora_core.pipelines.images import as_image_list

    def pixels(image):
        (one,) = as_image_list(image, 1)
        return tensor_of(one) if isinstance(one, Image.Image) else one

    torch.testing.assert_close(pixels(form(picture)), tensor_of(picture), rtol=0, atol=1e-7)


def test_a_gray_image_becomes_rgb(i2v, call, picture):
    gray = picture.convert("L")
    assert torch.equal(call(i2v, image=gray), call(i2v, image=gray.convert("RGB")))


def test_one_image_serves_all_prompts_and_videos(i2v, call, picture, path, noise):
    def generators():
        return [torch.Generator().manual_seed(seed) for seed in (1, 2)]

    prompts = ["a red circle moves", "a blue square"]
    both = call(i2v, image=picture, prompt=prompts, trajectory=path, latents=noise, generator=generators())
    listed = call(i2v, image=[picture] * 2, prompt=prompts, trajectory=path, latents=noise, generator=generators())
    assert torch.equal(both, listed)
    twice = call(i2v, image=picture, latents=noise, generator=generators(), num_videos_per_prompt=2)
    assert twice.shape[0] == 2


def test_two_prompts_images_and_paths_are_the_two_single_runs(i2v, call, picture, path, other_path, noise):
    prompts, paths = ["a red circle moves", "a blue square"], [path, other_path]
    images = [picture, picture.rotate(180).resize((64, 20))]
    generators = [torch.Generator().manual_seed(seed) for seed in (1, 2)]
    both = call(i2v, image=images, prompt=prompts, trajectory=paths, latents=noise, generator=generators)
    for i in range(2):
        alone = call(i2v, image=images[i], prompt=prompts[i], trajectory=paths[i], latents=noise[i : i + 1], seed=i + 1)
        torch.testing.assert_close(both[i : i + 1], alone, rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (None, "image is missing"),
        ("cat.png", "image is str"),
        (torch.rand(4, 32, 48), r"torch\.float32 \(4, 32, 48\)"),
        (torch.full((3, 32, 48), 255.0), "values from 255 to 255, expected 0 to 1"),
        (torch.rand(3, 32, 48) * 2 - 1.5, "expected 0 to 1"),
        (np.zeros((32, 48), np.uint8), r"uint8 \(32, 48\)"),
        (np.zeros((32, 48, 3), np.int64), "int64"),
        ([], "0 images for 1 prompts"),
        ([Image.new("RGB", (8, 8))] * 3, "3 images for 1 prompts"),
    ],
)
def test_what_is_no_image_is_refused(i2v, call, image, words):
    with pytest.raises(ToraError, match=words):
        call(i2v, image=image)


def test_the_other_kind_of_model_is_refused(t2v_components, call, picture):
    from tora_core import ToraImageToVideoPipeline

    with pytest.raises(ToraError, match=r"4 input channels, which is text-to-video.*image_to_video=False"):
        call(ToraImageToVideoPipeline(**t2v_components), image=picture)
