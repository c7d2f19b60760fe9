"""Trajectory Preset: one track along a ready-made path."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from .presets import preset_inputs, track_of
from .shaping import CATEGORY, clip_time, easing_input, option, show, trajectory_output, why_not
from .sizes import check_video, height_input, length_input, width_input


class ToraTrajectoryPreset(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        presets = [io.DynamicCombo.Option(name, inputs) for name, inputs in preset_inputs().items()]
        return io.Schema(
            node_id="ToraTrajectoryPreset",
            display_name="Trajectory Preset",
            category=CATEGORY,
            description="Makes a trajectory of one ready-made path: line, arc, circle, ellipse, spiral, wave, zigzag, "
            "figure eight, shake or bounce. It fits any size; merge several, or change them like drawn ones.",
            search_aliases=["circle path", "wave path", "spiral", "bounce", "shake", "figure eight", "line", "orbit"],
            inputs=[
                io.DynamicCombo.Input("preset", options=presets, tooltip="The path."),
                width_input(),
                height_input(),
                length_input("frames"),
                easing_input(tooltip="How the speed runs along the path; a bounce has its own."),
                clip_time("start", 0.0, "When it begins to move; before, it waits.", True),
                clip_time("end", 1.0, "When it has arrived; from then on it waits.", True),
                io.String.Input(
                    "name",
                    default="",
                    optional=True,
                    advanced=True,
                    tooltip="What the track is called, so that other nodes can choose it by name.",
                ),
            ],
            outputs=[
                trajectory_output("One track."),
                io.Int.Output(display_name="width", tooltip="The same width, for the latent."),
                io.Int.Output(display_name="height", tooltip="The same height, for the latent."),
                io.Int.Output(display_name="frames", tooltip="The same frame count, for the latent's length."),
            ],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def validate_inputs(cls, preset=None, width=None, height=None, frames=None, start=None, end=None) -> bool | str:  # type: ignore[no-untyped-def]
        return why_not(
            lambda: option(preset, "preset"),
            lambda: check_video(width, height, frames),
            lambda: None in (start, end) or line_in_time(start, end),
        )

    @classmethod
    def execute(  # type: ignore[no-untyped-def]
        cls, width, height, frames, easing, start, end, preset=None, name=""
    ) -> io.NodeOutput:
        check_video(width, height, frames)
        kind, values = option(preset, "preset")
        made = preset_of(kind, values, width, height, frames, easing=easing, start=start, end=end, name=name)
        show(cls, f"a {kind}" if kind[0] not in "aeiou" else f"an {kind}", made)
        return io.NodeOutput(made, width, height, frames)


def preset_of(kind: str, values: dict[str, Any], width: int, height: int, frames: int, **track: Any) -> Any:
    """The Trajectory of one preset; `track` are Track's own fields. Raises TrajectoryError."""
    from ..tora_core.trajectory import Trajectory

    made = track_of(kind, values, width, height, before="hold", after="hold", **track)
    return Trajectory(width=width, height=height, frames=frames, tracks=(made,))


def line_in_time(start: float, end: float) -> None:
    """Raise TrajectoryError unless a track can begin and end then."""
    from ..tora_core.trajectory import Track

    Track([(0, 0)], start=start, end=end)
