"""Overlay Trajectory: the asked path drawn over a video."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from ..tora_core.errors import TrajectoryError
from ..tora_core.trajectory import Tracks
from .sockets import TrajectorySocket
from .tracks import check_one, from_host


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
                    tooltip="Instead of a trajectory: TRACKS in the pictures' own pixels, with as many frames as there "
                    "are pictures, or any number over a single picture.",
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
    """Pictures (F, H, W, 3) in [0, 1] with the path on them, float32 on the CPU; other pixels stay as they are.

    Raises ToraError unless exactly one of trajectory and tracks is given, TrajectoryError for tracks that don't fit.
    """
    import torch

    from ..tora_core.trajectory.picture import overlay_tracks, overlay_trajectory

    check_one("Overlay Trajectory", trajectory, tracks)
    images = images[..., :3].float().cpu()
    video = (images.clamp(0, 1) * 255).round().to(torch.uint8).numpy()
    if trajectory is not None:
        drawn = overlay_trajectory(video, trajectory, trails=trails, points=points, arrows=arrows)
    else:
        paths = from_host(tracks, (video.shape[1], video.shape[2]))
        now = at_each_picture(paths, len(video))
        drawn = overlay_tracks(video, now, paths=paths, trails=trails, points=points, arrows=arrows)
    return torch.where(torch.from_numpy(drawn != video), torch.from_numpy(drawn) / 255, images)


def at_each_picture(tracks: Tracks, pictures: int) -> Tracks:
    """Where tracks are in each of the pictures; over a single one where they begin. TrajectoryError if they differ."""
    if tracks.frames == pictures:
        return tracks
    if pictures == 1:
        return Tracks(tracks.points_px[:, :1], tracks.visible[:, :1], tracks.size)
    raise TrajectoryError(
        f"the tracks have {tracks.frames} frames, but there are {pictures} pictures. Make the tracks with as many, or "
        "take a trajectory, which is stretched to any number."
    )
