"""Learned positions (CogVideoX-5B-I2V) at other sizes than their own."""

from __future__ import annotations

import logging

import pytest
import torch

from tora_core import ToraError
from tora_core.models.positions import InterpolatedPatchEmbed, interpolate_learned_positions
from tora_core.models.resize import resize_positions

TEXT = 2


def table_of(grid, value):
    """A table (1, TEXT + F'*H*W, 1) with value(f, y, x) for the video and 100, 101 for the text."""
    f, y, x = torch.meshgrid(*(torch.arange(float(n)) for n in grid), indexing="ij")
    return torch.cat([torch.tensor([100.0, 101.0]), value(f, y, x).flatten()]).reshape(1, -1, 1)


def test_the_own_size_is_the_table_itself():
    table = torch.randn(1, TEXT + 24, 5)
    assert resize_positions(table, TEXT, (2, 3, 4), (2, 3, 4)) is table


def test_time_keeps_its_ends_and_space_its_centres():
    resized = resize_positions(table_of((2, 2, 4), lambda f, y, x: 1000 * f + 10 * y + x), TEXT, (2, 2, 4), (5, 4, 2))
    assert resized.shape == (1, TEXT + 40, 1)
    video = resized[0, TEXT:, 0].reshape(5, 4, 2)
    # Rows: centres of four half-size patches lie at -0.25, 0.25, 0.75, 1.25 of two, held at the border: 0 and 1.
    rows = torch.tensor([0.0, 2.5, 7.5, 10.0])
    # Columns: centres of two double-size patches lie at 0.5 and 2.5 of four.
    expected = rows[:, None] + torch.tensor([0.5, 2.5])
    for frame, offset in enumerate((0, 250, 500, 750, 1000)):
        torch.testing.assert_close(video[frame], expected + offset)


def test_text_positions_stay():
    resized = resize_positions(table_of((1, 2, 2), lambda f, y, x: f), TEXT, (1, 2, 2), (3, 4, 6))
    assert resized[0, :TEXT, 0].tolist() == [100.0, 101.0]


def test_half_precision_tables_keep_their_type():
    table = torch.randn(1, TEXT + 8, 3).bfloat16()
    assert resize_positions(table, TEXT, (2, 2, 2), (3, 2, 2)).dtype == torch.bfloat16


@pytest.fixture(scope="module")
def learned(make):
    torch.manual_seed(2)
    transformer = make.transformer(
        True, use_learned_positional_embeddings=True, sample_height=4, sample_width=6, sample_frames=9
    )
    with torch.no_grad():
        transformer.patch_embed.pos_embedding.normal_()
    interpolate_learned_positions(transformer)
    return transformer


@pytest.fixture
def learned_pipe(i2v_components, learned):
    from tora_core import ToraImageToVideoPipeline

    pipe = ToraImageToVideoPipeline(**{**i2v_components, "transformer": learned})
    pipe.set_progress_bar_config(disable=True)
    return pipe


def test_at_its_own_size_nothing_changes(learned):
    from diffusers.models.embeddings import CogVideoXPatchEmbed

    text, image = torch.randn(2, 6, 16), torch.randn(2, 3, 8, 4, 6)
    embed = learned.patch_embed
    assert isinstance(embed, InterpolatedPatchEmbed)
    assert torch.equal(embed(text, image), CogVideoXPatchEmbed.forward(embed, text, image))
    assert "patch_embed.pos_embedding" in learned.state_dict()


def test_at_another_size_patches_get_the_interpolated_table(learned):
    from diffusers.models.embeddings import CogVideoXPatchEmbed

    embed = learned.patch_embed
    bare = CogVideoXPatchEmbed(
        in_channels=8,
        embed_dim=32,
        text_embed_dim=16,
        use_positional_embeddings=False,
        use_learned_positional_embeddings=False,
    )
    bare.load_state_dict({key: value for key, value in embed.state_dict().items() if key != "pos_embedding"})
    text, image = torch.randn(2, 6, 16), torch.randn(2, 5, 8, 6, 4)
    table = resize_positions(embed.pos_embedding, 6, (3, 2, 3), (5, 3, 2)).float()
    torch.testing.assert_close(embed(text, image), bare(text, image) + table)


def test_sine_and_rotary_models_are_left_alone(make):
    transformer = make.transformer()
    interpolate_learned_positions(transformer)
    assert not isinstance(transformer.patch_embed, InterpolatedPatchEmbed)


def test_other_sizes_and_frames_run_and_are_told(learned_pipe, call, picture, path, caplog):
    with caplog.at_level(logging.WARNING, logger="tora_core"):
        video = call(learned_pipe, image=picture, trajectory=path, height=48, width=32, num_frames=17)
    assert video.shape == (1, 5, 4, 6, 4)
    assert "learned positions are for latents of 3x4x6" in caplog.text and "interpolated to 5x6x4" in caplog.text


def test_the_own_size_is_not_told(learned_pipe, call, picture, path, caplog):
    with caplog.at_level(logging.WARNING, logger="tora_core"):
        call(learned_pipe, image=picture, trajectory=path)
    assert not caplog.records


def test_the_text_length_is_fixed_by_the_table(learned_pipe, call, picture):
    with pytest.raises(ToraError, match="has 4 tokens, but this model's positions are for 6"):
        call(learned_pipe, image=picture, max_sequence_length=4)


def test_a_new_transformer_interpolates_by_itself(make):
    transformer = make.transformer(True, use_learned_positional_embeddings=True)
    assert isinstance(transformer.patch_embed, InterpolatedPatchEmbed)
