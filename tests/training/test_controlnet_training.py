"""Training of a ControlNet: it starts as nothing, learns on tiny networks, and leaves the base as it was."""

from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from tora_core.checkpoints import load_controlnet
from tora_core.errors import ToraError
from tora_core.evaluation.edges import edges
from tora_core.training.controlnet import (
    ControlRecipe,
    HintedClip,
    encode_with_edges,
    new_controlnet,
    train_controlnet,
)
from tora_core.training.loop import Schedule
from tora_core.training.lora_data import EncodedClip, TrainingClip

SIZE, FRAMES, CHANNELS, TEXT = (16, 16), 5, 4, 16


def transformer(channels: int = CHANNELS):
    from tora_core import ToraTransformer3DModel

    torch.manual_seed(0)
    return ToraTransformer3DModel(
        num_attention_heads=2,
        attention_head_dim=16,
        in_channels=channels,
        out_channels=CHANNELS,
        time_embed_dim=8,
        text_embed_dim=TEXT,
        num_layers=2,
        max_text_seq_length=3,
        flow_channels=CHANNELS,
        motion_channels=8,
    ).eval()


class Pipe(SimpleNamespace):
    """What training asks of a pipeline, with words that are numbers."""

    def encode_prompt(self, prompt, **_):
        return torch.full((1, 3, TEXT), float(len(prompt)) / 10), None


@pytest.fixture
def pipe():
    return Pipe(
        transformer=transformer(2 * CHANNELS),
        scheduler=SimpleNamespace(alphas_cumprod=torch.linspace(0.99, 0.0, 50)),
    )


def hinted(seed: int = 0) -> HintedClip:
    """Latents that are the edges' own: 1 where the hint has its lines, -1 elsewhere."""
    draw = np.random.default_rng(seed)
    lines = np.zeros((FRAMES, *SIZE), np.uint8)
    lines[:, :, 8 * int(draw.integers(2)) :][:, :, :8] = 255
    video = torch.from_numpy(lines[::4, ::8, ::8] / 127.5 - 1).half()[:, None].expand(-1, CHANNELS, -1, -1)
    return HintedClip(EncodedClip(video, video[:1], video, "a"), np.packbits(lines > 0, axis=-1))


def test_hints_come_back_as_they_were_packed():
    lines = np.zeros((1, 2, 16), np.uint8)
    lines[0, 1, 9] = 255
    hint = HintedClip(None, np.packbits(lines > 0, axis=-1)).hint()
    assert hint.shape == (1, 3, 2, 16)
    assert hint[0, :, 1, 9].tolist() == [1.0, 1.0, 1.0] and hint.sum() == 3 * (1 - 31)


def test_every_clip_is_encoded_with_its_own_edges():
    from diffusers import AutoencoderKLCogVideoX

    vae = AutoencoderKLCogVideoX(
        down_block_types=("CogVideoXDownBlock3D",) * 4,
        up_block_types=("CogVideoXUpBlock3D",) * 4,
        block_out_channels=(4, 4, 4, 4),
        layers_per_block=1,
        norm_num_groups=2,
        latent_channels=CHANNELS,
    ).eval()
    pictures = [np.zeros((FRAMES, *SIZE, 3), np.uint8) for _ in range(2)]
    pictures[1][:, 4:12, 4:12] = 255
    clips = encode_with_edges(SimpleNamespace(vae=vae), iter(TrainingClip(one, "a") for one in pictures), print)
    assert clips[0].encoded.video.shape == (2, CHANNELS, 2, 2)
    for clip, frames in zip(clips, pictures, strict=True):
        assert torch.equal(clip.hint()[:, 0] > 0, torch.from_numpy(edges(frames) > 0))
    assert clips[1].hint().max() == 1 and clips[0].hint().max() == -1


def test_a_new_one_fits_the_base_and_adds_nothing(pipe):
    net = new_controlnet(pipe.transformer, 2)
    assert (net.size.width, net.size.out, net.size.head, net.size.text, net.size.sine) == (32, 32, 16, TEXT, False)
    frames = hinted().hint()[None]
    residuals = net(torch.randn(1, 2, CHANNELS, 2, 2), torch.randn(1, 3, TEXT), frames, torch.tensor([5]))
    assert all(residual.abs().max() == 0 for residual in residuals)
    for layers in (0, 3):
        with pytest.raises(ToraError, match=f"of {layers} blocks was asked for, the model has 2"):
            new_controlnet(pipe.transformer, layers)


def test_it_learns_from_the_hint_and_leaves_the_base_alone(pipe, tmp_path):
    before = {key: value.clone() for key, value in pipe.transformer.state_dict().items()}
    recipe = ControlRecipe(batch=4, layers=1, learning_rate=5e-3)
    schedule = Schedule(steps=60, warm_up=5, ema=0.9, log_every=10)
    clips, rows = [hinted(n) for n in range(4)], []
    net = train_controlnet(pipe, clips, tmp_path / "out", recipe, schedule, notes={"x": 1}, report=rows.append)
    losses = [json.loads(row)["loss"] for row in rows]
    assert len(losses) == 6 and losses[-1] < 0.8 * losses[0]
    assert all(torch.equal(value, before[key]) for key, value in pipe.transformer.state_dict().items())
    written = load_controlnet(tmp_path / "out", dtype="float32").state_dict()
    for key, value in net.state_dict().items():
        torch.testing.assert_close(written[key], value, rtol=1e-3, atol=1e-3)
    notes = json.loads((tmp_path / "out" / "recipe.json").read_text())
    assert (notes["steps_done"], notes["clips"], notes["x"], notes["layers"]) == (60, 4, 1, 1)


def test_the_same_seed_gives_the_same_weights_also_when_stopped_in_between(pipe, tmp_path):
    def train(name, seed=0, steps=4):
        schedule = Schedule(steps=steps, warm_up=1, decay=0.0, seed=seed)
        recipe = ControlRecipe(batch=2, layers=1)
        return train_controlnet(pipe, [hinted()], tmp_path / name, recipe, schedule, report=print).state_dict()

    whole, other = train("a"), train("b", seed=1)
    assert not all(torch.equal(whole[key], other[key]) for key in whole)
    train("c", steps=2)
    again = train("c")
    assert all(torch.equal(whole[key], again[key]) for key in whole)


def test_what_cannot_be_trained_on_is_told(pipe, tmp_path):
    with pytest.raises(ToraError, match="no clips"):
        train_controlnet(pipe, [], tmp_path, ControlRecipe(), Schedule())
    longer = hinted()
    longer = HintedClip(EncodedClip(longer.encoded.video[:1], longer.encoded.image, None, "a"), longer.packed)
    with pytest.raises(ToraError, match="several lengths or sizes"):
        train_controlnet(pipe, [hinted(), longer], tmp_path, ControlRecipe(), Schedule())
