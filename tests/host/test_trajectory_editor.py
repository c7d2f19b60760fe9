"""Trajectory Editor inside ComfyUI: the saved state, every output against computed numbers, and who else takes them."""

from __future__ import annotations

import copy
import json
import logging
import math
import random
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

pytestmark = pytest.mark.host

NODE = "ToraTrajectoryEditor"
LARGE = {"width": 720, "height": 480, "frames": 49}
SIZE = {"width": 48, "height": 32, "frames": 9, "fps": 12.0}

# From (8, 16) to (40, 16), 4 px a frame; its disc is small. The second one stands still and is hidden in frames 4 to 6.
ACROSS = {"points": [{"x": 8, "y": 16}, {"x": 40, "y": 16}], "curve": "polyline", "radius": 3}
STILL = {
    "points": [{"x": 30.25, "y": 4.5}],
    "radius": 2,
    "visibility": [{"t": 0.5, "visible": False}, {"t": 0.875, "visible": True}],
}
SEEN = [True, True, True, True, False, False, False, True, True]


def state(*tracks: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A saved drawing on 48x32 with 9 frames, written by hand as the browser writes it."""
    trajectory = {"format": "tora-trajectory", "version": 1, "width": 48, "height": 32, "frames": 9, "fps": 8}
    return {"version": 1, "trajectory": {**trajectory, "tracks": list(tracks), **changes}, "editor": {}}


def output(host: Any, drawing: Any, **inputs: Any) -> Any:
    """What a run gives: `.args` and `.ui`."""
    with torch.inference_mode():
        return host.node(NODE).EXECUTE_NORMALIZED(drawing=drawing, **{**SIZE, **inputs})


def notes(made: Any) -> list[str]:
    return made.ui["tora_notes"]


@pytest.fixture
def drawn(host) -> Any:
    return output(host, state(ACROSS, STILL))


# --- Outputs ----------------------------------------------------------------------------------------------------------


def test_the_trajectory_is_what_was_drawn_with_the_nodes_own_frame_rate(host, drawn):
    found = drawn.args[0]
    assert isinstance(found, host.pack("tora_core.trajectory").Trajectory)
    assert (found.width, found.height, found.frames, found.fps) == (48, 32, 9, 12.0)
    assert [track.radius for track in found.tracks] == [3.0, 2.0]
    assert [(p.x, p.y) for p in found.tracks[0].points] == [(8, 16), (40, 16)]
    assert notes(drawn) == []


def test_tracks_have_a_position_a_frame_and_tell_what_is_hidden(drawn):
    tracks = drawn.args[1]
    expected = [[[8.0 + 4 * frame, 16.0], [30.25, 4.5]] for frame in range(9)]
    torch.testing.assert_close(tracks["track_path"], torch.tensor(expected), atol=1e-5, rtol=0)
    assert tracks["track_visibility"].tolist() == [[True, seen] for seen in SEEN]


def test_coordinates_are_a_list_for_each_track_with_decimals(drawn):
    expected = [[{"x": 8 + 4 * frame, "y": 16} for frame in range(9)], [{"x": 30.25, "y": 4.5}] * 9]
    assert json.loads(drawn.args[2]) == expected


def test_coordinates_of_a_single_track_are_nested_as_well(host):
    made = output(host, state({"points": [{"x": 0.1, "y": -2}]}))
    assert json.loads(made.args[2]) == [[{"x": 0.1, "y": -2}] * 9]


def test_numbers_are_handed_on(drawn):
    assert drawn.args[4:] == (48, 32, 9, 12.0)
    assert [type(value) for value in drawn.args[4:]] == [int, int, int, float]


# --- Masks ------------------------------------------------------------------------------------------------------------


def masks_of(host: Any, *tracks: dict[str, Any], **inputs: Any) -> torch.Tensor:
    mask = output(host, state(*tracks), **inputs).args[3]
    assert mask.dtype == torch.float32 and 0 <= float(mask.min()) <= float(mask.max()) <= 1
    return mask


def test_a_disc_is_full_inside_half_at_its_radius_and_empty_a_pixel_further(host):
    mask = masks_of(host, ACROSS)
    assert mask.shape == (9, 32, 48)
    row = mask[0, 16]
    assert row[3:14].tolist() == [0, 0, 0.5, 1, 1, 1, 1, 1, 0.5, 0, 0]
    assert torch.equal(mask[0, 11:22, 8], row[3:14])
    assert float(mask[0, 18, 10]) == pytest.approx(3.5 - math.sqrt(8), abs=1e-6)
    assert float(mask[0].sum()) == pytest.approx(math.pi * 9, rel=0.02)


def test_discs_follow_the_track_by_parts_of_a_pixel(host):
    mask = masks_of(host, {**ACROSS, "points": [{"x": 8.25, "y": 16}, {"x": 40.25, "y": 16}]})
    assert mask[0, 16, 4:13].tolist() == [0, 0.25, 1, 1, 1, 1, 1, 0.75, 0]
    assert mask[8, 16, 36:45].tolist() == [0, 0.25, 1, 1, 1, 1, 1, 0.75, 0]


def test_hidden_frames_have_no_disc(host):
    mask = masks_of(host, STILL)
    assert [bool(frame.any()) for frame in mask] == SEEN


def whole(points: list[tuple[float, float]], radius: float) -> np.ndarray:
    """The rule at every pixel of a 48x32 frame, one by one."""
    return np.array(
        [
            [max(min(max(radius + 0.5 - math.dist((x, y), p), 0.0), 1.0) for p in points) for x in range(48)]
            for y in range(32)
        ]
    )


@pytest.mark.parametrize(
    ("points", "radius"),
    [
        ([(10.3, 9.7), (14.1, 12.2)], 5),  # two that meet
        ([(0, 0), (47, 31), (-2.5, 15), (24, 33.2)], 4),  # cut off by the frame
        ([(24, 16)], 100),  # all of it
        ([(20.5, 10.5)], 0.1),
        ([(-3.6, 5), (20, -3.6), (51.6, 5), (20, 35.6)], 3),  # just outside
        ([(1e6, -1e6), (3, 3)], 1),
    ],
)
def test_masks_are_the_same_rule_at_every_pixel(host, points, radius):
    mask = masks_of(host, *({"points": [{"x": x, "y": y}], "radius": radius} for x, y in points), frames=1)
    np.testing.assert_allclose(mask[0].numpy(), whole(points, radius), atol=1e-5)


# --- What is drawn for another size, and what is wired in -------------------------------------------------------------


def test_a_drawing_for_another_size_and_length_is_scaled_and_stretched_and_that_is_said(host):
    made = output(host, state(ACROSS), width=96, height=128, frames=17)
    path = made.args[1]["track_path"][:, 0]
    torch.testing.assert_close(path, torch.tensor([[16.0 + 4 * frame, 64.0] for frame in range(17)]), atol=1e-4, rtol=0)
    assert made.args[0].tracks[0].radius == 3 and made.args[3].shape == (17, 128, 96)
    assert notes(made) == [
        "The drawing is scaled from 48x32, which it was made for, to 96x128.",
        "The drawing is stretched from 9 frames to 17.",
    ]


def trajectory_of(host: Any, *tracks: dict[str, Any], **changes: Any) -> Any:
    return host.pack("tora_core.trajectory").Trajectory.from_json(state(*tracks, **changes)["trajectory"])


TRACKS = {
    "track_path": torch.tensor([[[10.0 + frame, 20.0], [5.0, 6.0]] for frame in range(9)]),
    "track_visibility": torch.tensor([[True, frame < 3] for frame in range(9)]),
}


def test_wired_tracks_come_before_the_drawn_ones_and_all_stay(host):
    wired = trajectory_of(host, {"points": [{"x": 12, "y": 8}], "name": "wired"}, width=24, height=16, frames=49)
    made = output(host, state(ACROSS), trajectory=wired, tracks=TRACKS)
    path, seen = made.args[1]["track_path"], made.args[1]["track_visibility"]
    assert path.shape == (9, 4, 2)
    assert path[0].tolist() == [[24, 16], [10, 20], [5, 6], [8, 16]]
    torch.testing.assert_close(path[:, 1:3], TRACKS["track_path"], atol=1e-4, rtol=0)
    assert torch.equal(seen[:, 1:3], TRACKS["track_visibility"])
    assert [track.name for track in made.args[0].tracks] == ["wired", "", "", ""]
    assert len(json.loads(made.args[2])) == 4 and bool(made.args[3][0, 20, 10] == 1)


def test_wired_tracks_are_handed_to_the_browser_as_they_are_on_this_canvas(host):
    wired = trajectory_of(host, {"points": [{"x": 12, "y": 8}]}, width=24, height=16, frames=49)
    (shown,) = output(host, state(ACROSS), trajectory=wired).ui["tora_wired"]
    read = host.pack("tora_core.trajectory").Trajectory.from_json(json.dumps(shown))
    assert (read.width, read.height, read.frames) == (48, 32, 9)
    assert [[(p.x, p.y) for p in track.points] for track in read.tracks] == [[(24, 16)]]
    assert output(host, state(ACROSS)).ui["tora_wired"] == []


def test_tracks_of_another_length_are_stretched(host):
    tracks = {"track_path": torch.tensor([[[0.0, 8.0]], [[16.0, 8.0]], [[32.0, 8.0]]])}
    made = output(host, state(), tracks=tracks)
    torch.testing.assert_close(
        made.args[1]["track_path"][:, 0], torch.tensor([[4.0 * f, 8.0] for f in range(9)]), atol=1e-4, rtol=0
    )


def test_more_wired_tracks_than_can_be_shown_still_arrive(host):
    many = {"track_path": torch.rand(41, 500, 2) * 30}
    made = output(host, state(ACROSS), tracks=many, frames=41)
    assert made.args[1]["track_path"].shape == (41, 501, 2) and made.ui["tora_wired"] == []
    assert "too many points to be shown" in " ".join(notes(made))


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"tracks": {"track_path": torch.zeros(9, 1000, 2)}}, "tracks has 1001 entries, expected at most 1000"),
        ({"tracks": {"track_path": torch.zeros(9, 1001, 2)}}, "there are 1001 tracks of 9 frames, expected at most"),
        ({"tracks": [1, 2]}, "tracks is a list, expected TRACKS"),
        ({"frames": 10}, "frame count is 10, expected 8k"),
        ({"width": 50}, "width is 50, expected a multiple of 16"),
        ({"fps": 0.0}, "fps is 0.0, expected a number above 0"),
    ],
)
def test_what_cannot_be_is_refused_in_words(host, inputs, message):
    with pytest.raises(host.pack("tora_core.errors").ToraError, match=message):
        output(host, state(ACROSS), **inputs)


# --- Nothing drawn ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("drawing", [state(), None, ""])
def test_an_empty_drawing_is_legal_and_a_warning_says_that_nothing_moves(host, drawing, caplog):
    with caplog.at_level(logging.WARNING):
        made = output(host, drawing)
    trajectory, tracks, coordinates, mask = made.args[:4]
    assert (trajectory.tracks, coordinates, made.args[4:]) == ((), "[]", (48, 32, 9, 12.0))
    assert tracks["track_path"].shape == (9, 0, 2) and tracks["track_visibility"].shape == (9, 0)
    assert mask.shape == (9, 32, 48) and not mask.any()
    assert notes(made) == ["Nothing is drawn and no tracks are wired in, so nothing moves."]
    assert notes(made)[0] in caplog.text
    flow = host.pack("nodes.encode_motion").plan_flow(trajectory, None, None, (0, 0), 0).draw(0, 9)
    assert flow.shape == (9, 32, 48, 3) and (flow == 1).all()


# --- The state --------------------------------------------------------------------------------------------------------


def test_the_default_is_an_empty_drawing_and_is_nobody_elses_dict(host):
    (given,) = (one for one in host.node(NODE).GET_SCHEMA().inputs if one.id == "drawing")

    def default() -> dict[str, Any]:
        return given.as_dict()["default"]

    first, second = default(), default()
    assert first == {
        "version": 1,
        "trajectory": {
            **{"format": "tora-trajectory", "version": 1, "width": 720, "height": 480, "frames": 49, "fps": 8},
            "tracks": [],
        },
        "editor": {},
    }
    empty = host.pack("tora_core.trajectory").Trajectory(width=720, height=480, frames=49)
    assert first["trajectory"] == empty.to_dict() and output(host, first, **LARGE).args[0] == replace(empty, fps=12.0)
    first["trajectory"]["tracks"].append(ACROSS)
    first["editor"]["view"] = 1
    assert second == default() and second["trajectory"]["tracks"] == [] and second["editor"] == {}


def test_the_widget_has_its_own_type_and_no_socket(host):
    kind, options = host.node(NODE).INPUT_TYPES()["required"]["drawing"]
    assert (kind, options["socketless"]) == ("TORA_EDITOR", True)


@pytest.mark.parametrize(
    "drawing",
    [
        {**state(ACROSS), "editor": {"hidden": [5], "kept": [{"value": float("inf")}], "anything": "x"}},
        {**state(ACROSS), "editor": "broken"},
        {key: value for key, value in state(ACROSS).items() if key != "editor"},
        {**state(ACROSS), "version": 1.0},
        json.dumps(state(ACROSS)),
        state(ACROSS)["trajectory"],  # a bare trajectory, as an exported file holds it
        json.dumps(state(ACROSS)["trajectory"]),
    ],
)
def test_what_the_editor_keeps_for_itself_changes_nothing_and_its_other_forms_are_read(host, drawing):
    before = copy.deepcopy(drawing)
    assert host.node(NODE).validate_inputs(drawing=drawing, width=48, height=32, frames=9) is True
    made = output(host, drawing)
    assert made.args[0] == output(host, state(ACROSS)).args[0]
    assert drawing == before


def nested(levels: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(levels):
        value = [value]
    return value


TWICE = (
    '{"version": 1, "trajectory": {"version": 1, "width": 48, "height": 32, "frames": 9, "tracks": [], "frames": 9}}'
)
BROKEN: dict[str, tuple[Any, str]] = {
    "a number": (5, "it is 5, expected an object with version and trajectory"),
    "a list": ([1, 2, 3], "it is a list of 3, expected an object"),
    "text that is no JSON": ("hello", "not valid JSON"),
    "an empty object": ({}, "version is null, expected a whole number"),
    "no version": ({"trajectory": state()["trajectory"]}, "version is null"),
    "a later version": ({**state(ACROSS), "version": 2}, "version is 2, expected at most 1; it comes from a later"),
    "an old version": ({**state(ACROSS), "version": 0}, "version is 0, which no release has written"),
    "half a version": ({**state(ACROSS), "version": 1.5}, "version is 1.5, expected a whole number"),
    "a version that is true": ({**state(ACROSS), "version": True}, "version is true"),
    "an endless version": ({**state(ACROSS), "version": float("inf")}, "version is inf"),
    "no trajectory": ({"version": 1, "editor": {}}, "trajectory is missing"),
    "text for a trajectory": ({"version": 1, "trajectory": "[]"}, r"trajectory is '\[\]', expected an object"),
    "nothing for a trajectory": ({"version": 1, "trajectory": None}, "trajectory is null, expected an object"),
    "an unknown key": ({**state(ACROSS), "tracks": []}, "tracks is not a key of version 1: version, trajectory"),
    "a later trajectory": (state(ACROSS, version=7), "version is 7, expected one of"),
    "a broken point": (state({"points": [{"x": 1, "y": "2"}]}), r"tracks\[0\].points\[0\].y is '2'"),
    "not a number": (state({"points": [{"x": float("nan"), "y": 2}]}), r"tracks\[0\].points\[0\].x is nan"),
    "a mistyped key": (state({**ACROSS, "strenght": 1}), r"tracks\[0\].strenght is not a key .* did you mean strength"),
    "a key twice": (TWICE, "the key 'frames' twice"),
    "a key of the state twice": ('{"version": 1, "version": 1}', "the key 'version' twice"),
    "no canvas": (state(ACROSS, width=0), "width is 0, expected a whole number from 1"),
    "too deep": ({**state(ACROSS), "editor": nested(64)}, "nested deeper than 64 levels"),
    "far too deep": ({**state(ACROSS), "editor": nested(5000)}, "nested deeper than 64 levels"),
    "too large": ({**state(ACROSS), "editor": "x" * (16 * 1024 * 1024)}, "bytes as JSON, expected at most 16,777,216"),
    "text too deep": ('{"version": 1, "editor": ' + "[" * 64 + "]" * 64 + "}", "nested deeper than 64 levels"),
    "text far too deep": ("[" * 10**5, "nested hundreds deep"),
    "text too large": (" " * (16 * 1024 * 1024 + 1), "bytes as JSON, expected at most 16,777,216"),
    "not JSON": ({**state(ACROSS), "editor": {1, 2}}, "holds values that JSON can't"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_state_is_an_error_in_words_when_queued_and_when_run(host, kind):
    drawing, message = BROKEN[kind]
    with pytest.raises(host.pack("tora_core.errors").TrajectoryError, match=message) as told:
        output(host, drawing)
    assert host.node(NODE).validate_inputs(drawing=drawing, width=48, height=32, frames=9) == str(told.value)
    assert str(told.value).startswith("the drawing can't be used: ") and len(str(told.value)) < 400


def test_a_very_long_drawing_is_read_only_when_it_runs(host):
    drawing = {**state({"points": [{"x": "broken", "y": 1}]}), "editor": "x" * 1_000_000}
    assert host.node(NODE).validate_inputs(drawing=drawing, width=48, height=32, frames=9) is True
    with pytest.raises(host.pack("tora_core.errors").TrajectoryError, match=r"points\[0\].x is 'broken'"):
        output(host, drawing)


def test_what_is_nested_as_deep_as_it_may_be_is_read(host):
    # The state is the first level, its editor the second.
    assert output(host, {**state(ACROSS), "editor": nested(62)}).args[0].tracks


def test_an_old_version_is_migrated_step_by_step(host, monkeypatch):
    reader = host.pack("nodes.editor_state")
    monkeypatch.setattr(reader, "STATE_VERSION", 3)
    monkeypatch.setattr(
        reader,
        "MIGRATIONS",
        {
            1: lambda old: {"version": 1, "drawn": old["trajectory"]},
            2: lambda old: {"version": 2, "trajectory": old.pop("drawn")},
        },
    )
    old = state(ACROSS)
    assert reader.read_state(old).tracks[0].radius == 3
    assert old == state(ACROSS)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, None),
        ({"drawing": None, "width": None, "height": None, "frames": None}, None),  # wired in
        ({"drawing": state(ACROSS), "width": None}, None),
        ({"frames": 50}, "frame count is 50, expected 8k+1. The nearest are 49 and 57."),
        ({"frames": 1033}, "frame count is 1033, expected 1 to 1025."),
        ({"width": 725}, "width is 725, expected a multiple of 16 pixels. The nearest are 720 and 736."),
        ({"height": 4112}, "height is 4112, expected 1 to 4096."),
        ({"drawing": state({"points": [{"x": 9e5, "y": 1}]}), "width": 4096}, "x is 76800000.0, expected a number"),
    ],
)
def test_sizes_and_what_is_drawn_are_checked_when_queued_where_they_are_known(host, values, message):
    told = host.node(NODE).validate_inputs(**values)
    assert (told is True) if message is None else message in told


JUNK: tuple[Any, ...] = (
    None,
    True,
    -1,
    1e300,
    float("nan"),
    10**400,
    "",
    "x\ud800",
    [],
    {},
    [[]],
    {"x": 1},
    [None] * 3,
)


def broken_somewhere(dice: random.Random, value: Any) -> Any:
    """A copy with junk in one place."""
    if not isinstance(value, (dict, list)) or not value or dice.random() < 0.2:
        return dice.choice(JUNK)
    copied = copy.copy(value)
    place = dice.choice(list(value)) if isinstance(value, dict) else dice.randrange(len(value))
    copied[place] = broken_somewhere(dice, value[place])
    return copied


def test_whatever_the_state_is_the_queue_gets_an_answer(host):
    dice = random.Random(5)
    answers = [
        host.node(NODE).validate_inputs(drawing=broken_somewhere(dice, state(ACROSS, STILL)), width=48, height=32)
        for _ in range(1500)
    ]
    assert all(answer is True or isinstance(answer, str) for answer in answers)
    assert len(set(answers)) > 50


# --- Other nodes of ComfyUI -------------------------------------------------------------------------------------------


def test_core_reads_the_coordinates_as_the_very_tracks(host, drawn):
    made, length = host.run("WanMoveTracksFromCoords", track_coords=drawn.args[2])
    assert length == 9
    assert torch.equal(made["track_path"], drawn.args[1]["track_path"])


def test_core_takes_the_masks_frame_by_frame_as_visibility(host):
    made = output(host, state(STILL))
    tracks, _ = host.run("WanMoveTracksFromCoords", track_coords=made.args[2], track_mask=made.args[3])
    assert torch.equal(tracks["track_visibility"], made.args[1]["track_visibility"])


def test_core_draws_the_tracks_where_they_are_and_visible(host, drawn):
    (pictures,) = host.run(
        "WanMoveVisualizeTracks", images=torch.zeros(9, 32, 48, 3), tracks=drawn.args[1], line_resolution=1,
        circle_size=2, opacity=1.0, line_width=1,
    )  # fmt: skip
    for frame in range(9):
        assert pictures[frame, 16, 8 + 4 * frame].any() and not pictures[frame, 28].any()
        assert bool(pictures[frame, 4, 30].any()) == SEEN[frame]


def test_core_joins_the_tracks_with_others(host, drawn):
    other, _ = host.run("WanMoveTracksFromCoords", track_coords=drawn.args[2])
    (joined,) = host.run("WanMoveConcatTrack", tracks_1=drawn.args[1], tracks_2=other)
    assert joined["track_path"].shape == (9, 4, 2) and joined["track_visibility"].shape == (9, 4)


class StandInVae:
    """The shapes of Wan's VAE, which is too large for a test; the first latent tells the column by its value."""

    def encode(self, pixels: torch.Tensor) -> torch.Tensor:
        frames, height, width = pixels.shape[:3]
        latents = torch.zeros(1, 16, (frames - 1) // 4 + 1, height // 8, width // 8)
        latents[:, :, 0] = torch.linspace(-1, 1, width // 8)
        return latents


def test_wan_video_nodes_take_tracks_and_coordinates(host):
    size = {"width": 64, "height": 32}
    made = output(host, state(ACROSS, width=64), **size)
    inputs = {
        **{"positive": [[torch.zeros(1, 1), {}]], "negative": [[torch.zeros(1, 1), {}]], "vae": StandInVae()},
        **{**size, "length": 9, "batch_size": 1, "start_image": torch.rand(1, 32, 64, 3)},
    }
    positive, *_ = host.run("WanMoveTrackToVideo", tracks=made.args[1], strength=1.0, **inputs)
    moved, still = positive[0][1]["concat_latent_image"], StandInVae().encode(torch.zeros(9, 32, 64, 3))
    # Latents 1 and 2 are frames 4 and 8: the track is at (24, 16) and (40, 16), cells 3 and 5 of row 2; it began in 1.
    assert (moved != still).any(dim=1).nonzero().tolist() == [[0, 1, 2, 3], [0, 2, 2, 5]]
    assert torch.equal(moved[0, :, 1, 2, 3], still[0, :, 0, 2, 1])


def test_wan_track_to_video_takes_the_coordinates_of_121_frames(host):
    """It reads 121 samples whatever the length of its video, so the editor's frames must say so."""
    size = {"width": 64, "height": 32}
    inputs = {
        **{"positive": [[torch.zeros(1, 1), {}]], "negative": [[torch.zeros(1, 1), {}]], "vae": StandInVae()},
        **{**size, "length": 9, "batch_size": 1, "start_image": torch.rand(1, 32, 64, 3)},
    }
    lower = {**ACROSS, "points": [{"x": 8, "y": 21}, {"x": 40, "y": 21}]}
    made = output(host, state(lower, width=64, frames=121), **size, frames=121)
    positive, *_ = host.run("WanTrackToVideo", tracks=made.args[2], temperature=1.0, topk=1, **inputs)
    told = 1 - positive[0][1]["concat_mask"][0, 0]
    # The first latent is told whole. Four samples make each other one: 2, 17, 32, 47 and 62, 77, 92, 107. Their mean x
    # is 14.5 and 30.5, and of 8 columns from 0 to 64 the nearest are 2 and 3; of 4 rows from 0 to 32 it is 2.
    assert told.shape == (3, 4, 8) and (told[0] == 1).all()
    assert [divmod(int(latent.argmax()), 8) for latent in told[1:]] == [(2, 2), (2, 3)]


def test_our_own_nodes_take_the_trajectory_and_the_tracks_alike(host, drawn):
    plan = host.pack("nodes.encode_motion").plan_flow

    def pictures(*given):
        return plan(*given).draw(0, 9)

    strong = output(host, state({**ACROSS, "radius": 10}))
    flow = pictures(strong.args[0], None, None, (0, 0), 0)
    assert torch.equal(flow, pictures(None, strong.args[1], None, (32, 48), 0)) and (flow[1:] != 1).any()
    images = torch.zeros(9, 32, 48, 3)
    (over,) = host.run("ToraOverlayTrajectory", images=images, trajectory=drawn.args[0])
    assert over[:, 16, 20].any()


# --- The background ---------------------------------------------------------------------------------------------------


def temp_file(reference: dict[str, str]) -> Path:
    import folder_paths

    assert (reference["type"], reference["subfolder"]) == ("temp", "")
    return Path(folder_paths.get_temp_directory()) / reference["filename"]


def test_a_background_comes_back_as_a_small_file_that_tells_its_own_size(host):
    from PIL import Image

    images = torch.zeros(1, 700, 1400, 3)
    images[0, :, :700] = torch.tensor([1.0, 0.5, 0.0])
    (reference,) = output(host, state(ACROSS), background=images).ui["tora_background"]
    assert {key: reference[key] for key in reference if key != "filename"} == {
        **{"subfolder": "", "type": "temp"},
        **{"width": 1400, "height": 700},
    }
    with Image.open(temp_file(reference)) as picture:
        assert (picture.size, picture.format) == ((1280, 640), "JPEG")
        np.testing.assert_allclose(picture.getpixel((300, 300)), (255, 128, 0), atol=4)
        np.testing.assert_allclose(picture.getpixel((1000, 300)), (0, 0, 0), atol=4)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_small_gray_and_transparent_pictures_keep_their_size(host, channels):
    from PIL import Image

    images = torch.full((1, 20, 30, channels), 0.25).half()
    (reference,) = output(host, state(ACROSS), background=images).ui["tora_background"]
    with Image.open(temp_file(reference)) as picture:
        assert picture.size == (30, 20)
        np.testing.assert_allclose(picture.getpixel((3, 3)), (64, 64, 64), atol=2)


def test_the_same_picture_is_the_same_file_and_another_another(host):
    def reference(value: float) -> dict[str, str]:
        return output(host, state(ACROSS), background=torch.full((1, 16, 16, 3), value)).ui["tora_background"][0]

    first = reference(0.5)
    folder = temp_file(first).parent
    count = len(list(folder.iterdir()))
    assert reference(0.5) == first and len(list(folder.iterdir())) == count
    assert reference(0.6) != first and len(list(folder.iterdir())) == count + 1


def frames_on_sheet(reference: dict[str, Any]) -> list[np.ndarray]:
    """The pictures of a sheet, cut out as the browser does it (web/ui/backings.mjs)."""
    from PIL import Image

    width, height = reference["tile_width"], reference["tile_height"]
    across, down = -(-width // 16) * 16, -(-height // 16) * 16
    with Image.open(temp_file(reference)) as sheet:
        assert sheet.width == across * reference["columns"]
        corners = [divmod(i, reference["columns"]) for i in range(reference["count"])]
        return [
            np.asarray(sheet.crop((column * across, row * down, column * across + width, row * down + height)))
            for row, column in corners
        ]


def gray_clip(count: int, height: int, width: int) -> torch.Tensor:
    """Frames of one gray each, black to white."""
    return torch.linspace(0, 1, count)[:, None, None, None].expand(count, height, width, 3).clone()


def test_the_frames_of_a_video_come_back_on_one_sheet_in_their_order(host):
    (reference,) = output(host, state(ACROSS), background=gray_clip(9, 20, 30)).ui["tora_background"]
    assert [reference[key] for key in ("width", "height", "count", "tile_width", "tile_height")] == [30, 20, 9, 30, 20]
    pictures = frames_on_sheet(reference)
    assert {picture.shape for picture in pictures} == {(20, 30, 3)}
    for frame, picture in enumerate(pictures):
        # To the last pixel: a block of JPEG never holds two pictures.
        np.testing.assert_allclose(picture, 255 * frame / 8, atol=3)


def test_a_sheet_of_large_frames_is_small_enough_for_a_browser_and_a_long_clip_is_picked_from(host):
    (large,) = output(host, state(ACROSS), background=torch.zeros(25, 1080, 1920, 3)).ui["tora_background"]
    assert (large["width"], large["height"], large["count"]) == (1920, 1080, 25)
    assert large["tile_width"] * large["tile_height"] * 25 <= 17_100_000
    assert large["tile_width"] / large["tile_height"] == pytest.approx(1920 / 1080, rel=0.005)
    (long,) = output(host, state(ACROSS), background=gray_clip(481, 16, 16)).ui["tora_background"]
    assert long["count"] == 121
    pictures = frames_on_sheet(long)
    for place in (0, 30, 60, 120):  # each fourth of 481
        np.testing.assert_allclose(pictures[place], 255 * 4 * place / 480, atol=3)


def test_pictures_with_values_that_are_no_numbers_come_back_too(host):
    images = torch.full((2, 16, 16, 3), float("nan"))
    images[1] = float("inf")
    (reference,) = output(host, state(ACROSS), background=images).ui["tora_background"]
    assert [int(picture.mean()) for picture in frames_on_sheet(reference)] == [0, 255]


def test_the_same_pictures_are_looked_at_once_while_only_the_drawing_changes(host, monkeypatch):
    images = gray_clip(3, 16, 16)
    first = output(host, state(ACROSS), background=images).ui["tora_background"]
    module = host.pack("nodes.host.temp_picture")
    with monkeypatch.context() as patched:
        patched.setattr(module, "_sheet", None)  # would be called
        assert output(host, state(STILL), background=images).ui["tora_background"] == first
    temp_file(first[0]).unlink()
    assert output(host, state(STILL), background=images).ui["tora_background"] == first
    assert temp_file(first[0]).exists()


def test_a_background_changes_no_output_and_without_one_there_is_no_file(host, drawn):
    made = output(host, state(ACROSS, STILL), background=torch.rand(1, 8, 8, 3))
    assert made.args[0] == drawn.args[0] and torch.equal(made.args[3], drawn.args[3])
    assert drawn.ui["tora_background"] == []


def kept_of(host: Any, monkeypatch: Any, picture: tuple[int, int], frame: tuple[int, int]) -> list[float]:
    """x, y, width and height of what Image to Video gives the VAE, read off a picture of its own coordinates."""
    start = host.pack("nodes.host.start_image")
    monkeypatch.setattr(start, "require_cogvideox_vae", lambda vae: None)
    seen: list[torch.Tensor] = []
    vae = SimpleNamespace(encode=lambda images: seen.append(images) or torch.zeros(1))
    rows, columns = torch.meshgrid(
        torch.arange(picture[1], dtype=torch.float64), torch.arange(picture[0], dtype=torch.float64), indexing="ij"
    )
    start.encode_start_images(vae, torch.stack([columns, rows, rows], -1)[None], (frame[1], frame[0]))

    def line(values: torch.Tensor) -> tuple[float, float]:
        # Pixel i of n lies at low + (i + 1/2) length / n - 1/2; in the middle no border has changed it.
        n = len(values)
        step = float(values[n // 2] - values[n // 2 - 1])
        return float(values[n // 2]) - (n // 2 + 0.5) * step + 0.5, step * n

    (x, width), (y, height) = line(seen[0][0, frame[1] // 2, :, 0]), line(seen[0][0, :, frame[0] // 2, 1])
    return [x, y, width, height]


def test_the_background_is_cropped_in_the_editor_as_image_to_video_crops_it(host, root, monkeypatch):
    # The editor's JavaScript is held to the same file (tests/web/placing.test.mjs).
    cases = json.loads((root / "tests" / "golden" / "editor" / "placing.json").read_text(encoding="utf-8"))
    assert len(cases) > 20
    for case in cases:
        found = kept_of(host, monkeypatch, case["picture"], case["frame"])
        assert found == pytest.approx(case["kept"], abs=1e-6), case


# --- The route, without a server of its own ---------------------------------------------------------------------------


def test_the_route_is_added_once(host):
    import server

    routes = host.pack("nodes.host.routes")
    assert routes.register_routes() is False
    found = [(route.method, route.path) for route in server.PromptServer.instance.routes if "/tora/" in route.path]
    assert sorted(found) == [("GET", routes.FORMATS), ("POST", routes.READ), ("POST", routes.WRITE)]


@pytest.mark.parametrize(
    "module", [None, SimpleNamespace(), SimpleNamespace(PromptServer=type("PromptServer", (), {}))]
)
def test_where_there_is_no_server_nothing_is_added_and_nothing_breaks(host, monkeypatch, module):
    monkeypatch.delitem(sys.modules, "server")
    if module is not None:
        monkeypatch.setitem(sys.modules, "server", module)
    assert host.pack("nodes.host.routes").register_routes() is False


@pytest.mark.parametrize(("head", "most_mib"), [(b"[[1, 2], ", 17), (b"\x93NUMPY\x01\x00", 66)])
def test_an_upload_is_given_up_as_soon_as_it_is_too_large(host, head, most_mib):
    import asyncio

    read = 0

    async def endless():
        nonlocal read
        yield head
        while True:
            read += 1
            yield b" " * 1024 * 1024

    with pytest.raises(host.pack("tora_core.errors").TrajectoryError, match="the upload is larger than"):
        asyncio.run(host.pack("nodes.host.uploads").collected(endless()))
    assert read <= most_mib
