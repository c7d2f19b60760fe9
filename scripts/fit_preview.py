"""Fit the linear map from the bundled VAE's latents to colours, for the live previews inside ComfyUI.

    python scripts/fit_preview.py [--clips 24] [--check 8] [--out tora_core/models/bundled/vae/preview.json]

Least squares on synthetic clips: a latent cell (scaled as the model has it) against the mean colour of the pixels
that it stands for, 8x8 of them over 1 frame (the first latent frame) or 4 (the others), in [-1, 1]. Run it again
whenever the VAE was trained anew. R^2 and PSNR are told for other clips than those of the fit.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tora_core.training.synthetic import draw_clip

FIT_SEED, CHECK_SEED = 700_000_000, 710_000_000
VAE = Path(__file__).resolve().parents[1] / "tora_core" / "models" / "bundled" / "vae"


def cell_colors(frames: torch.Tensor) -> torch.Tensor:
    """Pixels (3, F, H, W) to the mean of each latent cell (3, F', H/8, W/8)."""
    small = torch.nn.functional.avg_pool2d(frames.movedim(1, 0), 8).movedim(0, 1)
    rest = small[:, 1:].unflatten(1, (-1, 4)).mean(2)
    return torch.cat([small[:, :1], rest], dim=1)


@torch.no_grad()
def samples(vae: torch.nn.Module, seeds: range) -> tuple[np.ndarray, np.ndarray]:
    """Latents with a column of ones (N, 17) and colours (N, 3) of all cells of the clips of these seeds."""
    latents, colors = [], []
    for seed in seeds:
        frames = torch.from_numpy(draw_clip(seed).frames).permute(3, 0, 1, 2) / 127.5 - 1
        latent = vae.encode(frames[None]).latent_dist.mode()[0] * vae.config.scaling_factor
        latents.append(latent.flatten(1).T)
        colors.append(cell_colors(frames).flatten(1).T)
    inputs = torch.cat(latents)
    return torch.cat([inputs, torch.ones(len(inputs), 1)], dim=1).double().numpy(), torch.cat(colors).double().numpy()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=24, help="clips to fit to")
    parser.add_argument("--check", type=int, default=8, help="other clips to measure on")
    parser.add_argument("--out", type=Path, default=VAE / "preview.json")
    options = parser.parse_args()

    from diffusers import AutoencoderKLCogVideoX

    vae = AutoencoderKLCogVideoX.from_pretrained(VAE).float().eval()
    inputs, colors = samples(vae, range(FIT_SEED, FIT_SEED + options.clips))
    solution = np.linalg.lstsq(inputs, colors, rcond=None)[0]

    inputs, colors = samples(vae, range(CHECK_SEED, CHECK_SEED + options.check))
    error = np.mean((inputs @ solution - colors) ** 2)
    r_squared = 1 - error / np.mean((colors - colors.mean(0)) ** 2)
    psnr = 10 * np.log10(4 / error)
    rows = ",\n    ".join(json.dumps(row) for row in np.round(solution[:-1], 5).tolist())
    options.out.write_text(
        "{\n"
        f'  "made_by": "scripts/fit_preview.py --clips {options.clips} --check {options.check}",\n'
        f'  "r_squared": {r_squared:.3f},\n'
        f'  "psnr_db": {psnr:.1f},\n'
        f'  "latent_rgb_factors": [\n    {rows}\n  ],\n'
        f'  "latent_rgb_factors_bias": {json.dumps(np.round(solution[-1], 5).tolist())}\n'
        "}\n",
        encoding="utf-8",
    )
    print(f"{options.out}: R^2 {r_squared:.3f}, PSNR {psnr:.1f} dB on {options.check} other clips")


if __name__ == "__main__":
    main()
