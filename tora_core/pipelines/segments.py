"""A long video as a chain of image-to-video segments: a frame of each one starts the next.

The path is drawn once, for the whole clip. Each segment gets its part of that motion picture, so all of them share one
length of full color, and speed does not jump at a seam. Segments share `overlap` frames, which are cross-faded; what
they differ by in a single shared frame (the model never gives its start picture back exactly) fades out after it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from ..errors import SizeError, ToraError
from .control_input import collect_controls, cut_control
from .encoding import as_clips, encode_picture
from .picture import plan_picture
from .sizes import check_frames

FADE = 4
"""Frames. With 8 what moves left a ghost that was found in its place (docs/long_video.md)."""
LARGE = 0.12
"""Of 1. What differs by more than twice this is the moving thing itself: held back, it would stand as a ghost."""


@dataclass(frozen=True)
class Segments:
    """How a clip is cut: `frames` of one segment (8k+1, at least 9), of which `overlap` (at least 1) are shared.

    Of one shared frame, the earlier segment's is kept; of more, the first too, and the others are cross-faded.
    fade: as in `join`. Raises SizeError.
    """

    frames: int = 49
    overlap: int = 1
    fade: int = FADE

    def __post_init__(self) -> None:
        check_frames(self.frames, name="a segment's length")
        if self.frames < 9:
            raise SizeError(f"a segment of {self.frames} frame is too short, expected at least 9.")
        if isinstance(self.overlap, bool) or not isinstance(self.overlap, int) or not 1 <= self.overlap < self.frames:
            raise SizeError(
                f"the overlap is {self.overlap!r} frames, expected 1 (the frame that starts the next segment) to "
                f"{self.frames - 1}."
            )
        if isinstance(self.fade, bool) or not isinstance(self.fade, int) or self.fade < 0:
            raise SizeError(f"fade is {self.fade!r} frames, expected 0 (a hard cut) or more.")

    def starts(self, frames: int) -> list[int]:
        """The first frame of each segment of a clip; the last segment is moved back so that it ends with the clip."""
        if frames <= self.frames:
            return [0]
        last = frames - self.frames
        return [*range(0, last, self.frames - self.overlap), last]


def join(clip: np.ndarray, part: np.ndarray, start: int, fade: int = FADE) -> np.ndarray:
    """A clip (F, H, W, C) of values from 0 to 1, and after it a segment whose first frame is the clip's frame `start`.

    Of the k shared frames, frame i is (1 - i/k) of the clip and i/k of the segment: the first is the clip's, which the
    segment was started from. Where that one is all they share, 1 - i/fade of what the clip's has more than the
    segment's is added to the i-th frame after it, but for large differences (LARGE).
    Raises SizeError where the segment doesn't begin in the clip or ends before it.
    """
    shared = len(clip) - start
    if not (0 < shared <= len(part) and start >= 0) or clip.shape[1:] != part.shape[1:]:
        raise SizeError(
            f"a segment {part.shape} can't be joined at frame {start} of a clip {clip.shape}, expected one of the same "
            "size that begins inside the clip and doesn't end before it."
        )
    weight = (np.arange(shared, dtype=np.float32) / shared).reshape(-1, *[1] * (clip.ndim - 1))
    blended = clip[start:] * (1 - weight) + part[:shared] * weight
    rest = part[shared:]
    if shared == 1 and fade > 1:
        rest = _fade_out(rest, clip[-1] - part[0], fade)
    return np.concatenate([clip[:start], blended.astype(clip.dtype), rest])


def _fade_out(frames: np.ndarray, difference: np.ndarray, fade: int) -> np.ndarray:
    """Frames (F, H, W, C) plus a fading difference (H, W, C) where that is small."""
    difference = difference * (2 - np.abs(difference).max(-1, keepdims=True) / LARGE).clip(0, 1)
    count = min(fade - 1, len(frames))
    weight = (1 - np.arange(1, count + 1, dtype=np.float32) / fade).reshape(-1, 1, 1, 1)
    return np.concatenate([(frames[:count] + weight * difference).clip(0, 1).astype(frames.dtype), frames[count:]])


@torch.no_grad()
def generate_segments(
    pipeline: Any,
    image: Any,
    prompt: str | Sequence[str],
    *,
    trajectory: Any = None,
    flow: Any = None,
    num_frames: int,
    height: int,
    width: int,
    segments: Segments | None = None,
    generator: torch.Generator | None = None,
    on_segment: Callable[[int, int], None] | None = None,
    **options: Any,
) -> np.ndarray:
    """A video of any length by image-to-video: float32 (F, H, W, 3) in [0, 1].

    pipeline: ToraImageToVideoPipeline. image: the first frame. prompt: one for all, or one a segment. trajectory, flow:
    at most one, of the whole clip, as in the pipeline's call; a trajectory's times are those of the whole clip.
    num_frames: 8k+1. on_segment(index, count) is called before each. options: of the pipeline's call, the same for all;
    of a ControlNet's hint, which is of the whole clip, each segment gets its part.
    Where a callback interrupts a segment (diffusers' `_interrupt`), the video ends with what that one came to.
    Raises ToraError (SizeError) before any model runs.
    """
    segments = segments or Segments()
    check_frames(num_frames)
    if not getattr(pipeline, "_takes_image", False):
        raise ToraError("segments need image-to-video: load the pipeline with image_to_video=True, or use windows.")
    if trajectory is not None and flow is not None:
        raise ToraError("trajectory and flow are two motions; give one of them.")
    taken = {"motion_latents", "motions", "num_videos_per_prompt", "output_type", "context_windows"} & set(options)
    if taken:
        raise ToraError(f"{', '.join(sorted(taken))} can't be given for a chain of segments.")
    starts = segments.starts(num_frames)
    prompts = [prompt] * len(starts) if isinstance(prompt, str) else list(prompt)
    if len(prompts) != len(starts):
        raise ToraError(f"there are {len(prompts)} prompts for {len(starts)} segments, expected one, or one a segment.")
    motion = trajectory if trajectory is not None else flow
    picture = None
    if motion is not None:
        clips = as_clips(motion)
        if len(clips) != 1:
            raise ToraError(f"there are {len(clips)} motions, expected one: a chain of segments is one video.")
        picture = plan_picture(clips[0], num_frames, (height, width))
    length = min(segments.frames, num_frames)
    controls = collect_controls(options.pop("control", None))
    parts = [[cut_control(control, start, length) for control in controls] for start in starts]
    video = np.empty((0, height, width, 3), np.float32)
    for index, start in enumerate(starts):
        if on_segment is not None:
            on_segment(index, len(starts))
        if picture is not None:
            device = pipeline._execution_device
            options["motion_latents"] = encode_picture(pipeline.vae, picture.part(start, length), device)
        made = pipeline(
            image=image if index == 0 else video[start],
            prompt=prompts[index],
            height=height,
            width=width,
            num_frames=length,
            generator=generator,
            output_type="np",
            control=parts[index],
            **options,
        ).frames[0]
        video = made if index == 0 else join(video, made, start, segments.fade)
        options.pop("motion_latents", None)
        if pipeline.interrupt:
            break
        if index + 1 < len(starts) and len(video) <= starts[index + 1]:
            raise AssertionError("the next segment starts inside what there is")
    return video
