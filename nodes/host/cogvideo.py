"""Questions about a MODEL: is it the host's native CogVideoX, which one, and where is its network."""

from __future__ import annotations

from typing import Any

import comfy.model_base

from ...tora_core.errors import ToraError

WIDTH_2B = 1920
START_PICTURE = "concat_latent_image"
"""Where CogVideoX's concat_cond looks in a prompt: UNSCALED latents (B, 16, frames, h, w); it scales them, and adds
zeros for the frames that are not there."""


def network(base: Any) -> Any:
    """The bare CogVideoX network of a BaseModel, also where a torch.compile node has wrapped it."""
    net = base.diffusion_model
    return getattr(net, "_orig_mod", net)


def require_cogvideox(model: Any) -> Any:
    """The network of a MODEL that is a native CogVideoX, with 1.5 and without 2B; else ToraError."""
    base = model.model
    if not isinstance(base, comfy.model_base.CogVideoX):
        raise ToraError(
            f"the model is {type(base).__name__}, expected CogVideoX. Load one with Load CogVideoX, Load Tora Demo "
            "Model or Load Diffusion Model."
        )
    net = network(base)
    if net.dim == WIDTH_2B:
        raise ToraError(
            "the model is CogVideoX-2B, which has sine positions and another noise schedule. Tora's weights are for "
            "CogVideoX-5B: load that one."
        )
    return net


def require_controlled_base(base: Any, size: Any, name: str) -> Any:
    """The network of a BaseModel that a ControlNet (its ControlNetSize, and its name for messages) was made for.

    Raises ToraError for models other than the host's native CogVideoX-5B family, and for one of other sizes.
    """
    if not isinstance(base, comfy.model_base.CogVideoX):
        raise ToraError(
            f"{name} is a ControlNet for CogVideoX, the model is {type(base).__name__}. Load CogVideoX, or a "
            "ControlNet that was made for this model."
        )
    net = network(base)
    if net.patch_size_t is not None or net.dim == WIDTH_2B:
        version = "1.5" if net.patch_size_t is not None else "2B"
        raise ToraError(f"the model is CogVideoX {version}, {name} is for CogVideoX-5B: load that one.")
    have = (net.dim, net.patch_embed.text_proj.in_features, net.attention_head_dim, net.out_channels)
    wanted = (size.residual, size.text, size.head, size.latent_channels)
    if have != wanted or size.layers > len(net.blocks):
        raise ToraError(
            f"{name} is for a model of at least {size.layers} blocks that is {wanted[0]} wide, with text {wanted[1]} "
            f"wide; the model has {len(net.blocks)} blocks, is {have[0]} wide, with text {have[1]} wide: they do not "
            "belong together. Load the ControlNet that was made for this model."
        )
    return net


def kind_of(net: Any) -> str | None:
    """ "t2v", "i2v", or None for inpainting and control variants (Fun)."""
    return {net.out_channels: "t2v", 2 * net.out_channels: "i2v"}.get(net.in_channels)


def require_tora_base(model: Any) -> Any:
    """The network of a MODEL that Tora's weights can be for: 5B's family, T2V or I2V; else ToraError."""
    net = require_cogvideox(model)
    if net.patch_size_t is not None:
        raise ToraError(
            "the model is CogVideoX 1.5 (it folds two latent frames into a patch), for which no Tora weights exist. "
            "Load CogVideoX-5B."
        )
    if kind_of(net) is None:
        raise ToraError(
            f"the model takes {net.in_channels} input channels (CogVideoX-Fun or an inpainting variant), expected 16 "
            "(text to video) or 32 (image to video). Load CogVideoX-5B or CogVideoX-5B-I2V."
        )
    return net
