"""The host's TRACKS to the library's Tracks and back.

TRACKS is what core's Wan-Move nodes hand on (comfy_extras/nodes_wanmove.py): `track_path` (F, N, 2) pixels as (x, y),
`track_visibility` bool (F, N), sometimes (F, 1) for all tracks alike, sometimes absent.
"""

from __future__ import annotations

from typing import Any

import torch

from ..tora_core.errors import ToraError, TrajectoryError
from ..tora_core.trajectory import Tracks


def check_one(node: str, trajectory: Any, tracks: Any) -> None:
    """Raise ToraError unless exactly one of the two is given; `node` is what the reader knows the node as."""
    if (trajectory is None) == (tracks is None):
        raise ToraError(
            f"{'nothing' if trajectory is None else 'trajectory and tracks'} is wired into {node}, "
            "expected one of them."
        )


def from_host(tracks: Any, size: tuple[int, int]) -> Tracks:
    """TRACKS to Tracks on a canvas of `size` (height, width), positions as they are.

    track_path: (F, N, 2) or (1, F, N, 2); track_visibility: (F, N), or one value a frame, (F, 1) or (F,), or for all,
    (1, 1). Both as tensors, arrays or lists. Raises TrajectoryError for anything else.
    """
    if not isinstance(tracks, dict) or "track_path" not in tracks:
        raise TrajectoryError(
            f"tracks is a {type(tracks).__name__}, expected TRACKS: a table with track_path (frames, tracks, 2)."
        )
    path = _tensor("track_path", tracks["track_path"]).float()
    path = path[0] if path.ndim == 4 and path.shape[0] == 1 else path
    if path.ndim != 3 or path.shape[-1] != 2 or not path.shape[0]:
        raise TrajectoryError(f"track_path has shape {tuple(path.shape)}, expected (frames, tracks, 2) in pixels.")
    shape = tuple(path.shape[:2])
    visible = torch.ones(shape, dtype=torch.bool)
    if tracks.get("track_visibility") is not None:
        given = _tensor("track_visibility", tracks["track_visibility"]).bool()
        given = given[0] if given.ndim == 3 and given.shape[0] == 1 else given
        given = given[:, None] if given.ndim == 1 else given
        if given.ndim != 2 or any(had not in (1, wanted) for had, wanted in zip(given.shape, shape, strict=True)):
            raise TrajectoryError(
                f"track_visibility has shape {tuple(given.shape)}, expected {shape} (frames, tracks) like track_path."
            )
        visible = given.expand(shape)
    return Tracks(path.transpose(0, 1).numpy(), visible.transpose(0, 1).numpy(), size)


def to_host(tracks: Tracks) -> dict[str, torch.Tensor]:
    """Tracks to TRACKS, in pixels of the tracks' own size."""
    return {
        "track_path": torch.tensor(tracks.points_px).transpose(0, 1).contiguous(),
        "track_visibility": torch.tensor(tracks.visible).transpose(0, 1).contiguous(),
    }


def _tensor(name: str, value: Any) -> torch.Tensor:
    try:
        return torch.as_tensor(value).detach().cpu()
    except (TypeError, ValueError, RuntimeError):
        raise TrajectoryError(f"{name} is no table of numbers with rows of one length.") from None
