"""Apply Tora on the host's native network against the library's transformer with the same weights."""

from __future__ import annotations

import pytest
import torch

pytestmark = pytest.mark.host

SHAPE = (3, 8, 12)  # latent frames, height, width: 64x96x9


def relative(found: torch.Tensor, expected: torch.Tensor) -> float:
    return float((found - expected).norm() / expected.norm())


@pytest.fixture
def errors(host):
    return host.pack("tora_core.errors")


@pytest.fixture
def mend(host):
    return host.pack("nodes.host.mends").mend


def scaled(pair, motion):
    """Motion latents as the library's network takes them: (B, F', 16, h, w), times the latent format's factor."""
    return motion.latents.transpose(1, 2) * pair.model.model.latent_format.scale_factor


def sample(model, draw, *, steps=3, cfg=1.0, sampler="euler", batch=1, seed=0, callback=None, shape=SHAPE):
    """Core's own sampling with random text on both sides."""
    import comfy.sample

    noise = draw(batch, 16, *shape, seed=seed)
    positive, negative = [[draw(1, 20, 24, seed=5), {}]], [[draw(1, 20, 24, seed=6), {}]]
    return comfy.sample.sample(
        model, noise, steps, cfg, sampler, "simple", positive, negative, torch.zeros_like(noise), seed=seed,
        disable_pbar=True, callback=callback,
    )  # fmt: skip


@pytest.mark.parametrize("strength", [1.0, 0.4, 2.0])
def test_one_motion_is_the_librarys(t2v, text, draw, strength):
    x, motion = draw(1, 16, *SHAPE), t2v.motion(*SHAPE)
    expected = t2v.expected(x, 500, text, video_flow=scaled(t2v, motion), motion_strength=strength)
    assert relative(t2v.expected(x, 500, text), expected) > 0.01
    assert relative(t2v.predict(t2v.apply(motion, strength=strength), x, 500, text), expected) < 1e-5


def test_image_to_video_too(i2v, text, draw):
    x, image, motion = draw(1, 16, *SHAPE), draw(1, 16, *SHAPE, seed=8), i2v.motion(*SHAPE)
    expected = i2v.expected(x, 500, text, image, video_flow=scaled(i2v, motion))
    assert relative(i2v.predict(i2v.apply(motion), x, 500, text, image), expected) < 1e-5


def test_several_nodes_add_up_in_any_order(t2v, text, draw):
    x, one, two = draw(1, 16, *SHAPE), t2v.motion(*SHAPE, seed=1), t2v.motion(*SHAPE, seed=2)
    features = [t2v.transformer.encode_motion(scaled(t2v, motion)) for motion in (one, two)]
    expected = t2v.expected(x, 500, text, motion_features=features, motion_strength=[0.7, 1.3])
    adapter = t2v.adapter()
    first = t2v.apply(two, t2v.apply(one, strength=0.7, adapter=adapter), strength=1.3, adapter=adapter)
    second = t2v.apply(one, t2v.apply(two, strength=1.3), strength=0.7)
    assert len(first.get_nested_additional_models()) == 1, "one adapter, loaded once"
    assert relative(t2v.predict(first, x, 500, text), expected) < 1e-5
    assert relative(t2v.predict(second, x, 500, text), expected) < 1e-5


def test_both_halves_of_guidance_and_every_video_of_a_batch_get_the_motion(t2v, draw):
    x, text, motion = draw(4, 16, *SHAPE), draw(4, 20, 24), t2v.motion(*SHAPE)
    expected = t2v.expected(x, 500, text, video_flow=scaled(t2v, motion))
    assert relative(t2v.predict(t2v.apply(motion), x, 500, text), expected) < 1e-5


def test_a_batch_of_motions_goes_one_to_a_video_in_both_halves(t2v, draw):
    x, text, motion = draw(4, 16, *SHAPE), draw(4, 20, 24), t2v.motion(*SHAPE, batch=2)
    expected = torch.cat(
        [
            t2v.expected(x[i : i + 1], 500, text[i : i + 1], video_flow=scaled(t2v, motion)[i % 2 : i % 2 + 1])
            for i in range(4)
        ]
    )
    assert relative(t2v.predict(t2v.apply(motion), x, 500, text), expected) < 1e-5


