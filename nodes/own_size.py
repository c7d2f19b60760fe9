"""Width, height and frame count of an output where 0 means the trajectory's own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from comfy_api.latest import io

if TYPE_CHECKING:
    from ..tora_core.trajectory import Trajectory

MAX_CANVAS_PX, MAX_FRAMES = 16_384, 10_000
"""Those of the library, which is not imported at the start (a test compares)."""


def own_size_inputs() -> list[io.Input]:
    """Optional inputs width, height and frames. Sizes of other models are no multiples of 16, so any is allowed."""

    def number(name: str, most: int, effect: str) -> io.Input:
        return io.Int.Input(
            name,
            default=0,
            min=0,
            max=most,
            optional=True,
            advanced=True,
            tooltip=f"0 takes the trajectory's own {name}. {effect}",
        )

    return [
        number("width", MAX_CANVAS_PX, "Any other scales the drawing to it."),
        number("height", MAX_CANVAS_PX, "Any other scales the drawing to it."),
        number("frames", MAX_FRAMES, "Any other number stretches the motion over it."),
    ]


def at_size(trajectory: Trajectory, width: int, height: int, frames: int) -> Trajectory:
    """The same drawing on another canvas and over another number of frames; 0 leaves it. Raises TrajectoryError."""
    resized = trajectory.resized(width or trajectory.width, height or trajectory.height)
    return replace(resized, frames=frames or trajectory.frames)
