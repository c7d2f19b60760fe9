"""What a caller asks for by way of ControlNets, checked before anything heavy runs, its hint encoded once a call."""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from numbers import Real
from typing import Any

import numpy as np
import torch
from PIL import Image

from ..checkpoints.controlnet import load_controlnet
from ..errors import SizeError, ToraError
from ..models.controlnet import CogVideoXControlNet, adding, take_frames
from .context import Window
from .motion_input import ClipShape
from .window import active_steps, check_window

PathLike = str | os.PathLike[str]

Checked = tuple["Control", CogVideoXControlNet, torch.Tensor]
"""A ControlNet with its network and its pictures (b, n, 3, H, W), uint8 or 0..1."""

_EXPECTED = (
    "expected pictures (frames, height, width, 3) or (prompts, frames, height, width, 3) as a uint8 or 0..1 float "
    "array or tensor, or a list of PIL images"
)


@dataclass(frozen=True, eq=False)
class Control:
    """One ControlNet with its hint, its strength and its time; several of them in one call add up.

    net: from `load_controlnet`, or the path of one. frames: the hint's pictures, at the video's frame rate: an array or
    tensor (F, H, W, 3), or with a leading axis one clip a prompt; a list of PIL images is one clip. Another size is
    scaled to cover the video and cut at its centre; one picture stands for every frame; of more than there are frames
    the first are taken. strength: factor of what is added; 0 is exactly the base model. start, end: as a motion's.
    Raises ToraError for anything else.
    """

    net: CogVideoXControlNet | PathLike
    frames: Any
    strength: float = 1.0
    start: float = 0.0
    end: float = 1.0

    def __post_init__(self) -> None:
        if not isinstance(self.net, (CogVideoXControlNet, str, os.PathLike)):
            raise ToraError(f"net is a {type(self.net).__name__}, expected what `load_controlnet` gives, or a path.")
        number = self.strength
        if isinstance(number, bool) or not isinstance(number, Real) or not math.isfinite(number):
            raise ToraError(f"strength is {number!r}, expected a finite number; 1 is what the weights know.")
        check_window(self.start, self.end)


@dataclass(frozen=True, eq=False)
class PlannedControl:
    """A ControlNet where it computes, its encoded hint (b, F', 48, h, w), and the steps it acts on."""

    net: CogVideoXControlNet
    hint: torch.Tensor
    strength: float
    steps: list[bool]

    def stream(
        self, latents: torch.Tensor, text: torch.Tensor, timestep: torch.Tensor, rotary: Any, window: Window | None
    ) -> tuple[Iterator[torch.Tensor], float]:
        """Residuals for latents (B, F', 16, h, w), those of a window where there is one; see `adding`."""
        dtype = self.net.patch_embed.proj.weight.dtype
        hint = take_frames(self.hint, None if window is None else window.frames)
        return self.net.residuals(latents.to(dtype), text.to(dtype), hint, timestep, rotary), self.strength


def collect_controls(control: Control | Sequence[Control] | None) -> list[Control]:
    """The ControlNets of a call as a list; ToraError for what is none."""
    if control is None:
        return []
    controls = [control] if isinstance(control, Control) else list(control)
    for one in controls:
        if not isinstance(one, Control):
            raise ToraError(f"control holds a {type(one).__name__}, expected Control(net=..., frames=...).")
    return controls


def cut_control(control: Control, start: int, frames: int) -> Control:
    """The same with the pictures of a part of the clip, `frames` from `start` on; one picture stays.

    Raises SizeError where it has pictures, but not for all of these frames.
    """
    pictures = control.frames
    clips = getattr(pictures, "ndim", 4) == 5
    count = pictures.shape[1] if clips else len(pictures)
    if count == 1:
        return control
    if count < start + frames:
        raise SizeError(f"the hint has {count} pictures, the video at least {start + frames} frames. Give as many.")
    part = slice(start, start + frames)
    return replace(control, frames=pictures[:, part] if clips else pictures[part])


def check_controls(controls: Sequence[Control], transformer: Any, shape: ClipShape) -> list[Checked]:
    """Each with its network, loaded where a path was given, and its pictures uint8 or float (b, n, 3, H, W).

    Raises SizeError where pictures are too few, CheckpointError for a file that is no ControlNet, ToraError where it is
    not for this model.
    """
    checked = []
    for control in controls:
        pictures = _pictures(control.frames, shape)  # before a file is read
        net = control.net
        if not isinstance(net, CogVideoXControlNet):
            net = load_controlnet(net, dtype=transformer.patch_embed.proj.weight.dtype)
        _check_model(net, transformer.config)
        checked.append((control, net, pictures))
    return checked


@contextlib.contextmanager
def planned_controls(
    checked: Sequence[Checked],
    shape: ClipShape,
    *,
    timesteps: Sequence[float],
    train_timesteps: int,
    videos_per_prompt: int,
    device: torch.device | str,
) -> Iterator[list[PlannedControl]]:
    """For the length of a call: the networks that ever act on the device, their hints encoded there.

    Afterwards the networks are where they were before.
    """
    acting = []
    for control, net, pictures in checked:
        steps = active_steps(timesteps, control.start, control.end, train_timesteps)
        if control.strength != 0 and any(steps):
            acting.append((control, net, pictures, steps))
    homes = {net: net.patch_embed.proj.weight.device for _, net, _, _ in acting}
    try:
        for net in homes:
            net.to(device)
        planned = []
        for control, net, pictures, steps in acting:
            hint = _encoded(net, pictures, shape, device)
            if len(hint) > 1:  # the batch is prompt after prompt, each with its videos; both guidance halves alike
                hint = hint.repeat_interleave(videos_per_prompt, dim=0)
            planned.append(PlannedControl(net, hint, float(control.strength), steps))
        yield planned
    finally:
        for net, home in homes.items():
            net.to(home)


