"""The command line as a user meets it: exit codes, one clear line of error, whole files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tora_core import Trajectory
from tora_core.cli import main
from tora_core.commands.sheet import contact_sheet

EXAMPLES = Path(__file__).parents[2] / "examples" / "trajectories"


def run(capsys, *arguments):
    try:
        code = main([str(part) for part in arguments])
    except SystemExit as stop:  # argparse leaves this way
        code = stop.code
    out, err = capsys.readouterr()
    return code, out, err


def test_convert_writes_the_samples_and_says_what_was_lost(capsys, tmp_path):
    source = tmp_path / "drawn.json"
    Trajectory.from_points([[(0, 0), (16, 8)]], width=32, height=16, frames=3).save(source)
    target = tmp_path / "spline.json"
    code, out, err = run(capsys, "trajectory", "convert", source, target, "--to", "spline-editor")
    assert code == 0
    assert out.split() == [str(target)]
    assert json.loads(target.read_text()) == [{"x": 0, "y": 0}, {"x": 8, "y": 4}, {"x": 16, "y": 8}]
    assert "lost:" in err


@pytest.mark.parametrize("motion", [False, True])
def test_draw_makes_a_picture_of_the_canvas(capsys, tmp_path, motion):
    target = tmp_path / "new" / "picture.png"
    extra = ["--motion"] if motion else []
    code, out, _ = run(capsys, "trajectory", "draw", EXAMPLES / "two.json", target, *extra)
    assert code == 0
    assert out.strip() == str(target)
    picture = np.asarray(Image.open(target))
    assert picture.shape == (128, 128, 3)
    assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 20
    assert [path.name for path in target.parent.iterdir()] == ["picture.png"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["trajectory", "draw", "nowhere.json", "a.png"], "nowhere.json"),
        (["trajectory", "draw", "{wave}", "a.jpg"], ".png"),
        (["trajectory", "draw", "{wave}", "a.png", "--motion", "--frame", "17"], "16"),
        (["trajectory", "draw", "{wave}", "a.png", "--frame", "3"], "--motion"),
        (["trajectory", "draw", "{wave}", "a.png", "--background", "{wave}"], "picture"),
        (["generate", "--prompt", "x", "--trajectory", "nowhere.txt"], "nowhere.txt"),
        (["generate", "--prompt", "x", "--out", "video.gif"], ".mp4"),
        (["generate", "--prompt", "x", "--image", "{wave}"], "picture"),
        (["generate", "--prompt", "x", "--image", "{cut}"], "cut.png"),
        (["train", "joint", "--latents", "empty", "--out", "o"], "tora train encode"),
        (["train", "encode", "--vae", "nowhere", "--out", "o"], "nowhere"),
        (["train", "decoder", "--out", "o", "--latents", "empty", "--start", "nowhere"], "tora train encode"),
        (["inspect", "nowhere.safetensors"], "nowhere.safetensors"),
        (["convert", "nowhere.safetensors", "out.safetensors", "--to", "own"], "nowhere.safetensors"),
    ],
)
def test_bad_input_ends_with_code_2_and_one_line(capsys, tmp_path, monkeypatch, arguments, words):
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    cut = tmp_path / "cut.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)).save(cut)
    cut.write_bytes(cut.read_bytes()[:4000])
    code, _, err = run(capsys, *(part.format(wave=EXAMPLES / "wave.json", cut=cut) for part in arguments))
    assert code == 2
    assert words in err
    assert err.splitlines()[-1].startswith("tora: ")
    assert "Traceback" not in err
    assert list(work.iterdir()) == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["generate", "--prompt", "x", "--width", "0"],
        ["generate", "--prompt", "x", "--steps", "many"],
        ["generate", "--prompt", "x", "--strength", "nan"],
        ["generate", "--prompt", "x", "--start", "1.5"],
        ["generate"],
        [],
        ["fly"],
    ],
)
def test_wrong_usage_ends_with_code_2(capsys, arguments):
    code, _, err = run(capsys, *arguments)
    assert code == 2
    assert "usage:" in err


def test_converting_onto_an_input_is_refused_and_leaves_it_as_it_was(capsys, tmp_path):
    path = tmp_path / "drawn.json"
    path.write_bytes((EXAMPLES / "two.json").read_bytes())
    code, _, err = run(capsys, "trajectory", "convert", path, path, "--to", "spline-editor")
    assert code == 2
    assert "drawn.json" in err
    assert path.read_bytes() == (EXAMPLES / "two.json").read_bytes()


def test_interrupt_ends_with_code_130(capsys, monkeypatch):
    from tora_core.commands import trajectory

    def interrupted(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(trajectory, "read_files", interrupted)
    code, _, err = run(capsys, "trajectory", "draw", EXAMPLES / "wave.json", "a.png")
    assert code == 130
    assert "interrupted" in err


def test_sheet_shows_frames_as_they_came_and_with_the_path():
    video = np.full((9, 64, 96, 3), 70, np.uint8)
    tracks = Trajectory.from_points([[(5, 5), (90, 60)]], width=96, height=64, frames=9).sample()
    with_path, without = contact_sheet(video, tracks, "title"), contact_sheet(video, None)
    assert with_path.dtype == np.uint8
    assert with_path.shape[0] > without.shape[0]
    assert (with_path.reshape(-1, 3) == 70).all(axis=1).sum() > 6 * 64 * 96


def test_the_examples_that_ship_are_readable():
    names = {path.name: len(Trajectory.load(path).tracks) for path in EXAMPLES.glob("*.json")}
    assert names == {"arc.json": 1, "wave.json": 1, "circle.json": 1, "two.json": 2}