@pytest.mark.parametrize("memory", ["auto", "low", "high"])
def test_what_is_kept_between_steps_changes_nothing(t2v, draw, memory):
    motion = t2v.motion(*SHAPE)
    assert torch.equal(sample(t2v.apply(motion, memory=memory), draw), sample(t2v.apply(motion), draw))


@pytest.mark.parametrize("cfg", [1.0, 6.0])
@pytest.mark.parametrize("batch", [1, 2])
def test_strength_0_is_fix_cogvideox_alone_bit_for_bit(t2v, mend, draw, cfg, batch):
    fixed = sample(mend(t2v.model), draw, cfg=cfg, batch=batch)
    assert torch.equal(sample(t2v.apply(t2v.motion(*SHAPE), strength=0), draw, cfg=cfg, batch=batch), fixed)
    assert not torch.equal(sample(t2v.apply(t2v.motion(*SHAPE)), draw, cfg=cfg, batch=batch), fixed)


def test_with_strength_0_the_adapter_is_not_even_loaded(t2v):
    assert t2v.apply(t2v.motion(*SHAPE), strength=0).get_nested_additional_models() == []


def test_the_model_is_the_same_before_and_after(t2v, mend, draw):
    before = sample(mend(t2v.model), draw)
    sample(t2v.apply(t2v.motion(*SHAPE)), draw)
    assert torch.equal(sample(mend(t2v.model), draw), before)
    assert not t2v.model.wrappers and not t2v.model.object_patches and not t2v.model.attachments


def test_two_branches_of_one_model_do_not_leak_into_each_other(t2v, draw):
    one, two = t2v.apply(t2v.motion(*SHAPE, seed=1)), t2v.apply(t2v.motion(*SHAPE, seed=2))
    first, second = sample(one, draw), sample(two, draw)
    assert not torch.allclose(first, second, atol=1e-3)
    assert torch.equal(sample(one, draw), first)
    assert torch.equal(sample(two, draw), second)


def test_an_interrupt_leaves_nothing_behind(t2v, mend, draw):
    import comfy.model_management

    before = sample(mend(t2v.model), draw)
    names = {name: set(module.__dict__) for name, module in t2v.model.model.diffusion_model.named_modules()}
    model = t2v.apply(t2v.motion(*SHAPE))
    whole = sample(model, draw)

    def interrupt(step, *_):
        raise comfy.model_management.InterruptProcessingException()

    with pytest.raises(comfy.model_management.InterruptProcessingException):
        sample(model, draw, callback=interrupt)
    assert {name: set(m.__dict__) for name, m in t2v.model.model.diffusion_model.named_modules()} == names
    assert torch.equal(sample(mend(t2v.model), draw), before)
    assert torch.equal(sample(model, draw), whole)


@pytest.mark.parametrize(
    ("start", "end", "acting"), [(0, 1, 6), (0, 0.5, 3), (0.5, 1, 3), (0.3, 0.3, 0), (0, 0, 0), (1, 1, 0)]
)
def test_start_and_end_are_fractions_of_the_noise_schedule(t2v, mend, draw, start, end, acting):
    """With 6 steps of `simple`, the timesteps are 999, 833, 666, 500, 333 and 166: half of them from 0.5 on."""
    from comfy.patcher_extension import WrappersMP

    model = t2v.apply(t2v.motion(*SHAPE), start=start, end=end)
    net = t2v.model.model.diffusion_model
    bent = []

    def look(executor, *args, **kwargs):
        bent.append("forward" in net.blocks[0].norm1.__dict__)
        return executor(*args, **kwargs)

    model.add_wrapper_with_key(WrappersMP.DIFFUSION_MODEL, "look", look)
    sample(model, draw, steps=6)
    assert bent in ([True] * acting + [False] * (6 - acting), [False] * (6 - acting) + [True] * acting)


@pytest.mark.parametrize(
    ("latent", "words"),
    [
        ((3, 8, 16), "the motion is 64x96x9 .*, the latent is 64x128x9"),
        ((5, 8, 12), "the motion is 64x96x9 .*, the latent is 64x96x17"),
    ],
)
def test_another_size_is_told_before_anything_runs(t2v, errors, draw, monkeypatch, latent, words):
    def never(*_, **__):
        raise AssertionError("models were loaded")

    import comfy.model_management

    model = t2v.apply(t2v.motion(*SHAPE))
    monkeypatch.setattr(comfy.model_management, "load_models_gpu", never)
    with pytest.raises(errors.SizeError, match=words):
        sample(model, draw, shape=latent)


