"""CoTracker for Track Video: its weights from models/cotracker, on the host's device. NOT TESTED ON REAL WEIGHTS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import comfy.model_management
import folder_paths
import numpy as np

from ...tora_core.errors import CheckpointError
from .folders import COTRACKER, register

FIRST = "first in folder"


def cotracker_choices() -> list[str]:
    """The first file, whichever that is, and all files by name."""
    register()
    return [FIRST, *folder_paths.get_filename_list(COTRACKER)]


def host_cotracker(name: str) -> Callable[..., tuple[np.ndarray, np.ndarray]]:
    """A function that tracks as tracking.points.track_points does, by the weights of one of cotracker_choices.

    Raises CheckpointError where the file isn't there, ToraError without CoTracker's package.
    """
    from ...tora_core.models.cotracker import load_cotracker, track_with_cotracker

    files = cotracker_choices()[1:]
    chosen = (files[0] if files else None) if name == FIRST else name
    path = None if chosen is None else folder_paths.get_full_path(COTRACKER, chosen)
    if path is None:
        raise CheckpointError(
            f"there is {'no file' if chosen is None else f'no {chosen}'} in models/cotracker: put CoTracker's weights "
            "there, or take a method that needs none, lucas-kanade or dis flow."
        )
    device = comfy.model_management.get_torch_device()
    predictor = load_cotracker(path, device=device)

    def track(frames: Any, points_px: Any, *, start_frame: int = 0) -> tuple[np.ndarray, np.ndarray]:
        return track_with_cotracker(predictor, frames, points_px, start_frame=start_frame, device=device)

    return track