@torch.no_grad()
def _encoded(
    net: CogVideoXControlNet, pictures: torch.Tensor, shape: ClipShape, device: torch.device | str
) -> torch.Tensor:
    dtype = net.patch_embed.proj.weight.dtype

    def prepare(part: torch.Tensor) -> torch.Tensor:
        return scaled(part.flatten(0, 1), shape.size).unflatten(0, part.shape[:2]).to(device, dtype) * 2 - 1

    return net.encode_hint(pictures.expand(-1, shape.frames, -1, -1, -1), prepare)


@contextlib.contextmanager
def controlled(transformer: Any, streams: Sequence[tuple[Iterator[torch.Tensor], float]]) -> Iterator[None]:
    """One call of the transformer with residuals behind its blocks; ToraError if its blocks never took any."""
    if not streams:
        yield
        return
    taken = []

    def watched(residuals: Iterator[torch.Tensor]) -> Iterator[torch.Tensor]:
        for residual in residuals:
            taken.append(True)
            yield residual

    blocks = getattr(transformer, "_orig_mod", transformer).transformer_blocks
    with adding(blocks, [(watched(residuals), strength) for residuals, strength in streams]):
        yield
    if not taken:
        raise ToraError(
            "the ControlNet had no effect: the transformer's blocks ran without hooks, as compiled ones do. Compile "
            "the blocks and not the whole transformer, or leave the ControlNet out."
        )


def scaled(pictures: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """(n, 3, H, W), uint8 or 0..1, to float32 0..1 of `size`: cut to its shape about the centre, then bilinear.

    As ComfyUI scales hints (`common_upscale` with crop "center"), so that both give the same.
    """
    values = pictures.float() / 255 if pictures.dtype == torch.uint8 else pictures.float()
    height, width = size
    old_height, old_width = values.shape[-2:]
    ratio, old_ratio = width / height, old_width / old_height
    left = round((old_width - old_width * (ratio / old_ratio)) / 2) if old_ratio > ratio else 0
    top = round((old_height - old_height * (old_ratio / ratio)) / 2) if old_ratio < ratio else 0
    cut = values[..., top : old_height - top, left : old_width - left]
    return torch.nn.functional.interpolate(cut, size=size, mode="bilinear")


def _pictures(frames: Any, shape: ClipShape) -> torch.Tensor:
    """(b, n, 3, H, W), b one or the number of prompts, n one or the number of frames."""
    if isinstance(frames, (list, tuple)) and frames and all(isinstance(one, Image.Image) for one in frames):
        if len({one.size for one in frames}) > 1:
            raise SizeError("the hint's pictures differ in size; make them one size.")
        frames = np.stack([np.asarray(one.convert("RGB")) for one in frames])
    if isinstance(frames, np.ndarray) and frames.dtype.kind in "uf":
        frames = torch.from_numpy(np.ascontiguousarray(frames))
    is_picture = isinstance(frames, torch.Tensor) and (frames.dtype == torch.uint8 or frames.is_floating_point())
    if not is_picture or frames.ndim not in (4, 5) or frames.shape[-1] != 3 or 0 in frames.shape:
        found = f"{frames.dtype} {tuple(frames.shape)}" if hasattr(frames, "shape") else f"a {type(frames).__name__}"
        raise ToraError(f"the hint's frames are {found}, {_EXPECTED}.")
    if frames.is_floating_point():
        low, high = (float(value) for value in frames.aminmax())
        if not (low >= 0 and high <= 1):
            raise ToraError(f"the hint's frames have values from {low:g} to {high:g}, expected 0 to 1.")
    clips = frames if frames.ndim == 5 else frames[None]
    if len(clips) not in (1, shape.prompts):
        raise ToraError(f"there are {len(clips)} hints for {shape.prompts} prompts, expected one, or one a prompt.")
    if 1 < clips.shape[1] < shape.frames:
        raise SizeError(
            f"the hint has {clips.shape[1]} pictures, the video {shape.frames} frames. Give as many pictures (the "
            "first are taken where there are more), or one that stands for all frames."
        )
    return clips[:, : shape.frames].movedim(-1, 2)


def _check_model(net: CogVideoXControlNet, config: Any) -> None:
    size = net.size
    width = config.num_attention_heads * config.attention_head_dim
    have = (width, config.text_embed_dim, config.attention_head_dim, config.out_channels)
    wanted = (size.residual, size.text, size.head, size.latent_channels)
    if have != wanted or size.layers > config.num_layers:
        raise ToraError(
            f"the ControlNet is for a model of at least {size.layers} blocks that is {wanted[0]} wide, with text "
            f"{wanted[1]} wide; this one has {config.num_layers} blocks, is {have[0]} wide, with text {have[1]} wide: "
            "they do not belong together."
        )
