"""Pictures: where the ink is, how much, and what is left alone."""

from __future__ import annotations

import numpy as np
import pytest

from tora_core.errors import TrajectoryError
from tora_core.trajectory import Track, Tracks, Trajectory, VisibilityKey, draw_trajectory, overlay_tracks

BLUE = np.array([0x00, 0x72, 0xB2])
LINE = ((20, 40), (180, 40))


def drawing(*tracks: Track, width: int = 200, height: int = 120, frames: int = 9) -> Trajectory:
    return Trajectory(width=width, height=height, frames=frames, tracks=tracks)


def ink(picture: np.ndarray, background: np.ndarray | None = None) -> np.ndarray:
    """Where a picture differs from its ground: bool (H, W)."""
    ground = np.full_like(picture, 250) if background is None else background
    return np.abs(picture.astype(int) - ground).max(axis=-1) > 8


def test_a_line_is_drawn_along_its_path_in_the_first_color() -> None:
    picture = draw_trajectory(drawing(Track(LINE)))
    assert (picture.shape, picture.dtype) == ((120, 200, 3), np.uint8)
    rows, columns = np.nonzero(ink(picture))
    assert abs(rows.mean() - 40) < 0.2  # pixel centres are at integers
    assert 15 <= columns.min() <= 19 and 180 <= columns.max() <= 185
    assert np.abs(picture[40, 170].astype(int) - BLUE).max() < 25


def test_paths_grow_stronger_with_time() -> None:
    picture = draw_trajectory(drawing(Track(LINE), frames=2)).astype(int)
    early, late = (np.abs(picture[40, x] - 250).sum() for x in (45, 160))
    assert late > 1.5 * early


def test_a_small_canvas_is_not_drowned() -> None:
    track = Track([(13, 102), (38, 26), (64, 90), (102, 38)])
    share = ink(draw_trajectory(drawing(track, width=128, height=128, frames=49))).mean()
    assert 0.01 < share < 0.06


