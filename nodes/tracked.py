"""What the nodes that follow something through a video share: the frame rate, and what they hand on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from comfy_api.latest import io

from .sockets import TrajectorySocket
from .tracks import to_host

if TYPE_CHECKING:
    from ..tora_core.trajectory import Tracks, Trajectory


def fps_input() -> io.Input:
    return io.Float.Input(
        "fps",
        default=8.0,
        min=0.1,
        max=1000.0,
        step=1.0,
        round=0.001,
        optional=True,
        advanced=True,
        tooltip="Frames a second that the trajectory tells the editor; it changes no motion.",
    )


def tracked_outputs(followed: str, trajectory: str, tracks: str) -> list[io.Output]:
    """The outputs of `tracked_output`. `followed` names the frames ("pictures"); the other two are tooltips."""
    return [
        TrajectorySocket.Output(display_name="trajectory", tooltip=trajectory),
        io.Tracks.Output(display_name="tracks", tooltip=tracks),
        io.Int.Output(display_name="width", tooltip=f"Width of the {followed}."),
        io.Int.Output(display_name="height", tooltip=f"Height of the {followed}."),
        io.Int.Output(display_name="frames", tooltip=f"How many {followed} there are."),
    ]


def tracked_output(made: Trajectory, tracks: Tracks) -> io.NodeOutput:
    return io.NodeOutput(made, to_host(tracks), made.width, made.height, made.frames)
