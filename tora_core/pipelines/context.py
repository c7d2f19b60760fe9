"""Context windows: a clip longer than the model knows, denoised in overlapping windows of a length that it knows.

In every step each window is predicted alone, and the predictions are averaged where windows overlap. Conventions are
those of ComfyUI's context windows (comfy/context_windows.py, schedule "standard_static"): windows are of one length,
the last one is moved back so that it ends with the clip, and every window that doesn't begin the clip gets the frame
before it as an anchor in front, whose prediction is dropped: the model's first latent frame stands for one frame of
video and all others for four, so without it each window's first frame would be taken for a still.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import Any

import torch

from ..errors import SizeError, ToraError
from .sizes import check_frames

FUSE_METHODS = ("pyramid", "linear", "flat")


@dataclass(frozen=True)
class ContextWindows:
    """How a clip is cut into windows.

    frames: of one window, in frames of video, 8k+1; best what the model was trained with. overlap: frames that two
    windows share, a multiple of 4 below `frames`. fuse: weights in the overlap; "pyramid" grows towards the window's
    middle, "linear" fades over the overlap only, "flat" is the plain mean. keep_image: image-to-video, whether the
    start picture stands in front of every window, in its anchor's place, and not of the first alone.
    Raises SizeError and ToraError.
    """

    frames: int = 49
    overlap: int = 16
    fuse: str = "pyramid"
    keep_image: bool = False

    def __post_init__(self) -> None:
        check_frames(self.frames, name="a window's length")
        if self.frames < 9:
            raise SizeError(f"a window of {self.frames} frame is too short, expected at least 9.")
        try:
            overlap = operator.index(self.overlap)
        except TypeError:
            overlap = -1
        if not 0 <= overlap < self.frames - 1 or overlap % 4:
            raise SizeError(
                f"the overlap is {self.overlap!r} frames, expected a multiple of 4 from 0 to {self.frames - 5}: it has "
                f"to be shorter than a window ({self.frames} frames)."
            )
        if self.fuse not in FUSE_METHODS:
            raise ToraError(f"fuse is {self.fuse!r}, expected one of {', '.join(FUSE_METHODS)}.")

    @property
    def latent_frames(self) -> int:
        """Latent frames of one window, its anchor not counted."""
        return (self.frames - 1) // 4 + 1

    def cut(self, latent_frames: int) -> list[Window]:
        """The windows over a clip of so many latent frames; a single one where the clip is no longer than a window."""
        length, shared = self.latent_frames, self.overlap // 4
        if latent_frames <= length:
            return [Window(0, latent_frames, None, torch.ones(latent_frames))]
        starts = [*range(0, latent_frames - length, length - shared), latent_frames - length]
        return [
            Window(start, length, start - 1 if start else None, self._weights(start, latent_frames)) for start in starts
        ]

    def _weights(self, start: int, latent_frames: int) -> torch.Tensor:
        length, shared = self.latent_frames, self.overlap // 4
        place = torch.arange(length)
        if self.fuse == "pyramid":
            return torch.minimum(place + 1, length - place).float()
        if self.fuse == "flat" or not shared:
            return torch.ones(length)
        weights = torch.ones(length)
        ramp = (torch.arange(shared) + 1) / (shared + 1)
        if start:
            weights[:shared] = ramp
        if start + length < latent_frames:
            weights[length - shared :] = torch.minimum(weights[length - shared :], ramp.flip(0))
        return weights


@dataclass(frozen=True, eq=False)
class Window:
    """Latent frames start..start+length-1 of a clip, after an anchor frame where there is one; weights (length,)."""

    start: int
    length: int
    anchor: int | None
    weights: torch.Tensor

    @property
    def frames(self) -> list[int]:
        """The clip's latent frames that the network sees, in order."""
        return [*([] if self.anchor is None else [self.anchor]), *range(self.start, self.start + self.length)]

    def take(self, clip: torch.Tensor) -> torch.Tensor:
        """These frames of (B, F', ...)."""
        return clip[:, self.frames]

    def add(self, total: torch.Tensor, prediction: torch.Tensor) -> None:
        """Add the weighted prediction (B, frames, C, h, w), without its anchor's, to (B, F', C, h, w), in place."""
        shown = prediction if self.anchor is None else prediction[:, 1:]
        weights = self.weights.to(total).view(1, -1, *[1] * (total.ndim - 2))
        total[:, self.start : self.start + self.length] += shown.to(total) * weights


def total_weights(windows: list[Window], latent_frames: int) -> torch.Tensor:
    """What the predictions have to be divided by, (F',)."""
    total = torch.zeros(latent_frames)
    for window in windows:
        total[window.start : window.start + window.length] += window.weights
    return total


def check_context(context: Any) -> ContextWindows | None:
    """The windows, or None; ToraError for anything else."""
    if context is None or isinstance(context, ContextWindows):
        return context
    raise ToraError(
        f"context_windows is a {type(context).__name__}, expected ContextWindows(frames=49, overlap=16) or None."
    )
