"""The shaping nodes in a prompt as a program sends it: choices with inputs of their own, and inputs that grow."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest

pytestmark = pytest.mark.host

SIZE = {"width": 96, "height": 64, "frames": 9}
LINE = {"preset.start_x": 0.25, "preset.start_y": 0.5, "preset.end_x": 0.75, "preset.end_y": 0.5}
PRESET = {**SIZE, "preset": "line", **LINE, "easing": "linear", "start": 0.0, "end": 1.0, "name": "line"}
STILL = {"pan": 0.0, "tilt": 0.0, "zoom": 1.0, "roll": 0.0, "start": 0.0, "end": 1.0, "easing": "linear"}
GRID = {"how.columns": 2, "how.rows": 1, "how.clear": 0.0, "how.width": 96, "how.height": 64, "how.frames": 9}


def prompt(**nodes: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    """These nodes, and the trajectory of the last of them as the text of spline editors."""
    made = {name: {"class_type": kind, "inputs": inputs} for name, (kind, inputs) in nodes.items()}
    export = {"trajectory": [list(nodes)[-1], 0], "format": "spline-editor", "save_file": False}
    made["export"] = {"class_type": "ToraExportTrajectory", "inputs": {**export, "filename_prefix": "x"}}
    made["text"] = {"class_type": "PreviewAny", "inputs": {"source": ["export", 0]}}
    return made


def test_a_chain_of_shaping_nodes_gives_the_places_that_it_should(live):
    run = live.run(
        prompt(
            line=("ToraTrajectoryPreset", PRESET),  # (24, 32) to (72, 32), 6 px a frame
            turned=(
                "ToraTransformTrajectory",
                {
                    "trajectory": ["line", 0],
                    **{"mirror": "none", "scale": 0.5, "scale_y": 0.0, "rotate": 90.0, "move_x": 0.0, "move_y": 0.0},
                    **{"about": "point", "about.x": 24.0, "about.y": 32.0},
                },  # (24, 32) to (24, 56)
            ),
            back=("ToraRetimeTrajectory", {"trajectory": ["turned", 0], "operation": "reverse"}),
            both=(
                "ToraMergeTrajectories",
                {"trajectories.trajectory_1": ["back", 0], "trajectories.trajectory_2": ["line", 0]},
            ),
            seen=(
                "ToraCameraMotion",
                {"trajectory": ["both", 0], **STILL, "pan": 16.0, "how": "as new tracks", **GRID},
            ),
            some=("ToraPickTracks", {"trajectory": ["seen", 0], "tracks": "1, camera 1.2"}),
            fitted=(
                "ToraFitTrajectory",
                {
                    **{"trajectory": ["some", 0], "width": 80, "height": 60},
                    **{"method": "crop", "method.left": 10, "method.top": 2},
                },
            ),
        )
    )
    assert run.end == "success"
    (text,) = run.outputs["text"]["text"]
    (turned, camera) = json.loads(text)
    assert [(p["x"], p["y"]) for p in turned] == [(14, 54 - 3 * f) for f in range(9)]
    assert [(p["x"], p["y"]) for p in camera] == [(61.5 - 2 * f, 29.5) for f in range(9)]


def test_an_unknown_choice_is_refused_before_anything_runs(live):
    refusal = sys.modules[type(live).__module__].PromptRefusedError
    fly = ("ToraRetimeTrajectory", {"trajectory": ["line", 0], "operation": "fly"})
    with pytest.raises(refusal, match="operation is missing, or it is none of the choices"):
        live.run(prompt(line=("ToraTrajectoryPreset", PRESET), fly=fly))
