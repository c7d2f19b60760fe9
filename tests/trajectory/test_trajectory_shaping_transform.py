"""Move, scale, rotate, mirror, all in one, crop, fit, merge, pick, copies: control points and handles by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tora_core.errors import TrajectoryError
from tora_core.trajectory import Point, Track, Trajectory
from tora_core.trajectory import shaping as sh
from tora_core.trajectory.shaping.affine import transform

DRAWN = Trajectory(
    width=101,
    height=51,
    frames=5,
    fps=12,
    tracks=(
        Track(
            [Point(10, 20, handle_out=(6, 0)), Point(40, 20, t=0.3, handle_in=(0, -4))], "bezier", name="a", radius=5
        ),
        Track([(0, 0), (100, 50)], "polyline", name="b", strength=2),
    ),
)


def test_move_moves_points_and_leaves_handles() -> None:
    moved = sh.move(DRAWN, 5, -30)
    assert moved.tracks[0].points == (Point(15, -10, handle_out=(6, 0)), Point(45, -10, t=0.3, handle_in=(0, -4)))
    assert (moved.width, moved.height, moved.frames, moved.fps) == (101, 51, 5, 12)
    assert (moved.tracks[0].name, moved.tracks[0].radius, moved.tracks[1].strength) == ("a", 5, 2)


def test_rotate_turns_clockwise_about_the_middle_of_the_pixels() -> None:
    # The middle of 101x51 pixels is (50, 25). (60, 25), 10 to its right, comes to lie 10 below it.
    turned = sh.rotate(
        Trajectory(width=101, height=51, frames=2, tracks=(Track([Point(60, 25, handle_out=(3, 0))]),)), 90
    )
    (point,) = turned.tracks[0].points
    assert (point.x, point.y) == pytest.approx((50, 35)) and point.handle_out == pytest.approx((0, 3))
    about = sh.rotate(DRAWN, -90, about=(10, 20)).tracks[0].points
    assert (about[0].x, about[0].y) == pytest.approx((10, 20)) and (about[1].x, about[1].y) == pytest.approx((10, -10))


def test_scale_grows_handles_too() -> None:
    scaled = sh.scale(DRAWN, 2, 0.5, about=(10, 20)).tracks[0].points
    assert scaled == (Point(10, 20, handle_out=(12, 0)), Point(70, 20, t=0.3, handle_in=(0, -2)))
    assert sh.scale(DRAWN, 3).tracks[1].points == (Point(-100, -50), Point(200, 100))


def test_mirror_exchanges_left_and_right_or_top_and_bottom() -> None:
    assert sh.mirror(DRAWN).tracks[0].points == (
        Point(90, 20, handle_out=(-6, 0)),
        Point(60, 20, t=0.3, handle_in=(0, -4)),
    )
    assert sh.mirror(DRAWN, "vertical").tracks[0].points[1] == Point(40, 30, t=0.3, handle_in=(0, 4))


def test_all_in_one_goes_in_the_stated_order() -> None:
    # "b" from (0, 0) to (100, 50), about the middle (50, 25): mirrored to (100, 0)..(0, 50), doubled in x, halved in y
    # to (150, 12.5)..(-50, 37.5), turned clockwise, (dx, dy) -> (-dy, dx), to (62.5, 125)..(37.5, -75), and moved.
    made = transform(DRAWN, mirrored="horizontal", factor=2, factor_y=0.5, degrees=90, dx_px=1, dy_px=2, only=["b"])
    first, last = made.tracks[1].points
    assert (first.x, first.y, last.x, last.y) == pytest.approx((63.5, 127, 38.5, -73))
    assert made.tracks[0] == DRAWN.tracks[0]
    one_by_one = sh.rotate(sh.scale(sh.mirror(DRAWN), 2, 0.5), 90)
    assert transform(DRAWN, mirrored="horizontal", factor=2, factor_y=0.5, degrees=90) == one_by_one


@pytest.mark.parametrize(
    ("about", "a", "b"),
    [
        # Doubled: "a" is drawn from (10, 20), "b" from (0, 0) to (100, 50). Both lie within 0..100, 0..50.
        ("canvas", (-30, 15), (-50, -25)),
        ("drawing", (-30, 15), (-50, -25)),
        ("start", (10, 20), (0, 0)),
        ((10, 0), (10, 40), (-10, 0)),
    ],
)
def test_what_stays_in_its_place_can_be_chosen(about: object, a: tuple[float, ...], b: tuple[float, ...]) -> None:
    made = transform(DRAWN, factor=2, about=about)  # type: ignore[arg-type]
    assert [(t.points[0].x, t.points[0].y) for t in made.tracks] == [pytest.approx(a), pytest.approx(b)]


def test_about_the_drawing_is_about_the_chosen_tracks_alone() -> None:
    still = replace(DRAWN, tracks=(*DRAWN.tracks, Track([(70, 10)])))
    assert transform(still, factor=5, about="drawing", only=[2]) == still
    assert transform(replace(DRAWN, tracks=()), factor=5, about="start").tracks == ()


@pytest.mark.parametrize(
    "wrong", [{"mirrored": "sideways"}, {"about": "moon"}, {"about": (1,)}, {"factor": float("nan")}, {"only": [7]}]
)
def test_all_in_one_refuses_what_its_parts_refuse(wrong: dict[str, object]) -> None:
    with pytest.raises(TrajectoryError):
        transform(DRAWN, **wrong)  # type: ignore[arg-type]
    if "only" not in wrong:
        with pytest.raises(TrajectoryError):
            transform(replace(DRAWN, tracks=()), **wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "there_and_back",
    [
        lambda t: sh.mirror(sh.mirror(t)),
        lambda t: sh.move(sh.move(t, 3, 4), -3, -4),
        lambda t: sh.rotate(sh.rotate(t, 30), -30),
        lambda t: sh.scale(sh.scale(t, 4), 0.25),
    ],
)
def test_what_is_undone_is_as_before(there_and_back) -> None:  # type: ignore[no-untyped-def]
    np.testing.assert_allclose(there_and_back(DRAWN).sample().points_px, DRAWN.sample().points_px, atol=1e-4)


@pytest.mark.parametrize("curve", ["catmull-rom", "bezier", "polyline"])
def test_a_turned_and_grown_drawing_is_the_drawing_turned_and_grown(curve: str) -> None:
    points = [Point(1, 2, handle_out=(9, 9)), Point(50, 9, handle_in=(0, -20)), Point(30, 40), Point(2, 44)]
    drawn = Trajectory(width=101, height=51, frames=17, tracks=(Track(points, curve, easing="in"),))
    got = sh.scale(sh.rotate(drawn, 30), 2).sample().points_px
    flat = drawn.sample().points_px.astype(float) - (50, 25)
    cos, sin = np.cos(np.pi / 6), np.sin(np.pi / 6)
    want = 2 * np.stack([cos * flat[..., 0] - sin * flat[..., 1], sin * flat[..., 0] + cos * flat[..., 1]], -1) + (
        50,
        25,
    )
    np.testing.assert_allclose(got, want, atol=1e-3)


def test_only_the_chosen_tracks_are_changed() -> None:
    for only in ([1], "b", [-1], ["b", 1]):
        moved = sh.move(DRAWN, 1, 1, only=only)
        assert moved.tracks[0] == DRAWN.tracks[0] and moved.tracks[1].points[0] == Point(1, 1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: sh.move(DRAWN, 1, 1, only=[2]), "only: track 2 of 2, expected a name or a number from 0 to 1"),
        (lambda: sh.move(DRAWN, 1, 1, only="c"), "only: there is no track named 'c'"),
        (lambda: sh.move(DRAWN, 1, 1, only=[True]), "only: track true of 2"),
        (lambda: sh.move(DRAWN, float("nan"), 0), "dx_px is nan"),
        (lambda: sh.move(DRAWN, 1e6, 0), "x is 10000"),
        (lambda: sh.rotate(DRAWN, 30, about=(1,)), "about is a list of 1, expected"),
        (lambda: sh.mirror(DRAWN, "diagonal"), "direction is 'diagonal'"),
        (lambda: sh.fit(DRAWN, 10, 10, "squeeze"), "how is 'squeeze'"),
        (lambda: sh.crop(DRAWN, 0, 0, 0, 5), "width is 0"),
        (lambda: sh.merge(DRAWN, 5), "got 5, expected a Trajectory"),
        (lambda: sh.offset_copies(DRAWN, 600, 1, 1), "1200 copies make more than 1000 tracks"),
    ],
)
def test_what_makes_no_sense_is_told(call, message: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(TrajectoryError, match=message):
        call()


# ---- tracks and canvas


def test_merge_scales_to_the_first_canvas_and_keeps_its_frames() -> None:
    other = Trajectory(width=202, height=51, frames=99, tracks=(Track([(100, 10)]),))
    merged = sh.merge(DRAWN, other, other)
    assert (merged.width, merged.height, merged.frames, merged.fps) == (101, 51, 5, 12)
    assert merged.tracks[:2] == DRAWN.tracks and merged.tracks[2].points == merged.tracks[3].points == (Point(50, 10),)


def test_pick_takes_tracks_in_the_order_named_and_each_once() -> None:
    assert sh.pick(DRAWN, ["b", 0, 1]).tracks == (DRAWN.tracks[1], DRAWN.tracks[0])
    assert sh.pick(DRAWN, []).tracks == ()


def test_copies_lie_behind_their_track_each_further_on() -> None:
    copies = sh.offset_copies(DRAWN, 2, 10, -1, only="b").tracks
    assert [track.name for track in copies] == ["a", "b", "b 2", "b 3"]
    assert [track.points[0] for track in copies[1:]] == [Point(0, 0), Point(10, -1), Point(20, -2)]
    assert copies[3].strength == 2


def test_delayed_copies_wait_at_their_beginning_and_are_cut_at_the_end() -> None:
    even = Trajectory(width=101, height=51, frames=5, tracks=(Track([(0, 0), (100, 0)], "polyline"),))
    sampled = sh.offset_copies(even, 2, 0, 10, delay=0.25).sample()
    assert sampled.points_px[..., 0].tolist() == [[0, 25, 50, 75, 100], [0, 0, 25, 50, 75], [0, 0, 0, 25, 50]]
    assert sampled.points_px[2, 0, 1] == 20 and sampled.visible.all()


def test_crop_keeps_tracks_where_they_are_in_the_picture() -> None:
    cropped = sh.crop(DRAWN, 10, 5, 50, 40)
    assert (cropped.width, cropped.height) == (50, 40)
    assert cropped.tracks[0].points == (Point(0, 15, handle_out=(6, 0)), Point(30, 15, t=0.3, handle_in=(0, -4)))


@pytest.mark.parametrize(
    ("how", "corners"),
    [  # 100x50 onto 300x300: contained by 3 with 75 above, covered by 6 with 150 cut off to the left
        ("contain", [(0, 75), (300, 225)]),
        ("cover", [(-150, 0), (450, 300)]),
        ("stretch", [(0, 0), (300, 300)]),
    ],
)
def test_fit_puts_a_drawing_onto_another_canvas(how: str, corners: list) -> None:
    drawn = Trajectory(width=100, height=50, frames=2, tracks=(Track([(0, 0), (100, 50)], radius=5),))
    fitted = sh.fit(drawn, 300, 300, how)
    assert (fitted.width, fitted.height, fitted.tracks[0].radius) == (300, 300, 5)
    assert [(p.x, p.y) for p in fitted.tracks[0].points] == corners
