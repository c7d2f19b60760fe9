"""CoTracker, where its package and a weights file are there. NOT TESTED ON REAL WEIGHTS: they come with neither.

The package is facebookresearch/co-tracker (CC-BY-NC 4.0: not for commercial use), `cotracker` in Python. What is called
is its predictor, cotracker/predictor.py: CoTrackerPredictor(checkpoint=...)(video, queries=...), with video (1, F, 3,
H, W) in 0..255 and queries (1, N, 3) of (frame, x, y); it gives tracks (1, F, N, 2) and visibility (1, F, N).
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ..errors import CheckpointError, ToraError
from ..tracking.clip import checked_frames, checked_points, checked_start, filled, inside


def load_cotracker(path: str | Path, *, device: torch.device | str = "cpu") -> Any:
    """The package's predictor with the weights of a file. Raises ToraError without the package, CheckpointError."""
    try:
        predictor = importlib.import_module("cotracker.predictor")
    except ImportError as error:
        raise ToraError(
            f"CoTracker's package is not installed ({error}): install facebookresearch/co-tracker (its license is "
            "CC-BY-NC 4.0), or take a tracker without weights, lucas-kanade or dis."
        ) from None
    if not Path(path).is_file():
        raise CheckpointError(f"there is no file {Path(path).name} with CoTracker's weights.")
    try:
        return predictor.CoTrackerPredictor(checkpoint=str(path)).to(device).eval()
    except Exception as error:
        raise CheckpointError(f"CoTracker refused {Path(path).name}: {str(error)[:200]}") from None


@torch.no_grad()
def track_with_cotracker(
    predictor: Any, frames: Any, points_px: Any, *, start_frame: int = 0, device: torch.device | str = "cpu"
) -> tuple[np.ndarray, np.ndarray]:
    """Follow N points with a predictor: positions float32 (N, F, 2) px and visible bool (N, F).

    Frames, points and the answer are as in tracking.points.track_points; so a place outside the frame is never
    visible. Raises ToraError, also where the predictor answers in another shape.
    """
    frames, points = checked_frames(frames), checked_points(points_px)
    start = checked_start(start_frame, len(frames))
    count, (total, height, width) = len(points), frames.shape[:3]
    if not count:
        return np.zeros((0, total, 2), np.float32), np.zeros((0, total), bool)
    video = torch.from_numpy(frames).permute(0, 3, 1, 2)[None].to(device).float()
    queries = torch.cat([torch.full((count, 1), float(start)), torch.from_numpy(points).float()], dim=1)[None]
    tracks, seen = predictor(video, queries=queries.to(device), backward_tracking=True)
    if tuple(tracks.shape) != (1, total, count, 2) or tuple(seen.shape[:3]) != (1, total, count):
        raise ToraError(
            f"CoTracker gave tracks {tuple(tracks.shape)} and visibility {tuple(seen.shape)}, expected "
            f"(1, {total}, {count}, 2) and (1, {total}, {count}): another version of its package?"
        )
    positions = tracks[0].float().cpu().numpy().transpose(1, 0, 2).astype(np.float64)
    visible = seen.reshape(1, total, count)[0].bool().cpu().numpy().T & np.isfinite(positions).all(-1)
    visible &= inside(np.nan_to_num(positions, nan=-9.0), (height, width))
    return filled(np.nan_to_num(positions), visible).astype(np.float32), visible
