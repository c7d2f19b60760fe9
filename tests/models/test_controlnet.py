"""The ControlNet against a forward put together here, by the design's description, from diffusers' own parts."""

from __future__ import annotations

import pytest
import torch
from diffusers import CogVideoXTransformer3DModel
from diffusers.models.embeddings import (
    CogVideoXPatchEmbed,
    TimestepEmbedding,
    Timesteps,
    get_3d_rotary_pos_embed,
    get_3d_sincos_pos_embed,
)
from diffusers.models.transformers.cogvideox_transformer_3d import CogVideoXBlock
from torch import nn

from tora_core.errors import SizeError, ToraError
from tora_core.models.controlnet import (
    CogVideoXControlNet,
    ControlNetSize,
    adding,
    halve_time,
    initialise_controlnet,
    take_frames,
)
from tora_core.models.sine import sine_positions

LAYERS, HEADS, HEAD, TIME, TEXT, TOKENS = 2, 2, 16, 12, 20, 5
WIDTH, OUT = HEADS * HEAD, 48
FRAMES, HEIGHT, CELLS = 9, 32, (3, 4, 6)  # 9 pictures of 32x48 are 3 latent frames of 4x6


def make(out: int | None = None, *, sine: bool = True, layers: int = LAYERS) -> CogVideoXControlNet:
    torch.manual_seed(3)
    net = CogVideoXControlNet(ControlNetSize(layers, WIDTH, HEAD, TIME, TEXT, out, sine=sine)).eval()
    for parameter in net.parameters():
        nn.init.normal_(parameter, std=0.3)
    return net.requires_grad_(False)


class FromParts(nn.Module):
    """Pictures -> PixelUnshuffle(8) -> 1x1 to 96, GroupNorm(2), ReLU -> halve time -> 1x1 to 48, GroupNorm(2), ReLU
    -> halve time -> beside the latents (16 + 48) -> patch embedding with text -> blocks -> projections if any."""

    def __init__(self, out: int | None, sine: bool) -> None:
        super().__init__()
        self.controlnet_encode_first = nn.Sequential(nn.Conv2d(192, 96, 1), nn.GroupNorm(2, 96), nn.ReLU())
        self.controlnet_encode_second = nn.Sequential(nn.Conv2d(96, 48, 1), nn.GroupNorm(2, 48), nn.ReLU())
        self.patch_embed = CogVideoXPatchEmbed(
            in_channels=64,
            embed_dim=WIDTH,
            text_embed_dim=TEXT,
            max_text_seq_length=TOKENS,
            use_positional_embeddings=sine,
            use_learned_positional_embeddings=False,
        )
        self.time_embedding = TimestepEmbedding(WIDTH, TIME, "silu")
        self.transformer_blocks = nn.ModuleList(
            CogVideoXBlock(WIDTH, HEADS, HEAD, TIME, attention_bias=True) for _ in range(LAYERS)
        )
        if out is not None:
            self.out_projectors = nn.ModuleList(nn.Linear(WIDTH, out) for _ in range(LAYERS))

    @staticmethod
    def halved(pictures: list[torch.Tensor]) -> list[torch.Tensor]:
        """A list of pictures, so that the rule is written out: the first kept, the rest averaged in pairs."""
        return [pictures[0]] + [(a + b) / 2 for a, b in zip(pictures[1::2], pictures[2::2], strict=True)]

    def forward(self, latents, text, frames, timestep, rotary):
        clips = []
        for clip in frames:
            pictures = [nn.functional.pixel_unshuffle(picture, 8)[None] for picture in clip]
            pictures = self.halved([self.controlnet_encode_first(picture) for picture in pictures])
            pictures = self.halved([self.controlnet_encode_second(picture) for picture in pictures])
            clips.append(torch.cat(pictures))
        x = torch.cat([latents, torch.stack(clips)], dim=2)
        emb = self.time_embedding(Timesteps(WIDTH, True, 0)(timestep))
        joint = self.patch_embed(text, x)
        text, hidden = joint[:, : text.shape[1]], joint[:, text.shape[1] :]
        found = []
        for index, block in enumerate(self.transformer_blocks):
            hidden, text = block(hidden, text, emb, image_rotary_emb=rotary)
            found.append(self.out_projectors[index](hidden) if hasattr(self, "out_projectors") else hidden)
        return found


