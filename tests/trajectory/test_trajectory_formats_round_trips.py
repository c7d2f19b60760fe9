"""Whatever is drawn, every format gives back what it says it holds: positions, and visibility where it keeps it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tora_core.trajectory import FORMATS, Point, Track, Trajectory, VisibilityKey, read_text
from tora_core.trajectory.formats import format_named

WIDTH, HEIGHT = 576, 320

coordinates = st.floats(-100, 700, width=32)
inside = st.floats(0, 300, width=32)
handles = st.none() | st.tuples(st.floats(-90, 90), st.floats(-90, 90))


@st.composite
def drawn_tracks(draw: st.DrawFn, timed: bool = True, places: st.SearchStrategy[float] = coordinates) -> Track:
    count = draw(st.integers(1, 5))
    points = [
        Point(draw(places), draw(places), handle_in=draw(handles), handle_out=draw(handles)) for _ in range(count)
    ]
    start, end = (
        sorted(draw(st.sets(st.sampled_from([0.0, 0.2, 0.5, 0.75, 1.0]), min_size=2, max_size=2))) if timed else (0, 1)
    )
    keys = draw(st.sets(st.sampled_from([0.0, 0.25, 0.5, 1.0]))) if timed else ()
    return Track(
        points,
        draw(st.sampled_from(["polyline", "catmull-rom", "bezier", "freehand"])),
        draw(st.booleans()),
        start,
        end,
        draw(st.sampled_from(["hold", "invisible"])),
        draw(st.sampled_from(["hold", "invisible"])),
        draw(st.sampled_from(["linear", "in-out", "hold"])) if timed else "linear",
        visibility=tuple(VisibilityKey(t, draw(st.booleans())) for t in sorted(keys)),
        name=draw(st.sampled_from(["", "ball", "Größe 猫", "<&\"'>", "a\n\tb"])),
    )


def trajectories(**kwargs: object) -> st.SearchStrategy[Trajectory]:
    tracks = st.lists(drawn_tracks(**kwargs), min_size=1, max_size=3).map(tuple)  # type: ignore[arg-type]
    return st.builds(Trajectory, width=st.just(WIDTH), height=st.just(HEIGHT), frames=st.integers(1, 12), tracks=tracks)


def read_back(name: str, trajectory: Trajectory) -> Trajectory:
    parts = list(format_named(name).write(trajectory))
    data = parts if len(parts) > 1 else parts[0]
    return read_text(data, format=name, width=WIDTH, height=HEIGHT, frames=trajectory.frames)[0]


quick = settings(max_examples=25, derandomize=True, deadline=None, database=None)

# How far a position may be off: float32 steps, or half a pixel of a format of whole numbers on its own canvas.
SAMPLES = {
    "spline-editor": 1e-4,
    "point-lists": 1e-4,
    "ltx-points": 1e-4,
    "sa-tracks": 1e-4,
    "csv": 1e-4,
    "tora-txt-decimal": 1e-3,
    "tracks": 1e-4,
    "wan-move": 1e-4,
    "wan2gp": 1e-3,
    "cotracker": 1e-4,
    "tap-vid": 1e-3,
}
WHOLE = {"tora-txt": (WIDTH / 256, HEIGHT / 256), "tora-text-box": (WIDTH / 256, HEIGHT / 256), "dragnuwa": (1, 1)}
WHOLE |= {"motionctrl": (WIDTH / 1024, HEIGHT / 1024)}
KEEP_VISIBILITY = {"sa-tracks", "csv", "tracks", "wan-move", "cotracker", "tap-vid"}
SHAPES = {"points-store": 1e-3, "svg": 1e-3, "path-animator": 4.0}  # an outline's corners lie 2 px apart


def test_every_format_that_is_written_is_in_these_tests() -> None:
    tested = {*SAMPLES, *WHOLE, *SHAPES, "tora-json", "ati"}
    assert tested == {known.name for known in FORMATS if known.writes}


@pytest.mark.parametrize("name", SAMPLES)
@quick
@given(trajectory=trajectories())
def test_samples_come_back_to_their_places(name: str, trajectory: Trajectory) -> None:
    back = read_back(name, trajectory).sample()
    want = trajectory.sample()
    np.testing.assert_allclose(back.points_px, want.points_px, rtol=1e-6, atol=SAMPLES[name])
    if name in KEEP_VISIBILITY:
        np.testing.assert_array_equal(back.visible, want.visible)
    else:
        assert back.visible.all()


@pytest.mark.parametrize("name", WHOLE)
@quick
@given(trajectory=trajectories(places=inside))
def test_whole_numbers_come_back_within_what_the_losses_say(name: str, trajectory: Trajectory) -> None:
    back = read_back(name, trajectory).sample()
    off = np.abs(back.points_px - trajectory.sample().points_px).max()
    said = [loss for loss in format_named(name).losses(trajectory) if loss.startswith("decimals")]
    numbers = [
        float(part) for loss in said for part in loss.replace("px", "").split() if part.replace(".", "").isdigit()
    ]
    assert off <= max(numbers, default=0.0) + 0.011
    # Only at the canvas's far edge more than half a pixel, where a whole one keeps the reader from crashing.
    assert off <= max(WHOLE[name]) + 1e-3


@pytest.mark.parametrize("name", SHAPES)
@quick
@given(trajectory=trajectories(timed=False))
def test_shapes_come_back_as_they_were_drawn(name: str, trajectory: Trajectory) -> None:
    back = read_back(name, trajectory)
    np.testing.assert_allclose(back.sample().points_px, trajectory.sample().points_px, atol=SHAPES[name])
    if name != "path-animator":
        assert [track.name for track in back.tracks if track.name] != [] or not any(t.name for t in trajectory.tracks)


@quick
@given(trajectory=trajectories())
def test_ati_comes_back_as_the_model_sees_it(trajectory: Trajectory) -> None:
    want = trajectory.sample(frames=121)
    seen = [i for i in range(len(want)) if want.visible[i].any()]
    if not seen:
        return
    (text,) = format_named("ati").write(trajectory)
    back = read_text(text, format="ati", width=WIDTH, height=HEIGHT)[0].sample(frames=121)
    assert len(back) == len(seen)
    for got, i in enumerate(seen):
        last = int(np.flatnonzero(want.visible[i])[-1])
        np.testing.assert_allclose(back.points_px[got, : last + 1], want.points_px[i, : last + 1], atol=1e-4)
        assert back.visible[got, : last + 1].all() and not back.visible[got, last + 1 :].any()


@quick
@given(trajectory=trajectories())
def test_the_own_format_comes_back_equal(trajectory: Trajectory) -> None:
    assert read_back("tora-json", trajectory) == trajectory


@pytest.mark.parametrize("name", [known.name for known in FORMATS if known.writes])
def test_what_is_written_is_known_again_or_asked_for_by_name(name: str, tmp_path: Path) -> None:
    trajectory = Trajectory.from_points([[(10, 20), (200, 100)], [(5, 5)]], width=WIDTH, height=HEIGHT, frames=5)
    parts = list(format_named(name).write(trajectory))
    same_look = {"ati": "spline-editor", "ltx-points": "spline-editor", "tora-txt-decimal": "tora-txt"}
    data = parts if len(parts) > 1 else parts[0]
    if name in ("point-lists", "dragnuwa", "motionctrl"):
        with pytest.raises(ValueError, match=rf"fits 2 formats.*{name}"):
            read_text(data, width=WIDTH, height=HEIGHT)
    else:
        assert read_text(data, width=WIDTH, height=HEIGHT)[1].format == same_look.get(name, name)
