"""The small causal VAE that encodes clips and motion pictures alike; `vae_stage.py` trains it.

The network is diffusers' AutoencoderKLCogVideoX with small numbers. Its latents end with the spread that
CogVideoX's scaling factor stands for, so that the diffusion model sees unit variance.
"""

from __future__ import annotations

import math
from pathlib import Path

import torch
from diffusers import AutoencoderKLCogVideoX

from ..errors import CheckpointError
from ..motion import render_motion
from .synthetic import draw_clip

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


def psnr(a: torch.Tensor, b: torch.Tensor) -> float:
    """Peak signal-to-noise ratio in dB of pictures in [-1, 1]."""
    return 10 * math.log10(4 / max(float((a - b).square().mean()), 1e-12))


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
