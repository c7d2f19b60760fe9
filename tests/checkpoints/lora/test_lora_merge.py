"""Changes in weights: stacking, strength, DoRA, differences and biases; and files for core's own loader."""

from __future__ import annotations

import copy

import pytest
import torch
from safetensors.torch import load_file

from tora_core.checkpoints.lora import apply_loras, native_state, read_lora, save_native
from tora_core.errors import CheckpointError, ToraError

Q = "transformer_blocks.0.attn1.to_q"


@pytest.fixture
def read(tmp_path, tiny_loras, shapes):
    def run(tensors, **values):
        return read_lora(tiny_loras.write(tmp_path / "lora.safetensors", tensors), shapes, **values)

    return run


def double(state):
    return {key: value.double() if value.is_floating_point() else value for key, value in state.items()}


def test_strength_0_changes_no_bit(read, weights_with, model, tiny_loras, every):
    found = weights_with((read(tiny_loras.dotted(every)), 0.0))
    for key, value in model.state_dict().items():
        assert torch.equal(found[key], value), key


def test_several_add_up_in_any_order(read, weights_with, close, model, tiny_loras, every, attention):
    one, two = read(tiny_loras.dotted(every)), read(tiny_loras.flat(attention, "lora_unet_", alpha=2.0))
    base = model.state_dict()
    once = tiny_loras.merged_by_hand(base, every, 1.0, 0.7)
    expected = tiny_loras.merged_by_hand(once, attention, 0.5, -0.4)
    close(weights_with((one, 0.7), (two, -0.4)), expected, base)
    close(weights_with((two, -0.4), (one, 0.7)), expected, base)


def test_16_bit_weights_are_rounded_once(read, weights_with, model, tiny_loras, attention):
    """The sum of three in float32, rounded at the end, and not after each."""
    lora = read(tiny_loras.dotted(attention))
    found = weights_with((lora, 1.0), (lora, 1.0), (lora, -1.5), dtype=torch.bfloat16)
    rounded = {key: value.to(torch.bfloat16) for key, value in model.state_dict().items()}
    expected = tiny_loras.merged_by_hand(rounded, attention, 1.0, 0.5)
    for key in (f"{module}.weight" for module in attention):
        assert found[key].dtype == torch.bfloat16
        # half a step of bfloat16's 8 bits; rounding three times would be off by up to three halves
        assert ((found[key].double() - expected[key]).abs() <= expected[key].abs() * 2**-8 * 1.01 + 1e-6).all()


def test_tora_s_own_weights_stay(read, weights_with, model, tiny_loras, every):
    found = weights_with((read(tiny_loras.dotted(every)), 1.0))
    for key, value in model.state_dict().items():
        if key.startswith(("fuser.", "traj_extractor.")):
            assert torch.equal(found[key], value), key


def dora_by_hand(weight, up, down, scale, magnitude, axis):
    """arXiv 2402.09353, eq. 5: magnitudes times the changed weight's directions; norms over the other axis."""
    changed = weight.double() + scale * up.double() @ down.double()
    return magnitude.double() * changed / changed.pow(2).sum(dim=1 - axis, keepdim=True).sqrt()


@pytest.mark.parametrize("strength", [1.0, 0.4])
@pytest.mark.parametrize(
    ("spelling", "shape", "axis"),
    [
        ("lora_magnitude_vector", "out", 0),
        ("lora_magnitude_vector.default.weight", "out", 0),
        ("dora_scale", "out 1", 0),
        ("dora_scale", "1 in", 1),
    ],
)
def test_dora_scales_to_its_magnitudes(read, weights_with, model, tiny_loras, spelling, shape, axis, strength):
    """PEFT keeps one magnitude for every output, LyCORIS as a rule one for every input."""
    base = model.state_dict()
    for module in (Q, "transformer_blocks.1.ff.net.0.proj"):
        made = tiny_loras.factors(base, [module])
        up, down = made[module]
        size = {"out": (len(up),), "out 1": (len(up), 1), "1 in": (1, down.shape[1])}[shape]
        magnitude = torch.rand(size, generator=torch.Generator().manual_seed(5)) + 0.5
        lora = read(tiny_loras.dotted(made) | {f"transformer.{module}.{spelling}": magnitude}, alpha=2.0)
        assert lora.report.dora == 1
        weight = base[f"{module}.weight"].double()
        upright = magnitude.reshape(-1, 1) if axis == 0 else magnitude
        whole = dora_by_hand(weight, up, down, 0.5, upright, axis)
        expected = weight + strength * (whole - weight)
        found = weights_with((lora, strength))[f"{module}.weight"].double()
        assert float((found - expected).norm() / expected.norm()) < 1e-6
        plain = tiny_loras.merged_by_hand(base, made, 0.5, strength)[f"{module}.weight"]
        assert float((found - plain).norm() / plain.norm()) > 0.05


