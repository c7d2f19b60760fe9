"""The demo graph in the host against the library's pipelines on diffusers: the same latents, step for step."""

from __future__ import annotations

import numpy as np
import pytest
import torch

pytestmark = pytest.mark.host

STEPS, CFG = 8, 3.0  # a divisor of 1000: else diffusers steps to timesteps beside the ones it looks at
SIZE, FRAMES = (128, 96), 17  # height, width
PROMPT = "a red circle on a blue background"
TERMINAL_ALPHA = 4.8973451890853435e-08  # the host's last one; exactly 0 in diffusers, where sigma is infinite


@pytest.fixture(scope="module", params=["T2V", "I2V"])
def demo(request, host):
    model, clip, vae, tora = host.run("ToraLoadDemoModel", variant=request.param)
    return {"kind": request.param, "model": model, "clip": clip, "vae": vae, "tora": tora}


@pytest.fixture
def path():
    from tora_core import Trajectory

    return Trajectory.from_points([[(20, 30), (70, 60), (40, 110)]], width=SIZE[1], height=SIZE[0], frames=FRAMES)


def library_latents(kind, noise, path, embeds, negative, image, monkeypatch):
    """Scaled latents (B, F', 16, h, w) of the library's pipeline: DDIM without noise, constant guidance."""
    from diffusers import CogVideoXDDIMScheduler
    from diffusers.models.autoencoders.vae import DiagonalGaussianDistribution

    from tora_core import load_pipeline

    # The pipeline draws the image's latents from the posterior; ComfyUI takes the mean.
    monkeypatch.setattr(DiagonalGaussianDistribution, "sample", lambda self, generator=None: self.mode())
    pipeline = load_pipeline(image_to_video=kind == "I2V", dtype=torch.float32)
    pipeline.scheduler = CogVideoXDDIMScheduler.from_config(pipeline.scheduler.config)
    pipeline.scheduler.alphas_cumprod[-1] = TERMINAL_ALPHA
    extra = {} if image is None else {"image": image[0].movedim(-1, 0)}
    return pipeline(
        prompt_embeds=embeds, negative_prompt_embeds=negative, trajectory=path, height=SIZE[0], width=SIZE[1],
        num_frames=FRAMES, num_inference_steps=STEPS, guidance_scale=CFG, dynamic_guidance="off", latents=noise,
        output_type="latent", **extra,
    ).frames, pipeline.scheduler.timesteps  # fmt: skip


def test_latents_are_the_librarys(demo, host, path, monkeypatch):
    import comfy.sample
    import comfy.samplers

    (positive,) = host.run("CLIPTextEncode", clip=demo["clip"], text=PROMPT)
    (negative,) = host.run("CLIPTextEncode", clip=demo["clip"], text="")
    noise = torch.randn(1, 5, 16, SIZE[0] // 8, SIZE[1] // 8, generator=torch.Generator().manual_seed(3))
    image = torch.rand(1, *SIZE, 3, generator=torch.Generator().manual_seed(4)) if demo["kind"] == "I2V" else None
    embeds, no_embeds = positive[0][0].clone(), negative[0][0].clone()
    expected, timesteps = library_latents(demo["kind"], noise.clone(), path, embeds, no_embeds, image, monkeypatch)

    text = path.to_json()
    trajectory = host.run(
        "ToraTrajectoryFromText", text=text, width=SIZE[1], height=SIZE[0], frames=FRAMES, format="auto"
    )[0]
    motion, picture = host.run("ToraEncodeMotion", vae=demo["vae"], trajectory=trajectory)
    assert picture.shape == (FRAMES, *SIZE, 3)
    (model,) = host.run(
        "ToraApply", model=demo["model"], tora_model=demo["tora"], motion=motion, strength=1.0, start_percent=0.0,
        end_percent=1.0,
    )  # fmt: skip
    if image is None:
        (latent,) = host.run("ToraEmptyLatent", width=SIZE[1], height=SIZE[0], length=FRAMES, batch_size=1)
    else:
        positive, negative, latent = host.run(
            "ToraImageToVideo", positive=positive, negative=negative, vae=demo["vae"], start_image=image,
            width=SIZE[1], height=SIZE[0], length=FRAMES, batch_size=1,
        )  # fmt: skip
    schedule = model.get_model_object("model_sampling").sigmas
    sigmas = torch.cat([schedule[timesteps], torch.zeros(1)])
    assert float(sigmas[0]) == pytest.approx((1 / TERMINAL_ALPHA - 1) ** 0.5, rel=1e-4)
    with torch.inference_mode():
        found = comfy.sample.sample_custom(
            model, noise.transpose(1, 2), CFG, comfy.samplers.sampler_object("euler"), sigmas, positive, negative,
            latent["samples"], disable_pbar=True, seed=0,
        )  # fmt: skip
    found = demo["model"].model.process_latent_in(found).transpose(1, 2)
    assert np.isfinite(expected.numpy()).all()
    assert float((found - expected).norm() / expected.norm()) < 1e-3
