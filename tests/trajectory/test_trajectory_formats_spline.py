"""SplineEditor strings: read without loss, written so that they read back, never guessed."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tora_core.errors import TrajectoryError
from tora_core.trajectory import Point, Track, Trajectory, VisibilityKey, read_text
from tora_core.trajectory.formats import format_named

A = [{"x": 10, "y": 20}, {"x": 12.5, "y": 21}, {"x": 720, "y": 480}]
B = [{"x": 5, "y": -5}, {"x": 6, "y": 6}, {"x": 7, "y": 9}]
A_PX = [[10, 20], [12.5, 21], [720, 480]]
B_PX = [[5, -5], [6, 6], [7, 9]]
FLAT, NESTED = json.dumps(A), json.dumps([A, B])
CANVAS = {"width": 720, "height": 480}

SHAPES = {
    "flat": (FLAT, [A_PX], "a list of {x, y} points"),
    "flat, single quotes": (str(A), [A_PX], "a list of {x, y} points"),
    "flat, bytes": (FLAT.encode(), [A_PX], "a list of {x, y} points"),
    "flat, parsed": (A, [A_PX], "a list of {x, y} points"),
    "nested": (NESTED, [A_PX, B_PX], "a list of lists of {x, y} points"),
    "nested, single quotes": (str([A, B]), [A_PX, B_PX], "a list of lists of {x, y} points"),
    "nested, parsed": ([A, B], [A_PX, B_PX], "a list of lists of {x, y} points"),
    "list of strings": ([FLAT, json.dumps(B)], [A_PX, B_PX], "2 texts, the first a list of {x, y} points"),
    "list of strings, single quotes": ([str(A), str(B)], [A_PX, B_PX], "2 texts, the first a list of {x, y} points"),
    "list of one string": ([NESTED], [A_PX, B_PX], "a list of lists of {x, y} points"),
    "list of flat and nested": ([FLAT, NESTED], [A_PX, A_PX, B_PX], "2 texts, the first a list of {x, y} points"),
    "JSON list of strings": (
        json.dumps([FLAT, json.dumps(B)]),
        [A_PX, B_PX],
        "a list of strings, the first a list of {x, y} points",
    ),
    "Python list of strings as text": (
        str([FLAT, json.dumps(B)]),
        [A_PX, B_PX],
        "a list of strings, the first a list of {x, y} points",
    ),
    "a line each": (f"{FLAT}\n\n{B}\n", [A_PX, B_PX], "a list of strings, the first a list of {x, y} points"),
    "a string in a string": (json.dumps(FLAT), [A_PX], "a list of {x, y} points"),
    "over several lines": (json.dumps([A, B], indent=2), [A_PX, B_PX], "a list of lists of {x, y} points"),
}


@pytest.mark.parametrize("name", SHAPES)
def test_every_shape_of_the_string_gives_its_samples(name: str) -> None:
    text, expected, reason = SHAPES[name]
    trajectory, info = read_text(text, **CANVAS)
    assert trajectory.sample().points_px.tolist() == expected
    assert (info.format, info.reason) == ("spline-editor", reason)
    assert (trajectory.width, trajectory.height, trajectory.frames) == (720, 480, 3)
    assert "no frame count was given: it is the number of samples, 3" in info.notes


def test_as_many_samples_as_frames_are_kept_exactly() -> None:
    rng = np.random.default_rng(0)
    points = rng.uniform(-50, 900, (2, 97, 2))
    text = json.dumps([[{"x": x, "y": y} for x, y in track] for track in points.tolist()])
    trajectory, info = read_text(text, frames=97, **CANVAS)
    np.testing.assert_array_equal(trajectory.sample().points_px, points.astype(np.float32))
    assert not any("linearly" in note for note in info.notes)


@pytest.mark.parametrize("frames", [2, 49, 50, 81, 121])
def test_other_frame_counts_read_the_samples_linearly_in_time_up_to_the_last(frames: int) -> None:
    # 60 samples at uneven steps: users lost a fifth of the path to index arithmetic.
    rng = np.random.default_rng(1)
    xs, ys = np.cumsum(rng.uniform(0, 9, 60)), rng.uniform(0, 400, 60)
    text = json.dumps([{"x": x, "y": y} for x, y in zip(xs.tolist(), ys.tolist(), strict=True)])
    trajectory, info = read_text(text, frames=frames, **CANVAS)
    at = np.linspace(0, 59, frames)
    expected = np.stack([np.interp(at, np.arange(60), xs), np.interp(at, np.arange(60), ys)], axis=-1)
    np.testing.assert_allclose(trajectory.sample().points_px[0], expected, atol=1e-3)
    assert any(f"read off linearly at {frames} frames" in note for note in info.notes)


def test_tracks_of_different_lengths_are_each_spread_over_the_clip() -> None:
    trajectory, info = read_text([json.dumps(A), json.dumps(B[:2]), json.dumps(B[:1])], **CANVAS)
    assert trajectory.sample().points_px.tolist() == [A_PX, [[5, -5], [5.5, 0.5], [6, 6]], [[5, -5]] * 3]
    assert "tracks have 2 to 3 samples; each is spread over the whole clip" in info.notes


def test_a_single_sample_is_one_frame_and_stands_still_over_more() -> None:
    assert read_text('[{"x": 3, "y": 4}]', **CANVAS)[0].sample().points_px.tolist() == [[[3, 4]]]
    assert read_text('[{"x": 3, "y": 4}]', frames=2, **CANVAS)[0].sample().points_px.tolist() == [[[3, 4], [3, 4]]]


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({}, r"pass width and height \(got width=null, height=null\)"),
        ({"width": 720}, r"got width=720, height=null"),
        ({"width": 720, "height": 0}, "height is 0"),
        ({"width": 720, "height": 480, "frames": 0}, "frames is 0"),
        ({"width": 720, "height": 480, "format": "nope"}, "format is 'nope', expected one of tora-json, spline-editor"),
    ],
)
def test_a_missing_or_wrong_canvas_is_told_and_never_guessed(kwargs: dict, message: str) -> None:
    with pytest.raises(TrajectoryError, match=message):
        read_text(FLAT, **kwargs)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[{"x": 1, "y": 2}, {"x": "a", "y": 2}]', r"^\[1\]\.x is 'a'"),
        ('[[{"x": 1, "y": 2}], [{"x": 1, "y": null}]]', r"^\[1\]\[0\]\.y is null"),
        ('[{"x": 1, "y": 2}, {"x": 1}]', r"^\[1\] is an object, expected an object with x and y"),
        ('[{"x": 1, "y": 2, "z": 0}]', r"^\[0\] has more keys than x and y \(z\)"),
        (['[{"x": 1, "y": 2}]', '[{"x": 1, "y": Infinity}]'], r"^text 2: \[0\]\.y is inf"),
        ('["[{\\"x\\": 1, \\"y\\": 2}]", "[{\\"x\\": 1}]"]', r"^string 2: \[0\] is an object, expected"),
        (['[{"x": 1, "y": 2}]', "[{"], r"^text 2: not valid JSON"),
    ],
)
def test_errors_name_the_place(text: object, message: str) -> None:
    with pytest.raises(TrajectoryError, match=message):
        read_text(text, **CANVAS)


def test_a_canvas_that_does_not_fit_the_points_is_noticed() -> None:
    (note,) = [n for n in read_text(FLAT, width=512, height=512)[1].notes if "outside" in n]
    assert "points reach outside the 512x512 canvas (x 10 to 720, y 20 to 480)" in note
    fractions = '[{"x": 0.1, "y": 0.5}, {"x": 1, "y": 1}]'
    assert any(
        "all coordinates lie in 0..1: read as pixels" in note for note in read_text(fractions, **CANVAS)[1].notes
    )
    assert not any("canvas" in note for note in read_text(FLAT, **CANVAS)[1].notes)


DRAWN = Trajectory(width=720, height=480, frames=5, tracks=(Track([(0, 0), (100, 7), (30, 300)]), Track([(1.25, -2)])))


@pytest.mark.parametrize("tracks", [1, 2])
def test_what_is_written_reads_back_to_the_same_positions(tracks: int) -> None:
    trajectory = Trajectory(width=720, height=480, frames=5, tracks=DRAWN.tracks[:tracks])
    (text,) = format_named("spline-editor").write(trajectory)
    assert text.startswith("[{" if tracks == 1 else "[[{")
    np.testing.assert_array_equal(read_text(text, **CANVAS)[0].sample().points_px, trajectory.sample().points_px)


def test_losses_on_writing_are_named() -> None:
    rich = Trajectory(
        width=720,
        height=480,
        frames=5,
        tracks=(
            Track([(0, 0), (9, 9)], strength=2, name="a", visibility=(VisibilityKey(0.5, False),)),
            Track([Point(0, 0, t=0), Point(9, 9, t=1)], curve="polyline", radius=5, color="#0072b2"),
        ),
    )
    losses = format_named("spline-editor").losses(rich)
    for part in ("control points", "visibility: hidden frames become visible (track 1)", "strength", "radius"):
        assert any(loss.startswith(part) for loss in losses), part
    for part in ("names", "colors", "the frame rate, 8", "the canvas size, 720x480"):
        assert any(loss.startswith(part) for loss in losses), part


def test_samples_lose_only_rate_and_canvas() -> None:
    losses = format_named("spline-editor").losses(read_text(NESTED, **CANVAS)[0])
    assert [loss.split(",")[0] for loss in losses] == ["the frame rate", "the canvas size"]
