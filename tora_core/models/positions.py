"""Learned positions (CogVideoX-5B-I2V has such a table beside its rotary ones) at sizes they were not learned for.

diffusers refuses another height or width, and for another frame count quietly takes a sine table that the model has
never seen. Here the learned table is interpolated instead; at its own size nothing changes.
"""

from __future__ import annotations

from typing import Any

import torch
from diffusers.models.embeddings import CogVideoXPatchEmbed

from .resize import resize_positions, resized_note


class InterpolatedPatchEmbed(CogVideoXPatchEmbed):
    """diffusers' patch embedding with learned positions, the same keys and values, for every size."""

    def forward(self, text_embeds: torch.Tensor, image_embeds: torch.Tensor) -> torch.Tensor:
        p = self.patch_size
        frames, _, height, width = image_embeds.shape[1:]
        learned_frames = (self.sample_frames - 1) // self.temporal_compression_ratio + 1
        learned = (learned_frames, self.sample_height // p, self.sample_width // p)
        wanted = (frames, height // p, width // p)
        if wanted == learned:
            return super().forward(text_embeds, image_embeds)
        table = resize_positions(self.pos_embedding, self.max_text_seq_length, learned, wanted)
        patches = self.proj(image_embeds.flatten(0, 1)).unflatten(0, image_embeds.shape[:2])  # B F' D H W
        patches = patches.permute(0, 1, 3, 4, 2).flatten(1, 3)
        embeds = torch.cat([self.text_proj(text_embeds), patches], dim=1)
        return embeds + table.to(embeds)


def interpolate_learned_positions(transformer: Any) -> None:
    """Let a CogVideoX transformer with learned positions run at every size; others are left as they are."""
    embed = transformer.patch_embed
    if embed.use_learned_positional_embeddings and embed.patch_size_t is None:
        # The module stays the same object, so that hooks, LoRA layers and names stay where they are.
        embed.__class__ = InterpolatedPatchEmbed


def interpolation_note(config: Any, frames: int, height: int, width: int) -> str | None:
    """Say that a model's learned positions are interpolated for latents of this size; None where they are not."""
    if not config.use_learned_positional_embeddings:
        return None
    learned_frames = (config.sample_frames - 1) // config.temporal_compression_ratio + 1
    learned = (learned_frames, config.sample_height, config.sample_width)
    return resized_note(learned, (frames, height, width), config.patch_size)
