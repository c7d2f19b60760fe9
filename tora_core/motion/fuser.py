"""Motion-guidance Fuser: bends the tokens of one DiT block by that block's motion features.

Three designs stand in the paper (section 3.3, figure 4); all are of the form `h + strength * contribution(h)`, so
they share one interface. Adaptive norm won and is the only one that checkpoints hold.

Shapes: h is (B, F'*H*W, D), the block's normalised and modulated image tokens in (F' H W) order; features are
(B_m*F', C, H, W), where B is a multiple of B_m: both halves of classifier-free guidance share one motion.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from einops import rearrange
from torch import nn

from ..errors import ToraError

NORM_GROUPS = 32

State = tuple[torch.Tensor, ...]
"""What a fuser computes from the features alone; neither latent nor timestep enter, so it may be kept."""


class Float32GroupNorm(nn.GroupNorm):
    """Group norm computed in float32 whatever the weights' type; the result has the type of the input."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        weight, bias = self.weight.float(), self.bias.float()
        return nn.functional.group_norm(x.float(), self.num_groups, weight, bias, self.eps).to(x.dtype)


class MotionFuser(nn.Module):
    """Interface of all designs: `prepare` once per clip (or step), `contribution` once per step and block."""

    temporal_reach = 0
    """How many latent frames before and after it a frame's state depends on; axis 1 of every part of it is time."""

    def prepare(self, features: torch.Tensor, frames: int) -> State:
        """Features (B_m*F', C, H, W) to whatever does not depend on the tokens; `frames` is F'."""
        raise NotImplementedError

    def prepare_window(self, features: torch.Tensor, frames: int, window: Sequence[int]) -> State:
        """`prepare` of the whole clip cut to the latent frames `window` (indices, any order), without the rest of it.

        Features are of the whole clip: a frame's own state depends on the frames before and after it.
        """
        reach = self.temporal_reach
        parts = []
        for first, last in _runs(window):
            low, high = max(0, first - reach), min(frames, last + 1 + reach)
            near = features.unflatten(0, (-1, frames))[:, low:high].flatten(0, 1)
            # Padding at the ends of `near` is the clip's own there, or touches only what is cut away.
            parts.append([part[:, first - low : last + 1 - low] for part in self.prepare(near, high - low)])
        return tuple(torch.cat(same, dim=1) if len(same) > 1 else same[0] for same in zip(*parts, strict=True))

    def contribution(self, h: torch.Tensor, state: State) -> torch.Tensor:
        """What is added to h (B, F'*H*W, D) at strength 1, same shape and type."""
        raise NotImplementedError

    def bend(self, result: torch.Tensor, h: torch.Tensor, state: State, strength: float = 1.0) -> torch.Tensor:
        """`result + strength * contribution(h)`, a new tensor; result is h, or h already bent by other motions."""
        return result + strength * self.contribution(h, state)

    @staticmethod
    def check_features(features: torch.Tensor, frames: int) -> None:
        """Raise ToraError unless features are (motions*frames, C, H, W)."""
        if features.ndim != 4 or frames < 1 or features.shape[0] % frames:
            raise ToraError(
                f"motion features have shape {tuple(features.shape)}, expected (motions * {frames} latent frames, "
                "channels, height, width)."
            )

    @staticmethod
    def check_tokens(h: torch.Tensor, motions: int, frames: int, area: int) -> None:
        """Raise ToraError unless h is (a multiple of motions, frames*area, D)."""
        if h.shape[1] != frames * area or h.shape[0] % motions:
            raise ToraError(
                f"the block has {h.shape[0]} sequences of {h.shape[1]} image tokens, but the motion is "
                f"{motions} x {frames} latent frames x {area} tokens: encode it at the size and frame count sampled."
            )

    def forward(self, h: torch.Tensor, features: torch.Tensor, frames: int, strength: float = 1.0) -> torch.Tensor:
        """h plus its contribution; strength 0 returns h itself."""
        if strength == 0:
            return h
        return self.bend(h, h, self.prepare(features, frames), strength)


