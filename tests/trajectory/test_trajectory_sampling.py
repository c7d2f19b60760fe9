"""Where tracks are at which time: hand-computed values first, then properties over random drawings."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tora_core.errors import TrajectoryError
from tora_core.trajectory import Point, Track, Trajectory, VisibilityKey

FEW = settings(max_examples=60, derandomize=True, deadline=None, database=None)


def sampled(track: Track, frames: int, size: tuple[int, int] | None = None) -> np.ndarray:
    return Trajectory(width=64, height=48, frames=frames, tracks=(track,)).sample(size=size).points_px[0]


def visible(track: Track, frames: int) -> list[int]:
    return Trajectory(width=64, height=48, frames=frames, tracks=(track,)).sample().visible[0].astype(int).tolist()


ELL = ((0, 0), (30, 0), (30, 10))

HAND_COMPUTED = {
    # arc 40: a step of 10 each quarter
    "constant speed round a corner": (Track(ELL, curve="polyline"), [(0, 0), (10, 0), (20, 0), (30, 0), (30, 10)]),
    "freehand runs straight between its samples": (
        Track(ELL, curve="freehand"),
        [(0, 0), (10, 0), (20, 0), (30, 0), (30, 10)],
    ),
    # closed: arc 40 + sqrt(1000) = 71.6228, a quarter is 17.9057; 35.8114 is 5.8114 up the short side;
    # 53.7171 is 13.7171 along the way back, which runs as (-30, -10) / 31.6228
    "a closed path returns to its first point": (
        Track(ELL, curve="polyline", closed=True),
        [(0, 0), (17.905694, 0), (30, 5.811388), (16.986833, 5.662278), (0, 0)],
    ),
    "one point stands still": (Track([(7.5, -3)]), [(7.5, -3)] * 5),
    "one closed point stands still": (Track([(7.5, -3)], closed=True), [(7.5, -3)] * 5),
    "equal points stand still": (Track([(4, 5)] * 3), [(4, 5)] * 5),
    "equal points in a row take no time": (
        Track([(0, 0), (0, 0), (20, 0), (20, 0), (40, 0)], curve="polyline"),
        [(0, 0), (10, 0), (20, 0), (30, 0), (40, 0)],
    ),
    "two points of a smooth curve are a straight line": (
        Track([(0, 0), (40, 20)]),
        [(0, 0), (10, 5), (20, 10), (30, 15), (40, 20)],
    ),
    "points far outside are legal": (
        Track([(-1000, 2000), (1000, -2000)]),
        [(-1000, 2000), (-500, 1000), (0, 0), (500, -1000), (1000, -2000)],
    ),
    # first half 0..30, second half 30..40 of the arc
    "a key time changes the speed of both sides": (
        Track([(0, 0), Point(30, 0, t=0.5), (30, 10)], curve="polyline"),
        [(0, 0), (15, 0), (30, 0), (30, 5), (30, 10)],
    ),
    # two unkeyed points inside: constant along the arc of 40 between the keys at 0 and 0.5
    "between key times the speed is constant over points without": (
        Track([(0, 0), (30, 0), Point(30, 10, t=0.5), (50, 10)], curve="polyline"),
        [(0, 0), (20, 0), (30, 10), (40, 10), (50, 10)],
    ),
    "a key time on the first and last point makes it wait there": (
        Track([Point(0, 0, t=0.25), Point(10, 0, t=0.5)], curve="polyline"),
        [(0, 0), (0, 0), (10, 0), (10, 0), (10, 0)],
    ),
    "the same point at two key times is a pause": (
        Track([(0, 0), Point(10, 0, t=0.25), Point(10, 0, t=0.75), (20, 0)]),
        [(0, 0), (10, 0), (10, 0), (10, 0), (20, 0)],
    ),
    "start and end hold the whole way between them": (
        Track([(0, 0), (8, 0)], start=0.25, end=0.75),
        [(0, 0), (0, 0), (4, 0), (8, 0), (8, 0)],
    ),
    "hold easing jumps at its end": (
        Track([(0, 0), Point(10, 0, t=0.5), (20, 0)], curve="polyline", easing="hold"),
        [(0, 0), (0, 0), (10, 0), (10, 0), (20, 0)],
    ),
    # CSS ease-in-out is symmetric: 0.5 at 0.5; ease-in and ease-out are each other's mirror
    "easing bends time over the whole track": (
        Track([(0, 0), (100, 0)], easing="in-out"),
        [(0, 0), (12.916, 0), (50, 0), (87.084, 0), (100, 0)],
    ),
    "a keyed point's easing is of the stretch after it": (
        Track([(0, 0), Point(100, 0, t=0.5, easing="hold"), (200, 0)], curve="polyline"),
        [(0, 0), (50, 0), (100, 0), (100, 0), (200, 0)],
    ),
    # straight line with handles a third of the way: the parameter is the arc
    "a bezier with its handles on the line is the line": (
        Track([Point(0, 0, handle_out=(0, 0)), Point(40, 0, handle_in=(-30, 0))], curve="bezier"),
        [(0, 0), (10, 0), (20, 0), (30, 0), (40, 0)],
    ),
}


@pytest.mark.parametrize("name", HAND_COMPUTED)
def test_positions_are_those_computed_by_hand(name: str) -> None:
    track, expected = HAND_COMPUTED[name]
    np.testing.assert_allclose(sampled(track, 5), np.array(expected, float), atol=1e-3)


def test_a_single_frame_is_the_time_0() -> None:
    trajectory = Trajectory.from_points([[(3, 4), (50, 9)]], width=64, height=48, frames=1)
    assert trajectory.sample().points_px.tolist() == [[[3.0, 4.0]]]


def test_another_size_scales_x_by_width_and_y_by_height_and_leaves_the_radius() -> None:
    trajectory = Trajectory(width=64, height=48, frames=3, tracks=(Track([(0, 0), (64, 48)], radius=7, strength=0.5),))
    tracks = trajectory.sample(size=(96, 320))
    assert tracks.points_px[0].tolist() == [[0, 0], [160, 48], [320, 96]]
    assert (tracks.size, tracks.sigma_px.tolist(), tracks.strength.tolist()) == ((96, 320), [7.0], [0.5])


def test_another_frame_count_stretches_the_motion() -> None:
    trajectory = Trajectory.from_points([[(0, 0), (60, 30)]], width=64, height=48, frames=3)
    assert trajectory.sample(frames=4).points_px[0].tolist() == [[0, 0], [20, 10], [40, 20], [60, 30]]


MOVING = ((0, 0), (10, 0))
VISIBLE = {
    "all of it by default": (Track(MOVING), [1, 1, 1, 1, 1]),
    "start and end are visible themselves": (Track(MOVING, start=0.25, end=0.75), [0, 1, 1, 1, 0]),
    "held before start": (Track(MOVING, start=0.3, before="hold"), [1, 1, 1, 1, 1]),
    "held after end": (Track(MOVING, start=0.3, end=0.6, after="hold"), [0, 0, 1, 1, 1]),
    "visible before the first key, hidden from a key on": (
        Track(MOVING, visibility=(VisibilityKey(0.5, False), VisibilityKey(0.75, True))),
        [1, 1, 0, 1, 1],
    ),
    "a key at 0 hides from the first frame": (Track(MOVING, visibility=(VisibilityKey(0, False),)), [0, 0, 0, 0, 0]),
    "keys hide held parts too": (
        Track(MOVING, end=0.5, after="hold", visibility=(VisibilityKey(1, False),)),
        [1, 1, 1, 1, 0],
    ),
    "a single point obeys start and end": (Track([(1, 1)], start=0.5), [0, 0, 1, 1, 1]),
}


@pytest.mark.parametrize("name", VISIBLE)
def test_visible_frames_are_those_of_the_rules(name: str) -> None:
    track, expected = VISIBLE[name]
    assert visible(track, 5) == expected


def test_times_that_differ_by_rounding_only_are_the_same_time() -> None:
    # 0.1 + 0.2 is 0.30000000000000004, frame 3 of 11 is 0.3; the jump and the beginning must not slip to frame 4.
    track = Track([(0, 0), Point(9, 0, t=0.1 + 0.2), (9, 1)], curve="polyline", easing="hold")
    assert sampled(track, 11)[3].tolist() == [9, 0]
    last = Track([(0, 0), Point(9, 0, t=0.1 + 0.2)], easing="hold")
    assert sampled(last, 11)[3].tolist() == [9, 0]
    assert visible(Track(MOVING, start=0.1 + 0.2), 11)[3] == 1
    assert visible(Track(MOVING, visibility=(VisibilityKey(0.1 + 0.2, False),)), 11)[2:4] == [1, 0]
    # 0.7 is frame 7 of 11; 0.7 less the smallest step must not end the track at frame 6
    assert visible(Track(MOVING, end=math.nextafter(0.7, 0)), 11)[6:9] == [1, 1, 0]


numbers = st.floats(-2000, 2000).map(lambda v: round(v, 3))
points = st.lists(st.tuples(numbers, numbers), min_size=1, max_size=8)
curves = st.sampled_from(["polyline", "catmull-rom", "bezier", "freehand"])
easings = st.sampled_from(["linear", "in", "out", "in-out", "hold", (0.2, -0.5, 0.7, 1.6)])
tracks = st.builds(Track, points, curve=curves, closed=st.booleans(), easing=easings)


@FEW
@given(tracks, st.integers(2, 30))
def test_first_and_last_frame_are_exactly_the_first_and_last_point(track: Track, frames: int) -> None:
    got = sampled(track, frames)
    end = track.points[0] if track.closed else track.points[-1]
    np.testing.assert_array_equal(got[0], np.float32([track.points[0].x, track.points[0].y]))
    np.testing.assert_array_equal(got[-1], np.float32([end.x, end.y]))


@FEW
@given(points.filter(lambda p: len(p) > 1), curves, st.data())
def test_keyed_points_are_met_exactly_whatever_curve_and_easing(path: list, curve: str, data: st.DataObject) -> None:
    last = 4 * len(path)
    frames = sorted(data.draw(st.sets(st.integers(1, last - 1), min_size=len(path), max_size=len(path))))
    keyed = [
        Point(x, y, t=f / last, easing=data.draw(easings), handle_in=(-5, 3), handle_out=(40, 9))
        for f, (x, y) in zip(frames, path, strict=True)
    ]
    got = sampled(Track(keyed, curve=curve), last + 1)
    np.testing.assert_array_equal(got[frames], np.float32(path))


@FEW
@given(tracks, st.integers(2, 20), st.integers(1, 5))
def test_more_frames_meet_the_same_positions(track: Track, frames: int, times: int) -> None:
    coarse, fine = sampled(track, frames), sampled(track, (frames - 1) * times + 1)
    np.testing.assert_allclose(fine[::times], coarse, atol=2e-3)


@FEW
@given(tracks, st.integers(1, 12))
def test_scaling_the_output_scales_the_positions(track: Track, frames: int) -> None:
    # 48 x 64 to 72 x 320: x by 5, y by 1.5
    np.testing.assert_allclose(
        sampled(track, frames, (72, 320)), sampled(track, frames) * np.float32([5.0, 1.5]), rtol=1e-6, atol=1e-3
    )


@FEW
@given(points.filter(lambda p: len(p) > 1), st.booleans(), st.integers(3, 40))
def test_polyline_speed_is_constant_along_the_arc(path: list, closed: bool, frames: int) -> None:
    # Independent: exact fractions of a walk along the corners.
    corners = [*path, path[0]] if closed else path
    sides = list(pairwise(corners))
    lengths = [math.dist(a, b) for a, b in sides]
    total = sum(lengths)
    got = sampled(Track(path, curve="polyline", closed=closed), frames)
    for f in range(frames):
        rest = float(Fraction(f, frames - 1)) * total
        side = 0
        while side < len(sides) - 1 and rest > lengths[side] + 1e-9:
            rest -= lengths[side]
            side += 1
        (a, b), length = sides[side], lengths[side]
        part = min(max(rest / length, 0.0), 1.0) if length > 0 else 1.0
        expected = (a[0] + part * (b[0] - a[0]), a[1] + part * (b[1] - a[1]))
        np.testing.assert_allclose(got[f], expected, atol=2e-3)


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"frames": 0}, "frames is 0"),
        ({"frames": 2.5}, "frames is 2.5"),
        ({"frames": True}, "frames is true"),
        ({"size": (0, 10)}, r"size\[0\] \(height\) is 0"),
        ({"size": 5}, "size is 5"),
        ({"size": (10, 20, 3)}, "size is a list of 3"),
    ],
)
def test_impossible_frames_and_sizes_are_refused(kwargs: dict, message: str) -> None:
    trajectory = Trajectory.from_points([[(0, 0)]], width=8, height=8, frames=2)
    with pytest.raises(TrajectoryError, match=message):
        trajectory.sample(**kwargs)


def test_no_tracks_sample_to_none() -> None:
    tracks = Trajectory(width=8, height=4, frames=5).sample()
    assert (tracks.points_px.shape, tracks.size, len(tracks)) == ((0, 5, 2), (4, 8), 0)
