"""Join Segments: a video and the segment that goes on from one of its frames."""

from __future__ import annotations

from comfy_api.latest import io

from ..tora_core.errors import SizeError
from .sizes import MAX_FRAMES


class ToraJoinSegments(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="ToraJoinSegments",
            display_name="Join Segments",
            category="Tora/long video",
            description="Puts a segment after a video from whose frame it was started. Frames that both have are "
            "cross-faded; none is lost or doubled.",
            search_aliases=["join video", "append segment", "concatenate video", "crossfade", "extend video"],
            inputs=[
                io.Image.Input("video", tooltip="The frames so far."),
                io.Image.Input("segment", tooltip="The frames to add; its first one is the video's frame start."),
                io.Int.Input(
                    "start",
                    default=48,
                    min=0,
                    max=MAX_FRAMES - 1,
                    tooltip="The video's frame from which the segment was started, counted from 0.",
                ),
            ],
            outputs=[io.Image.Output(display_name="images")],
        )

    @classmethod
    def validate_inputs(cls, start: int | None = None) -> bool | str:
        if start is not None and not 0 <= start < MAX_FRAMES:
            return f"start is {start}, expected 0 to {MAX_FRAMES - 1}."
        return True

    @classmethod
    def execute(cls, video, segment, start) -> io.NodeOutput:  # type: ignore[no-untyped-def]
        import torch

        from ..tora_core.pipelines.segments import join

        if start >= len(video):
            raise SizeError(
                f"start is {start}, but the video has frames 0 to {len(video) - 1}: the segment has to begin in it."
            )
        return io.NodeOutput(torch.from_numpy(join(video.cpu().numpy(), segment.cpu().numpy(), start)))
