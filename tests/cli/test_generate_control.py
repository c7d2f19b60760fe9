"""`tora generate --controlnet` and `tora evaluate --controlnet` on the bundled model, with few steps."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from PIL import Image

from tora_core import video as video_module
from tora_core.checkpoints import save_controlnet
from tora_core.cli import main
from tora_core.commands.control import read_pictures
from tora_core.models.controlnet import CogVideoXControlNet, ControlNetSize
from tora_core.pipelines.loading import BUNDLED
from tora_core.video import write_video


@pytest.fixture(scope="module")
def net(tmp_path_factory):
    """A random one that fits the bundled model."""
    torch.manual_seed(0)
    made = CogVideoXControlNet(ControlNetSize(1, 64, time=16, text=128, out=192, sine=False))
    for parameter in made.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    return save_controlnet(made, tmp_path_factory.mktemp("control") / "net")


@pytest.fixture(scope="module")
def hint(tmp_path_factory):
    """A square that moves, as a video of 20 frames."""
    frames = np.zeros((20, 64, 64, 3), np.uint8)
    for index in range(20):
        frames[index, 16:40, index : index + 24] = (220, 60, 40)
    return write_video(tmp_path_factory.mktemp("hint") / "hint.mp4", frames, 8)


def generate(tmp_path, *extra, name="video.mp4"):
    small = ["--prompt", "a red square", "--width", 64, "--height", 64, "--frames", 9, "--steps", 2]
    return main([str(part) for part in ["generate", *small, "--out", tmp_path / name, *extra]])


def test_it_changes_the_video_and_does_nothing_at_strength_0(tmp_path, monkeypatch, capsys, net, hint):
    frames = []
    monkeypatch.setattr(video_module, "write_video", lambda path, video, fps: frames.append(video))
    given = ("--controlnet", net, "--control-video", hint)
    for name, extra in {
        "plain": (),
        "off": (*given, "--control-strength", 0),
        "as it is": given,
        "edges": (*given, "--control-edges"),
        "late": (*given, "--control-start", 0.9, "--control-end", 0.9),
    }.items():
        assert generate(tmp_path, *extra, name=f"{name}.mp4") == 0
    plain, off, as_is, edged, late = frames
    assert np.array_equal(plain, off) and np.array_equal(plain, late)
    assert not np.array_equal(plain, as_is) and not np.array_equal(as_is, edged)
    assert capsys.readouterr().err.count("the ControlNet does nothing") == 2


def test_a_picture_stands_for_all_frames_and_of_a_video_the_first_are_read(tmp_path, hint):
    Image.new("L", (8, 6), 255).save(tmp_path / "a.png")
    assert read_pictures(tmp_path / "a.png", 9).shape == (1, 6, 8, 3)
    assert read_pictures(hint, 9).shape == (9, 64, 64, 3)


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        (("--controlnet", "NET"), "--control-video is missing"),
        (("--control-video", "HINT"), "--controlnet is missing"),
        (("--control-edges",), "--control-edges is given without"),
        (("--controlnet", "nowhere", "--control-video", "HINT"), "nowhere"),
        (("--controlnet", "NET", "--control-video", "nowhere.mp4"), "nowhere.mp4"),
        (("--controlnet", "BASE", "--control-video", "HINT"), "is a whole CogVideoX"),
        (("--controlnet", "NET", "--control-video", "HINT", "--frames", 25), "hint has 20 pictures, the video 25"),
        (("--controlnet", "NET", "--control-video", "HINT", "--control-start", 1, "--control-end", 0), "start is 1"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_can_not_be_is_refused_in_one_line_and_nothing_is_left(tmp_path, capsys, net, hint, extra, words):
    places = {"NET": net, "HINT": hint, "BASE": BUNDLED / "t2v" / "transformer"}
    assert generate(tmp_path / "out", *(places.get(part, part) for part in extra)) == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("tora: ") and words in last, last
    assert not (tmp_path / "out").exists()


def test_evaluate_measures_edges_with_and_without_it(tmp_path, capsys, net):
    arguments = ["evaluate", "--controlnet", net, "--count", 1, "--frames", 9, "--steps", 1, "--out", tmp_path]
    assert main([str(part) for part in arguments]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["clip"]["edges"]["f1"] > 0.9, "the clip's own edges agree with its hint"
    cases = [figures[name]["edges"]["f1"] for name in ("neither", "controlnet", "motion", "both")]
    assert len(set(cases)) > 1 and all(0 <= case <= 1 for case in cases)
    assert Image.open(tmp_path / "00_edges.png").size == (6 * 128, 6 * 128)
