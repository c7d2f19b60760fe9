"""Transform Trajectory: mirror, scale, rotate and move, in this order."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from .shaping import (
    CATEGORY,
    check_tracks,
    chosen,
    degrees,
    of,
    option,
    pixels,
    show,
    tracks_input,
    trajectory_input,
    trajectory_output,
    why_not,
)

MIRRORS = {"none": "none", "left-right": "horizontal", "top-bottom": "vertical", "both": "both"}
ABOUTS = {"canvas": "canvas", "drawing": "drawing", "first point": "start"}


class ToraTransformTrajectory(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        def factor(name: str, default: float, tooltip: str, advanced: bool | None = None) -> io.Input:
            return io.Float.Input(
                name,
                default=default,
                min=-100.0,
                max=100.0,
                step=0.05,
                round=0.0001,
                tooltip=tooltip,
                advanced=advanced,
            )

        return io.Schema(
            node_id="ToraTransformTrajectory",
            display_name="Transform Trajectory",
            category=CATEGORY,
            description="Mirrors, scales, rotates and moves tracks, in this order. The canvas stays as it is, and what "
            "was drawn stays as editable as before.",
            search_aliases=["move trajectory", "scale path", "rotate path", "mirror trajectory", "flip path", "shift"],
            inputs=[
                trajectory_input(),
                io.Combo.Input(
                    "mirror",
                    options=list(MIRRORS),
                    default="none",
                    tooltip="First: left-right exchanges left and right, top-bottom exchanges top and bottom.",
                ),
                factor("scale", 1.0, "Second: 2 makes paths twice as large, and motion twice as fast."),
                factor("scale_y", 0.0, "The scale of heights where it is another one. 0 takes scale.", True),
                degrees("rotate", "Third: degrees clockwise."),
                pixels("move_x", "Last: pixels to the right."),
                pixels("move_y", "Last: pixels down."),
                io.DynamicCombo.Input(
                    "about",
                    options=[
                        *(io.DynamicCombo.Option(name, []) for name in ABOUTS),
                        io.DynamicCombo.Option(
                            "point",
                            [
                                pixels("x", "Pixels from the left of the canvas."),
                                pixels("y", "Pixels from the top of the canvas."),
                            ],
                        ),
                    ],
                    tooltip="What stays in its place while mirroring, scaling and rotating: the middle of the canvas; "
                    "the middle of the chosen tracks; each track's own first point; or a point.",
                ),
                tracks_input(),
            ],
            outputs=[trajectory_output()],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def validate_inputs(cls, trajectory=None, about=None, tracks=None) -> bool | str:  # type: ignore[no-untyped-def]
        return why_not(lambda: option(about, "about"), lambda: check_tracks(tracks))

    @classmethod
    def execute(cls, trajectory, about=None, tracks="", **values) -> io.NodeOutput:  # type: ignore[no-untyped-def]
        numbers = chosen(trajectory, tracks)
        made, done = transformed(trajectory, numbers, about, **values)
        show(cls, f"{done}: {of(numbers, trajectory)}", made)
        return io.NodeOutput(made)


def transformed(
    trajectory: Any,
    numbers: list[int],
    about: Any,
    *,
    mirror: str,
    scale: float,
    scale_y: float,
    rotate: float,
    move_x: float,
    move_y: float,
) -> tuple[Any, str]:
    """The trajectory with the tracks of these numbers changed, and what was done. Raises ToraError."""
    from ..tora_core.trajectory.shaping.affine import transform

    kind, point = option(about, "about")
    made = transform(
        trajectory,
        mirrored=MIRRORS[mirror],
        factor=scale,
        factor_y=scale_y or None,
        degrees=rotate,
        dx_px=move_x,
        dy_px=move_y,
        about=(point["x"], point["y"]) if kind == "point" else ABOUTS[kind],
        only=numbers,
    )
    factors = f"{scale:g}" if scale_y in (0.0, scale) else f"{scale:g} and {scale_y:g}"
    steps = {
        f"mirrored {mirror}{' ways' * (mirror == 'both')}": mirror != "none",
        f"scaled by {factors}": factors != "1",
        f"turned by {rotate:g} degrees": rotate != 0.0,
        f"moved by {move_x:g}, {move_y:g} px": (move_x, move_y) != (0.0, 0.0),
    }
    return made, ", ".join(step for step, is_done in steps.items() if is_done) or "nothing done"
