"""Pictures for the browser, by reference: small files in ComfyUI's temp folder, which it empties when it starts."""

from __future__ import annotations

import hashlib
import io
import math
import os
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any

import folder_paths
import numpy as np
import torch

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_SHEET_PX = 17_000_000
"""Of all pictures of a sheet together: what a browser decodes in a moment, and 49 frames of 480x720 fit as they are."""

MAX_SHOWN = 121
"""Pictures on a sheet; of more, so many are picked at even distances."""

BLOCK_PX = 16
"""JPEG mixes the colors of blocks of this size, so that each picture of a sheet begins with a block of its own."""

_last: tuple[weakref.ref[torch.Tensor], str, dict[str, Any]] | None = None


def save_temp_pictures(images: torch.Tensor, name: str, longest_px: int = 1280) -> dict[str, Any]:
    """Save `images` (B, H, W, C), B from 1, values 0..1, C of 1, 3 or 4 (alpha is dropped), as one JPEG.

    Returns what /view takes, {filename, subfolder, type}, and the pictures' own {width, height}. Of several pictures a
    sheet is made, row by row, and told as well are {count, columns, tile_width, tile_height}: picture i has its corner
    at column i % columns and row i // columns of a raster of tile_width x tile_height rounded up to multiples of
    BLOCK_PX. Pictures are scaled down to at most `longest_px`, and to MAX_SHEET_PX together, never up. The same
    pictures always get the same file, so that nothing piles up.
    """
    global _last
    if _last is not None and _last[0]() is images and _last[1] == name and _path(_last[2]["filename"]).exists():
        return dict(_last[2])  # only the drawing is another one since the last run
    count, height, width = images.shape[:3]
    told: dict[str, Any] = {"width": width, "height": height}
    if count == 1:
        picture = _picture(images[0], _fitting(width, height, 1, longest_px))
    else:
        picks = picked(count, MAX_SHOWN)
        size = _fitting(width, height, len(picks), longest_px)
        picture, columns = _sheet(images, picks, size)
        told |= {"count": len(picks), "columns": columns, "tile_width": size[0], "tile_height": size[1]}
    jpeg = io.BytesIO()
    picture.save(jpeg, "JPEG", quality=90)
    path = _path(f"{name}_{hashlib.sha256(jpeg.getvalue()).hexdigest()[:16]}.jpg")
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        half = path.with_suffix(f".{os.urandom(4).hex()}.tmp")
        half.write_bytes(jpeg.getvalue())
        os.replace(half, path)
    reference = {"filename": path.name, "subfolder": "", "type": "temp", **told}
    _last = (weakref.ref(images), name, reference)
    return dict(reference)


def picked(count: int, most: int) -> list[int]:
    """At most `most` of 0..count - 1 at even distances, the first and the last among them."""
    if count <= most:
        return list(range(count))
    return [round(i * (count - 1) / (most - 1)) for i in range(most)]


def _path(filename: str) -> Path:
    return Path(folder_paths.get_temp_directory()) / filename


def _fitting(width: int, height: int, count: int, longest_px: int) -> tuple[int, int]:
    """(width, height) of each of `count` pictures."""
    scale = min(1.0, longest_px / max(width, height), math.sqrt(MAX_SHEET_PX / (count * width * height)))
    return max(1, round(width * scale)), max(1, round(height * scale))


def _picture(image: torch.Tensor, size: tuple[int, int]) -> Image:
    from PIL import Image

    colors = image[..., :3].float().cpu()
    colors = colors.expand(*colors.shape[:2], 3)
    # NaN, as broken models give it, would be any number as an integer.
    picture = Image.fromarray((colors.nan_to_num().clamp(0, 1) * 255).round().to(torch.uint8).numpy())
    return picture if picture.size == size else picture.resize(size, Image.Resampling.LANCZOS)


def _sheet(images: torch.Tensor, picks: list[int], size: tuple[int, int]) -> tuple[Image, int]:
    """The pictures of `picks` row by row, and the number of columns that makes the sheet about square."""
    from PIL import Image

    across, down = (math.ceil(px / BLOCK_PX) * BLOCK_PX for px in size)
    columns = min(len(picks), max(1, round(math.sqrt(len(picks) * down / across))))
    sheet = np.zeros((math.ceil(len(picks) / columns) * down, columns * across, 3), np.uint8)
    for place, index in enumerate(picks):
        top, left = place // columns * down, place % columns * across
        rest = ((0, down - size[1]), (0, across - size[0]), (0, 0))
        # Its border goes on to the end of the last block, where black would shine through.
        sheet[top : top + down, left : left + across] = np.pad(_picture(images[index], size), rest, "edge")
    return Image.fromarray(sheet), columns
