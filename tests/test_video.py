"""Written videos come back as they were, in every player's format, and nothing half-written is left."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tora_core import SizeError, ToraError
from tora_core import video as video_module
from tora_core.video import read_video, write_video


def moving_ramp(frames: int = 9, height: int = 48, width: int = 80) -> np.ndarray:
    """Smooth colours that move: red rises to the right and drifts, green rises downwards, blue with time."""
    f, y, x = np.meshgrid(np.arange(frames), np.arange(height), np.arange(width), indexing="ij")
    colour = np.stack([2 * x + 3 * f, 4 * y, 20 * f], axis=-1)
    return colour.clip(0, 255).astype(np.uint8)


def psnr(a: np.ndarray, b: np.ndarray) -> float:
    return 10 * np.log10(255**2 / np.mean((a.astype(np.float64) - b) ** 2))


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    frames = moving_ramp()
    path = write_video(tmp_path / "new folder" / "clip.mp4", frames, fps=12)
    read, fps = read_video(path)
    assert read.shape == frames.shape and read.dtype == np.uint8
    assert fps == 12
    assert psnr(read, frames) > 38
    # Each frame is nearest to itself: none is lost, doubled or out of order.
    distance = ((read[:, None].astype(np.float64) - frames[None]) ** 2).mean(axis=(2, 3, 4))
    assert distance.argmin(axis=1).tolist() == list(range(9))


@pytest.mark.parametrize("rgb", [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255), (0, 0, 0), (200, 120, 40)])
def test_plain_colours_survive_within_3_of_255(tmp_path: Path, rgb: tuple[int, int, int]) -> None:
    frames = np.full((3, 32, 48, 3), rgb, np.uint8)
    read, _ = read_video(write_video(tmp_path / "plain.mp4", frames))
    assert np.abs(read.astype(int) - frames).max() <= 3


@pytest.mark.parametrize("fps", [8, 12.5, 23.976, 30000 / 1001])
def test_the_frame_rate_survives(tmp_path: Path, fps: float) -> None:
    _, read = read_video(write_video(tmp_path / "clip.mp4", moving_ramp(2), fps))
    assert read == pytest.approx(fps, abs=1e-3)


def test_the_stream_is_h264_yuv420p_with_its_colour_standard_named(tmp_path: Path) -> None:
    import av

    path = write_video(tmp_path / "clip.mp4", moving_ramp(2))
    with av.open(str(path)) as container:
        context = container.streams.video[0].codec_context
        assert (context.name, context.pix_fmt) == ("h264", "yuv420p")
        assert (context.colorspace, context.color_range) == (1, 1)  # BT.709, studio range
    # "moov" before "mdat": a browser can start before the file has arrived.
    data = path.read_bytes()
    assert 0 < data.index(b"moov") < data.index(b"mdat")


def test_a_tensor_is_taken_too_and_a_view_is_not_written_to(tmp_path: Path) -> None:
    import torch

    frames = moving_ramp(4)
    flipped = frames[:, :, ::-1]
    write_video(tmp_path / "clip.mp4", flipped)
    assert np.array_equal(frames, moving_ramp(4))
    write_video(tmp_path / "tensor.mp4", torch.from_numpy(frames))
    assert psnr(read_video(tmp_path / "tensor.mp4")[0], frames) > 38


def test_max_frames_reads_the_first_ones(tmp_path: Path) -> None:
    frames = moving_ramp()
    path = write_video(tmp_path / "clip.mp4", frames)
    assert np.array_equal(read_video(path, max_frames=4)[0], read_video(path)[0][:4])
    assert len(read_video(path, max_frames=100)[0]) == 9


def test_a_video_beyond_the_limit_is_refused_with_the_number_that_fits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_video(tmp_path / "clip.mp4", moving_ramp())
    monkeypatch.setattr(video_module, "MAX_DECODED_BYTES", 3 * 48 * 80 * 3 + 1)
    with pytest.raises(ToraError, match="max_frames=3 is the most"):
        read_video(path)
    assert len(read_video(path, max_frames=3)[0]) == 3


@pytest.mark.parametrize(
    ("frames", "message"),
    [
        (np.zeros((48, 80, 3), np.uint8), r"shape \(48, 80, 3\), expected \(F, H, W, 3\)"),
        (np.zeros((2, 48, 80, 4), np.uint8), r"shape \(2, 48, 80, 4\)"),
        (np.zeros((0, 48, 80, 3), np.uint8), r"shape \(0, 48, 80, 3\)"),
        (np.zeros((2, 48, 80, 3), np.float32), "float32, expected uint8"),
    ],
)
def test_frames_that_cannot_be_are_refused(tmp_path: Path, frames: np.ndarray, message: str) -> None:
    with pytest.raises(ToraError, match=message):
        write_video(tmp_path / "clip.mp4", frames)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("height", "width", "nearest"), [(47, 80, "48x80"), (48, 79, "48x80"), (47, 79, "48x80")])
def test_odd_sizes_are_refused_with_the_nearest_even_one(tmp_path: Path, height: int, width: int, nearest: str) -> None:
    with pytest.raises(SizeError, match=f"{height}x{width}.*{nearest}"):
        write_video(tmp_path / "clip.mp4", np.zeros((2, height, width, 3), np.uint8))


@pytest.mark.parametrize("fps", [0, -8, float("nan"), float("inf")])
def test_an_impossible_frame_rate_is_refused(tmp_path: Path, fps: float) -> None:
    with pytest.raises(ToraError, match="fps is"):
        write_video(tmp_path / "clip.mp4", moving_ramp(2), fps)


@pytest.mark.parametrize("name", ["clip.avi", "clip", "clip.mp4.txt"])
def test_only_mp4_is_written(tmp_path: Path, name: str) -> None:
    with pytest.raises(ToraError, match=r"ends in \.mp4"):
        write_video(tmp_path / name, moving_ramp(2))


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, MemoryError])
def test_an_interrupted_write_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, interruption: type[BaseException]
) -> None:
    path = write_video(tmp_path / "clip.mp4", moving_ramp(2))
    before = path.read_bytes()
    encode = video_module._encode

    def encode_then_stop(*args: object) -> None:
        encode(*args)
        assert len(list(tmp_path.iterdir())) == 2, "the new file isn't beside the old one while it is written"
        raise interruption

    monkeypatch.setattr(video_module, "_encode", encode_then_stop)
    with pytest.raises(interruption):
        write_video(path, moving_ramp(5))
    assert [entry.name for entry in tmp_path.iterdir()] == ["clip.mp4"]
    assert path.read_bytes() == before


def test_a_place_that_cannot_be_written_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(ToraError, match="Can't write"):
        write_video(tmp_path / "file" / "clip.mp4", moving_ramp(2))
    (tmp_path / "folder.mp4").mkdir()
    with pytest.raises(ToraError, match="is a folder"):
        write_video(tmp_path / "folder.mp4", moving_ramp(2))


@pytest.mark.parametrize(
    ("content", "message"), [(None, "no such file"), (b"", "as a video"), (b"not a video at all" * 99, "as a video")]
)
def test_what_is_no_video_is_one_clear_error(tmp_path: Path, content: bytes | None, message: str) -> None:
    path = tmp_path / "clip.mp4"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ToraError, match=message):
        read_video(path)


@pytest.mark.parametrize("kept", [40, 400, 700, 1000])  # the index is before the pictures: cut off in both
def test_a_truncated_video_is_one_clear_error(tmp_path: Path, kept: int) -> None:
    path = write_video(tmp_path / "clip.mp4", moving_ramp())
    data = path.read_bytes()
    assert data.index(b"mdat") < 1000 < len(data)
    path.write_bytes(data[:kept])
    with pytest.raises(ToraError, match="Can't read"):
        read_video(path)


def test_a_comment_that_is_no_text_does_not_matter(tmp_path: Path) -> None:
    path = write_video(tmp_path / "clip.mp4", moving_ramp())
    data = path.read_bytes()
    assert b"Lavf" in data
    path.write_bytes(data.replace(b"Lavf", b"\xb8\xb9\xba\xbb"))
    assert len(read_video(path)[0]) == 9


def test_sound_alone_is_no_video(tmp_path: Path) -> None:
    import wave

    with wave.open(str(tmp_path / "sound.wav"), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(16000))
    with pytest.raises(ToraError, match="no video in it"):
        read_video(tmp_path / "sound.wav")
