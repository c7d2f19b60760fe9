"""Track Video: points followed through pictures, as a trajectory that can be edited."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from comfy_api.latest import io

from ..tora_core.errors import ToraError
from .pictures import check_links
from .shaping import count, option, points_in, why_not
from .sockets import TrajectorySocket
from .tracked import fps_input, tracked_output, tracked_outputs

if TYPE_CHECKING:
    import numpy as np

    from ..tora_core.trajectory import Tracks, Trajectory

CATEGORY = "Tora/tracking"
LUCAS_KANADE, DIS, MODEL, COTRACKER = "lucas-kanade", "dis flow", "optical flow model", "cotracker"
GRID, MASK, TRAJECTORY = "grid", "mask", "trajectory"
MAX_POINTS = 1_000
"""The library's, which is not imported at the start (a test compares)."""

LINKS = {
    **{"images": "IMAGE", "mask": "MASK", "trajectory": "TORA_TRAJECTORY", "optical_flow": "OPTICAL_FLOW"},
    **dict.fromkeys(("start_frame", "least_seen", "points.columns", "points.rows", "points.count"), "INT"),
    **dict.fromkeys(("simplify", "merge_similar", "fps", "around"), "FLOAT"),
    **dict.fromkeys(("method", "cotracker_file"), "COMBO"),
}


