"""SVG: every path command by hand-computed points, transforms, canvas, and what a hostile file may not do."""

from __future__ import annotations

import numpy as np
import pytest

from tora_core.errors import TrajectoryError
from tora_core.trajectory import Point, Track, Trajectory, read_text
from tora_core.trajectory.formats import format_named
from tora_core.trajectory.formats.svg_path import parse_path, parse_transform


def svg(body: str, head: str = 'viewBox="0 0 100 50"') -> str:
    return f'<svg xmlns="http://www.w3.org/2000/svg" {head}>{body}</svg>'


def only_track(d: str) -> Track:
    (track,) = read_text(svg(f'<path d="{d}"/>'))[0].tracks
    return track


STRAIGHT = {
    "M and L": "M 1 2 L 3 4 L 5 0",
    "m and l": "m1 2l2 2l2-4",
    "more pairs after M are lines": "M1,2 3,4 5,0",
    "more pairs after m are relative lines": "m1 2 2 2 2-4",
    "H and V": "M1 2L3 4H5V0",
    "no gaps": "M1 2L3 4 5 0",
    "exponents and dots": "M1e0 .2e1L3.0.4e1L5+0",
}


@pytest.mark.parametrize("name", STRAIGHT)
def test_straight_paths_give_their_corners(name: str) -> None:
    track = only_track(STRAIGHT[name])
    expected = [(1, 2), (3, 4), (5, 0)] if name != "H and V" else [(1, 2), (3, 4), (5, 4), (5, 0)]
    assert [(p.x, p.y) for p in track.points] == expected
    assert track.curve == "polyline" and not track.closed


CURVED = {  # (x, y, in, out) of each point
    "C": ("M0 0C10 0 20 10 20 20", [(0, 0, None, (10, 0)), (20, 20, (0, -10), None)]),
    "c": ("M5 5c10 0 20 10 20 20", [(5, 5, None, (10, 0)), (25, 25, (0, -10), None)]),
    "S mirrors the handle": (
        "M0 0C0 10 10 10 10 0S20 -10 20 0",
        [(0, 0, None, (0, 10)), (10, 0, (0, 10), (0, -10)), (20, 0, (0, -10), None)],
    ),
    "s alone has no handle": ("M0 0s6 3 9 0", [(0, 0, None, None), (9, 0, (-3, 3), None)]),
    "Q is two thirds": ("M0 0Q15 30 30 0", [(0, 0, None, (10, 20)), (30, 0, (-10, 20), None)]),
    "T mirrors Q": (
        "M0 0Q15 30 30 0T60 0",
        [(0, 0, None, (10, 20)), (30, 0, (-10, 20), (10, -20)), (60, 0, (-10, -20), None)],
    ),
    "T after another command is straight": ("M0 0T9 0", [(0, 0, None, None), (9, 0, (-6, 0), None)]),
}


@pytest.mark.parametrize("name", CURVED)
def test_curves_give_their_handles(name: str) -> None:
    d, expected = CURVED[name]
    track = only_track(d)
    got = [(p.x, p.y, p.handle_in, p.handle_out) for p in track.points]
    assert track.curve == "bezier"
    for (x, y, into, out), (wx, wy, winto, wout) in zip(got, expected, strict=True):
        assert (x, y) == (wx, wy)
        for have, want in ((into, winto), (out, wout)):
            assert (have is None) == (want is None)
            if have is not None and want is not None:
                assert have == pytest.approx(want)


def test_a_quarter_arc_lies_on_its_circle() -> None:
    # From (10, 0) clockwise on the screen about the origin to (0, 10); the middle is at 10 / sqrt 2.
    track = only_track("M10 0A10 10 0 0 1 0 10")
    trajectory = Trajectory(width=100, height=50, frames=3, tracks=(track,))
    np.testing.assert_allclose(trajectory.sample().points_px[0, 1], [7.0711, 7.0711], atol=2e-3)
    radii = np.hypot(*Trajectory(width=100, height=50, frames=50, tracks=(track,)).sample().points_px[0].T)
    np.testing.assert_allclose(radii, 10, rtol=3e-4)


