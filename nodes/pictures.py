"""Between the host's IMAGE and MASK and what the library takes; checks of what is wired in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..tora_core.errors import SizeError, ToraError

if TYPE_CHECKING:
    import numpy as np


def check_links(linked: Mapping[str, str], expected: Mapping[str, str]) -> None:
    """Raise ToraError where a link is of another type than its input; by the host's own rule odd types pass."""
    for name, kind in linked.items():
        wanted = expected.get(name)
        if wanted is None or not isinstance(kind, str) or {wanted, "*", "COMFY_MATCHTYPE_V3"} & set(kind.split(",")):
            continue
        raise ToraError(f"{name} is wired to {kind}, expected {wanted}.")


def as_bytes(images: Any) -> np.ndarray:
    """IMAGE (F, H, W, C), C 3 or more, as uint8 (F, H, W, 3). Raises ToraError for fewer channels."""
    import numpy as np
    import torch

    if images.ndim != 4 or images.shape[-1] < 3:
        raise ToraError(f"the pictures have shape {tuple(images.shape)}, expected (frames, height, width, 3), RGB.")
    picture = images[..., :3].float().nan_to_num(0.0).clamp(0, 1).mul(255).round()
    return np.ascontiguousarray(picture.to(torch.uint8).cpu().numpy())


def as_masks(masks: Any) -> np.ndarray:
    """MASK (F, H, W) or (H, W) as bool (F, H, W), True above one half. Raises ToraError for other shapes."""
    masks = masks[None] if masks.ndim == 2 else masks
    if masks.ndim != 3 or 0 in masks.shape:
        raise ToraError(f"the mask has shape {tuple(masks.shape)}, expected (frames, height, width).")
    found: np.ndarray = (masks.float() > 0.5).cpu().numpy()
    return found


def one_mask(masks: Any, frame: int = 0) -> np.ndarray:
    """The mask of one frame, bool (H, W); a single mask stands for every frame. Raises ToraError."""
    found = as_masks(masks)
    if len(found) == 1:
        return found[0]
    if not 0 <= frame < len(found):
        raise ToraError(f"frame {frame} is asked of {len(found)} masks, expected 0 to {len(found) - 1}, or one mask.")
    return found[frame]


def check_same_size(what: str, size: tuple[int, ...], other: str, other_size: tuple[int, ...]) -> None:
    """Raise SizeError where two sizes (height, width) differ."""
    if tuple(size) != tuple(other_size):
        raise SizeError(
            f"{what} is {size[0]}x{size[1]} (height x width), {other} {other_size[0]}x{other_size[1]}. "
            "Bring them to one size: Fit Trajectory scales a trajectory, Upscale Image pictures."
        )
