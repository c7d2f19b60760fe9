"""Offset Copies: copies of tracks, each moved and delayed by one step more."""

from __future__ import annotations

from comfy_api.latest import io

from .shaping import (
    CATEGORY,
    check_tracks,
    chosen,
    clip_time,
    of,
    pixels,
    show,
    tracks_input,
    trajectory_input,
    trajectory_output,
    why_not,
)


class ToraOffsetCopies(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="ToraOffsetCopies",
            display_name="Offset Copies",
            category=CATEGORY,
            description="Makes copies of tracks, each moved and delayed by one step more than the one before: a flock, "
            "a row of walkers, or several points on one large thing.",
            search_aliases=["duplicate tracks", "copy trajectory", "parallel tracks", "spread tracks", "stagger"],
            inputs=[
                trajectory_input(),
                io.Int.Input(
                    "count", default=2, min=0, max=200, tooltip="Copies of each chosen track; the track itself stays."
                ),
                pixels("offset_x", "Pixels to the right from one copy to the next.", default=24.0),
                pixels("offset_y", "Pixels down from one copy to the next."),
                clip_time(
                    "delay",
                    0.0,
                    "How much later each copy begins, as a part of the clip; what no longer fits is cut off.",
                ),
                tracks_input("Which tracks are copied"),
            ],
            outputs=[trajectory_output("All tracks, each with its copies behind it.")],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def validate_inputs(cls, trajectory=None, tracks=None) -> bool | str:  # type: ignore[no-untyped-def]
        return why_not(lambda: check_tracks(tracks))

    @classmethod
    def execute(  # type: ignore[no-untyped-def]
        cls, trajectory, count, offset_x, offset_y, delay, tracks=""
    ) -> io.NodeOutput:
        from ..tora_core.trajectory.shaping import offset_copies

        numbers = chosen(trajectory, tracks)
        made = offset_copies(trajectory, count, offset_x, offset_y, delay=delay, only=numbers)
        show(cls, f"{count} {'copy' if count == 1 else 'copies'} each of {of(numbers, trajectory)}", made)
        return io.NodeOutput(made)