@pytest.fixture
def inputs() -> dict[str, torch.Tensor]:
    draw = torch.Generator().manual_seed(9)
    rotary = get_3d_rotary_pos_embed(HEAD, ((0, 0), (30, 45)), (CELLS[1] // 2, CELLS[2] // 2), CELLS[0])
    return {
        "latents": torch.randn(2, CELLS[0], 16, *CELLS[1:], generator=draw),
        "text": torch.randn(2, TOKENS, TEXT, generator=draw),
        "frames": torch.rand(2, FRAMES, 3, HEIGHT, 48, generator=draw) * 2 - 1,
        "timestep": torch.tensor([500, 37]),
        "rotary": rotary,
    }


@pytest.mark.parametrize("positions", ["rotary", "sine", "both"])
@pytest.mark.parametrize("out", [None, OUT], ids=["its own width", "out_projectors"])
def test_it_computes_what_the_description_says(inputs, out, positions):
    sine = positions != "rotary"
    inputs["rotary"] = None if positions == "sine" else inputs["rotary"]
    net, parts = make(out, sine=sine), FromParts(out, sine).eval()
    parts.load_state_dict(net.state_dict(), strict=True)
    with torch.no_grad():
        expected = parts(**inputs)
    found = net(**inputs)
    assert len(found) == len(expected) == LAYERS
    for ours, theirs in zip(found, expected, strict=True):
        assert ours.shape == (2, 3 * 2 * 3, out or WIDTH)
        assert float((ours - theirs).abs().max() / theirs.abs().max()) < 1e-5


def test_both_positions_matter(inputs):
    net = make(OUT)
    both = net(**inputs)[0]
    assert not torch.allclose(both, net(**inputs | {"rotary": None})[0], atol=1e-3)
    assert not torch.allclose(both, make(OUT, sine=False)(**inputs)[0], atol=1e-3)


@pytest.mark.parametrize("grid", [(13, 30, 45), (3, 2, 5), (1, 1, 1)], ids=str)
def test_sine_positions_are_those_of_diffusers(grid):
    frames, rows, columns = grid
    expected = get_3d_sincos_pos_embed(64, (columns, rows), frames, 1.875, 1.0).flatten(0, 1).float()
    torch.testing.assert_close(sine_positions(grid, 64), expected, rtol=0, atol=1e-6)


def test_time_is_halved_with_an_odd_first_frame_kept():
    numbers = torch.arange(5.0)[None, :, None]
    assert halve_time(numbers).flatten().tolist() == [0, 1.5, 3.5]
    assert halve_time(numbers[:, :4]).flatten().tolist() == [0.5, 2.5]
    assert halve_time(numbers[:, :1]).flatten().tolist() == [0]


@pytest.mark.parametrize("count", [1, 5, 17, 21, 33, 49])
def test_a_latent_frame_is_of_its_own_pictures_whatever_the_length(count):
    """The first of picture 0 alone, frame k of pictures 4k - 3 to 4k: another picture changes that one and no other."""
    net = make()
    frames = torch.rand(1, count, 3, 8, 8, generator=torch.Generator().manual_seed(1)) * 2 - 1
    whole = net.encode_hint(frames)
    assert whole.shape == (1, (count - 1) // 4 + 1, 48, 1, 1)
    for picture in {0, 1, count // 2, count - 1} & set(range(count)):
        changed = frames.clone()
        changed[:, picture] *= -1
        differs = (net.encode_hint(changed) != whole).flatten(2).any(2)[0]
        assert differs.nonzero().flatten().tolist() == [(picture + 3) // 4]


def test_pictures_are_prepared_some_at_a_time_with_the_same_result():
    net, sizes = make(), []
    frames = torch.rand(2, 41, 3, 16, 8, generator=torch.Generator().manual_seed(1))

    def prepare(part):
        sizes.append(part.shape[1])
        return part * 2 - 1

    assert torch.equal(net.encode_hint(frames, prepare), net.encode_hint(frames * 2 - 1))
    assert sizes == [17, 16, 8]


def test_windows_of_a_hint_are_its_latent_frames_in_their_order():
    net = make()
    # A picture's brightness is its number; what a latent frame then holds tells which pictures it was made of.
    frames = torch.arange(25.0).view(1, 25, 1, 1, 1).expand(1, 25, 3, 8, 8) / 25
    whole = net.encode_hint(frames)
    assert torch.equal(take_frames(whole, [2, 3, 4]), whole[:, 2:5])
    assert torch.equal(take_frames(whole, torch.tensor([6, 0, 1])), whole[:, [6, 0, 1]])
    assert take_frames(whole, None) is whole
    # The pictures of latent frames 2 to 4 alone are 5 to 16: cut by the clip's rule they give the same.
    parts = [net._encode(frames[:, 5:17])]
    torch.testing.assert_close(parts[0], take_frames(whole, [2, 3, 4]), rtol=0, atol=1e-6)


def test_residuals_come_one_by_one_and_forward_gives_all(inputs):
    net = make(OUT)
    hint = net.encode_hint(inputs["frames"])
    stream = net.residuals(inputs["latents"], inputs["text"], hint, inputs["timestep"], inputs["rotary"])
    ran = []
    for index, block in enumerate(net.transformer_blocks):
        block.register_forward_hook(lambda *_, n=index: ran.append(n))
    first = next(stream)
    assert ran == [0], "the second block has to wait until it is asked for"
    assert torch.equal(torch.stack([first, *stream]), torch.stack(net(**inputs)))


def test_one_hint_serves_both_halves_of_guidance_and_every_video(inputs):
    net = make()
    hint = net.encode_hint(inputs["frames"][:1])
    both = torch.cat([hint, hint])
    arguments = (inputs["timestep"], inputs["rotary"])
    one = [*net.residuals(inputs["latents"], inputs["text"], hint, *arguments)]
    two = [*net.residuals(inputs["latents"], inputs["text"], both, *arguments)]
    assert all(torch.equal(a, b) for a, b in zip(one, two, strict=True))


def test_what_does_not_fit_is_told(inputs):
    net = make()
    for shape, words in [((1, 8, 3, 32, 48), "8 frames"), ((1, 9, 3, 30, 48), "30x48"), ((1, 0, 3, 8, 8), "shape")]:
        with pytest.raises(ToraError, match=words):
            net.encode_hint(torch.zeros(shape))
    with pytest.raises(ToraError, match=r"\(1, 9, 1, 32, 48\)"):
        net.encode_hint(torch.zeros(1, 9, 1, 32, 48))
    hint = net.encode_hint(inputs["frames"])
    with pytest.raises(SizeError, match="must be the same"):
        next(net.residuals(inputs["latents"][:, :2], inputs["text"], hint, inputs["timestep"]))
    with pytest.raises(SizeError, match="must be the same"):
        next(net.residuals(inputs["latents"][:1], inputs["text"][:1], hint, inputs["timestep"][:1]))


@pytest.fixture
def base() -> CogVideoXTransformer3DModel:
    torch.manual_seed(5)
    config = {"num_attention_heads": 2, "attention_head_dim": HEAD, "time_embed_dim": TIME, "text_embed_dim": TEXT}
    model = CogVideoXTransformer3DModel(
        **config, num_layers=3, max_text_seq_length=TOKENS, use_rotary_positional_embeddings=True
    )
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=0.3)
    return model.eval().requires_grad_(False)


def by_hand(base, residuals, strength, latents, text, timestep, rotary):
    """diffusers' forward, block by block, with a residual behind each block that has one."""
    emb = base.time_embedding(base.time_proj(timestep))
    joint = base.patch_embed(text, latents)
    text, hidden = joint[:, :TOKENS], joint[:, TOKENS:]
    for index, block in enumerate(base.transformer_blocks):
        hidden, text = block(hidden, text, emb, image_rotary_emb=rotary)
        if index < len(residuals):
            hidden = hidden + strength * residuals[index]
    hidden = base.proj_out(base.norm_out(base.norm_final(hidden), temb=emb))
    hidden = hidden.reshape(len(latents), CELLS[0], CELLS[1] // 2, CELLS[2] // 2, 16, 2, 2)
    return hidden.permute(0, 1, 4, 2, 5, 3, 6).flatten(5, 6).flatten(3, 4)


def test_residuals_act_behind_the_first_blocks_of_the_base_model(base, inputs):
    net = make()
    frames = inputs.pop("frames")
    residuals = net(**inputs, frames=frames)
    arguments = (inputs["latents"], inputs["text"], inputs["timestep"])

    def run(*streams):
        with adding(base.transformer_blocks, streams):
            return base(*arguments, image_rotary_emb=inputs["rotary"]).sample

    expected = by_hand(base, residuals, 0.7, **inputs)
    plain = by_hand(base, [], 1.0, **inputs)
    assert float((expected - plain).norm() / plain.norm()) > 0.01
    torch.testing.assert_close(run((iter(residuals), 0.7)), expected, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(run((iter(residuals), 0.3), (iter(residuals), 0.4)), expected, rtol=1e-5, atol=1e-5)
    assert torch.equal(run(), base(*arguments, image_rotary_emb=inputs["rotary"]).sample)
    assert not any(block._forward_hooks for block in base.transformer_blocks), "nothing stays behind"


def test_it_starts_as_a_copy_of_the_base_model_that_adds_nothing(base, inputs):
    torch.manual_seed(1)
    net = CogVideoXControlNet(ControlNetSize(LAYERS, WIDTH, HEAD, TIME, TEXT, WIDTH, sine=False))
    initialise_controlnet(net, base.state_dict())
    assert torch.equal(net.transformer_blocks[1].attn1.to_q.weight, base.transformer_blocks[1].attn1.to_q.weight)
    assert torch.equal(net.patch_embed.proj.weight[:, :16], base.patch_embed.proj.weight)
    assert net.patch_embed.proj.weight[:, 16:].abs().max() > 0
    assert all(residual.abs().max() == 0 for residual in net(**inputs))
    with pytest.raises(ToraError, match="no output projections"):
        initialise_controlnet(make(), base.state_dict())
    wider = CogVideoXControlNet(ControlNetSize(LAYERS, 2 * WIDTH, HEAD, TIME, TEXT, WIDTH, sine=False))
    with pytest.raises(ToraError, match=r"in the base model, expected"):
        initialise_controlnet(wider, base.state_dict())
