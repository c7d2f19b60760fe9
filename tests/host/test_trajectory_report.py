"""Trajectory Report inside ComfyUI: the figures, the pictures, what it takes and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

pytestmark = pytest.mark.host

H, W, F = 64, 96, 9
DIAGONAL = float(np.hypot(H, W))


def square(steps: list[tuple[int, int]]) -> torch.Tensor:
    """IMAGE: a bright square of 13 px whose middle pixel is where the steps say, on gray."""
    frames = torch.full((len(steps), H, W, 3), 60 / 255)
    for frame, (x, y) in zip(frames, steps, strict=True):
        frame[y - 6 : y + 7, x - 6 : x + 7] = torch.tensor([220, 200, 40]) / 255
    return frames


VIDEO = square([(30 + 4 * f, 30) for f in range(F)])


def drawing(host: Any, *tracks: Any, width: int = W, height: int = H, frames: int = F) -> Any:
    trajectory = host.pack("tora_core.trajectory")
    made = tuple(trajectory.Track(points, "polyline") for points in tracks)
    return trajectory.Trajectory(width=width, height=height, frames=frames, tracks=made)


def report(host: Any, images: torch.Tensor = VIDEO, tracker: Any = None, **more: Any) -> Any:
    return host.run("ToraTrajectoryReport", images=images, tracker=tracker or {"tracker": "points"}, **more)


def error(host: Any) -> type[Exception]:
    return host.pack("tora_core.errors").ToraError


@pytest.mark.parametrize(
    "tracker",
    [{"tracker": "points", "radius": 0.0}, {"tracker": "salient"}, {"tracker": "color", "color": "#dcc828"}],
    ids=lambda given: given["tracker"],
)
def test_a_thing_that_stays_behind_is_measured_as_by_hand(host, tracker):
    """Asked are 6 px a frame, it goes 4: 2 f px off, on average 8 px; 5 % of the diagonal are 5.77, so frames 0-2."""
    asked = drawing(host, [(30, 30), (78, 30)])
    picture, overlay, distance, near, found, text = report(host, tracker=tracker, trajectory=asked)
    assert distance == pytest.approx(8, abs=0.2) and near == pytest.approx(3 / 9) and found == 1
    assert picture.shape[0] == 1 and picture.shape[2] >= 900 and picture.min() >= 0 and picture.max() <= 1
    assert overlay.shape == VIDEO.shape and (overlay != VIDEO).any()
    figures = json.loads(text)
    assert figures["overall"]["euclidean_px"] == distance and figures["overall"]["near_share"] == near
    assert figures["tracks"][0]["distance_px"] == pytest.approx([2 * f for f in range(F)], abs=0.3)


def test_the_trackers_are_the_librarys(host):
    node = host.node("ToraTrajectoryReport")
    (tracker,) = (given for given in node.GET_SCHEMA().inputs if given.id == "tracker")
    assert [option.key for option in tracker.options] == list(host.pack("tora_core.evaluation.following").TRACKERS)


def test_lost_frames_count_as_half_the_diagonal(host):
    video = VIDEO.clone()
    video[3:] = 60 / 255
    _, _, distance, near, found, _ = report(host, video, trajectory=drawing(host, [(30, 30), (62, 30)]))
    assert distance == pytest.approx(6 / 9 * DIAGONAL / 2, abs=0.1)
    assert near == found == pytest.approx(3 / 9)


def test_a_trajectory_of_another_size_and_length_is_brought_to_the_videos(host, monkeypatch):
    said = []
    monkeypatch.setattr(host.pack("nodes.host.status"), "show_on_node", lambda node, text: said.append(text))
    half = drawing(host, [(15, 15), (31, 15)], width=W // 2, height=H // 2, frames=49)
    _, _, distance, near, *_ = report(host, trajectory=half)
    assert distance < 0.2 and near == 1
    assert "49 frames, stretched over 9 pictures" in said[0] and "100 % within 5 %" in said[0]
    report(host, trajectory=drawing(host, [(30, 30), (62, 30)]))
    assert "stretched" not in said[1]


def test_tracks_are_taken_in_the_pictures_own_pixels(host):
    path = torch.tensor([[[30.0 + 4 * f, 30.0], [500.0, 30.0]] for f in range(F)])
    *_, distance, near, found, text = report(host, tracks={"track_path": path})
    assert distance < 0.2 and near == found == 1
    assert json.loads(text)["tracks"][1]["error"] is None


def test_one_picture_and_an_alpha_channel_are_no_error(host):
    picture = torch.cat([VIDEO[:1], torch.ones(1, H, W, 1)], dim=-1)
    _, overlay, distance, *_ = report(host, picture, trajectory=drawing(host, [(30, 30), (62, 30)]))
    assert distance == 0 and overlay.shape == (1, H, W, 3)


def test_the_node_shows_its_report_as_a_preview(host):
    with torch.inference_mode():
        output = host.node("ToraTrajectoryReport").EXECUTE_NORMALIZED(
            images=VIDEO, tracker={"tracker": "points"}, trajectory=drawing(host, [(30, 30), (62, 30)])
        )
    (shown,) = output.ui["images"] if isinstance(output.ui, dict) else output.ui.as_dict()["images"]
    import folder_paths
    from PIL import Image

    with Image.open(Path(folder_paths.get_temp_directory(), shown["subfolder"], shown["filename"])) as picture:
        assert picture.size == (output.args[0].shape[2], output.args[0].shape[1])


def test_the_command_gives_the_same_figures_and_picture(host, tmp_path):
    """The node and `tora evaluate --video` of the same frames and trajectory."""
    from PIL import Image

    video = host.pack("tora_core.video")
    file = tmp_path / "clip.mp4"
    video.write_video(file, (VIDEO * 255).round().to(torch.uint8).numpy())
    frames, _ = video.read_video(file)
    asked = drawing(host, [(30, 30), (70, 34)])
    asked.save(tmp_path / "path.json")
    parts = ["evaluate", "--video", file, "--trajectory", tmp_path / "path.json", "--out", tmp_path / "out"]
    assert host.pack("tora_core.cli").main([str(part) for part in parts]) == 0
    picture, *_, text = report(host, torch.from_numpy(frames).float() / 255, trajectory=asked)
    assert json.loads((tmp_path / "out" / "figures.json").read_text()) == json.loads(text)
    with Image.open(tmp_path / "out" / "paths.png") as written:
        assert (np.asarray(written) == (picture[0] * 255).round().to(torch.uint8).numpy()).all()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (lambda host: {}, "nothing is wired into Trajectory Report"),
        (lambda host: {"trajectory": drawing(host)}, "there are no tracks"),
        (lambda host: {"trajectory": drawing(host, [(-50, 3), (-40, 3)])}, "no point of the tracks is visible inside"),
        (
            lambda host: {"trajectory": drawing(host, [(3, 3)], [(9, 9)]), "tracker": {"tracker": "salient"}},
            "follows one thing, but there are 2",
        ),
        (
            lambda host: {"trajectory": drawing(host, [(3, 3)]), "tracker": {"tracker": "color", "color": "red"}},
            "six hex digits",
        ),
        (lambda host: {"trajectory": drawing(host, [(3, 3)]), "tracker": {}}, "no|missing"),
        (lambda host: {"tracks": {"track_path": torch.zeros(4, 1, 2)}}, "4 frames, but there are 9 pictures"),
        (
            lambda host: {"trajectory": drawing(host, [(3, 3)]), "tracks": {"track_path": torch.zeros(9, 1, 2)}},
            "trajectory and tracks is wired",
        ),
        (lambda host: {"trajectory": drawing(host, [(3, 3)]), "images": VIDEO[..., :1]}, "RGB"),
        (lambda host: {"trajectory": drawing(host, [(3, 3)]), "images": VIDEO[:0]}, "."),
    ],
)
def test_what_can_not_be_measured_is_told(host, given, message):
    with pytest.raises(error(host), match=message):
        host.run("ToraTrajectoryReport", **{"images": VIDEO, "tracker": {"tracker": "points"}, **given(host)})


def test_nan_in_the_pictures_is_no_error(host):
    video = VIDEO.clone()
    video[4, 0, 0] = torch.nan
    assert report(host, video, trajectory=drawing(host, [(30, 30), (62, 30)]))[2] < 0.3


def test_an_interrupt_ends_the_measuring(host):
    import comfy.model_management

    comfy.model_management.interrupt_current_processing(True)
    try:
        with pytest.raises(comfy.model_management.InterruptProcessingException):
            report(host, trajectory=drawing(host, [(30, 30), (62, 30)]))
    finally:
        comfy.model_management.interrupt_current_processing(False)


def test_what_is_wired_and_typed_wrong_is_told_when_queued(host):
    check = host.node("ToraTrajectoryReport").validate_inputs
    wired = {"images": "IMAGE", "trajectory": "TORA_TRAJECTORY"}
    assert check(input_types=wired, tracker={"tracker": "points", "radius": 0.0}) is True
    assert check(input_types=wired, tracker=None) is True
    assert "nothing is wired" in check(input_types={"images": "IMAGE"}, tracker=None)
    assert "trajectory and tracks" in check(input_types={**wired, "tracks": "TRACKS"}, tracker=None)
    assert "six hex digits" in check(input_types=wired, tracker={"tracker": "color", "color": "#12"})
    assert check(input_types={**wired, "images": "LATENT"}) == "images is wired to LATENT, expected IMAGE."