@pytest.mark.parametrize(
    ("flags", "middle"),
    [  # half the way of the four arcs of radius 5 from (0, 0) to (6, 0): centres (3, 4) and (3, -4)
        ("0 0", (3, 1)),
        ("0 1", (3, -1)),
        ("1 0", (3, 9)),
        ("1 1", (3, -9)),
    ],
)
def test_the_flags_of_an_arc_choose_one_of_four(flags: str, middle: tuple[float, float]) -> None:
    trajectory = Trajectory(width=100, height=50, frames=3, tracks=(only_track(f"M0 0A5 5 0 {flags} 6 0"),))
    np.testing.assert_allclose(trajectory.sample().points_px[0, 1], middle, atol=5e-3)
    tight = only_track(f"M0 0a5 5 0 {flags.replace(' ', '')}6 0")  # flags need no gap
    assert tight == only_track(f"M0 0A5 5 0 {flags} 6 0")


def test_arcs_too_small_grow_and_flat_or_empty_ones_are_lines_or_nothing() -> None:
    half = Trajectory(width=100, height=50, frames=3, tracks=(only_track("M0 0A1 1 0 0 1 10 0"),))
    np.testing.assert_allclose(half.sample().points_px[0, 1], [5, -5], atol=1e-2)
    assert only_track("M0 0A0 5 0 0 1 6 0").points[-1] == Point(6, 0)
    assert len(only_track("M1 1A5 5 0 0 1 1 1").points) == 1


def test_a_closed_path_is_a_closed_track_without_its_first_point_twice() -> None:
    assert only_track("M0 0L9 0L9 9Z") == Track([(0, 0), (9, 0), (9, 9)], "polyline", True)
    assert only_track("M0 0L9 0L9 9L0 0Z") == Track([(0, 0), (9, 0), (9, 9)], "polyline", True)
    loop = only_track("M0 0C9 0 9 9 0 9C-9 9-9 0 0 0z")
    assert loop.closed and [p.handle_in for p in loop.points] == [(-9, 0), (9, 0)]


def test_each_stroke_of_a_path_is_a_track_and_a_point_stands_still() -> None:
    trajectory, info = read_text(svg('<path d="M0 0L1 0ZM5 5h1m2 0v3"/><path id="dot" d="M7 8"/>'))
    assert [len(track.points) for track in trajectory.tracks] == [2, 2, 2, 1]
    assert trajectory.tracks[2].points == (Point(8, 5), Point(8, 8))
    assert trajectory.tracks[3] == Track([(7, 8)], "polyline", name="dot")
    assert "1 paths have several strokes: each stroke is a track" in info.notes


def test_lines_and_polygons_are_read_and_other_shapes_are_told() -> None:
    body = '<line x1="1" y1="2" x2="3" y2="4"/><polygon points="0,0 4,0 4,4"/><circle r="3"/><text>a</text>'
    trajectory, info = read_text(svg(body + '<defs><path d="M0 0L1 1"/></defs>'))
    assert trajectory.tracks == (
        Track([(1, 2), (3, 4)], "polyline"),
        Track([(0, 0), (4, 0), (4, 4)], "polyline", True),
    )
    assert "not read: 1 circle" in info.notes and "not read: 1 text" in info.notes
    assert any("1 paths that are not drawn" in note for note in info.notes)


