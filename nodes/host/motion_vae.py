"""Flow pictures through the host's CogVideoX VAE to motion latents, as diffusers encodes them.

The host's own encode of video differs from what Tora was trained on by up to 59 % (docs/host.md): it takes the odd
frames first, and the chunk after a single frame starts without a cache. Here the network gets diffusers' chunks.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import comfy.model_management
import comfy.utils
import torch
from comfy.ldm.cogvideo.vae import AutoencoderKLCogVideoX

from ...tora_core.errors import ToraError
from .chunks import chunks
from .tiles import Tile, blend, plan

TILINGS = ("auto", "never", "always")
TILE_PX = (240, 360)
SMALLEST_TILE_PX = 160
OVERLAP_PX, MARGIN_PX = 96, 24
"""Chosen on the bundled VAE, whose group norms see each tile for themselves: narrower overlaps show in the latents."""

logger = logging.getLogger(__name__)

Pictures = Callable[[int, int], torch.Tensor]
"""Frames [start, end) of the flow pictures: float32 (end - start, H, W, 3) in [0, 1]. May be asked more than once."""


def encode_pictures(
    vae: Any, pictures: Pictures, frames: int, size: tuple[int, int], tiling: str = "auto"
) -> torch.Tensor:
    """UNSCALED latents (1, 16, F', h, w), float32 on the CPU: the mean of the posterior, so always the same.

    vae: the host's VAE object. size: (height, width), multiples of 8. tiling: "never" and "always" say what they do,
    "auto" takes spatial tiles, with all frames in each, where one chunk of frames doesn't fit into the free memory.
    Works under the host's memory management, shows progress, and can be interrupted between chunks.
    Raises ToraError for a VAE of another kind.
    """
    require_cogvideox_vae(vae)
    longest = max(end - start for start, end in chunks(frames, 8))
    needed = vae.memory_used_encode((1, 3, longest, *size), vae.vae_dtype)
    with comfy.model_management.cuda_device_context(vae.device):
        comfy.model_management.load_models_gpu(
            [vae.patcher], memory_required=needed, force_full_load=vae.disable_offload
        )
        free = vae.patcher.get_free_memory(vae.device)
        if tiling == "always" or (tiling == "auto" and needed > free):
            return _tiled(vae, pictures, frames, size, free, asked=tiling == "always")
        try:
            return _region(vae, pictures, frames, Tile(0, size[0], 0, size[1]), _progress(frames, 1))
        except Exception as error:
            if tiling == "never" or isinstance(error, ToraError | comfy.model_management.InterruptProcessingException):
                raise
            comfy.model_management.raise_non_oom(error)
        # Outside the except block, which would keep the tensors of the failed try alive.
        comfy.model_management.soft_empty_cache()
        return _tiled(vae, pictures, frames, size, free, asked=False)


def require_cogvideox_vae(vae: Any) -> None:
    """Raise ToraError unless this is CogVideoX's VAE, of any width."""
    net = getattr(vae, "first_stage_model", None)
    if not isinstance(net, AutoencoderKLCogVideoX):
        raise ToraError(
            f"the VAE is {type(net).__name__ if net is not None else type(vae).__name__}, expected CogVideoX's. Load "
            "CogVideoX's VAE with Load VAE, or the demo model's."
        )


def _tiled(
    vae: Any, pictures: Pictures, frames: int, size: tuple[int, int], free: float, *, asked: bool
) -> torch.Tensor:
    height, width = TILE_PX
    longest = max(end - start for start, end in chunks(frames, 8))
    while max(height, width) > SMALLEST_TILE_PX:
        if vae.memory_used_encode((1, 3, longest, height, width), vae.vae_dtype) <= free:
            break
        height, width = (max(SMALLEST_TILE_PX, n * 3 // 4 // 8 * 8) for n in (height, width))
    tiles = plan(size, (height, width), OVERLAP_PX)
    if not asked:
        logger.warning(
            "Encode Motion: memory is short, so the motion is encoded in %d tiles; it differs a little from the whole.",
            len(tiles),
        )
    progress = _progress(frames, len(tiles))
    return blend(size, tiles, MARGIN_PX, lambda tile: _region(vae, pictures, frames, tile, progress))


def _region(vae: Any, pictures: Pictures, frames: int, tile: Tile, progress: Any) -> torch.Tensor:
    """All frames of one region, in diffusers' chunks with the cache handed on."""
    parts, cache = [], None
    for start, end in chunks(frames, 8):
        comfy.model_management.throw_exception_if_processing_interrupted()
        picture = pictures(start, end)[:, tile.top : tile.bottom, tile.left : tile.right]
        x = vae.process_input(picture.movedim(-1, 0)[None]).to(vae.device, vae.vae_dtype)
        part, cache = vae.first_stage_model.encoder(x, conv_cache=cache)
        parts.append(part.chunk(2, dim=1)[0].float().cpu())
        progress.update(1)
    return torch.cat(parts, dim=2)


def _progress(frames: int, tiles: int) -> Any:
    return comfy.utils.ProgressBar(len(chunks(frames, 8)) * tiles)
