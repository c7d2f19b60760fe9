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
from .tiled_encoder import ALL, Source, count_steps, encode_in_tiles

TILINGS = ("auto", "never", "always")
TILE_SIDES_PX = (512, 256, 128)
"""Tried from the left; a smaller one would be half rim. A tile of 256 takes a fifth of the memory of 480x720."""

logger = logging.getLogger(__name__)

Pictures = Callable[[int, int], torch.Tensor]
"""Frames [start, end) of the flow pictures: float32 (end - start, H, W, 3) in [0, 1]. In tiles the same frames are
asked for many times."""


def encode_pictures(
    vae: Any, pictures: Pictures, frames: int, size: tuple[int, int], tiling: str = "auto"
) -> torch.Tensor:
    """UNSCALED latents (1, 16, F', h, w), float32 on the CPU: the mean of the posterior, so always the same.

    vae: the host's VAE object. size: (height, width), multiples of 16. tiling: "never"; "always", spatial tiles of 256
    pixels; "auto", tiles where one chunk of frames doesn't fit into the free memory. Tiles give the same latents but
    for rounding, and take about three times as long.
    Works under the host's memory management, shows progress, and can be interrupted between chunks.
    Raises ToraError for a VAE of another kind.
    """
    require_cogvideox_vae(vae)
    sides = _sides(size, tiling)
    for side in sides:
        needed = memory_needed(vae, frames, size, side)
        why = ""
        with comfy.model_management.cuda_device_context(vae.device):
            comfy.model_management.load_models_gpu(
                [vae.patcher], memory_required=needed, force_full_load=vae.disable_offload
            )
            if side == sides[-1]:
                return _encode(vae, pictures, frames, size, side)
            free = vae.patcher.get_free_memory(vae.device)
            if needed > free:
                why = f"{needed / 1e9:.1f} GB are wanted and {free / 1e9:.1f} GB free"
            else:
                why = "it ran out"
                try:
                    return _encode(vae, pictures, frames, size, side)
                except (ToraError, comfy.model_management.InterruptProcessingException):
                    raise
                except Exception as error:
                    comfy.model_management.raise_non_oom(error)
        # Outside the except block, which would keep the tensors of the failed try alive.
        comfy.model_management.soft_empty_cache()
        if side is None:
            logger.warning(
                "Encode Motion: memory is short (%s), so the motion is encoded in tiles: the same latents, but slower.",
                why,
            )
    raise AssertionError("the last try returns or raises")


def memory_needed(vae: Any, frames: int, size: tuple[int, int], side: int | None = None) -> float:
    """Bytes at the peak for the longest chunk, by the VAE's own figure; in tiles of `side` pixels where that is given.

    Of the whole clip only the pictures and the latents are held at once, on the CPU.
    """
    longest = max(end - start for start, end in chunks(frames, 8))
    height, width = size if side is None else (min(n, side) for n in size)
    return vae.memory_used_encode((1, 3, longest, height, width), vae.vae_dtype)


def require_cogvideox_vae(vae: Any) -> None:
    """Raise ToraError unless this is CogVideoX's VAE, of any width."""
    net = getattr(vae, "first_stage_model", None)
    if not isinstance(net, AutoencoderKLCogVideoX):
        raise ToraError(
            f"the VAE is {type(net).__name__ if net is not None else type(vae).__name__}, expected CogVideoX's. Load "
            "CogVideoX's VAE with Load VAE, or the demo model's."
        )
    if net.latent_channels != 16:
        raise ToraError(f"the VAE has {net.latent_channels} latent channels, expected CogVideoX's 16.")


def _sides(size: tuple[int, int], tiling: str) -> list[int | None]:
    """What to try, in this order: None is the whole picture, else the side of the tiles."""
    smaller = [side for side in TILE_SIDES_PX if side * side < size[0] * size[1]]
    if tiling == "never" or not smaller:
        return [None]
    return [None, *smaller] if tiling == "auto" else [side for side in smaller if side <= 256]


def _encode(vae: Any, pictures: Pictures, frames: int, size: tuple[int, int], side: int | None) -> torch.Tensor:
    spans = chunks(frames, 8)
    bar = comfy.utils.ProgressBar(len(spans))

    def source(chunk: int, rows: slice, columns: slice) -> torch.Tensor:
        picture = pictures(*spans[chunk])[:, rows, columns]
        return vae.process_input(picture.movedim(-1, 0)[None]).to(vae.device, vae.vae_dtype)

    def progress(done: int, total: int) -> None:
        comfy.model_management.throw_exception_if_processing_interrupted()
        bar.update_absolute(done, total)

    return run_encoder(vae.first_stage_model.encoder, source, len(spans), size, side, progress)


def run_encoder(
    encoder: Any,
    source: Source,
    chunks: int,
    size: tuple[int, int],
    side: int | None,
    progress: Callable[[int, int], None],
) -> torch.Tensor:
    """The posterior's mean for all chunks, (1, 16, F', h, w) float32 on the CPU, whole or in tiles of `side` pixels.

    progress: called with what is done and what there is to do, before each chunk of each tile and at the end.
    """
    total = chunks if side is None else count_steps(encoder, chunks, size, side)
    done = 0

    def step() -> None:
        nonlocal done
        progress(done, total)
        done += 1

    if side is not None:
        latents = encode_in_tiles(encoder, source, chunks, size, side, step)
    else:
        parts, cache = [], None
        for chunk in range(chunks):
            step()
            moments, cache = encoder(source(chunk, ALL, ALL), conv_cache=cache)
            parts.append(moments.chunk(2, dim=1)[0].float().cpu())
        latents = torch.cat(parts, dim=2)
    step()
    return latents
