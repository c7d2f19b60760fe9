"""Where points are put (grid, mask), and what a mask's way is."""

from __future__ import annotations

import numpy as np
import pytest

from tora_core import ToraError
from tora_core.tracking.masks import mask_box, mask_tracks
from tora_core.tracking.spread import checked_mask, grid_points, mask_points


def test_a_grid_is_in_the_middles_of_equal_cells_row_by_row():
    assert grid_points((6, 8), columns=2, rows=3).tolist() == [
        *([1.5, 0.5], [5.5, 0.5]),
        *([1.5, 2.5], [5.5, 2.5]),
        *([1.5, 4.5], [5.5, 4.5]),
    ]


@pytest.mark.parametrize(("columns", "rows"), [(0, 3), (2, -1), (2.0, 2), (True, 2), (40, 40), ("2", 2)])
def test_grids_that_can_not_be_are_refused(columns, rows):
    with pytest.raises(ToraError, match="expected"):
        grid_points((6, 8), columns, rows)


def test_the_first_point_of_a_mask_is_its_innermost_pixel_and_all_lie_inside():
    mask = np.zeros((40, 60), np.float32)
    mask[10:31, 20:41] = 1
    points = mask_points(mask, 9)
    assert points[0].tolist() == [30, 20]
    x, y = points.T.astype(int)
    assert (mask[y, x] == 1).all() and len({tuple(p) for p in points.tolist()}) == 9


def test_points_of_a_mask_keep_away_from_one_another_and_from_its_border():
    """Nine points in a square of 31 pixels: three by three cells of ten would be 10 px apart, 5 px from the border."""
    mask = np.zeros((60, 60), bool)
    mask[10:41, 10:41] = True
    points = mask_points(mask, 9)
    apart = np.linalg.norm(points[:, None] - points, axis=-1) + 99 * np.eye(9)
    assert apart.min() >= 7
    assert (points.min(0) >= 12).all() and (points.max(0) <= 38).all()


def test_the_same_mask_gives_the_same_points_and_more_points_begin_with_the_fewer_ones():
    mask = np.random.default_rng(3).random((30, 40)) > 0.4
    assert mask_points(mask, 12).tolist() == mask_points(mask, 12).tolist()
    assert mask_points(mask, 12)[:5].tolist() == mask_points(mask, 5).tolist()


def test_both_parts_of_a_mask_get_points():
    mask = np.zeros((30, 60), bool)
    mask[5:15, 5:15] = mask[10:20, 40:50] = True
    x = mask_points(mask, 4)[:, 0]
    assert (x < 20).sum() == 2 and (x > 35).sum() == 2


def test_a_small_mask_gives_as_many_points_as_it_has_pixels():
    mask = np.zeros((8, 8), bool)
    mask[3, 4:6] = True
    assert sorted(mask_points(mask, 50).tolist()) == [[4, 3], [5, 3]]


def test_masks_of_bytes_and_of_fractions_count_above_their_half():
    assert checked_mask(np.array([[0, 127, 128, 255]], np.uint8)).tolist() == [[False, False, True, True]]
    assert checked_mask(np.array([[0.0, 0.5, 0.51, 1.0]])).tolist() == [[False, False, True, True]]


@pytest.mark.parametrize(
    ("mask", "count", "message"),
    [
        (np.zeros((4, 4)), 3, "the mask is empty"),
        (np.ones((2, 4, 4)), 3, "expected one mask"),
        (np.full((4, 4), np.nan), 3, "NaN"),
        (np.ones((4, 4)), 0, "count is 0"),
        (np.ones((4, 4)), 2000, "count is 2000"),
        (np.zeros((0, 4)), 3, "expected one mask"),
        (np.array([["a"]]), 3, "expected one mask"),
    ],
)
def test_masks_that_give_no_points_are_told(mask, count, message):
    with pytest.raises(ToraError, match=message):
        mask_points(mask, count)


def square(left: int, top: int, side: int, size: tuple[int, int] = (40, 60)) -> np.ndarray:
    mask = np.zeros(size, np.float32)
    mask[top : top + side, left : left + side] = 1
    return mask


def test_the_way_of_a_mask_is_that_of_its_center_of_mass():
    positions, visible = mask_tracks(np.stack([square(10 + 2 * f, 5, 5) for f in range(3)]))
    assert positions.tolist() == [[[12, 7], [14, 7], [16, 7]]] and visible.all()


def test_where_a_mask_is_empty_nothing_is_visible_and_the_place_lies_between():
    masks = np.stack([square(10, 5, 5), square(0, 0, 0), square(20, 5, 5), square(0, 0, 0)])
    positions, visible = mask_tracks(masks)
    assert visible.tolist() == [[True, False, True, False]]
    assert positions[0].tolist() == [[12, 7], [17, 7], [22, 7], [22, 7]]


@pytest.mark.parametrize(
    ("part", "points"),
    [
        ("box center", [[12, 7]]),
        ("box corners", [[10, 5], [14, 5], [14, 9], [10, 9]]),
        ("box", [[12, 7], [14, 7], [12, 9]]),
    ],
)
def test_a_box_runs_through_the_middles_of_the_outermost_pixels(part, points):
    positions, _ = mask_tracks(square(10, 5, 5)[None], part)
    assert positions[:, 0].tolist() == points
    assert mask_box(square(10, 5, 5)) == (10, 5, 14, 9)


@pytest.mark.parametrize(
    ("masks", "part", "message"),
    [
        (np.zeros((3, 4, 4)), "centroid", "empty in every frame"),
        (np.ones((4, 4)), "centroid", "expected \\(frames, height, width\\)"),
        (np.ones((0, 4, 4)), "box", "not empty"),
        (np.ones((1, 4, 4)), "middle", "part is 'middle'"),
    ],
)
def test_masks_without_a_way_are_told(masks, part, message):
    with pytest.raises(ToraError, match=message):
        mask_tracks(masks, part)


def test_an_empty_mask_has_no_box():
    with pytest.raises(ToraError, match="has no box"):
        mask_box(np.zeros((4, 4)))
