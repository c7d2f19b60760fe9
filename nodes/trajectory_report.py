"""Trajectory Report: what was asked against what a video shows, in a picture and in numbers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from comfy_api.latest import io, ui

from .overlay import at_each_picture
from .pictures import check_links
from .shaping import count, option, why_not
from .sockets import TrajectorySocket
from .tracks import check_one, from_host

if TYPE_CHECKING:
    import numpy as np

    from ..tora_core.evaluation.following import Following
    from ..tora_core.trajectory import Tracks

POINTS, SALIENT, COLOR = "points", "salient", "color"
LINKS = {
    **{"images": "IMAGE", "trajectory": "TORA_TRAJECTORY", "tracks": "TRACKS"},
    **{"tracker.color": "STRING", "tracker.radius": "FLOAT"},
}


class ToraTrajectoryReport(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="ToraTrajectoryReport",
            display_name="Trajectory Report",
            category="Tora/tracking",
            description="Measures how well a video follows its trajectory: looks for things in the frames, and tells "
            "how far they are from where they were asked to be. For videos of any model.",
            search_aliases=[
                *("measure trajectory", "evaluate trajectory", "trajectory error", "trajerror", "compare paths"),
                *("motion accuracy", "control accuracy"),
            ],
            inputs=[
                io.Image.Input("images", tooltip="The frames of the video."),
                io.DynamicCombo.Input(
                    "tracker",
                    options=[
                        io.DynamicCombo.Option(
                            POINTS,
                            [
                                io.Float.Input(
                                    "radius",
                                    default=0.0,
                                    min=0.0,
                                    max=4096.0,
                                    step=1.0,
                                    round=0.001,
                                    advanced=True,
                                    tooltip="A track that starts in the middle of something plain goes with the "
                                    "corners this near, in pixels; where there are none, twice as far away will do. 0: "
                                    "an eighth of the shorter side.",
                                )
                            ],
                        ),
                        io.DynamicCombo.Option(SALIENT, []),
                        io.DynamicCombo.Option(
                            COLOR,
                            [
                                io.String.Input(
                                    "color",
                                    default="#d03030",
                                    tooltip="The thing's color, as #rrggbb: its largest patch counts.",
                                )
                            ],
                        ),
                    ],
                    tooltip="What is looked for. points: what is at the start of each track, for any video. salient: "
                    "the one thing that stands out from a calm ground. color: the one thing of a color. The latter two "
                    "don't know where the track starts, so a thing in the wrong place counts; both are for one track.",
                ),
                TrajectorySocket.Input(
                    "trajectory",
                    optional=True,
                    tooltip="What was asked; scaled to the size and stretched over the frames of the pictures.",
                ),
                io.Tracks.Input(
                    "tracks",
                    optional=True,
                    tooltip="Instead of a trajectory: TRACKS in the pictures' own pixels, with as many frames as there "
                    "are pictures.",
                ),
            ],
            outputs=[
                io.Image.Output(display_name="report", tooltip="Figures, paths over a frame, a table and a chart."),
                io.Image.Output(
                    display_name="overlay", tooltip="The frames with asked paths in black and found ones in color."
                ),
                io.Float.Output(
                    display_name="mean_distance",
                    tooltip="Mean Euclidean distance in pixels, a lost frame as half the diagonal.",
                ),
                io.Float.Output(
                    display_name="near_share", tooltip="Share of frames within 5 % of the diagonal, 0 to 1."
                ),
                io.Float.Output(
                    display_name="found_share", tooltip="Share of frames in which things were found, 0 to 1."
                ),
                io.String.Output(
                    display_name="json", tooltip="All figures and both paths, over all and for each track."
                ),
            ],
            is_output_node=True,
            hidden=[io.Hidden.unique_id, io.Hidden.prompt, io.Hidden.extra_pnginfo],
        )

    @classmethod
    def validate_inputs(cls, input_types=None, tracker=None) -> bool | str:  # type: ignore[no-untyped-def]
        # As in Track Video: asking for the types of links leaves all of them to us.
        linked = input_types or {}
        wired = (linked.get("trajectory"), linked.get("tracks"))
        return why_not(
            lambda: check_links(linked, LINKS),
            lambda: check_one("Trajectory Report", *wired),
            lambda: tracker is not None and tracker_of(tracker),
        )

    @classmethod
    def execute(cls, images, tracker=None, trajectory=None, tracks=None) -> io.NodeOutput:  # type: ignore[no-untyped-def]
        import torch

        from ..tora_core.evaluation.picture import overlay_following
        from ..tora_core.evaluation.report import draw_report
        from .host.status import show_on_node
        from .pictures import as_bytes

        check_one("Trajectory Report", trajectory, tracks)
        frames = as_bytes(images)
        following = followed(frames, asked_in(frames, trajectory, tracks), tracker)
        report = torch.from_numpy(draw_report(following, frames))[None] / 255
        drawn = torch.from_numpy(overlay_following(frames, following))
        overlay = torch.where(drawn != torch.from_numpy(frames), drawn / 255, images[..., :3].float().cpu())
        show_on_node(cls, told(following, None if trajectory is None else trajectory.frames))
        error = following.overall
        return io.NodeOutput(
            report,
            overlay,
            error.euclidean_px,
            error.near_share,
            error.found_share,
            json.dumps(following.as_dict(), indent=1),
            ui=ui.PreviewImage(report, cls=cls),
        )


def tracker_of(values: Any) -> tuple[str, dict[str, Any]]:
    """The tracker, and what it takes in the library's words. Raises ToraError."""
    from ..tora_core.trajectory.picture import rgb

    kind, given = option(values, "tracker")
    if kind == POINTS:
        return kind, {"radius_px": given.get("radius") or None}
    if kind == COLOR:
        color = given.get("color")
        return kind, {} if color is None else {"color": rgb(color.strip())}
    return kind, {}


def asked_in(frames: np.ndarray, trajectory: Any, tracks: Any) -> Tracks:
    """Where each track is asked to be in each picture (F, H, W, 3), in their pixels. Raises ToraError."""
    size = (frames.shape[1], frames.shape[2])
    if trajectory is None:
        return at_each_picture(from_host(tracks, size), len(frames))
    asked: Tracks = trajectory.sample(len(frames), size)
    return asked


def followed(frames: np.ndarray, asked: Tracks, tracker: Any) -> Following:
    """What the tracker finds, with the host's bar and stop button. Raises ToraError."""
    from ..tora_core.evaluation.following import measure_following
    from .host.progress import progress

    kind, more = tracker_of(tracker)
    return measure_following(frames, asked, tracker=kind, progress=progress(), **more)


def told(following: Following, drawn_frames: int | None) -> str:
    """The main figures, and that the drawing was stretched where it has another number of frames."""
    error = following.overall
    pictures = following.asked.shape[1]
    text = (
        f"{error.euclidean_px:.1f} px off on average; {100 * error.near_share:.0f} % within 5 % of the diagonal "
        f"({following.near_px:.0f} px); found in {100 * error.found_share:.0f} %."
    )
    if drawn_frames not in (None, pictures):
        text += f" The trajectory has {count(drawn_frames or 0, 'frame')}, stretched over {count(pictures, 'picture')}."
    return text
