"""The key tables against the real modules at full 5B size, on the meta device: no memory is used."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
import torch

from tora_core.checkpoints.dimensions import BaseSize, base_size
from tora_core.checkpoints.headers import TensorInfo
from tora_core.checkpoints.manifest import extractor_shapes, fuser_shapes
from tora_core.checkpoints.sat import sat_entries
from tora_core.checkpoints.sources import Source
from tora_core.models import ToraTransformer3DModel

FIVE_B = BaseSize(
    layers=42, width=3072, head=64, time=512, text=4096, in_channels=16, out_channels=16, patch=2, positions=None
)


def _on_meta(**config: object) -> dict[str, torch.Tensor]:
    with torch.device("meta"):
        return ToraTransformer3DModel(**config).state_dict()


@pytest.fixture(scope="module")
def t2v() -> dict[str, torch.Tensor]:
    return _on_meta()


@pytest.fixture(scope="module")
def i2v_5b() -> dict[str, torch.Tensor]:
    return _on_meta(in_channels=32, use_learned_positional_embeddings=True)


def test_the_tables_are_the_5b_model_key_for_key(t2v):
    table = FIVE_B.shapes() | fuser_shapes(42, 3072) | extractor_shapes(42)
    assert table == {key: tuple(value.shape) for key, value in t2v.items()}


def test_the_5b_model_has_the_published_number_of_keys_and_values(t2v):
    assert len(t2v) == 2622
    assert sum(value.numel() for value in t2v.values()) == 6_264_678_248


def test_the_5b_fuser_file_has_the_published_size_in_bfloat16():
    header, end = {}, 0
    for key, shape in sorted(fuser_shapes(42, 3072).items()):
        start, end = end, end + 2 * math.prod(shape)
        header[key.removeprefix("fuser.")] = {"dtype": "BF16", "shape": shape, "data_offsets": [start, end]}
    text = json.dumps(header, separators=(",", ":"))
    padding = -len(text) % 8
    assert 8 + len(text) + padding + end == 1_338_924_336


def test_the_i2v_model_adds_one_learned_table_and_sixteen_input_channels(t2v, i2v_5b):
    assert set(i2v_5b) - set(t2v) == {"patch_embed.pos_embedding"}
    assert i2v_5b["patch_embed.pos_embedding"].shape == (1, 17776, 3072)
    assert {key for key in t2v if i2v_5b[key].shape != t2v[key].shape} == {"patch_embed.proj.weight"}


@pytest.mark.parametrize("kind", ["t2v", "i2v_5b"])
def test_every_key_of_a_5b_sat_file_maps_to_the_model_with_the_right_shape(sat_state, kind, request):
    model = request.getfixturevalue(kind)
    stored = {key: TensorInfo("BF16", tuple(value.shape)) for key, value in sat_state(model, 42).items()}
    entries, aside = sat_entries(Source(Path("sat.pt"), stored, {}))
    assert {key: entry.info.shape for key, entry in entries.items()} == {
        key: tuple(value.shape) for key, value in model.items()
    }
    assert aside == {
        "conditioner.": 1,
        "first_stage_model.": 1,
        "model.diffusion_model.mixins.pos_embed.freqs_sin": 1,
        "model.diffusion_model.mixins.pos_embed.freqs_cos": 1,
        "model.diffusion_model.transformer.position_embeddings.weight": 1,
    }


def test_sizes_are_read_off_the_shapes(t2v):
    assert base_size({key: TensorInfo("BF16", tuple(value.shape)) for key, value in t2v.items()}) == FIVE_B
