"""Export Trajectory: text, TRACKS or a file for other tools, and what is lost on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from comfy_api.latest import io

from ..tora_core.errors import TrajectoryError
from .endings import ENDINGS
from .own_size import at_size, own_size_inputs
from .sockets import TrajectorySocket

if TYPE_CHECKING:
    from ..tora_core.trajectory import Trajectory

ARRAYS = (".npy", ".npz")


class ToraExportTrajectory(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="ToraExportTrajectory",
            display_name="Export Trajectory",
            category="Tora",
            description="Writes a trajectory for other tools: as text in a format of your choice, as TRACKS, and as a "
            "file in ComfyUI's output folder. Shows what the format can't hold.",
            search_aliases=[
                *("save trajectory", "write trajectory", "trajectory to tracks", "trajectory to json", "ati tracks"),
                *("wan move tracks", "track to video", "spline coordinates", "svg", "csv"),
            ],
            is_output_node=True,
            inputs=[
                TrajectorySocket.Input("trajectory", tooltip="What is written; it stays as it is."),
                io.Combo.Input(
                    "format",
                    options=list(ENDINGS),
                    default="tora-json",
                    tooltip="Of the text and the file. tora-json keeps everything; ati is for WanTrackToVideo, "
                    "spline-editor for most others. tracks, wan-move, wan2gp, cotracker and tap-vid are arrays: they "
                    "make a file, but no text.",
                ),
                io.Boolean.Input(
                    "save_file", default=False, tooltip="Also writes a file to ComfyUI's output folder, each run anew."
                ),
                io.String.Input(
                    "filename_prefix",
                    default="tora/trajectory",
                    tooltip="The file's name in the output folder, perhaps with a subfolder before it. A number and "
                    "the format's ending follow.",
                ),
                *own_size_inputs(),
            ],
            outputs=[
                io.String.Output(
                    display_name="text",
                    is_output_list=True,
                    tooltip="The trajectory as text; of tora-txt and motionctrl a text for each track.",
                ),
                io.Tracks.Output(display_name="tracks", tooltip="The same as TRACKS, whatever the format is."),
                io.String.Output(display_name="report", tooltip="What was written, and what the format can't hold."),
            ],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def validate_inputs(cls, format=None, save_file=None) -> bool | str:  # type: ignore[no-untyped-def]
        if format is not None and format not in ENDINGS:
            return f"format is {format!r}, expected one of {', '.join(ENDINGS)}."
        return no_text(format) if format is not None and save_file is False and is_arrays(format) else True

    @classmethod
    def execute(  # type: ignore[no-untyped-def]
        cls, trajectory, format, save_file, filename_prefix, width=0, height=0, frames=0
    ) -> io.NodeOutput:
        from .host.status import show_on_node
        from .tracks import to_host

        written = at_size(trajectory, width, height, frames)
        texts, losses, files = exported(written, format, filename_prefix if save_file else None)
        told = report(written, format, losses, files)
        show_on_node(cls, told)
        return io.NodeOutput(texts, to_host(written.sample()), told, ui={"tora_files": files})


def is_arrays(format: str) -> bool:
    return ENDINGS.get(format) in ARRAYS


def no_text(format: str) -> str:
    return f"{format} is made of arrays, which fit into a file but not into a text: turn save_file on."


def exported(
    trajectory: Trajectory, format: str, prefix: str | None
) -> tuple[list[str], list[str], list[dict[str, str]]]:
    """The texts in this format, what it can't hold, and the files that were written if there is a prefix for them.

    Formats of arrays give one empty text, as ComfyUI fails on an empty list. Raises ToraError.
    """
    from ..tora_core.trajectory.formats import format_named

    known = format_named(format)
    if known.binary and prefix is None:
        raise TrajectoryError(no_text(format))
    texts: list[Any] = [""] if known.binary else list(known.write(trajectory))
    if not texts:
        raise TrajectoryError(f"there are no tracks, and {format} can't hold a trajectory without.")
    if prefix is None:
        return texts, known.losses(trajectory), []
    from .host.trajectory_files import save_output

    files, losses = save_output(trajectory, format, ENDINGS[format], prefix)
    return texts, losses, files


def report(trajectory: Trajectory, format: str, losses: list[str], files: list[dict[str, str]]) -> str:
    """Sentences for the node: what was written, what is lost, and where the files are."""
    count = len(trajectory.tracks)
    size = f"{trajectory.width}x{trajectory.height}, {trajectory.frames} frame{'s' if trajectory.frames != 1 else ''}"
    told = f"{count} track{'s' if count != 1 else ''} as {format}: {size}. "
    told += f"Lost: {'; '.join(losses)}." if losses else "Nothing is lost."
    names = ["/".join(filter(None, (file["subfolder"], file["filename"]))) for file in files]
    if len(names) > 4:
        names = [*names[:2], f"... {names[-1]} ({len(names)} files)"]
    return f"{told} Written: {', '.join(names)}." if names else told
