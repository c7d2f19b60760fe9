"""`tora generate` for clips longer than the model knows: windows, segments, and what is refused."""

from __future__ import annotations

from argparse import Namespace

import pytest
from PIL import Image

from tora_core.cli import main
from tora_core.commands.generate import how_long
from tora_core.errors import ToraError
from tora_core.pipelines.context import ContextWindows
from tora_core.pipelines.segments import Segments
from tora_core.training.synthetic import draw_clip
from tora_core.video import read_video


@pytest.mark.parametrize(
    ("long", "image", "piece", "overlap", "frames", "expected"),
    [
        ("auto", None, None, None, 17, ("off", None)),
        ("auto", None, None, None, 97, ("windows", ContextWindows(17, 8))),
        ("auto", "a.png", None, None, 97, ("segments", Segments(17, 1))),
        ("windows", "a.png", 25, 12, 97, ("windows", ContextWindows(25, 12))),
        ("segments", "a.png", 9, 3, 17, ("segments", Segments(9, 3))),
        ("segments", "a.png", None, None, 17, ("off", None)),
        ("off", None, None, None, 97, ("off", None)),
    ],
)
def test_how_a_long_clip_is_made(long, image, piece, overlap, frames, expected):
    args = Namespace(long=long, image=image, piece=piece, overlap=overlap)
    assert how_long(args, frames, 17) == expected


def test_published_models_get_windows_of_49_frames_that_share_16():
    args = Namespace(long="auto", image=None, piece=None, overlap=None)
    assert how_long(args, 193, 49) == ("windows", ContextWindows(49, 16))


@pytest.mark.parametrize(
    ("long", "image", "piece", "overlap", "words"),
    [
        ("segments", None, None, None, "--image"),
        ("off", None, 17, None, "--long is off"),
        ("windows", None, 20, None, "a window.s length is 20, expected 8k"),
        ("windows", None, 17, 16, "overlap"),
        ("segments", "a.png", 17, 0, "overlap"),
        ("segments", "a.png", 20, 1, "a segment.s length is 20, expected 8k"),
    ],
)
def test_what_does_not_go_together_is_refused(long, image, piece, overlap, words):
    with pytest.raises(ToraError, match=words):
        how_long(Namespace(long=long, image=image, piece=piece, overlap=overlap), 97, 17)


@pytest.mark.parametrize("way", ["windows", "segments"])
def test_a_long_video_has_all_its_frames(tmp_path, capsys, way):
    image = tmp_path / "first.png"
    Image.fromarray(draw_clip(3, frames=1, size=(64, 64)).frames[0]).save(image)
    target = tmp_path / "long.mp4"
    given = ["generate", "--prompt", "a red circle on a gray background", "--image", image, "--long", way]
    given += ["--width", 64, "--height", 64, "--frames", 25, "--piece", 9, "--steps", 1, "--out", target]
    assert main([str(part) for part in given]) == 0
    assert read_video(target)[0].shape == (25, 64, 64, 3)
    told = capsys.readouterr().err
    assert f"in {way} of 9" in told and ("segment 3 of 3" in told) == (way == "segments")
