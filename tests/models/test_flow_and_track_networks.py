"""RAFT and CoTracker: shapes, sizes and errors. Real weights come with neither, so what they find is not tested."""

from __future__ import annotations

import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tora_core import CheckpointError, ToraError
from tora_core.models.cotracker import load_cotracker, track_with_cotracker
from tora_core.models.optical_flow import load_raft, raft_flow
from tora_core.tracking.dis_flow import video_flow
from tora_core.tracking.points import track_points
from tora_core.tracking.steps import DenseSteps

FRAMES = np.random.default_rng(0).integers(0, 255, (3, 50, 70, 3), np.uint8)


class Shift(torch.nn.Module):
    """In the place of RAFT: what it is given, and a flow of 3 px to the right and 1 down everywhere."""

    def forward(self, one: torch.Tensor, other: torch.Tensor, num_flow_updates: int = 12) -> list[torch.Tensor]:
        self.got, self.updates = (one, other), num_flow_updates
        flow = torch.tensor([3.0, 1.0]).view(1, 2, 1, 1).expand(1, 2, *one.shape[-2:])
        return [torch.zeros_like(flow), flow]


def test_frames_go_to_the_network_in_its_range_and_size_and_the_last_flow_comes_back():
    network = Shift()
    flow = raft_flow(network, updates=5)(FRAMES[0], FRAMES[1])
    one, other = network.got
    assert flow.shape == (50, 70, 2) and flow.dtype == np.float32 and (flow == (3, 1)).all()
    assert one.shape == other.shape == (1, 3, 128, 128) and network.updates == 5
    expected = torch.from_numpy(FRAMES[1]).permute(2, 0, 1) / 127.5 - 1
    torch.testing.assert_close(other[0, :, :50, :70], expected)
    assert (other[0, :, 50:, 5] == other[0, :, 49:50, 5]).all()  # continued, not black


@pytest.mark.parametrize(
    ("size", "grown"), [((128, 136), (128, 136)), ((130, 200), (136, 200)), ((1, 300), (128, 304))]
)
def test_pictures_grow_to_multiples_of_eight_that_raft_takes(size, grown):
    network = Shift()
    assert raft_flow(network)(*np.zeros((2, *size, 3), np.uint8)).shape == (*size, 2)
    assert tuple(network.got[0].shape[-2:]) == grown


def test_a_network_is_a_method_of_the_trackers_and_of_the_flow_of_a_video():
    assert (video_flow(FRAMES, flow_of=raft_flow(Shift()))[1:] == (3, 1)).all()
    positions, _ = track_points(FRAMES, [[20, 20]], method=DenseSteps(raft_flow(Shift())))
    assert positions.shape == (1, 3, 2)
    with pytest.raises(ToraError, match="updates is 0"):
        raft_flow(Shift(), updates=0)


@pytest.mark.parametrize("form", [".pth", ".safetensors"])
def test_random_weights_of_torchvisions_raft_are_read_and_give_a_flow(tmp_path: Path, form: str):
    optical_flow = pytest.importorskip("torchvision.models.optical_flow")
    torch.manual_seed(0)
    network = optical_flow.raft_small(weights=None).eval()
    path = tmp_path / f"raft{form}"
    if form == ".pth":
        torch.save(network.state_dict(), path)
    else:
        from safetensors.torch import save_file

        save_file(network.state_dict(), path)
    read = load_raft(path)
    found = raft_flow(read, updates=2)(FRAMES[0], FRAMES[1])
    assert found.shape == (50, 70, 2) and np.isfinite(found).all()
    np.testing.assert_array_equal(found, raft_flow(network, updates=2)(FRAMES[0], FRAMES[1]))


def test_files_that_are_no_raft_are_told(tmp_path: Path):
    pytest.importorskip("torchvision")
    with pytest.raises(CheckpointError, match="there is no file"):
        load_raft(tmp_path / "none.pth")
    (tmp_path / "text.pth").write_text("hello")
    with pytest.raises(CheckpointError, match="can't be read"):
        load_raft(tmp_path / "text.pth")
    torch.save({"weight": torch.zeros(2)}, tmp_path / "other.pth")
    with pytest.raises(CheckpointError, match="holds 1 tensors"):
        load_raft(tmp_path / "other.pth")
    torch.save([1, 2], tmp_path / "list.pth")
    with pytest.raises(CheckpointError, match="no plain table"):
        load_raft(tmp_path / "list.pth")


def test_without_torchvision_raft_says_so(monkeypatch: pytest.MonkeyPatch):
    for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "torchvision", None)
    with pytest.raises(ToraError, match="pip install torchvision"):
        load_raft("raft.pth")


# ---- CoTracker


class Predictor(torch.nn.Module):
    """In the place of CoTracker's predictor: every point goes 10 px to the right a frame, seen in even frames."""

    def __init__(self, checkpoint: str = "") -> None:
        super().__init__()
        self.checkpoint = checkpoint

    def forward(self, video: torch.Tensor, queries: torch.Tensor, backward_tracking: bool) -> Any:
        self.got = (video, queries, backward_tracking)
        at = torch.arange(video.shape[1]).float()
        tracks = queries[:, None, :, 1:].repeat(1, len(at), 1, 1)
        tracks[..., 0] += 10 * (at[None, :, None] - queries[:, None, :, 0])
        return tracks, (at % 2 == 0)[None, :, None].expand(tracks.shape[:3])


def test_cotracker_gets_frames_and_queries_and_its_answer_is_turned_round():
    predictor = Predictor()
    positions, visible = track_with_cotracker(predictor, FRAMES, [[30, 20], [65, 5]], start_frame=0)
    video, queries, both_ways = predictor.got
    assert video.shape == (1, 3, 3, 50, 70) and float(video.max()) > 200 and both_ways
    assert queries.tolist() == [[[0, 30, 20], [0, 65, 5]]]
    assert positions[0].tolist() == [[30, 20], [40, 20], [50, 20]]
    assert visible.tolist() == [[True, False, True], [True, False, False]]  # the second leaves the frame


def test_no_points_ask_nothing_of_cotracker_and_wrong_shapes_are_told():
    assert track_with_cotracker(None, FRAMES, [])[0].shape == (0, 3, 2)
    with pytest.raises(ToraError, match="another version"):
        track_with_cotracker(lambda video, **_: (torch.zeros(1, 2, 1, 2), torch.zeros(1, 2, 1)), FRAMES, [[1, 1]])
    with pytest.raises(ToraError, match="start_frame is 7"):
        track_with_cotracker(Predictor(), FRAMES, [[1, 1]], start_frame=7)


def test_without_its_package_or_weights_cotracker_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "cotracker", None)
    with pytest.raises(ToraError, match="not installed"):
        load_cotracker(tmp_path / "cotracker.pth")
    package = types.ModuleType("cotracker.predictor")
    package.CoTrackerPredictor = Predictor
    monkeypatch.setitem(sys.modules, "cotracker", types.ModuleType("cotracker"))
    monkeypatch.setitem(sys.modules, "cotracker.predictor", package)
    with pytest.raises(CheckpointError, match="there is no file"):
        load_cotracker(tmp_path / "cotracker.pth")
    (tmp_path / "cotracker.pth").write_bytes(b"x")
    assert load_cotracker(tmp_path / "cotracker.pth").checkpoint.endswith("cotracker.pth")
    package.CoTrackerPredictor = lambda checkpoint: torch.load(checkpoint)
    with pytest.raises(CheckpointError, match="CoTracker refused"):
        load_cotracker(tmp_path / "cotracker.pth")
