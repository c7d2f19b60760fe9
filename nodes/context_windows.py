"""Context Windows (CogVideoX): videos longer than the model knows, in overlapping windows."""

from __future__ import annotations

from comfy_api.latest import io

from ..tora_core.errors import SizeError, ToraError
from ..tora_core.pipelines.sizes import check_frames
from .sizes import MAX_FRAMES

SCHEDULES = ("standard_static", "standard_uniform", "looped_uniform", "batched")
FUSES = ("pyramid", "relative", "flat", "overlap-linear")


class ToraContextWindows(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="ToraContextWindows",
            display_name="Context Windows (CogVideoX)",
            category="Tora",
            description="For videos longer than the model was trained with: each step works on overlapping windows. "
            "The path of Apply Tora runs through all of them, before or after this node.",
            search_aliases=["long video", "context windows", "sliding window", "context length", "overlap"],
            inputs=[
                io.Model.Input("model", tooltip="CogVideoX; stays as it is, a copy gets the windows."),
                io.Int.Input(
                    "window_frames",
                    default=49,
                    min=9,
                    max=MAX_FRAMES,
                    step=8,
                    tooltip="Frames of one window, 8k+1: best what the model was trained with, 49 for 5B, 17 for the "
                    "demo model. A video that is no longer than this is made in one piece.",
                ),
                io.Int.Input(
                    "overlap",
                    default=16,
                    min=0,
                    max=MAX_FRAMES - 1,
                    step=4,
                    tooltip="Frames that two windows share. More makes seams softer and sampling slower.",
                ),
                io.Combo.Input(
                    "schedule",
                    options=list(SCHEDULES),
                    default="standard_static",
                    advanced=True,
                    tooltip="Where windows lie: the same in every step (static), moved from step to step (uniform), "
                    "going round from the end to the start (looped), or without overlap (batched).",
                ),
                io.Combo.Input(
                    "fuse",
                    options=list(FUSES),
                    default="pyramid",
                    advanced=True,
                    tooltip="How windows are mixed where they overlap: pyramid counts a window's middle most.",
                ),
                io.Boolean.Input(
                    "keep_start_image",
                    default=False,
                    advanced=True,
                    tooltip="Image to video: shows the start picture to every window, not to the first alone. Holds "
                    "colors and ground together, but pulls each window back towards the start.",
                ),
                io.Boolean.Input(
                    "freenoise",
                    default=False,
                    advanced=True,
                    tooltip="Windows begin from the same noise in another order (FreeNoise): more alike, less varied.",
                ),
            ],
            outputs=[io.Model.Output(display_name="model")],
        )

    @classmethod
    def validate_inputs(cls, window_frames=None, overlap=None, schedule=None, fuse=None) -> bool | str:  # type: ignore[no-untyped-def]
        if schedule not in (None, *SCHEDULES):
            return f"schedule is {schedule!r}, expected one of {', '.join(SCHEDULES)}."
        if fuse not in (None, *FUSES):
            return f"fuse is {fuse!r}, expected one of {', '.join(FUSES)}."
        try:
            if window_frames is not None:
                check_windows(window_frames, overlap or 0, schedule or "", fuse or "")
        except ToraError as error:
            return str(error)
        return True

    @classmethod
    def execute(  # type: ignore[no-untyped-def]
        cls,
        model,
        window_frames,
        overlap,
        schedule="standard_static",
        fuse="pyramid",
        keep_start_image=False,
        freenoise=False,
    ) -> io.NodeOutput:
        from .host.context import with_context_windows

        check_windows(window_frames, overlap, schedule, fuse)
        return io.NodeOutput(
            with_context_windows(model, window_frames, overlap, schedule, fuse, keep_start_image, freenoise)
        )


def check_windows(frames: int, overlap: int, schedule: str, fuse: str) -> None:
    """Raise SizeError or ToraError for windows that can't be cut, or that the host's own code fails on."""
    check_frames(frames, name="window_frames")
    if not 9 <= frames <= MAX_FRAMES:
        raise SizeError(f"window_frames is {frames}, expected 9 to {MAX_FRAMES}.")
    if not 0 <= overlap < frames - 1 or overlap % 4:
        raise SizeError(
            f"overlap is {overlap}, expected a multiple of 4 from 0 to {frames - 5}, for windows of {frames} frames."
        )
    if fuse == "overlap-linear" and (overlap == 0 or schedule == "batched"):
        raise ToraError(
            "fuse is overlap-linear, which fades over the overlap, but there is none. Choose flat, or give an overlap "
            "and another schedule than batched."
        )
