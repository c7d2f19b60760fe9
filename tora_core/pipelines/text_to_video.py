"""Text to video along drawn paths."""

from __future__ import annotations

from typing import Any

import torch
from diffusers import CogVideoXPipeline

from ..errors import ToraError
from .generation import MotionGeneration
from .motion_input import ClipShape


class ToraPipeline(MotionGeneration, CogVideoXPipeline):
    """diffusers' CogVideoXPipeline with motion; its loading, saving, LoRA and offloading are diffusers'.

    The transformer is a ToraTransformer3DModel with as many input channels as the VAE's latents have (16).
    """

    def _images(self, image: Any, prompts: int, per_prompt: int) -> list[Any]:
        if image is not None:
            raise ToraError("this is the text-to-video pipeline, it takes no image: use ToraImageToVideoPipeline.")
        return []

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
        channels = shape.latents[1]
        return self.prepare_latents(batch, channels, shape.frames, *shape.size, dtype, device, generator, latents), None
