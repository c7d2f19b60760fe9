"""PSNR of a VAE on clips and motion pictures that training never draws, and a strip to look at.

python scripts/measure_vae.py FOLDER [--count 16] [--frames 17] [--height 128] [--width 128] [--out strip.png]
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tora_core.motion import flow_to_rgb, render_motion
from tora_core.training.fast_conv import fast_causal_convolutions, fast_spatial_norms
from tora_core.training.scenes import draw_scene
from tora_core.training.strips import write_strip
from tora_core.training.synthetic import draw_clip
from tora_core.training.vae import load_vae, psnr

FIRST_SEED = 900_000_000


@torch.no_grad()
def main() -> None:
    """Print mean and least dB of each kind of picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("vae", type=Path)
    parser.add_argument("--count", type=int, default=16)
    parser.add_argument("--frames", type=int, default=17)
    parser.add_argument("--height", type=int, default=128)
    parser.add_argument("--width", type=int, default=128)
    parser.add_argument("--out", type=Path, help="PNG: the first three of each kind, what went in above what came back")
    args = parser.parse_args()
    vae = fast_spatial_norms(fast_causal_convolutions(load_vae(args.vae)))
    found: dict[str, list[float]] = {}
    rows = []
    for index in range(args.count):
        calm, scene = (
            draw(FIRST_SEED + index, frames=args.frames, size=(args.height, args.width))
            for draw in (draw_clip, draw_scene)
        )
        pictures = {
            "calm clips": torch.from_numpy(calm.frames).float() / 127.5 - 1,
            "scenes": torch.from_numpy(scene.frames).float() / 127.5 - 1,
            "motion of calm clips": render_motion(calm.tracks) * 2 - 1,
            "motion of scenes": render_motion(scene.tracks) * 2 - 1,
            "dense flow of scenes": flow_to_rgb(torch.from_numpy(scene.flow)) * 2 - 1,
        }
        for name, video in pictures.items():
            x = video.permute(3, 0, 1, 2)[None]
            y = vae.decode(vae.encode(x).latent_dist.mode()).sample.clamp(-1, 1)
            found.setdefault(name, []).append(psnr(x, y))
            if index < 3:
                rows += [video, y[0].permute(1, 2, 3, 0)]
    for name, values in found.items():
        print(f"{name:22s} mean {np.mean(values):5.2f} dB, least {np.min(values):5.2f} dB over {len(values)}")
    if args.out is not None:
        write_strip(args.out, rows)


if __name__ == "__main__":
    main()
