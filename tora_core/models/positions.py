"""Learned positions (CogVideoX-5B-I2V has such a table beside its rotary ones) at sizes they were not learned for.

diffusers refuses another height or width, and for another frame count quietly takes a sine table that the model has
never seen. Here the learned table is interpolated instead; at its own size nothing changes.
"""

from __future__ import annotations

from typing import Any

import torch
from diffusers.models.embeddings import CogVideoXPatchEmbed
from torch import nn

Grid = tuple[int, int, int]
"""Latent frames, rows and columns of patches."""


def resize_positions(table: torch.Tensor, text_tokens: int, grid: Grid, new_grid: Grid) -> torch.Tensor:
    """Interpolate a table of positions, (1, text_tokens + F'*H*W, D), to another grid (F', H, W), trilinearly.

    Convention: in time first and last entry keep their place (the first latent frame is the image's own); in space
    patches are areas, whose centres are laid over each other, as images are resized. Text entries stay.
    Computed in float32, result of the table's type; at the same grid the table itself.
    """
    if grid == new_grid:
        return table
    text, video = table[:, :text_tokens], table[:, text_tokens:]
    depth = table.shape[-1]
    frames, height, width = grid
    x = video.float().reshape(frames, height, width, depth).permute(0, 3, 1, 2)  # F' D H W
    x = nn.functional.interpolate(x, size=new_grid[1:], mode="bilinear", align_corners=False)
    x = x.permute(1, 2, 3, 0).reshape(1, -1, frames)  # 1 (D H W) F'
    x = nn.functional.interpolate(x, size=new_grid[0], mode="linear", align_corners=True)
    x = x.reshape(depth, *new_grid[1:], new_grid[0]).permute(3, 1, 2, 0).reshape(1, -1, depth)
    return torch.cat([text, x.to(table.dtype)], dim=1)


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
    p = config.patch_size
    learned_frames = (config.sample_frames - 1) // config.temporal_compression_ratio + 1
    learned, wanted = (learned_frames, config.sample_height, config.sample_width), (frames, height, width)
    if [learned[0], *(n // p for n in learned[1:])] == [wanted[0], *(n // p for n in wanted[1:])]:
        return None
    return (
        f"the model's learned positions are for latents of {'x'.join(map(str, learned))} (frames x height x width) and "
        f"are interpolated to {'x'.join(map(str, wanted))}; expect the best pictures at the model's own size"
    )
