"""LoRA training: looks, data, layers, and that a short run learns what it is shown and leaves the base alone."""

from __future__ import annotations

import copy
import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from tora_core import ToraError, load_pipeline
from tora_core.checkpoints.lora import apply_loras, network_shapes, read_lora
from tora_core.cli import main
from tora_core.training.lora import LoraRecipe, train_lora
from tora_core.training.lora_data import EncodedClip, folder_clips, synthetic_clips
from tora_core.training.lora_layers import LoraLayers
from tora_core.training.styles import look_named, mean_hue_shift, turn_hue
from tora_core.video import write_video

RED, GREEN, BLUE, GRAY = (200, 20, 20), (20, 200, 20), (20, 20, 200), (90, 90, 90)


def colors(*values):
    return np.array([values], np.uint8)


def test_a_third_of_a_turn_makes_red_green_green_blue_and_leaves_gray():
    assert np.array_equal(turn_hue(colors(RED, GREEN, BLUE, GRAY), 120), colors(GREEN, BLUE, RED, GRAY))
    assert np.array_equal(turn_hue(colors(RED, GREEN, BLUE, GRAY), 360), colors(RED, GREEN, BLUE, GRAY))
    assert np.array_equal(turn_hue(colors(RED, GREEN), -120), colors(BLUE, RED))


def test_what_leaves_the_range_is_cut():
    """Pure red turned by 180 degrees: (1/3 - 2/3 + ...) gives -85, 170, 170."""
    assert np.array_equal(turn_hue(colors((255, 0, 0)), 180), colors((0, 170, 170)))


@pytest.mark.parametrize("degrees", [0, 30, 120, -90])
def test_the_shift_that_was_made_is_measured(degrees):
    pixels = np.random.default_rng(1).integers(60, 190, (4, 8, 8, 3), dtype=np.uint8)
    found, agreement = mean_hue_shift(pixels, turn_hue(pixels, degrees))
    assert found == pytest.approx(degrees, abs=1.5)
    assert agreement > 0.98


def test_unrelated_hues_do_not_agree_and_grays_tell_nothing():
    random = np.random.default_rng(2)
    one, two = (random.integers(0, 256, (64, 64, 3), dtype=np.uint8) for _ in range(2))
    assert mean_hue_shift(one, two)[1] < 0.05
    assert mean_hue_shift(colors(GRAY), colors(RED)) == (0.0, 0.0)


def test_looks_by_name():
    assert np.array_equal(look_named("hue:120")(colors(RED)), colors(GREEN))
    assert np.array_equal(look_named("negative")(colors(RED)), colors((55, 235, 235)))
    assert np.array_equal(look_named("none")(colors(RED)), colors(RED))
    light = 0.299 * 200 + 0.587 * 20 + 0.114 * 20
    assert look_named("sepia")(colors(RED))[0, 0] == pytest.approx([1.14 * light, 0.94 * light, 0.68 * light], abs=0.5)
    for name in ("blue", "hue", "hue:x", "hue:nan", "sepia:3", ""):
        with pytest.raises(ToraError, match="the look is"):
            look_named(name)


def test_drawn_clips_keep_their_words_and_motion():
    (clip,) = synthetic_clips(look_named("hue:120"), 1, 9, (32, 48), 7)
    (plain,) = synthetic_clips(look_named("none"), 1, 9, (32, 48), 7)
    assert clip.caption == plain.caption
    assert np.array_equal(clip.motion.points_px, plain.motion.points_px)
    assert np.array_equal(clip.frames, turn_hue(plain.frames, 120))


@pytest.fixture
def folder(tmp_path):
    """Two videos of 10 frames with words, one with a drawn motion."""
    for number, name in enumerate(("a", "b")):
        frames = np.full((10, 64, 96, 3), 40 + 100 * number, np.uint8)
        frames[:, :, :16] = 250
        write_video(tmp_path / f"{name}.mp4", frames)
        (tmp_path / f"{name}.txt").write_text(f" a clip {name}\n", encoding="utf-8")
    from tora_core import Trajectory

    Trajectory.from_points([[(0, 0), (96, 64)]], width=96, height=64, frames=9).save(tmp_path / "b.json")
    return tmp_path


