"""Tracks to blurred flow, and straight to the RGB motion picture that Tora's extractor reads.

Source: the reference's traj_utils.py `process_traj` and torchvision's `flow_to_image`, which its inference.py calls.
For whole-pixel points inside the raster that don't share a pixel the flow is the reference's; where two tracks share
one, the reference lets the later overwrite the earlier, and here they add.
"""

from __future__ import annotations

import numpy as np
import torch

from ..errors import ToraError
from ..trajectory.tracks import Tracks
from .color import color_scale, draw_colors
from .patches import flow_patches
from .sources import Sources, find_sources


@torch.no_grad()
def render_flow(tracks: Tracks, *, apply_strength: bool = True) -> torch.Tensor:
    """Render tracks as a blurred flow.

    The step p[i+1] - p[i] of a track enters frame i+1 at p[i], if the track is visible at both ends: bilinearly onto
    the pixels round p[i] (those outside the raster are dropped), then blurred with a Gaussian of the track's sigma_px
    whose centre is 1, border mirrored without the edge pixel (reflect-101). Several tracks add. No position is an
    error; moves beyond 1e9 px are shortened to that.

    tracks: N tracks over F frames on a raster (H, W).
    apply_strength: multiply each track's flow by its strength. A picture of it must still be scaled by the UNSCALED
        flow, or the strength of a lone track would cancel: `flow_to_rgb(render_flow(t), max_norm=flow_norm(t))` does
        that, and `render_motion(t)` is the same in one step.
    Returns float32 (F, H, W, 2): dx and dy in px/frame, frame 0 all zero; on the CPU.

    Raises TrajectoryError if a sigma_px is above 4096.
    """
    sources = find_sources(tracks, apply_strength=apply_strength)
    flow = torch.zeros(tracks.frames, *tracks.size, 2, dtype=torch.float32, device="cpu")
    for frame in range(tracks.frames):
        for patch in flow_patches(sources, frame):
            flow[frame, patch.rows, patch.columns, 0] = patch.u
            flow[frame, patch.rows, patch.columns, 1] = patch.v
    return flow


@torch.no_grad()
def flow_norm(tracks: Tracks) -> float:
    """Return the largest length in px/frame of the unscaled (strength 1) flow over the whole clip; 0 if nothing moves.

    Holds a few rows of one frame at a time, never the clip. Raises TrajectoryError as `render_flow` does.
    """
    return _largest_norm(find_sources(tracks, apply_strength=False), tracks.frames)


@torch.no_grad()
def render_motion(
    tracks: Tracks, *, max_norm: float | None = None, frames: slice | range | None = None
) -> torch.Tensor:
    """Render tracks as the RGB motion picture: `flow_to_rgb(render_flow(tracks), max_norm=flow_norm(tracks))`, faster.

    Only rectangles that a source reaches are computed, the rest is white, and the flow of a clip is never held.

    max_norm: the length in px/frame that gets the full colour; None takes `flow_norm(tracks)`. Whoever asks for a clip
        chunk by chunk should compute that once and hand it in.
    frames: which frames to render, None for all; the picture is the same as those frames of the whole clip.
    Returns float32 (frames, H, W, 3), RGB in [0, 1] on steps of 1/255; on the CPU.

    Raises ToraError for frames outside the clip or a max_norm that is no finite number of at least 0, TrajectoryError
    as `render_flow` does.
    """
    chosen = _chosen_frames(tracks, frames)
    unit_strength = bool((tracks.strength == 1).all())
    sources = find_sources(tracks, apply_strength=True)
    if max_norm is None:
        unscaled = sources if unit_strength else find_sources(tracks, apply_strength=False)
        max_norm = _largest_norm(unscaled, tracks.frames)
    scale = color_scale(max_norm)
    picture = torch.ones(len(chosen), *tracks.size, 3, dtype=torch.float32, device="cpu")
    for index, frame in enumerate(chosen):
        for patch in flow_patches(sources, frame):
            draw_colors(patch.u, patch.v, scale, picture[index, patch.rows, patch.columns])
    return picture


def _largest_norm(sources: Sources, frames: int) -> float:
    largest = 0.0
    for frame in range(frames):
        for patch in flow_patches(sources, frame):
            largest = max(largest, float((patch.u * patch.u).addcmul_(patch.v, patch.v).amax()))
    return float(np.sqrt(np.float32(largest)))


def _chosen_frames(tracks: Tracks, frames: slice | range | None) -> range:
    if frames is None:
        return range(tracks.frames)
    if isinstance(frames, slice):
        return range(tracks.frames)[frames]
    if frames and not (min(frames) >= 0 and max(frames) < tracks.frames):
        raise ToraError(f"frames is {frames}, expected frames of a clip of {tracks.frames}: 0 to {tracks.frames - 1}.")
    return frames