def test_fused_magnitudes_go_to_query_key_and_value(read, weights_with, model, tiny_loras):
    base = model.state_dict()
    file, meant = tiny_loras.sat_fused(base, 1)
    magnitude = torch.rand(3 * 64, generator=torch.Generator().manual_seed(5)) + 0.5
    file["transformer.layers.0.attention.query_key_value.lora_magnitude_vector"] = magnitude
    found = weights_with((read(file), 1.0))
    for i, letter in enumerate("qkv"):
        key = f"transformer_blocks.0.attn1.to_{letter}"
        part = magnitude[i * 64 : (i + 1) * 64, None]
        expected = dora_by_hand(base[f"{key}.weight"], *meant[key], 1.0, part, 0)
        assert float((found[f"{key}.weight"].double() - expected).norm() / expected.norm()) < 1e-6


def test_whole_differences_and_biases(read, weights_with, model):
    generator = torch.Generator().manual_seed(2)
    base = double(model.state_dict())
    diff, bias, norm = (torch.randn(shape, generator=generator) for shape in ((64, 64), (64,), (64,)))
    file = {
        "diffusion_model.blocks.0.q.diff": diff,
        "diffusion_model.blocks.0.q.diff_b": bias,
        "diffusion_model.norm_final.diff": norm,
        "diffusion_model.norm_final.diff_b": bias,
    }
    found = weights_with((read(file), 0.5))
    for key, change in ((f"{Q}.weight", diff), (f"{Q}.bias", bias), ("norm_final.weight", norm)):
        torch.testing.assert_close(found[key].double(), base[key] + 0.5 * change.double(), rtol=1e-6, atol=1e-6)
    assert torch.equal(found["norm_final.bias"].double(), (base["norm_final.bias"].float() + 0.5 * bias).double())


def test_factors_beside_a_difference_and_a_bias_of_the_second_factor(read, weights_with, model, tiny_loras):
    made = tiny_loras.factors(model.state_dict(), [Q])
    generator = torch.Generator().manual_seed(2)
    diff, bias, up_bias = (torch.randn(shape, generator=generator) for shape in ((64, 64), (64,), (64,)))
    file = tiny_loras.dotted(made)
    file |= {f"transformer.{Q}.diff": diff, f"transformer.{Q}.diff_b": bias, f"transformer.{Q}.lora_B.bias": up_bias}
    lora = read(file, alpha=2.0)
    found = weights_with((lora, 1.0))
    base = double(model.state_dict())
    weight = tiny_loras.merged_by_hand(model.state_dict(), made, 0.5)[f"{Q}.weight"] + diff.double()
    torch.testing.assert_close(found[f"{Q}.weight"].double(), weight, rtol=1e-6, atol=1e-6)
    expected = base[f"{Q}.bias"] + bias.double() + 0.5 * up_bias.double()
    torch.testing.assert_close(found[f"{Q}.bias"].double(), expected, rtol=1e-6, atol=1e-6)
    # Core would take the difference alone.
    state = native_state(lora)
    assert sorted(state) == ["diffusion_model.blocks.0.q.diff", "diffusion_model.blocks.0.q.diff_b"]
    torch.testing.assert_close(
        state["diffusion_model.blocks.0.q.diff"].double(), weight - base[f"{Q}.weight"], rtol=1e-5, atol=1e-5
    )


@pytest.mark.parametrize("strength", [float("nan"), float("inf"), "1", None])
def test_a_strength_that_is_no_number_is_told(read, model, tiny_loras, attention, strength):
    lora = read(tiny_loras.dotted(attention))
    with pytest.raises(ToraError, match="a LoRA's strength is"):
        apply_loras(copy.deepcopy(model), [(lora, strength)])


def test_a_transformer_without_the_module_is_told(read, tiny_loras, attention):
    lora = read(tiny_loras.dotted(attention))
    with pytest.raises(CheckpointError, match="which this transformer hasn't"):
        apply_loras(torch.nn.Linear(2, 2), [(lora, 1.0)])


def test_the_native_file_holds_the_same_changes(read, tmp_path, tiny_loras, shapes, every, weights_with):
    lora = read(tiny_loras.flat(every, "lora_unet__", alpha=3.0))
    path = save_native(lora, tmp_path / "native.safetensors", {"made_from": "x"})
    again = read_lora(path, shapes)
    assert again.report.style == "ComfyUI's own"
    assert again.report.scales == pytest.approx((0.75,))
    assert len(load_file(path)) == 3 * len(every)
    one, two = weights_with((lora, 0.8)), weights_with((again, 0.8))
    for key, value in one.items():
        assert torch.equal(value, two[key]), key


def test_dora_that_core_would_get_wrong_is_not_converted(read, tmp_path, model, tiny_loras):
    made = tiny_loras.factors(model.state_dict(), [Q])
    lora = read(tiny_loras.dotted(made) | {f"transformer.{Q}.lora_magnitude_vector": torch.ones(64)})
    with pytest.raises(CheckpointError, match="wrong norms"):
        save_native(lora, tmp_path / "native.safetensors")
    assert not (tmp_path / "native.safetensors").exists()
    by_input = read(tiny_loras.dotted(made) | {f"transformer.{Q}.dora_scale": torch.ones(1, 64)})
    assert "diffusion_model.blocks.0.q.dora_scale" in load_file(save_native(by_input, tmp_path / "native.safetensors"))
