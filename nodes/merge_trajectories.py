"""Merge Trajectories: the tracks of several in one."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from .shaping import CATEGORY, show, trajectory_output
from .sockets import TrajectorySocket

MOST = 32
NAMES = [f"trajectory_{number}" for number in range(1, MOST + 1)]


class ToraMergeTrajectories(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        template = io.Autogrow.TemplateNames(
            TrajectorySocket.Input("trajectory", tooltip="Its tracks come behind those above it."), names=NAMES, min=2
        )
        return io.Schema(
            node_id="ToraMergeTrajectories",
            display_name="Merge Trajectories",
            category=CATEGORY,
            description="Puts the tracks of several trajectories into one. Canvas, frame count and frame rate are "
            "those of the first; the others are scaled and stretched to it.",
            search_aliases=["combine trajectories", "join paths", "concat tracks", "add tracks", "append trajectory"],
            inputs=[
                io.Autogrow.Input(
                    "trajectories",
                    template=template,
                    tooltip="Two or more; a further input comes up when the last one is wired.",
                )
            ],
            outputs=[trajectory_output("All their tracks, in order.")],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def execute(cls, trajectories) -> io.NodeOutput:  # type: ignore[no-untyped-def]
        made, done = merged([trajectories[name] for name in NAMES if trajectories.get(name) is not None])
        show(cls, done, made)
        return io.NodeOutput(made)


def merged(parts: list[Any]) -> tuple[Any, str]:
    """One trajectory, and what was done. Raises TrajectoryError."""
    from ..tora_core.trajectory.shaping import merge

    made = merge(*parts)
    numbers = " + ".join(str(len(part.tracks)) for part in parts)
    scaled = sum((part.width, part.height) != (made.width, made.height) for part in parts)
    stretched = sum(part.frames != made.frames for part in parts)
    notes = [f"{scaled} of {len(parts)} trajectories scaled"] * (scaled > 0)
    notes += [f"{stretched} of {len(parts)} stretched to {made.frames} frames"] * (stretched > 0)
    return made, ", ".join([f"{numbers} tracks", *notes])
