"""The picture that image to video starts from, in the conditioning of the host's CogVideoX."""

from __future__ import annotations

from typing import Any

import comfy.model_management
import comfy.utils
import node_helpers
import torch

from ...tora_core.errors import ToraError
from .cogvideo import START_PICTURE
from .motion_vae import require_cogvideox_vae

SMALLEST_PX = 16


def with_start_image(conditioning: Any, latents: torch.Tensor) -> Any:
    """Conditioning that carries the image's latents; a copy."""
    return node_helpers.conditioning_set_values(conditioning, {START_PICTURE: latents})


def encode_start_images(vae: Any, images: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """Pictures (B, H, W, 3) in [0, 1], cut to the video's shape and resized, to latents (B, 16, 1, h, w).

    size: (height, width). As core's image-to-video nodes do it: scaled to cover, cut at the centre.
    Raises ToraError for a VAE of another kind and for pictures of a few pixels. Alpha is left out, gray made RGB.
    """
    require_cogvideox_vae(vae)
    height, width = size
    if min(images.shape[1:3]) < SMALLEST_PX:
        raise ToraError(
            f"the start image is {images.shape[1]}x{images.shape[2]} (height x width), expected at least {SMALLEST_PX} "
            "pixels a side."
        )
    colors = images[..., :3] if images.shape[-1] >= 3 else images[..., :1].expand(-1, -1, -1, 3)
    pictures = comfy.utils.common_upscale(colors.movedim(-1, 1), width, height, "bilinear", "center")
    latents = []
    for picture in pictures.movedim(1, -1).split(1):
        comfy.model_management.throw_exception_if_processing_interrupted()
        latents.append(vae.encode(picture))
    return torch.cat(latents)


def intermediate_zeros(shape: tuple[int, ...]) -> torch.Tensor:
    """An empty latent where the host keeps latents between nodes."""
    return torch.zeros(shape, device=comfy.model_management.intermediate_device())
