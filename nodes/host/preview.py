"""Pictures of the clip while it is being sampled. The host has none for CogVideoX (0.33: no factors, no small VAE).

Four moments of the clip are shown in a square of two by two, in reading order: a drawn path can be judged only by
several frames, the host's previews can't move, and so laid out they keep the shape of the video.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import comfy.latent_formats
import comfy.utils
import torch
from comfy.cli_args import LatentPreviewMethod
from comfy.cli_args import args as settings
from comfy.patcher_extension import WrappersMP
from PIL import Image

from .latent_rgb import COGVIDEOX_5B, LatentRgb

KEY = "tora_preview"
GAP_PX = 2


def add_previews(patcher: Any) -> None:
    """Let this clone of a MODEL send pictures while it is sampled; doing it twice changes nothing."""
    patcher.remove_wrappers_with_key(WrappersMP.OUTER_SAMPLE, KEY)
    patcher.add_wrapper_with_key(WrappersMP.OUTER_SAMPLE, KEY, _sample_with_previews)


def set_factors(patcher: Any, factors: LatentRgb) -> None:
    """Say how this MODEL's latents look, for one whose VAE is not CogVideoX-5B's; clones keep it."""
    patcher.set_attachments(KEY, factors)


def _sample_with_previews(
    executor: Any,
    noise: Any,
    latent_image: Any,
    sampler: Any,
    sigmas: Any,
    denoise_mask: Any = None,
    callback: Any = None,
    *args: Any,
    **kwargs: Any,
) -> Any:
    """Wrapper of CFGGuider.outer_sample; class_obj is the guider."""
    factors = _factors(executor.class_obj.model_patcher)
    # Without a callback nobody shows progress for this run, so there is no place for pictures either.
    if callback is not None and factors is not None:
        callback = _with_pictures(callback, factors)
    return executor(noise, latent_image, sampler, sigmas, denoise_mask, callback, *args, **kwargs)


def _factors(patcher: Any) -> LatentRgb | None:
    """How to show a MODEL's latents; None where no previews are wanted, the host makes its own, or none are known."""
    latent_format = patcher.model.latent_format
    if settings.preview_method == LatentPreviewMethod.NoPreviews or latent_format.latent_rgb_factors is not None:
        return None
    if settings.preview_method == LatentPreviewMethod.TAESD and latent_format.taesd_decoder_name is not None:
        return None
    known = patcher.get_attachment(KEY)
    if known is None and isinstance(latent_format, comfy.latent_formats.CogVideoX1_5):
        return COGVIDEOX_5B
    return known


def _with_pictures(callback: Callable[..., Any], factors: LatentRgb) -> Callable[..., Any]:
    bar = comfy.utils.ProgressBar(1)

    def show(step: int, x0: torch.Tensor, x: torch.Tensor, total_steps: int) -> None:
        callback(step, x0, x, total_steps)
        picture = clip_picture(x0, factors, settings.preview_size)
        bar.update_absolute(step + 1, total_steps, ("JPEG", picture, settings.preview_size))

    return show


def clip_picture(x0: torch.Tensor, factors: LatentRgb, limit_px: int) -> Image.Image:
    """The first clip of x0 (B, 16, F', h, w), in the model's scale, as one picture of at most `limit_px` a side."""
    latents = x0[0] if x0.ndim == 5 else x0[0, :, None]
    return contact_sheet(factors.pictures(latents[:, moments(latents.shape[1])]), limit_px)


def moments(frames: int) -> list[int]:
    """Four frames spread over a clip, its first and last among them; all where there are fewer than four."""
    if frames < 4:
        return list(range(frames))
    return [round(i * (frames - 1) / 3) for i in range(4)]


def contact_sheet(pictures: torch.Tensor, limit_px: int) -> Image.Image:
    """uint8 (N, h, w, 3) in reading order, two by two from four on, else in one row; enlarged to `limit_px`."""
    count, height, width = pictures.shape[:3]
    columns = 2 if count == 4 else count
    rows = count // columns
    scale = min(
        (limit_px - GAP_PX * (columns - 1)) / (columns * width), (limit_px - GAP_PX * (rows - 1)) / (rows * height)
    )
    cell = (max(1, int(width * scale)), max(1, int(height * scale)))
    sheet = Image.new("RGB", (columns * (cell[0] + GAP_PX) - GAP_PX, rows * (cell[1] + GAP_PX) - GAP_PX))
    for index, picture in enumerate(pictures.numpy()):
        row, column = divmod(index, columns)
        # One by one, so that the frames don't run into each other.
        shown = Image.fromarray(picture).resize(cell, Image.Resampling.BILINEAR)
        sheet.paste(shown, (column * (cell[0] + GAP_PX), row * (cell[1] + GAP_PX)))
    return sheet
