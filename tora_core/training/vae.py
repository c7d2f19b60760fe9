"""Stage 0: the small causal VAE, on crops of clips and of motion pictures alike, since it encodes both.

The network is diffusers' AutoencoderKLCogVideoX with small numbers. Its latents end with the spread that
CogVideoX's scaling factor stands for, so that the diffusion model sees unit variance.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import AutoencoderKLCogVideoX
from torch import nn

from ..errors import CheckpointError
from ..motion import render_motion
from .ema import Ema
from .synthetic import draw_clip
from .vae_start import linear_start

START_LOG_VARIANCE = -6.5

SCALING_FACTOR = 1.15258426
"""What ComfyUI takes for every CogVideoX of fewer than 48 heads (supported_models.py), ours too."""


def build_vae() -> AutoencoderKLCogVideoX:
    """The bundled model's VAE, untrained: 8x in space, 4x in time, 16 latent channels like CogVideoX's own."""
    return AutoencoderKLCogVideoX(
        down_block_types=("CogVideoXDownBlock3D",) * 4,
        up_block_types=("CogVideoXUpBlock3D",) * 4,
        block_out_channels=(16, 32, 64, 128),
        layers_per_block=1,
        norm_num_groups=2,
        latent_channels=16,
        sample_height=480,
        sample_width=720,
        scaling_factor=SCALING_FACTOR,
    )


@dataclass(frozen=True)
class VaeRecipe:
    """Numbers of the VAE stage; wall time ends it and drives the learning rate: `start_seconds`, then `seconds`."""

    seconds: float = 1200.0
    start_seconds: float = 150.0
    batch: int = 4
    crop: int = 64
    frames: int = 9
    learning_rate: float = 0.08
    warm_up_steps: int = 60
    kl_weight: float = 5e-4
    ema_decay: float = 0.995
    seed: int = 0
    log_every: int = 20
    save_every: int = 200
    decoder_only: bool = False
    """Leaves the latents as they are, so that what was trained on them stays good."""


def crops(recipe: VaeRecipe) -> Iterator[torch.Tensor]:
    """Endless batches (B, 3, F, crop, crop) in [-1, 1]: even samples are clips, odd ones motion pictures."""
    rng = np.random.default_rng(recipe.seed)
    seed = recipe.seed * 1_000_003
    while True:
        batch = []
        for index in range(recipe.batch):
            seed += 1
            clip = draw_clip(seed, frames=recipe.frames)
            video = render_motion(clip.tracks) if index % 2 else torch.from_numpy(clip.frames).float() / 255
            batch.append(_crop(video, clip.tracks.points_px, rng, recipe.crop))
        yield torch.stack(batch).permute(0, 4, 1, 2, 3) * 2 - 1


def _crop(video: torch.Tensor, points_px: np.ndarray, rng: np.random.Generator, side: int) -> torch.Tensor:
    """A square of (F, H, W, 3), mostly around a thing: what is empty is soon learned."""
    height, width = video.shape[1:3]
    if rng.random() < 0.8:
        x, y = points_px[rng.integers(points_px.shape[0]), rng.integers(points_px.shape[1])]
        x, y = x + rng.uniform(-side / 2, side / 2) - side / 2, y + rng.uniform(-side / 2, side / 2) - side / 2
    else:
        x, y = rng.uniform(0, width - side), rng.uniform(0, height - side)
    left, top = int(np.clip(x, 0, width - side)), int(np.clip(y, 0, height - side))
    return video[:, top : top + side, left : left + side]


def psnr(a: torch.Tensor, b: torch.Tensor) -> float:
    """Peak signal-to-noise ratio in dB of pictures in [-1, 1]."""
    return 10 * math.log10(4 / max(float((a - b).square().mean()), 1e-12))


def parameter_groups(model: nn.Module, learning_rate: float) -> list[dict[str, Any]]:
    """A group a parameter: rate `learning_rate` / fan-in for weights of layers, a thousandth of it for the rest.

    Adam's steps are alike for every weight, so a layer that sums over thousands of inputs (27 taps of 128 channels)
    would move thousands of times as far as one that sums over few; dividing by the fan-in evens that out.
    """
    groups = []
    for parameter in model.parameters():
        fan_in = parameter[0].numel() if parameter.ndim > 1 else 1000
        groups.append({"params": [parameter], "full_rate": min(learning_rate / fan_in, 2e-3), "lr": 0.0})
    return groups


def train_vae(
    out: Path, recipe: VaeRecipe, resume: Path | None = None, report: Callable[[str], None] = print
) -> AutoencoderKLCogVideoX:
    """Train and save (EMA weights, float16) into the folder `out`; `resume` is a folder to start from."""
    torch.manual_seed(recipe.seed)
    if resume is None:
        vae = build_vae()
        linear_start(vae, crops(recipe), recipe.start_seconds, report=report)
        standardise_latents(vae, clips=8, frames=recipe.frames)
        with torch.no_grad():  # little noise at first, measured against latents of spread 1 / SCALING_FACTOR
            vae.encoder.conv_out.conv.bias[vae.config.latent_channels :] = START_LOG_VARIANCE
        vae.save_pretrained(out / "start")
    else:
        vae = load_vae(resume)
    vae.train()
    for module in vae.modules():  # the layout that CPU kernels are quickest with
        if isinstance(module, nn.Conv3d):
            module.weight.data = module.weight.data.to(memory_format=torch.channels_last_3d)
    ema = Ema(vae, recipe.ema_decay)
    learning = vae.decoder if recipe.decoder_only else vae
    vae.encoder.requires_grad_(not recipe.decoder_only)
    groups = parameter_groups(learning, recipe.learning_rate)
    optimizer = torch.optim.AdamW(groups, betas=(0.9, 0.99), weight_decay=1e-4)
    out.mkdir(parents=True, exist_ok=True)
    log = (out / "log.jsonl").open("a")
    start, step = time.monotonic(), 0
    errors = torch.zeros(2)
    for x in crops(recipe):
        done = (time.monotonic() - start) / recipe.seconds
        if done >= 1:
            break
        rate = min(1, (step + 1) / recipe.warm_up_steps) * (0.5 + 0.5 * math.cos(math.pi * done))
        for group in optimizer.param_groups:
            group["lr"] = group["full_rate"] * rate
        posterior = vae.encode(x).latent_dist
        y = vae.decode(posterior.sample()).sample
        kl = 0.5 * (posterior.mean.square() + posterior.var - 1 - posterior.logvar).mean()
        loss = 10 * (y - x).square().mean() + (y - x).abs().mean() + recipe.kl_weight * kl
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(learning.parameters(), 1.0)
        optimizer.step()
        ema.update(vae)
        step += 1
        errors += torch.stack([(y - x).detach()[i::2].square().mean() for i in (0, 1)]) / recipe.log_every
        if step % recipe.log_every == 0:
            row = {
                "step": step,
                "seconds": round(time.monotonic() - start, 1),
                "loss": float(loss.detach()),
                "kl": float(kl.detach()),
                "clip_db": 10 * math.log10(4 / float(errors[0])),
                "motion_db": 10 * math.log10(4 / float(errors[1])),
                "latent_std": float(posterior.mean.detach().std()),
            }
            errors.zero_()
            log.write(json.dumps(row) + "\n")
            log.flush()
            report(json.dumps(row))
        if step % recipe.save_every == 0:
            ema.copy_to(type(vae).from_config(vae.config)).half().save_pretrained(out)
    final = ema.copy_to(type(vae).from_config(vae.config))
    final.half().save_pretrained(out)
    (out / "recipe.json").write_text(json.dumps({**asdict(recipe), "steps": step}, indent=2) + "\n")
    log.close()
    return final.float()


def load_vae(folder: Path) -> AutoencoderKLCogVideoX:
    """The VAE of a folder, in float32 and eval mode."""
    try:
        return AutoencoderKLCogVideoX.from_pretrained(folder, torch_dtype=torch.float32, local_files_only=True).eval()
    except (OSError, ValueError, RuntimeError) as error:
        reason = str(error).strip().splitlines()[0]
        raise CheckpointError(f"{folder} can't be loaded as a VAE ({reason}).") from error


@torch.no_grad()
def standardise_latents(
    vae: AutoencoderKLCogVideoX, clips: int = 24, frames: int = 17
) -> tuple[list[float], list[float]]:
    """Scale the latent channels in place so that times SCALING_FACTOR each has mean square 1; what is decoded stays.

    The factors go into the encoder's last convolution and out of everything in the decoder that reads the latent.
    Means are left: taking them out would change what zero padding means at the border. Returns (mean, std) of
    each channel before, measured on `clips` clips and their motion pictures that training does not draw.
    """
    rows = []
    for seed in range(800_000_000, 800_000_000 + clips):
        clip = draw_clip(seed, frames=frames)
        for video in (torch.from_numpy(clip.frames).float() / 127.5 - 1, render_motion(clip.tracks) * 2 - 1):
            latent = vae.encode(video.permute(3, 0, 1, 2)[None]).latent_dist.mode()[0]
            rows.append(torch.stack([latent.mean(dim=(1, 2, 3)), latent.square().mean(dim=(1, 2, 3))]))
    mean, square = torch.stack(rows).mean(dim=0)
    scale = 1 / (square.sqrt() * SCALING_FACTOR)
    out = vae.encoder.conv_out.conv
    channels = len(scale)
    out.weight[:channels] *= scale.view(-1, 1, 1, 1, 1)
    out.bias[:channels] *= scale
    out.bias[channels:] += 2 * scale.log()  # log variance
    vae.decoder.conv_in.conv.weight /= scale.view(1, -1, 1, 1, 1)
    for name, module in vae.decoder.named_modules():
        if name.endswith((".conv_y", ".conv_b")):
            module.conv.weight /= scale.view(1, -1, 1, 1, 1)
    return mean.tolist(), (square - mean.square()).clamp(min=0).sqrt().tolist()
