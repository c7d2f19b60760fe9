"""A small picture for the browser, by reference: a file in ComfyUI's temp folder, which it empties when it starts."""

from __future__ import annotations

import hashlib
import io
import os
from pathlib import Path

import folder_paths
import torch


def save_temp_picture(images: torch.Tensor, name: str, longest_px: int = 1280) -> dict[str, str]:
    """Save the first of `images` (B, H, W, C), values 0..1, C of 1, 3 or 4; alpha is dropped.

    It is scaled down to at most `longest_px`, never up. Returns what /view takes: filename, subfolder, type. The same
    picture always gets the same file, so that nothing piles up.
    """
    from PIL import Image

    first = images[0, ..., :3].float().cpu()
    first = first.expand(*first.shape[:2], 3)
    picture = Image.fromarray((first.clamp(0, 1) * 255).round().to(torch.uint8).numpy())
    picture.thumbnail((longest_px, longest_px), Image.Resampling.LANCZOS)
    jpeg = io.BytesIO()
    picture.save(jpeg, "JPEG", quality=90)
    folder = Path(folder_paths.get_temp_directory())
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}_{hashlib.sha256(jpeg.getvalue()).hexdigest()[:16]}.jpg"
    if not path.exists():
        half = path.with_suffix(f".{os.urandom(4).hex()}.tmp")
        half.write_bytes(jpeg.getvalue())
        os.replace(half, path)
    return {"filename": path.name, "subfolder": "", "type": "temp"}
