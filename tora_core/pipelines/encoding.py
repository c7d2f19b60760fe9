"""A motion (tracks, a drawn trajectory, dense flow) to its RGB picture, and pictures through the VAE to latents."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import torch

from ..errors import SizeError, ToraError
from ..motion import flow_to_rgb, render_motion
from ..trajectory import Tracks, Trajectory

logger = logging.getLogger(__name__)


def motion_picture(motion: Any, frames: int, size: tuple[int, int]) -> torch.Tensor:
    """Draw one clip's motion: float32 (F, H, W, 3) in [0, 1], white where nothing moves.

    motion: a Trajectory (sampled to `frames` and `size`, which is (height, width)), or Tracks or dense flow that have
    this size and frame count already. Flow is an array or tensor (F, H, W, 2) of px/frame; entry f is the displacement
    from frame f-1 to f, so the first should be zero.
    Logs a warning when all of it is white: the model sees no motion then.
    Raises SizeError where size or frames differ, ToraError (TrajectoryError) for anything else.
    """
    if isinstance(motion, (Tracks, Trajectory)):
        tracks = as_tracks(motion, frames, size)
        picture = render_motion(tracks)
        reason = _why_still(tracks)
    else:
        picture = flow_to_rgb(as_flow(motion, frames, size)[0])
        reason = "the flow is zero everywhere"
    if bool((picture == 1).all()):
        logger.warning("The motion picture is empty (%s): the model sees no motion in this clip.", reason)
    return picture


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


@torch.no_grad()
def encode_motion(
    vae: Any,
    motion: Any,
    *,
    frames: int | None = None,
    size: tuple[int, int] | None = None,
    device: torch.device | str | None = None,
) -> torch.Tensor:
    """Motion to UNSCALED VAE latents, float32 (B, F', 16, h, w): the mode, so always the same.

    vae: diffusers' AutoencoderKLCogVideoX, offloaded, tiled or sliced as it is set. motion: what `motion_picture`
    takes, a list of those (B clips), or flow (B, F, H, W, 2). frames, size (height, width): of the clip; needed for a
    Trajectory, else taken from the motion. device: where the VAE computes (None: where it is), and the result is.
    Source: paper section 3.3; `prepare_latents` of the reference, which draws a posterior sample instead.
    Raises what `motion_picture` raises.
    """
    clips = as_clips(motion)
    device = torch.device(device) if device is not None else vae.device
    latents = []
    for clip in clips:  # one by one: the encoder's memory grows with the batch
        known_frames, known_size = _extent(clip, frames, size)
        picture = motion_picture(clip, known_frames, known_size).to(device)
        video = (picture * 2 - 1).permute(3, 0, 1, 2)[None].to(vae.dtype)
        latents.append(vae.encode(video).latent_dist.mode().float().transpose(1, 2))
    return torch.cat(latents)


def as_clips(motion: Any) -> list[Any]:
    """One motion or several (a list, or flow with a batch axis) as a list; ToraError for an empty one."""
    if isinstance(motion, (list, tuple)):
        if not motion:
            raise ToraError("the list of motions is empty; give one a prompt, or None for no motion.")
        return list(motion)
    if isinstance(motion, (np.ndarray, torch.Tensor)) and motion.ndim == 5:
        return list(motion)
    return [motion]


def _extent(clip: Any, frames: int | None, size: tuple[int, int] | None) -> tuple[int, tuple[int, int]]:
    if frames is not None and size is not None:
        return frames, size
    if isinstance(clip, Tracks):
        return frames or clip.frames, size or clip.size
    if isinstance(clip, (np.ndarray, torch.Tensor)) and clip.ndim == 4:
        return frames or clip.shape[0], size or (clip.shape[1], clip.shape[2])
    raise ToraError("frames and size are needed to encode this motion: give both, size as (height, width).")


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
