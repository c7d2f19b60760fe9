"""A motion's RGB picture, drawn a few frames at a time: 201 frames of 720p would take 2.2 GB at once."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from ..errors import SizeError, ToraError
from ..motion import flow_norm, flow_to_rgb, render_motion
from ..motion.color import largest_norm
from ..trajectory import Tracks, Trajectory

logger = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class MotionPicture:
    """The picture of a clip's motion, not drawn yet: `draw(start, end)` gives float32 (end - start, H, W, 3) in [0, 1].

    All parts of one clip share the length that gets the full color: the speed that a color stands for never jumps.
    """

    frames: int
    size: tuple[int, int]
    draw: Callable[[int, int], torch.Tensor]

    def part(self, start: int, frames: int) -> MotionPicture:
        """The picture of `frames` frames from `start` on as a clip of its own, at the speeds of the whole clip.

        Its first frame is white, as every clip's is: the step into it belongs to the part before. Raises SizeError.
        """
        if not (start >= 0 and frames >= 1 and start + frames <= self.frames):
            raise SizeError(
                f"frames {start} to {start + frames - 1} were asked of a motion of {self.frames} frames, expected a "
                "part of it."
            )

        def draw(first: int, end: int) -> torch.Tensor:
            picture = self.draw(start + first, start + end)
            if first == 0 < end:
                picture[0] = 1.0
            return picture

        return MotionPicture(frames, self.size, draw)

    def is_empty(self) -> bool:
        """Whether all of it is white. Draws frame after frame until one is not."""
        return all(bool((self.draw(frame, frame + 1) == 1).all()) for frame in range(self.frames))


def plan_picture(motion: Any, frames: int, size: tuple[int, int]) -> MotionPicture:
    """The picture of one clip's motion: a Trajectory, Tracks or dense flow, as `motion_picture` takes them.

    Logs a warning when all of it is white: the model sees no motion then.
    Raises SizeError where size or frames differ, ToraError (TrajectoryError) for anything else.
    """
    if isinstance(motion, (Tracks, Trajectory)):
        tracks = as_tracks(motion, frames, size)
        norm = flow_norm(tracks)
        plan = MotionPicture(
            frames, size, lambda start, end: render_motion(tracks, max_norm=norm, frames=range(start, end))
        )
        reason = _why_still(tracks)
    else:
        flow = as_flow(motion, frames, size)[0]
        norm = largest_norm(flow)
        plan = MotionPicture(frames, size, lambda start, end: flow_to_rgb(flow[start:end], max_norm=norm))
        reason = "the flow is zero everywhere"
    if norm == 0 or plan.is_empty():
        logger.warning("The motion picture is empty (%s): the model sees no motion in this clip.", reason)
    return plan


def motion_picture(motion: Any, frames: int, size: tuple[int, int]) -> torch.Tensor:
    """Draw one clip's motion: float32 (F, H, W, 3) in [0, 1], white where nothing moves.

    motion: a Trajectory (sampled to `frames` and `size`, which is (height, width)), or Tracks or dense flow that have
    this size and frame count already. Flow is an array or tensor (F, H, W, 2) of px/frame; entry f is the displacement
    from frame f-1 to f, so the first should be zero.
    Warns and raises as `plan_picture` does.
    """
    return plan_picture(motion, frames, size).draw(0, frames)


def as_tracks(motion: Tracks | Trajectory, frames: int, size: tuple[int, int]) -> Tracks:
    """Sample a Trajectory, or check that Tracks have `frames` and `size`; SizeError where not."""
    if isinstance(motion, Trajectory):
        return motion.sample(frames, size)
    if (motion.frames, *motion.size) != (frames, *size):
        raise SizeError(
            f"the tracks have {motion.frames} frames of {_shape(motion.size)}, expected {frames} of {_shape(size)}. "
            "Sample the Trajectory again with this size, or hand in the Trajectory itself."
        )
    return motion


def as_flow(flow: Any, frames: int, size: tuple[int, int]) -> torch.Tensor:
    """Dense flow, (F, H, W, 2) or (B, F, H, W, 2), as float32 (B, F, H, W, 2); errors as in `motion_picture`."""
    if not isinstance(flow, (np.ndarray, torch.Tensor)):
        raise ToraError(
            f"a motion is a {type(flow).__name__}, expected a Trajectory, Tracks, or flow as an array or tensor "
            "(frames, height, width, 2). A file is read by Trajectory.load(path)."
        )
    if not isinstance(flow, torch.Tensor):
        if flow.dtype.kind not in "fiu":
            raise ToraError(f"flow holds {flow.dtype}, expected numbers (px/frame).")
        flow = torch.from_numpy(np.ascontiguousarray(flow, dtype=np.float32))
    if flow.ndim == 4:
        flow = flow[None]
    if flow.ndim != 5 or flow.shape[-1] != 2 or not flow.shape[0]:
        raise ToraError(
            f"flow has shape {tuple(flow.shape)}, expected (frames, height, width, 2), or with one clip a "
            "prompt (B, F, H, W, 2)."
        )
    if tuple(flow.shape[1:4]) != (frames, *size):
        found = tuple(flow.shape[2:4])
        raise SizeError(
            f"flow has {flow.shape[1]} frames of {_shape(found)}, expected {frames} of {_shape(size)}, the size of the "
            "video. Entry f is the step from frame f-1 to f, so a clip has as many as frames, the first one zero."
        )
    return flow.float()


def _why_still(tracks: Tracks) -> str:
    if not len(tracks):
        return "it has no tracks"
    if tracks.frames < 2:
        return "the clip has one frame"
    drawn = tracks.visible[:, 1:] & tracks.visible[:, :-1]
    if not drawn.any():
        return "no track is visible in two frames running"
    steps = np.diff(tracks.points_px, axis=1)
    if not steps[drawn].any():
        return "its tracks stand still"
    if not tracks.strength.any():
        return "its tracks all have strength 0"
    return "its tracks move outside the picture only"


def _shape(size: tuple[int, ...]) -> str:
    return f"{size[0]}x{size[1]} (height x width)"
