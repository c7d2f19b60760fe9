"""Pictures for other models: masks, white shapes, Gaussian dots, pixel by pixel."""

from __future__ import annotations

import numpy as np
import pytest

from tora_core.errors import TrajectoryError
from tora_core.trajectory import Track, Tracks, Trajectory, VisibilityKey
from tora_core.trajectory.control import draw_gaussian_dots, draw_masks, draw_white_shapes


def at(*points: tuple[float, float], size: tuple[int, int] = (5, 8), visible: object = None) -> Tracks:
    """One frame with a track at each point."""
    return Tracks(points_px=np.array(points)[:, None], size=size, visible=visible)


def picture(mask: np.ndarray) -> list[str]:
    return ["".join("#" if v else "." for v in row) for row in mask]


def test_a_disc_holds_the_pixels_whose_centres_are_within_its_radius() -> None:
    assert picture(draw_masks(at((3, 2)), size_px=4)[0]) == [
        "...#....",
        "..###...",
        ".#####..",
        "..###...",
        "...#....",
    ]
    # At 3.5 the nearest centres are half a pixel away, at 2 and 3 in x; radius 1 reaches them and their neighbours.
    assert picture(draw_masks(at((3.5, 2)), size_px=2)[0])[1:4] == ["........", "...##...", "........"]


def test_squares_and_triangles_have_the_width_that_is_asked_for() -> None:
    assert picture(draw_masks(at((3, 2)), size_px=2, shape="square")[0]) == [
        "........",
        "..###...",
        "..###...",
        "..###...",
        "........",
    ]
    assert picture(draw_masks(at((3, 2)), size_px=4, shape="triangle")[0]) == [
        "...#....",
        "...#....",
        "..###...",
        "..###...",
        ".#####..",
    ]


def test_shapes_are_cut_by_the_border_and_overlap_without_adding_up() -> None:
    mask = draw_masks(at((0, 0), (7, 4), (6, 4), (-9, 2), (100, 100)), size_px=2)[0]
    assert picture(mask) == ["##......", "#.......", "........", "......##", ".....###"]
    assert mask.dtype == np.float32 and set(np.unique(mask)) == {0.0, 1.0}


def test_each_frame_shows_where_the_track_is_then_and_nothing_where_it_is_hidden() -> None:
    track = Track([(0, 1), (4, 1)], curve="polyline", visibility=(VisibilityKey(0.75, False),))
    trajectory = Trajectory(width=5, height=3, frames=5, tracks=(track,))
    masks = draw_masks(trajectory, size_px=1, shape="square")
    assert masks.shape == (5, 3, 5)
    assert [np.argwhere(mask).tolist() for mask in masks] == [[[1, 0]], [[1, 1]], [[1, 2]], [], []]


def test_a_trajectory_is_drawn_at_the_size_and_frame_count_asked_for() -> None:
    trajectory = Trajectory(width=10, height=10, frames=5, tracks=(Track([(5, 5)]),))
    masks = draw_masks(trajectory, size_px=1, frames=2, size=(20, 40))
    assert masks.shape == (2, 20, 40) and np.argwhere(masks[0]).tolist() == [[10, 20]]


def test_white_shapes_are_the_masks_as_rgb() -> None:
    shapes = draw_white_shapes(at((3, 2)), size_px=4)
    assert shapes.shape == (1, 5, 8, 3) and shapes.dtype == np.uint8
    np.testing.assert_array_equal(shapes[..., 1] / 255, draw_masks(at((3, 2)), size_px=4))
    assert (shapes == shapes[..., :1]).all()


def test_a_gaussian_dot_reaches_as_far_as_the_picture_is_large() -> None:
    # 50 sqrt(H W / 921600): 720x1280 is 50 exactly, 360x640 is 25, 480x720 is 30.6, cut to 30.
    for size, reach in (((720, 1280), 50), ((360, 640), 25), ((480, 720), 30)):
        height, width = size
        dot = draw_gaussian_dots(at((width / 2, height / 2), size=size))[0, ..., 0]
        rows, columns = np.nonzero(dot)
        assert rows.min() >= height // 2 - reach and rows.max() < height // 2 + reach
        assert columns.min() >= width // 2 - reach and columns.max() < width // 2 + reach
        assert columns.max() - columns.min() >= 2 * reach - 4


def test_a_gaussian_dot_falls_off_as_its_bell() -> None:
    dot = draw_gaussian_dots(at((640, 360), size=(720, 1280)))[0, ..., 0].astype(float)
    assert dot.max() >= 250
    # sigma is 40 of 200 pixels, a fifth of the box of 100: 20. At 20 px from the middle e^-0.5 of 255 is 154.7.
    for x, y in ((660, 360), (620, 360), (640, 380), (640, 340)):
        assert dot[y, x] == pytest.approx(255 * np.exp(-0.5), abs=5)
    assert dot[360, 640 + 50 - 1] < 255 * np.exp(-0.5 * 2.4**2) + 2
    assert dot[311, 591] == 0  # the corner of the box, outside the disc


def test_overlapping_dots_keep_the_larger_value_and_hidden_ones_are_left_out() -> None:
    one, other = (at(p, size=(360, 640)) for p in ((300, 200), (310, 200)))
    both = draw_gaussian_dots(at((300, 200), (310, 200), size=(360, 640)))
    np.testing.assert_array_equal(both, np.maximum(draw_gaussian_dots(one), draw_gaussian_dots(other)))
    hidden = at((300, 200), (310, 200), size=(360, 640), visible=[[True], [False]])
    np.testing.assert_array_equal(draw_gaussian_dots(hidden), draw_gaussian_dots(one))


def test_dots_at_the_border_are_squeezed_and_far_ones_are_nothing() -> None:
    # The box from 0 to 10 + 25 holds the whole dot, so that its top is not at x = 10 but in the middle, about 17.
    cut = draw_gaussian_dots(at((10, 180), size=(360, 640)))[0, 180, :, 0]
    assert 16 <= int(np.argmax(cut)) <= 18 and cut[36:].max() == 0
    assert not draw_gaussian_dots(at((-60, 180), (700, 180), (300, -90), size=(360, 640))).any()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: draw_masks(at((1, 1)), size_px=0), "size_px is 0, expected a number above 0"),
        (lambda: draw_masks(at((1, 1)), size_px=2, shape="star"), "shape is 'star', expected one of circle"),
        (lambda: draw_masks(at((1, 1)), size_px=2, frames=7), "the tracks are sampled at 1 frames"),
        (lambda: draw_gaussian_dots(5), "got a value of type int, expected a Trajectory or Tracks"),
        (
            lambda: draw_masks(Trajectory(width=16_000, height=16_000, frames=100), size_px=2),
            "100 frames of 16000x16000 need 95.4 GiB",
        ),
    ],
)
def test_what_can_not_be_drawn_is_told(call, message: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(TrajectoryError, match=message):
        call()
