"""Import Trajectory: a file, wired texts or TRACKS, in any format that the library reads.

It takes lists whole (is_input_list), so that several texts become the tracks of one trajectory. Hence every input
arrives as a list, mostly of one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from comfy_api.latest import io

from ..tora_core.errors import ToraError, TrajectoryError
from .own_size import MAX_CANVAS_PX, MAX_FRAMES
from .sockets import TrajectorySocket
from .trajectory_text import AUTO, CHECKED_CHARACTERS, TEXT_FORMATS, how_read

if TYPE_CHECKING:
    from ..tora_core.trajectory import ReadInfo, Trajectory

NO_FILE = "none"
ARRAY_FORMATS = ("tracks", "wan-move", "wan2gp", "cotracker", "tap-vid")
"""The library's formats that are read from arrays, by name, as TEXT_FORMATS are (a test compares)."""
FORMATS = (*TEXT_FORMATS, *ARRAY_FORMATS)
LINKS = {"file": "COMBO", "text": "STRING", "tracks": "TRACKS", "format": "COMBO"} | dict.fromkeys(
    ("width", "height", "frames"), "INT"
)


class ToraImportTrajectory(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        from .host.trajectory_files import input_choices

        def size(name: str, most: int, more: str) -> io.Input:
            return io.Int.Input(
                name, default=0, min=0, max=most, tooltip=f"0 takes the {name} that the source tells. {more}"
            )

        canvas = "Points in pixels count on this canvas; what has one of its own is scaled to it."
        return io.Schema(
            node_id="ToraImportTrajectory",
            display_name="Import Trajectory",
            category="Tora",
            description="Reads a trajectory of any other tool: a file of ComfyUI's input folder (JSON, txt, CSV, SVG, "
            "npy, npz, pt), the text of a spline editor or a list of such, or TRACKS. Shows how it was read.",
            search_aliases=[
                *("load trajectory", "read trajectory", "trajectory file", "load tracks", "tracks to trajectory"),
                *("spline coordinates", "cotracker", "tap-vid", "svg path", "csv"),
            ],
            is_input_list=True,
            inputs=[
                io.Combo.Input(
                    "file",
                    options=[NO_FILE, *input_choices()],
                    default=NO_FILE,
                    tooltip="A file of ComfyUI's input folder; copy it there and press R. A name that ends with a "
                    "slash is a folder, each .txt in it a track. none where something is wired in.",
                ),
                size("width", MAX_CANVAS_PX, canvas),
                size("height", MAX_CANVAS_PX, canvas),
                size("frames", MAX_FRAMES, "Any other number stretches the motion over it."),
                io.String.Input(
                    "text",
                    default="",
                    optional=True,
                    force_input=True,
                    tooltip="Instead of a file: text of any node, or a list of texts, whose tracks are joined.",
                ),
                io.Tracks.Input("tracks", optional=True, tooltip="Instead of a file: TRACKS of any node, in pixels."),
                io.Combo.Input(
                    "format",
                    options=[AUTO, *FORMATS],
                    default=AUTO,
                    optional=True,
                    advanced=True,
                    tooltip="auto looks at what is in it; the ending of a file plays no part. Choose one where it "
                    "could be two things.",
                ),
            ],
            outputs=[
                TrajectorySocket.Output(display_name="trajectory", tooltip="For every node that takes a trajectory."),
                io.Int.Output(display_name="width", tooltip="Of the canvas, in pixels."),
                io.Int.Output(display_name="height", tooltip="Of the canvas, in pixels."),
                io.Int.Output(display_name="frames", tooltip="The frame count."),
                io.Float.Output(display_name="fps", tooltip="The frame rate; 8 where the source doesn't tell one."),
                io.String.Output(
                    display_name="report", tooltip="How it was read: format, reason, and what to know about it."
                ),
            ],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def validate_inputs(  # type: ignore[no-untyped-def]
        cls, input_types=None, file=None, width=None, height=None, frames=None, text=None, tracks=None, format=None
    ) -> bool | str:
        # input_types has the links alone: by value a link and an explicit null can't be told apart. Asking for it
        # leaves the types of all links to us.
        linked = {name: kind for links in input_types or () for name, kind in links.items()}
        for name, kind in linked.items():
            if not _fits(kind, LINKS.get(name, "*")):
                return f"{name} is wired to {kind}, expected {LINKS[name]}."
        try:
            given = {name: name in linked or _there(value) for name, value in (("text", text), ("tracks", tracks))}
            values = {"file": file, "width": width, "height": height, "frames": frames, "format": format}
            known = {name: _one(name, value) for name, value in values.items() if value and name not in linked}
            for name, most in (("width", MAX_CANVAS_PX), ("height", MAX_CANVAS_PX), ("frames", MAX_FRAMES)):
                if not 0 <= known.get(name, 0) <= most:
                    return f"{name} is {known[name]}, expected 0 (as the source says) to {most}."
            if known.get("format", AUTO) not in (AUTO, *FORMATS):
                return f"format is {known['format']!r}, expected one of {AUTO}, {', '.join(FORMATS)}."
            if "file" not in linked:
                _exactly_one(known.get("file", NO_FILE), given)
            if known.get("file", NO_FILE) != NO_FILE:
                _read_if_small(known, linked)
        except ToraError as error:
            return str(error)
        return True

    @classmethod
    def fingerprint_inputs(cls, file=None, **_: Any) -> Any:  # type: ignore[no-untyped-def]
        from .host.trajectory_files import fingerprint

        return [fingerprint(name) for name in file or () if isinstance(name, str) and name != NO_FILE]

    @classmethod
    def execute(  # type: ignore[no-untyped-def]
        cls, file, width, height, frames, text=None, tracks=None, format=(AUTO,)
    ) -> io.NodeOutput:
        from .host.status import show_on_node

        sizes = [_one(name, v) for name, v in (("width", width), ("height", height), ("frames", frames))]
        chosen, wanted = _one("file", file), _one("format", format)
        _exactly_one(chosen, {"text": _there(text), "tracks": _there(tracks)})
        if chosen != NO_FILE:
            trajectory, info = read_file(chosen, *sizes, wanted)
        elif _there(tracks):
            trajectory, info = read_tracks(_one("tracks", tracks), *sizes, wanted)
        else:
            trajectory, info = read_texts(text, *sizes, wanted)
        told = how_read(trajectory, info)
        show_on_node(cls, told)
        return io.NodeOutput(trajectory, trajectory.width, trajectory.height, trajectory.frames, trajectory.fps, told)


def read_file(name: str, width: int, height: int, frames: int, format: str) -> tuple[Trajectory, ReadInfo]:
    """The trajectory in a file of the input folder and how it was read; 0 and auto leave it to the file.

    Raises TrajectoryError.
    """
    from ..tora_core.trajectory.files import read_files
    from .host.trajectory_files import input_path, without_folder

    try:
        return read_files(input_path(name), **_wanted(width, height, frames, format))
    except TrajectoryError as error:
        raise TrajectoryError(without_folder(str(error))) from None


def read_tracks(tracks: Any, width: int, height: int, frames: int, format: str) -> tuple[Trajectory, ReadInfo]:
    """The trajectory in TRACKS and how it was read; 0 leaves it to them. Raises TrajectoryError."""
    from ..tora_core.trajectory.files import read_text

    if format not in (AUTO, "tracks"):
        raise TrajectoryError(f"format is {format}, but TRACKS are wired in: set it to auto.")
    if not isinstance(tracks, dict):
        raise TrajectoryError(f"tracks is a {type(tracks).__name__}, expected TRACKS: a dict with track_path.")
    return read_text(tracks, **_wanted(width, height, frames, "tracks"))


def read_texts(values: Sequence[Any], width: int, height: int, frames: int, format: str) -> tuple[Trajectory, ReadInfo]:
    """The trajectory in what arrived at the text input and how it was read. Raises TrajectoryError.

    A list that is one of the values is what KJNodes' AppendStringsToList gives; several values are one of ComfyUI's own
    lists. All texts together are one trajectory.
    """
    from ..tora_core.trajectory.files import read_text

    source = values[0] if len(values) == 1 else [part for value in values for part in _parts(value)]
    if isinstance(source, (list, tuple)) and not source:
        raise TrajectoryError("the list that is wired into text is empty, expected at least one text.")
    return read_text(source, **_wanted(width, height, frames, format))


def _parts(value: Any) -> Sequence[Any]:
    parts = value if isinstance(value, (list, tuple)) else [value]
    if not all(isinstance(part, str) for part in parts):
        raise TrajectoryError("several things are wired into text, and not all of them are text.")
    return parts


def _wanted(width: int, height: int, frames: int, format: str) -> dict[str, Any]:
    return {
        "width": width or None,
        "height": height or None,
        "frames": frames or None,
        "format": None if format == AUTO else format,
    }


def _fits(kind: Any, expected: str) -> bool:
    """Whether an output of this type goes into an input, by the host's own rule, which lets odd types pass."""
    if not isinstance(kind, str) or expected == "*":
        return True
    return bool({expected, "*", "COMFY_MATCHTYPE_V3"} & set(kind.split(",")))


def _there(values: Any) -> bool:
    """Whether anything arrived; an explicit null did not."""
    return values is not None and list(values) != [None]


def _one(name: str, values: Sequence[Any]) -> Any:
    """The only one of the values. Raises ToraError for none or several: which of them is meant can't be told."""
    if len(values) != 1:
        raise ToraError(f"{len(values)} values are wired into {name} of Import Trajectory, expected one.")
    return values[0]


def _exactly_one(file: str, given: dict[str, bool]) -> None:
    """Raise ToraError unless there is one source: a chosen file, or something that is wired in."""
    sources = [*([f"the file {file}"] if file != NO_FILE else []), *(name for name, there in given.items() if there)]
    if len(sources) != 1:
        raise ToraError(
            f"Import Trajectory has {' and '.join(sources) or 'nothing'} to read, expected one: choose a file, or set "
            "it to none and wire text or tracks."
        )


def _read_if_small(known: dict[str, Any], linked: dict[str, str]) -> None:
    """Look for the file while the graph is queued, and read it where all is known, to tell early what is wrong.

    Raises TrajectoryError.
    """
    from .host.trajectory_files import fingerprint, input_path

    input_path(known["file"])
    small = sum(size for _, size, _ in fingerprint(known["file"]) or ()) <= CHECKED_CHARACTERS
    if small and not {"width", "height", "frames", "format"} & set(linked):
        sizes = [known.get(name, 0) for name in ("width", "height", "frames")]
        read_file(known["file"], *sizes, known.get("format", AUTO))
