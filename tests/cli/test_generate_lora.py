"""`tora generate --lora`: how it is written, what is said of it, and that it acts."""

from __future__ import annotations

import argparse

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from tora_core import video as video_module
from tora_core.cli import main
from tora_core.commands.arguments import lora


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a.safetensors", ("a.safetensors", 1.0)),
        ("a.safetensors:0.5", ("a.safetensors", 0.5)),
        ("a.safetensors:-2", ("a.safetensors", -2.0)),
        ("C:\\loras\\a.safetensors", ("C:\\loras\\a.safetensors", 1.0)),
        ("C:\\loras\\a.safetensors:1e-1", ("C:\\loras\\a.safetensors", 0.1)),
        ("a:b.safetensors", ("a:b.safetensors", 1.0)),
        ("a.safetensors:", ("a.safetensors:", 1.0)),
        (":0.5", (":0.5", 1.0)),
    ],
)
def test_a_number_behind_the_last_colon_is_the_strength(text, expected):
    assert lora(text) == expected


@pytest.mark.parametrize("text", ["a:nan", "a:inf", "a:1000"])
def test_a_strength_that_can_not_be_is_told(text):
    with pytest.raises(argparse.ArgumentTypeError, match="FILE or FILE:STRENGTH"):
        lora(text)


@pytest.fixture
def file(tmp_path):
    """For one layer of the bundled model, strong enough to be seen, and a key for the text encoder."""
    generator = torch.Generator().manual_seed(1)
    tensors = {
        "transformer.proj_out.lora_A.weight": torch.randn(4, 192, generator=generator),
        "transformer.proj_out.lora_B.weight": torch.randn(64, 4, generator=generator) * 0.1,
        "text_encoder.q.lora_A.weight": torch.zeros(1, 1),
    }
    save_file(tensors, tmp_path / "mine.safetensors")
    return tmp_path / "mine.safetensors"


def test_it_acts_and_what_acts_is_said(file, tmp_path, monkeypatch, capsys):
    frames = []
    monkeypatch.setattr(video_module, "write_video", lambda path, video, fps: frames.append(video))
    small = ["--prompt", "a red circle", "--steps", "2", "--width", "64", "--height", "64", "--frames", "1"]
    run = ["generate", *small, "--device", "cpu", "--out", str(tmp_path / "a.mp4")]
    for extra in (
        (),
        ("--lora", f"{file}:0"),
        ("--lora", str(file)),
        ("--lora", f"{file}:0.5", "--lora", f"{file}:0.5"),
    ):
        assert main([*run, *extra]) == 0
    plain, off, on, twice_half = frames
    assert np.array_equal(plain, off)
    assert np.abs(on.astype(int) - plain).mean() > 2
    assert np.abs(on.astype(int) - twice_half).mean() < 0.5
    told = capsys.readouterr().err
    assert "style    diffusers" in told and "scale    1 (the file doesn't say: alpha is the rank)" in told
    assert "UNUSED   1 key for the text encoder" in told


def test_a_file_that_is_no_lora_is_refused_in_one_line(tmp_path, capsys):
    save_file({"blocks.0.attn_out.weight": torch.zeros(2, 2)}, tmp_path / "model.safetensors")
    arguments = [
        "generate",
        "--prompt",
        "x",
        "--lora",
        str(tmp_path / "model.safetensors"),
        "--out",
        str(tmp_path / "a.mp4"),
    ]
    assert main(arguments) == 2
    assert "is a whole model, not a LoRA" in capsys.readouterr().err.splitlines()[-1]
