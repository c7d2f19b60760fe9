"""Camera Motion and Trajectory Preset: positions by hand, and what is said."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.host

CAMERA = {"pan": 0.0, "tilt": 0.0, "zoom": 1.0, "roll": 0.0, "start": 0.0, "end": 1.0, "easing": "linear"}
GRID = {"columns": 2, "rows": 1, "clear": 0.0, "width": 96, "height": 64, "frames": 9}
SIZE = {"width": 96, "height": 64, "frames": 9}
PRESET = {**SIZE, "easing": "linear", "start": 0.0, "end": 1.0}


def row(*xs: float, y: float) -> list[list[float]]:
    return [[x, y] for x in xs]


# --- Camera -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("camera", "first", "last"),
    [
        # "b" stands still at (60, 25), 10 to the right of the middle.
        ({"pan": 20.0}, (60, 25), (40, 25)),
        ({"tilt": 8.0}, (60, 25), (60, 33)),
        ({"zoom": 3.0}, (60, 25), (80, 25)),
        ({"roll": 90.0}, (60, 25), (50, 15)),
        ({"pan": 20.0, "zoom": 2.0}, (60, 25), (30, 25)),
    ],
)
def test_a_still_thing_moves_against_the_camera_and_back_when_it_is_cancelled(places, host, drawn, camera, first, last):
    seen, *_ = host.run("ToraCameraMotion", trajectory=drawn, how={"how": "added to tracks"}, **{**CAMERA, **camera})
    assert (tuple(places(seen, 1)[0]), tuple(places(seen, 1)[-1])) == (first, last)
    flat, *size = host.run(
        "ToraCameraMotion", trajectory=seen, how={"how": "cancelled from tracks"}, **{**CAMERA, **camera}
    )
    np.testing.assert_allclose(places(flat, 1), [[60, 25]] * 5, atol=0.05)
    np.testing.assert_allclose(places(flat, 0), places(drawn, 0), atol=0.05)
    assert size == [101, 51, 5]


def test_the_camera_moves_from_start_to_end(places, host, drawn, told):
    camera = {**CAMERA, "pan": 20.0, "start": 0.25, "end": 0.75}
    seen, *_ = host.run("ToraCameraMotion", trajectory=drawn, how={"how": "added to tracks"}, tracks="b", **camera)
    assert places(seen, 1) == [[60, 25], [60, 25], [50, 25], [40, 25], [40, 25]] and seen.tracks[0] == drawn.tracks[0]
    assert told[0].startswith("Camera added to tracks: 1 of 2 tracks. ")


def test_new_tracks_are_a_grid_that_the_camera_moves(places, host, told):
    camera = {**CAMERA, "pan": 16.0}
    made, *size = host.run("ToraCameraMotion", how={"how": "as new tracks", **GRID}, **camera)
    assert size == [96, 64, 9] == [made.width, made.height, made.frames]
    # The middles of two fields of 48 px: x = 23.5 and 71.5; 2 px a frame to the left.
    assert places(made, 0) == row(*(23.5 - 2 * f for f in range(9)), y=31.5)
    assert places(made, 1) == row(*(71.5 - 2 * f for f in range(9)), y=31.5)
    assert [track.name for track in made.tracks] == ["camera 1.1", "camera 1.2"]
    assert told[0].startswith("Camera as new tracks, 2 tracks. 2 tracks, 4 points, at most 2 px/frame.")


def test_new_tracks_take_the_wired_size_and_keep_clear_of_the_chosen_tracks(host, drawn, told):
    # On 101x51 the grid is at x = 24.75 and 75.25, y = 25; "a" comes as near as 7.1 px, "b" 15.25 px.
    grid = {"how": "as new tracks", **GRID, "clear": 10.0}
    made, *size = host.run("ToraCameraMotion", trajectory=drawn, how=grid, **CAMERA)
    assert [track.name for track in made.tracks] == ["a", "b", "camera 1.2"] and size == [101, 51, 5]
    assert made.tracks[:2] == drawn.tracks and made.fps == 12
    assert told[0].startswith("Camera as new tracks, 1 track, 1 left out near others. 3 tracks, ")
    made, *_ = host.run("ToraCameraMotion", trajectory=drawn, how=grid, tracks="b", **CAMERA)
    assert [track.name for track in made.tracks] == ["a", "b", "camera 1.1", "camera 1.2"]
    made, *_ = host.run("ToraCameraMotion", trajectory=drawn, how={**grid, "clear": 1000.0}, **CAMERA)
    assert made.tracks == drawn.tracks


def test_a_camera_without_tracks_to_change_says_what_to_do(host, error):
    for how in ("added to tracks", "cancelled from tracks"):
        with pytest.raises(error, match=f"the camera is {how}, but no trajectory is wired into Camera Motion"):
            host.run("ToraCameraMotion", how={"how": how}, **CAMERA)


# --- Presets ----------------------------------------------------------------------------------------------------------


FROM_TO = {"start_x": 0.25, "start_y": 0.5, "end_x": 0.75, "end_y": 0.5}  # (24, 32) to (72, 32)
CENTER = {"center_x": 0.5, "center_y": 0.5}  # (48, 32)
TOP = {"start_degrees": -90.0}


@pytest.mark.parametrize(
    ("preset", "values", "at"),
    [
        ("line", FROM_TO, {0: (24, 32), 4: (48, 32), 8: (72, 32)}),
        ("arc", {**CENTER, **TOP, "radius": 0.25, "sweep_degrees": 180.0}, {0: (48, 16), 4: (64, 32), 8: (48, 48)}),
        ("circle", {**CENTER, **TOP, "radius": 0.25, "clockwise": False}, {0: (48, 16), 2: (32, 32), 8: (48, 16)}),
        (
            "ellipse",
            {**CENTER, "start_degrees": 0.0, "radius_x": 0.25, "radius_y": 0.25, "clockwise": True},
            {0: (72, 32), 2: (48, 48), 4: (24, 32), 8: (72, 32)},
        ),
        (
            "spiral",
            {**CENTER, **TOP, "from_radius": 0.0, "to_radius": 0.5, "turns": 1.0},
            {0: (48, 32), 8: (48, 0)},
        ),
        ("wave", {**FROM_TO, "amplitude": 0.25, "periods": 1.0}, {0: (24, 32), 4: (48, 32), 8: (72, 32)}),
        ("zigzag", {**FROM_TO, "amplitude": 0.25, "teeth": 2}, {0: (24, 32), 2: (36, 16), 4: (48, 32), 6: (60, 48)}),
        ("figure eight", {**CENTER, "size_x": 0.5, "size_y": 0.25}, {0: (48, 32), 4: (48, 32), 8: (48, 32)}),
        ("shake", {**CENTER, "amount": 0.25, "moves": 7, "seed": 3}, {0: (48, 32), 8: (48, 32)}),
        (
            "bounce",
            {**FROM_TO, "height": 0.25, "hops": 2, "keep": 1.0},
            {0: (24, 32), 2: (36, 16), 4: (48, 32), 6: (60, 16), 8: (72, 32)},
        ),
    ],
)
def test_a_preset_runs_through_these_places(places, host, told, preset, values, at):
    made, *size = host.run("ToraTrajectoryPreset", preset={"preset": preset, **values}, name="path", **PRESET)
    assert size == [96, 64, 9] == [made.width, made.height, made.frames]
    (track,) = made.tracks
    assert track.name == "path"
    found = places(made)
    for frame, place in at.items():
        assert found[frame] == pytest.approx(place, abs=0.1), frame
    assert told[0].startswith(f"A{'n' * (preset[0] in 'ae')} {preset}. 1 track, ")


def test_a_preset_fits_every_size_and_a_circle_stays_round(places, host):
    values = {"preset": "circle", **CENTER, **TOP, "radius": 0.5, "clockwise": True}
    made, *_ = host.run("ToraTrajectoryPreset", preset=values, **{**PRESET, "width": 128, "height": 256, "frames": 17})
    far = [math.dist(place, (64, 128)) for place in places(made)]
    assert min(far) == pytest.approx(64, abs=0.1) == max(far)


def test_a_preset_waits_before_its_start_and_after_its_end(places, host):
    made, *_ = host.run(
        "ToraTrajectoryPreset", preset={"preset": "line", **FROM_TO}, **{**PRESET, "start": 0.25, "end": 0.75}
    )
    assert places(made) == row(24, 24, 24, 36, 48, 60, 72, 72, 72, y=32)
    assert made.sample().visible.all()


def test_the_seed_decides_how_a_preset_shakes(host):
    def shake(seed: int) -> Any:
        values = {"preset": "shake", **CENTER, "amount": 0.25, "moves": 7, "seed": seed}
        return host.run("ToraTrajectoryPreset", preset=values, **PRESET)[0]

    assert shake(1) == shake(1) != shake(2)
    assert all(math.dist((p.x, p.y), (48, 32)) <= 16 for p in shake(1).tracks[0].points)


def test_every_preset_of_the_library_is_offered(host):
    library = {path.__name__.replace("_", " ") for path in host.pack("tora_core.trajectory.shaping").PRESETS}
    assert set(host.pack("nodes.presets").preset_inputs()) == library
