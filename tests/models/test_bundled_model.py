"""The model that ships: what it is, how large, and that it follows."""

from __future__ import annotations

import pytest
import torch

import tora_core
from tora_core.commands.held_out import Sampling, evaluate_held_out
from tora_core.pipelines.loading import BUNDLED

MEGABYTE = 2**20


def test_files_stay_below_their_limits_and_come_with_a_card():
    sizes = {path.relative_to(BUNDLED): path.stat().st_size for path in BUNDLED.rglob("*") if path.is_file()}
    assert max(sizes.values()) < 25 * MEGABYTE
    assert sum(sizes.values()) < 60 * MEGABYTE
    card = (BUNDLED / "README.md").read_text(encoding="utf-8")
    for word in ("Data", "Steps", "Seeds", "TrajError", "tora evaluate"):
        assert word in card


def test_no_file_names_the_machine_it_was_made_on():
    for path in BUNDLED.rglob("*.json"):
        assert "_name_or_path" not in path.read_text(encoding="utf-8"), path


@pytest.mark.parametrize(("image_to_video", "channels"), [(False, 16), (True, 32)])
def test_its_configuration_is_what_comfyui_assumes(image_to_video, channels):
    pipe = tora_core.load_pipeline(image_to_video=image_to_video)
    config = pipe.transformer.config
    assert (config.in_channels, config.attention_head_dim, config.num_attention_heads) == (channels, 64, 3)
    assert (config.sample_height, config.sample_width, config.sample_frames) == (60, 90, 49)
    assert config.use_rotary_positional_embeddings
    assert not config.use_learned_positional_embeddings
    assert config.patch_size_t is None
    assert pipe.vae.config.scaling_factor == 1.15258426
    assert {p.dtype for p in pipe.transformer.parameters()} == {torch.float32}


@pytest.mark.parametrize("kind", ["t2v", "i2v"])
def test_inspect_finds_nothing_wrong_with_its_adapter(kind):
    report = tora_core.inspect(BUNDLED / kind / "tora.safetensors")
    assert report.ok, str(report)
    assert report.kind == kind


def test_it_follows_at_least_twice_as_close_as_without_motion():
    """Four of the held-out trajectories; all sixteen by `tora evaluate`."""
    pipe = tora_core.load_pipeline()
    pipe.set_progress_bar_config(disable=True)
    figures = evaluate_held_out(pipe, Sampling(steps=12, batch=4), count=4)
    assert figures["times closer"]["what stands out"] >= 2
    # That must not come from shapes that are merely missing at strength 0.
    with_motion, without = (figures[f"strength {s}"]["what stands out"] for s in ("1", "0"))
    assert with_motion["found_share"] > 0.9
    assert without["found_only_px"] >= 2 * with_motion["found_only_px"]
