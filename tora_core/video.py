"""Video files in and out: H.264 in .mp4, as every browser and player takes it."""

from __future__ import annotations

import math
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from .errors import SizeError, ToraError

MAX_DECODED_BYTES = 4 * 1024**3
"""More raw pixels than this are not read at once: 4 GiB are 4,100 frames of 480x720."""

_BT709 = 1  # the number of this colour standard in H.264 streams (ITU-T H.273, tables 2 to 4)
_STUDIO_RANGE = 1


def write_video(path: str | os.PathLike[str], frames: Any, fps: float = 8.0, *, crf: int = 14) -> Path:
    """Write frames as an H.264 .mp4 and return its path.

    frames: uint8 (F, H, W, 3), RGB, 0..255, F at least 1, H and W even (the colours of H.264 in yuv420p are stored at
    half the size); an array or a CPU or GPU tensor, not written to. fps: frames per second, above 0.
    crf: x264's quality from 0 (lossless but for the colour conversion) to 51.

    The folder is made where it is missing. The file appears under its name only when it is complete: it is written
    beside it first, and an error or Ctrl-C takes that away and leaves what was there before.

    Raises ToraError where frames, fps, crf or the file name can't be, SizeError for an odd height or width.
    """
    import av

    target = Path(path)
    if target.suffix.lower() != ".mp4":
        raise ToraError(f"Can't write {target.name!r}: video is written as .mp4, so give a name that ends in .mp4.")
    if target.is_dir():
        raise ToraError(f"Can't write {target}: that is a folder, give the name of a file in it.")
    pixels = _checked_frames(frames)
    rate = _checked_rate(fps)
    if not 0 <= crf <= 51:
        raise ToraError(f"crf is {crf}, expected 0 (best) to 51 (smallest file).")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with _appears_when_done(target) as partial:
            _encode(partial, pixels, rate, crf)
    except (OSError, av.FFmpegError) as error:
        raise ToraError(f"Can't write {target}: {error.strerror or error}.") from error
    return target


def read_video(path: str | os.PathLike[str], *, max_frames: int | None = None) -> tuple[np.ndarray, float]:
    """Read a video's frames and its frames per second: (uint8 (F, H, W, 3) RGB, fps).

    Any file that FFmpeg reads. max_frames: stop after so many frames from the start. Frames come in the order in which
    they are shown and one each, so a file with varying frame times is read as if they were even.

    Raises ToraError where the file is missing, holds no video or is broken, and where its pixels would fill more than
    4 GiB (then max_frames is the way).
    """
    import av

    source = Path(path)
    if max_frames is not None and max_frames < 1:
        raise ToraError(f"max_frames is {max_frames}, expected at least 1.")
    if not source.is_file():
        raise ToraError(f"Can't read {source}: there is no such file.")
    try:
        with av.open(str(source), metadata_errors="replace") as container:
            if not container.streams.video:
                raise ToraError(f"Can't read {source}: there is no video in it.")
            stream = container.streams.video[0]
            # PyAV 17 crashes the whole process when it decodes such a stream (a header that is cut off makes one).
            if stream.codec_context is None:
                raise ToraError(f"Can't read {source} as a video: it is cut off or of an unknown kind.")
            stream.thread_type = "AUTO"
            frames = _decode(container.decode(stream), source, max_frames)
            rate = stream.average_rate or stream.guessed_rate
    except av.FFmpegError as error:
        raise ToraError(f"Can't read {source} as a video: {error.strerror or error}.") from error
    if not frames:
        raise ToraError(f"Can't read {source}: its video has no frames.")
    if not rate:
        raise ToraError(f"Can't read {source}: it doesn't say how many frames a second it has.")
    return np.stack(frames), float(rate)


def _checked_frames(frames: Any) -> np.ndarray:
    if hasattr(frames, "detach"):  # a torch tensor, without importing torch here
        frames = frames.detach().cpu().numpy()
    pixels = np.asarray(frames)
    if pixels.ndim != 4 or pixels.shape[-1] != 3 or 0 in pixels.shape:
        raise ToraError(f"frames have shape {pixels.shape}, expected (F, H, W, 3) with at least one frame and pixel.")
    if pixels.dtype != np.uint8:
        raise ToraError(
            f"frames are {pixels.dtype}, expected uint8 from 0 to 255; if they are 0 to 1, multiply by 255 and round."
        )
    height, width = pixels.shape[1:3]
    if height % 2 or width % 2:
        even = f"{height + height % 2}x{width + width % 2}"
        raise SizeError(
            f"frames are {height}x{width} (height x width), H.264 needs even numbers: {even} is the nearest."
        )
    return pixels


def _checked_rate(fps: float) -> Fraction:
    if not (math.isfinite(fps) and 0.01 <= fps <= 1000):
        raise ToraError(f"fps is {fps}, expected a number from 0.01 to 1000.")
    return Fraction(fps).limit_denominator(1001)


@contextmanager
def _appears_when_done(target: Path) -> Iterator[Path]:
    # In the same folder, because only within one file system is a rename all or nothing.
    partial = target.with_name(f".{target.stem}-{uuid.uuid4().hex[:8]}.part.mp4")
    try:
        yield partial
        os.replace(partial, target)
    finally:
        partial.unlink(missing_ok=True)


def _encode(path: Path, pixels: np.ndarray, rate: Fraction, crf: int) -> None:
    import av
    from av.video.reformatter import Colorspace

    _, height, width, _ = pixels.shape
    with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        # One thread: with several, two runs of x264 over the same frames were seen to differ. It is no guarantee.
        options = {"crf": str(crf), "preset": "medium", "threads": "1"}
        stream = container.add_stream("libx264", rate=rate, options=options)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        # Said in the file, as players guess the standard by the size otherwise and show other colours.
        context = stream.codec_context
        context.colorspace = context.color_primaries = context.color_trc = _BT709
        context.color_range = _STUDIO_RANGE
        for picture in pixels:
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
            converted = frame.reformat(format="yuv420p", dst_colorspace=Colorspace.ITU709)
            container.mux(stream.encode(converted))
        container.mux(stream.encode(None))


def _decode(decoded: Any, source: Path, max_frames: int | None) -> list[np.ndarray]:
    frames: list[np.ndarray] = []
    size = 0
    for frame in decoded:
        picture = frame.to_ndarray(format="rgb24")
        if frames and picture.shape != frames[0].shape:
            raise ToraError(f"Can't read {source}: its size changes from {frames[0].shape[:2]} to {picture.shape[:2]}.")
        size += picture.nbytes
        if size > MAX_DECODED_BYTES:
            fitting = MAX_DECODED_BYTES // picture.nbytes
            raise ToraError(
                f"{source} holds more than {MAX_DECODED_BYTES / 1024**3:g} GiB of pixels; read a part of it, "
                f"max_frames={fitting} is the most."
            )
        frames.append(picture)
        if max_frames is not None and len(frames) == max_frames:
            break
    return frames
