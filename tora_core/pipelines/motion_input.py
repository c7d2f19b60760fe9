"""What a caller asks for by way of motion, checked before anything heavy runs and encoded once for all steps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from numbers import Real
from typing import Any

import torch

from ..errors import SizeError, ToraError
from ..motion import MotionGuidance
from ..trajectory import Tracks, Trajectory
from .encoding import as_clips, as_flow, as_tracks, encode_motion
from .window import active_steps, check_window

DEFAULT_CACHE_BYTES = 1 << 28
"""Keeps all gamma and beta of a small model between steps, and takes 3 % of the 9 GB that the 5B model's would."""


@dataclass(frozen=True, eq=False)
class Motion:
    """One motion with its strength and its time; several of them in one call add up.

    Exactly one of: trajectory, a Trajectory or Tracks, or a list of them, one a prompt; flow, (F, H, W, 2) or
    (B, F, H, W, 2) in px/frame; latents, UNSCALED VAE latents (B, F', 16, h, w) as from `encode_motion`.
    strength: factor of what motion adds in every block; 0 is exactly the base model, effect of it linear.
    start, end: fractions of the noise schedule in which it acts (see window.py); 0 to 1 is always.
    Raises ToraError for anything else.
    """

    trajectory: Any = None
    flow: Any = None
    latents: torch.Tensor | None = None
    strength: float = 1.0
    start: float = 0.0
    end: float = 1.0

    def __post_init__(self) -> None:
        given = [name for name in ("trajectory", "flow", "latents") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ToraError(
                f"a motion was given {' and '.join(given) or 'nothing'}, expected exactly one of trajectory, flow and "
                "latents. Several motions that add up: motions=[Motion(...), Motion(...)]."
            )
        _check_numbers(self.strength, self.start, self.end)


@dataclass(frozen=True)
class ClipShape:
    """What every motion of a call must fit: the video in pixels and its latents (F', 16, h, w)."""

    prompts: int
    frames: int
    size: tuple[int, int]
    latents: tuple[int, int, int, int]


@dataclass(frozen=True, eq=False)
class PlannedMotion:
    """A motion ready for the transformer, and the steps it acts on."""

    guidance: MotionGuidance
    steps: list[bool]


def collect_motions(
    motions: Sequence[Motion] | Motion | None,
    *,
    trajectory: Any,
    flow: Any,
    latents: torch.Tensor | None,
    strength: float,
    start: float,
    end: float,
) -> list[Motion]:
    """The motions of a call, from its short arguments (one motion) or from `motions`; ToraError when from both."""
    is_short = any(value is not None for value in (trajectory, flow, latents))
    if motions is None:
        if is_short:
            return [Motion(trajectory, flow, latents, strength, start, end)]
        _check_numbers(strength, start, end)
        return []
    if is_short or (strength, start, end) != (1.0, 0.0, 1.0):
        raise ToraError(
            "motions=[...] came together with trajectory, flow, motion_latents, strength, start or end. Put them into "
            "each Motion(...)."
        )
    motions = [motions] if isinstance(motions, Motion) else list(motions)
    for motion in motions:
        if not isinstance(motion, Motion):
            raise ToraError(f"motions holds a {type(motion).__name__}, expected Motion(trajectory=..., strength=...).")
    return motions


def check_motion(motion: Motion, shape: ClipShape) -> Motion:
    """A motion with all that can be told without the models checked, its trajectories sampled to tracks.

    Raises SizeError where size, frames or latents differ from `shape`, ToraError where there is not one clip, or one
    a prompt.
    """
    if motion.latents is not None:
        checked = replace(motion, latents=_checked_latents(motion.latents, shape))
        count = len(checked.latents)  # type: ignore[arg-type]
    elif motion.flow is not None:
        checked = replace(motion, flow=as_flow(motion.flow, shape.frames, shape.size))
        count = len(checked.flow)
    else:
        clips = as_clips(motion.trajectory)
        for clip in clips:
            if not isinstance(clip, (Tracks, Trajectory)):
                raise ToraError(
                    f"trajectory is a {type(clip).__name__}, expected a Trajectory or Tracks, or a list with one a "
                    "prompt. A file is read by Trajectory.load(path), lists of points by Trajectory.from_points."
                )
        checked = replace(motion, trajectory=[as_tracks(clip, shape.frames, shape.size) for clip in clips])
        count = len(clips)
    if count not in (1, shape.prompts):
        raise ToraError(
            f"there are {count} motions for {shape.prompts} prompts, expected one, or one a prompt. Several that act "
            "in one clip are tracks of one Trajectory, or motions=[Motion(...), Motion(...)]."
        )
    return checked


def plan_motions(
    vae: Any,
    motions: Sequence[Motion],
    shape: ClipShape,
    *,
    timesteps: Sequence[float],
    train_timesteps: int,
    scaling_factor: float,
    videos_per_prompt: int,
    cache_bytes: int,
    device: torch.device | str,
    rest: torch.device | str | None = None,
) -> list[PlannedMotion]:
    """Encode checked motions; those that never act (strength 0, or no step in their window) are left out, unencoded.

    The features themselves are made in the transformer's first pass, where its weights are then, offloaded or not.
    rest: where they lie while they are not needed; None: where they were made.
    """
    planned = []
    for motion in motions:
        steps = active_steps(timesteps, motion.start, motion.end, train_timesteps)
        if motion.strength == 0 or not any(steps):
            continue
        latents = motion.latents
        if latents is None:
            clips = motion.flow if motion.flow is not None else motion.trajectory
            latents = encode_motion(vae, clips, frames=shape.frames, size=shape.size, device=device)
        latents = latents.to(device, torch.float32) * scaling_factor
        if latents.shape[0] > 1:  # the batch is prompt after prompt, each with its videos; both guidance halves alike
            latents = latents.repeat_interleave(videos_per_prompt, dim=0)
        planned.append((latents, motion.strength, steps))
    share = cache_bytes // max(len(planned), 1)
    return [
        PlannedMotion(MotionGuidance(latents=latents, strength=strength, cache_bytes=share, rest=rest), steps)
        for latents, strength, steps in planned
    ]


def _check_numbers(strength: float, start: float, end: float) -> None:
    if isinstance(strength, bool) or not isinstance(strength, Real) or not math.isfinite(strength):
        raise ToraError(f"strength is {strength!r}, expected a finite number; 1 is what the weights know.")
    check_window(start, end)


def _checked_latents(latents: Any, shape: ClipShape) -> torch.Tensor:
    if not isinstance(latents, torch.Tensor) or not latents.is_floating_point():
        found = latents.dtype if isinstance(latents, torch.Tensor) else type(latents).__name__
        raise ToraError(f"motion_latents are {found}, expected a floating point tensor (B, F', 16, h, w).")
    if latents.ndim == 4:
        latents = latents[None]
    if tuple(latents.shape[1:]) != shape.latents:
        height, width = shape.size
        hint = ""
        if latents.ndim == 5 and tuple(latents.transpose(1, 2).shape[1:]) == shape.latents:
            hint = " They are (B, 16, F', h, w), as the VAE gives them: transpose axes 1 and 2."
        raise SizeError(
            f"motion_latents have shape {tuple(latents.shape)}, expected (B, *{shape.latents}) for {shape.frames} "
            f"frames of {height}x{width} (height x width).{hint}"
        )
    if not torch.isfinite(latents).all():
        raise ToraError("motion_latents hold NaN or infinity; encode the motion again.")
    return latents