def test_names_and_colors_come_from_label_id_and_stroke() -> None:
    head = 'xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape" viewBox="0 0 9 9"'
    body = '<g stroke="#0f0"><path id="p1" inkscape:label="hand" d="M1 1h1" style="stroke:#0072b2;fill:none"/>'
    tracks = read_text(svg(body + '<path id="p2" d="M1 1h1"/></g><path stroke="red" d="M1 1h1"/>', head))[0].tracks
    assert [(t.name, t.color) for t in tracks] == [("hand", "#0072b2"), ("p2", "#00ff00"), ("", None)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [  # where (10, 20) comes to lie
        ("translate(5)", (15, 20)),
        ("translate(5,-5)", (15, 15)),
        ("scale(2)", (20, 40)),
        ("scale(2 3)", (20, 60)),
        ("rotate(90)", (-20, 10)),
        ("rotate(90, 10, 10)", (0, 10)),
        ("skewX(45)", (30, 20)),
        ("skewY(45)", (10, 30)),
        ("matrix(1 2 3 4 5 6)", (75, 106)),
        ("translate(5) scale(2)", (25, 40)),
    ],
)
def test_transforms_move_points(text: str, expected: tuple[float, float]) -> None:
    assert (parse_transform(text) @ [10, 20, 1])[:2] == pytest.approx(expected)


def test_transforms_of_groups_apply_from_the_inside_out_and_to_handles_too() -> None:
    body = '<g transform="translate(10 0)"><path transform="scale(2)" d="M1 1C2 1 2 2 3 3"/></g>'
    (track,) = read_text(svg(body))[0].tracks
    assert track.points == (Point(12, 2, handle_out=(2, 0)), Point(16, 6, handle_in=(-2, -2)))


@pytest.mark.parametrize(
    ("head", "size", "point"),
    [
        ('viewBox="0 0 100 50"', (100, 50), (10, 20)),
        ('viewBox="-10, 10 100 50" width="9" height="9"', (100, 50), (20, 10)),
        ('width="64px" height="48"', (64, 48), (10, 20)),
        ('viewBox="0 0 99.6 49.8"', (100, 50), (10 * 100 / 99.6, 20 * 50 / 49.8)),
    ],
)
def test_the_view_box_is_the_canvas(head: str, size: tuple[int, int], point: tuple[float, float]) -> None:
    trajectory, _ = read_text(svg('<path d="M10 20"/>', head))
    assert (trajectory.width, trajectory.height) == size
    assert (trajectory.tracks[0].points[0].x, trajectory.tracks[0].points[0].y) == pytest.approx(point)


def test_the_callers_size_scales_the_drawing_and_is_the_canvas_where_the_file_has_none() -> None:
    trajectory, info = read_text(svg('<path d="M10 20"/>'), width=200, height=200)
    assert trajectory.tracks[0].points == (Point(20, 80),) and "scaled from 100x50 to 200x200" in info.notes
    assert read_text(svg('<path d="M10 20"/>', ""), width=30, height=40)[0].tracks[0].points == (Point(10, 20),)
    with pytest.raises(TrajectoryError, match="pass width and height"):
        read_text(svg('<path d="M10 20"/>', 'width="10cm" height="50%"'))


def test_written_svg_has_a_path_a_track() -> None:
    trajectory = Trajectory(
        width=100,
        height=50,
        frames=5,
        tracks=(
            Track([(0, 0), (9, 4.5)], "polyline", name='a "<b>"', color="#0072b2"),
            Track([Point(0, 0, handle_out=(1, 2)), Point(9, 9, handle_in=(0, -3))], "bezier", True),
            Track([(7, 8)]),
        ),
    )
    (text,) = format_named("svg").write(trajectory)
    assert 'viewBox="0 0 100 50"' in text
    assert ' stroke="#0072b2" d="M 0 0 L 9 4.5"/>' in text and "&lt;b&gt;" in text
    assert 'd="M 0 0 C 1 2 9 6 9 9 C 9 9 0 0 0 0 Z"/>' in text and 'd="M 7 8"/>' in text
    back, _ = read_text(text, frames=5)
    assert [t.points for t in back.tracks] == [t.points for t in trajectory.tracks]
    assert [(t.name, t.color, t.closed) for t in back.tracks] == [
        (t.name, t.color, t.closed) for t in trajectory.tracks
    ]


