"""Strings of samples: each format's example by hand, what it reads to, what it writes, and what it says is lost."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tora_core.errors import AmbiguousFormatError, TrajectoryError
from tora_core.trajectory import FORMATS, Track, Trajectory, VisibilityKey, read_text
from tora_core.trajectory.formats import format_named

CANVAS = {"width": 720, "height": 480}


def points(trajectory: Trajectory) -> list[list[list[float]]]:
    return trajectory.sample().points_px.tolist()


# ---- pairs: three formats of one look

DRAGNUWA = "[[[25,25],[128,128]],[[10,10]]]"
MOTIONCTRL = "[[117,102],[512,1024]]"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (DRAGNUWA, ["point-lists", "dragnuwa"]),
        (MOTIONCTRL, ["point-lists", "motionctrl"]),
        ([MOTIONCTRL, MOTIONCTRL], ["point-lists", "motionctrl"]),
        (json.loads(DRAGNUWA), ["point-lists", "dragnuwa"]),
    ],
)
def test_pairs_that_fit_two_formats_are_not_guessed_at_but_asked_for(text: object, names: list[str]) -> None:
    with pytest.raises(AmbiguousFormatError, match="fits 2 formats that differ in their canvas") as caught:
        read_text(text, **CANVAS)
    assert all(f"{name} (" in str(caught.value) for name in names)
    assert caught.value.formats == tuple(names)


def test_dragnuwa_counts_on_576_by_320_and_one_point_stands_still() -> None:
    trajectory, info = read_text(DRAGNUWA, frames=3, format="dragnuwa")
    assert (trajectory.width, trajectory.height) == (576, 320)
    assert points(trajectory) == [[[25, 25], [76.5, 76.5], [128, 128]], [[10, 10]] * 3]
    assert info.notes[0] == "coordinates are on a canvas of 576x320"
    # Twice as wide and 1.5 times as high: 25 is 50 and 37.5.
    scaled, _ = read_text(DRAGNUWA, width=1152, height=480, frames=2, format="dragnuwa")
    assert points(scaled)[0] == [[50, 37.5], [256, 192]]


def test_dragnuwas_points_are_joined_as_its_pchip_curve_joins_them() -> None:
    # y = 0, 1, 4: the inner slope is the harmonic mean of 1 and 3, 1.5; at the ends (3 * 1 - 3) / 2 = 0 and
    # (3 * 3 - 1) / 2 = 4. A handle is a third of the slope. x is even, slope 30.
    (track,) = read_text("[[[0,0],[30,1],[60,4]]]", frames=9, format="dragnuwa")[0].tracks
    assert [p.t for p in track.points] == [0, 0.5, 1] and track.curve == "bezier"
    assert [p.handle_out for p in track.points] == [(10, 0), (10, 0.5), (10, pytest.approx(4 / 3))]
    # 0, 5, 1: it turns at 5, so that its slope is 0 there; the ends are (15 + 4) / 2 = 9.5 and (-12 - 5) / 2 = -8.5.
    (track,) = read_text("[[[0,0],[0,5],[0,1]]]", frames=9, format="dragnuwa")[0].tracks
    assert [p.handle_in[1] for p in track.points if p.handle_in] == [pytest.approx(-9.5 / 3), 0, pytest.approx(8.5 / 3)]


def test_motionctrl_counts_on_1024_by_1024_one_track_a_text() -> None:
    trajectory, _ = read_text([MOTIONCTRL, "[[0,0],[1024,512]]"], width=512, height=256, format="motionctrl")
    assert points(trajectory) == [[[58.5, 25.5], [256, 256]], [[0, 0], [512, 128]]]
    with pytest.raises(TrajectoryError, match="got several lists of pairs, expected one track"):
        read_text(DRAGNUWA, format="motionctrl")


def test_point_lists_are_pixels_of_the_callers_canvas() -> None:
    assert points(read_text(DRAGNUWA, format="point-lists", **CANVAS)[0]) == [[[25, 25], [128, 128]], [[10, 10]] * 2]
    with pytest.raises(
        TrajectoryError, match=r"pixels of a canvas whose size is not in the text: pass width and height"
    ):
        read_text(DRAGNUWA, format="point-lists")


def test_the_text_box_of_toras_demo_is_known_by_its_missing_bracket() -> None:
    trajectory, info = read_text("[40, 208], [40, 148], [128, 64],", width=512, height=256)
    assert (info.format, info.reason) == ("tora-text-box", "pairs without a bracket around them, all in 0..256")
    assert points(trajectory) == [[[80, 208], [80, 148], [256, 64]]]
    assert points(read_text("[1, 2], [3, 4]\n[5, 6], [7, 8]")[0]) == [[[1, 2], [3, 4]], [[5, 6], [7, 8]]]


def test_pairs_that_can_not_lie_on_toras_canvas_are_not_taken_for_its_text_box() -> None:
    with pytest.raises(TrajectoryError, match="no known trajectory format"):
        read_text("[400, 208], [40, 148]", **CANVAS)
    assert read_text("[400, 208], [40, 148]", format="tora-text-box")[0].width == 256


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[[1,2],[3,4]],[[5]]]", r"^\[1\]\[0\] is a list of 1, expected a pair"),
        ("[[[1,2]],[[1,NaN]]]", r"^\[1\]\[0\]\[1\] is nan"),
        ('[[["1",2]]]', r"^\[0\]\[0\]\[0\] is '1'|expected a pair"),
        ("[[[1,2]],[]]", r"^\[1\] has 0 points"),
        ("[[1e7,2]]", r"^\[0\]\[0\] is 10000000"),
        ("hello", "got plain text, expected a list of"),
    ],
)
def test_errors_in_pairs_name_the_place(text: str, message: str) -> None:
    with pytest.raises(TrajectoryError, match=message):
        read_text(text, format="point-lists", **CANVAS)


def test_whole_numbers_keep_to_the_canvas_that_the_reader_would_crash_at() -> None:
    trajectory = Trajectory.from_points(
        [[(0, 0), (576, 319.7)], [(5.4, 5.6), (5.4, 5.6)]], width=576, height=320, frames=2
    )
    assert format_named("dragnuwa").write(trajectory) == ["[[[0, 0], [575, 319]], [[5, 6], [5, 6]]]"]
    losses = format_named("dragnuwa").losses(trajectory)
    assert "decimals: points move by up to 1.00 px" in losses
    outside = Trajectory.from_points([[(-9, 0), (600, 0)]], width=576, height=320, frames=2)
    assert any("outside the canvas" in loss for loss in format_named("dragnuwa").losses(outside))


# ---- {x, y, v}

SA = (
    '[[{"x": 10, "y": 20, "v": 1}, {"x": 12, "y": 21, "v": 0}, {"x": 14, "y": 22, "v": 1}], [{"x": 5, "y": 5, "v": 0}]]'
)


def test_sa_tracks_have_a_visibility_for_each_sample() -> None:
    trajectory, info = read_text(SA, **CANVAS)
    assert (info.format, info.reason) == ("sa-tracks", "a list of lists of {x, y, v} points")
    assert points(trajectory) == [[[10, 20], [12, 21], [14, 22]], [[5, 5]] * 3]
    assert trajectory.sample().visible.tolist() == [[True, False, True], [False] * 3]


def test_a_text_of_sa_tracks_without_v_is_splines_and_the_other_way_round_it_is_refused() -> None:
    assert read_text('[{"x": 1, "y": 2}]', format="sa-tracks", **CANVAS)[0].sample().visible.tolist() == [[True]]
    with pytest.raises(TrajectoryError, match=r"^\[0\] has more keys than x and y \(v\)"):
        read_text('[{"x": 1, "y": 2, "v": 1}]', format="spline-editor", **CANVAS)
    with pytest.raises(TrajectoryError, match=r"^\[1\]\[0\]\.v is 2"):
        read_text('[[{"x": 1, "y": 2, "v": 1}], [{"x": 1, "y": 2, "v": 2}]]', **CANVAS)


# ---- ATI: 121 samples


def test_ati_always_has_121_samples_at_times_of_their_own() -> None:
    trajectory = Trajectory.from_points([[(0, 0), (120, 60)]], **CANVAS, frames=49)
    (text,) = format_named("ati").write(trajectory)
    (track,) = json.loads(text)
    assert (
        len(track) == 121 and track[:2] == [{"x": 0, "y": 0}, {"x": 1, "y": 0.5}] and track[-1] == {"x": 120, "y": 60}
    )
    assert "the frame count, 49: there are always 121 samples" in format_named("ati").losses(trajectory)


def test_a_short_ati_track_acts_for_part_of_the_clip_only() -> None:
    text = json.dumps([[{"x": i, "y": 0} for i in range(61)], [{"x": 7, "y": 8}]])
    trajectory, info = read_text(text, format="ati", frames=5, **CANVAS)
    # frames at samples 0, 30, 60, 90, 120
    assert trajectory.sample().visible.tolist() == [
        [True, True, True, False, False],
        [True, False, False, False, False],
    ]
    assert trajectory.sample().points_px[0, :3].tolist() == [[0, 0], [30, 0], [60, 0]]
    assert "track 1 has 61 of 121 samples: the model sees it that long" in info.notes
    # Read as SplineEditor's, the same text is spread over the whole clip.
    assert read_text(text, frames=5, **CANVAS)[0].sample().visible.all()


def test_what_is_hidden_to_the_end_is_cut_off_and_what_is_hidden_before_is_told() -> None:
    hidden_late = Track([(0, 0), (120, 0)], curve="polyline", visibility=(VisibilityKey(0.5, False),))
    hidden_early = Track([(0, 0), (120, 0)], curve="polyline", start=0.5)
    never = Track([(1, 1)], visibility=(VisibilityKey(0, False),))
    trajectory = Trajectory(**CANVAS, frames=121, tracks=(hidden_late, hidden_early, never))
    first, second = json.loads(format_named("ati").write(trajectory)[0])
    assert (len(first), len(second)) == (60, 121) and first[-1] == {"x": 59, "y": 0}
    losses = format_named("ati").losses(trajectory)
    assert any("hidden samples before the last visible one become visible (track 2)" in loss for loss in losses)
    assert any("never visible are left out (track 3)" in loss for loss in losses)


def test_more_than_121_samples_are_cut_as_the_model_cuts_them() -> None:
    text = json.dumps([{"x": i, "y": 0} for i in range(150)])
    trajectory, info = read_text(text, format="ati", **CANVAS)
    assert trajectory.frames == 121 and trajectory.sample().points_px[0, -1].tolist() == [120, 0]
    assert "track 1 has 150 samples: the model takes the first 121" in info.notes


# ---- all of them

LOSES_ALL = Trajectory(
    **CANVAS,
    frames=5,
    tracks=(
        Track([(0, 0), (9, 9)], strength=2, name="a", visibility=(VisibilityKey(0.5, False), VisibilityKey(0.6, True))),
        Track([(1, 2), (3, 4), (5, 9)], radius=5, color="#0072b2", easing="in", start=0.25, after="hold"),
    ),
)


@pytest.mark.parametrize("name", [known.name for known in FORMATS if known.writes and known.name != "tora-json"])
def test_every_format_says_what_it_can_not_hold(name: str) -> None:
    losses = format_named(name).losses(LOSES_ALL)
    keeps_shape = name in ("points-store", "svg", "path-animator")
    expected = ["strength", "radius", "the frame rate, 8"]
    expected += ["the frame count, 5"] if keeps_shape else ["control points"]
    if name not in ("points-store", "svg", "path-animator"):
        expected += ["names", "colors"]
    keeps_visibility = name in ("sa-tracks", "csv", "tracks", "wan-move", "cotracker", "tap-vid")
    expected += [] if keeps_visibility else ["visibility: hidden"]
    for part in expected:
        assert any(loss.startswith(part) for loss in losses), (part, losses)
    assert len(set(losses)) == len(losses) and all(loss[0] != loss[0].upper() or loss[0] == "C" for loss in losses)


def test_names_of_formats_are_different_and_each_is_found() -> None:
    names = [known.name for known in FORMATS]
    assert len(set(names)) == len(names)
    assert all(format_named(name).name == name for name in names)
    endings = [suffix for known in FORMATS for suffix in known.suffixes]
    assert len(set(endings)) == len(endings)


def test_numbers_are_written_as_short_as_they_read_back_to_the_same_float32() -> None:
    trajectory = Trajectory.from_points([[(0.1, 1 / 3), (1e-7, 123456.789)]], **CANVAS, frames=2)
    for name in ("spline-editor", "point-lists", "sa-tracks"):
        (text,) = format_named(name).write(trajectory)
        assert "0.1" in text and "0.10000" not in text
        back, _ = read_text(text, format=name, **CANVAS)
        np.testing.assert_array_equal(back.sample().points_px, trajectory.sample().points_px)
