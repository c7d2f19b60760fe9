"""Encoded clips and the stages, with tiny clips and a handful of steps."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from tora_core import ToraError, Tracks
from tora_core.errors import CheckpointError
from tora_core.training.batches import Batches
from tora_core.training.diffusion_stage import preset, train_diffusion
from tora_core.training.latents import ClipKind, encode_clips, focus_of, load_latents
from tora_core.training.loop import Schedule
from tora_core.training.orderings import Comparison, compare, table
from tora_core.training.scenes import draw_any
from tora_core.training.vae import build_vae
from tora_core.training.vae_stage import VaeRecipe, batch_of, train_vae

SMALL, WIDE = ClipKind(9, 32, 32), ClipKind(9, 32, 48)


def quiet(text: str) -> None:
    """Reports are not wanted here."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A VAE, and clips of two kinds encoded with it."""
    folder = tmp_path_factory.mktemp("stages")
    torch.manual_seed(0)
    vae = build_vae()
    vae.save_pretrained(folder / "vae")
    encode_clips(vae, folder / "latents", {SMALL: 3, WIDE: 2}, report=quiet)
    return folder


def test_latents_come_back_by_kind_with_captions_and_all_parts(folder):
    sets = load_latents(folder / "latents")
    assert set(sets) == {SMALL, WIDE}
    assert len(sets[SMALL]) == 3
    assert sets[WIDE].video.shape == sets[WIDE].motion.shape == sets[WIDE].dense.shape == (2, 3, 16, 4, 6)
    assert sets[WIDE].image.shape == (2, 1, 16, 4, 6)
    assert sets[WIDE].focus.shape == (2, 3, 4, 6)
    assert all(" on a " in caption for caption in sets[SMALL].captions)
    assert sets[SMALL].seeds == [0, 1, 2] and sets[WIDE].seeds == [10_000_000, 10_000_001]
    drawn = draw_any(10_000_001, frames=9, size=(32, 48))
    assert sets[WIDE].captions[1] == drawn.caption


def test_what_is_encoded_is_kept_and_more_is_added(folder, tmp_path):
    torch.manual_seed(0)
    vae = build_vae()
    said: list[str] = []
    encode_clips(vae, tmp_path, {SMALL: 1}, report=said.append)
    encode_clips(vae, tmp_path, {SMALL: 1}, report=said.append)
    assert len(said) == 1
    (tmp_path / str(SMALL) / "0000000000.safetensors").write_bytes(b"broken")
    with pytest.raises(CheckpointError, match="encode again"):
        load_latents(tmp_path)


def test_an_empty_folder_of_latents_is_told(tmp_path):
    with pytest.raises(ToraError, match="tora train encode"):
        load_latents(tmp_path)


@pytest.mark.parametrize("text", ["17x128", "16x128x128", "17x120x128", "17x128x0", "ax128x128"])
def test_kinds_that_can_not_be_encoded_are_refused(text):
    with pytest.raises(ToraError):
        ClipKind.parse(text)


def test_tokens_of_a_kind_are_those_of_the_transformer():
    assert ClipKind(17, 128, 128).tokens == 5 * 8 * 8
    assert ClipKind(49, 112, 192).tokens == 13 * 7 * 12


def test_focus_is_one_on_the_track_in_the_latent_frame_that_holds_it():
    points = np.full((1, 9, 2), 19.5, np.float32)
    points[0, 5:] = 500.0
    focus = focus_of(Tracks(points, size=(64, 64)), (3, 8, 8))
    assert float(focus[0, 2, 2]) == pytest.approx(1, abs=1e-5)  # cell 2 covers pixels 16 to 23
    assert float(focus[1, 2, 2]) == pytest.approx(1, abs=1e-5)  # frames 1 to 4
    assert float(focus[2].max()) < 1e-6  # frames 5 to 8
    assert float(focus[0, 2, 6]) == pytest.approx(np.exp(-(32**2) / (2 * 14**2)), rel=1e-4)


