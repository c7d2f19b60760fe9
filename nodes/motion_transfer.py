"""Motion Transfer: the motion of one video on the picture of another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from comfy_api.latest import io

from ..tora_core.errors import ToraError
from .pictures import check_links
from .shaping import check_tracks, chosen, count, option, show, tracks_input, trajectory_output, why_not
from .sockets import TrajectorySocket

if TYPE_CHECKING:
    from ..tora_core.trajectory import Trajectory
    from ..tora_core.trajectory.shaping.transfer import Placing

CANVAS, DRAWN, POINTS, BOXES, MASKS = "whole canvas", "drawn places", "two points", "boxes", "masks"
SIDES = ("left", "top", "right", "bottom")
LARGEST, MOST_FRAMES, FARTHEST = 16_384, 10_000, 100_000.0
LINKS = {
    **{"trajectory": "TORA_TRAJECTORY", "places": "TORA_TRAJECTORY", "image": "IMAGE", "tracks": "STRING"},
    **{"from_mask": "MASK", "to_mask": "MASK", "width": "INT", "height": "INT", "frames": "INT"},
}


class ToraMotionTransfer(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        def pixel(name: str, tooltip: str) -> io.Input:
            return io.Float.Input(
                name, default=0.0, min=-FARTHEST, max=FARTHEST, step=1.0, round=0.001, tooltip=tooltip
            )

        def size(name: str, most: int, tooltip: str) -> io.Input:
            return io.Int.Input(name, default=0, min=0, max=most, tooltip=tooltip)

        def keep_shape() -> io.Input:
            return io.Boolean.Input(
                "keep_shape",
                default=True,
                tooltip="One scale, so that the box just fits in. Off: stretched to fill it.",
            )

        pairs = [
            pixel(f"{side}_{axis}{number}", f"{name} of point {number} {where}, in pixels.")
            for number in (1, 2)
            for side, where in (("from", "in the video that was tracked"), ("to", "in the new picture"))
            for axis, name in (("x", "x"), ("y", "y"))
        ]
        boxes = [
            pixel(f"{side}_{edge}", f"The {edge} side of the box {where}, in pixels.")
            for side, where in (("from", "in the video that was tracked"), ("to", "in the new picture"))
            for edge in SIDES
        ]
        return io.Schema(
            node_id="ToraMotionTransfer",
            display_name="Motion Transfer",
            category="Tora/tracking",
            description="Puts the tracks of one video onto the picture of another: moved, scaled and turned so that "
            "they begin on the thing there that shall move like this.",
            search_aliases=["copy motion", "retarget", "motion from video", "apply motion", "transfer trajectory"],
            inputs=[
                TrajectorySocket.Input("trajectory", tooltip="The tracks of the first video; it stays as it is."),
                io.DynamicCombo.Input(
                    "fit",
                    options=[
                        io.DynamicCombo.Option(DRAWN, []),
                        io.DynamicCombo.Option(CANVAS, [keep_shape()]),
                        io.DynamicCombo.Option(POINTS, pairs),
                        io.DynamicCombo.Option(BOXES, [*boxes, keep_shape()]),
                        io.DynamicCombo.Option(MASKS, [keep_shape()]),
                    ],
                    tooltip="drawn places: where the wired places begin, track by track; one moves, two or more also "
                    "scale and turn. whole canvas: canvas onto canvas. two points: two pairs by numbers. boxes: a box "
                    "into another. masks: the box of from_mask into that of to_mask.",
                ),
                size("width", LARGEST, "Width of the new picture; 0 takes that of image, or of the tracks."),
                size("height", LARGEST, "Height of the new picture; 0 takes that of image, or of the tracks."),
                size("frames", MOST_FRAMES, "Another frame count stretches the motion; 0 keeps it."),
                tracks_input("Which tracks are transferred; others are left out"),
                TrajectorySocket.Input(
                    "places",
                    optional=True,
                    tooltip="For drawn places: a point on the new picture for each track, such as dots drawn in the "
                    "editor over it. Scaled to the new size.",
                ),
                io.Image.Input("image", optional=True, tooltip="The new picture, for its size alone."),
                io.Mask.Input("from_mask", optional=True, tooltip="For masks: the thing in the first frame tracked."),
                io.Mask.Input("to_mask", optional=True, tooltip="For masks: the thing in the new picture."),
            ],
            outputs=[
                trajectory_output("The placed tracks on the new canvas."),
                io.Int.Output(display_name="width", tooltip="The new width, for the latent."),
                io.Int.Output(display_name="height", tooltip="The new height, for the latent."),
                io.Int.Output(display_name="frames", tooltip="The frame count, for the latent's length."),
            ],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def validate_inputs(cls, input_types=None, fit=None, tracks=None) -> bool | str:  # type: ignore[no-untyped-def]
        linked = input_types or {}
        return why_not(
            lambda: check_links(linked, LINKS),
            lambda: fit is None or check_wired(option(fit, "fit")[0], linked),
            lambda: check_tracks(tracks),
        )

    @classmethod
    def execute(  # type: ignore[no-untyped-def]
        cls,
        trajectory,
        width,
        height,
        frames,
        fit=None,
        tracks="",
        places=None,
        image=None,
        from_mask=None,
        to_mask=None,
    ) -> io.NodeOutput:
        from ..tora_core.trajectory.shaping.transfer import transfer

        kind, values = option(fit, "fit")
        wired = {"places": places, "from_mask": from_mask, "to_mask": to_mask}
        check_wired(kind, {name for name, value in wired.items() if value is not None})
        own = tuple(image.shape[1:3]) if image is not None else (trajectory.height, trajectory.width)
        size = (height or own[0], width or own[1])
        numbers = chosen(trajectory, tracks)
        placing = placed(trajectory, numbers, kind, values, size, **wired)
        made = transfer(trajectory, placing, width=size[1], height=size[0], frames=frames or None, only=numbers)
        show(cls, f"{count(len(numbers), 'track')} {placing}", made)
        return io.NodeOutput(made, made.width, made.height, made.frames)


def check_wired(kind: str, wired: Any) -> None:
    """Raise ToraError where what a way of fitting needs is not wired in."""
    needed = {DRAWN: ("places",), MASKS: ("from_mask", "to_mask")}.get(kind, ())
    missing = [name for name in needed if name not in wired]
    if missing:
        raise ToraError(f"fit is {kind}, but nothing is wired into {' and '.join(missing)} of Motion Transfer.")


def placed(
    trajectory: Trajectory,
    numbers: list[int],
    kind: str,
    values: dict[str, Any],
    size: tuple[int, int],
    *,
    places: Any,
    from_mask: Any,
    to_mask: Any,
) -> Placing:
    """Where the tracks go on a canvas of `size` (height, width). Raises ToraError."""
    from ..tora_core.trajectory.shaping.transfer import by_boxes, by_points, starts

    if kind == DRAWN:
        onto = starts(places.resized(size[1], size[0]))
        pairs = min(len(onto), len(numbers))
        if not pairs:
            raise ToraError(f"there are {len(numbers)} tracks and {len(onto)} places for them, expected one at least.")
        return by_points(starts(trajectory, numbers)[:pairs], onto[:pairs])
    if kind == POINTS:
        ends = [[(values[f"{side}_x{n}"], values[f"{side}_y{n}"]) for n in (1, 2)] for side in ("from", "to")]
        return by_points(*ends)
    canvas = (-0.5, -0.5, trajectory.width - 0.5, trajectory.height - 0.5)
    boxes = canvas, (-0.5, -0.5, size[1] - 0.5, size[0] - 0.5)
    if kind == BOXES:
        boxes = tuple(tuple(values[f"{side}_{edge}"] for edge in SIDES) for side in ("from", "to"))  # type: ignore
    elif kind == MASKS:
        boxes = mask_boxes(trajectory, from_mask, to_mask, size)
    return by_boxes(*boxes, keep_shape=values["keep_shape"])


def mask_boxes(trajectory: Trajectory, from_mask: Any, to_mask: Any, size: tuple[int, int]) -> Any:
    """The boxes of both masks, of which the first belongs to the trajectory and the second to the new picture."""
    from ..tora_core.tracking.masks import mask_box
    from .pictures import check_same_size, one_mask

    one, other = one_mask(from_mask), one_mask(to_mask)
    check_same_size("from_mask", one.shape, "the trajectory is", (trajectory.height, trajectory.width))
    check_same_size("to_mask", other.shape, "the new picture is", size)
    return mask_box(one), mask_box(other)
