"""Tracks of a tracker as drawings, similar ones merged, and their motion placed on another picture."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tora_core.errors import TrajectoryError
from tora_core.trajectory import Track, Tracks, Trajectory
from tora_core.trajectory.shaping.similar import merge_similar
from tora_core.trajectory.shaping.tracked import from_tracked
from tora_core.trajectory.shaping.transfer import Placing, by_boxes, by_points, starts, transfer

SIZE = (48, 96)


def tracks(points, visible=None, **more) -> Tracks:
    return Tracks(np.asarray(points, np.float32), visible, size=SIZE, **more)


# ---- a tracker's tracks as a drawing


def test_what_a_tracker_found_is_kept_frame_by_frame():
    rng = np.random.default_rng(1)
    points = rng.uniform(0, 40, (3, 9, 2))
    drawn = from_tracked(tracks(points, names=("a", "b", "c")), fps=12)
    assert (drawn.width, drawn.height, drawn.frames, drawn.fps) == (96, 48, 9, 12)
    assert [track.name for track in drawn.tracks] == ["a", "b", "c"]
    np.testing.assert_allclose(drawn.sample().points_px, points, atol=1e-4)
    assert drawn.sample().visible.all()


def test_a_track_starts_and_ends_where_it_is_seen_and_is_hidden_in_between():
    seen = np.array([[False, True, True, False, False, True, True, False, False]])
    points = np.zeros((1, 9, 2), np.float32)
    points[0, :, 0] = np.arange(9) * 2
    points[0, 3:5] = 999  # what a tracker says of hidden frames doesn't matter
    drawn = from_tracked(tracks(points, seen))
    (track,) = drawn.tracks
    assert (track.start, track.end) == (1 / 8, 6 / 8)
    assert drawn.sample().visible.tolist() == seen.tolist()
    assert drawn.sample().points_px[0, 1:7, 0].tolist() == pytest.approx([2, 4, 6, 8, 10, 12])


@pytest.mark.parametrize("frames", [1, 5])
@pytest.mark.parametrize("seen", [[], [0], [-1]])
def test_a_track_seen_at_most_once_stands_still_there(seen, frames):
    visible = np.zeros((1, frames), bool)
    visible[0, seen] = True
    drawn = from_tracked(tracks(np.arange(frames * 2).reshape(1, frames, 2), visible), simplify_px=1)
    assert drawn.sample().visible.tolist() == visible.tolist()
    assert len(drawn.tracks[0].points) == 1
    where = (seen or [0])[0] % frames
    assert (drawn.tracks[0].points[0].x, drawn.tracks[0].points[0].y) == (2 * where, 2 * where + 1)


def test_few_points_stay_within_the_stated_error_at_every_frame():
    t = np.linspace(0, 1, 49)
    wave = np.stack([90 * t, 24 + 15 * np.sin(6 * t) + np.random.default_rng(2).normal(0, 0.2, 49)], -1)
    exact = from_tracked(tracks(wave[None]))
    simple = from_tracked(tracks(wave[None]), simplify_px=1.0)
    assert len(exact.tracks[0].points) == 49 and len(simple.tracks[0].points) <= 10
    assert np.linalg.norm(simple.sample().points_px[0] - wave, axis=-1).max() <= 1.0 + 1e-4


def test_strength_and_radius_of_tracks_stay():
    drawn = from_tracked(tracks(np.zeros((2, 3, 2)), strength=[0.5, 2], sigma_px=[4, 8]), simplify_px=1)
    assert [(t.strength, t.radius) for t in drawn.tracks] == [(0.5, 4), (2, 8)]


def test_no_tracks_are_an_empty_drawing():
    assert from_tracked(tracks(np.zeros((0, 5, 2)))).tracks == ()


# ---- similar tracks

STEPS = np.stack([np.arange(6) * 3.0, np.zeros(6)], -1)
BELOW, MIDDLE, BACK = STEPS + np.array([0, 10]), STEPS + np.array([0, 5]), STEPS[::-1] + np.array([5, 40])


def test_tracks_that_keep_their_distance_become_one_at_their_mean():
    merged, groups = merge_similar(tracks([STEPS, BELOW, BACK]), 0.5)
    assert groups == [[0, 1], [2]]
    np.testing.assert_allclose(merged.points_px[0], MIDDLE, atol=1e-5)
    np.testing.assert_allclose(merged.points_px[1], BACK, atol=1e-5)


def test_the_tolerance_is_that_of_the_distance_between_them():
    """The second goes away from the first by 0, 1, ... 5 px, which is 2.5 px on both sides of the mean."""
    going = STEPS + np.stack([np.zeros(6), 10 + np.arange(6.0)], -1)
    assert merge_similar(tracks([STEPS, going]), 2.4)[1] == [[0], [1]]
    assert merge_similar(tracks([STEPS, going]), 2.6)[1] == [[0, 1]]


def test_the_longest_one_is_kept_on_request():
    seen = np.ones((2, 6), bool)
    seen[0, 4:] = False
    merged, groups = merge_similar(tracks([STEPS, BELOW], seen), 0.5, keep="longest")
    assert groups == [[1, 0]]
    assert merged.points_px[0].tolist() == BELOW.tolist() and merged.visible.all()


def test_a_mean_goes_on_without_a_jump_where_one_of_its_tracks_is_hidden():
    seen = np.ones((2, 6), bool)
    seen[0, 3:] = False
    points = np.array([STEPS, BELOW])
    points[0, 3:] = 0
    merged, _ = merge_similar(tracks(points, seen), 0.5)
    np.testing.assert_allclose(merged.points_px[0], MIDDLE, atol=1e-5)
    assert merged.visible.all()


def test_tracks_that_are_hardly_seen_together_are_not_one():
    seen = np.ones((2, 6), bool)
    seen[0, 2:] = False
    seen[1, :1] = False
    assert len(merge_similar(tracks([STEPS, BELOW], seen), 0.5)[0]) == 2


def test_far_ones_stay_apart_where_a_distance_is_given():
    both = tracks([STEPS, BELOW])
    assert len(merge_similar(both, 0.5, within_px=9)[0]) == 2
    assert len(merge_similar(both, 0.5, within_px=11)[0]) == 1


def test_slow_changes_from_track_to_track_do_not_make_one_group_of_all():
    """Each goes 1 px farther than the one before, 0.5 px on both sides of the mean; two further on it is 1 px."""
    many = [np.stack([np.arange(6) * (1 + 0.2 * n), np.full(6, 5.0 * n)], -1) for n in range(6)]
    assert merge_similar(tracks(many), 0.8)[1] == [[0, 1], [2, 3], [4, 5]]


def test_nothing_to_merge_is_left_alone():
    assert merge_similar(tracks(np.zeros((0, 4, 2))), 1.0)[1] == []
    with pytest.raises(TrajectoryError, match="keep is 'first'"):
        merge_similar(tracks([STEPS]), 1.0, keep="first")
    with pytest.raises(TrajectoryError, match="tolerance_px"):
        merge_similar(tracks([STEPS]), math.nan)


# ---- motion transfer


def moved(placing: Placing, x: float, y: float) -> tuple[float, float]:
    xx, xy, yx, yy = placing.matrix
    return xx * x + xy * y + placing.shift[0], yx * x + yy * y + placing.shift[1]


def test_two_pairs_of_points_give_scale_turn_and_move():
    """(0, 0) -> (10, 10) and (2, 0) -> (10, 14): twice as long, and what went right now goes down."""
    placing = by_points([(0, 0), (2, 0)], [(10, 10), (10, 14)])
    assert placing.matrix == pytest.approx((0, -2, 2, 0)) and placing.shift == pytest.approx((10, 10))
    assert moved(placing, 0, 1) == pytest.approx((8, 10))
    assert str(placing) == "scaled by 2, turned by 90 degrees"


def test_one_pair_only_moves():
    placing = by_points([(3, 4)], [(10, 1)])
    assert placing.matrix == (1, 0, 0, 1) and placing.shift == pytest.approx((7, -3))


def test_more_pairs_are_met_as_nearly_as_can_be():
    """A square whose places are those of a square twice as large, but for one corner that is 4 px off."""
    square = np.array([(0, 0), (10, 0), (10, 10), (0, 10)], float)
    exact = 2 * square + (5, 7)
    assert by_points(square, exact).matrix == pytest.approx((2, 0, 0, 2))
    off = exact.copy()
    off[2] += (4, 0)
    placing = by_points(square, off)
    # Hand: mean moves by (1, 0); the error (4, 0) at (5, 5) adds 4 (5 - 5i) / 200 to the factor.
    assert placing.matrix == pytest.approx((2.1, 0.1, -0.1, 2.1))
    assert moved(placing, 5, 5) == pytest.approx((16, 17))


@pytest.mark.parametrize(
    ("source", "target", "message"),
    [
        ([(1, 1), (1, 1)], [(0, 0), (5, 5)], "all in one place"),
        ([(1, 1), (2, 1)], [(5, 5), (5, 5)], "scaled by 0"),
        ([(1, 1)], [(0, 0), (5, 5)], "1 points and 2 places"),
        ([], [], "at least one"),
        ([(1, math.nan)], [(0, 0)], "finite"),
        (["a"], [(0, 0)], "expected \\(x, y\\)"),
    ],
)
def test_pairs_that_say_no_place_are_told(source, target, message):
    with pytest.raises(TrajectoryError, match=message):
        by_points(source, target)


def test_boxes_go_middle_onto_middle_and_keep_their_shape_unless_told():
    kept = by_boxes((0, 0, 10, 20), (100, 100, 140, 120))
    assert kept.matrix == (1, 0, 0, 1) and moved(kept, 5, 10) == pytest.approx((120, 110))
    stretched = by_boxes((0, 0, 10, 20), (100, 100, 140, 120), keep_shape=False)
    assert stretched.matrix == (4, 0, 0, 1)
    assert moved(stretched, 0, 0) == pytest.approx((100, 100)) and moved(stretched, 10, 20) == pytest.approx((140, 120))
    assert str(stretched) == "scaled by 4 x 1"


def test_a_box_without_width_takes_the_other_sides_scale():
    assert by_boxes((5, 0, 5, 10), (0, 0, 30, 20), keep_shape=False).matrix == (2, 0, 0, 2)


@pytest.mark.parametrize(
    ("source", "target", "message"),
    [
        ((5, 5, 5, 5), (0, 0, 1, 1), "single point"),
        ((0, 0, 9, 9), (5, 5, 5, 5), "scaled by 0"),
        ((9, 0, 0, 9), (0, 0, 1, 1), "before left"),
        ((0, 0, 9), (0, 0, 1, 1), "expected \\(left, top"),
        ((0, 0, math.inf, 9), (0, 0, 1, 1), "the source box"),
    ],
)
def test_boxes_that_say_no_place_are_told(source, target, message):
    with pytest.raises(TrajectoryError, match=message):
        by_boxes(source, target)


def test_motion_is_transferred_onto_a_canvas_of_another_size_and_length():
    drawn = Trajectory(
        width=96, height=48, frames=9, tracks=(Track(((0, 0), (10, 0)), "polyline"), Track(((0, 9), (9, 9))))
    )
    placed = transfer(drawn, by_points([(0, 0), (1, 0)], [(20, 30), (20, 32)]), width=64, height=80, frames=5, only=[0])
    assert (placed.width, placed.height, placed.frames, len(placed.tracks)) == (64, 80, 5, 1)
    assert placed.sample().points_px[0].tolist() == [[20, 30], [20, 35], [20, 40], [20, 45], [20, 50]]


def test_a_track_starts_where_it_is_first_seen():
    drawn = from_tracked(tracks([STEPS, BELOW], np.array([[0, 0, 1, 1, 1, 1], [1, 1, 0, 0, 0, 0]], bool)))
    assert starts(drawn).tolist() == [[6, 0], [0, 10]]
    assert starts(drawn, [1]).tolist() == [[0, 10]]