def test_batches_depend_on_the_step_alone_and_hold_as_many_tokens_as_asked(folder):
    recipe = replace(preset("base", "smoke"), tokens=48, shares=((str(WIDE), 1.0),))
    batches = Batches(folder / "latents", recipe, torch.device("cpu"))
    one = batches(3, torch.Generator().manual_seed(3))
    batches(4, torch.Generator().manual_seed(4))
    same = batches(3, torch.Generator().manual_seed(3))
    assert torch.equal(one["video"], same["video"])
    assert one["video"].shape == (48 // WIDE.tokens, 3, 16, 4, 6)


def test_kinds_that_are_not_named_share_the_rest(folder):
    recipe = replace(preset("base", "smoke"), shares=((str(SMALL), 0.7),))
    batches = Batches(folder / "latents", recipe, torch.device("cpu"))
    assert batches.chances([SMALL, WIDE, ClipKind(49)]).tolist() == pytest.approx([0.7, 0.15, 0.15])
    assert batches.chances([WIDE]).tolist() == [1.0]
    nothing = Batches(folder / "latents", replace(recipe, shares=((str(SMALL), 0.0),)), torch.device("cpu"))
    assert nothing.chances([SMALL]).tolist() == [1.0]


def test_the_dense_stage_learns_from_dense_flow(folder):
    sets = load_latents(folder / "latents")
    index = torch.tensor([0, 1])
    dense, sparse = (
        Batches(folder / "latents", preset(stage, "smoke"), torch.device("cpu")).take(sets[SMALL], index)["motion"]
        for stage in ("tora-dense", "tora-sparse")
    )
    assert not torch.allclose(dense, sparse)


def test_stages_follow_one_another_and_toras_leave_the_base_alone(folder, tmp_path):
    from safetensors.torch import load_file

    recipe = replace(preset("base", "smoke"), layers=1, tokens=24)
    assert train_diffusion(folder / "latents", tmp_path / "base", recipe, vae=folder / "vae", report=quiet)
    base = tmp_path / "base" / "weights.safetensors"
    dense = replace(recipe, stage="tora-dense", checkpointing=True, focus=2.0)
    assert train_diffusion(folder / "latents", tmp_path / "dense", dense, base, report=quiet)
    before, after = load_file(base), load_file(tmp_path / "dense" / "weights.safetensors")
    changed = {name.split(".")[1] for name in before if not torch.equal(before[name], after[name])}
    assert changed == {"traj_extractor", "fuser"}
    assert all(value.dtype in (torch.float16, torch.int64) for value in after.values())
    assert (tmp_path / "base" / "strip_000004.png").exists()
    assert json.loads((tmp_path / "base" / "recipe.json").read_text())["steps_done"] == 4


def test_the_orderings_train_each_variant_once_and_are_told_with_their_spread(folder, tmp_path):
    recipe = replace(preset("base", "smoke"), layers=1, tokens=12)
    train_diffusion(folder / "latents", tmp_path / "base", recipe, report=quiet)
    base = tmp_path / "base" / "weights.safetensors"
    comparison = Comparison(steps=2, seeds=2, clips=1, sampling_steps=1)
    settings = {"recipe": replace(recipe, stage="tora-sparse"), "size": (9, 32, 32), "report": quiet}
    places = (folder / "latents", base, folder / "vae", tmp_path / "out")
    figures = compare(*places, comparison, **settings)
    assert set(figures["variants"]) == {
        "adaptive-norm",
        "cross-attention",
        "extra-channel",
        "dense only",
        "sparse only",
    }
    row = figures["variants"]["adaptive-norm"]
    assert row["mean"] == pytest.approx(sum(row["euclidean_px"]) / 2)
    assert row["deviation"] == pytest.approx(abs(row["euclidean_px"][0] - row["euclidean_px"][1]) / 2**0.5)
    assert not (tmp_path / "out" / "dense-only" / "seed0" / "tora-sparse").exists()
    assert len(table(figures).splitlines()) == 7
    assert (tmp_path / "out" / "orderings.png").exists()
    base.unlink()  # nothing is trained a second time
    assert compare(*places, comparison, **settings) == figures


def test_a_tora_stage_without_a_base_is_refused(folder, tmp_path):
    with pytest.raises(ToraError, match="--start"):
        train_diffusion(folder / "latents", tmp_path, preset("tora-sparse", "smoke"))


def test_stages_and_presets_have_the_names_they_have():
    with pytest.raises(ToraError):
        preset("base", "huge")
    with pytest.raises(ToraError):
        replace(preset("base", "smoke"), stage="dense")


def test_the_vae_stage_goes_on_from_where_it_was(folder, tmp_path):
    recipe = VaeRecipe(Schedule(steps=2, warm_up=1, log_every=1, sample_every=2), crop=16, frames=9, whole=0.0)
    assert train_vae(tmp_path, recipe, folder / "vae", report=quiet)
    assert (tmp_path / "strip_000002.png").exists()
    more = replace(recipe, schedule=replace(recipe.schedule, steps=3))
    assert train_vae(tmp_path, more, folder / "vae", report=quiet)
    rows = [json.loads(row) for row in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows] == [1, 2, 3]
    assert all(np.isfinite(row["clip_db"]) and np.isfinite(row["motion_db"]) for row in rows)


def test_batches_of_the_vae_are_those_of_their_step_and_hold_clips_and_motion():
    recipe = VaeRecipe(crop=32, whole=0.0)
    batch = batch_of(recipe, 5)
    assert batch.shape == (2, 3, 17, 32, 32)
    assert torch.equal(batch, batch_of(recipe, 5))
    assert not torch.equal(batch, batch_of(recipe, 6))
    assert float(batch[1, :, 0].min()) == 1.0  # a picture of motion is white in its first frame
    assert batch_of(replace(recipe, whole=1.0), 0).shape[-2:] == (128, 128)


@pytest.mark.parametrize("wrong", [{"frames": 16}, {"crop": 20}, {"crop": 256}])
def test_crops_that_the_vae_can_not_take_are_refused(wrong):
    with pytest.raises(ToraError):
        VaeRecipe(**wrong)


def test_the_command_takes_rates_and_weights_in_place_of_the_presets(folder, tmp_path):
    from tora_core.cli import main

    more = ["--alone", "--window", "1"]
    told = [*more, "--matrix-rate", "0.003", "--focus", "7", "--late", "0", "--rate", "0.002", "--drop-image", "0.85"]
    where = ["--latents", str(folder / "latents"), "--out", str(tmp_path)]
    assert main(["train", "joint", "--preset", "smoke", "--steps", "1", *where, *told]) == 0
    recipe = json.loads((tmp_path / "recipe.json").read_text("utf-8"))
    assert (recipe["matrix_rate"], recipe["learning_rate"]) == (0.003, 0.002)
    assert (recipe["focus"], recipe["late"]) == (7.0, 0.0)
    assert (recipe["alone"], recipe["window"]) == (True, 1)
    assert recipe["dropouts"] == {"text": 0.1, "motion": 0.35, "image": 0.85}


def test_alone_draws_only_clips_with_one_thing_and_says_when_there_is_none(folder, tmp_path):
    sets = load_latents(folder / "latents")
    single = {kind: [c for c in clips.captions if " and " not in c] for kind, clips in sets.items()}
    batches = Batches(folder / "latents", replace(preset("joint", "smoke"), alone=True), torch.device("cpu"))
    assert {kind: clips.captions for kind, clips in batches.sets.items()} == {k: v for k, v in single.items() if v}
    for kind, clips in batches.sets.items():
        index = sets[kind].captions.index(clips.captions[0])
        assert torch.equal(clips.video[0], sets[kind].video[index]) and clips.seeds[0] == sets[kind].seeds[index]
    (tmp_path / str(SMALL)).mkdir()
    crowd = {
        name: getattr(sets[SMALL], name)[:1].contiguous() for name in ("video", "image", "motion", "dense", "focus")
    }
    place = tmp_path / str(SMALL) / "0000000000.safetensors"
    save_file(crowd, place, metadata={"captions": "a red star and a blue star on a gray background"})
    with pytest.raises(ToraError, match="--calm"):
        Batches(tmp_path, replace(preset("joint", "smoke"), alone=True), torch.device("cpu"))