class MotionGuidanceFuser(MotionFuser):
    """Adaptive norm: `h + strength * (GroupNorm(h) * gamma + beta)`, `MGF` of the reference's traj_module.py.

    gamma and beta come from the features by a 3x3 convolution per latent frame and one of length 3 over time per
    pixel. With the temporal convolutions at zero (`initialise_fuser`) it is an exact identity. Group statistics are
    per latent frame, in float32. No weight is read or set in the constructor: ComfyUI's layers may have none yet.
    """

    temporal_reach = 1

    def __init__(self, width: int = 3072, feature_channels: int = 128, operations: Any = nn) -> None:
        super().__init__()
        self.width = width
        spatial = width // 4
        temporal: dict[str, Any] = {"kernel_size": 3, "padding": 1, "padding_mode": "replicate"}
        self.flow_gamma_spatial = operations.Conv2d(feature_channels, spatial, 3, padding=1)
        self.flow_gamma_temporal = operations.Conv1d(spatial, width, **temporal)
        self.flow_beta_spatial = operations.Conv2d(feature_channels, spatial, 3, padding=1)
        self.flow_beta_temporal = operations.Conv1d(spatial, width, **temporal)
        # torch's own layer refuses float32 tokens with 16-bit weights; ComfyUI's casts by itself.
        group_norm = Float32GroupNorm if operations is nn else operations.GroupNorm
        self.flow_cond_norm = group_norm(NORM_GROUPS, width)

    def prepare(self, features: torch.Tensor, frames: int) -> State:
        """gamma and beta, each (B_m, F', D, H*W)."""
        self.check_features(features, frames)
        return (
            self._modulation(features, frames, self.flow_gamma_spatial, self.flow_gamma_temporal),
            self._modulation(features, frames, self.flow_beta_spatial, self.flow_beta_temporal),
        )

    @staticmethod
    def _modulation(features: torch.Tensor, frames: int, spatial: nn.Module, temporal: nn.Module) -> torch.Tensor:
        x = spatial(features)
        height, width = x.shape[-2:]
        x = rearrange(x, "(b f) c h w -> (b h w) c f", f=frames)
        return rearrange(temporal(x), "(b h w) c f -> b f c (h w)", h=height, w=width)

    def contribution(self, h: torch.Tensor, state: State) -> torch.Tensor:
        gamma, beta = state
        motions, frames, _, area = gamma.shape
        self.check_tokens(h, motions, frames, area)
        x = rearrange(h, "b (f s) c -> (b f) c s", f=frames)
        x = self.flow_cond_norm(x.float())
        x = rearrange(x, "(r m f) c s -> r m f c s", m=motions, f=frames)
        x = x * gamma + beta
        return rearrange(x, "r m f c s -> (r m) (f s) c").to(h.dtype)

    def bend(self, result: torch.Tensor, h: torch.Tensor, state: State, strength: float = 1.0) -> torch.Tensor:
        """As in the base class; without gradients frame by frame, which is faster and needs little memory."""
        if torch.is_grad_enabled():
            return super().bend(result, h, state, strength)
        gamma, beta = state
        motions, frames, _, area = gamma.shape
        self.check_tokens(h, motions, frames, area)
        bent = torch.empty(result.shape, dtype=result.dtype, device=result.device)
        shape = (-1, motions, frames, area, h.shape[-1])
        tokens, before, after = h.reshape(shape), result.reshape(shape), bent.view(shape)
        for frame in range(frames):
            x = tokens[:, :, frame].flatten(0, 1).transpose(1, 2)  # (r m) D S
            x = self.flow_cond_norm(x.float()).unflatten(0, (-1, motions))
            x = x.mul_(gamma[:, frame]).add_(beta[:, frame]).mul_(strength).to(h.dtype)
            torch.add(before[:, :, frame], x.transpose(2, 3), out=after[:, :, frame])
        return bent


def initialise_fuser(fuser: nn.Module) -> None:
    """Set the starting weights in place: the last layer to zero, so that the fuser is an exact identity."""
    for name, module in fuser.named_modules():
        leaf = name.rpartition(".")[2]
        if leaf in ("flow_gamma_temporal", "flow_beta_temporal", "proj_out"):
            for parameter in module.parameters():
                nn.init.zeros_(parameter)


def _runs(indices: Sequence[int]) -> Iterator[tuple[int, int]]:
    """First and last of each stretch that counts up by one: 0, 4, 5, 6 is (0, 0), (4, 6)."""
    start = previous = None
    for index in indices:
        if previous is None or index != previous + 1:
            if start is not None and previous is not None:
                yield start, previous
            start = index
        previous = index
    if start is not None and previous is not None:
        yield start, previous
