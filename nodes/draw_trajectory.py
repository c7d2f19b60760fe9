"""Trajectory to Control Video: pictures and masks that steer other models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from comfy_api.latest import io

from .own_size import at_size, own_size_inputs
from .sockets import TrajectorySocket

if TYPE_CHECKING:
    import torch

    from ..tora_core.trajectory import Trajectory

DOTS, SHAPES = "gaussian dots", "white shapes"


class ToraDrawTrajectory(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="ToraDrawTrajectory",
            display_name="Trajectory to Control Video",
            category="Tora",
            description="Draws a trajectory as the pictures that other models are steered with, white on black, and as "
            "masks: Gaussian dots for EasyAnimate and VideoX-Fun, filled shapes for VACE.",
            search_aliases=[
                *("control video", "draw trajectory", "trajectory to mask", "trajectory to image", "shape on path"),
                *("vace", "easyanimate", "videox-fun", "gaussian dots"),
            ],
            inputs=[
                TrajectorySocket.Input("trajectory", tooltip="What is drawn, at its own size unless width says other."),
                io.Combo.Input(
                    "style",
                    options=[DOTS, SHAPES],
                    default=DOTS,
                    tooltip="Of the pictures. Gaussian dots are as large as the video's size makes them; white shapes "
                    "are of the kind and size below.",
                ),
                io.Combo.Input(
                    "shape",
                    options=["circle", "square", "triangle"],
                    default="circle",
                    tooltip="Of the masks, and of white shapes. A triangle points up.",
                ),
                io.Float.Input(
                    "size",
                    default=64.0,
                    min=1.0,
                    max=4096.0,
                    step=1.0,
                    tooltip="How wide the shape is, in pixels of the pictures, with the track in its middle.",
                ),
                *own_size_inputs(),
            ],
            outputs=[
                io.Image.Output(display_name="images", tooltip="White on black, one picture a frame."),
                io.Mask.Output(
                    display_name="masks", tooltip="One a frame: 1 in the shape at each visible track, with hard edges."
                ),
            ],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def execute(  # type: ignore[no-untyped-def]
        cls, trajectory, style, shape, size, width=0, height=0, frames=0
    ) -> io.NodeOutput:
        from .host.status import show_on_node

        wanted = at_size(trajectory, width, height, frames)
        images, masks = drawn(wanted, style, shape, size)
        show_on_node(cls, seen(wanted, masks))
        return io.NodeOutput(images, masks)


def drawn(trajectory: Trajectory, style: str, shape: str, size: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Pictures float32 (F, H, W, 3) and masks float32 (F, H, W), both in 0..1. Raises TrajectoryError."""
    import torch

    from ..tora_core.trajectory.control import draw_gaussian_dots, draw_masks

    tracks = trajectory.sample()
    masks = torch.from_numpy(draw_masks(tracks, size_px=size, shape=shape))
    if style == DOTS:
        return torch.from_numpy(draw_gaussian_dots(tracks)).float().div_(255), masks
    return masks[..., None].repeat(1, 1, 1, 3), masks


def seen(trajectory: Trajectory, masks: Any) -> str:
    """A sentence for the node: the size, and how many of the frames show anything."""
    count = int(masks.flatten(1).any(dim=1).sum())
    frames = f"{trajectory.width}x{trajectory.height}, {len(masks)} frame{'s' if len(masks) != 1 else ''}"
    if count == len(masks):
        return f"{frames}."
    return f"{frames}, {len(masks) - count} of them without anything: no track is visible in the picture there."
