"""Smooth Trajectory: calmer tracks, and fewer points within a stated error."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from .shaping import (
    CATEGORY,
    check_tracks,
    chosen,
    of,
    points_in,
    show,
    tracks_input,
    trajectory_input,
    trajectory_output,
    why_not,
)


class ToraSmoothTrajectory(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="ToraSmoothTrajectory",
            display_name="Smooth Trajectory",
            category=CATEGORY,
            description="Takes the trembling out of tracks of many points, such as a tracker's or a pen's, and makes "
            "them few points that can be edited. Shows points before and after, and how far tracks were moved.",
            search_aliases=["simplify path", "reduce points", "denoise tracks", "smooth path", "fewer points", "clean"],
            inputs=[
                trajectory_input(),
                io.Float.Input(
                    "smooth",
                    default=2.0,
                    min=0.0,
                    max=1000.0,
                    step=0.1,
                    round=0.001,
                    tooltip="First: each point is drawn towards so many neighbors on both sides (the sigma of a "
                    "Gaussian). Ends stay. 0 leaves points where they are.",
                ),
                io.Float.Input(
                    "simplify",
                    default=1.0,
                    min=0.0,
                    max=10_000.0,
                    step=0.1,
                    round=0.001,
                    tooltip="Second: as few points as keep every track this near, in pixels, to where it was at the "
                    "same time. 0 keeps all points.",
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
    def execute(cls, trajectory, smooth, simplify, tracks="") -> io.NodeOutput:  # type: ignore[no-untyped-def]
        made, done = smoothed(trajectory, smooth, simplify, chosen(trajectory, tracks))
        show(cls, done, made)
        return io.NodeOutput(made)


def smoothed(trajectory: Any, smooth: float, simplify: float, numbers: list[int]) -> tuple[Any, str]:
    """The trajectory with these tracks smoothed, then simplified, and what was done. Raises ToraError."""
    from ..tora_core.trajectory import shaping
    from ..tora_core.trajectory.shaping.measure import largest_change_px

    made = shaping.smooth(trajectory, smooth, only=numbers) if smooth else trajectory
    made = shaping.simplify(made, simplify, only=numbers) if simplify else made
    moved = largest_change_px(trajectory, made)
    return made, (
        f"{points_in(trajectory)} points before, {points_in(made)} after, nowhere moved by more than {moved:.2g} px: "
        f"{of(numbers, trajectory)}"
    )
