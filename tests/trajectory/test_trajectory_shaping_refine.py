"""Simplify within its stated error, smooth, jitter; the camera; and the presets' shapes."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tora_core.errors import TrajectoryError
from tora_core.trajectory import Point, Track, Trajectory, VisibilityKey, read_text
from tora_core.trajectory import shaping as sh
from tora_core.trajectory.shaping.keyed import fewest_keys

SIZE = {"width": 101, "height": 51}


def clip(*tracks: Track, frames: int = 5) -> Trajectory:
    return Trajectory(**SIZE, frames=frames, tracks=tracks)


# ---- simplify

WAVY = np.stack([np.linspace(0, 100, 121), 25 + 20 * np.sin(np.linspace(0, 6, 121))], axis=-1)


@pytest.mark.parametrize(("error", "most"), [(0.2, 20), (1, 10), (5, 7)])
def test_a_trackers_samples_become_few_points_within_the_error(error: float, most: int) -> None:
    samples = read_text([[{"x": x, "y": y} for x, y in WAVY.tolist()]], **SIZE)[0]
    simple = sh.simplify(samples, error)
    (track,) = simple.tracks
    assert 2 < len(track.points) <= most and all(point.t is not None for point in track.points)
    assert np.hypot(*(simple.sample().points_px - samples.sample().points_px)[0].T).max() <= error


@settings(max_examples=40, derandomize=True, deadline=None, database=None)
@given(
    points=st.lists(st.tuples(st.floats(0, 500), st.floats(0, 500)), min_size=2, max_size=25),
    error=st.floats(0.1, 60),
    curve=st.sampled_from(["polyline", "catmull-rom", "freehand"]),
    closed=st.booleans(),
    easing=st.sampled_from(["linear", "in", "hold"]),
)
def test_the_error_is_kept_at_every_frame_and_there_are_never_more_points(
    points: list, error: float, curve: str, closed: bool, easing: str
) -> None:
    drawn = clip(Track(points, curve, closed, 0.1, 0.9, "hold", easing=easing), frames=33)
    simple = sh.simplify(drawn, error)
    assert np.hypot(*(simple.sample().points_px - drawn.sample().points_px)[0].T).max() <= error + 1e-3
    assert len(simple.tracks[0].points) <= len(points)
    np.testing.assert_array_equal(simple.sample().visible, drawn.sample().visible)


def test_a_pause_is_kept_and_what_hardly_moves_stands_still() -> None:
    pausing = [(x, 0) for x in (0, 10, 20, 20, 20, 20, 40, 60)]
    simple = sh.simplify(read_text([[{"x": x, "y": y} for x, y in pausing]], **SIZE)[0], 0.5)
    assert simple.sample().points_px[0, :, 0].tolist() == pytest.approx([x for x, _ in pausing], abs=0.5)
    assert sh.simplify(clip(Track([(5, 5), (5.2, 5), (5, 5.1)])), 0.5).tracks[0].points == (Point(5, 5),)


def test_what_is_simple_already_stays_as_it_was_drawn() -> None:
    drawn = clip(Track([(0, 0), (50, 40), (100, 0)], easing="in-out"), Track([(1, 2)]))
    assert sh.simplify(drawn, 1) == drawn


def test_fewest_keys_keep_straight_lines_in_time_near_enough() -> None:
    times = np.linspace(0, 1, 5)
    assert fewest_keys(np.array([[0, 0], [1, 0], [2, 0], [3, 0], [4, 0]]), times, 0.1) == [0, 4]
    assert fewest_keys(np.array([[0, 0], [1, 0], [2, 3], [3, 0], [4, 0]]), times, 0.1) == [0, 1, 2, 3, 4]
    # The same line, but run through unevenly: that is kept as well.
    assert fewest_keys(np.array([[0, 0], [0, 0], [0, 0], [2, 0], [4, 0]]), times, 0.1) == [0, 2, 4]


# ---- smooth and jitter


def test_smoothing_keeps_both_ends_straight_lines_and_key_times() -> None:
    line = clip(Track([Point(float(x), 2.0 * x, t=x / 10) for x in range(11)], "polyline"))
    smoothed = sh.smooth(line, 2)
    np.testing.assert_allclose([(p.x, p.y) for p in smoothed.tracks[0].points], [(x, 2 * x) for x in range(11)])
    assert [p.t for p in smoothed.tracks[0].points] == [p.t for p in line.tracks[0].points]


def test_smoothing_weighs_neighbours_by_a_bell() -> None:
    spike = clip(Track([(float(x), 10.0 if x == 10 else 0.0) for x in range(21)], "polyline"))
    ys = [p.y for p in sh.smooth(spike, 1.0).tracks[0].points]
    bell = [math.exp(-0.5 * k * k) for k in range(-4, 5)]
    assert ys[8:13] == pytest.approx([10 * math.exp(-0.5 * k * k) / sum(bell) for k in range(-2, 3)])
    assert (ys[0], ys[20]) == (0, 0)


def test_a_closed_track_is_smoothed_all_round() -> None:
    square = clip(Track([(0, 0), (60, 0), (60, 60), (0, 60)], "polyline", True))
    corners = [(p.x, p.y) for p in sh.smooth(square, 0.5).tracks[0].points]
    # By symmetry a square again, about the same middle, its corners nearer to it.
    inset = corners[0][0]
    assert 0 < inset < 30
    assert corners == [
        pytest.approx(c) for c in [(inset, inset), (60 - inset, inset), (60 - inset, 60 - inset), (inset, 60 - inset)]
    ]


def test_jitter_is_the_same_for_a_seed_and_bounded() -> None:
    drawn = clip(*(Track([(50, 25)] * 500) for _ in range(3)))
    moved = sh.jitter(drawn, 2, seed=7)
    assert moved == sh.jitter(drawn, 2, seed=7) != sh.jitter(drawn, 2, seed=8)
    offsets = np.array([[(p.x - 50, p.y - 25) for p in track.points] for track in moved.tracks])
    assert np.abs(offsets).max() <= 6 and 1.8 < offsets.std() < 2.2 and np.abs(offsets.mean()) < 0.2
    assert moved.tracks[0] != moved.tracks[1]
    assert sh.jitter(drawn, 2, seed=7, only=[1]).tracks[1] == moved.tracks[1]
    assert sh.jitter(drawn, 0, seed=7) == drawn


# ---- camera


def seen(camera: sh.CameraMove, point: tuple[float, float], frames: int = 3) -> list:
    made = sh.add_camera(clip(Track([point]), frames=frames), camera)
    return made.sample().points_px[0].round(3).tolist()


def test_a_pan_to_the_right_moves_the_picture_to_the_left_and_a_tilt_up_moves_it_down() -> None:
    assert seen(sh.CameraMove(pan_px=40), (60, 10)) == [[60, 10], [40, 10], [20, 10]]
    assert seen(sh.CameraMove(tilt_px=10), (60, 10)) == [[60, 10], [60, 15], [60, 20]]


def test_a_zoom_grows_by_the_same_factor_in_equal_times_about_the_middle() -> None:
    # The middle is (50, 25); 10 to the right of it becomes 20 and then 40.
    assert seen(sh.CameraMove(zoom=4), (60, 25)) == [[60, 25], [70, 25], [90, 25]]
    assert seen(sh.CameraMove(zoom=4), (50, 25)) == [[50, 25]] * 3


def test_a_clockwise_roll_turns_the_picture_anticlockwise() -> None:
    quarter = seen(sh.CameraMove(roll_degrees=90), (60, 25))
    assert quarter[2] == [50, 15] and quarter[1] == pytest.approx([50 + 7.071, 25 - 7.071], abs=1e-3)


def test_the_camera_moves_between_its_times_and_eased() -> None:
    late = sh.CameraMove(pan_px=40, start=0.5, easing="hold")
    assert [x for x, _ in seen(late, (60, 10), frames=5)] == [60, 60, 60, 60, 20]
    assert [x for x, _ in seen(sh.CameraMove(pan_px=40, start=0.5), (60, 10), frames=5)] == [60, 60, 60, 40, 20]


def test_even_pans_of_points_that_stand_still_need_two_keys() -> None:
    (track,) = sh.add_camera(clip(Track([(60, 10)], name="a", strength=3), frames=49), sh.CameraMove(pan_px=40)).tracks
    assert track.points == (Point(60, 10, t=0), Point(20, 10, t=1)) and (track.name, track.strength) == ("a", 3)


def test_cancelling_the_camera_undoes_adding_it_and_keeps_visibility() -> None:
    camera = sh.CameraMove(pan_px=30, tilt_px=-8, zoom=1.7, roll_degrees=25, easing="in-out")
    hidden = Track([(0, 0), (90, 20), (30, 50)], visibility=(VisibilityKey(0.5, False),), start=0.1)
    drawn = clip(hidden, Track([(50, 25)]), frames=33)
    back = sh.cancel_camera(sh.add_camera(drawn, camera), camera).sample()
    np.testing.assert_allclose(back.points_px, drawn.sample().points_px, atol=0.05)
    np.testing.assert_array_equal(back.visible, drawn.sample().visible)


def test_an_object_held_still_in_a_panned_picture_cancels_the_camera() -> None:
    # What shall stand still on the screen while the camera pans must move with it in the scene.
    camera = sh.CameraMove(pan_px=40)
    scene = sh.cancel_camera(clip(Track([(60, 10)])), camera)
    assert scene.sample().points_px[0, :, 0].tolist() == [60, 70, 80, 90, 100]


def test_the_camera_as_tracks_is_a_grid_in_the_middles_of_its_fields() -> None:
    grid = sh.camera_tracks(sh.CameraMove(pan_px=10), width=100, height=60, frames=2, columns=2, rows=3)
    assert grid.sample().points_px[:, 0].tolist() == [
        [24.5, 9.5],
        [74.5, 9.5],
        [24.5, 29.5],
        [74.5, 29.5],
        [24.5, 49.5],
        [74.5, 49.5],
    ]
    assert (grid.sample().points_px[:, 1] - grid.sample().points_px[:, 0]).tolist() == [[-10, 0]] * 6


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"zoom": 0}, "zoom is 0"),
        ({"end": 0}, "end is 0"),
        ({"easing": "x"}, "easing is 'x'"),
        ({"pan_px": 1e9}, "pan_px is"),
    ],
)
def test_a_camera_that_makes_no_sense_is_told(change: dict, message: str) -> None:
    with pytest.raises(TrajectoryError, match=message):
        sh.CameraMove(**change)


# ---- presets


def way(track: Track, frames: int = 5) -> np.ndarray:
    return Trajectory(width=400, height=300, frames=frames, tracks=(track,)).sample().points_px[0]


def test_a_line_and_a_zigzag_go_through_their_corners() -> None:
    assert way(sh.line((0, 0), (100, 40)), 3).tolist() == [[0, 0], [50, 20], [100, 40]]
    corners = [(p.x, p.y) for p in sh.zigzag((0, 50), (80, 50), 10, teeth=2).points]
    assert corners == [(0, 50), (20, 40), (60, 60), (80, 50)]


def test_circles_keep_their_radius_and_begin_at_the_top_clockwise() -> None:
    ring = sh.circle((100, 90), 50)
    path = way(ring, 41)
    np.testing.assert_allclose(np.hypot(*(path - (100, 90)).T), 50, rtol=3e-4)
    assert (
        path[0].tolist() == [100, 40]
        and path[10] == pytest.approx([150, 90], abs=0.02)
        and path[40].tolist() == [100, 40]
    )
    assert way(sh.circle((100, 90), 50, clockwise=False), 41)[10] == pytest.approx([50, 90], abs=0.02)


def test_arcs_sweep_from_their_angle_and_ellipses_have_two_radii() -> None:
    path = way(sh.arc((0, 0), 10, 0, -180), 3)
    np.testing.assert_allclose(path, [[10, 0], [0, -10], [-10, 0]], atol=5e-3)
    oval = way(sh.ellipse((0, 0), 30, 10, 0), 64)
    np.testing.assert_allclose((oval[:, 0] / 30) ** 2 + (oval[:, 1] / 10) ** 2, 1, rtol=1e-3)


def test_a_spiral_grows_evenly_with_its_angle() -> None:
    path = way(sh.spiral((0, 0), 10, 50, turns=2), 200)
    radii = np.hypot(*path.T)
    turned = np.unwrap(np.arctan2(path[:, 1], path[:, 0]))
    assert turned[-1] - turned[0] == pytest.approx(4 * math.pi, abs=1e-3)
    np.testing.assert_allclose(radii, 10 + 40 * (turned - turned[0]) / (4 * math.pi), atol=0.3)


def test_a_wave_is_a_sine_to_the_left_of_its_line_first() -> None:
    path = way(sh.wave((0, 100), (200, 100), 30, periods=2.25), 300)
    np.testing.assert_allclose(path[:, 1], 100 - 30 * np.sin(2 * math.pi * 2.25 * path[:, 0] / 200), atol=0.6)
    downwards = way(sh.wave((0, 0), (0, 80), 5, periods=1), 300)
    assert downwards[:, 0].max() == pytest.approx(5, abs=0.1) and downwards[
        np.argmax(downwards[:, 0]), 1
    ] == pytest.approx(20, abs=1)


def test_a_figure_eight_crosses_itself_in_the_middle() -> None:
    path = way(sh.figure_eight((100, 100), 120, 60), 161)
    assert path[:, 0].max() == pytest.approx(160, abs=0.5) and path[:, 1].max() == pytest.approx(130, abs=0.5)
    assert path[80] == pytest.approx([100, 100], abs=0.5) and path[160].tolist() == [100, 100]
    assert path[5, 0] > 100 and path[5, 1] > 100


def test_a_shake_stays_within_its_amount_and_comes_back() -> None:
    track = sh.shake((50, 60), 8, count=20, seed=3)
    points = np.array([(p.x, p.y) for p in track.points])
    assert len(points) == 22 and np.hypot(*(points - (50, 60)).T).max() <= 8
    assert points[0].tolist() == points[-1].tolist() == [50, 60]
    assert track == sh.shake((50, 60), 8, count=20, seed=3) != sh.shake((50, 60), 8, count=20, seed=4)


def test_a_bounce_hops_ever_lower_and_is_slow_at_the_top() -> None:
    track = sh.bounce((0, 200), (300, 200), 100, count=3, keep=0.25)
    path = way(track, 301)
    tops = [p for p in track.points if p.y < 200]
    assert [p.y for p in tops] == [100, 175, 193.75]
    # Times go with the root of the height: 1, 1/2, 1/4 of 7/4.
    grounds = [p for p in track.points if p.y == 200]
    assert [p.t for p in grounds] == pytest.approx([0, 4 / 7, 6 / 7, 1])
    first = path[: int(300 * 4 / 7)]
    np.testing.assert_allclose(
        first[:, 1], 200 - 4 * 100 * (first[:, 0] / 1200 * 7) * (1 - first[:, 0] / 1200 * 7), atol=0.05
    )
    speed = np.hypot(*np.diff(first, axis=0).T)
    assert speed[85] < 0.6 * speed[5]


@pytest.mark.parametrize("preset", sh.PRESETS, ids=lambda f: f.__name__)
def test_presets_pass_on_what_a_track_has_else(preset) -> None:  # type: ignore[no-untyped-def]
    positions = {
        "line": ((0, 0), (9, 9)),
        "arc": ((0, 0), 5, 0, 90),
        "circle": ((0, 0), 5),
        "ellipse": ((0, 0), 5, 6),
        "spiral": ((0, 0), 5, 9),
        "wave": ((0, 0), (9, 9), 4),
        "zigzag": ((0, 0), (9, 9), 4),
        "figure_eight": ((0, 0), 5, 9),
        "shake": ((0, 0), 5, 3, 1),
        "bounce": ((0, 0), (9, 9), 4),
    }
    track = preset(*positions[preset.__name__], name="x", start=0.25, end=0.75, easing="in", color="#0072b2")
    assert (track.name, track.start, track.end, track.easing, track.color) == ("x", 0.25, 0.75, "in", "#0072b2")
    with pytest.raises(TrajectoryError):
        preset(*positions[preset.__name__], name=5)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: sh.wave((1, 1), (1, 1), 4), "first and last are the same point"),
        (lambda: sh.line((1,), (1, 1)), "first is a list of 1, expected"),
        (lambda: sh.circle((0, 0), -1), "radius_x_px is -1"),
        (lambda: sh.shake((0, 0), 3, 0, 1), "count is 0"),
    ],
)
def test_presets_that_make_no_sense_are_told(call, message: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(TrajectoryError, match=message):
        call()
