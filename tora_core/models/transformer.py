"""CogVideoX's transformer with Tora's extractor and fusers.

The network is diffusers' own; motion enters by hooks at the output of every block's `norm1`, so that no line of the
base model stands here again and without motion it is exactly that. State-dict keys: diffusers' plus
`traj_extractor.*` and `fuser.N.*`, as in the published Tora folders.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from functools import partial
from typing import Any

import diffusers
import torch
from diffusers import CogVideoXTransformer3DModel, ModelMixin  # noqa: F401 - from_pretrained looks for it here
from diffusers.configuration_utils import register_to_config
from diffusers.models.transformers.cogvideox_transformer_3d import CogVideoXBlock
from torch import nn

from ..errors import ToraError
from ..motion import (
    FUSERS,
    MotionGuidance,
    TrajectoryExtractor,
    as_guidances,
    fuse,
    initialise_extractor,
    initialise_fuser,
)
from .positions import interpolate_learned_positions

_MOTION = "tora_motion"
_ATTENTION_KWARGS_POSITION = 4  # in CogVideoXBlock.forward, when gradient checkpointing calls it without names


class ToraTransformer3DModel(CogVideoXTransformer3DModel):
    """diffusers' CogVideoXTransformer3DModel plus `traj_extractor` and `fuser`.

    Source: the reference's transformer_3d.py. Of CogVideoX only the family without temporal patches (2B, 5B) has
    Tora weights. Kept in float32 on loading: the extractor, whose activations grow with depth.
    """

    _keep_in_fp32_modules = ["traj_extractor"]  # noqa: RUF012 - diffusers' name and type

    @register_to_config
    def __init__(
        self,
        num_attention_heads: int = 48,
        attention_head_dim: int = 64,
        in_channels: int = 16,
        out_channels: int | None = 16,
        flip_sin_to_cos: bool = True,
        freq_shift: int = 0,
        time_embed_dim: int = 512,
        ofs_embed_dim: int | None = None,
        text_embed_dim: int = 4096,
        num_layers: int = 42,
        dropout: float = 0.0,
        attention_bias: bool = True,
        sample_width: int = 90,
        sample_height: int = 60,
        sample_frames: int = 49,
        patch_size: int = 2,
        patch_size_t: int | None = None,
        temporal_compression_ratio: int = 4,
        max_text_seq_length: int = 226,
        activation_fn: str = "gelu-approximate",
        timestep_activation_fn: str = "silu",
        norm_elementwise_affine: bool = True,
        norm_eps: float = 1e-5,
        spatial_interpolation_scale: float = 1.875,
        temporal_interpolation_scale: float = 1.0,
        use_rotary_positional_embeddings: bool = True,
        use_learned_positional_embeddings: bool = False,
        patch_bias: bool = True,
        flow_channels: int = 16,
        motion_channels: int = 128,
        fuser_type: str = "adaptive-norm",
    ) -> None:
        if patch_size_t is not None:
            raise ToraError(
                "patch_size_t is set: this is CogVideoX 1.5, for which no Tora weights exist. Use CogVideoX-5B."
            )
        if fuser_type not in FUSERS:
            raise ToraError(f"fuser_type is {fuser_type!r}, expected one of {', '.join(FUSERS)}.")
        if "attention_kwargs" not in inspect.signature(CogVideoXBlock.forward).parameters:
            # Older blocks drop them, and the motion with them, without a word.
            raise ToraError(f"diffusers is {diffusers.__version__}, expected 0.33 or newer: pip install -U diffusers.")
        super().__init__(
            num_attention_heads=num_attention_heads,
            attention_head_dim=attention_head_dim,
            in_channels=in_channels,
            out_channels=out_channels,
            flip_sin_to_cos=flip_sin_to_cos,
            freq_shift=freq_shift,
            time_embed_dim=time_embed_dim,
            ofs_embed_dim=ofs_embed_dim,
            text_embed_dim=text_embed_dim,
            num_layers=num_layers,
            dropout=dropout,
            attention_bias=attention_bias,
            sample_width=sample_width,
            sample_height=sample_height,
            sample_frames=sample_frames,
            patch_size=patch_size,
            patch_size_t=patch_size_t,
            temporal_compression_ratio=temporal_compression_ratio,
            max_text_seq_length=max_text_seq_length,
            activation_fn=activation_fn,
            timestep_activation_fn=timestep_activation_fn,
            norm_elementwise_affine=norm_elementwise_affine,
            norm_eps=norm_eps,
            spatial_interpolation_scale=spatial_interpolation_scale,
            temporal_interpolation_scale=temporal_interpolation_scale,
            use_rotary_positional_embeddings=use_rotary_positional_embeddings,
            use_learned_positional_embeddings=use_learned_positional_embeddings,
            patch_bias=patch_bias,
        )
        inner_dim = num_attention_heads * attention_head_dim
        self.traj_extractor = TrajectoryExtractor(num_layers, flow_channels, motion_channels, patch_size)
        self.fuser = nn.ModuleList(FUSERS[fuser_type](inner_dim, motion_channels) for _ in range(num_layers))
        initialise_extractor(self.traj_extractor)
        initialise_fuser(self.fuser)
        interpolate_learned_positions(self)
        for index, block in enumerate(self.transformer_blocks):
            block.register_forward_pre_hook(partial(_take_motion, index, self.fuser), with_kwargs=True)
            block.norm1.register_forward_hook(_bend)

    def encode_motion(self, video_flow: torch.Tensor) -> list[torch.Tensor]:
        """Scaled motion latents (B, F', 16, h, w) to one map (B*F', 128, h/2, w/2) a block; do this once per clip."""
        parameter = self.traj_extractor.conv_in.weight
        with torch.autocast(video_flow.device.type, enabled=False):
            return self.traj_extractor(video_flow.to(parameter.dtype))

    def forward(  # type: ignore[override]
        self,
        hidden_states: torch.Tensor,
        encoder_hidden_states: torch.Tensor,
        timestep: int | float | torch.Tensor,
        video_flow: torch.Tensor | None = None,
        motion_features: Sequence[torch.Tensor] | MotionGuidance | Sequence[Any] | None = None,
        motion_strength: float | Sequence[float] = 1.0,
        image_rotary_emb: tuple[torch.Tensor, torch.Tensor] | None = None,
        timestep_cond: torch.Tensor | None = None,
        ofs: int | float | torch.Tensor | None = None,
        attention_kwargs: dict[str, Any] | None = None,
        return_dict: bool = True,
    ) -> Any:
        """Predict like diffusers' model, bent by a motion where one is given.

        hidden_states (B, F', C, h, w); video_flow (B_m, F', 16, h, w) scaled motion latents, or motion_features from
        `encode_motion` (or MotionGuidance, or a list of several motions, which add up); B is a multiple of B_m.
        motion_strength: one number, or one a motion; 0 is exactly the base model.
        Raises ToraError when both are given, or sizes disagree.
        """
        if video_flow is not None and motion_features is not None:
            raise ToraError("video_flow and motion_features are the same motion in two forms; give one of them.")
        if video_flow is not None:
            motion_features = self.encode_motion(video_flow)
        if motion_features is not None:

            def encode_motion(latents: torch.Tensor) -> list[torch.Tensor]:
                # Kept for all steps: in 16 bit where the fusers are, as they would be cast anyway.
                return [feature.to(hidden_states.dtype) for feature in self.encode_motion(latents)]

            motions = as_guidances(motion_features, motion_strength, len(self.transformer_blocks), encode_motion)
            if motions:
                attention_kwargs = {**(attention_kwargs or {}), _MOTION: (motions, hidden_states.shape[1])}
        return super().forward(
            hidden_states=hidden_states,
            encoder_hidden_states=encoder_hidden_states,
            timestep=timestep,
            timestep_cond=timestep_cond,
            ofs=ofs,
            image_rotary_emb=image_rotary_emb,
            attention_kwargs=attention_kwargs,
            return_dict=return_dict,
        )


def _take_motion(
    index: int, fusers: nn.ModuleList, block: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Move the motion from the block's attention arguments (they survive gradient checkpointing) to its norm1."""
    position = _ATTENTION_KWARGS_POSITION
    given = kwargs.get("attention_kwargs") or (args[position] if len(args) > position else None) or {}
    motion = given.get(_MOTION)
    block.norm1.tora_motion = None if motion is None else (index, fusers[index], *motion)
    if motion is None:
        return args, kwargs
    rest = {key: value for key, value in given.items() if key != _MOTION}
    if len(args) > position:
        return (*args[:position], rest, *args[position + 1 :]), kwargs
    return args, {**kwargs, "attention_kwargs": rest}


def _bend(norm: nn.Module, args: tuple[Any, ...], output: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
    """Bend norm1's image tokens (its first output); text tokens and gates pass."""
    motion = norm.__dict__.pop("tora_motion", None)
    if motion is None:
        return output
    index, fuser, motions, frames = motion
    return (fuse(output[0], index, fuser, motions, frames), *output[1:])
