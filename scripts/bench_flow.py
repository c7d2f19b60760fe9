"""Time the motion picture: tracks to RGB, ours against dense blurring and colouring of every frame.

    python scripts/bench_flow.py [--threads 1] [--tracks 1 10 100] [--frames 49] [--height 480] [--width 720] [--runs 5]

Dense is what the reference does: write the displacements into a zero flow, `cv2.filter2D` with the 99x99 Gaussian over
every frame, the colour wheel over every pixel in torchvision's operations, then float RGB in 0..1. Both sides allocate
their output, float32 (F, H, W, 3), inside the measured time, and both get the same number of threads.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tora_core.motion import flow_norm, flow_to_rgb, render_flow, render_motion
from tora_core.motion.color import color_wheel
from tora_core.trajectory import Tracks


def moving_tracks(count: int, frames: int, size: tuple[int, int], seed: int) -> Tracks:
    """Smooth paths on whole pixels inside the raster: a random start, a random speed, walls that reflect."""
    rng = np.random.default_rng(seed)
    limit = np.array([size[1] - 1, size[0] - 1], float)
    start = rng.uniform(0, limit, (count, 1, 2))
    speed = rng.uniform(2, 9, (count, 1, 1)) * rng.choice([-1, 1], (count, 1, 2)) * rng.uniform(0.5, 1, (count, 1, 2))
    straight = start + speed * np.arange(frames)[None, :, None]
    return Tracks(np.rint(limit - np.abs(straight % (2 * limit) - limit)), size=size)


def dense_flow(tracks: Tracks) -> torch.Tensor:
    height, width = tracks.size
    offsets = np.arange(-49, 50)
    kernel = np.exp(-0.5 * (offsets[:, None] ** 2 + offsets**2) / 10.0**2)
    points = tracks.points_px.astype(int)
    flow = np.zeros((tracks.frames, height, width, 2), np.float32)
    for path in points:
        for i in range(tracks.frames - 1):
            flow[i + 1, path[i, 1], path[i, 0]] += path[i + 1] - path[i]
    for i in range(1, tracks.frames):
        flow[i] = cv2.filter2D(flow[i], -1, kernel)
    return torch.from_numpy(flow)


@torch.no_grad()
def dense_colors(flow: torch.Tensor) -> torch.Tensor:
    flow = flow / (flow.square().sum(-1).sqrt().max() + torch.finfo(torch.float32).eps)
    norm = flow.square().sum(-1).sqrt()
    spot = (torch.atan2(-flow[..., 1], -flow[..., 0]) / torch.pi + 1) / 2 * 54
    low = torch.floor(spot).long()
    high = low + 1
    high[high == 55] = 0
    part = spot - low
    picture = torch.zeros(*norm.shape, 3, dtype=torch.uint8)
    wheel = color_wheel() / 255.0
    for channel in range(3):
        color = (1 - part) * wheel[:, channel][low] + part * wheel[:, channel][high]
        picture[..., channel] = torch.floor(255 * (1 - norm * (1 - color)))
    return picture / 255.0


def seconds(work: Callable[[], object], runs: int) -> float:
    work()
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tracks", type=int, nargs="+", default=[1, 10, 100])
    parser.add_argument("--frames", type=int, default=49)
    parser.add_argument("--height", type=int, default=480)
    parser.add_argument("--width", type=int, default=720)
    parser.add_argument("--runs", type=int, default=5, help="measured runs, after one that isn't; the median counts")
    parser.add_argument("--threads", type=int, default=1, help="of torch and OpenCV, for both sides; 0: their default")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
        cv2.setNumThreads(args.threads)
    threads = f"torch {torch.get_num_threads()}, OpenCV {cv2.getNumThreads()} threads"
    print(f"{args.frames} frames of {args.height}x{args.width}, {threads}, median of {args.runs} runs, milliseconds")
    print(f"{'tracks':>6} {'dense':>8} {'render_motion':>14} {'times faster':>13} {'RGB off by > 1':>15}", end="")
    print(f" {'flow_norm':>10} {'render_flow':>12} {'flow_to_rgb':>12}")
    for count in args.tracks:
        tracks = moving_tracks(count, args.frames, (args.height, args.width), args.seed)
        flow, norm = render_flow(tracks), flow_norm(tracks)
        wrong = ((render_motion(tracks) - dense_colors(dense_flow(tracks))).abs() > 1.5 / 255).float().mean().item()
        dense = seconds(lambda t=tracks: dense_colors(dense_flow(t)), args.runs)
        ours = seconds(lambda t=tracks: render_motion(t), args.runs)
        parts = (
            seconds(lambda t=tracks: flow_norm(t), args.runs),
            seconds(lambda t=tracks: render_flow(t), args.runs),
            seconds(lambda f=flow, n=norm: flow_to_rgb(f, max_norm=n), args.runs),
        )
        print(f"{count:6d} {dense * 1e3:8.0f} {ours * 1e3:14.1f} {dense / ours:13.1f} {wrong:15.2e}", end="")
        print(f" {parts[0] * 1e3:10.1f} {parts[1] * 1e3:12.1f} {parts[2] * 1e3:12.1f}")


if __name__ == "__main__":
    main()
