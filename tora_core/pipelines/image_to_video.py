"""Image to video along drawn paths."""

from __future__ import annotations

from typing import Any

import torch
from diffusers import CogVideoXImageToVideoPipeline

from .generation import MotionGeneration
from .images import as_image_list
from .motion_input import ClipShape


class ToraImageToVideoPipeline(MotionGeneration, CogVideoXImageToVideoPipeline):
    """diffusers' CogVideoXImageToVideoPipeline with motion; its loading, saving, LoRA and offloading are diffusers'.

    The transformer is a ToraTransformer3DModel with twice as many input channels as the VAE's latents have (32): the
    image's latents in the first frame, zeros after it.
    """

    _takes_image = True

    def __call__(self, image: Any = None, prompt: Any = None, negative_prompt: Any = None, **options: Any) -> Any:
        """As ToraPipeline's call, with the image first, as in diffusers."""
        return super().__call__(prompt, negative_prompt, image=image, **options)

    def _images(self, image: Any, prompts: int, per_prompt: int) -> list[Any]:
        return [one for one in as_image_list(image, prompts) for _ in range(per_prompt)]

    def _start_latents(
        self,
        images: list[Any],
        batch: int,
        shape: ClipShape,
        dtype: torch.dtype,
        device: torch.device,
        generator: Any,
        latents: torch.Tensor | None,
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        height, width = shape.size
        pixels = torch.cat([self.video_processor.preprocess(one, height=height, width=width) for one in images])
        pixels = pixels.to(device, dtype=dtype)
        channels = shape.latents[1]
        return self.prepare_latents(
            pixels, batch, channels, shape.frames, height, width, dtype, device, generator, latents
        )
