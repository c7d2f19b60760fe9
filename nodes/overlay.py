"""Overlay Trajectory: the asked path drawn over a video."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from ..tora_core.errors import ToraError
from .sockets import TrajectorySocket
from .tracks import from_host


class ToraOverlayTrajectory(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="ToraOverlayTrajectory",
            display_name="Overlay Trajectory",
            category="Tora",
            description="Draws trajectories over pictures: where each track goes, and where it is in each frame.",
            search_aliases=["draw trajectory", "draw tracks", "visualize path", "show motion", "tora overlay"],
            inputs=[
                io.Image.Input("images", tooltip="The video, or any pictures; they stay as they are."),
                TrajectorySocket.Input(
                    "trajectory", optional=True, tooltip="Scaled to the size and frame count of the pictures."
                ),
                io.Tracks.Input(
                    "tracks",
                    optional=True,
                    tooltip="Instead of a trajectory: TRACKS in the pictures' own pixels, one point a frame.",
                ),
                io.Boolean.Input("trails", default=True, tooltip="The whole path of every track."),
                io.Boolean.Input("points", default=True, tooltip="A dot where the track is in each frame."),
                io.Boolean.Input("arrows", default=True, tooltip="An arrow head where the path ends."),
            ],
            outputs=[io.Image.Output(display_name="images")],
        )

    @classmethod
    def execute(  # type: ignore[no-untyped-def]
        cls, images, trajectory=None, tracks=None, trails=True, points=True, arrows=True
    ) -> io.NodeOutput:
        return io.NodeOutput(overlaid(images, trajectory, tracks, trails=trails, points=points, arrows=arrows))


def overlaid(images: Any, trajectory: Any, tracks: Any, *, trails: bool, points: bool, arrows: bool) -> Any:
    """Pictures (F, H, W, 3) in [0, 1] with the path on them. Raises ToraError unless exactly one is given."""
    import numpy as np
    import torch

    from ..tora_core.trajectory.picture import overlay_tracks

    if (trajectory is None) == (tracks is None):
        raise ToraError(
            f"{'nothing' if trajectory is None else 'trajectory and tracks'} is wired into Overlay Trajectory, "
            "expected one of them."
        )
    frames, size = images.shape[0], (images.shape[1], images.shape[2])
    colors = None
    if trajectory is not None:
        drawn = trajectory.sample(frames, size)
        colors = [track.color for track in trajectory.tracks]
    else:
        drawn = from_host(tracks, size)
    video = (images[..., :3].float().cpu().clamp(0, 1) * 255).round().to(torch.uint8).numpy()
    result = overlay_tracks(video, drawn, colors=colors, trails=trails, points=points, arrows=arrows)
    return torch.from_numpy(result.astype(np.float32) / 255)