def test_motions_must_fit_the_batch(t2v, errors, draw):
    with pytest.raises(errors.SizeError, match="3 motions for a batch of 2"):
        sample(t2v.apply(t2v.motion(*SHAPE, batch=3)), draw, batch=2)


def test_what_does_not_belong_together_is_told_when_it_is_applied(t2v, i2v, make_pair, errors):
    motion = t2v.motion(*SHAPE)
    with pytest.raises(errors.ToraError, match=r"T2V.* the model is image to video"):
        i2v.apply(motion, adapter=t2v.adapter())
    three = make_pair(num_layers=3)
    with pytest.raises(errors.ToraError, match="2 blocks of width 192, the model has 3 of width 192"):
        three.apply(motion, adapter=t2v.adapter())
    with pytest.raises(errors.ToraError, match=r"start_percent is 0\.6 and end_percent 0\.4"):
        t2v.apply(motion, start=0.6, end=0.4)
    fun = make_pair(in_channels=48)
    with pytest.raises(errors.ToraError, match="48 input channels"):
        fun.apply(motion)


def test_a_kind_that_nobody_knows_is_let_through(t2v):
    adapter = t2v.adapter()
    adapter = type(adapter)(adapter.patcher, None, adapter.layers, adapter.width, adapter.name)
    assert t2v.apply(t2v.motion(*SHAPE), adapter=adapter) is not None


def test_fix_before_and_after_apply_changes_nothing(t2v, mend, draw):
    motion = t2v.motion(*SHAPE)
    plain = sample(t2v.apply(motion), draw)
    assert torch.equal(sample(t2v.apply(motion, mend(t2v.model)), draw), plain)
    assert torch.equal(sample(mend(t2v.apply(motion)), draw), plain)


@pytest.mark.parametrize("order", ["compile first", "apply first"])
def test_a_compiled_model_computes_the_same(t2v, draw, order):
    """dynamo's eager backend: the tracing is what can go wrong; inductor's code would take a minute here."""
    from comfy_api.torch_helpers import set_torch_compile_wrapper

    motion = t2v.motion(*SHAPE)
    plain = sample(t2v.apply(motion), draw, cfg=6.0)
    if order == "compile first":
        model = t2v.model.clone()
        set_torch_compile_wrapper(model, backend="eager")
        model = t2v.apply(motion, model)
    else:
        model = t2v.apply(motion)
        set_torch_compile_wrapper(model, backend="eager")
    assert relative(sample(model, draw, cfg=6.0), plain) < 1e-4
    torch._dynamo.reset()


def test_half_precision_runs_close_to_single(make_pair, draw):
    """bfloat16 weights and computation, the extractor still in float32."""
    pair = make_pair()
    motion = pair.motion(*SHAPE)
    exact = sample(pair.apply(motion), draw)
    rough = pair.model.clone()
    rough.model.manual_cast_dtype = None
    rough.model.diffusion_model.to(torch.bfloat16)
    rough.model.diffusion_model.dtype = torch.bfloat16
    found = sample(pair.apply(motion, rough), draw)
    assert found.isfinite().all()
    assert relative(found, exact) < 0.1


def test_what_others_put_on_a_norm_counts_whoever_came_first(t2v, draw):
    """Another pack's object patch on one clone: used there, and not on the clone beside it."""
    patched = t2v.apply(t2v.motion(*SHAPE))
    plain = sample(patched, draw)
    norm = t2v.model.model.diffusion_model.blocks[0].norm1
    forward = type(norm).forward

    def doubled(hidden_states, encoder_hidden_states, temb):
        image, *rest = forward(norm, hidden_states, encoder_hidden_states, temb)
        return image * 2, *rest

    other = patched.clone()
    other.add_object_patch("diffusion_model.blocks.0.norm1.forward", doubled)
    changed = sample(other, draw)
    assert relative(changed, plain) > 1e-3
    assert torch.equal(sample(patched, draw), plain)
    assert torch.equal(sample(other, draw), changed)


