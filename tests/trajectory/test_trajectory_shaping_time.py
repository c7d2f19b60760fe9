"""Speed, reverse, loop, ping-pong, ease, trim: what the drawing becomes; positions are those of the old clip."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tora_core.errors import TrajectoryError
from tora_core.trajectory import Point, Track, Trajectory, VisibilityKey
from tora_core.trajectory import shaping as sh
from tora_core.trajectory.sampling import frame_times, sample_track


def clip(track: Track, frames: int = 5) -> Trajectory:
    return Trajectory(width=720, height=480, frames=frames, tracks=(track,))


def xs(trajectory: Trajectory) -> list[float]:
    return [round(x, 3) for x in trajectory.sample().points_px[0, :, 0].tolist()]


EVEN = Track([(0, 0), (100, 0)], "polyline")
WAITING = Track([Point(0, 0), Point(20, 0, t=0.25), Point(20, 0, t=0.75, easing="in"), Point(100, 0)], "polyline")


# ---- reverse


def test_reverse_turns_points_handles_times_and_easings_round() -> None:
    drawn = Track(
        [Point(0, 0, handle_out=(9, 0)), Point(50, 5, t=0.4, easing="out", handle_in=(-1, 0)), Point(90, 0)],
        "bezier",
        start=0.2,
        after="hold",
        easing=(0.1, 0.2, 0.3, 0.4),
    )
    (track,) = sh.reverse(clip(drawn)).tracks
    # The stretch from 0.4 on had "out" and is now the first; the other had the track's own.
    assert track.points == (
        Point(90, 0, easing="in"),
        Point(50, 5, t=0.6, handle_out=(-1, 0)),
        Point(0, 0, handle_in=(9, 0)),
    )
    assert track.easing == pytest.approx((0.7, 0.6, 0.9, 0.8))
    assert (track.start, track.end, track.before, track.after) == (0, 0.8, "hold", "invisible")


def test_reverse_keeps_a_smooth_or_closed_curve_what_it_is() -> None:
    (track,) = sh.reverse(clip(Track([(0, 0), (9, 5), (20, 0)], closed=True))).tracks
    assert track == Track([(0, 0), (20, 0), (9, 5)], closed=True)


def test_visibility_is_reversed_frame_by_frame() -> None:
    hidden = Track([(0, 0), (100, 0)], "polyline", visibility=(VisibilityKey(0.5, False), VisibilityKey(0.75, True)))
    assert clip(hidden).sample().visible[0].tolist() == [True, True, False, True, True]
    late = Track([(0, 0), (100, 0)], "polyline", visibility=(VisibilityKey(0.75, False),))
    assert sh.reverse(clip(hidden)).sample().visible[0].tolist() == [True, True, False, True, True]
    assert sh.reverse(clip(late)).sample().visible[0].tolist() == [False, False, True, True, True]


def test_a_hold_can_not_be_turned_round_in_keys_and_is_kept_as_positions() -> None:
    held = clip(Track([(0, 0), (100, 0)], "polyline", easing="hold"))
    assert xs(held) == [0, 0, 0, 0, 100]
    assert xs(sh.reverse(held)) == [100, 0, 0, 0, 0]


# ---- trim and speed


def test_trim_cuts_an_even_stretch_and_leaves_key_times_inside() -> None:
    (track,) = sh.trim(clip(WAITING), 0.125, 0.75).tracks
    # Half of the first stretch is left, then the pause to the end.
    assert [(p.x, p.t) for p in track.points] == [(10, None), (20, pytest.approx(0.2)), (20, None)]
    assert (track.start, track.end, track.curve) == (0, 1, "polyline")


def test_trim_splits_a_curve_exactly() -> None:
    curve = Track([Point(0, 0, handle_out=(0, 40)), Point(100, 0, handle_in=(0, 40))], "bezier")
    (track,) = sh.trim(clip(curve), 0, 0.5).tracks
    # By symmetry half the time is the middle, where de Casteljau gives (50, 30) and handles half as long again.
    assert track.points[0].handle_out == pytest.approx((0, 20))
    assert (track.points[1].x, track.points[1].y) == pytest.approx((50, 30), abs=1e-4)
    assert track.points[1].handle_in == pytest.approx((-25, 0), abs=1e-3)


def test_trim_keeps_frames_or_the_speed() -> None:
    assert xs(sh.trim(clip(EVEN), 0.5, 1)) == [50, 62.5, 75, 87.5, 100]
    short = sh.trim(clip(EVEN), 0.5, 1, frames=3)
    assert short.frames == 3 and xs(short) == [50, 75, 100]


def test_an_eased_stretch_that_is_cut_is_kept_as_positions_and_one_that_is_not_stays() -> None:
    eased = clip(Track([(0, 0), (100, 0)], "polyline", easing="in"), frames=9)
    cut = sh.trim(eased, 0, 0.5)
    np.testing.assert_allclose(cut.sample(5).points_px, eased.sample(9).points_px[:, :5], atol=0.02)
    (track,) = sh.trim(clip(WAITING), 0, 0.75).tracks
    assert [p.easing for p in track.points] == [None, None, None]
    (track,) = sh.trim(clip(WAITING), 0.75, 1).tracks
    assert track.points == (Point(20, 0, easing="in"), Point(100, 0))


def test_a_track_outside_the_part_stays_hidden_or_held() -> None:
    early = Track([(0, 0), (100, 0)], "polyline", end=0.25, name="early")
    gone = sh.trim(clip(early), 0.5, 1)
    assert gone.tracks[0].name == "early" and not gone.sample().visible.any()
    held = sh.trim(clip(Track([(0, 0), (100, 0)], "polyline", end=0.25, after="hold")), 0.5, 1)
    assert xs(held) == [100] * 5 and held.sample().visible.all()


def test_twice_as_fast_is_done_in_half_the_time_and_then_holds() -> None:
    fast = sh.speed(clip(EVEN), 2)
    assert xs(fast) == [0, 50, 100, 100, 100] and fast.sample().visible.all()
    assert fast.tracks[0].points == EVEN.points and fast.tracks[0].end == 0.5
    assert xs(sh.speed(clip(EVEN), 0.5)) == [0, 12.5, 25, 37.5, 50]
    # One that was to vanish vanishes earlier.
    vanishing = sh.speed(clip(Track([(0, 0), (100, 0)], "polyline", end=0.5)), 2)
    assert vanishing.sample().visible[0].tolist() == [True, True, False, False, False]


# ---- loop, ping-pong, ease


def test_a_closed_track_goes_round_again_without_a_seam() -> None:
    square = Track([(0, 0), (60, 0), (60, 60), (0, 60)], "polyline", True, easing="in-out")
    (track,) = sh.loop(clip(square), 2).tracks
    assert track.closed and len(track.points) == 8 and track.points[4] == Point(0, 0, t=0.5)
    assert track.easing == "in-out"


def test_an_open_track_jumps_back_between_two_frames() -> None:
    assert xs(sh.loop(clip(EVEN, 9), 2)) == [0, 25, 50, 75, 0, 25, 50, 75, 100]


def test_ping_pong_goes_there_and_back() -> None:
    assert xs(sh.ping_pong(clip(EVEN))) == [0, 50, 100, 50, 0]
    assert xs(sh.ping_pong(clip(EVEN, 9), 2)) == [0, 50, 100, 50, 0, 50, 100, 50, 0]
    (track,) = sh.ping_pong(clip(EVEN)).tracks
    assert [(p.x, p.t) for p in track.points] == [(0, 0), (100, 0.5), (0, 1)]


def test_what_is_hidden_is_hidden_in_every_repeat() -> None:
    late = Track([(0, 0), (100, 0)], "polyline", start=0.5)
    assert sh.loop(clip(late, 9), 2).sample().visible[0].tolist() == [
        False,
        False,
        True,
        True,
        False,
        False,
        True,
        True,
        True,
    ]
    assert sh.ping_pong(clip(late, 9)).sample().visible[0].tolist() == [
        False,
        False,
        True,
        True,
        True,
        True,
        True,
        False,
        False,
    ]
    still = Track([(5, 5)], visibility=(VisibilityKey(0.5, False),))
    looped = sh.loop(clip(still, 9), 2)
    assert looped.sample().visible[0].tolist() == [True, True, False, False, True, True, False, False, False]
    assert len(looped.tracks[0].points) == 1


def test_ease_replaces_every_easing() -> None:
    (track,) = sh.ease(clip(WAITING), "in-out").tracks
    assert track.easing == "in-out" and all(point.easing is None for point in track.points)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda t: sh.trim(t, 0.5, 0.5), "end is 0.5, expected a time after start"),
        (lambda t: sh.trim(t, -0.1, 0.5), "start is -0.1"),
        (lambda t: sh.speed(t, 0), "factor is 0"),
        (lambda t: sh.loop(t, 0), "count is 0"),
        (lambda t: sh.loop(t, 1.5), "count is 1.5"),
        (lambda t: sh.ease(t, "bouncy"), "easing is 'bouncy'"),
    ],
)
def test_what_makes_no_sense_is_told(call, message: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(TrajectoryError, match=message):
        call(clip(EVEN))


# ---- for any drawing: the positions of the old clip at the mapped times

coordinates = st.floats(-300, 1000)
handles = st.none() | st.tuples(st.floats(-200, 200), st.floats(-200, 200))
EASINGS = st.sampled_from(["linear", "in", "out", "in-out"]) | st.tuples(
    st.floats(0, 1), st.floats(-2, 3), st.floats(0, 1), st.floats(-2, 3)
)


@st.composite
def drawn(draw: st.DrawFn) -> Track:
    times = sorted(draw(st.sets(st.integers(0, 48), min_size=2, max_size=5)))
    start, *inner, end = (t / 48 for t in times)

    def point(t: float | None, easing: object = None) -> Point:
        return Point(draw(coordinates), draw(coordinates), t, easing, draw(handles), draw(handles))  # type: ignore[arg-type]

    points = [point(draw(st.sampled_from([None, start])))]
    for t in inner:
        points.append(point(t, draw(st.none() | EASINGS)))
        if draw(st.booleans()):
            points.append(point(None))
    points.append(point(None))
    shown = sorted(draw(st.sets(st.sampled_from([0.0, 0.1, 1 / 3, 0.75, 1.0]))))
    return Track(
        points,
        draw(st.sampled_from(["polyline", "catmull-rom", "bezier", "freehand"])),
        draw(st.booleans()),
        start,
        end,
        draw(st.sampled_from(["hold", "invisible"])),
        draw(st.sampled_from(["hold", "invisible"])),
        draw(EASINGS),
        tuple(VisibilityKey(t, draw(st.booleans())) for t in shown),
    )


many = settings(
    max_examples=60, derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
FRAMES = 25
UNSEEN = 0.02  # where positions a frame are kept, keys are left out that are nearer than 0.01 px


def check(track: Track, made: Trajectory, times: np.ndarray, *, visible: bool = True) -> None:
    want, seen = sample_track(track, times)
    got = made.sample()
    np.testing.assert_allclose(got.points_px[0], want, atol=UNSEEN)
    if visible:
        np.testing.assert_array_equal(got.visible[0], seen)


@many
@given(track=drawn())
def test_reversed_positions_are_the_old_ones_from_the_end(track: Track) -> None:
    check(track, sh.reverse(clip(track, FRAMES)), 1.0 - frame_times(FRAMES))


@many
@given(track=drawn(), start=st.integers(0, 20), width=st.integers(1, 28))
def test_trimmed_positions_are_the_old_ones_of_the_part(track: Track, start: int, width: int) -> None:
    a, b = start / 48, (start + width) / 48
    # Visibility may differ where a key falls on a frame that the division of floats moves.
    check(track, sh.trim(clip(track, FRAMES), a, b), a + (b - a) * frame_times(FRAMES), visible=False)


@many
@given(track=drawn(), factor=st.sampled_from([0.3, 0.5, 1.0, 1.5, 4.0]))
def test_faster_positions_are_the_old_ones_at_later_times(track: Track, factor: float) -> None:
    check(track, sh.speed(clip(track, FRAMES), factor), np.minimum(factor * frame_times(FRAMES), 1.0), visible=False)


@many
@given(track=drawn(), count=st.integers(1, 4))
def test_looped_positions_are_the_old_ones_in_every_repeat(track: Track, count: int) -> None:
    at = frame_times(49) * count
    lap = np.clip(np.floor(at + 1e-9), 0, count - 1)
    check(track, sh.loop(clip(track, 49), count), np.clip(at - lap, 0, 1))


@many
@given(track=drawn(), count=st.integers(1, 3))
def test_ping_pong_positions_are_the_old_ones_there_and_back(track: Track, count: int) -> None:
    at = frame_times(49) * 2 * count
    lap = np.clip(np.floor(at + 1e-9), 0, 2 * count - 1)
    phase = np.clip(at - lap, 0, 1)
    check(track, sh.ping_pong(clip(track, 49), count), np.where(lap % 2 == 1, 1 - phase, phase))
