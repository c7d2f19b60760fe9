"""The transformer against outputs of the published reference (tests/golden/transformer/README.md)."""

from __future__ import annotations

import copy
import importlib.util
from pathlib import Path

import pytest
import torch
from diffusers import CogVideoXTransformer3DModel
from safetensors.torch import load_file

from tora_core import ToraError, ToraTransformer3DModel
from tora_core.motion import MotionGuidance

GOLDEN = Path(__file__).parents[1] / "golden" / "transformer"
spec = importlib.util.spec_from_file_location("filling", GOLDEN / "filling.py")
filling = importlib.util.module_from_spec(spec)
spec.loader.exec_module(filling)
EXPECTED = load_file(GOLDEN / "outputs.safetensors")


def relative(got: torch.Tensor, expected: torch.Tensor) -> float:
    return float((got - expected).norm() / expected.norm())


@pytest.fixture(scope="module", params=filling.CASES)
def case(request):
    channels = filling.CASES[request.param]
    model = ToraTransformer3DModel(in_channels=channels, **filling.CONFIG).eval()
    model.load_state_dict(filling.fill(model.state_dict()), strict=True)
    inputs = filling.inputs(channels)
    inputs["image_rotary_emb"] = (inputs.pop("cos"), inputs.pop("sin"))
    return request.param, model, inputs


def run(model, inputs, **motion):
    with torch.no_grad():
        kept = {key: value for key, value in inputs.items() if key != "video_flow"}
        return model(**kept, **motion).sample


def test_with_motion_it_equals_the_reference(case):
    name, model, inputs = case
    assert relative(run(model, inputs, video_flow=inputs["video_flow"]), EXPECTED[f"{name}.motion"]) < 1e-5


def test_without_motion_it_equals_the_reference(case):
    name, model, inputs = case
    assert relative(run(model, inputs), EXPECTED[f"{name}.still"]) < 1e-5


def test_features_equal_the_reference():
    model = ToraTransformer3DModel(**filling.CONFIG).eval()
    model.load_state_dict(filling.fill(model.state_dict()), strict=True)
    inputs = filling.inputs(16)
    with torch.no_grad():
        features = model.encode_motion(inputs["video_flow"])
    assert len(features) == 2
    assert [relative(f, EXPECTED[f"features.{i}"]) < 1e-5 for i, f in enumerate(features)] == [True, True]


def test_features_given_once_serve_as_well_as_motion_latents(case):
    _, model, inputs = case
    direct = run(model, inputs, video_flow=inputs["video_flow"])
    with torch.no_grad():
        features = model.encode_motion(inputs["video_flow"])
    assert torch.equal(run(model, inputs, motion_features=features), direct)
    assert torch.equal(run(model, inputs, motion_features=MotionGuidance(latents=inputs["video_flow"])), direct)


def test_without_motion_it_is_bit_for_bit_the_base_model(case):
    _, model, inputs = case
    base = CogVideoXTransformer3DModel(in_channels=inputs["hidden_states"].shape[2], **filling.CONFIG).eval()
    base.load_state_dict({k: v for k, v in model.state_dict().items() if k in base.state_dict()}, strict=True)
    expected = run(base, inputs)
    assert torch.equal(run(model, inputs), expected)
    assert torch.equal(run(model, inputs, video_flow=inputs["video_flow"], motion_strength=0.0), expected)
    # and it leaves nothing behind
    run(model, inputs, video_flow=inputs["video_flow"])
    assert torch.equal(run(model, inputs), expected)


def test_a_fresh_model_is_not_moved_by_motion():
    torch.manual_seed(0)
    model = ToraTransformer3DModel(**filling.CONFIG).eval()
    inputs = filling.inputs(16)
    inputs["image_rotary_emb"] = (inputs.pop("cos"), inputs.pop("sin"))
    assert torch.equal(run(model, inputs, video_flow=inputs["video_flow"]), run(model, inputs))


def test_both_guidance_halves_share_one_motion(case):
    _, model, inputs = case
    one = {
        key: value[:1] if torch.is_tensor(value) and key != "image_rotary_emb" else value
        for key, value in inputs.items()
    }
    twice = {
        key: torch.cat([value, value]) if torch.is_tensor(value) and key != "image_rotary_emb" else value
        for key, value in one.items()
    }
    single = run(model, one, video_flow=one["video_flow"])
    shared = run(model, twice, video_flow=one["video_flow"])
    assert relative(shared[0], single[0]) < 1e-5
    assert relative(shared[1], single[0]) < 1e-5


def test_a_batch_of_two_motions_repeats_in_order_for_both_halves(case):
    _, model, inputs = case
    halves = {
        key: torch.cat([value, value]) if torch.is_tensor(value) and key != "image_rotary_emb" else value
        for key, value in inputs.items()
    }
    expected = run(model, inputs, video_flow=inputs["video_flow"])
    got = run(model, halves, video_flow=inputs["video_flow"])
    assert relative(got[:2], expected) < 1e-5
    assert relative(got[2:], expected) < 1e-5


def test_order_of_several_motions_is_free_and_two_halves_make_a_whole(case):
    _, model, inputs = case
    other = torch.flip(inputs["video_flow"], dims=[1])
    with torch.no_grad():
        a, b = model.encode_motion(inputs["video_flow"]), model.encode_motion(other)
    forth = run(model, inputs, motion_features=[a, b], motion_strength=[0.5, 2.0])
    back = run(model, inputs, motion_features=[b, a], motion_strength=[2.0, 0.5])
    assert relative(forth, back) < 1e-5
    assert relative(forth, run(model, inputs, motion_features=a, motion_strength=0.5)) > 1e-3
    halves = run(model, inputs, motion_features=[a, a], motion_strength=[0.5, 0.5])
    assert relative(halves, run(model, inputs, motion_features=a)) < 1e-5


def test_gradient_checkpointing_gives_the_same_gradients(case):
    _, model, inputs = case
    grads = []
    for checkpointing in (False, True):
        clone = copy.deepcopy(model)
        if checkpointing:
            clone.enable_gradient_checkpointing()
            clone.transformer_blocks.train()
        kept = {key: value for key, value in inputs.items() if key != "video_flow"}
        clone(**kept, video_flow=inputs["video_flow"]).sample.square().mean().backward()
        grads.append(clone.fuser[1].flow_beta_temporal.weight.grad)
    assert grads[0].abs().max() > 0
    assert relative(grads[1], grads[0]) < 1e-5


@pytest.mark.parametrize(
    ("motion", "words"),
    [
        ({"video_flow": torch.zeros(1, 3, 8, 6, 10)}, "16"),
        ({"video_flow": torch.zeros(1, 2, 16, 6, 10)}, "latent frames"),
        ({"video_flow": torch.zeros(1, 3, 16, 8, 10)}, "tokens"),
        ({"motion_features": [torch.zeros(3, 128, 3, 5)]}, "1 blocks"),
        ({"video_flow": torch.zeros(1, 3, 16, 6, 10), "motion_features": [torch.zeros(1)]}, "one of them"),
    ],
)
def test_motion_that_does_not_fit_is_refused_in_words(case, motion, words):
    _, model, inputs = case
    with pytest.raises(ToraError, match=words):
        run(model, inputs, **motion)


def test_cogvideox_15_is_refused():
    with pytest.raises(ToraError, match=r"1\.5"):
        ToraTransformer3DModel(patch_size_t=2, **filling.CONFIG)
