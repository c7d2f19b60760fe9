"""Formats that keep what was drawn: KJNodes' points_store, LTX's control points, Path Animator, CSV tables."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tora_core.errors import TrajectoryError
from tora_core.trajectory import Point, Track, Trajectory, VisibilityKey, read_text
from tora_core.trajectory.formats import format_named

CANVAS = {"width": 720, "height": 480}

# ---- points_store

STORE = (
    '[{"points":[{"x":0,"y":480},{"x":288,"y":100.5},{"x":720,"y":0}],"color":"#1f77b4","name":"Spline 1"},'
    '{"points":[{"x":9,"y":8}],"color":"red","name":"Spline 2","isSinglePoint":true,"locked":false}]'
)


def test_points_store_gives_the_control_points() -> None:
    trajectory, info = read_text(STORE, **CANVAS)
    assert (info.format, info.reason) == ("points-store", 'a list of objects with "points"')
    assert trajectory == Trajectory(
        **CANVAS,
        frames=49,
        tracks=(
            Track([(0, 480), (288, 100.5), (720, 0)], name="Spline 1", color="#1f77b4"),
            Track([(9, 8)], name="Spline 2"),
        ),
    )
    assert "the text does not say how the editor connects its points: read as smooth curves" in info.notes
    assert "[1]: not kept: locked" in info.notes and "[1]: the color 'red' is not kept, only #rrggbb is" in info.notes
    assert "the text holds no frame count and none was given: 49" in info.notes


def test_handles_of_points_store_are_positions() -> None:
    first = '{"x":0,"y":0,"h1x":0,"h1y":0,"h2x":30,"h2y":-10}'
    text = '[{"points":[' + first + ',{"x":90,"y":0,"h1x":60,"h1y":20,"h2x":90,"h2y":0}]}]'
    (track,) = read_text(text, **CANVAS)[0].tracks
    assert track.curve == "bezier"
    assert track.points == (Point(0, 0, handle_out=(30, -10)), Point(90, 0, handle_in=(-30, 20)))


def test_the_older_store_is_a_bare_list_of_points() -> None:
    (track,) = read_text('[{"x":1,"y":2},{"x":3,"y":4}]', format="points-store", **CANVAS)[0].tracks
    assert track == Track([(1, 2), (3, 4)])


def test_points_store_is_written_with_handles_so_that_bezier_draws_the_same() -> None:
    straight = Track([(0, 0), (90, 30)], curve="polyline")
    (text,) = format_named("points-store").write(Trajectory(**CANVAS, frames=5, tracks=(straight, Track([(5, 6)]))))
    assert json.loads(text) == [
        {
            "points": [
                {"x": 0, "y": 0, "h1x": 0, "h1y": 0, "h2x": 0, "h2y": 0},
                {"x": 90, "y": 30, "h1x": 90, "h1y": 30, "h2x": 90, "h2y": 30},
            ],
            "color": "#1f77b4",
            "name": "Spline 1",
        },
        {"points": [{"x": 5, "y": 6}], "color": "#1f77b4", "name": "Spline 2", "isSinglePoint": True},
    ]
    assert read_text(text, **CANVAS)[0].tracks[0].curve == "polyline"


@pytest.mark.parametrize("curve", ["catmull-rom", "bezier", "polyline", "freehand"])
@pytest.mark.parametrize("closed", [False, True])
@pytest.mark.parametrize("name", ["points-store", "svg"])
def test_shapes_survive_points_store_and_svg(name: str, closed: bool, curve: str) -> None:
    handles = {"handle_in": (-20, 5), "handle_out": (40, 30)} if curve == "bezier" else {}
    drawn = Track(
        [Point(100, 50, **handles), Point(300, 60), Point(250, 200, **handles), Point(90, 300)], curve, closed
    )
    trajectory = Trajectory(**CANVAS, frames=33, tracks=(drawn,))
    back, _ = read_text(format_named(name).write(trajectory)[0], frames=33, **CANVAS)
    np.testing.assert_allclose(back.sample().points_px, trajectory.sample().points_px, atol=1e-3)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[{"points":[]}]', r"^\[0\]\.points is a list of 0"),
        ('[{"points":[{"x":1}]}]', r"^\[0\]\.points\[0\] is an object, expected an object with x and y"),
        ('[{"points":[{"x":1,"y":2,"h1x":"a","h1y":0}]}]', r"^\[0\]\.points\[0\]\.h1x is 'a'"),
        ('[{"points":[{"x":1,"y":2}]},5]', r"^\[1\] is 5"),
    ],
)
def test_errors_in_points_store_name_the_place(text: str, message: str) -> None:
    with pytest.raises(TrajectoryError, match=message):
        read_text(text, **CANVAS)


# ---- LTX

LTX = '[[{"x":300,"y":300},{"x":360,"y":240},{"x":420,"y":300}],[{"x":5,"y":5}]]'


def test_ltx_points_become_a_curve_with_the_slopes_of_its_catmull_rom() -> None:
    trajectory, info = read_text(LTX, frames=5, format="ltx-points", **CANVAS)
    curve, still = trajectory.tracks
    # Handles are a sixth of the way between the neighbours; at an end the point itself is its own neighbour.
    assert curve.points == (
        Point(300, 300, t=0, handle_in=(-10, 10), handle_out=(10, -10)),
        Point(360, 240, t=0.5, handle_in=(-20, 0), handle_out=(20, 0)),
        Point(420, 300, t=1, handle_in=(-10, -10), handle_out=(10, 10)),
    )
    assert still == Track([(5, 5)])
    assert trajectory.sample().points_px[0, ::2].tolist() == [[300, 300], [360, 240], [420, 300]]
    # Without the name the text is SplineEditor's, whose three samples are joined straight.
    assert read_text(LTX, frames=5, **CANVAS)[1].format == "spline-editor"
    assert any("the speed is constant" in note for note in info.notes)


def test_ltx_is_written_as_a_point_a_frame_and_one_point_for_what_stands_still() -> None:
    trajectory = Trajectory(**CANVAS, frames=3, tracks=(Track([(0, 0), (10, 20)]), Track([(5, 6)])))
    assert json.loads(format_named("ltx-points").write(trajectory)[0]) == [
        [{"x": 0, "y": 0}, {"x": 5, "y": 10}, {"x": 10, "y": 20}],
        [{"x": 5, "y": 6}],
    ]


# ---- Path Animator


def animator(**path: object) -> str:
    path = {"points": [{"x": 0, "y": 0}, {"x": 100, "y": 0}], "startTime": 0, "endTime": 1} | path
    document = {"formatVersion": 2, "paths": [path], "canvas_size": {"width": 200, "height": 100}}
    return json.dumps(document)


def xs(trajectory: Trajectory) -> list[float]:
    return [round(x, 3) for x in trajectory.sample().points_px[0, :, 0].tolist()]


def test_path_animators_canvas_is_in_the_text_and_scaled_to_the_callers() -> None:
    trajectory, info = read_text(animator(name="ball", color="#FF6B6B"), frames=3)
    assert info.format == "path-animator" and (trajectory.width, trajectory.height) == (200, 100)
    assert (trajectory.tracks[0].name, trajectory.tracks[0].color) == ("ball", "#FF6B6B")
    wide, info = read_text(animator(), frames=3, width=400, height=100)
    assert xs(wide) == [0, 100, 200] and "scaled from 200x100 to 400x100" in info.notes


@pytest.mark.parametrize(
    ("kind", "quarters"),
    [  # t^2; t (2 - t); 2 t^2 and 1 - 2 (1 - t)^2 at t = 0, 1/4, 1/2, 3/4, 1
        ("linear", [0, 25, 50, 75, 100]),
        ("ease-in", [0, 6.25, 25, 56.25, 100]),
        ("ease-out", [0, 43.75, 75, 93.75, 100]),
        ("ease-in-out", [0, 12.5, 50, 87.5, 100]),
    ],
)
def test_path_animators_easings_are_its_parabolas(kind: str, quarters: list[float]) -> None:
    assert xs(read_text(animator(interpolation=kind), frames=5)[0]) == quarters
    corner = animator(interpolation=kind, points=[{"x": 0, "y": 0}, {"x": 50, "y": 0}, {"x": 100, "y": 0}])
    assert xs(read_text(corner, frames=5)[0]) == quarters


def test_pop_is_there_between_its_times_only_and_static_stands_at_its_ends() -> None:
    pop = read_text(animator(startTime=0.25, endTime=0.75), frames=5)[0].sample()
    assert pop.visible[0].tolist() == [False, True, True, True, False]
    static = read_text(animator(startTime=0.25, endTime=0.75, visibilityMode="static"), frames=5)[0].sample()
    assert static.visible.all() and static.points_px[0, :, 0].tolist() == [0, 0, 50, 100, 100]


@pytest.mark.parametrize("kind", ["linear", "ease-in", "ease-out", "ease-in-out"])
def test_what_path_animator_can_say_comes_back_the_same(kind: str) -> None:
    first, _ = read_text(animator(interpolation=kind, startTime=0.2, visibilityMode="static"), frames=9)
    known = format_named("path-animator")
    assert not any(loss.startswith(("timing", "easings", "key times")) for loss in known.losses(first))
    assert json.loads(known.write(first)[0])["paths"][0]["interpolation"] == kind
    again, _ = read_text(known.write(first)[0], frames=9)
    np.testing.assert_allclose(again.sample().points_px, first.sample().points_px, atol=1e-4)


def test_how_far_timing_is_off_in_path_animator_is_said_in_pixels() -> None:
    # Waits at x = 20 from 1/4 to 3/4; an even run over 100 px is at 75 where the track is at 20.
    waiting = Track([Point(0, 0), Point(20, 0, t=0.25), Point(20, 0, t=0.75), Point(100, 0)], curve="polyline")
    losses = format_named("path-animator").losses(Trajectory(**CANVAS, frames=5, tracks=(waiting,)))
    assert any("timing: positions move by up to 55.0 px" in loss for loss in losses)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"interpolation": "bouncy"}, r"paths\[0\]\.interpolation is 'bouncy'"),
        ({"visibilityMode": "fade"}, r"paths\[0\]\.visibilityMode is 'fade'"),
        ({"startTime": 0.5, "endTime": 0.5}, r"paths\[0\]\.end is 0.5, expected a time after start"),
        ({"points": []}, r"paths\[0\]\.points is a list of 0"),
        ({"endTime": 2}, r"paths\[0\]\.endTime is 2"),
    ],
)
def test_errors_in_path_animator_name_the_place(change: dict, message: str) -> None:
    with pytest.raises(TrajectoryError, match=message):
        read_text(animator(**change))


# ---- CSV

TABLES = {
    "as written here": "track,frame,x,y,visible\n1,0,10,20,1\n1,1,30,40,0\n2,0,5,6,1\n2,1,7,8,1\n",
    "without names": "1,0,10,20,1\n1,1,30,40,0\n2,0,5,6,1\n2,1,7,8,1",
    "in another order": "visible,y,x,frame,track\nno,40,30,1,1\nyes,20,10,0,1\ntrue,6,5,0,2\n1,8,7,1,2\n",
    "with semicolons and decimal commas": "track;frame;x;y;visible\n1;0;10,0;20;1\n1;1;30;40,0;0\n2;0;5;6;1\n2;1;7;8;1",
    "with tabs, quotes and Windows line ends": '"track"\t"frame"\t"x"\t"y"\t"visible"\r\n1\t0\t10\t20\t1\r\n'
    "1\t1\t30\t40\tFALSE\r\n\r\n2\t0\t5\t6\t\r\n2\t1\t7\t8\t1\r\n",
}


@pytest.mark.parametrize("name", TABLES)
def test_tables_are_read(name: str) -> None:
    trajectory, info = read_text(TABLES[name], **CANVAS)
    assert info.format == "csv"
    assert trajectory.frames == 2 and len(trajectory.tracks) == 2
    sampled = trajectory.sample()
    assert sampled.points_px.tolist() == [[[10, 20], [30, 40]], [[5, 6], [7, 8]]]
    assert sampled.visible.tolist() == [[True, False], [True, True]]


def test_frames_that_are_left_out_are_run_through_straight_and_before_and_after_there_is_nothing() -> None:
    text = "track,frame,x,y\nball,2,20,0\nball,4,40,0\nstill,8,1,1\n"
    trajectory, info = read_text(text, **CANVAS)
    sampled = trajectory.sample()
    assert trajectory.frames == 9 and [track.name for track in trajectory.tracks] == ["ball", "still"]
    assert sampled.visible[0].tolist() == [False, False, True, True, True, False, False, False, False]
    assert sampled.points_px[0, 2:5].tolist() == [[20, 0], [30, 0], [40, 0]]
    assert sampled.visible[1].tolist() == [False] * 8 + [True]
    assert "frames count from 0 and the first in the table is 2: nothing is visible before it" in info.notes
    stretched, info = read_text(text, frames=17, **CANVAS)
    assert stretched.sample().points_px[0, 6].tolist() == [30, 0]
    assert "stretched from the table's 9 frames to 17" in info.notes


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("track,frame,x,y\n1,0,1,2\n1,0,3,4", "track '1' has two rows for frame 0"),
        ("track,frame,x,y\n1,0,1", "line 2 has 3 columns, expected 4"),
        ("track,frame,x,y\n1,0,=1+1,2", r"line 2: x is '=1\+1', expected a number"),
        ("track,frame,x,y\n1,1.5,1,2", r"line 2: frame is 1\.5, expected a whole number"),
        ("track,frame,x,y\n1,10000,1,2", "line 2: frame is 10000"),
        ("track,frame,x,y,visible\n1,0,1,2,maybe", "line 2: visible is 'maybe'"),
        ("track,frame,x\n1,0,1", "line 1 names the columns track, frame, x; y is missing"),
        ("track,frame,x,y\n", "the table holds no rows"),
    ],
)
def test_errors_in_tables_name_the_line(text: str, message: str) -> None:
    with pytest.raises(TrajectoryError, match=message):
        read_text(text, format="csv", **CANVAS)


def test_names_are_written_only_where_a_spreadsheet_can_not_take_them_for_a_formula() -> None:
    def labels(*names: str) -> list[str]:
        tracks = tuple(Track([(1, 2)], name=name) for name in names)
        (text,) = format_named("csv").write(Trajectory(**CANVAS, frames=1, tracks=tracks))
        return [line.split(",")[0] for line in text.splitlines()[1:]]

    assert labels("left hand", "ball") == ["left hand", "ball"]
    assert labels("=1+1", "ball") == labels("a", "a") == labels("", "b") == labels("a,b", "c") == ["1", "2"]


def test_a_table_is_written_with_every_frame_and_whether_it_is_visible() -> None:
    track = Track([(0, 0), (4, 2)], curve="polyline", visibility=(VisibilityKey(1, False),))
    (text,) = format_named("csv").write(Trajectory(**CANVAS, frames=3, tracks=(track,)))
    assert text == "track,frame,x,y,visible\n1,0,0,0,1\n1,1,2,1,1\n1,2,4,2,0\n"
