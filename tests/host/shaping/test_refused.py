"""What the shaping nodes refuse: when a prompt is queued, and in a run."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

pytestmark = pytest.mark.host

SHAPING = [
    *("ToraTransformTrajectory", "ToraRetimeTrajectory", "ToraSmoothTrajectory", "ToraJitterTrajectory"),
    *("ToraMergeTrajectories", "ToraPickTracks", "ToraFitTrajectory", "ToraOffsetCopies", "ToraCameraMotion"),
    "ToraTrajectoryPreset",
]
TRANSFORM = {
    **{"mirror": "none", "scale": 1.0, "scale_y": 0.0, "rotate": 0.0, "move_x": 0.0, "move_y": 0.0},
    "about": {"about": "canvas"},
}
CAMERA = {"pan": 0.0, "tilt": 0.0, "zoom": 1.0, "roll": 0.0, "start": 0.0, "end": 1.0, "easing": "linear"}
GRID = {"columns": 2, "rows": 1, "clear": 0.0, "width": 96, "height": 64, "frames": 9}
SIZE = {"width": 96, "height": 64, "frames": 9}
PRESET = {**SIZE, "easing": "linear", "start": 0.0, "end": 1.0}
FROM_TO = {"start_x": 0.25, "start_y": 0.5, "end_x": 0.75, "end_y": 0.5}
# A prompt as a program sends it, without errors; each node's constants.
GOOD: dict[str, dict[str, Any]] = {
    "ToraTransformTrajectory": {**TRANSFORM, "about": "point", "about.x": 1.0, "about.y": 2.0, "tracks": "1"},
    "ToraRetimeTrajectory": {"operation": "trim", "operation.start": 0.0, "operation.end": 0.5, "operation.frames": 0},
    "ToraSmoothTrajectory": {"smooth": 1.0, "simplify": 1.0},
    "ToraJitterTrajectory": {"amount": 1.0, "seed": 1},
    "ToraPickTracks": {"tracks": "last"},
    "ToraFitTrajectory": {"width": 64, "height": 64, "method": "crop", "method.left": 0, "method.top": 0},
    "ToraOffsetCopies": {"count": 1, "offset_x": 1.0, "offset_y": 1.0, "delay": 0.0},
    "ToraCameraMotion": {**CAMERA, "how": "as new tracks", **{f"how.{name}": value for name, value in GRID.items()}},
    "ToraTrajectoryPreset": {**PRESET, "preset": "line", **{f"preset.{name}": v for name, v in FROM_TO.items()}},
}


def queue(node: str, constants: dict[str, Any]) -> dict[str, str]:
    """What ComfyUI says of each input when a prompt with this node is queued; {} where it takes it."""
    import execution

    text = {"text": '[{"x": 1, "y": 2}, {"x": 3, "y": 4}]', "width": 64, "height": 64, "frames": 9}
    wired = {} if node == "ToraTrajectoryPreset" else {"trajectory": ["1", 0]}
    if node == "ToraMergeTrajectories":
        wired = {}
    export = {"trajectory": ["2", 0], "format": "tora-json", "save_file": False, "filename_prefix": "x"}
    graph = {
        "1": {"class_type": "ToraTrajectoryFromText", "inputs": text},
        "2": {"class_type": node, "inputs": {**wired, **constants}},
        "3": {"class_type": "ToraExportTrajectory", "inputs": export},
    }
    loop = asyncio.new_event_loop()
    valid, _, _, errors = loop.run_until_complete(execution.validate_prompt("id", graph, None))
    loop.close()
    found: dict[str, str] = {}
    for one in errors.get("2", {}).get("errors", []):
        name = one["extra_info"].get("input_name", "")
        found[name] = f"{found.get(name, '')}{one['message']}: {one['details']}\n"
    assert valid == (not found) and not errors.get("1")
    return found


@pytest.mark.parametrize("node", GOOD)
def test_a_good_prompt_is_queued(host, node):
    assert queue(node, GOOD[node]) == {}


def test_two_wired_trajectories_are_queued_for_merging_and_one_is_not(host):
    both = {"trajectories.trajectory_1": ["1", 0], "trajectories.trajectory_2": ["1", 0]}
    assert queue("ToraMergeTrajectories", both) == {}
    del both["trajectories.trajectory_2"]
    assert "trajectory_2" in queue("ToraMergeTrajectories", both)["trajectories.trajectory_2"]
    both["trajectories.trajectory_5"] = ["1", 0]
    assert "trajectories.trajectory_2" in queue("ToraMergeTrajectories", both)


@pytest.mark.parametrize(
    ("node", "changes", "message"),
    [
        ("ToraTransformTrajectory", {"about.x": 1e9}, "bigger than max"),
        ("ToraTransformTrajectory", {"about": "moon"}, "about is missing, or it is none of the choices"),
        ("ToraTransformTrajectory", {"about": None}, "about is missing, or it is none of the choices"),
        ("ToraTransformTrajectory", {"mirror": "sideways"}, "not in"),
        ("ToraTransformTrajectory", {"tracks": '"a'}, "a double quote that nothing closes"),
        ("ToraRetimeTrajectory", {"operation.end": 0.0}, "end is 0, expected a time after start, which is 0."),
        ("ToraRetimeTrajectory", {"operation.end": float("nan")}, "end is nan, expected a number from 0 to 1."),
        ("ToraRetimeTrajectory", {"operation": "fly"}, "operation is missing, or it is none of the choices"),
        ("ToraRetimeTrajectory", {"tracks": ","}, "which names none"),
        ("ToraRetimeTrajectory", {"operation": "speed", "operation.factor": 0.0}, "factor is 0.0, expected a number"),
        ("ToraRetimeTrajectory", {"operation": "speed", "operation.factor": "x"}, "factor is 'x', expected a number"),
        ("ToraRetimeTrajectory", {"operation": "speed"}, "Required input is missing: factor"),
        ("ToraRetimeTrajectory", {"operation": "ease", "operation.easing": "wild"}, "expected one of linear, in, out"),
        ("ToraRetimeTrajectory", {"operation": "loop", "operation.count": 10**9}, "expected a whole number from 1 to"),
        ("ToraSmoothTrajectory", {"smooth": -1.0}, "smaller than min"),
        ("ToraSmoothTrajectory", {"tracks": "1" * 5000}, "expected a text of at most 2000 characters"),
        ("ToraJitterTrajectory", {"seed": -1}, "smaller than min"),
        ("ToraPickTracks", {"tracks": '1, "'}, "a double quote that nothing closes"),
        ("ToraFitTrajectory", {"width": 0}, "smaller than min"),
        ("ToraFitTrajectory", {"method": "squeeze"}, "method is missing, or it is none of the choices"),
        ("ToraOffsetCopies", {"count": 201}, "bigger than max"),
        ("ToraCameraMotion", {"start": 0.5, "end": 0.5}, "end is 0.5, expected a number from 0.5 to 1."),
        ("ToraCameraMotion", {"start": 2.0}, "start is 2.0, expected a number from 0 to 1."),
        ("ToraCameraMotion", {"how": ["1", 1]}, "how is missing, or it is none of the choices"),
        ("ToraCameraMotion", {"how.width": 17.5, "how.rows": 31}, "bigger than max"),
        ("ToraTrajectoryPreset", {"width": 50}, "width is 50, expected a multiple of 16 pixels."),
        ("ToraTrajectoryPreset", {"frames": 10}, "frame count is 10, expected 8k+1."),
        ("ToraTrajectoryPreset", {"start": 1.0}, "end is 1, expected a time after start, which is 1."),
        ("ToraTrajectoryPreset", {"preset": "heart"}, "preset is missing, or it is none of the choices"),
        ("ToraTrajectoryPreset", {"preset": "circle"}, "Required input is missing: radius"),
    ],
)
def test_what_cannot_be_is_refused_when_queued(host, node, changes, message):
    constants = {name: value for name, value in {**GOOD[node], **changes}.items() if value is not None}
    found = queue(node, constants)
    assert any(message in text for text in found.values()), found


def test_values_that_are_wired_in_are_not_judged_when_queued(host):
    wired = {"operation.start": ["1", 1], "operation.end": 0.5, "operation.frames": ["1", 3]}
    assert "operation.start" in queue("ToraRetimeTrajectory", {"operation": "trim", **wired})  # INT is no FLOAT there
    frames = {**GOOD["ToraRetimeTrajectory"], "operation.frames": ["1", 3]}
    assert queue("ToraRetimeTrajectory", frames) == {}
    sizes = {"width": ["1", 1], "height": ["1", 2], "frames": ["1", 3]}
    assert queue("ToraTrajectoryPreset", {**GOOD["ToraTrajectoryPreset"], **sizes}) == {}
    assert queue("ToraCameraMotion", {**GOOD["ToraCameraMotion"], "tracks": "1"}) == {}


@pytest.mark.parametrize("node", SHAPING)
def test_a_choice_that_never_came_is_told_in_words_when_run(host, drawn, error, node):
    (dynamic,) = [i.id for i in host.node(node).GET_SCHEMA().inputs if "DYNAMIC" in i.get_io_type()] or [None]
    if dynamic is None:
        return
    defaults = {i.id: i.as_dict().get("default") for i in host.node(node).GET_SCHEMA().inputs if i.id != dynamic}
    values = {name: value for name, value in defaults.items() if value is not None}
    if "trajectory" in defaults:
        values["trajectory"] = drawn
    with pytest.raises(error, match=f"{dynamic} is missing"):
        host.run(node, **values)


@pytest.mark.parametrize(
    ("node", "values"),
    [
        ("ToraTransformTrajectory", {**TRANSFORM, "rotate": float("nan")}),
        ("ToraTransformTrajectory", {**TRANSFORM, "move_x": float("inf")}),
        ("ToraTransformTrajectory", {**TRANSFORM, "about": {"about": "point", "x": float("nan"), "y": 0.0}}),
        ("ToraRetimeTrajectory", {"operation": {"operation": "speed", "factor": float("nan")}}),
        ("ToraSmoothTrajectory", {"smooth": float("nan"), "simplify": 0.0}),
        ("ToraSmoothTrajectory", {"smooth": 0.0, "simplify": float("nan")}),
        ("ToraJitterTrajectory", {"amount": float("nan"), "seed": 0}),
        ("ToraOffsetCopies", {"count": 1, "offset_x": float("nan"), "offset_y": 0.0, "delay": 0.0}),
        ("ToraCameraMotion", {**CAMERA, "zoom": float("nan"), "how": {"how": "added to tracks"}}),
        ("ToraCameraMotion", {**CAMERA, "how": {"how": "as new tracks", **GRID, "clear": float("nan")}}),
        ("ToraTrajectoryPreset", {**PRESET, "preset": {"preset": "line", **FROM_TO, "end_x": float("nan")}}),
        (
            "ToraTransformTrajectory",
            {**TRANSFORM, "scale": 100.0, "move_x": 99_999.0, "about": {"about": "point", "x": 1e5, "y": 1e5}},
        ),
    ],
)
def test_numbers_that_are_none_and_points_too_far_away_are_refused(host, drawn, error, node, values):
    given = {} if node == "ToraTrajectoryPreset" else {"trajectory": drawn}
    with pytest.raises(error):
        host.run(node, **given, **values)


def test_no_node_writes_to_what_it_is_given(host, drawn):
    before = drawn.to_json()
    for node, values in (
        ("ToraTransformTrajectory", {**TRANSFORM, "scale": 2.0}),
        ("ToraRetimeTrajectory", {"operation": {"operation": "loop", "count": 2}}),
        ("ToraOffsetCopies", {"count": 1, "offset_x": 2.0, "offset_y": 2.0, "delay": 0.1}),
        ("ToraJitterTrajectory", {"amount": 2.0, "seed": 0}),
        ("ToraFitTrajectory", {"width": 9, "height": 9, "method": {"method": "cover"}}),
        ("ToraCameraMotion", {**CAMERA, "zoom": 2.0, "how": {"how": "cancelled from tracks"}}),
    ):
        made = host.run(node, trajectory=drawn, **values)[0]
        assert made != drawn, node
    assert drawn.to_json() == before
