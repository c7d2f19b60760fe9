"""The image that image-to-video starts from, in any usual form, to what diffusers' preprocessing takes."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from PIL import Image

from ..errors import ToraError

_EXPECTED = (
    "expected a PIL image, uint8 or 0..1 float array (height, width, 3), 0..1 float tensor (3, height, width), "
    "a batch of such, or a list with one a prompt"
)


def as_image_list(image: Any, prompts: int) -> list[Any]:
    """One image, a batch or a list to a list of `prompts` RGB images, each PIL or a tensor (3, H, W) in 0..1.

    One image serves all prompts. Sizes stay: the pipeline resizes to the video's size as diffusers does, also where
    the aspect differs. Raises ToraError for anything else, also where the count is neither 1 nor `prompts`.
    """
    images = [_one(entry) for entry in _entries(image)]
    if len(images) not in (1, prompts):
        raise ToraError(f"there are {len(images)} images for {prompts} prompts, expected one, or one a prompt.")
    return images if len(images) == prompts else images * prompts


def _entries(image: Any) -> list[Any]:
    if isinstance(image, (list, tuple)):
        return [single for entry in image for single in _entries(entry)]
    if isinstance(image, (np.ndarray, torch.Tensor)) and image.ndim == 4:
        return list(image)
    return [image]


def _one(image: Any) -> Any:
    if isinstance(image, Image.Image):
        return image if image.mode == "RGB" else image.convert("RGB")
    if isinstance(image, np.ndarray) and image.ndim == 3 and image.shape[-1] == 3:
        if image.dtype == np.uint8:
            return Image.fromarray(image)
        if image.dtype.kind == "f":
            image = torch.from_numpy(np.ascontiguousarray(image, dtype=np.float32)).permute(2, 0, 1)
    if isinstance(image, torch.Tensor) and image.ndim == 3 and image.shape[0] == 3 and image.is_floating_point():
        low, high = (float(value) for value in image.aminmax())
        if not (low >= 0 and high <= 1):
            raise ToraError(f"the image has values from {low:g} to {high:g}, expected 0 to 1.")
        return image
    found = f"{type(image).__name__}"
    if isinstance(image, (np.ndarray, torch.Tensor)):
        found += f" of {image.dtype} {tuple(image.shape)}"
    raise ToraError(f"image is {'missing' if image is None else found}, {_EXPECTED}.")
