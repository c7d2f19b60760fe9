"""The demo model's VAE as a VAE object of the host, so that all of core's encode and decode nodes work on it."""

from __future__ import annotations

from typing import Any

import comfy.model_management
import comfy.model_patcher
import comfy.sd
import torch
from comfy.ldm.cogvideo.vae import AutoencoderKLCogVideoX

from ..chunks import chunks, in_chunks
from .files import read_config, read_weights, require_same_keys

ENCODE_VALUES, DECODE_VALUES = 175, 350
"""Values for every pixel of a chunk at the peak: the host's figures for 128 channels, scaled to 16.

Measured on the CPU: 111 and 228 (peak resident memory, 17 frames of 256x256).
"""


class DemoAutoencoder(AutoencoderKLCogVideoX):
    """The host's network, given frames in diffusers' chunks, so that its pictures equal the library's."""

    def encode(self, x: torch.Tensor) -> torch.Tensor:
        """Pixels (B, 3, F, H, W) in [-1, 1] to the mode of the unscaled latents (B, 16, F', h, w)."""
        return in_chunks(self.encoder, x, self.num_sample_frames_batch_size).chunk(2, dim=1)[0]

    def decode(self, z: torch.Tensor) -> torch.Tensor:
        """Latents (B, 16, F', h, w) to pixels (B, 3, 4F' - 3, H, W) about [-1, 1].

        An even F', which only temporal tiles have, comes out 3 frames too long: its first latent is taken for four
        frames. The last of these is the one that stands at the tile's place in the whole clip.
        """
        frames = in_chunks(self.decoder, z, self.num_latent_frames_batch_size)
        return frames[:, :, frames.shape[2] - (4 * z.shape[2] - 3) :]


def load_vae(device: torch.device | None = None) -> comfy.sd.VAE:
    """The bundled VAE; float32 on every device, as the library computes it.

    The host builds its CogVideoX VAE with fixed widths (sd.py, the branch "CogVideoX VAE" of VAE.__init__; 0.33.0: line
    776). So that every attribute is the one this version of the host sets, that VAE is built first, without weights,
    and then its network is replaced, with all that belongs to it.
    """
    with torch.device("meta"):
        vae = comfy.sd.VAE(sd=AutoencoderKLCogVideoX().state_dict(), device=device, dtype=torch.float32)
    weights, config = read_weights("vae", "diffusion_pytorch_model.safetensors"), read_config("vae", "config.json")
    net = DemoAutoencoder(
        block_out_channels=tuple(config["block_out_channels"]),
        latent_channels=config["latent_channels"],
        layers_per_block=config["layers_per_block"],
        groups=config["norm_num_groups"],
    ).eval()
    require_same_keys("VAE", set(weights), set(net.state_dict()))
    comfy.model_management.archive_model_dtypes(net)
    patcher = comfy.model_patcher.CoreModelPatcher(
        net, load_device=vae.device, offload_device=vae.patcher.offload_device
    )
    patcher.cached_patcher_init = (_load_patcher, ())
    net.load_state_dict(weights, assign=patcher.is_dynamic())
    vae.first_stage_model, vae.patcher, vae.size = net, patcher, None
    vae.model_size()
    vae.working_dtypes = [torch.float32]
    vae.memory_used_encode, vae.memory_used_decode = memory_used_encode, memory_used_decode
    return vae


def memory_used_encode(shape: Any, dtype: torch.dtype) -> float:
    """Bytes for encoding pixels of `shape` (B, 3, F, H, W): the clip and the memory of its largest chunk."""
    _, channels, frames, height, width = shape
    chunk = max(end - start for start, end in chunks(frames, 8))
    values = (channels * frames + ENCODE_VALUES * chunk) * height * width
    return values * comfy.model_management.dtype_size(dtype)


def memory_used_decode(shape: Any, dtype: torch.dtype) -> float:
    """Bytes for decoding latents of `shape` (B, 16, F', h, w): the clip twice and the memory of its largest chunk."""
    _, _, frames, height, width = shape
    chunk = 4 * max(end - start for start, end in chunks(frames, 2))
    values = (2 * 3 * 4 * frames + DECODE_VALUES * chunk) * height * width * 64
    return values * comfy.model_management.dtype_size(dtype)


def _load_patcher(device: torch.device | None = None, disable_dynamic: bool = False) -> Any:
    """How the host makes a second copy, for another device; the second argument is one it always hands in."""
    return load_vae(device).patcher
