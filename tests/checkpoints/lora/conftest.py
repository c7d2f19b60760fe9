"""A tiny network, and what a LoRA makes of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

LAYERS = 3


@pytest.fixture(scope="module")
def model(tiny):
    """Three blocks of width 64; tests that change it copy it."""
    return tiny()


@pytest.fixture(scope="module")
def shapes(model) -> dict[str, tuple[int, ...]]:
    return {key: tuple(value.shape) for key, value in model.state_dict().items()}


@pytest.fixture
def every(tiny_loras, model):
    """Factors for every layer of the network."""
    return tiny_loras.factors(model.state_dict(), tiny_loras.every_module(LAYERS))


@pytest.fixture
def attention(tiny_loras, model):
    """Factors for attention alone."""
    return tiny_loras.factors(model.state_dict(), tiny_loras.attention(LAYERS))


@pytest.fixture
def weights_with(model) -> Callable[..., dict[str, torch.Tensor]]:
    """`weights_with((lora, strength), ...)`: a copy's state dict after `apply_loras`."""
    import copy

    from tora_core.checkpoints.lora import apply_loras

    def run(*loras, dtype: torch.dtype = torch.float32):
        copied = copy.deepcopy(model).to(dtype)
        apply_loras(copied, loras)
        return copied.state_dict()

    return run


@pytest.fixture
def close() -> Callable[..., None]:
    """Assert that float32 weights are those computed in float64, and that something changed."""

    def check(found, expected, base, rtol: float = 2e-6) -> None:
        changed = 0
        for key, value in expected.items():
            if value.is_floating_point():
                assert found[key].isfinite().all(), key
                assert float((found[key].double() - value).norm()) <= rtol * float(value.norm()), key
                changed += not torch.equal(value, base[key].double())
        assert changed

    return check
