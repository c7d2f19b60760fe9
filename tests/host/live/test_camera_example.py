"""What the example tora_camera_and_still_object says of things that are held still, measured on the demo model."""

from __future__ import annotations

import copy
import io
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from tora_core.tracking.color import locate_color

pytestmark = [pytest.mark.host, pytest.mark.slow]

EXAMPLE = Path(__file__).resolve().parents[3] / "example_workflows" / "tora_camera_and_still_object.json"
RED, HELD = (208, 48, 48), (34.0, 34.0)
"""The square that is held, and where; the other one stays below y = 66."""


@pytest.fixture(scope="module")
def prompt(workflow_scripts: dict[str, ModuleType], object_info: dict[str, Any]) -> dict[str, Any]:
    return workflow_scripts["workflow_prompt"].to_prompt(json.loads(EXAMPLE.read_text("utf-8")), object_info)


def held(live: Any, prompt: dict[str, Any]) -> tuple[float, float]:
    """In which share of the frames the red square is found, and how far from its place on average, in pixels."""
    import av

    (saver,) = [number for number, node in prompt.items() if node["_meta"]["title"] == "Save the video"]
    run = live.run(prompt, timeout_s=600)
    assert run.end == "success"
    (file,) = live.output_files(run, saver)
    with av.open(io.BytesIO(file.read_bytes())) as container:
        frames = np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])
    places, found = locate_color(frames[:, :66, :66], RED)
    return float(found.mean()), float(np.linalg.norm(places[found] - HELD, axis=1).mean())


def test_a_small_circle_holds_a_thing_in_its_place(live, prompt):
    share, far = held(live, prompt)
    assert share >= 0.9 and far < 8


def test_a_point_that_stands_still_does_not(live, prompt):
    still = copy.deepcopy(prompt)
    (preset,) = [node for node in still.values() if node["class_type"] == "ToraTrajectoryPreset"]
    preset["inputs"]["preset.radius"] = 0.0
    share, _ = held(live, still)
    assert share <= 0.3
