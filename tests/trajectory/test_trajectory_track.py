"""What the values refuse, and what they make of what they are given."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from tora_core.errors import TrajectoryError
from tora_core.trajectory import Point, Track, Trajectory, VisibilityKey
from tora_core.trajectory.limits import MAX_POINTS, MAX_TRACKS

AB = ((0, 0), (1, 1))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"x": math.nan}, "^x is nan, expected a number from -1e"),
        ({"y": math.inf}, "^y is inf"),
        ({"x": "1"}, "^x is '1'"),
        ({"x": None}, "^x is null"),
        ({"x": True}, "^x is true"),
        ({"x": 10**400}, "^x is a whole number of 1329 bits"),
        ({"x": 1_000_001}, "^x is 1000001"),
        ({"x": 1j}, "^x is a value of type complex"),
        ({"t": -0.1}, "^t is -0.1, expected a number from 0 to 1"),
        ({"t": 1.5}, "^t is 1.5"),
        ({"easing": "bounce"}, "^easing is 'bounce', expected one of linear, in, out, in-out, hold"),
        ({"easing": (0, 0, 1)}, "^easing is a list of 3"),
        ({"easing": (2, 0, 1, 1)}, r"^easing\[0\] is 2"),
        ({"easing": (0, 0, 1, math.nan)}, r"^easing\[3\] is nan"),
        ({"handle_in": 3}, r"^in is 3, expected two numbers \[dx, dy\]"),
        ({"handle_out": (1, "a")}, r"^out\[1\] is 'a'"),
    ],
)
def test_a_point_names_the_field_that_is_wrong(fields: dict, message: str) -> None:
    with pytest.raises(TrajectoryError, match=message):
        Point(**{"x": 0, "y": 0, **fields})


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"points": ()}, "^points has 0 entries"),
        ({"points": 7}, "^points is 7, expected a list"),
        ({"points": [(0, 0)] * (MAX_POINTS + 1)}, "^points has 10001 entries"),
        ({"points": [(0, 0), (1, 2, 3)]}, r"^points\[1\] is a list of 3, expected \(x, y\)"),
        ({"points": [(0, 0), (1, math.nan)]}, r"^points\[1\]\.y is nan"),
        ({"curve": "spline"}, "^curve is 'spline'"),
        ({"curve": ["polyline"]}, "^curve is a list of 1"),
        ({"closed": 1}, "^closed is 1, expected true or false"),
        ({"start": 0.5, "end": 0.5}, "^end is 0.5, expected a time after start"),
        ({"before": "fade"}, "^before is 'fade', expected one of invisible, hold"),
        ({"after": None}, "^after is null"),
        ({"strength": -1}, "^strength is -1"),
        ({"radius": 0}, "^radius is 0, expected a number from 0.1 to 1000"),
        ({"name": 5}, "^name is 5"),
        ({"name": "n" * 201}, "^name is 'n"),
        ({"name": "\ud800"}, "^name holds half a character"),
        ({"color": "red"}, "^color is 'red'"),
        ({"color": "#12345g"}, "^color is '#12345g'"),
        ({"visibility": (VisibilityKey(0.5, True), VisibilityKey(0.5, False))}, r"^visibility\[1\]\.t is 0.5"),
        ({"visibility": (0.5,)}, "^visibility is a list of 1"),
        (
            {"points": (Point(0, 0), Point(1, 1, easing="in"), Point(2, 2))},
            r"^points\[1\]\.easing is given, but no key",
        ),
        ({"points": (Point(0, 0), Point(1, 1, t=0.1)), "start": 0.2}, r"^points\[1\]\.t is 0.1, expected a time in"),
        ({"points": (Point(0, 0, t=0.5), Point(1, 1, t=0.5))}, r"^points\[1\]\.t is 0.5, expected a time after 0.5"),
        ({"points": (Point(0, 0), Point(1, 1, t=0))}, r"^points\[1\]\.t is 0, expected a time after 0"),
        ({"points": (Point(0, 0), Point(1, 1, t=1), Point(2, 2))}, "^points leave no time before end, 1, to reach"),
        ({"points": (Point(0, 0), Point(1, 1, t=1)), "closed": True}, "^points leave no time .* and return"),
    ],
)
def test_a_track_names_the_field_that_is_wrong(fields: dict, message: str) -> None:
    with pytest.raises(TrajectoryError, match=message):
        Track(**{"points": AB, **fields})


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"width": 0}, "^width is 0, expected a whole number from 1 to 16384"),
        ({"height": 3.5}, "^height is 3.5"),
        ({"frames": "49"}, "^frames is '49'"),
        ({"fps": 0}, "^fps is 0, expected a number above 0"),
        ({"tracks": [AB]}, "^tracks is a list of 1, expected a list of Track"),
        ({"tracks": [Track(AB)] * (MAX_TRACKS + 1)}, "^tracks has 1001 entries"),
        ({"tracks": [Track([(0, 0)] * MAX_POINTS)] * 51}, "^tracks have 510000 points together"),
    ],
)
def test_a_trajectory_names_the_field_that_is_wrong(fields: dict, message: str) -> None:
    with pytest.raises(TrajectoryError, match=message):
        Trajectory(**{"width": 8, "height": 8, "frames": 2, **fields})


@pytest.mark.parametrize(
    ("tracks", "message"),
    [
        (5, "^tracks is 5"),
        ([5], "^tracks is a list of 1"),
        ([[(0, 0)], []], r"^tracks\[1\]\.points has 0 entries"),
        ([(0, 0), (1, 1)], r"^tracks\[0\]\.points\[0\] is 0, expected \(x, y\)"),
        ([[(0, 0), (math.nan, 1)]], r"^tracks\[0\]\.points\[1\]\.x is nan"),
        ("ab", r"^tracks\[0\]\.points\[0\] is 'a'"),
        ([{"x": 1}], r"^tracks\[0\]\.points\[0\] is 'x'"),
    ],
)
def test_from_points_names_the_place_that_is_wrong(tracks: object, message: str) -> None:
    with pytest.raises(TrajectoryError, match=message):
        Trajectory.from_points(tracks, width=8, height=8, frames=2)  # type: ignore[arg-type]


def test_from_points_makes_smooth_curves_of_lists_and_arrays_alike() -> None:
    lists = [[(0, 1), (2, 3), (4, 5)], [(6, 7), (8, 9), (1, 2)]]
    made = Trajectory.from_points(lists, width=20, height=10, frames=5)
    assert made == Trajectory.from_points(np.array(lists, np.float32), width=20, height=10, frames=5, fps=8)
    assert [track.curve for track in made.tracks] == ["catmull-rom"] * 2
    assert made.tracks[1].points[2] == Point(1, 2)


def test_values_are_frozen_hashable_and_equal_by_content() -> None:
    one, two = (Trajectory.from_points([AB], width=8, height=9.0, frames=2) for _ in range(2))
    assert one == two and hash(one) == hash(two) and one.height == 9
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.width = 9  # type: ignore[misc]


def test_resized_scales_points_and_handles_but_not_the_radius() -> None:
    track = Track([Point(2, 3, handle_in=(1, 1), handle_out=(4, -2)), Point(8, 4)], curve="bezier", radius=6)
    got = Trajectory(width=10, height=20, frames=2, tracks=(track,)).resized(30, 10)
    assert (got.width, got.height) == (30, 10)
    assert got.tracks[0].points == (Point(6, 1.5, handle_in=(3, 0.5), handle_out=(12, -1)), Point(24, 2))
    assert got.tracks[0].radius == 6