class ToraTrackVideo(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        from .host.cotracker import FIRST, cotracker_choices

        def number(name: str, default: int, most: int, tooltip: str) -> io.Input:
            return io.Int.Input(name, default=default, min=1, max=most, step=1, tooltip=tooltip)

        def pixels(name: str, default: float, tooltip: str, advanced: bool | None = None) -> io.Input:
            return io.Float.Input(
                name, default=default, min=0.0, max=1000.0, step=0.1, round=0.001, tooltip=tooltip, advanced=advanced
            )

        return io.Schema(
            node_id="ToraTrackVideo",
            display_name="Track Video",
            category=CATEGORY,
            description="Follows points through a video and gives their ways as a trajectory of few points, which the "
            "editor opens. Hidden points are said to be hidden, and are found again by what they looked like. Needs "
            "no weights.",
            search_aliases=[
                *("point tracker", "optical flow tracking", "motion from video", "tapir", "cotracker", "lucas kanade"),
                *("follow points", "video to trajectory"),
            ],
            inputs=[
                io.Image.Input("images", tooltip="The video, one picture a frame."),
                io.Combo.Input(
                    "method",
                    options=[LUCAS_KANADE, DIS, MODEL, COTRACKER],
                    default=LUCAS_KANADE,
                    tooltip="lucas-kanade: exact on texture, the best on most videos. dis flow: dense flow, also where "
                    "things are smooth. optical flow model: what is wired into optical_flow. cotracker: where its "
                    "package is installed and its weights are in models/cotracker; not tested on real weights.",
                ),
                io.DynamicCombo.Input(
                    "points",
                    options=[
                        io.DynamicCombo.Option(
                            GRID,
                            [
                                number("columns", 6, 100, "Points from left to right."),
                                number("rows", 4, 100, "Points from top to bottom."),
                            ],
                        ),
                        io.DynamicCombo.Option(
                            MASK, [number("count", 8, MAX_POINTS, "Points, spread evenly inside the mask.")]
                        ),
                        io.DynamicCombo.Option(TRAJECTORY, []),
                    ],
                    tooltip="Where points start. grid: evenly over the picture. mask: inside the wired mask. "
                    "trajectory: where the tracks of the wired trajectory are in the start frame.",
                ),
                io.Int.Input(
                    "start_frame",
                    default=0,
                    min=0,
                    max=100_000,
                    tooltip="The frame that points are placed in, counted from 0; they are followed both ways from it.",
                ),
                pixels(
                    "simplify",
                    1.0,
                    "As few control points as keep every track this near, in pixels, to what was found. 0 keeps one a "
                    "frame.",
                ),
                pixels(
                    "merge_similar",
                    0.0,
                    "Tracks whose distance from one another stays the same within so many pixels become one, at their "
                    "middle. 0: all are kept.",
                ),
                io.Mask.Input("mask", optional=True, tooltip="For points in a mask; of the start frame, or one mask."),
                TrajectorySocket.Input(
                    "trajectory", optional=True, tooltip="For points of a trajectory; it is scaled to the pictures."
                ),
                io.Custom("OPTICAL_FLOW").Input(
                    "optical_flow",
                    optional=True,
                    tooltip="For the optical flow model: from Load Optical Flow Model. Only run with random weights "
                    "so far.",
                ),
                fps_input(),
                io.Int.Input(
                    "least_seen",
                    default=2,
                    min=1,
                    max=10_000,
                    optional=True,
                    advanced=True,
                    tooltip="Tracks that are seen in fewer frames are left out. 1 keeps all.",
                ),
                io.Float.Input(
                    "around",
                    default=0.0,
                    min=0.0,
                    max=4096.0,
                    step=1.0,
                    round=0.001,
                    optional=True,
                    advanced=True,
                    tooltip="Points in the middle of something plain go with the corners this near, in pixels; where "
                    "there are none, twice as far away will do. 0: they are hidden, as nothing of their own can be "
                    "followed. For lucas-kanade and dis flow.",
                ),
                io.Combo.Input(
                    "cotracker_file",
                    options=cotracker_choices(),
                    default=FIRST,
                    optional=True,
                    advanced=True,
                    tooltip="For cotracker: its weights in models/cotracker.",
                ),
            ],
            outputs=tracked_outputs(
                "pictures", "What was found, simplified and merged.", "The same tracks before they were simplified."
            ),
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def validate_inputs(cls, input_types=None, method=None, points=None) -> bool | str:  # type: ignore[no-untyped-def]
        # input_types has the links alone: by value a link and an explicit null can't be told apart. Asking for it
        # leaves the types of all links to us.
        linked = input_types or {}
        return why_not(lambda: check_links(linked, LINKS), lambda: check_wired(method, points, linked))

    @classmethod
    def execute(  # type: ignore[no-untyped-def]
        cls,
        images,
        method,
        start_frame,
        simplify,
        merge_similar,
        points=None,
        mask=None,
        trajectory=None,
        optical_flow=None,
        fps=8.0,
        least_seen=2,
        around=0.0,
        cotracker_file="first in folder",
    ) -> io.NodeOutput:
        from .host.progress import progress
        from .host.status import show_on_node
        from .pictures import as_bytes

        wired = {"mask": mask, "trajectory": trajectory, "optical_flow": optical_flow}
        check_wired(method, points, {name for name, value in wired.items() if value is not None})
        frames = as_bytes(images)
        places = start_points(frames, points, start_frame, mask, trajectory)
        own = {"optical_flow": optical_flow, "around": around, "cotracker_file": cotracker_file}
        found, asked = tracked(frames, places, method, start_frame, least_seen, progress(), **own)
        made, raw = drawn(found, simplify, merge_similar, fps)
        show_on_node(cls, told(made, raw, found, asked))
        return tracked_output(made, raw)


def check_wired(method: Any, points: Any, wired: Any) -> None:
    """Raise ToraError where what the choices need is not wired in; None is not known yet."""
    if points is not None:
        kind, _ = option(points, "points")
        if kind in (MASK, TRAJECTORY) and kind not in wired:
            raise ToraError(f"points are those of a {kind}, but no {kind} is wired into Track Video.")
    if method == MODEL and "optical_flow" not in wired:
        raise ToraError(
            f"method is {MODEL}, but none is wired into optical_flow of Track Video: Load Optical Flow Model gives one."
        )


def start_points(frames: np.ndarray, points: Any, start_frame: int, mask: Any, trajectory: Any) -> np.ndarray:
    """Where points start, (N, 2) px. Raises ToraError, SizeError where a mask has another size."""
    from ..tora_core.tracking.spread import grid_points, mask_points
    from .pictures import check_same_size, one_mask

    if start_frame >= len(frames):
        raise ToraError(
            f"start_frame is {start_frame}, expected 0 to {len(frames) - 1}: there are {len(frames)} pictures."
        )
    size = (frames.shape[1], frames.shape[2])
    kind, values = option(points, "points")
    if kind == GRID:
        return grid_points(size, values["columns"], values["rows"])
    if kind == MASK:
        own = one_mask(mask, start_frame)
        check_same_size("the mask", own.shape, "the video is", size)
        return mask_points(own, values["count"])
    if not trajectory.tracks:
        raise ToraError("the trajectory has no tracks, so there are no points to follow.")
    places: np.ndarray = trajectory.sample(len(frames), size).points_px[:, start_frame]
    return places


def tracked(
    frames: np.ndarray,
    places: np.ndarray,
    method: str,
    start_frame: int,
    least_seen: int,
    progress: Any,
    *,
    optical_flow: Any,
    around: float,
    cotracker_file: str,
) -> tuple[Tracks, int]:
    """What was found of those seen in least_seen frames or more, and how many points there were. Raises ToraError."""
    from ..tora_core.tracking.points import track_points
    from ..tora_core.tracking.steps import DenseSteps
    from ..tora_core.trajectory import Tracks

    way: Any = {LUCAS_KANADE: "lucas-kanade", DIS: "dis"}.get(method, method)
    track: Any = partial(track_points, method=way, around_px=around or None, progress=progress)
    if method == MODEL:
        from .host.optical_flow import host_flow

        track = partial(track_points, method=DenseSteps(host_flow(optical_flow)), progress=progress)
    elif method == COTRACKER:
        from .host.cotracker import host_cotracker

        track = host_cotracker(cotracker_file)
    positions, visible = track(frames, places, start_frame=start_frame)
    kept = visible.sum(1) >= min(least_seen, len(frames))
    if not kept.any():
        raise ToraError(
            f"none of {count(len(places), 'point')} could be followed through {least_seen} frames: put points on "
            "texture that moves slower, or try the other method."
        )
    return Tracks(positions[kept], visible[kept], (frames.shape[1], frames.shape[2])), len(places)


def drawn(found: Tracks, simplify: float, merge: float, fps: float) -> tuple[Trajectory, Tracks]:
    """The drawing of tracks, and the tracks that it is of: merged ones. Raises TrajectoryError."""
    from ..tora_core.trajectory.shaping.similar import merge_similar
    from ..tora_core.trajectory.shaping.tracked import from_tracked

    raw = merge_similar(found, merge)[0] if merge else found
    return from_tracked(raw, simplify_px=simplify, fps=fps), raw


def told(made: Trajectory, raw: Tracks, found: Tracks, asked: int) -> str:
    """What came of it in a sentence or two."""
    text = f"{count(len(made.tracks), 'track')} of {count(asked, 'point')}, {points_in(made)} control points"
    merged = len(found) - len(raw)
    lost = asked - len(found)
    more = [
        f"{lost} not found again in any other frame" if lost else "",
        f"{merged} merged into others" if merged else "",
    ]
    text = ", ".join([text, *filter(None, more)])
    return f"{text}; seen in {100 * float(raw.visible.mean()):.0f} % of places."
