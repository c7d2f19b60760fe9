"""Flow and picture against the published reference (tests/golden/flow says how its values were made)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from tora_core.motion import flow_to_rgb, render_flow, render_motion
from tora_core.trajectory import Tracks

GOLDEN = Path(__file__).parents[1] / "golden" / "flow" / "reference.npz"


@pytest.fixture(params=["corners", "right", "narrow"])
def case(request):
    with np.load(GOLDEN) as arrays:
        return {name: arrays[f"{request.param}_{name}"] for name in ("size", "points", "flow", "flow_frames", "rgb")}


def tracks_of(case) -> Tracks:
    return Tracks(case["points"], size=tuple(case["size"].tolist()))


def share_off_by_more_than_one(picture: torch.Tensor, expected: np.ndarray) -> float:
    levels = (picture * 255).round().int().numpy()
    return float((np.abs(levels - expected.astype(int)) > 1).any(-1).mean())


def test_flow_is_the_references_within_two_thousandths_of_the_largest_value(case):
    expected = case["flow"].astype(np.float32)
    flow = render_flow(tracks_of(case)).numpy()
    assert flow.shape == (case["points"].shape[1], *case["size"], 2)
    assert np.abs(flow[case["flow_frames"]] - expected).max() < 2e-3 * np.abs(expected).max()


def test_picture_is_the_references_within_one_of_255_on_all_but_a_thousandth_of_the_pixels(case):
    picture = render_motion(tracks_of(case))
    assert picture.shape == case["rgb"].shape
    assert share_off_by_more_than_one(picture, case["rgb"]) < 1e-3


def test_the_two_steps_give_the_references_picture_as_well(case):
    picture = flow_to_rgb(render_flow(tracks_of(case)))
    assert share_off_by_more_than_one(picture, case["rgb"]) < 1e-3
