"""What the trajectory editor hands on besides a trajectory: one sample a frame as JSON, and a mask of discs."""

from __future__ import annotations

import json
import math

import numpy as np
import torch

from ..tora_core.trajectory import Tracks
from ..tora_core.trajectory.formats.samples import shortest


def nested_json(tracks: Tracks) -> str:
    """`[[{"x": 10, "y": 20.5}, ...], ...]`: a list a track, a sample a frame, in pixels; also for a single track.

    So core's WanMoveTracksFromCoords and WanTrackToVideo read it. It has no visibility: hidden frames have their
    position too.
    """
    return json.dumps([[{"x": shortest(x), "y": shortest(y)} for x, y in points] for points in tracks.points_px])


def disc_masks(tracks: Tracks) -> torch.Tensor:
    """Float32 (F, H, W) in 0..1: in each frame a disc of each track's radius (its sigma_px) where it is visible.

    Discs are smooth at the rim, radius + 0.5 - distance of the pixel's centre, so that slow motion doesn't jump from
    pixel to pixel; from 0.5 on a pixel is inside. Where discs meet, the larger value counts.
    """
    height, width = tracks.size
    # Of memory that is zero the system hands out only the pages that are written to: few of a large video.
    masks = np.zeros((tracks.frames, height, width), np.float32)
    for points, visible, radius in zip(tracks.points_px, tracks.visible, tracks.sigma_px.tolist(), strict=True):
        reach = radius + 0.5
        for frame in np.flatnonzero(visible):
            x, y = points[frame].tolist()
            left, right = max(0, math.ceil(x - reach)), min(width, math.floor(x + reach) + 1)
            top, bottom = max(0, math.ceil(y - reach)), min(height, math.floor(y + reach) + 1)
            if left >= right or top >= bottom:
                continue
            distance = np.hypot(np.arange(left, right) - x, np.arange(top, bottom)[:, None] - y)
            disc = np.clip(reach - distance, 0.0, 1.0).astype(np.float32)
            cut = masks[frame, top:bottom, left:right]
            np.maximum(cut, disc, out=cut)
    return torch.from_numpy(masks)
