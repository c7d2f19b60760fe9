"""Width, height and length of videos: the same inputs and the same checks in every node that has them."""

from __future__ import annotations

from comfy_api.latest import io

from ..tora_core.errors import SizeError
from ..tora_core.pipelines.sizes import check_frames, check_side

MAX_SIDE, MAX_FRAMES, MAX_BATCH = 4096, 1025, 64


def width_input(default: int = 720) -> io.Input:
    return io.Int.Input(
        "width",
        default=default,
        min=16,
        max=MAX_SIDE,
        step=16,
        tooltip="Width of the video in pixels, a multiple of 16.",
    )


def height_input(default: int = 480) -> io.Input:
    return io.Int.Input(
        "height",
        default=default,
        min=16,
        max=MAX_SIDE,
        step=16,
        tooltip="Height of the video in pixels, a multiple of 16. CogVideoX-5B was trained with 480.",
    )


def length_input(name: str = "length", default: int = 49) -> io.Input:
    return io.Int.Input(
        name,
        default=default,
        min=1,
        max=MAX_FRAMES,
        step=8,
        tooltip="Frames of the video: 8k+1, so 1, 9, 17, ... 49. CogVideoX-5B was trained with 49.",
    )


def batch_input() -> io.Input:
    return io.Int.Input("batch_size", default=1, min=1, max=MAX_BATCH, tooltip="How many videos are made at once.")


def check_video(width: int | None, height: int | None, frames: int | None, batch: int | None = 1) -> None:
    """Raise SizeError, with the nearest legal values, for what CogVideoX can't make; None is not known yet."""
    if width is not None:
        check_side("width", width)
    if height is not None:
        check_side("height", height)
    if frames is not None:
        check_frames(frames, name="frame count")
    for name, value, most in (
        ("width", width, MAX_SIDE),
        ("height", height, MAX_SIDE),
        ("frame count", frames, MAX_FRAMES),
        ("batch_size", batch, MAX_BATCH),
    ):
        if value is not None and not 1 <= value <= most:
            raise SizeError(f"{name} is {value}, expected 1 to {most}.")


def why_not_video(width: int | None, height: int | None, frames: int | None, batch: int | None = 1) -> bool | str:
    """The same as an answer for validate_inputs: True, or the reason."""
    try:
        check_video(width, height, frames, batch)
    except SizeError as error:
        return str(error)
    return True


def latent_shape(width: int, height: int, frames: int, batch: int = 1) -> tuple[int, int, int, int, int]:
    """(B, 16, F', h, w) of a video."""
    return (batch, 16, (frames - 1) // 4 + 1, height // 8, width // 8)
