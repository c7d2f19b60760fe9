"""The host's native CogVideoX, mended, against diffusers' network with the same weights."""

from __future__ import annotations

import copy
import logging

import pytest
import torch

pytestmark = pytest.mark.host


def relative(found: torch.Tensor, expected: torch.Tensor) -> float:
    return float((found - expected).norm() / expected.norm())


@pytest.fixture
def mend(host):
    return host.pack("nodes.host.mends").mend


@pytest.fixture(scope="session")
def learned(make_pair):
    """CogVideoX-5B-I2V in small: rotary and learned positions, the table of core's only size."""
    return make_pair("i2v", use_learned_positional_embeddings=True)


@pytest.mark.parametrize(("height", "width"), [(60, 90), (40, 64), (16, 16), (90, 60)], ids=str)
def test_rotary_positions_are_diffusers_at_every_size(t2v, mend, text, draw, height, width):
    x = draw(1, 16, 3, height, width)
    expected = t2v.expected(x, 500, text)
    assert relative(t2v.predict(mend(t2v.model), x, 500, text), expected) < 1e-5


def test_as_it_stands_the_host_is_wrong(t2v, text, draw):
    """If this fails, core has mended itself, and mends.py can go."""
    x = draw(1, 16, 3, 60, 90)
    net = t2v.model.model.diffusion_model
    with torch.no_grad():
        raw = net(x, torch.tensor([500.0]), text)
    assert relative(raw, t2v.expected(x, 500, text)) > 1e-3  # a hundred times what the mended one is off


def test_image_to_video_takes_its_image_beside_the_noise(i2v, mend, text, draw):
    x, image = draw(1, 16, 3, 40, 64), draw(1, 16, 3, 40, 64, seed=9)
    expected = i2v.expected(x, 700, text, image)
    assert relative(i2v.predict(mend(i2v.model), x, 700, text, image), expected) < 1e-5


@pytest.mark.parametrize("shape", [(13, 60, 90), (13, 40, 64), (3, 60, 90)], ids=str)
def test_learned_positions_are_used_and_fitted_to_other_sizes(learned, mend, draw, shape):
    x, image = draw(1, 16, *shape), draw(1, 16, *shape, seed=9)
    text = draw(1, 226, 24, seed=3)
    expected = learned.expected(x, 300, text, image)
    assert relative(learned.predict(mend(learned.model), x, 300, text, image), expected) < 1e-5


def test_a_fitted_table_is_told_once_a_run(learned, mend, draw, caplog):
    model = mend(learned.model)
    x, text = draw(1, 16, 3, 40, 64), draw(1, 226, 24, seed=3)
    with caplog.at_level(logging.WARNING):
        learned.predict(model, x, 300, text, draw(1, 16, 3, 40, 64, seed=9))
    told = [record.message for record in caplog.records if "interpolated" in record.message]
    assert len(told) == 1 and "13x60x90" in told[0] and "3x40x64" in told[0]


def test_mending_twice_changes_nothing(t2v, mend, text, draw):
    x = draw(1, 16, 2, 8, 12)
    once = t2v.predict(mend(t2v.model), x, 400, text)
    twice = mend(mend(t2v.model))
    assert torch.equal(t2v.predict(twice, x, 400, text), once)
    assert sum(len(w) for kinds in twice.wrappers.values() for w in kinds.values()) == sum(
        len(w) for kinds in mend(t2v.model).wrappers.values() for w in kinds.values()
    )


def test_the_shared_network_is_left_as_it_was(t2v, mend, text, draw):
    net = t2v.model.model.diffusion_model
    before = {name: set(module.__dict__) for name, module in net.named_modules()}
    weights = copy.deepcopy(net.state_dict())
    flags = (net.use_rotary_positional_embeddings, net.spatial_interpolation_scale)
    t2v.predict(mend(t2v.model), draw(1, 16, 2, 8, 12), 400, text)
    assert {name: set(module.__dict__) for name, module in net.named_modules()} == before
    assert (net.use_rotary_positional_embeddings, net.spatial_interpolation_scale) == flags
    assert all(torch.equal(value, weights[key]) for key, value in net.state_dict().items())


def test_the_shared_network_is_left_as_it_was_after_an_error(t2v, mend, draw):
    net = t2v.model.model.diffusion_model
    before = {name: set(module.__dict__) for name, module in net.named_modules()}
    with pytest.raises(RuntimeError):
        t2v.predict(mend(t2v.model), draw(1, 16, 2, 8, 12), 400, draw(1, 20, 99))  # text of another width
    assert {name: set(module.__dict__) for name, module in net.named_modules()} == before


