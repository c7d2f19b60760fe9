"""Motion guidance: one clip's features with their strength, handed to the blocks while sampling."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

import torch

from ..errors import ToraError
from .fuser import MotionFuser, State

PIECE = 16
"""Latent frames that are encoded at once where features don't stay on the device."""


class MotionGuidance:
    """Features of one clip (one (B_m*F', C, H, W) map a block) and how strongly they act.

    What a fuser derives from the features (gamma and beta) depends on neither latent nor timestep. Up to
    `cache_bytes` of it is kept between calls when no gradient is wanted; the rest is computed anew each time.
    For the 5B model at 49x480x720 all of it is 9.06 GB, so the default keeps nothing.
    Given motion `latents` (B_m, F', 16, h, w), already scaled, instead of features, the transformer encodes them in
    its first forward pass: where its weights are then, offloaded or not. rest: where those features lie between calls
    (None: where the latents were); at 201 frames of 720p they are 2 GB, of which a window needs a quarter.
    """

    def __init__(
        self,
        features: Sequence[torch.Tensor] | None = None,
        strength: float = 1.0,
        cache_bytes: int = 0,
        *,
        latents: torch.Tensor | None = None,
        rest: torch.device | str | None = None,
    ) -> None:
        if (features is None) == (latents is None):
            raise ToraError("a motion is either features or latents: give exactly one of them.")
        self.features = [] if features is None else list(features)
        self.latents = latents
        self.strength = float(strength)
        self.cache_bytes = int(cache_bytes)
        self.rest = None if rest is None else torch.device(rest)
        self.device = None if latents is None else latents.device
        self.is_full = False  # set when a state found no room any more
        self._states: dict[int, State] = {}

    def encode(self, encode_motion: Callable[[torch.Tensor], list[torch.Tensor]]) -> None:
        """Turn latents into features, once."""
        if self.latents is None:
            return
        if self.rest is None:
            self.features, self.latents = encode_motion(self.latents), None
            return
        pieces = []
        for piece in self.latents.split(PIECE, dim=1):  # the extractor looks at one frame at a time
            maps = encode_motion(piece)
            pieces.append([made.to(self.rest).unflatten(0, (-1, piece.shape[1])) for made in maps])
        self.features = [torch.cat(same, dim=1).flatten(0, 1) for same in zip(*pieces, strict=True)]
        self.latents = None

    def _for_fuser(self, features: torch.Tensor, fuser: MotionFuser) -> torch.Tensor:
        parameter = next(fuser.parameters(), None)
        device = features.device if self.rest is None or self.device is None else self.device
        return features.to(device, features.dtype if parameter is None else parameter.dtype)

    def state(self, index: int, fuser: MotionFuser, frames: int) -> State:
        """What block `index` needs besides its tokens."""
        if index in self._states:
            return self._states[index]
        state = fuser.prepare(self._for_fuser(self.features[index], fuser), frames)
        used = sum(_bytes(kept) for kept in self._states.values())
        if not torch.is_grad_enabled():
            self.is_full = used + _bytes(state) > self.cache_bytes
            if not self.is_full:
                self._states[index] = state
        return state

    def window(self, frames: Sequence[int], clip_frames: int) -> MotionGuidance:
        """The same motion for calls that see only these latent frames, in this order, of a clip of `clip_frames`."""
        return _WindowGuidance(self, list(frames), clip_frames)


class _WindowGuidance(MotionGuidance):
    """A view of a clip's motion; the features and what is kept stay the clip's own, so that the budget is one."""

    def __init__(self, clip: MotionGuidance, frames: list[int], clip_frames: int) -> None:
        self.clip, self.frames, self.clip_frames = clip, frames, clip_frames
        self.strength, self.cache_bytes = clip.strength, clip.cache_bytes
        self.features, self.latents, self._states = clip.features, None, clip._states

    def encode(self, encode_motion: Callable[[torch.Tensor], list[torch.Tensor]]) -> None:
        self.clip.encode(encode_motion)
        self.features = self.clip.features

    def state(self, index: int, fuser: MotionFuser, frames: int) -> State:
        if frames != len(self.frames):
            raise ToraError(f"a window of {len(self.frames)} latent frames met a latent of {frames}.")
        if self.cache_bytes and not self.clip.is_full:
            self.clip.state(index, fuser, self.clip_frames)
        if index in self._states:
            return tuple(part[:, self.frames] for part in self._states[index])
        reach = fuser.temporal_reach
        near = sorted({n for f in self.frames for n in range(f - reach, f + reach + 1) if 0 <= n < self.clip_frames})
        part = self.features[index].unflatten(0, (-1, self.clip_frames))[:, near].flatten(0, 1)
        places = [near.index(frame) for frame in self.frames]
        return fuser.prepare_window(self.clip._for_fuser(part, fuser), len(near), places)


def _bytes(state: State) -> int:
    return sum(part.numel() * part.element_size() for part in state)


def as_guidances(
    features: Any,
    strength: float | Sequence[float],
    num_blocks: int,
    encode_motion: Callable[[torch.Tensor], list[torch.Tensor]],
) -> list[MotionGuidance]:
    """One motion or several, as feature lists or MotionGuidance, to a list of MotionGuidance of `num_blocks` each.

    Features given as plain lists take their strength from `strength` (one number, or one a motion); a
    MotionGuidance keeps its own, multiplied by that. Raises ToraError where the numbers disagree.
    """
    one = isinstance(features, MotionGuidance) or (len(features) > 0 and isinstance(features[0], torch.Tensor))
    motions = [features] if one else list(features)
    strengths = [float(strength)] * len(motions) if isinstance(strength, (int, float)) else [float(s) for s in strength]
    if len(strengths) != len(motions):
        raise ToraError(
            f"{len(motions)} motions came with {len(strengths)} strengths; give one strength, or one a motion."
        )
    guidances = []
    for motion, factor in zip(motions, strengths, strict=True):
        if not isinstance(motion, MotionGuidance):
            motion = MotionGuidance(motion)
        motion.encode(encode_motion)
        if len(motion.features) != num_blocks:
            raise ToraError(
                f"the motion has features for {len(motion.features)} blocks, but the model has {num_blocks}: "
                "extractor and base model do not belong together."
            )
        guidances.append((motion, motion.strength * factor))
    return [_with_strength(motion, factor) for motion, factor in guidances if factor != 0]


def _with_strength(motion: MotionGuidance, strength: float) -> MotionGuidance:
    if motion.strength == strength:
        return motion
    scaled = copy.copy(motion)  # what is kept is shared, so that the budget is one
    scaled.strength = strength
    return scaled


def fuse(
    h: torch.Tensor, index: int, fuser: MotionFuser, motions: Sequence[MotionGuidance], frames: int
) -> torch.Tensor:
    """h (B, F'*H*W, D) plus every motion's contribution, each computed from the same h: their order is free."""
    result = h
    for motion in motions:
        result = fuser.bend(result, h, motion.state(index, fuser, frames), motion.strength)
    return result
