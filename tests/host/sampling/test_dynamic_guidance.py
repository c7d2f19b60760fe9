"""Dynamic guidance through the host's real guiders: the scales that they work with, step by step."""

from __future__ import annotations

import math

import pytest
import torch

pytestmark = pytest.mark.host

SHAPE = (2, 4, 4)
STEPS = 4


@pytest.fixture
def scales(t2v, host, draw):
    """A function that samples and returns the guidance scale of every guided prediction."""

    def run(model, cfg=6.0, sampler="euler", guider=None):
        import comfy.samplers

        seen = []
        model = host.pack("nodes.host.mends").mend(model)
        model.set_model_sampler_post_cfg_function(
            lambda args: seen.append(args["cond_scale"]) or args["denoised"], disable_cfg1_optimization=False
        )
        text, other = [[draw(1, 20, 24, seed=5), {}]], [[draw(1, 20, 24, seed=6), {}]]
        guider = (guider or comfy.samplers.CFGGuider)(model)
        if hasattr(guider, "set_conds") and type(guider) is comfy.samplers.CFGGuider:
            guider.set_conds(text, other)
            guider.set_cfg(cfg)
        else:
            guider.set_conds(text, other, other)
            guider.set_cfg(cfg, 2.0, nested=True)
        sigmas = comfy.samplers.calculate_sigmas(model.get_model_object("model_sampling"), "simple", STEPS)
        noise = draw(1, 16, *SHAPE)
        guider.sample(noise, torch.zeros_like(noise), comfy.samplers.sampler_object(sampler), sigmas, disable_pbar=True)
        return seen, guider

    return run


def node(host, model, mode):
    return host.run("ToraDynamicGuidance", model=model, mode=mode)[0]


def test_reference_feeds_the_raw_timestep_into_the_formula(host, t2v, scales):
    """4 steps of `simple` are timesteps 999, 749, 499, 249 of the schedule."""
    seen, _ = scales(node(host, t2v.model, "reference"))
    expected = [1 + 6 * (1 - math.cos(math.pi * ((STEPS - t) / STEPS) ** 5)) / 2 for t in (999, 749, 499, 249)]
    assert seen == pytest.approx(expected, abs=1e-6)


def test_step_index_rises_smoothly(host, t2v, scales):
    seen, _ = scales(node(host, t2v.model, "step-index"))
    assert seen == pytest.approx([1 + 6 * (1 - math.cos(math.pi * (i / 4) ** 5)) / 2 for i in range(4)], abs=1e-6)
    assert seen[0] == 1


def test_off_takes_it_away_again_and_leaves_the_model_alone(host, t2v, scales):
    seen, _ = scales(node(host, node(host, t2v.model, "reference"), "off"))
    assert seen == [6.0] * 4
    assert not t2v.model.wrappers


def test_the_last_mode_counts(host, t2v, scales):
    twice, _ = scales(node(host, node(host, t2v.model, "reference"), "step-index"))
    assert twice == scales(node(host, t2v.model, "step-index"))[0]


def test_no_guidance_stays_no_guidance(host, t2v, scales):
    seen, _ = scales(node(host, t2v.model, "step-index"), cfg=1.0)
    assert seen == [1.0] * 4


def test_the_guider_has_its_own_scale_back_afterwards(host, t2v, scales):
    _, guider = scales(node(host, t2v.model, "reference"))
    assert guider.cfg == 6.0


def test_samplers_that_look_between_steps_get_scales_of_the_same_range(host, t2v, scales):
    seen, _ = scales(node(host, t2v.model, "step-index"), sampler="heun")
    assert len(seen) == 7  # two looks a step, one in the last
    steps = [0, 1, 1, 2, 2, 3, 3]
    assert seen == pytest.approx([1 + 6 * (1 - math.cos(math.pi * (i / 4) ** 5)) / 2 for i in steps], abs=1e-6)


def test_both_scales_of_a_dual_guider_follow(host, t2v, scales):
    from comfy_extras.nodes_custom_sampler import Guider_DualCFG

    seen, guider = scales(node(host, t2v.model, "step-index"), cfg=6.0, guider=Guider_DualCFG)
    # Nested: the first scale goes through core's cfg_function, which is what is seen here.
    assert seen == pytest.approx([1 + 6 * (1 - math.cos(math.pi * (i / 4) ** 5)) / 2 for i in range(4)], abs=1e-6)
    assert (guider.cfg1, guider.cfg2) == (6.0, 2.0)