def test_what_the_samplers_hand_over_has_unit_scale(t2v, mend, host, draw):
    """From the first step on: at the native sampling the first input has a deviation in the thousands."""
    import comfy.sample
    from comfy.patcher_extension import WrappersMP

    seen = []
    model = mend(t2v.model)

    def look(executor, x, *args, **kwargs):
        seen.append(float(x.std()))
        return executor(x, *args, **kwargs)

    model.add_wrapper_with_key(WrappersMP.DIFFUSION_MODEL, "look", look)
    latent = torch.zeros(1, 16, 3, 16, 16)
    text = [[draw(1, 20, 24), {}]]
    comfy.sample.sample(model, draw(1, 16, 3, 16, 16), 4, 1.0, "euler", "simple", text, text, latent, disable_pbar=True)
    assert len(seen) == 4
    assert seen[0] == pytest.approx(1, abs=0.05) and max(seen) < 3


def test_a_model_sampling_that_the_user_chose_stays(t2v, mend, host):
    (chosen,) = host.run("ModelSamplingDiscrete", model=t2v.model, sampling="eps", zsnr=False)
    sampling = chosen.get_model_object("model_sampling")
    assert mend(chosen).get_model_object("model_sampling") is sampling


@pytest.mark.parametrize(("tokens", "kept"), [(226, 226), (227, 226), (500, 226)])
def test_prompts_are_cut_at_226_tokens_with_a_warning(t2v, mend, draw, caplog, tokens, kept):
    x, text = draw(1, 16, 2, 8, 12), draw(1, tokens, 24)
    model = mend(t2v.model)
    with caplog.at_level(logging.WARNING):
        found = t2v.predict(model, x, 400, text)
    assert torch.equal(found, t2v.predict(model, x, 400, text[:, :kept]))
    assert any(f"{tokens} tokens" in record.message for record in caplog.records) == (tokens > kept)


def test_other_models_are_refused_in_words(t2v, make_pair, mend, host):
    error = host.pack("tora_core.errors").ToraError

    class Other(torch.nn.Module):
        pass

    other = copy.copy(t2v.model)
    other.model = Other()
    with pytest.raises(error, match="the model is Other, expected CogVideoX"):
        mend(other)
    two_b = make_pair(num_attention_heads=30, num_layers=1, time_embed_dim=8, text_embed_dim=8)
    with pytest.raises(error, match="CogVideoX-2B"):
        mend(two_b.model)


def test_cores_own_sampler_for_this_network_still_gets_the_sampling_it_was_made_for(t2v, mend, host, draw):
    """VOIDSampler hands over samples of unit scale by itself; scaled once more they would be next to nothing."""
    import comfy.sample
    import comfy.samplers
    from comfy.patcher_extension import WrappersMP
    from comfy_extras.nodes_void import VOID_DDIM

    def deviations(model):
        seen = []

        def look(executor, x, *args, **kwargs):
            seen.append(float(x.std()))
            return executor(x, *args, **kwargs)

        model.add_wrapper_with_key(WrappersMP.DIFFUSION_MODEL, "look", look)
        sigmas = comfy.samplers.calculate_sigmas(model.get_model_object("model_sampling"), "simple", 4)
        text, latent = [[draw(1, 20, 24), {}]], torch.zeros(1, 16, 3, 8, 12)
        comfy.sample.sample_custom(
            model, draw(*latent.shape), 1.0, VOID_DDIM(), sigmas, text, text, latent, disable_pbar=True, seed=0
        )
        return seen

    native = deviations(t2v.model.clone())
    assert native[0] == pytest.approx(1, abs=0.05)
    for model in (mend(t2v.model), mend(mend(t2v.model))):
        assert deviations(model) == pytest.approx(native, rel=0.02)


def sample(model, positive, draw):
    import comfy.sample

    latent = torch.zeros(1, 16, 3, 8, 12)
    return comfy.sample.sample(
        model, draw(*latent.shape), 1, 1.0, "euler", "simple", positive, positive, latent, disable_pbar=True
    )


def test_a_start_picture_for_a_text_to_video_model_is_told(t2v, mend, host, draw):
    positive = [[draw(1, 20, 24), {"concat_latent_image": draw(1, 16, 1, 8, 12)}]]
    with pytest.raises(host.pack("tora_core.errors").ToraError, match="the model is CogVideoX T2V, which takes none"):
        sample(mend(t2v.model), positive, draw)


@pytest.mark.parametrize(("extra", "told"), [({}, True), ({"concat_latent_image": torch.ones(1, 16, 1, 8, 12)}, False)])
def test_an_image_to_video_model_without_a_start_picture_is_told(i2v, mend, draw, caplog, extra, told):
    with caplog.at_level(logging.WARNING):
        sample(mend(i2v.model), [[draw(1, 20, 24), extra]], draw)
    assert any("no start picture came" in record.message for record in caplog.records) == told