HOSTILE = {
    "an entity bomb": '<!DOCTYPE svg [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>' + svg('<path id="&b;" d="M1 1"/>'),
    "an external entity": '<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + svg('<path id="&x;" d="M1 1"/>'),
    "an external DTD with declarations": '<!DOCTYPE svg SYSTEM "http://a.b/c.dtd" [ ]><svg viewBox="0 0 9 9"/>',
    "a DTD in small letters": "<!doctype svg [<!entity a 'b'>]><svg/>",
    "deep": "<svg>" + "<g>" * 100_000,
    "another element": "<html><svg viewBox='0 0 9 9'><path d='M1 1'/></svg></html>",
    "cut off": '<svg viewBox="0 0 9 9"><path d="M1 1',
    "no paths": '<svg viewBox="0 0 9 9"><circle r="3"/></svg>',
    "a box without area": '<svg viewBox="0 0 0 9"><path d="M1 1"/></svg>',
    "a box of words": '<svg viewBox="a b c d"><path d="M1 1"/></svg>',
    "a box of dots": '<svg viewBox=". . . ."><path d="M1 1"/></svg>',
    "nested svg": '<svg viewBox="0 0 9 9"><svg viewBox="0 0 1 1"><path d="M1 1"/></svg></svg>',
    "a path of letters": svg('<path d="hello"/>'),
    "a path without M": svg('<path d="L1 1"/>'),
    "numbers after Z": svg('<path d="M1 1L2 2Z 3 3"/>'),
    "half a pair": svg('<path d="M1 1L2"/>'),
    "bad flags": svg('<path d="M1 1A1 1 0 2 0 3 3"/>'),
    "a point too far": svg('<path d="M1 1L1e8 0"/>'),
    "a number of a thousand digits": svg(f'<path d="M{"1" * 1000} 0"/>'),
    "infinity": svg('<path d="M1e999 0"/>'),
    "too many points": svg(f'<path d="M0 0{"h1" * 10_001}"/>'),
    "too many paths": svg('<path d="M0 0"/>' * 1001),
    "a path too long": svg(f'<path d="M0 0{" " * 1_000_001}"/>'),
    "a transform of words": svg('<g transform="spin(3)"><path d="M1 1"/></g>'),
    "a transform of too few": svg('<g transform="matrix(1 2 3)"><path d="M1 1"/></g>'),
    "transforms that grow without end": svg('<g transform="scale(1000000)">' * 90 + '<path d="M1 1"/>' + "</g>" * 90),
    "brackets without end": svg(f'<g transform="{"scale(" * 1500}"><path d="M1 1"/></g>'),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_svg_ends_in_trajectory_error(name: str) -> None:
    with pytest.raises(TrajectoryError) as caught:
        read_text(HOSTILE[name], width=64, height=48, format="svg")
    assert "root:" not in str(caught.value)


def test_the_doctype_that_old_editors_write_is_left_out_not_refused() -> None:
    doctype = '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">'
    text = f'<?xml version="1.0" encoding="utf-16"?>\n{doctype}\n' + svg('<path d="M1 1"/>')
    trajectory, info = read_text(text)
    assert info.format == "svg" and len(trajectory.tracks) == 1


def test_ten_thousand_strokes_are_read() -> None:
    assert len(parse_path("M0 0" * 10_000)) == 10_000


def test_names_of_every_kind_come_back_from_svg() -> None:
    for name in ("Größe 猫", "<&\"'>", "a\n\tb", "]]>"):
        trajectory = Trajectory(width=9, height=9, frames=2, tracks=(Track([(1, 1)], name=name),))
        assert read_text(format_named("svg").write(trajectory)[0])[0].tracks[0].name == name
    odd = Trajectory(width=9, height=9, frames=2, tracks=(Track([(1, 1)], name="a\x00b\x1f"),))
    assert read_text(format_named("svg").write(odd)[0])[0].tracks[0].name == "ab"
    assert "control characters in names" in format_named("svg").losses(odd)
