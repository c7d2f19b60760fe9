"""A short DDIM run on latents, for a look at how a stage is doing; the pipelines sample for everything else."""

from __future__ import annotations

import torch

from .diffusion import TextToMotionVideo, build_scheduler


@torch.no_grad()
def sample_latents(
    model: TextToMotionVideo,
    given: dict[str, torch.Tensor],
    *,
    with_motion: bool = True,
    with_image: bool = False,
    steps: int = 15,
    guidance: float = 3.0,
    seed: int = 0,
) -> torch.Tensor:
    """SCALED latents (B, F', 16, h, w) for a batch as `training_loss` takes it; the video in it gives the size only.

    Guidance drops the words, not the motion, as the pipelines do.
    """
    x = given["video"]
    scheduler = build_scheduler()
    scheduler.set_timesteps(steps)
    latents = torch.randn(x.shape, generator=torch.Generator().manual_seed(seed)).to(x.device)
    image = torch.zeros_like(x)
    if with_image:
        image[:, :1] = given["image"]
    motion = given["motion"] if with_motion else None
    empty = given["empty_ids"].expand(len(x), -1)
    for t in scheduler.timesteps:
        timestep = t.expand(len(x)).to(x.device)
        worded = model(latents, image, given["ids"], timestep, motion)
        wordless = model(latents, image, empty, timestep, motion)
        v = wordless + guidance * (worded - wordless)
        latents = scheduler.step(v, t, latents, return_dict=False)[0]
    return latents
