"""Pick Tracks: some tracks of a trajectory, and the others."""

from __future__ import annotations

from comfy_api.latest import io

from .shaping import (
    CATEGORY,
    check_tracks,
    chosen,
    of,
    show,
    tracks_input,
    trajectory_input,
    trajectory_output,
    why_not,
)
from .sockets import TrajectorySocket


class ToraPickTracks(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="ToraPickTracks",
            display_name="Pick Tracks",
            category=CATEGORY,
            description="Takes some tracks out of a trajectory, in the order in which they are named; the second "
            "output has the others.",
            search_aliases=["select tracks", "split trajectory", "remove tracks", "filter tracks", "reorder tracks"],
            inputs=[trajectory_input("The trajectory to pick from; it stays as it is."), tracks_input("Which tracks")],
            outputs=[
                trajectory_output("The tracks that were picked."),
                TrajectorySocket.Output(display_name="others", tooltip="All the other tracks."),
            ],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def validate_inputs(cls, trajectory=None, tracks=None) -> bool | str:  # type: ignore[no-untyped-def]
        return why_not(lambda: check_tracks(tracks))

    @classmethod
    def execute(cls, trajectory, tracks="") -> io.NodeOutput:  # type: ignore[no-untyped-def]
        from ..tora_core.trajectory.shaping import pick

        numbers = chosen(trajectory, tracks)
        made = pick(trajectory, numbers)
        others = pick(trajectory, [i for i in range(len(trajectory.tracks)) if i not in set(numbers)])
        show(cls, f"picked {of(numbers, trajectory)}", made)
        return io.NodeOutput(made, others)