def test_a_folder_of_videos_is_read_with_words_and_motion(folder):
    one, two = folder_clips(folder, 9, (32, 32))
    assert (one.caption, two.caption) == ("a clip a", "a clip b")
    assert one.frames.shape == two.frames.shape == (9, 32, 32, 3)
    # 64x96 covers 32x32 at half its size; of 48 columns the middle 32 stay, so the white edge of 8 is gone
    assert one.frames.max() < 80
    assert one.motion is None
    assert two.motion.size == (32, 32) and two.motion.frames == 9


def test_a_folder_that_can_not_be_trained_on_is_told(folder, tmp_path):
    with pytest.raises(ToraError, match="has 10 frames, 17 are needed"):
        list(folder_clips(folder, 17, (32, 32)))
    (folder / "a.txt").unlink()
    with pytest.raises(ToraError, match=r"a\.txt is missing"):
        list(folder_clips(folder, 9, (32, 32)))
    (tmp_path / "empty").mkdir()
    with pytest.raises(ToraError, match="holds no videos"):
        list(folder_clips(tmp_path / "empty", 9, (32, 32)))
    with pytest.raises(ToraError, match="is no folder"):
        list(folder_clips(tmp_path / "none", 9, (32, 32)))


@pytest.fixture(scope="module")
def pipe():
    return load_pipeline()


@pytest.fixture(scope="module")
def clips(pipe):
    """Two clips of 32x32x9 in latents, without the VAE: what it does is not what is tested here."""
    generator = torch.Generator().manual_seed(1)

    def latents(frames):
        return torch.randn(frames, 16, 4, 4, generator=generator).half()

    return [EncodedClip(latents(3), latents(1), latents(3), words) for words in ("a red circle", "a blue star")]


def state_of(pipe):
    return {key: value.clone() for key, value in pipe.transformer.state_dict().items()}


def test_a_short_run_learns_and_leaves_the_base_model_as_it_was(pipe, clips, tmp_path):
    before = state_of(pipe)
    lines = []
    recipe = LoraRecipe(
        steps=40, batch=2, rank=4, alpha=8.0, learning_rate=1e-2, log_every=10, targets=("to_q", "ff.net.2")
    )
    train_lora(pipe, clips, tmp_path / "lora.safetensors", recipe, metadata={"mine": "1"}, report=lines.append)
    for key, value in state_of(pipe).items():
        assert torch.equal(value, before[key]), key
    losses = [json.loads(line)["loss"] for line in lines]
    assert losses[-1] < 0.8 * losses[0]
    shapes = network_shapes(pipe.transformer)
    lora = read_lora(tmp_path / "lora.safetensors", shapes)
    assert lora.report.style == "diffusers" and lora.report.ranks == (4,) and lora.report.scales == (2.0,)
    assert lora.report.modules == 12 and not lora.report.unmatched
    assert all(value.dtype == torch.float16 for value in load_file(tmp_path / "lora.safetensors").values())


def test_the_same_seed_gives_the_same_file(pipe, clips, tmp_path):
    recipe = LoraRecipe(steps=3, batch=2, rank=2, targets=("to_q",))
    for name in ("a", "b"):
        train_lora(pipe, clips, tmp_path / name, recipe, report=lambda _: None)
    one, two = load_file(tmp_path / "a"), load_file(tmp_path / "b")
    assert all(torch.equal(value, two[key]) for key, value in one.items())


