"""The own JSON: round trips, versions, and errors that name the place."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tora_core.errors import TrajectoryError
from tora_core.trajectory import Point, Track, Trajectory, VisibilityKey, document

FULL = Trajectory(
    width=720,
    height=480,
    frames=49,
    fps=12.5,
    tracks=(
        Track(
            [
                Point(-10.25, 20, handle_out=(1 / 3, -5)),
                Point(1e-7, 2e5, t=0.1 + 0.2, easing=(0.1, -1, 0.9, 2), handle_in=(0, 0)),
                Point(7, 8),
            ],
            curve="bezier",
            start=0.125,
            end=2 / 3,
            before="hold",
            after="hold",
            easing="in-out",
            visibility=(VisibilityKey(0.2, False), VisibilityKey(0.4, True)),
            strength=0.5,
            radius=12.5,
            name="Größe „1“ 猫",
            color="#0072B2",
        ),
        Track([(1, 2)], closed=True, curve="freehand"),
    ),
)

WRITTEN_BY_VERSION_1 = """
{"format": "tora-trajectory", "version": 1, "width": 320, "height": 240, "frames": 17, "fps": 8, "tracks": [
  {"name": "ball", "color": "#d55e00", "curve": "catmull-rom", "closed": false, "start": 0, "end": 0.75,
   "before": "invisible", "after": "hold", "easing": [0.42, 0, 0.58, 1], "strength": 1, "radius": 10,
   "visibility": [{"t": 0.5, "visible": false}],
   "points": [{"x": 10, "y": 20.5, "out": [5, 0]}, {"x": 300, "y": -4, "t": 0.25, "easing": "hold"}, {"x": 0, "y": 0}]}
]}
"""


def test_a_file_of_version_1_stays_readable() -> None:
    # Never change this text: such documents lie in saved workflows.
    got = Trajectory.from_json(WRITTEN_BY_VERSION_1)
    assert got == Trajectory(
        width=320,
        height=240,
        frames=17,
        tracks=(
            Track(
                (Point(10, 20.5, handle_out=(5, 0)), Point(300, -4, t=0.25, easing="hold"), Point(0, 0)),
                end=0.75,
                after="hold",
                easing=(0.42, 0.0, 0.58, 1.0),
                visibility=(VisibilityKey(0.5, False),),
                name="ball",
                color="#d55e00",
            ),
        ),
    )


def test_only_the_necessary_keys_are_needed() -> None:
    got = Trajectory.from_json(
        {"version": 1, "width": 8, "height": 4, "frames": 2, "tracks": [{"points": [{"x": 1, "y": 2}]}]}
    )
    assert got == Trajectory.from_points([[(1, 2)]], width=8, height=4, frames=2, fps=8)


@pytest.mark.parametrize(
    "read", [Trajectory.to_json, Trajectory.to_dict, document.to_file_text], ids=lambda f: f.__name__
)
def test_every_field_survives_the_round_trip(read) -> None:  # type: ignore[no-untyped-def]
    assert Trajectory.from_json(read(FULL)) == FULL


def test_a_saved_file_has_a_line_for_each_track() -> None:
    lines = document.to_file_text(FULL).splitlines()
    assert sum('"points"' in line for line in lines) == 2
    assert document.to_file_text(replace(FULL, tracks=())).endswith('"tracks": []\n}\n')


def test_bytes_with_a_byte_order_mark_are_read() -> None:
    assert Trajectory.from_json(b"\xef\xbb\xbf" + FULL.to_json().encode()) == FULL
    assert Trajectory.from_json("\ufeff" + FULL.to_json()) == FULL


coordinates = st.floats(-1e6, 1e6)
times = st.floats(0, 1)
handles = st.none() | st.tuples(coordinates, coordinates)
easings = st.sampled_from(["linear", "in", "out", "in-out", "hold"]) | st.tuples(
    times, st.floats(-10, 10), times, st.floats(-10, 10)
)


@st.composite
def drawn_tracks(draw: st.DrawFn) -> Track:
    start, *inner, end = sorted(t / 9973 for t in draw(st.sets(st.integers(0, 9973), min_size=2, max_size=5)))
    keyed = [Point(draw(coordinates), draw(coordinates), t, draw(st.none() | easings)) for t in inner]
    first, last = (Point(draw(coordinates), draw(coordinates), None, None, draw(handles), draw(handles)) for _ in "ab")
    shown = [
        VisibilityKey(t, draw(st.booleans()))
        for t in sorted(draw(st.sets(st.sampled_from([0.0, 0.1, 1 / 3, 0.7, 1.0]))))
    ]
    return Track(
        [first, *keyed, last],
        draw(st.sampled_from(["polyline", "catmull-rom", "bezier", "freehand"])),
        draw(st.booleans()),
        start,
        end,
        draw(st.sampled_from(["invisible", "hold"])),
        draw(st.sampled_from(["invisible", "hold"])),
        draw(easings),
        tuple(shown),
        draw(st.floats(0, 100)),
        draw(st.floats(0.1, 1000)),
        draw(st.text(st.characters(exclude_categories=["Cs"]), max_size=20)),
        draw(st.none() | st.from_regex(r"\A#[0-9a-fA-F]{6}\Z")),
    )


@settings(max_examples=60, derandomize=True, deadline=None, database=None)
@given(
    st.lists(drawn_tracks(), max_size=3),
    st.integers(1, 16384),
    st.integers(1, 10000),
    st.floats(0, 1000, exclude_min=True),
)
def test_random_drawings_survive_the_round_trip_exactly(
    tracks: list[Track], width: int, frames: int, fps: float
) -> None:
    trajectory = Trajectory(width=width, height=7, frames=frames, fps=fps, tracks=tuple(tracks))
    assert Trajectory.from_json(trajectory.to_json()) == trajectory
    assert trajectory.sample(frames=3).points_px.shape == (len(tracks), 3, 2)


def changed(path: str, value: object) -> dict:
    """FULL as a document with one place changed; path like tracks.0.points.1.x, value ... removes the key."""
    whole = json.loads(FULL.to_json())
    *way, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    place = whole
    for part in way:
        place = place[part]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return whole


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("version", ..., "^version is null, expected a whole number"),
        ("version", "1", "^version is '1'"),
        ("version", True, "^version is true"),
        ("version", 1.5, "^version is 1.5"),
        ("version", 0, r"^version is 0, expected one of \[1\]"),
        ("version", 2, r"^version is 2, expected one of \[1\]; it comes from a later release, update this one"),
        ("version", 10**300, "^version is a whole number of 997 bits"),
        ("version", float("inf"), "^version is inf"),
        ("format", "other", "^format is 'other', expected one of tora-trajectory"),
        ("width", ..., "^width is missing"),
        ("width", 0, "^width is 0"),
        ("frames", [], "^frames is a list of 0"),
        ("tracks", {}, "^tracks is an object, expected a list"),
        ("tracks", None, "^tracks is null"),
        ("tracks.1", 7, r"^tracks\[1\] is 7, expected an object"),
        ("tracks.1.points", ..., r"^tracks\[1\]\.points is missing"),
        ("tracks.1.points", [], r"^tracks\[1\]\.points has 0 entries"),
        ("tracks.0.points.2", [1, 2], r"^tracks\[0\]\.points\[2\] is a list of 2, expected an object"),
        ("tracks.0.points.0.x", float("nan"), r"^tracks\[0\]\.points\[0\]\.x is nan"),
        ("tracks.0.points.0.x", "a", r"^tracks\[0\]\.points\[0\]\.x is 'a'"),
        ("tracks.0.points.1.y", ..., r"^tracks\[0\]\.points\[1\]\.y is missing"),
        ("tracks.0.points.1.t", 0.9, r"^tracks\[0\]\.points\[1\]\.t is 0.9, expected a time in start\.\.end"),
        ("tracks.0.points.1.t", None, r"^tracks\[0\]\.points\[1\]\.t is null; leave the key out"),
        ("tracks.0.points.1.in", [1], r"^tracks\[0\]\.points\[1\]\.in is a list of 1"),
        ("tracks.0.points.1.easing", [0, 0, 2, 0], r"^tracks\[0\]\.points\[1\]\.easing\[2\] is 2"),
        ("tracks.0.points.1.handle_in", [1, 2], r"^tracks\[0\]\.points\[1\]\.handle_in is not a key"),
        ("tracks.0.strenght", 1, r"^tracks\[0\]\.strenght is not a key of version 1; did you mean strength\?"),
        ("tracks.0.zzz", 1, r"^tracks\[0\]\.zzz is not a key of version 1; known keys are points, curve"),
        ("tracks.0.end", 0.1, r"^tracks\[0\]\.end is 0.1, expected a time after start"),
        ("tracks.0.color", "blue", r"^tracks\[0\]\.color is 'blue'"),
        ("tracks.0.visibility.1.t", 0.1, r"^tracks\[0\]\.visibility\[1\]\.t is 0.1"),
        ("tracks.0.visibility.1.visible", 1, r"^tracks\[0\]\.visibility\[1\]\.visible is 1, expected true or false"),
        ("tracks.0.visibility.1", None, r"^tracks\[0\]\.visibility\[1\] is null"),
        ("sneaky", 1, "^sneaky is not a key of version 1; known keys are format, version"),
    ],
)
def test_errors_name_the_place(path: str, value: object, message: str) -> None:
    with pytest.raises(TrajectoryError, match=message):
        Trajectory.from_json(changed(path, value))


def test_a_key_that_comes_twice_is_an_error_with_its_place() -> None:
    text = FULL.to_json().replace('"x": 7,', '"x": 7, "x": 8,')
    with pytest.raises(TrajectoryError, match=r"^tracks\[0\]\.points\[2\] has the key 'x' twice"):
        Trajectory.from_json(text)


def test_older_versions_are_migrated_step_by_step(monkeypatch: pytest.MonkeyPatch) -> None:
    # As if versions -1 and 0 had been released: -1 called the width w, 0 had no frames.
    monkeypatch.setitem(
        document.MIGRATIONS, -1, lambda d: {**{k: v for k, v in d.items() if k != "w"}, "width": d["w"]}
    )
    monkeypatch.setitem(document.MIGRATIONS, 0, lambda d: {**d, "frames": 49})
    old = {"version": -1, "w": 8, "height": 4, "tracks": []}
    assert Trajectory.from_json(old) == Trajectory(width=8, height=4, frames=49)
    assert old == {"version": -1, "w": 8, "height": 4, "tracks": []}
    with pytest.raises(TrajectoryError, match=r"version is -2, expected one of \[-1, 0, 1\]"):
        Trajectory.from_json({**old, "version": -2})
