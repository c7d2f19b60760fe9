"""Encode Motion (part): the motion of some frames of a longer trajectory, for a chain of segments."""

from __future__ import annotations

from comfy_api.latest import io

from ..tora_core.errors import SizeError
from .sizes import MAX_FRAMES, check_video, height_input, length_input, why_not_video, width_input
from .sockets import MotionSocket, TrajectorySocket
from .values import ToraMotion


class ToraEncodeMotionPart(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="ToraEncodeMotionPart",
            display_name="Encode Motion (part)",
            category="Tora/long video",
            description="Cuts some frames out of a long trajectory's motion and encodes them. Colors keep standing for "
            "the speeds of the whole trajectory, so that speed does not jump from part to part.",
            search_aliases=["motion segment", "long video", "cut trajectory", "trajectory part"],
            inputs=[
                io.Vae.Input("vae", tooltip="CogVideoX's VAE, the one that the model was trained with."),
                TrajectorySocket.Input("trajectory", tooltip="The whole path, with the times of the whole video."),
                width_input(),
                height_input(),
                length_input("length", 97),
                io.Int.Input(
                    "start",
                    default=0,
                    min=0,
                    max=MAX_FRAMES - 1,
                    tooltip="First frame of the part, counted from 0 in the whole video.",
                ),
                length_input("part_length", 49),
            ],
            outputs=[MotionSocket.Output(display_name="motion", tooltip="For Apply Tora.")],
        )

    @classmethod
    def validate_inputs(  # type: ignore[no-untyped-def]
        cls, width=None, height=None, length=None, start=None, part_length=None
    ) -> bool | str:
        legal = why_not_video(width, height, length)
        if legal is True:
            legal = why_not_video(None, None, part_length)
        if legal is not True:
            return legal
        try:
            check_part(start, part_length, length)
        except SizeError as error:
            return str(error)
        return True

    @classmethod
    def execute(cls, vae, trajectory, width, height, length, start, part_length) -> io.NodeOutput:  # type: ignore[no-untyped-def]
        from ..tora_core.pipelines.picture import plan_picture
        from .host.motion_vae import encode_pictures, require_cogvideox_vae

        require_cogvideox_vae(vae)
        check_video(width, height, length)
        check_video(None, None, part_length)
        check_part(start, part_length, length)
        plan = plan_picture(trajectory, length, (height, width)).part(start, part_length)
        latents = encode_pictures(vae, plan.draw, plan.frames, plan.size)
        return io.NodeOutput(ToraMotion(latents, plan.size, plan.frames))


def check_part(start: int | None, part: int | None, length: int | None) -> None:
    """Raise SizeError where a part isn't inside the video; None is not known yet."""
    if start is not None and start < 0:
        raise SizeError(f"start is {start}, expected 0 or more.")
    if None not in (start, part, length) and start + part > length:  # type: ignore[operator]
        raise SizeError(
            f"a part of {part} frames from frame {start} on ends after the video of {length} frames. Begin it at "
            f"{max(length - part, 0)} at the latest."  # type: ignore[operator]
        )
