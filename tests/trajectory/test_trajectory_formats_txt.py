"""Tora's text files: every line counts, decimals and blanks are read, the 256 canvas is scaled."""

from __future__ import annotations

import numpy as np
import pytest

from tora_core.errors import TrajectoryError
from tora_core.trajectory import Track, Trajectory, read_text
from tora_core.trajectory.formats import format_named

READABLE = {
    "plain": ("40,208\n128,64\n255,0", [[40, 208], [128, 64], [255, 0]]),
    "blank lines and spaces": ("\n 40 , 208 \n\n\t128,\t64\n 255,0 \n\n", [[40, 208], [128, 64], [255, 0]]),
    "decimals and signs": ("40.5,-208.25\n+1.,.5\n1e2,2", [[40.5, -208.25], [1, 0.5], [100, 2]]),
    "Windows line ends and byte order mark": ("\ufeff1,2\r\n3,4\r\n", [[1, 2], [3, 4]]),
    "a single line": ("7,8", [[7, 8]]),
}


@pytest.mark.parametrize("name", READABLE)
def test_lines_are_read(name: str) -> None:
    text, expected = READABLE[name]
    trajectory, info = read_text(text)
    assert trajectory.sample().points_px[0].tolist() == expected
    assert (trajectory.width, trajectory.height, trajectory.frames) == (256, 256, len(expected))
    assert info.format == "tora-txt" and info.reason.startswith('lines "x,y" such as')


def test_the_canvas_is_256_by_256_whatever_the_aspect() -> None:
    trajectory, info = read_text("0,0\n128,64\n256,256", width=720, height=480)
    assert trajectory.sample().points_px[0].tolist() == [[0, 0], [360, 120], [720, 480]]
    assert (trajectory.width, trajectory.height) == (720, 480) and "scaled to 720x480" in info.notes


@pytest.mark.parametrize(("lines", "frames"), [(97, 49), (56, 49), (5, 49), (205, 17)])
def test_long_and_short_paths_keep_both_ends_and_the_time_of_each_line(lines: int, frames: int) -> None:
    text = "\n".join(f"{i},{(i * i) % 251}" for i in range(lines))
    got = read_text(text, frames=frames)[0].sample().points_px[0]
    at = np.linspace(0, lines - 1, frames)
    np.testing.assert_allclose(got[:, 0], at, atol=1e-4)
    np.testing.assert_allclose(got[:, 1], np.interp(at, np.arange(lines), np.arange(lines) ** 2 % 251), atol=1e-3)
    assert got[-1].tolist() == [lines - 1, (lines - 1) ** 2 % 251]


def test_several_texts_are_several_tracks() -> None:
    trajectory, _ = read_text(["1,2\n3,4", "5,6\n7,8\n9,10"], names=["one", "two"])
    assert trajectory.sample().points_px.tolist() == [[[1, 2], [2, 3], [3, 4]], [[5, 6], [7, 8], [9, 10]]]
    assert [track.name for track in trajectory.tracks] == ["one", "two"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1,2\n\nthree,4", "^line 3 is 'three,4', expected two numbers x,y"),
        ("1,2\n3", "^line 2 is '3'"),
        ("1,2\n3,4,5", "^line 2 is '3,4,5'"),
        ("1,2\nnan,4", "^line 2 is 'nan,4'"),
        ("1,2\n1e300,4", "^line 2: x is 1e\\+300"),
        (["1,2", "3,4\n!"], "^text 2: line 2 is '!'"),
    ],
)
def test_errors_name_the_line(text: object, message: str) -> None:
    with pytest.raises(TrajectoryError, match=message):
        read_text(text)


def test_whole_numbers_are_written_as_the_published_code_needs_them() -> None:
    # 720x480: x 90.2 is 32.07 of 256, y 240 is 128; 719.5 is 255.8, which must not become 256: that crashes there.
    trajectory = Trajectory.from_points([[(90.2, 240), (719.5, 479.9)]], width=720, height=480, frames=2)
    known = format_named("tora-txt")
    assert known.write(trajectory) == ["32,128\n255,255\n"]
    (loss,) = [loss for loss in known.losses(trajectory) if loss.startswith("decimals")]
    # 0.8222 of 256 in x is 2.31 px of 720; 0.9467 in y is 1.77 px of 480
    assert "points move by up to 2.31 px in x and 1.77 px in y" in loss and "tora-txt-decimal" in loss


def test_points_outside_are_written_and_told() -> None:
    trajectory = Trajectory.from_points([[(-64, 0), (512, 64)]], width=256, height=256, frames=2)
    known = format_named("tora-txt")
    assert known.write(trajectory) == ["-64,0\n512,64\n"]
    assert any("outside the canvas" in loss for loss in known.losses(trajectory))


def test_decimals_read_back_to_the_same_positions() -> None:
    trajectory = Trajectory(width=720, height=480, frames=9, tracks=(Track([(0, 0), (100.3, 7), (30, 300)]),))
    known = format_named("tora-txt-decimal")
    (text,) = known.write(trajectory)
    back, _ = read_text(text, width=720, height=480)
    np.testing.assert_allclose(back.sample().points_px, trajectory.sample().points_px, rtol=1e-6, atol=1e-6)
    assert not any(loss.startswith("decimals") for loss in known.losses(trajectory))
