"""Fit Trajectory: the drawing on a canvas of another size."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from .shaping import CATEGORY, LARGEST_SIDE, option, show, trajectory_input, trajectory_output, why_not


class ToraFitTrajectory(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        def side(name: str, default: int) -> io.Input:
            tooltip = f"The new {name} in pixels, any."
            return io.Int.Input(name, default=default, min=1, max=LARGEST_SIDE, step=1, tooltip=tooltip)

        def corner(name: str, tooltip: str) -> io.Input:
            return io.Int.Input(name, default=0, min=-LARGEST_SIDE, max=LARGEST_SIDE, step=1, tooltip=tooltip)

        return io.Schema(
            node_id="ToraFitTrajectory",
            display_name="Fit Trajectory",
            category=CATEGORY,
            description="Brings a trajectory onto a canvas of another size, by the same way as pictures are resized: "
            "whole with borders, filling and cut, stretched, or as a crop.",
            search_aliases=["resize trajectory", "crop trajectory", "change canvas", "aspect ratio", "scale to size"],
            inputs=[
                trajectory_input(),
                side("width", 720),
                side("height", 480),
                io.DynamicCombo.Input(
                    "method",
                    options=[
                        *(io.DynamicCombo.Option(name, []) for name in ("contain", "cover", "stretch")),
                        io.DynamicCombo.Option(
                            "crop",
                            [
                                corner("left", "Where the rectangle's left side is on the old canvas, in pixels."),
                                corner("top", "Where the rectangle's top is on the old canvas, in pixels."),
                            ],
                        ),
                    ],
                    tooltip="contain: as large as it fits whole, in the middle; cover: as small as it fills all, in "
                    "the middle; stretch: width and height each by its own factor; crop: a rectangle of the old "
                    "canvas, not scaled.",
                ),
            ],
            outputs=[
                trajectory_output(),
                io.Int.Output(display_name="width", tooltip="The new width, for the latent."),
                io.Int.Output(display_name="height", tooltip="The new height, for the latent."),
            ],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def validate_inputs(cls, trajectory=None, method=None) -> bool | str:  # type: ignore[no-untyped-def]
        return why_not(lambda: option(method, "method"))

    @classmethod
    def execute(cls, trajectory, width, height, method=None) -> io.NodeOutput:  # type: ignore[no-untyped-def]
        made = fitted(trajectory, width, height, method)
        show(cls, f"{method['method']}: {trajectory.width}x{trajectory.height} to {width}x{height}", made)
        return io.NodeOutput(made, made.width, made.height)


def fitted(trajectory: Any, width: int, height: int, method: Any) -> Any:
    """The trajectory on the new canvas. Raises ToraError."""
    from ..tora_core.trajectory.shaping import crop, fit

    kind, corner = option(method, "method")
    if kind == "crop":
        return crop(trajectory, corner["left"], corner["top"], width, height)
    return fit(trajectory, width, height, kind)
