"""Motion pictures through the VAE to latents, a chunk of frames at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from ..errors import ToraError
from ..trajectory import Tracks
from .picture import MotionPicture, as_flow, as_tracks, motion_picture, plan_picture

__all__ = ["as_clips", "as_flow", "as_tracks", "encode_motion", "encode_picture", "motion_picture"]


@torch.no_grad()
def encode_motion(
    vae: Any,
    motion: Any,
    *,
    frames: int | None = None,
    size: tuple[int, int] | None = None,
    device: torch.device | str | None = None,
) -> torch.Tensor:
    """Motion to UNSCALED VAE latents, float32 (B, F', 16, h, w): the mode, so always the same.

    vae: diffusers' AutoencoderKLCogVideoX, offloaded, tiled or sliced as it is set. motion: what `motion_picture`
    takes, a list of those (B clips), or flow (B, F, H, W, 2). frames, size (height, width): of the clip; needed for a
    Trajectory, else taken from the motion. device: where the VAE computes (None: where it is), and the result is.
    Source: paper section 3.3; `prepare_latents` of the reference, which draws a posterior sample instead.
    Raises what `motion_picture` raises.
    """
    clips = as_clips(motion)
    device = torch.device(device) if device is not None else vae.device
    latents = []
    for clip in clips:  # one by one: the encoder's memory grows with the batch
        known_frames, known_size = _extent(clip, frames, size)
        latents.append(encode_picture(vae, plan_picture(clip, known_frames, known_size), device))
    return torch.cat(latents)


@torch.no_grad()
def encode_picture(vae: Any, picture: MotionPicture, device: torch.device | str | None = None) -> torch.Tensor:
    """One clip's motion picture to UNSCALED latents, float32 (1, F', 16, h, w): what `vae.encode` of all of it gives.

    The picture is drawn and encoded in the VAE's own chunks of frames, so it is never held whole; but for a VAE that
    is set to tiles, which takes a clip at once. device: as in `encode_motion`.
    """
    device = torch.device(device) if device is not None else vae.device

    def video(start: int, end: int) -> torch.Tensor:
        return (picture.draw(start, end).to(device) * 2 - 1).permute(3, 0, 1, 2)[None].to(vae.dtype)

    height, width = picture.size
    if vae.use_tiling and (width > vae.tile_sample_min_width or height > vae.tile_sample_min_height):
        mean = vae.encode(video(0, picture.frames)).latent_dist.mode()
    else:
        _onload(vae)
        parts, cache = [], None
        for start, end in _chunks(picture.frames, vae.num_sample_frames_batch_size):
            moments, cache = vae.encoder(video(start, end), conv_cache=cache)
            if vae.quant_conv is not None:
                moments = vae.quant_conv(moments)
            parts.append(moments.chunk(2, dim=1)[0])
        mean = torch.cat(parts, dim=2)
    return mean.float().transpose(1, 2)


def _chunks(frames: int, size: int) -> list[tuple[int, int]]:
    """The VAE's chunks: `size` frames each, the first with the remainder too (AutoencoderKLCogVideoX._encode)."""
    first = frames if frames < size else size + frames % size
    return [(0, first), *((start, start + size) for start in range(first, frames, size))]


def _onload(vae: Any) -> None:
    """What diffusers does before `vae.encode`: an offloaded model comes to the device."""
    hook = getattr(vae, "_hf_hook", None)
    if hook is not None and hasattr(hook, "pre_forward"):
        hook.pre_forward(vae)


def as_clips(motion: Any) -> list[Any]:
    """One motion or several (a list, or flow with a batch axis) as a list; ToraError for an empty one."""
    if isinstance(motion, (list, tuple)):
        if not motion:
            raise ToraError("the list of motions is empty; give one a prompt, or None for no motion.")
        return list(motion)
    if isinstance(motion, (np.ndarray, torch.Tensor)) and motion.ndim == 5:
        return list(motion)
    return [motion]


def _extent(clip: Any, frames: int | None, size: tuple[int, int] | None) -> tuple[int, tuple[int, int]]:
    if frames is not None and size is not None:
        return frames, size
    if isinstance(clip, Tracks):
        return frames or clip.frames, size or clip.size
    if isinstance(clip, (np.ndarray, torch.Tensor)) and clip.ndim == 4:
        return frames or clip.shape[0], size or (clip.shape[1], clip.shape[2])
    raise ToraError("frames and size are needed to encode this motion: give both, size as (height, width).")