def test_attached_layers_do_what_the_saved_file_does_when_merged(pipe, tmp_path):
    generator = torch.Generator().manual_seed(3)
    transformer = copy.deepcopy(pipe.transformer)
    layers = LoraLayers(transformer, ("attn1.to_out.0", "proj_out", "patch_embed.proj"), 4, 2.0, generator)
    for up in layers.up:
        torch.nn.init.normal_(up, std=0.1, generator=generator)
    inputs = (torch.randn(1, 3, 16, 4, 4, generator=generator), torch.randn(1, 24, 128, generator=generator))
    rotary = (torch.ones(12, 64), torch.zeros(12, 64))

    def predict():
        with torch.no_grad():
            return transformer(*inputs, torch.tensor([500]), image_rotary_emb=rotary, return_dict=False)[0]

    plain = predict()
    layers.attach()
    attached = predict()
    layers.detach()
    assert torch.equal(predict(), plain)
    path = layers.save(tmp_path / "lora.safetensors", torch.float32)
    apply_loras(transformer, [(read_lora(path, network_shapes(transformer)), 1.0)])
    torch.testing.assert_close(predict(), attached, rtol=1e-4, atol=1e-4)
    assert not torch.allclose(attached, plain, atol=1e-2)


def test_fresh_layers_change_nothing(pipe):
    layers = LoraLayers(pipe.transformer, ("to_q",), 4, 4.0, torch.Generator().manual_seed(0))
    q = pipe.transformer.transformer_blocks[0].attn1.to_q
    x = torch.randn(2, 192, generator=torch.Generator().manual_seed(1))
    before = q(x)
    layers.attach()
    assert torch.equal(q(x), before)
    layers.detach()


def test_what_can_not_be_trained_is_told(pipe, clips, tmp_path):
    with pytest.raises(ToraError, match="there are no clips"):
        train_lora(pipe, [], tmp_path / "x", LoraRecipe())
    other = EncodedClip(torch.zeros(1, 16, 4, 4), torch.zeros(1, 16, 4, 4), None, "")
    with pytest.raises(ToraError, match="several lengths or sizes"):
        train_lora(pipe, [*clips, other], tmp_path / "x", LoraRecipe())
    for target in ("to_x", "norm_q", "traj_extractor.conv_in", "flow_gamma_spatial"):
        with pytest.raises(ToraError, match="no layer of the model with a matrix is called"):
            LoraLayers(pipe.transformer, (target,), 4, 4.0, torch.Generator())


def test_clips_without_motion_and_the_image_model_are_trained_on_too(clips, tmp_path):
    still = [EncodedClip(clip.video, clip.image, None, clip.caption) for clip in clips]
    recipe = LoraRecipe(steps=1, batch=2, rank=2, targets=("to_q",))
    train_lora(load_pipeline(image_to_video=True), still, tmp_path / "x", recipe, report=lambda _: None)
    assert (tmp_path / "x").is_file()


def test_the_command_trains_on_a_folder_and_names_the_file(folder, tmp_path, capsys):
    out = tmp_path / "out" / "mine.safetensors"
    size = ("--frames", "9", "--width", "32", "--height", "32")
    run = ("train", "lora", "--data", str(folder), "--out", str(out), *size, "--steps", "2", "--rank", "2")
    assert main([*run, "--device", "cpu", "--checkpointing"]) == 0
    assert capsys.readouterr().out.split() == [str(out)]
    from safetensors import safe_open

    with safe_open(out, "pt") as file:
        metadata = file.metadata()
    assert json.loads(metadata["lora_adapter_metadata"])["transformer.r"] == 2
    notes = json.loads(metadata["tora_lora"])
    assert notes["base"] == "bundled" and notes["data"] == folder.name  # no machine's path
    assert str(folder.parent) not in json.dumps(metadata)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--look", "hue:120", "--out", "x.pt"), "ends in .safetensors"),
        (("--look", "pink", "--out", "x.safetensors"), "the look is 'pink'"),
        (("--data", "nowhere", "--out", "x.safetensors"), "is no folder"),
        (("--look", "none", "--out", "x.safetensors", "--frames", "10"), "9 and 17"),
    ],
)
def test_the_command_refuses_in_words(arguments, words, capsys):
    assert main(["train", "lora", *arguments]) == 2
    assert words in capsys.readouterr().err
