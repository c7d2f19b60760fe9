"""Transform, Retime, Smooth, Jitter, Merge, Pick, Offset Copies and Fit: positions by hand, and what is said."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.host

TRANSFORM = {
    **{"mirror": "none", "scale": 1.0, "scale_y": 0.0, "rotate": 0.0, "move_x": 0.0, "move_y": 0.0},
    "about": {"about": "canvas"},
}


def row(*xs: float, y: float) -> list[list[float]]:
    return [[x, y] for x in xs]


# --- Transform --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "first", "second"),
    [
        ({}, row(10, 20, 30, 40, 50, y=20), (60, 25)),
        ({"mirror": "left-right"}, row(90, 80, 70, 60, 50, y=20), (40, 25)),
        ({"mirror": "top-bottom"}, row(10, 20, 30, 40, 50, y=30), (60, 25)),
        ({"mirror": "both"}, row(90, 80, 70, 60, 50, y=30), (40, 25)),
        ({"scale": 2.0}, row(-30, -10, 10, 30, 50, y=15), (70, 25)),
        ({"scale": 2.0, "scale_y": 3.0}, row(-30, -10, 10, 30, 50, y=10), (70, 25)),
        ({"rotate": 90.0}, [[55, y] for y in (-15, -5, 5, 15, 25)], (50, 35)),
        ({"move_x": 5.0, "move_y": -2.5}, row(15, 25, 35, 45, 55, y=17.5), (65, 22.5)),
        # The box around all positions is 10..60, 20..25: about (35, 22.5).
        ({"scale": 2.0, "about": {"about": "drawing"}}, row(-15, 5, 25, 45, 65, y=17.5), (85, 27.5)),
        ({"scale": 2.0, "about": {"about": "first point"}}, row(10, 30, 50, 70, 90, y=20), (60, 25)),
        (
            {"rotate": 90.0, "about": {"about": "point", "x": 10.0, "y": 0.0}},
            [[-10, y] for y in range(0, 50, 10)],
            (-15, 50),
        ),
        # In this order: mirrored to 90..50, scaled to 130..50, turned to x = 50 + 10, y = 25 + 80..25, moved.
        (
            {"mirror": "left-right", "scale": 2.0, "rotate": 90.0, "move_x": 1.0},
            [[61, y] for y in (105, 85, 65, 45, 25)],
            (51, 5),
        ),
        ({"scale": 2.0, "about": {"about": "drawing"}, "tracks": "b"}, row(10, 20, 30, 40, 50, y=20), (60, 25)),
        ({"move_x": 5.0, "tracks": "2"}, row(10, 20, 30, 40, 50, y=20), (65, 25)),
    ],
)
def test_transform_gives_these_positions(places, host, drawn, values, first, second):
    (made,) = host.run("ToraTransformTrajectory", trajectory=drawn, **{**TRANSFORM, **values})
    assert places(made) == first and tuple(places(made, 1)[0]) == second
    assert (made.width, made.height, made.frames, made.fps) == (101, 51, 5, 12)
    assert [track.name for track in made.tracks] == ["a", "b"] and made.tracks[1].radius == 4


def test_transform_says_what_it_did_to_which_tracks(host, drawn, told):
    host.run(
        "ToraTransformTrajectory", trajectory=drawn, **{**TRANSFORM, "mirror": "both", "scale": 2.0, "tracks": "a"}
    )
    host.run("ToraTransformTrajectory", trajectory=drawn, **TRANSFORM)
    host.run(
        "ToraTransformTrajectory", trajectory=drawn, **{**TRANSFORM, "move_x": -1.0, "rotate": 9.5, "scale_y": 2.0}
    )
    # Mirrored and scaled, "a" runs from (130, 35) to (50, 35), 20 px a frame.
    assert told[0] == (
        "Mirrored both ways, scaled by 2: 1 of 2 tracks. 2 tracks, 3 points, at most 20 px/frame, partly outside the "
        "canvas."
    )
    assert told[1].startswith("Nothing done: all 2 tracks. ") and told[1].endswith("at most 10 px/frame.")
    assert told[2].startswith("Scaled by 1 and 2, turned by 9.5 degrees, moved by -1, 0 px: all 2 tracks. ")


def test_transform_of_nothing_is_nothing(host, kit, told):
    empty = kit.Trajectory(width=20, height=10, frames=5)
    for about in ("canvas", "drawing", "first point"):
        (made,) = host.run(
            "ToraTransformTrajectory", trajectory=empty, **{**TRANSFORM, "scale": 3.0, "about": {"about": about}}
        )
        assert made == empty
    assert told[0] == "Scaled by 3: no tracks. 0 tracks, 0 points, nothing moves."


# --- Retime -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operation", "xs"),
    [
        ({"operation": "speed", "factor": 2.0}, [10, 30, 50, 50, 50]),
        ({"operation": "speed", "factor": 0.5}, [10, 15, 20, 25, 30]),
        ({"operation": "reverse"}, [50, 40, 30, 20, 10]),
        ({"operation": "loop", "count": 2}, [10, 30, 10, 30, 50]),
        ({"operation": "ping-pong", "count": 1}, [10, 30, 50, 30, 10]),
        ({"operation": "ping-pong", "count": 2}, [10, 50, 10, 50, 10]),
        ({"operation": "ease", "easing": "hold"}, [10, 10, 10, 10, 50]),
        ({"operation": "trim", "start": 0.5, "end": 1.0, "frames": 0}, [30, 35, 40, 45, 50]),
        ({"operation": "trim", "start": 0.25, "end": 0.75, "frames": 3}, [20, 30, 40]),
    ],
)
def test_retime_gives_these_positions(places, host, drawn, operation, xs):
    made, frames = host.run("ToraRetimeTrajectory", trajectory=drawn, operation=operation)
    assert places(made) == row(*xs, y=20)
    assert frames == made.frames == len(xs)
    assert places(made, 1) == row(*[60] * len(xs), y=25)


def test_retime_changes_the_chosen_tracks_and_says_so(host, drawn, told):
    operation = {"operation": "reverse"}
    made, _ = host.run("ToraRetimeTrajectory", trajectory=drawn, operation=operation, tracks="b")
    assert made.tracks[0] == drawn.tracks[0]
    assert told[0].startswith("Backwards: 1 of 2 tracks. 2 tracks, 3 points, ")


@pytest.mark.parametrize(
    ("operation", "said"),
    [
        ({"operation": "speed", "factor": 1.5}, "1.5 times as fast: all 2 tracks. "),
        ({"operation": "loop", "count": 3}, "3 times in a row: all 2 tracks, 3 points before. "),
        ({"operation": "ping-pong", "count": 1}, "There and back 1 time: all 2 tracks, 3 points before. "),
        ({"operation": "ease", "easing": "in-out"}, "Easing in-out: all 2 tracks. "),
        (
            {"operation": "trim", "start": 0.0, "end": 0.5, "frames": 0},
            "From 0 to 0.5 of the clip as 5 frames, 3 frames would keep the speed. ",
        ),
        ({"operation": "trim", "start": 0.0, "end": 0.5, "frames": 3}, "From 0 to 0.5 of the clip as 3 frames. "),
    ],
)
def test_retime_says_what_it_did(host, drawn, told, operation, said):
    host.run("ToraRetimeTrajectory", trajectory=drawn, operation=operation)
    assert told[0].startswith(said)


def test_some_tracks_alone_cannot_be_trimmed(host, drawn, error):
    operation = {"operation": "trim", "start": 0.0, "end": 0.5, "frames": 0}
    with pytest.raises(error, match="trim cuts the clip, and so all tracks"):
        host.run("ToraRetimeTrajectory", trajectory=drawn, operation=operation, tracks="1")
    host.run("ToraRetimeTrajectory", trajectory=drawn, operation=operation, tracks="1-2")


def test_the_easings_are_the_librarys(host):
    assert tuple(host.pack("nodes.shaping").EASINGS) == host.pack("tora_core.trajectory.easing").EASING_NAMES


# --- Smooth and jitter ------------------------------------------------------------------------------------------------


@pytest.fixture
def trembling(kit: Any) -> Any:
    """33 points, one a frame, along a line of 6 px a frame; every second one is 2 px too high, another too low."""
    points = [(10 + 6 * i, 60 + (2 if i % 4 == 1 else -2 if i % 4 == 3 else 0)) for i in range(33)]
    return kit.Trajectory(width=240, height=120, frames=33, tracks=(kit.Track(points, curve="polyline"),))


def test_smoothing_takes_the_trembling_out_and_simplifying_leaves_two_points(places, host, trembling, told):
    (made,) = host.run("ToraSmoothTrajectory", trajectory=trembling, smooth=3.0, simplify=1.0)
    points = made.tracks[0].points
    assert len(points) == 2 and (points[0].x, points[0].y) == (10, 60) and (points[1].x, points[1].y) == (202, 60)
    # All pieces of the trembling line are equally long, so that a frame is at each point: at most 2 px off the line.
    assert places(made)[16] == [106, 60]
    assert told[0].startswith("33 points before, 2 after, nowhere moved by more than 2 px: the track. ")


def test_what_is_moved_stays_within_the_stated_error(places, host, trembling):
    (made,) = host.run("ToraSmoothTrajectory", trajectory=trembling, smooth=0.0, simplify=3.0)
    far = np.linalg.norm(np.array(places(made)) - places(trembling), axis=1).max()
    assert len(made.tracks[0].points) < 33 and 0.5 < far <= 3.0


def test_smoothing_and_simplifying_can_both_be_off(host, trembling, told):
    (made,) = host.run("ToraSmoothTrajectory", trajectory=trembling, smooth=0.0, simplify=0.0)
    assert made == trembling
    assert told[0].startswith("33 points before, 33 after, nowhere moved by more than 0 px: the track. ")


def test_only_chosen_tracks_are_smoothed(host, kit, trembling):
    both = kit.Trajectory(width=240, height=120, frames=33, tracks=trembling.tracks * 2)
    (made,) = host.run("ToraSmoothTrajectory", trajectory=both, smooth=3.0, simplify=1.0, tracks="last")
    assert made.tracks[0] == both.tracks[0] and len(made.tracks[1].points) == 2


def test_jitter_moves_points_by_the_seed_and_never_too_far(host, drawn, told):
    def jitter(seed: int, tracks: str = "") -> Any:
        return host.run("ToraJitterTrajectory", trajectory=drawn, amount=4.0, seed=seed, tracks=tracks)[0]

    one, again, other = jitter(7), jitter(7), jitter(8)
    assert one == again != other
    moved = [
        abs(a - b)
        for i in (0, 1)
        for p, q in zip(one.tracks[i].points, drawn.tracks[i].points, strict=True)
        for a, b in ((p.x, q.x), (p.y, q.y))
    ]
    assert 0 < max(moved) <= 12
    assert jitter(7, "b").tracks == (drawn.tracks[0], one.tracks[1])
    assert told[0].startswith("Moved at random, by up to ") and ": all 2 tracks. " in told[0]
    assert host.run("ToraJitterTrajectory", trajectory=drawn, amount=0.0, seed=7) == (drawn,)


# --- Merge, pick, copies, fit -----------------------------------------------------------------------------------------


def test_merged_tracks_are_on_the_first_canvas(places, host, kit, drawn, told):
    small = kit.Trajectory(width=202, height=102, frames=9, tracks=(kit.Track([(20, 40), (100, 40)], "polyline"),))
    (made,) = host.run("ToraMergeTrajectories", trajectories={"trajectory_1": drawn, "trajectory_2": small})
    assert (made.width, made.height, made.frames, made.fps) == (101, 51, 5, 12)
    assert len(made.tracks) == 3 and places(made, 2) == places(drawn, 0)
    assert told[0].startswith("2 + 1 tracks, 1 of 2 trajectories scaled, 1 of 2 stretched to 5 frames. 3 tracks, ")


def test_merging_keeps_the_order_of_the_sockets_and_skips_gaps(host, kit, drawn, told):
    def one(name: str) -> Any:
        return kit.Trajectory(width=101, height=51, frames=5, tracks=(kit.Track([(1, 2)], name=name),))

    parts = {"trajectory_10": one("ten"), "trajectory_2": one("two"), "trajectory_4": None, "trajectory_1": drawn}
    (made,) = host.run("ToraMergeTrajectories", trajectories=parts)
    assert [track.name for track in made.tracks] == ["a", "b", "two", "ten"]
    assert told[0].startswith("2 + 1 + 1 tracks. ")


def test_more_tracks_than_a_trajectory_holds_are_refused(host, kit, error):
    many = kit.Trajectory(width=9, height=9, frames=1, tracks=(kit.Track([(1, 2)]),) * 501)
    with pytest.raises(error, match="tracks has 1002 entries, expected at most 1000"):
        host.run("ToraMergeTrajectories", trajectories={"trajectory_1": many, "trajectory_2": many})


@pytest.mark.parametrize(
    ("tracks", "picked", "others"),
    [
        ("", ["a", "b", "c"], []),
        ("last, 1", ["c", "a"], ["b"]),
        ("not b", ["a", "c"], ["b"]),
        ("B", ["b"], ["a", "c"]),
    ],
)
def test_picked_tracks_come_in_the_order_of_their_names_and_the_others_beside_them(
    host, kit, told, tracks, picked, others
):
    three = kit.Trajectory(width=20, height=10, frames=5, tracks=tuple(kit.Track([(1, 2)], name=n) for n in "abc"))
    some, rest = host.run("ToraPickTracks", trajectory=three, tracks=tracks)
    assert [track.name for track in some.tracks] == picked and [track.name for track in rest.tracks] == others
    assert rest.width == 20 and told[0].startswith(f"Picked {'all' if not others else f'{len(picked)} of'} 3 tracks. ")


def test_copies_are_moved_and_delayed_step_by_step(places, host, drawn, told):
    (made,) = host.run(
        "ToraOffsetCopies", trajectory=drawn, count=2, offset_x=3.0, offset_y=-1.0, delay=0.25, tracks="a"
    )
    assert [track.name for track in made.tracks] == ["a", "a 2", "a 3", "b"]
    # A quarter of the clip is a frame: each copy waits so long at its beginning.
    assert places(made, 1) == row(13, 13, 23, 33, 43, y=19)
    assert places(made, 2) == row(16, 16, 16, 26, 36, y=18)
    assert made.tracks[0] == drawn.tracks[0] and made.tracks[3] == drawn.tracks[1]
    assert told[0].startswith("2 copies each of 1 of 2 tracks. 4 tracks, ")


def test_no_copies_leave_all_as_it_is(host, drawn):
    assert host.run("ToraOffsetCopies", trajectory=drawn, count=0, offset_x=3.0, offset_y=0.0, delay=0.0) == (drawn,)


@pytest.mark.parametrize(
    ("method", "xs", "y"),
    [
        # From 101x51 to 202x204: whole by the factor 2 with 51 px above; filling by 4, with 101 px cut off on the left.
        ({"method": "contain"}, [20, 40, 60, 80, 100], 51 + 40),
        ({"method": "cover"}, [40 - 101, 80 - 101, 120 - 101, 160 - 101, 200 - 101], 80),
        ({"method": "stretch"}, [20, 40, 60, 80, 100], 80),
        ({"method": "crop", "left": 5, "top": -7}, [5, 15, 25, 35, 45], 27),
    ],
)
def test_fit_gives_these_positions(places, host, drawn, told, method, xs, y):
    made, width, height = host.run("ToraFitTrajectory", trajectory=drawn, width=202, height=204, method=method)
    assert (made.width, made.height, made.frames) == (width, height, 5) == (202, 204, 5)
    assert places(made) == row(*xs, y=y)
    assert told[0].startswith(f"{method['method'].capitalize()}: 101x51 to 202x204. ")
