"""Trajectory Editor: what is drawn in the node, as every kind of output that motion nodes take.

For the browser's half a run gives back (`ui`), each as a list:
  tora_background  the pictures that are wired in, as one small file that host/temp_picture.py describes; [] where there
                   are none
  tora_wired       what is wired in besides the drawing, as the library's JSON on this canvas; [] where it is nothing,
                   or too much to be shown
  tora_notes       what a person should know, a sentence each
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from comfy_api.latest import io

from ..tora_core.errors import ToraError
from .editor_state import characters_in, read_state
from .sizes import check_video, height_input, length_input, width_input
from .sockets import EditorWidget, TrajectorySocket
from .trajectory_text import CHECKED_CHARACTERS

if TYPE_CHECKING:
    from ..tora_core.trajectory import Trajectory

logger = logging.getLogger(__name__)

MAX_SHOWN_POINTS = 20_000
"""Of what is wired in; the browser gets it as text, each run."""


class ToraTrajectoryEditor(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="ToraTrajectoryEditor",
            display_name="Trajectory Editor",
            category="Tora",
            description="Draw where things go, over a picture if you like, and when they are where. Width, height, "
            "frames and fps are set here for the whole graph.",
            search_aliases=[
                *("draw trajectory", "path editor", "spline editor", "motion path", "draw tracks", "keyframes"),
                *("tora editor", "points editor"),
            ],
            inputs=[
                EditorWidget.Input("drawing", tooltip="What is drawn. It is saved in the workflow itself."),
                width_input(),
                height_input(),
                length_input("frames"),
                io.Float.Input(
                    "fps",
                    default=8.0,
                    min=1.0,
                    max=60.0,
                    step=0.01,
                    tooltip="Frames a second, for playing in the editor and for the node that writes the video. "
                    "CogVideoX-5B was trained with 8.",
                ),
                io.Image.Input(
                    "background",
                    optional=True,
                    tooltip="A picture to draw over, or the frames of a video, which follow the timeline. It is only "
                    "shown, and changes no output.",
                ),
                TrajectorySocket.Input(
                    "trajectory",
                    optional=True,
                    tooltip="Tracks to start from: they come before the drawn ones, scaled and stretched to this size "
                    "and number of frames.",
                ),
                io.Tracks.Input(
                    "tracks",
                    optional=True,
                    tooltip="TRACKS of any node to start from, in pixels of this width and height; they come before "
                    "the drawn ones, stretched to this number of frames.",
                ),
            ],
            outputs=[
                TrajectorySocket.Output(display_name="trajectory", tooltip="For Encode Motion and Overlay Trajectory."),
                io.Tracks.Output(display_name="tracks", tooltip="The same as TRACKS, for nodes of other models."),
                io.String.Output(
                    display_name="coordinates",
                    tooltip="The same as JSON: a list of x and y for each track, one a frame, as spline editors give.",
                ),
                io.Mask.Output(
                    display_name="mask",
                    tooltip="A mask a frame: a disc of the track's radius around each visible track.",
                ),
                io.Int.Output(display_name="width", tooltip="The same width, for the latent."),
                io.Int.Output(display_name="height", tooltip="The same height, for the latent."),
                io.Int.Output(display_name="frames", tooltip="The same frame count, for the latent's length."),
                io.Float.Output(display_name="fps", tooltip="The same frame rate, for the video."),
            ],
            has_intermediate_output=True,
        )

    @classmethod
    def validate_inputs(cls, drawing=None, width=None, height=None, frames=None) -> bool | str:  # type: ignore[no-untyped-def]
        try:
            check_video(width, height, frames)
            if characters_in(drawing) > CHECKED_CHARACTERS:
                return True
            drawn = read_state(drawing)
            fitted(drawn, width or drawn.width, height or drawn.height, frames or drawn.frames, drawn.fps)
        except ToraError as error:
            return str(error)
        return True

    @classmethod
    def execute(  # type: ignore[no-untyped-def]
        cls, drawing, width, height, frames, fps, background=None, trajectory=None, tracks=None
    ) -> io.NodeOutput:
        from .editor_outputs import disc_masks, nested_json
        from .tracks import to_host

        check_video(width, height, frames)
        drawn = read_state(drawing)
        wired = wired_in(trajectory, tracks, width, height, frames, fps)
        made = fitted(drawn, width, height, frames, fps)
        made = replace(made, tracks=(*wired.tracks, *made.tracks))
        sampled = made.sample()
        shown = sum(len(track.points) for track in wired.tracks) <= MAX_SHOWN_POINTS
        notes = notes_on(drawn, made, shown)
        if not made.tracks:
            logger.warning("Trajectory Editor: %s", notes[-1])
        pictures = []
        if background is not None and len(background):
            from .host.temp_picture import save_temp_pictures

            pictures = [save_temp_pictures(background, "tora_background")]
        return io.NodeOutput(
            made,
            to_host(sampled),
            nested_json(sampled),
            disc_masks(sampled),
            made.width,
            made.height,
            made.frames,
            made.fps,
            ui={
                "tora_background": pictures,
                "tora_wired": [wired.to_dict()] if wired.tracks and shown else [],
                "tora_notes": notes,
            },
        )


def fitted(trajectory: Trajectory, width: int, height: int, frames: int, fps: float) -> Trajectory:
    """The same drawing on this canvas and over this many frames. Raises TrajectoryError where points get too far."""
    return replace(trajectory.resized(width, height), frames=frames, fps=fps)


def wired_in(trajectory: Any, tracks: Any, width: int, height: int, frames: int, fps: float) -> Trajectory:
    """What comes before the drawn tracks: those of a trajectory, then those of TRACKS; perhaps none.

    Raises TrajectoryError for what are no tracks, or too many.
    """
    from ..tora_core.trajectory import Trajectory

    wired = Trajectory(width=width, height=height, frames=frames, fps=fps)
    if trajectory is not None:
        wired = fitted(trajectory, width, height, frames, fps)
    if tracks is not None:
        from ..tora_core.trajectory.formats.samples import seen_tracks
        from .tracks import from_host

        moving = from_host(tracks, (height, width))
        wired = replace(wired, tracks=(*wired.tracks, *seen_tracks(moving.points_px, moving.visible)))
    return wired


def notes_on(drawn: Trajectory, made: Trajectory, shown: bool) -> list[str]:
    """What a person should know of a run, in sentences."""
    notes = []
    if drawn.tracks and (drawn.width, drawn.height) != (made.width, made.height):
        notes.append(
            f"The drawing is scaled from {drawn.width}x{drawn.height}, which it was made for, to "
            f"{made.width}x{made.height}."
        )
    if drawn.tracks and drawn.frames != made.frames:
        notes.append(f"The drawing is stretched from {drawn.frames} frames to {made.frames}.")
    if not shown:
        notes.append("What is wired in has too many points to be shown in the editor; the outputs have all of them.")
    if not made.tracks:
        notes.append("Nothing is drawn and no tracks are wired in, so nothing moves.")
    return notes
