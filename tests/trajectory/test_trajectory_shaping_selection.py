"""Which tracks a text names, what can be measured of tracks, and tracks that keep apart."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tora_core.errors import TrajectoryError
from tora_core.trajectory import Track, Trajectory, VisibilityKey
from tora_core.trajectory.shaping.apart import apart
from tora_core.trajectory.shaping.measure import box, fastest_px, largest_change_px
from tora_core.trajectory.shaping.selection import MAX_CHARACTERS, check_selection, select


def named(*names: str) -> Trajectory:
    tracks = tuple(Track([(5, i)], name=name) for i, name in enumerate(names))
    return Trajectory(width=20, height=10, frames=5, tracks=tracks)


FIVE = named("hand", "", "camera 1.1", "Camera 1.2", "a, b")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", [0, 1, 2, 3, 4]),
        ("  ", [0, 1, 2, 3, 4]),
        ("All", [0, 1, 2, 3, 4]),
        ("1", [0]),
        ("1, 3-5", [0, 2, 3, 4]),
        ("3\u20134", [2, 3]),
        ("4 - 2", [3, 2, 1]),
        ("5, 1, 5, 1-2", [4, 0, 1]),
        ("last", [4]),
        ("4-Last,1", [3, 4, 0]),
        ("hand", [0]),
        ("HAND", [0]),
        ("camera 1.1", [2]),
        ("camera*", [2, 3]),
        ("*1.2, *an*", [3, 0]),
        ("*", [0, 1, 2, 3, 4]),
        ("camera*1.1*1", []),
        ('"a, b"', [4]),
        ('"a, b", 1', [4, 0]),
        ("not 2", [0, 2, 3, 4]),
        ("not camera*, not last", [0, 1]),
        ("2-last, not 3", [1, 3, 4]),
        ("not 3, 2-last", [1, 2, 3, 4]),
        ("1\n2,", [0, 1]),
    ],
)
def test_a_text_names_tracks(text: str, found: list[int]) -> None:
    if not found:
        with pytest.raises(TrajectoryError, match="no track is called"):
            select(FIVE, text)
        return
    assert select(FIVE, text) == found
    check_selection(text)


def test_quotes_make_a_name_of_what_reads_like_something_else() -> None:
    odd = named("2", "last", "not me", "all", "*", "1-2")
    for i, track in enumerate(odd.tracks):
        assert select(odd, f'"{track.name}"') == [i]
    assert select(odd, 'not "last"') == [0, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("0", "'0' asks for track 0. There are 1 'hand', 2, 3 'camera 1.1', 4 'Camera 1.2', 5 'a, b'."),
        ("6", "'6' asks for track 6."),
        ("2-999999999", "'2-999999999' asks for track 999999999."),
        ("foot", "no track is called 'foot'. There are 1 'hand', 2,"),
        ("not foot", "no track is called 'not foot'."),
        ("1234567890", "no track is called '1234567890'."),
    ],
)
def test_tracks_that_are_not_there_are_told_with_those_that_are(text: str, told: str) -> None:
    with pytest.raises(TrajectoryError) as error:
        select(FIVE, text)
    assert told in str(error.value)
    check_selection(text)


@pytest.mark.parametrize("text", ['"hand', '1, "', ",", " , ,", "1" * (MAX_CHARACTERS + 1), None, 3, ["1"]])
def test_a_text_that_says_nothing_is_refused_before_tracks_are_known(text: Any) -> None:
    with pytest.raises(TrajectoryError, match=r"^tracks is "):
        check_selection(text)


def test_of_no_tracks_all_are_none_and_each_is_missing() -> None:
    assert select(named(), "") == select(named(), "all") == []
    for text in ("1", "last", "hand"):
        with pytest.raises(TrajectoryError, match="There are no tracks"):
            select(named(), text)


def test_few_of_many_tracks_are_listed() -> None:
    with pytest.raises(TrajectoryError, match=r"There are 1, 2, 3, 4, 5, 6, 7, 8 and 92 more\."):
        select(named(*[""] * 100), "nobody")


# --- Measures ---------------------------------------------------------------------------------------------------------

# 4 px a frame to the right, then a track that is hidden while it jumps 9 down, and 2 a frame before and after it.
RIGHT = Track([(10, 20), (26, 20)], "polyline")
HIDDEN = (VisibilityKey(0.25, False), VisibilityKey(0.5, True))
DOWN = Track([(50, 0), (50, 2), (50, 11), (50, 13), (50, 15)], "polyline", visibility=HIDDEN)
TIMED = Track(tuple(type(p)(p.x, p.y, t=i / 4) for i, p in enumerate(DOWN.points)), "polyline", visibility=HIDDEN)
BOTH = Trajectory(width=100, height=50, frames=5, tracks=(RIGHT, TIMED))


def test_the_box_holds_all_positions_of_the_chosen_tracks() -> None:
    assert box(BOTH) == (10, 0, 50, 20)
    assert box(BOTH, [0]) == (10, 20, 26, 20)
    assert box(Trajectory(width=9, height=9, frames=1)) is None


def test_the_fastest_move_is_one_that_is_seen() -> None:
    assert fastest_px(BOTH) == pytest.approx(4)
    assert fastest_px(Trajectory(width=100, height=50, frames=5, tracks=(TIMED,))) == pytest.approx(2)
    assert fastest_px(Trajectory(width=100, height=50, frames=1, tracks=(RIGHT,))) == 0
    assert fastest_px(Trajectory(width=100, height=50, frames=5)) == 0


def test_a_change_is_measured_in_the_frame_where_it_is_largest() -> None:
    there = Track([(10, 20), (26, 32)], "polyline")
    assert largest_change_px(BOTH, Trajectory(width=100, height=50, frames=5, tracks=(there, TIMED))) == 12
    assert largest_change_px(BOTH, BOTH) == 0
    empty = Trajectory(width=9, height=9, frames=5)
    assert largest_change_px(empty, empty) == 0


def test_tracks_too_near_to_others_are_left_out() -> None:
    # RIGHT runs along y = 20 from x = 10 to 26.
    spots = [(10, 20), (18, 27), (26, 31), (40, 20), (80, 40)]
    grid = Trajectory(width=100, height=50, frames=5, tracks=tuple(Track([spot]) for spot in spots))
    others = Trajectory(width=100, height=50, frames=5, tracks=(RIGHT,))

    def left(distance: float, of: Trajectory = others) -> list[tuple[float, float]]:
        return [(t.points[0].x, t.points[0].y) for t in apart(grid, of, distance).tracks]

    assert left(0) == spots
    assert left(7) == spots[1:]  # exactly 7 away is far enough
    assert left(7.01) == spots[2:]
    assert left(11.01) == spots[3:]
    assert left(5, others.resized(200, 100)) == spots[1:]
    hidden = Trajectory(
        width=100, height=50, frames=5, tracks=(Track([(10, 20)], visibility=(VisibilityKey(0.0, False),)),)
    )
    assert left(50, hidden) == spots
    assert left(50, Trajectory(width=100, height=50, frames=5)) == spots
    with pytest.raises(TrajectoryError, match="distance_px"):
        apart(grid, others, float("nan"))


def test_nothing_is_written_to() -> None:
    before = BOTH.to_json()
    box(BOTH), fastest_px(BOTH), largest_change_px(BOTH, BOTH), apart(BOTH, BOTH, 3)
    assert BOTH.to_json() == before and np.isfinite(fastest_px(BOTH))
