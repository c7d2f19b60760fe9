"""Encode Motion: a trajectory, tracks or flow pictures to the latents that Apply Tora takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from comfy_api.latest import io

from ..tora_core.errors import SizeError, ToraError
from .sizes import MAX_FRAMES, MAX_SIDE, check_video, why_not_video
from .sockets import MotionSocket, TrajectorySocket
from .tracks import from_host
from .values import ToraMotion

if TYPE_CHECKING:
    from ..tora_core.pipelines.picture import MotionPicture

LINKS = {
    **{"vae": "VAE", "trajectory": "TORA_TRAJECTORY", "tracks": "TRACKS", "images": "IMAGE"},
    **{"width": "INT", "height": "INT", "frames": "INT"},
}
NO_PICTURES = "flow_pictures of Encode Motion is off: turn it on for its flow output."
NO_SIZE = "tracks don't know how large their picture is: set width and height of Encode Motion."


class ToraEncodeMotion(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        def size(name: str, most: int, step: int) -> io.Input:
            return io.Int.Input(
                name,
                default=0,
                min=0,
                max=most,
                step=step,
                optional=True,
                advanced=True,
                tooltip=f"0 takes the {name} from what is wired in. Tracks don't know theirs, so say it for them.",
            )

        return io.Schema(
            node_id="ToraEncodeMotion",
            display_name="Encode Motion",
            category="Tora",
            description="Turns one trajectory (or TRACKS, or flow pictures) into motion latents with CogVideoX's VAE. "
            "The flow output shows what the model will see: color is direction, white is still.",
            search_aliases=["motion latents", "flow", "trajectory encode", "tora motion", "optical flow"],
            inputs=[
                io.Vae.Input("vae", tooltip="CogVideoX's VAE, the one that the model was trained with."),
                TrajectorySocket.Input("trajectory", optional=True, tooltip="What was drawn; it brings its own size."),
                io.Tracks.Input("tracks", optional=True, tooltip="Instead of a trajectory: TRACKS of any node."),
                io.Image.Input(
                    "images",
                    optional=True,
                    tooltip="Instead of a trajectory: flow pictures, one a frame, colored as the flow output is.",
                ),
                size("width", MAX_SIDE, 16),
                size("height", MAX_SIDE, 16),
                io.Int.Input(
                    "frames",
                    default=0,
                    min=0,
                    max=MAX_FRAMES,
                    optional=True,
                    advanced=True,
                    tooltip="0 takes the frame count from what is wired in. Another count (8k+1) stretches a "
                    "trajectory's motion over it.",
                ),
                io.Combo.Input(
                    "tiling",
                    options=["auto", "never", "always"],
                    default="auto",
                    optional=True,
                    advanced=True,
                    tooltip="Tiles need less memory and give the same result, but take about three times as long. auto "
                    "takes them when memory is short, and says so in the log.",
                ),
                io.Boolean.Input(
                    "flow_pictures",
                    default=True,
                    optional=True,
                    advanced=True,
                    tooltip="Off: no flow output, and the pictures are drawn a few frames at a time. For 201 frames of "
                    "720p they would take 2.2 GB of memory.",
                ),
            ],
            outputs=[
                MotionSocket.Output(display_name="motion", tooltip="For Apply Tora."),
                io.Image.Output(display_name="flow", tooltip="The flow pictures, one a frame."),
            ],
        )

    @classmethod
    def validate_inputs(cls, input_types=None, width=0, height=0, frames=0) -> bool | str:  # type: ignore[no-untyped-def]
        # input_types has the links alone: by value a link and an explicit null can't be told apart. Asking for it
        # leaves the types of all links to us.
        linked = input_types or {}
        for name, kind in linked.items():
            if kind not in (LINKS.get(name, kind), "*"):
                return f"{name} is wired to {kind}, expected {LINKS[name]}."
        names = [name for name in ("trajectory", "tracks", "images") if name in linked]
        if len(names) != 1:
            return not_one(names)
        for name, value in (("width", width), ("height", height), ("frames", frames)):
            if value is not None and value < 0:
                return f"{name} is {value}, expected 0 (as the input says) or more."
        if names == ["tracks"] and 0 in (width, height):
            return NO_SIZE
        return why_not_video(width or None, height or None, frames or None)

    @classmethod
    def execute(  # type: ignore[no-untyped-def]
        cls,
        vae,
        trajectory=None,
        tracks=None,
        images=None,
        width=0,
        height=0,
        frames=0,
        tiling="auto",
        flow_pictures=True,
    ) -> io.NodeOutput:
        from ..tora_core.pipelines.picture import MotionPicture
        from .host.blocked import blocked
        from .host.motion_vae import encode_pictures, require_cogvideox_vae

        require_cogvideox_vae(vae)
        plan = plan_flow(trajectory, tracks, images, (height, width), frames)
        shown = blocked(NO_PICTURES)
        if flow_pictures:
            shown = plan.draw(0, plan.frames)
            plan = MotionPicture(plan.frames, plan.size, lambda start, end: shown[start:end])  # drawn already
        latents = encode_pictures(vae, plan.draw, plan.frames, plan.size, tiling)
        return io.NodeOutput(ToraMotion(latents, plan.size, plan.frames), shown)


def not_one(names: list[str]) -> str:
    """What to say where not exactly one of the three inputs is wired."""
    return (
        f"{' and '.join(names) or 'nothing'} is wired into Encode Motion, expected exactly one of trajectory, tracks "
        "and images. Several motions: one Encode Motion and one Apply Tora each, they add up."
    )


def plan_flow(trajectory: Any, tracks: Any, images: Any, size: tuple[int, int], frames: int) -> MotionPicture:
    """The flow pictures of the one thing that is wired in, to be drawn a few frames at a time.

    size: (height, width), 0 for the input's own; frames likewise. Raises ToraError where nothing or several are wired
    in, SizeError where sizes are missing, disagree, or can't be a video.
    """
    from ..tora_core.pipelines.picture import MotionPicture, plan_picture

    given = {"trajectory": trajectory, "tracks": tracks, "images": images}
    names = [name for name, value in given.items() if value is not None]
    if len(names) != 1:
        raise ToraError(not_one(names))
    if images is not None:
        own = tuple(images.shape[1:3])
        if any(wanted not in (0, had) for wanted, had in zip((*size, frames), (*own, len(images)), strict=True)):
            raise SizeError(
                f"the flow pictures are {own[0]}x{own[1]}x{len(images)} (height x width x frames), but width, height "
                "or frames say something else. Set them to 0, or make the pictures anew at that size."
            )
        if images.shape[-1] < 3:
            raise ToraError(f"the flow pictures have {images.shape[-1]} color channel, expected 3 (RGB).")
        check_video(own[1], own[0], len(images))
        picture = images[..., :3].float().cpu()
        low, high = (float(value) for value in picture.aminmax())
        if not (low >= 0 and high <= 1):
            raise ToraError(f"the flow pictures have values from {low:g} to {high:g}, expected 0 to 1.")
        # A copy: the flow output is one of its own, others may write into theirs.
        return MotionPicture(len(picture), (own[0], own[1]), lambda start, end: picture[start:end].clone())

    if trajectory is not None:
        size = (size[0] or trajectory.height, size[1] or trajectory.width)
        frames = frames or trajectory.frames
        check_video(size[1], size[0], frames)
        return plan_picture(trajectory, frames, size)
    if not all(size):
        raise SizeError(NO_SIZE)
    moving = from_host(tracks, size)
    if frames not in (0, moving.frames):
        raise SizeError(
            f"the tracks have {moving.frames} frames, but frames says {frames}. Set it to 0, or make the tracks with "
            "that many."
        )
    check_video(size[1], size[0], moving.frames)
    return plan_picture(moving, moving.frames, size)
