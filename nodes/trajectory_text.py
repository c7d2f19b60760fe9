"""Trajectory (text): pasted or wired text in any format that the library reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from comfy_api.latest import io

from ..tora_core.errors import ToraError
from .sizes import height_input, length_input, why_not_video, width_input
from .sockets import TrajectorySocket

if TYPE_CHECKING:
    from ..tora_core.trajectory import ReadInfo, Trajectory

EXAMPLE = '[[{"x": 100, "y": 380}, {"x": 240, "y": 120}, {"x": 440, "y": 300}, {"x": 620, "y": 140}]]'
AUTO = "auto"
TEXT_FORMATS = (
    *("tora-json", "spline-editor", "tora-txt", "tora-txt-decimal", "tora-text-box", "points-store", "ati"),
    *("ltx-points", "sa-tracks", "path-animator", "point-lists", "dragnuwa", "motionctrl", "csv", "svg"),
)
"""The library's formats that are text, by name: importing them all would slow ComfyUI's start (a test compares)."""
CHECKED_CHARACTERS = 1_000_000
"""Longer texts are read when the graph runs only: while a prompt is checked, the server answers nobody."""


class ToraTrajectoryFromText(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="ToraTrajectoryFromText",
            display_name="Trajectory (text)",
            category="Tora",
            description="Reads a trajectory from text: Tora's own JSON and txt, the coordinates of spline editors, "
            "CSV, SVG and what other packs use. Paste it, or wire any STRING.",
            search_aliases=["trajectory", "path", "spline", "coordinates", "points", "tora txt", "import trajectory"],
            inputs=[
                io.String.Input(
                    "text",
                    default=EXAMPLE,
                    multiline=True,
                    tooltip="The trajectory. Which format it is in is found out; the node shows how it was read.",
                ),
                width_input(),
                height_input(),
                length_input("frames"),
                io.Combo.Input(
                    "format",
                    options=[AUTO, *TEXT_FORMATS],
                    default=AUTO,
                    optional=True,
                    advanced=True,
                    tooltip="auto looks at the text. Choose one where the text could be two things.",
                ),
            ],
            outputs=[
                TrajectorySocket.Output(display_name="trajectory", tooltip="For Encode Motion and Overlay Trajectory."),
                io.Int.Output(display_name="width", tooltip="The same width, for the latent."),
                io.Int.Output(display_name="height", tooltip="The same height, for the latent."),
                io.Int.Output(display_name="frames", tooltip="The same frame count, for the latent's length."),
            ],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def validate_inputs(cls, text=None, width=None, height=None, frames=None, format=None) -> bool | str:  # type: ignore[no-untyped-def]
        legal = why_not_video(width, height, frames)
        if legal is not True:
            return legal
        if format not in (None, AUTO, *TEXT_FORMATS):
            return f"format is {format!r}, expected one of {AUTO}, {', '.join(TEXT_FORMATS)}."
        if text is None or len(str(text)) > CHECKED_CHARACTERS:  # None: wired, so there is nothing to read yet
            return True
        try:
            read(text, width or 720, height or 480, frames or 49, format or AUTO)
        except ToraError as error:
            return str(error)
        return True

    @classmethod
    def execute(cls, text: str, width: int, height: int, frames: int, format: str = AUTO) -> io.NodeOutput:
        from .host.status import show_on_node

        trajectory, told = read(text, width, height, frames, format)
        show_on_node(cls, told)
        return io.NodeOutput(trajectory, width, height, frames)


def read(text: Any, width: int, height: int, frames: int, format: str) -> tuple[Any, str]:
    """The Trajectory at this size, and a line that says how it was read. Raises ToraError."""
    from ..tora_core.trajectory.files import read_text

    trajectory, info = read_text(
        text, width=width, height=height, frames=frames, format=None if format == AUTO else format
    )
    return trajectory, how_read(trajectory, info)


def how_read(trajectory: Trajectory, info: ReadInfo) -> str:
    """Sentences for the node: how many tracks, the format, why it was taken for that, and what to know about it."""
    count = len(trajectory.tracks)
    told = f"{count} track{'s' if count != 1 else ''}, {info.format}: {info.reason}"
    return " ".join(f"{part[0].upper()}{part[1:]}." for part in (told, *info.notes))