@pytest.mark.parametrize("size", [(64, 64), (480, 720), (1080, 608)])
def test_every_size_has_a_thin_smooth_line(size: tuple[int, int]) -> None:
    height, width = size
    track = Track([(width * 0.1, height * 0.5), (width * 0.9, height * 0.5)])
    picture = draw_trajectory(drawing(track, width=width, height=height, frames=2))
    thickness = ink(picture)[:, width // 2].sum()
    assert 1 <= thickness <= max(4, 0.012 * min(size))


def test_a_track_that_stands_still_is_a_ring_with_a_dot() -> None:
    picture = draw_trajectory(drawing(Track([(60, 40)]), width=400, height=400))
    rows, columns = np.nonzero(ink(picture))
    assert (abs(rows.mean() - 40) < 0.6, abs(columns.mean() - 60) < 0.6) == (True, True)
    assert np.abs(picture[40, 60].astype(int) - BLUE).max() < 25
    assert picture[40, 60 + 3].min() > 200


def test_hidden_parts_are_left_out() -> None:
    hidden = (VisibilityKey(0.4, False), VisibilityKey(0.6, True))
    columns = ink(draw_trajectory(drawing(Track(LINE, visibility=hidden), frames=101)))[40]
    assert not columns[88:112].any() and columns[70] and columns[130]
    assert not ink(draw_trajectory(drawing(Track(LINE, visibility=(VisibilityKey(0, False),))))).any()


OUTSIDE = {
    "leaves to the right": (Track([(100, 60), (500, 60)]), (60, 198)),
    "comes in from the left": (Track([(-300, 60), (100, 60)]), (60, 2)),
    "only crosses": (Track([(-50, 30), (900, 30)]), (30, 100)),
    "is always to the left: an arrow points there": (Track([(-50, 60), (-20, 60)]), (60, 2)),
    "is always far above": (Track([(70, -5000), (70, -900)]), (2, 70)),
}


@pytest.mark.parametrize("name", OUTSIDE)
def test_a_track_that_goes_outside_is_still_shown(name: str) -> None:
    track, (row, column) = OUTSIDE[name]
    picture = draw_trajectory(drawing(track))
    assert ink(picture)[row - 2 : row + 3, column - 2 : column + 2].any()


def test_coordinates_at_the_limit_are_drawn_where_they_cross() -> None:
    picture = draw_trajectory(drawing(Track([(-1e6, -1e6), (1e6, 1e6)]), frames=49))
    np.testing.assert_array_equal(ink(picture)[[20, 60, 100], [20, 60, 100]], [True] * 3)
    assert ink(picture).mean() < 0.05


def test_no_tracks_and_one_frame_are_fine() -> None:
    assert not ink(draw_trajectory(drawing())).any()
    assert ink(draw_trajectory(drawing(Track(LINE), frames=1))).any()
    assert draw_trajectory(drawing(Track([(0, 0)]), width=1, height=1)).shape == (1, 1, 3)


def test_a_background_is_kept_where_nothing_is_drawn_and_not_written_to() -> None:
    background = np.random.default_rng(0).integers(0, 255, (120, 200, 3), dtype=np.uint8)
    before = background.copy()
    picture = draw_trajectory(drawing(Track(LINE)), background=background)
    np.testing.assert_array_equal(background, before)
    np.testing.assert_array_equal(picture[60:], background[60:])
    assert ink(picture, background)[40, 60:150].all()


def test_another_size_scales_the_drawing() -> None:
    rows, columns = np.nonzero(ink(draw_trajectory(drawing(Track(LINE)), size=(240, 100))))
    assert abs(rows.mean() - 80) < 0.3 and 85 < columns.max() < 95


def test_tracks_are_drawn_like_trajectories() -> None:
    tracks = drawing(Track(LINE)).sample()
    np.testing.assert_array_equal(ink(draw_trajectory(tracks))[40], ink(draw_trajectory(drawing(Track(LINE))))[40])
    assert draw_trajectory(tracks, size=(60, 100)).shape == (60, 100, 3)


def test_a_track_keeps_its_own_color() -> None:
    picture = draw_trajectory(drawing(Track(LINE, color="#ff0000")))
    assert np.abs(picture[40, 170].astype(int) - [255, 0, 0]).max() < 25


def test_the_overlay_has_the_path_in_every_frame_and_a_dot_where_the_track_is() -> None:
    video = np.full((9, 120, 200, 3), 90, np.uint8)
    tracks = drawing(Track([(20, 40), (180, 40)]), Track([(100, 90)], start=0.5)).sample()
    result = overlay_tracks(video, tracks)
    assert (result.shape, result.dtype) == (video.shape, np.uint8) and (video == 90).all()
    for f in range(9):
        x = 20 + 20 * f
        assert np.abs(result[f, 40, x].astype(int) - BLUE).max() < 25
        assert ink(result[f], video[f])[40, 21:180].all()
        # The dot is wider than the line: its rim is white above it.
        rim = result[f, 35:38, x].max()
        assert rim > 200
        assert ink(result[f], video[f])[90, 100] == (f >= 4)
    assert not ink(result[0], video[0])[100:].any()


def test_overlay_dots_outside_the_frame_are_left_out_and_at_its_border_cut() -> None:
    video = np.zeros((2, 40, 60, 3), np.uint8)
    tracks = Tracks(np.array([[[0, 0], [59, 39]], [[-500, 3], [1e6, 1e6]]]), size=(40, 60))
    result = overlay_tracks(video, tracks)
    assert result[0, 0, 0].any() and result[1, 39, 59].any()


VIDEO = np.zeros((9, 120, 200, 3), np.uint8)


@pytest.mark.parametrize(
    ("video", "message"),
    [
        (VIDEO[:5], r"tracks have 9 frames of 200x120, the video 5 of 200x120: sample the trajectory with frames=5"),
        (VIDEO[:, :60], r"the video 9 of 200x60"),
        (VIDEO.astype(np.float32), "video is float32"),
        (VIDEO[..., :1], "video is uint8"),
        ("video", "video is str"),
    ],
)
def test_an_overlay_that_does_not_fit_is_refused(video: object, message: str) -> None:
    with pytest.raises(TrajectoryError, match=message):
        overlay_tracks(video, drawing(Track(LINE)).sample())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"what": 5}, "got a value of type int"),
        ({"size": (0, 10)}, r"size\[0\]"),
        ({"background": np.zeros((120, 200), np.uint8)}, "background is uint8"),
        ({"background": np.zeros((0, 200, 3), np.uint8)}, "at least one pixel"),
        ({"background": np.zeros((10, 10, 3), np.uint8), "size": (10, 20)}, "but the background's is"),
    ],
)
def test_a_picture_that_makes_no_sense_is_refused(kwargs: dict, message: str) -> None:
    with pytest.raises(TrajectoryError, match=message):
        draw_trajectory(**{"what": drawing(Track(LINE)), **kwargs})
