"""The denoising loop of both pipelines."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from diffusers import CogVideoXDPMScheduler

from .context import ContextWindows, Window, total_weights
from .control_input import PlannedControl, controlled
from .dynamic import guidance_at
from .motion_input import PlannedMotion


@dataclass(frozen=True, eq=False)
class Conditions:
    """What stays the same over the steps; the batch is B videos, with guidance 2B: [unconditional, conditional]."""

    image_latents: torch.Tensor | None  # (B, F', 16, h, w), only image-to-video
    rotary: Callable[[int], tuple[torch.Tensor, torch.Tensor] | None]  # for so many latent frames
    motions: Sequence[PlannedMotion]
    guidance_scale: float
    dynamic_guidance: str
    attention_kwargs: dict[str, Any] | None
    context: ContextWindows | None = None
    controls: Sequence[PlannedControl] = ()

    @property
    def guided(self) -> bool:
        return self.guidance_scale > 1.0

    def windows(self, latent_frames: int) -> list[Window] | None:
        """The windows of a clip, None where one call sees all of it."""
        cut = [] if self.context is None else self.context.cut(latent_frames)
        return cut if len(cut) > 1 else None

    def image_for(self, window: Window, image: torch.Tensor) -> torch.Tensor:
        """The image's latents (B, F', 16, h, w) for a window's frames."""
        part = window.take(image)
        if window.anchor is not None and self.context is not None and self.context.keep_image:
            part[:, 0] = image[:, 0]  # a copy: taken by a list of indices
        return part


@torch.no_grad()
def denoise(
    pipe: Any,
    latents: torch.Tensor,
    prompt_embeds: torch.Tensor,
    negative_prompt_embeds: torch.Tensor | None,
    timesteps: torch.Tensor,
    steps: int,
    conditions: Conditions,
    step_kwargs: dict[str, Any],
    callback: Callable[..., dict[str, Any] | None] | None = None,
    callback_tensors: Sequence[str] = ("latents",),
) -> torch.Tensor:
    """Noise (B, F', 16, h, w) to clean latents, as diffusers' CogVideoX pipelines do it, bent by the motions.

    prompt_embeds (2B or B, tokens, width) hold both halves where there is guidance. Motion goes to both halves alike.
    A callback may change the tensors it asked for, and the pipeline's `_guidance_scale` and `_interrupt`.
    """
    pred_x0 = None  # CogVideoX's DPM-solver++ looks back at it
    windows = conditions.windows(latents.shape[1])
    if windows is not None:
        weights = total_weights(windows, latents.shape[1]).to(latents.device).view(1, -1, 1, 1, 1)
    warm_up = max(len(timesteps) - steps * pipe.scheduler.order, 0)
    with pipe.progress_bar(total=steps) as progress_bar:
        for i, t in enumerate(timesteps):
            if pipe.interrupt:
                continue
            pipe._current_timestep = t
            x = torch.cat([latents] * 2) if conditions.guided else latents
            x = pipe.scheduler.scale_model_input(x, t)
            if windows is None:
                v = _predict(pipe.transformer, x, prompt_embeds, t, i, conditions).float()
            else:
                v = torch.zeros_like(x, dtype=torch.float32)
                for window in windows:
                    window.add(v, _predict(pipe.transformer, x, prompt_embeds, t, i, conditions, window))
                v /= weights

            if conditions.dynamic_guidance != "off":
                n = steps if conditions.dynamic_guidance == "reference" else len(timesteps)
                pipe._guidance_scale = guidance_at(
                    conditions.dynamic_guidance, conditions.guidance_scale, step=i, steps=n, timestep=t.item()
                )
            if conditions.guided:
                v_uncond, v_cond = v.chunk(2)
                v = v_uncond + pipe.guidance_scale * (v_cond - v_uncond)

            if isinstance(pipe.scheduler, CogVideoXDPMScheduler):
                back = timesteps[i - 1] if i > 0 else None
                latents, pred_x0 = pipe.scheduler.step(v, pred_x0, t, back, latents, **step_kwargs, return_dict=False)
            else:
                latents = pipe.scheduler.step(v, t, latents, **step_kwargs, return_dict=False)[0]
            latents = latents.to(prompt_embeds.dtype)

            if callback is not None:
                tensors = {
                    "latents": latents,
                    "prompt_embeds": prompt_embeds,
                    "negative_prompt_embeds": negative_prompt_embeds,
                }
                changed = callback(pipe, i, t, {name: tensors[name] for name in callback_tensors}) or {}
                latents = changed.get("latents", latents)
                prompt_embeds = changed.get("prompt_embeds", prompt_embeds)
                negative_prompt_embeds = changed.get("negative_prompt_embeds", negative_prompt_embeds)

            if i == len(timesteps) - 1 or (i + 1 > warm_up and (i + 1) % pipe.scheduler.order == 0):
                progress_bar.update()
    pipe._current_timestep = None
    return latents


def _predict(
    transformer: Any,
    x: torch.Tensor,
    prompt_embeds: torch.Tensor,
    t: torch.Tensor,
    step: int,
    conditions: Conditions,
    window: Window | None = None,
) -> torch.Tensor:
    """v of x (2B or B, F', 16, h, w), or of the frames in a window of it."""
    motions = [motion.guidance for motion in conditions.motions if motion.steps[step]]
    image = conditions.image_latents
    if window is not None:
        motions = [motion.window(window.frames, x.shape[1]) for motion in motions]
        image = None if image is None else conditions.image_for(window, image)
        x = window.take(x)
    rotary = conditions.rotary(x.shape[1])
    acting = [control for control in conditions.controls if control.steps[step]]
    streams = [control.stream(x, prompt_embeds, t.expand(x.shape[0]), rotary, window) for control in acting]
    if image is not None:
        x = torch.cat([x, torch.cat([image] * 2) if conditions.guided else image], dim=2)
    # Without motion the argument is not passed at all: a plain CogVideoX transformer has no such one.
    motion_kwargs = {"motion_features": motions} if motions else {}
    cache_context = getattr(transformer, "cache_context", lambda name: contextlib.nullcontext())
    with cache_context("cond_uncond"), controlled(transformer, streams):
        return transformer(
            hidden_states=x,
            encoder_hidden_states=prompt_embeds,
            timestep=t.expand(x.shape[0]),
            image_rotary_emb=rotary,
            attention_kwargs=conditions.attention_kwargs,
            return_dict=False,
            **motion_kwargs,
        )[0]
