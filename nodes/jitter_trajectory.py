"""Jitter Trajectory: points moved at random."""

from __future__ import annotations

from comfy_api.latest import io

from .shaping import (
    CATEGORY,
    check_tracks,
    chosen,
    of,
    pixels,
    show,
    tracks_input,
    trajectory_input,
    trajectory_output,
    why_not,
)


class ToraJitterTrajectory(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="ToraJitterTrajectory",
            display_name="Jitter Trajectory",
            category=CATEGORY,
            description="Moves the points of tracks at random: a trembling hand, or a variation of the path for "
            "each seed.",
            search_aliases=["random path", "shake trajectory", "noise", "wiggle", "vary path"],
            inputs=[
                trajectory_input(),
                pixels(
                    "amount",
                    "How far points are moved, in pixels: the standard deviation to each side, at most three times it.",
                    default=5.0,
                    least=0.0,
                ),
                io.Int.Input(
                    "seed",
                    default=0,
                    min=0,
                    max=2**63 - 1,
                    control_after_generate=True,
                    tooltip="The same seed moves the same points by the same way.",
                ),
                tracks_input(),
            ],
            outputs=[trajectory_output()],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def validate_inputs(cls, trajectory=None, tracks=None) -> bool | str:  # type: ignore[no-untyped-def]
        return why_not(lambda: check_tracks(tracks))

    @classmethod
    def execute(cls, trajectory, amount, seed, tracks="") -> io.NodeOutput:  # type: ignore[no-untyped-def]
        from ..tora_core.trajectory.shaping import jitter
        from ..tora_core.trajectory.shaping.measure import largest_change_px

        numbers = chosen(trajectory, tracks)
        made = jitter(trajectory, amount, seed, only=numbers)
        farthest = largest_change_px(trajectory, made)
        show(cls, f"moved at random, by up to {farthest:.3g} px: {of(numbers, trajectory)}", made)
        return io.NodeOutput(made)
