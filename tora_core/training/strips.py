"""Strips of frames, one clip a row, to look at while a stage trains."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

FRAMES_SHOWN = 8


def strip(rows: Sequence[torch.Tensor], shown: int = FRAMES_SHOWN) -> np.ndarray:
    """uint8 RGB of clips (F, H, W, 3) in [-1, 1] of one size: a row each, `shown` frames from first to last."""
    pictures = []
    for clip in rows:
        index = np.unique(np.linspace(0, len(clip) - 1, shown).round().astype(int))
        frames = ((clip[index].float().clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8).numpy()
        pictures.append(np.concatenate(list(frames), axis=1))
    return np.concatenate(pictures, axis=0)


def write_strip(path: Path, rows: Sequence[torch.Tensor]) -> None:
    """Write the strip as PNG, whole or not at all."""
    from PIL import Image

    from ..checkpoints.saving import replacing

    with replacing(path) as part:
        Image.fromarray(strip(rows)).save(part, format="PNG")