def test_two_networks_at_the_same_time_keep_their_motions_apart(t2v, make_pair, host):
    """The host runs its copies for several devices in threads; what one ends must not end the other's."""
    module = host.pack("nodes.host.motion")
    other = make_pair("t2v")
    run = module.MotionRun([module.Guidance(t2v.adapter(), t2v.motion(*SHAPE))])
    nets = [pair.model.model.diffusion_model for pair in (t2v, other)]
    for pair, net in zip((t2v, other), nets, strict=True):
        run._calls[net] = module._Call(pair.model.model, [0], None)
    tokens = torch.randn(1, 3 * 4 * 6, 192, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        before = run.bend(nets[1], 0, tokens)
        run._calls.pop(nets[0])
        assert torch.equal(run.bend(nets[1], 0, tokens), before)
        assert not torch.equal(before, tokens)
        with pytest.raises(KeyError):
            run.bend(nets[0], 0, tokens)


@pytest.mark.parametrize("batch", [2, 4])
def test_windows_along_the_batch_keep_each_video_with_its_motion(t2v, draw, batch):
    """dim 0 is what core's context windows node has by default."""
    import comfy.context_windows

    motion = t2v.motion(*SHAPE, batch=batch)
    whole = sample(t2v.apply(motion), draw, batch=batch)
    model = t2v.apply(motion)
    model.model_options["context_handler"] = comfy.context_windows.IndexListContextHandler(
        context_schedule=comfy.context_windows.get_matching_context_schedule("standard_static"),
        fuse_method=comfy.context_windows.get_matching_fuse_method("flat"),
        context_length=1,
        context_overlap=0,
        dim=0,
        causal_window_fix=False,
    )
    comfy.context_windows.create_prepare_sampling_wrapper(model)
    assert relative(sample(model, draw, batch=batch), whole) < 1e-4


def test_windows_across_the_picture_and_areas_are_told(t2v, errors, draw):
    import comfy.context_windows
    import comfy.sample

    model = t2v.apply(t2v.motion(*SHAPE))
    noise = draw(1, 16, *SHAPE)
    area = [[draw(1, 20, 24, seed=5), {"area": (4, 6, 0, 0), "strength": 1.0}]]
    with pytest.raises(errors.ToraError, match="limited to an area"):
        comfy.sample.sample(model, noise, 2, 1.0, "euler", "simple", area, area, noise * 0, disable_pbar=True)
    model.model_options["context_handler"] = comfy.context_windows.IndexListContextHandler(
        context_schedule=comfy.context_windows.get_matching_context_schedule("standard_static"),
        fuse_method=comfy.context_windows.get_matching_fuse_method("flat"),
        context_length=4,
        context_overlap=0,
        dim=3,
    )
    with pytest.raises(errors.ToraError, match="along dim 3, expected 2"):
        sample(model, draw)


def test_windows_along_the_batch_that_were_meant_for_time_are_told(t2v, errors, draw):
    """dim 0 is what core's node has by default: one long video would be sampled whole, without a word."""
    import comfy.context_windows

    model = t2v.apply(t2v.motion(*SHAPE))
    model.model_options["context_handler"] = comfy.context_windows.IndexListContextHandler(
        context_schedule=comfy.context_windows.get_matching_context_schedule("standard_static"),
        fuse_method=comfy.context_windows.get_matching_fuse_method("flat"),
        context_length=SHAPE[0] - 1,
        context_overlap=0,
        dim=0,
    )
    with pytest.raises(errors.ToraError, match="along dim 0, the batch, and do nothing"):
        sample(model, draw)
    model.model_options["context_handler"].context_length = SHAPE[0]  # no windows are wanted for so short a video
    assert sample(model, draw).isfinite().all()


@pytest.mark.parametrize("strength", [float("nan"), float("inf")])
def test_a_strength_that_is_no_number_is_told(t2v, errors, strength):
    with pytest.raises(errors.ToraError, match="strength is"):
        t2v.apply(t2v.motion(*SHAPE), strength=strength)


def test_weight_patches_act_before_it_as_behind_it(t2v, draw):
    """As LoRA nodes set them, with the network's own keys."""
    key = "diffusion_model.blocks.0.attn_out.weight"
    patch = {key: ("diff", (draw(192, 192, seed=3) * 0.05,))}
    motion = t2v.motion(*SHAPE)
    plain = sample(t2v.apply(motion), draw)
    before = t2v.model.clone()
    assert before.add_patches(patch, 1.0) == [key]
    behind = t2v.apply(motion)
    behind.add_patches(patch, 1.0)
    patched = sample(t2v.apply(motion, before), draw)
    assert relative(patched, plain) > 1e-3
    assert torch.equal(sample(behind, draw), patched)
    assert torch.equal(sample(t2v.apply(motion), draw), plain)
