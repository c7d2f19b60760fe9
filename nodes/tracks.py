"""The host's TRACKS to the library's Tracks and back.

TRACKS is what core's Wan-Move nodes hand on (comfy_extras/nodes_wanmove.py): `track_path` (F, N, 2) pixels as (x, y),
`track_visibility` bool (F, N), sometimes (F, 1) for all tracks alike, sometimes absent.
"""

from __future__ import annotations

from typing import Any

import torch

from ..tora_core.errors import TrajectoryError
from ..tora_core.trajectory import Tracks


def from_host(tracks: Any, size: tuple[int, int]) -> Tracks:
    """TRACKS to Tracks on a canvas of `size` (height, width). Raises TrajectoryError for anything else."""
    if not isinstance(tracks, dict) or "track_path" not in tracks:
        raise TrajectoryError(
            f"tracks is a {type(tracks).__name__}, expected TRACKS: a table with track_path (frames, tracks, 2)."
        )
    path = torch.as_tensor(tracks["track_path"]).detach().cpu().float()
    if path.ndim == 4 and path.shape[0] == 1:
        path = path[0]
    if path.ndim != 3 or path.shape[-1] != 2:
        raise TrajectoryError(f"track_path has shape {tuple(path.shape)}, expected (frames, tracks, 2) in pixels.")
    visible = torch.ones(path.shape[:2], dtype=torch.bool)
    if tracks.get("track_visibility") is not None:
        given = torch.as_tensor(tracks["track_visibility"]).detach().cpu().bool()
        given = given[0] if given.ndim == 3 and given.shape[0] == 1 else given
        try:
            visible = given.expand(path.shape[:2])
        except RuntimeError:
            raise TrajectoryError(
                f"track_visibility has shape {tuple(given.shape)}, expected {tuple(path.shape[:2])} like track_path."
            ) from None
    return Tracks(path.transpose(0, 1).numpy(), visible.transpose(0, 1).numpy(), size)


def to_host(tracks: Tracks) -> dict[str, torch.Tensor]:
    """Tracks to TRACKS, in pixels of the tracks' own size."""
    return {
        "track_path": torch.tensor(tracks.points_px).transpose(0, 1).contiguous(),
        "track_visibility": torch.tensor(tracks.visible).transpose(0, 1).contiguous(),
    }
