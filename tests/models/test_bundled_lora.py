"""The style LoRA that ships for the bundled model: what it is, and what it does."""

from __future__ import annotations

import json

import pytest
import torch
from safetensors import safe_open

from tora_core import load_pipeline
from tora_core.checkpoints.lora import network_shapes, read_lora
from tora_core.commands.held_out import Sampling
from tora_core.commands.style_effect import make_videos, style_effect
from tora_core.pipelines.loading import BUNDLED

FILE = BUNDLED / "lora" / "tora_demo_style.safetensors"
TURN = 120
"""Degrees that it was trained on; what comes out is near it, or a little above in single clips."""


def quiet(**values):
    pipe = load_pipeline(**values)
    pipe.set_progress_bar_config(disable=True)
    return pipe


def test_it_is_small_and_fits_the_bundled_model_whole():
    assert FILE.stat().st_size < 2 * 10**6
    report = read_lora(FILE, network_shapes(quiet().transformer)).report
    assert report.style == "diffusers"
    assert report.matched == report.keys and not report.unmatched
    assert report.dtypes == ("F16",)
    assert "lora_adapter_metadata" in report.scale_from


def test_it_says_how_it_was_made_and_not_where():
    with safe_open(FILE, "pt") as file:
        metadata = file.metadata()
    assert json.loads(metadata["tora_lora"])["look"] == f"hue:{TURN}"
    assert json.loads(metadata["tora_lora"])["base"] == "bundled"
    assert "/" not in json.dumps(metadata)


def measured(count: int, steps: int, batch: int):
    sampling = Sampling(steps=steps, batch=batch)
    return style_effect(*(make_videos(quiet(lora=lora), count, sampling) for lora in (None, FILE)), sampling)


def test_colors_turn():
    """Two held-out clips, on brown and on green; all sixteen by scripts/measure_lora.py: 111 degrees."""
    effect = measured(2, 8, 2)
    assert TURN / 2 < effect.hue_degrees < 1.2 * TURN
    assert effect.agreement > 0.7


@pytest.mark.slow
def test_shapes_still_follow():
    effect = measured(8, 12, 8)
    assert TURN / 2 < effect.hue_degrees < 1.2 * TURN
    assert effect.agreement > 0.7
    assert effect.ratio < 1.5


def test_strength_0_is_the_model_itself():
    plain, off = (quiet(lora=lora).transformer.state_dict() for lora in (None, (FILE, 0.0)))
    assert all(torch.equal(value, off[key]) for key, value in plain.items())
