"""How well and how fast the weight-free trackers follow points: 40 synthetic clips whose truth is known.

    python scripts/bench_tracking.py [--clips 5] [--methods lucas-kanade dis]
    python scripts/bench_tracking.py --speed [--runs 3]
    python scripts/bench_tracking.py --video FILE

Five clips each of the eight kinds of tora_core/training/textured.py, 25 frames of 192x288 with 16 points. Counted over
all frames but the first, of all points:

    median  median distance in px from the truth, where a point is visible and was found
    lost    share of visible places that the tracker says are hidden
    false   share of places it says it sees that are wrong: hidden in truth, or more than 5 px off

--speed: 49 frames of 480x720 with 64 points, wall clock and processor time, best of the runs.
--video: there is no truth in a film, so 48 points of a grid are followed through its first 49 frames (720 px wide or
less), and from where they are then back again: how many come back, and how far from where they began.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tora_core.tracking.points import METHODS, track_points
from tora_core.tracking.spread import grid_points
from tora_core.training.textured import KINDS, TexturedClip, draw_textured

WRONG_PX = 5.0
FIRST_SEED = 1_000
"""Tests and settings were made with other seeds."""


def counts(clip: TexturedClip, positions: np.ndarray, found: np.ndarray) -> tuple[np.ndarray, int, int, int, int]:
    """(distances where found and visible, visible, lost, said to be seen, wrong) of frames 1 and on."""
    distance = np.linalg.norm(positions - clip.points_px, axis=-1)[:, 1:]
    seen, said = clip.visible[:, 1:], found[:, 1:]
    wrong = said & (~seen | (distance > WRONG_PX))
    return distance[seen & said], int(seen.sum()), int((seen & ~said).sum()), int(said.sum()), int(wrong.sum())


def figures(parts: list[tuple[np.ndarray, int, int, int, int]]) -> tuple[float, float, float]:
    """Median in px, share lost, share false."""
    distance = np.concatenate([part[0] for part in parts])
    seen, lost, said, wrong = (sum(part[i] for part in parts) for i in range(1, 5))
    return float(np.median(distance)) if len(distance) else np.nan, lost / max(seen, 1), wrong / max(said, 1)


def measure(methods: list[str], clips: int) -> dict[str, dict[str, tuple[float, float, float]]]:
    """Figures by kind, and under "all" of all of them, by method."""
    parts: dict[str, dict[str, list]] = {kind: {method: [] for method in methods} for kind in KINDS}
    for kind in KINDS:
        for number in range(clips):
            clip = draw_textured(FIRST_SEED + number, kind)
            for method in methods:
                parts[kind][method].append(
                    counts(clip, *track_points(clip.frames, clip.points_px[:, 0], method=method))
                )
    result = {kind: {method: figures(parts[kind][method]) for method in methods} for kind in KINDS}
    result["all"] = {method: figures([p for kind in KINDS for p in parts[kind][method]]) for method in methods}
    return result


def table(result: dict[str, dict[str, tuple[float, float, float]]], methods: list[str]) -> str:
    head = ["clips", *(f"{method}: {name}" for method in methods for name in ("median px", "lost", "false"))]
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    for kind, row in result.items():
        cells = [f"{m:.2f} | {100 * lost:.1f} % | {100 * false:.1f} %" for m, lost, false in (row[k] for k in methods)]
        lines.append(f"| {kind} | {' | '.join(cells)} |")
    return "\n".join(lines)


def speed(methods: list[str], runs: int) -> str:
    """Seconds for 49 frames of 480x720 and 64 points on a grid."""
    clip = draw_textured(FIRST_SEED, "camera", frames=49, size=(480, 720), points=2)
    y, x = np.meshgrid(np.linspace(30, 449, 8), np.linspace(40, 679, 8), indexing="ij")
    points = np.stack([x.ravel(), y.ravel()], -1)
    lines = []
    for method in methods:
        taken = []
        for _ in range(runs):
            wall, processor = time.perf_counter(), time.process_time()
            _, seen = track_points(clip.frames, points, method=method)
            taken.append((time.perf_counter() - wall, time.process_time() - processor))
        wall, processor = min(taken)
        lines.append(f"{method}: {wall:.2f} s, processor time {processor:.2f} s; {100 * seen.mean():.0f} % seen")
    return "\n".join(lines)


def round_trip(path: str, methods: list[str]) -> str:
    """There and back again through the first frames of a film: what is seen, what returns, and where."""
    import av
    import cv2

    with av.open(path) as film:
        pictures = [f.to_ndarray(format="rgb24") for f, _ in zip(film.decode(video=0), range(49), strict=False)]
    height, width = pictures[0].shape[:2]
    scale = min(1.0, 720 / width)
    size = (round(width * scale), round(height * scale))
    frames = np.stack([cv2.resize(picture, size, interpolation=cv2.INTER_AREA) for picture in pictures])
    points = grid_points(frames.shape[1:3], 8, 6)
    lines = [f"{len(frames)} frames of {size[1]}x{size[0]}"]
    for method in methods:
        positions, seen = track_points(frames, points, method=method)
        end = seen[:, -1]
        back, found = track_points(frames, positions[end, -1], method=method, start_frame=len(frames) - 1)
        returned = found[:, 0]
        off = np.linalg.norm(back[:, 0] - points[end], axis=-1)[returned]
        told = "none"
        if len(off):
            told = f"median {np.median(off):.2f} px from its start, {100 * (off > WRONG_PX).mean():.0f} % over 5 px"
        lines.append(
            f"{method}: {100 * end.mean():.0f} % seen at the end, {100 * returned.mean() if end.any() else 0:.0f} % "
            f"of them back at the start, {told}"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the point trackers on synthetic clips.")
    parser.add_argument("--clips", type=int, default=5, help="clips a kind")
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS))
    parser.add_argument("--speed", action="store_true", help="measure time instead")
    parser.add_argument("--video", help="measure the way there and back through a film instead")
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    if arguments.video:
        print(round_trip(arguments.video, arguments.methods))
    elif arguments.speed:
        print(speed(arguments.methods, arguments.runs))
    else:
        print(table(measure(arguments.methods, arguments.clips), arguments.methods))


if __name__ == "__main__":
    main()
