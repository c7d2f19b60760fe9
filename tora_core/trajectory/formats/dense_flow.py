"""Dense motion, recognised so that it is not taken for tracks: [T, H, W, 2], the move of every pixel.

alibaba/Tora takes it with --flow_path (diffusers-version/inference.py: a tensor of torch.save).
"""

from __future__ import annotations

from ...errors import TrajectoryError
from ..trajectory import Trajectory
from .array_values import arrays_of, described
from .base import Format, Source, Wanted


class DenseFlow(Format):
    """Recognised, so that it is not taken for tracks: motion of every pixel, as Tora's --flow_path takes it."""

    name = "dense-flow"
    title = "dense motion [T, H, W, 2] (Tora --flow_path): not tracks"
    reads = False
    writes = False

    def detect(self, source: Source) -> str | None:
        arrays = arrays_of(source)
        if arrays is None or len(arrays.members) != 1:
            return None
        ((name, array),) = arrays.members.items()
        shape = array.shape
        if "track" in name or name == "points":
            return None
        return f"an array {shape}" if len(shape) == 4 and shape[-1] == 2 and shape[0] > 1 else None

    def read(self, source: Source, wanted: Wanted) -> tuple[Trajectory, list[str]]:
        raise TrajectoryError(
            f"got {described(source)}: dense motion (frames, height, width, 2), the move of every pixel in pixels a "
            "frame, and no tracks. Give it to the dense input instead: flow= of the pipelines, or flow pictures to "
            "Encode Motion. If it is a batch of tracks (B, T, N, 2), save one clip of it."
        )

    def write(self, trajectory: Trajectory) -> list[str]:
        raise TrajectoryError("dense motion is made by render_flow (tora_core), not written as a trajectory.")

    def losses(self, trajectory: Trajectory) -> list[str]:
        return []
