"""A tiny Tora with random weights; its weights in each published layout come from tests/tiny_checkpoints.py."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from tora_core.models import ToraTransformer3DModel

State = dict[str, torch.Tensor]

TINY = {
    "num_attention_heads": 2,
    "attention_head_dim": 32,
    "num_layers": 3,
    "time_embed_dim": 24,
    "text_embed_dim": 20,
    "sample_height": 6,
    "sample_width": 8,
    "sample_frames": 9,
    "max_text_seq_length": 5,
    "motion_channels": 8,
}
I2V = {"in_channels": 32, "use_learned_positional_embeddings": True}


@pytest.fixture(scope="session")
def tiny() -> Callable[..., ToraTransformer3DModel]:
    """Make a tiny model; every weight is random, so that no two tensors can be taken for each other."""

    def make(seed: int = 0, **changes: object) -> ToraTransformer3DModel:
        model = ToraTransformer3DModel(**{**TINY, **changes})
        generator = torch.Generator().manual_seed(seed)
        for name, value in model.state_dict().items():
            if value.is_floating_point():
                value.copy_(torch.randn(value.shape, generator=generator) * 0.1 + ("var" in name or "norm" in name))
            else:
                value.fill_(7)
        return model.eval()

    return make


@pytest.fixture(scope="session")
def predict() -> Callable[[ToraTransformer3DModel], torch.Tensor]:
    """What a tiny model makes of fixed inputs with a motion; not square, 3 latent frames."""

    def run(model: ToraTransformer3DModel) -> torch.Tensor:
        # Memory-mapped weights lie at other alignments, where matrix products may round differently: copy them first.
        for value in (*model.parameters(), *model.buffers()):
            value.data = value.data.clone()
        generator = torch.Generator().manual_seed(1)
        latents = torch.randn(1, 3, model.config.in_channels, 6, 8, generator=generator)
        text = torch.randn(1, 5, 20, generator=generator)
        flow = torch.randn(1, 3, 16, 6, 8, generator=generator)
        with torch.no_grad():
            return model(latents, text, torch.tensor([500]), video_flow=flow, return_dict=False)[0]

    return run


@pytest.fixture(scope="session")
def write_pair(tiny_checkpoints) -> Callable[..., tuple[Path, Path]]:
    """Write fuser<suffix>.safetensors and traj_extractor<suffix>.safetensors."""
    return tiny_checkpoints.write_pair


@pytest.fixture(scope="session")
def sat_state(tiny_checkpoints) -> Callable[[State, int], State]:
    """The state in SAT's names."""
    return tiny_checkpoints.to_sat


@pytest.fixture(scope="session")
def write_sat(tiny_checkpoints) -> Callable[[Path, State, int], Path]:
    """Write mp_rank_00_model_states.pt with the state in SAT's names."""
    return tiny_checkpoints.write_sat


@pytest.fixture(scope="session")
def native_state(tiny_checkpoints) -> Callable[..., State]:
    """The state in ComfyUI's names."""
    return tiny_checkpoints.to_native


@pytest.fixture(scope="session")
def equal_states() -> Callable[[State, State], None]:
    """Assert that two states have the same keys, types, shapes and values."""

    def check(found: State, expected: State) -> None:
        assert sorted(found) == sorted(expected)
        for key, value in expected.items():
            assert found[key].dtype == value.dtype, key
            assert torch.equal(found[key], value), key

    return check


@pytest.fixture(scope="session")
def i2v() -> dict[str, object]:
    """What makes a tiny model an I2V one."""
    return dict(I2V)
