"""Camera Motion: pan, tilt, zoom and roll, as tracks, added to tracks, or taken out of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from comfy_api.latest import io

from ..tora_core.errors import ToraError
from .shaping import (
    CATEGORY,
    check_tracks,
    chosen,
    clip_time,
    count,
    degrees,
    easing_input,
    of,
    option,
    pixels,
    show,
    tracks_input,
    trajectory_output,
    why_not,
)
from .sizes import check_video, height_input, length_input, width_input
from .sockets import TrajectorySocket

if TYPE_CHECKING:
    from ..tora_core.trajectory import Trajectory
    from ..tora_core.trajectory.shaping import CameraMove

NEW, ADD, CANCEL = "as new tracks", "added to tracks", "cancelled from tracks"


class ToraCameraMotion(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        def grid(name: str, default: int, tooltip: str) -> io.Input:
            return io.Int.Input(name, default=default, min=1, max=30, step=1, tooltip=tooltip)

        return io.Schema(
            node_id="ToraCameraMotion",
            display_name="Camera Motion",
            category=CATEGORY,
            description="Moves the camera: a grid of new tracks on which the whole scene moves, or tracks of the scene "
            "as the moving camera sees them, or the camera's motion taken out of tracks.",
            search_aliases=["pan", "tilt", "zoom", "roll", "dolly", "camera trajectory", "camera control", "stabilize"],
            inputs=[
                TrajectorySocket.Input(
                    "trajectory",
                    optional=True,
                    tooltip="The tracks to change; or, for new tracks, those that they come behind and whose size they "
                    "take.",
                ),
                pixels("pan", "Pixels by which the camera goes to the right; the picture moves to the left."),
                pixels("tilt", "Pixels by which the camera goes up; the picture moves down."),
                io.Float.Input(
                    "zoom",
                    default=1.0,
                    min=0.01,
                    max=100.0,
                    step=0.05,
                    round=0.0001,
                    tooltip="How many times larger things are at the end; below 1 the camera goes back.",
                ),
                degrees("roll", "Degrees by which the camera turns clockwise; the picture turns the other way."),
                clip_time("start", 0.0, "When the camera begins to move.", True),
                clip_time("end", 1.0, "When it has arrived.", True),
                easing_input(tooltip="How the camera's speed runs."),
                io.DynamicCombo.Input(
                    "how",
                    options=[
                        io.DynamicCombo.Option(
                            NEW,
                            [
                                grid("columns", 4, "New tracks from left to right."),
                                grid("rows", 3, "New tracks from top to bottom."),
                                pixels(
                                    "clear",
                                    "New tracks that come nearer than this to a wired track, in pixels, are left out, "
                                    "so that the camera doesn't take along what has a track of its own.",
                                    least=0.0,
                                ),
                                width_input(),
                                height_input(),
                                length_input("frames"),
                            ],
                        ),
                        io.DynamicCombo.Option(ADD, []),
                        io.DynamicCombo.Option(CANCEL, []),
                    ],
                    tooltip="as new tracks: a grid over the picture; with a trajectory wired in, width, height and "
                    "frames are its own. added to tracks: things of the scene as the camera sees them. cancelled from "
                    "tracks: the reverse, for tracks of a video with that camera motion.",
                ),
                tracks_input("Which tracks are changed, or kept clear of"),
            ],
            outputs=[
                trajectory_output("The changed tracks; or all wired tracks, and the new ones behind them."),
                io.Int.Output(display_name="width", tooltip="Its width, for the latent."),
                io.Int.Output(display_name="height", tooltip="Its height, for the latent."),
                io.Int.Output(display_name="frames", tooltip="Its frame count, for the latent's length."),
            ],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def validate_inputs(cls, start=None, end=None, how=None, tracks=None) -> bool | str:  # type: ignore[no-untyped-def]
        return why_not(
            lambda: option(how, "how"),
            lambda: check_tracks(tracks),
            lambda: None in (start, end) or camera(start=start, end=end),
        )

    @classmethod
    def execute(  # type: ignore[no-untyped-def]
        cls, pan, tilt, zoom, roll, start, end, easing, how=None, trajectory=None, tracks=""
    ) -> io.NodeOutput:
        move = camera(pan_px=pan, tilt_px=tilt, zoom=zoom, roll_degrees=roll, start=start, end=end, easing=easing)
        made, done = filmed(trajectory, move, how, tracks)
        show(cls, done, made)
        return io.NodeOutput(made, made.width, made.height, made.frames)


def camera(**values: Any) -> CameraMove:
    from ..tora_core.trajectory.shaping import CameraMove

    return CameraMove(**values)


def filmed(trajectory: Any, move: CameraMove, how: Any, tracks: str) -> tuple[Trajectory, str]:
    """The trajectory with the camera in it, and what was done. Raises ToraError."""
    from ..tora_core.trajectory.shaping import add_camera, cancel_camera

    kind, grid = option(how, "how")
    if kind == NEW:
        return with_grid(trajectory, move, tracks, **grid)
    if trajectory is None:
        raise ToraError(
            f"the camera is {kind}, but no trajectory is wired into Camera Motion. Wire one, or set how to {NEW}."
        )
    numbers = chosen(trajectory, tracks)
    edit = add_camera if kind == ADD else cancel_camera
    return edit(trajectory, move, only=numbers), f"camera {kind}: {of(numbers, trajectory)}"


def with_grid(
    trajectory: Any,
    move: CameraMove,
    tracks: str,
    *,
    columns: int,
    rows: int,
    clear: float,
    width: int,
    height: int,
    frames: int,
) -> tuple[Trajectory, str]:
    """The wired tracks, if any, and behind them those of the grid that keep clear of them. Raises ToraError."""
    from ..tora_core.trajectory import Trajectory
    from ..tora_core.trajectory.shaping import camera_tracks, merge, pick
    from ..tora_core.trajectory.shaping.apart import apart

    if trajectory is None:
        check_video(width, height, frames)
        trajectory = Trajectory(width=width, height=height, frames=frames)
    near = pick(trajectory, chosen(trajectory, tracks))
    whole = camera_tracks(
        move,
        width=trajectory.width,
        height=trajectory.height,
        frames=trajectory.frames,
        fps=trajectory.fps,
        columns=columns,
        rows=rows,
    )
    kept = apart(whole, near, clear)
    left_out = len(whole.tracks) - len(kept.tracks)
    notes = f", {left_out} left out near others" if left_out else ""
    return merge(trajectory, kept), f"camera {NEW}, {count(len(kept.tracks), 'track')}{notes}"
