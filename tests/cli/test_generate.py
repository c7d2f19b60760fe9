"""`tora generate` and `tora evaluate` on the bundled model, as a user runs them, with few steps."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tora_core import video as video_module
from tora_core.cli import main
from tora_core.commands.held_out import FIRST_SEED, held_out_clips
from tora_core.training.synthetic import draw_clip
from tora_core.video import read_video

WAVE = Path(__file__).parents[2] / "examples" / "trajectories" / "wave.json"


def generate(tmp_path, *extra, name="video.mp4"):
    arguments = ["generate", "--prompt", "a red circle on a gray background", "--trajectory", WAVE, "--steps", 2]
    return main([str(part) for part in [*arguments, "--out", tmp_path / name, *extra]])


def test_it_leaves_a_video_of_the_asked_size_and_a_picture_and_nothing_else(tmp_path, capsys):
    folder = tmp_path / "new"
    assert generate(folder, "--width", 96, "--height", 64, "--frames", 9, "--fps", 12) == 0
    frames, fps = read_video(folder / "video.mp4")
    assert frames.shape == (9, 64, 96, 3)
    assert fps == 12
    assert Image.open(folder / "video.png").width > 96
    assert sorted(path.name for path in folder.iterdir()) == ["video.mp4", "video.png"]
    assert capsys.readouterr().out.split() == [str(folder / "video.mp4"), str(folder / "video.png")]


def test_the_same_seed_gives_the_same_frames_and_strength_others(tmp_path, monkeypatch):
    frames = []
    monkeypatch.setattr(video_module, "write_video", lambda path, video, fps: frames.append(video))
    small = ("--width", 64, "--height", 64, "--frames", 9)
    for name, extra in (("a", ()), ("b", ()), ("c", ("--strength", 0)), ("d", ("--seed", 1))):
        assert generate(tmp_path, *small, *extra, name=f"{name}.mp4") == 0
    a, b, c, d = frames  # before they are encoded: x264 does not promise the same bytes
    assert np.array_equal(a, b)
    assert not np.array_equal(a, c)
    assert not np.array_equal(a, d)


def test_an_image_makes_it_image_to_video(tmp_path, capsys):
    image = tmp_path / "first.png"
    Image.fromarray(draw_clip(3, frames=1).frames[0]).save(image)
    assert generate(tmp_path, "--image", image, "--frames", 9) == 0
    assert "image to video" in capsys.readouterr().err
    assert read_video(tmp_path / "video.mp4")[0].shape == (9, 128, 128, 3)


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        (("--frames", 20), ("17", "25")),
        (("--width", 100), ("96", "112")),
        (("--start", 0.8, "--end", 0.2), ("start",)),
        (("--model", "nowhere"), ("nowhere",)),
        (("--device", "quantum"), ("quantum",)),
    ],
)
def test_what_can_not_be_is_refused_in_one_line_and_nothing_is_left(tmp_path, capsys, monkeypatch, extra, words):
    monkeypatch.chdir(tmp_path)
    assert generate(tmp_path / "out", *extra) == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("tora: ")
    assert all(word in last for word in words), last
    assert not (tmp_path / "out").exists()


def test_interrupting_the_sampling_leaves_nothing_half_written(tmp_path, monkeypatch, capsys):
    from tora_core.pipelines import denoising

    def interrupted(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(denoising, "_predict", interrupted)
    assert generate(tmp_path / "out") == 130
    assert not (tmp_path / "out").exists()


def test_held_out_clips_are_the_same_every_time_and_far_from_training_seeds():
    assert FIRST_SEED > 10**8
    first, again = held_out_clips(2, 9, (64, 96)), held_out_clips(2, 9, (64, 96))
    assert all(np.array_equal(a.frames, b.frames) for a, b in zip(first, again, strict=True))


def test_evaluate_prints_figures_for_both_strengths(tmp_path, capsys):
    arguments = ["evaluate", "--count", 1, "--frames", 9, "--steps", 1, "--out", tmp_path / "report"]
    assert main([str(part) for part in arguments]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert set(figures) >= {"clips", "strength 1", "strength 0", "times closer"}
    assert figures["strength 1"]["asked color"]["frames"] == 9
    names = sorted(path.name for path in (tmp_path / "report").iterdir())
    assert names == ["00_strength_0.png", "00_strength_1.png", "figures.json"]


def test_an_input_picture_is_never_replaced_by_the_sheet(tmp_path, capsys):
    image = tmp_path / "cat.png"
    Image.fromarray(draw_clip(3, frames=1).frames[0]).save(image)
    before = image.read_bytes()
    assert generate(tmp_path, "--image", image, name="cat.mp4") == 2
    assert image.read_bytes() == before
    assert "cat.png" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("picture", "expected"),
    [
        (Image.fromarray(np.full((4, 4), 30840, np.uint16)), (120, 120, 120)),
        (Image.new("RGBA", (4, 4), (255, 0, 0, 0)), (255, 255, 255)),
        (Image.new("L", (4, 4), 7), (7, 7, 7)),
    ],
)
def test_pictures_of_every_kind_are_read_as_they_look(tmp_path, picture, expected):
    from tora_core.commands.generate import read_image

    path = tmp_path / "picture.png"
    picture.save(path)
    assert read_image(path).getpixel((1, 1)) == expected
