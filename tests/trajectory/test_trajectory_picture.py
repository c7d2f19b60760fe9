"""Pictures: where the ink is, how much, and what is left alone."""

from __future__ import annotations

import numpy as np
import pytest

from tora_core.errors import TrajectoryError
from tora_core.trajectory import Track, Tracks, Trajectory, VisibilityKey, draw_trajectory, overlay_tracks
from tora_core.trajectory.picture import overlay_trajectory

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


GRAY = np.full((3, 120, 200, 3), 90, np.uint8)


def test_trails_points_and_arrows_of_an_overlay_are_switched_one_by_one() -> None:
    tracks = drawing(Track(LINE), frames=3).sample()
    off = {"trails": False, "points": False, "arrows": False}

    def drawn(**on: bool) -> np.ndarray:
        return np.array([ink(frame, GRAY[0]) for frame in overlay_tracks(GRAY, tracks, **{**off, **on})])

    assert not drawn().any()
    trails, points, arrows = drawn(trails=True), drawn(points=True), drawn(arrows=True)
    assert trails[:, 40, 21:180].all()
    assert [list(np.flatnonzero(points[f, 40])[[0, -1]]) for f in range(3)] == [[17, 23], [97, 103], [177, 183]]
    assert arrows[:, 40, 178].all() and not arrows[:, :, :170].any()
    np.testing.assert_array_equal(drawn(trails=True, points=True, arrows=True), trails | points | arrows)
    np.testing.assert_array_equal(overlay_tracks(GRAY, tracks), overlay_tracks(GRAY, tracks, arrows=False))


def test_an_overlays_arrow_is_at_the_border_where_the_path_leaves_and_none_where_it_never_was_inside() -> None:
    tracks = drawing(Track([(100, 60), (500, 60)]), Track([(100, -90), (150, -60)]), frames=3).sample()
    drawn = ink(overlay_tracks(GRAY, tracks, trails=False, points=False, arrows=True)[0], GRAY[0])
    rows, columns = np.nonzero(drawn)
    assert (columns.max(), abs(rows.mean() - 60) < 0.6, columns.min() > 185) == (199, True, True)


def test_an_overlay_takes_colors_and_the_palettes_where_there_is_none() -> None:
    tracks = drawing(Track(LINE), Track([(20, 90), (180, 90)]), frames=3).sample()
    result = overlay_tracks(GRAY, tracks, colors=[None, "#ff0000"], points=False).astype(int)
    assert np.abs(result[0, 40, 100] - BLUE).max() < 45 and np.abs(result[0, 90, 100] - [255, 0, 0]).max() < 45
    with pytest.raises(TrajectoryError, match="1 colors for 2 tracks"):
        overlay_tracks(GRAY, tracks, colors=["#ff0000"])


def test_an_overlay_of_a_trajectory_is_smooth_over_few_frames_and_in_its_own_colors() -> None:
    arc = Track([(20, 100), (100, 10), (180, 100)], color="#ff0000")
    result = overlay_trajectory(GRAY, drawing(arc), points=False)
    path = drawing(arc).sample(21).points_px[0]  # the way between the three frames is curved too
    for x, y in path[1:-1].round().astype(int):
        assert np.abs(result[0, y, x].astype(int) - [255, 0, 0]).max() < 90, (x, y)
    dots = ink(overlay_trajectory(GRAY, drawing(arc), trails=False)[1], GRAY[0])
    assert dots[10, 100] and not dots[60:].any()


def test_an_overlay_scales_a_trajectory_to_the_video_and_takes_a_single_picture() -> None:
    small = drawing(Track([(10, 20), (90, 20)]), width=100, height=60, frames=49)
    result = overlay_trajectory(GRAY[:1], small)[0]
    assert ink(result, GRAY[0])[40, 21:180].all()
    points = ink(overlay_trajectory(GRAY[:1], small, trails=False)[0], GRAY[0])
    assert points[40, 20] and not points[:, 30:].any()


def test_paths_of_other_tracks_are_refused() -> None:
    tracks = drawing(Track(LINE), frames=3).sample()
    with pytest.raises(TrajectoryError, match="paths are 2 of 200x120, expected those of the 1 tracks of 200x120"):
        overlay_tracks(GRAY, tracks, paths=drawing(Track(LINE), Track(LINE)).sample())
    with pytest.raises(TrajectoryError, match="paths are 1 of 100x120"):
        overlay_tracks(GRAY, tracks, paths=drawing(Track(LINE)).sample(size=(120, 100)))
