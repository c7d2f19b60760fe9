"""A ControlNet through core's Apply ControlNet nodes into the host's native CogVideoX, with Tora and without.

What is expected is computed by the library's ControlNet and diffusers' network with the same weights.
"""

from __future__ import annotations

import gc
from pathlib import Path

import pytest
import torch

pytestmark = pytest.mark.host

SHAPE = (3, 8, 12)  # latent frames, height, width: 64x96, 9 frames
FRAMES, HEIGHT, WIDTH = 9, 64, 96
LAYERS, OWN_WIDTH, TEXT = 2, 128, 24


def relative(found: torch.Tensor, expected: torch.Tensor) -> float:
    return float((found - expected).norm() / expected.norm())


@pytest.fixture
def errors(host):
    return host.pack("tora_core.errors")


@pytest.fixture
def mend(host):
    return host.pack("nodes.host.mends").mend


@pytest.fixture(scope="module")
def make_net():
    """The library's own ControlNet, in plain PyTorch, for the networks of conftest.py."""
    from tora_core.models.controlnet import CogVideoXControlNet, ControlNetSize

    def make(seed: int = 2, **changes):
        torch.manual_seed(seed)
        size = {"layers": LAYERS, "width": OWN_WIDTH, "time": 16, "text": TEXT, "out": 192, **changes}
        net = CogVideoXControlNet(ControlNetSize(**size)).eval().requires_grad_(False)
        for parameter in net.parameters():
            torch.nn.init.normal_(parameter, std=0.08)
        return net

    return make


@pytest.fixture(scope="module")
def net(make_net):
    return make_net()


@pytest.fixture(scope="module")
def control(host, net, tmp_path_factory):
    return loaded(host, net, tmp_path_factory.mktemp("controlnet"))


def loaded(host, net, folder: Path, dtype=None):
    """The same as the node's CONTROL_NET."""
    from tora_core.checkpoints.controlnet import save_controlnet

    save_controlnet(net, folder)
    return host.pack("nodes.host.controlnet_loader").load_control(folder, dtype=dtype, name="edges")


def pictures(count: int = FRAMES, height: int = HEIGHT, width: int = WIDTH, seed: int = 3) -> torch.Tensor:
    """An IMAGE of the host: (N, H, W, 3) in 0..1."""
    return torch.rand(count, height, width, 3, generator=torch.Generator().manual_seed(seed))


def conditioned(host, draw, control, image, strength=1.0, start=0.0, end=1.0, before=None):
    """Positive and negative through core's own node."""
    positive, negative = before or ([[draw(1, 20, TEXT, seed=5), {}]], [[draw(1, 20, TEXT, seed=6), {}]])
    return host.run(
        "ControlNetApplyAdvanced",
        positive=positive,
        negative=negative,
        control_net=control,
        image=image,
        strength=strength,
        start_percent=start,
        end_percent=end,
    )


def sample(model, draw, conds, *, steps=3, cfg=1.0, batch=1, seed=0, callback=None, shape=SHAPE, sampler="euler"):
    import comfy.sample

    noise = draw(batch, 16, *shape, seed=seed)
    return comfy.sample.sample(
        model, noise, steps, cfg, sampler, "simple", *conds, torch.zeros_like(noise), seed=seed,
        disable_pbar=True, callback=callback,
    )  # fmt: skip


def calls(model, key="look"):
    """Every call of the network in the next runs: its input, timestep, text and what came out."""
    from comfy.patcher_extension import WrappersMP

    seen = []

    def look(executor, x, timestep, context, *args, **kwargs):
        out = executor(x, timestep, context, *args, **kwargs)
        seen.append((x.clone(), timestep.clone(), context.clone(), out.clone()))
        return out

    watched = model.clone()
    watched.add_wrapper_with_key(WrappersMP.DIFFUSION_MODEL, key, look)
    return watched, seen


def expected_call(pair, call, streams, **motion):
    """What diffusers' network with the library's ControlNets gives for a call of the host's network.

    streams: (ControlNet, pictures (b, F, H, W, 3), strength) each.
    """
    from diffusers.models.embeddings import get_3d_rotary_pos_embed
    from diffusers.pipelines.cogvideo.pipeline_cogvideox import get_resize_crop_region_for_grid

    from tora_core.models.controlnet import adding

    x, timestep, text, _ = call
    grid = (x.shape[3] // 2, x.shape[4] // 2)
    rotary = get_3d_rotary_pos_embed(64, get_resize_crop_region_for_grid(grid, 45, 30), grid, x.shape[2])
    running = []
    with torch.no_grad():
        for net, image, strength in streams:
            hint = net.encode_hint(image.permute(0, 1, 4, 2, 3) * 2 - 1)
            latents = x[:, :16].transpose(1, 2)
            running.append((net.residuals(latents, text, hint, timestep, rotary), strength))
        with adding(pair.transformer.transformer_blocks, running):
            out = pair.transformer(x.transpose(1, 2), text, timestep, image_rotary_emb=rotary, **motion)
    return out.sample.transpose(1, 2)


def scaled(pair, motion):
    return motion.latents.transpose(1, 2) * pair.model.model.latent_format.scale_factor


@pytest.mark.parametrize("cfg", [1.0, 6.0])
@pytest.mark.parametrize("batch", [1, 2])
@pytest.mark.parametrize("kind", ["t2v", "i2v"])
def test_every_call_is_the_librarys(host, request, mend, draw, net, control, kind, batch, cfg):
    pair, image = request.getfixturevalue(kind), pictures()
    model, seen = calls(mend(pair.model))
    conds = conditioned(host, draw, control, image, strength=0.7)
    if kind == "i2v":
        for one in (*conds[0], *conds[1]):
            one[1]["concat_latent_image"] = draw(1, 16, *SHAPE, seed=8)
    sample(model, draw, conds, steps=2, cfg=cfg, batch=batch)
    assert len(seen) == 2
    for call in seen:
        assert len(call[0]) == batch * (2 if cfg > 1 else 1)
        expected = expected_call(pair, call, [(net, image[None], 0.7)])
        assert relative(expected_call(pair, call, []), expected) > 0.01
        assert relative(call[3], expected) < 1e-5


@pytest.mark.parametrize("order", ["tora on a mended model", "mended after tora"])
def test_with_tora_in_either_order(host, t2v, mend, draw, net, control, order):
    image, motion = pictures(), t2v.motion(*SHAPE)
    model = t2v.apply(motion, mend(t2v.model)) if order.startswith("tora") else mend(t2v.apply(motion))
    model, seen = calls(model)
    sample(model, draw, conditioned(host, draw, control, image), cfg=6.0, steps=2)
    flow = scaled(t2v, motion)
    for call in seen:
        both = expected_call(t2v, call, [(net, image[None], 1.0)], video_flow=flow)
        for without in (
            expected_call(t2v, call, [], video_flow=flow),
            expected_call(t2v, call, [(net, image[None], 1.0)]),
        ):
            assert relative(without, both) > 0.005
        assert relative(call[3], both) < 1e-5


def test_a_model_that_only_core_has_touched_takes_it_too_with_a_word_of_warning(host, t2v, draw, control, caplog):
    plain = sample(t2v.model, draw, ([[draw(1, 20, TEXT, seed=5), {}]], [[draw(1, 20, TEXT, seed=6), {}]]))
    found = sample(t2v.model, draw, conditioned(host, draw, control, pictures()))
    assert found.isfinite().all() and relative(found, plain) > 1e-3
    told = [record.message for record in caplog.records if "without Fix CogVideoX" in record.message]
    assert len(told) == 1, "once a run, not once a step"


def test_without_projections_and_with_rotary_positions_alone(host, t2v, mend, draw, make_net, tmp_path):
    net = make_net(width=192, out=None, sine=False)
    model, seen = calls(mend(t2v.model))
    sample(model, draw, conditioned(host, draw, loaded(host, net, tmp_path), pictures()), steps=1)
    assert relative(seen[0][3], expected_call(t2v, seen[0], [(net, pictures()[None], 1.0)])) < 1e-5


def test_two_in_a_row_add_up(host, t2v, mend, draw, make_net, net, control, tmp_path):
    other, images = make_net(seed=7, layers=1), (pictures(), pictures(seed=8))
    first = conditioned(host, draw, control, images[0], strength=0.6)
    conds = conditioned(host, draw, loaded(host, other, tmp_path), images[1], strength=1.3, before=first)
    model, seen = calls(mend(t2v.model))
    sample(model, draw, conds, cfg=6.0, steps=2)
    streams = [(net, images[0][None], 0.6), (other, images[1][None], 1.3)]
    for call in seen:
        assert relative(call[3], expected_call(t2v, call, streams)) < 1e-5
        assert relative(expected_call(t2v, call, streams[:1]), expected_call(t2v, call, streams)) > 1e-3


def test_strength_0_is_the_model_alone_bit_for_bit(host, t2v, mend, draw, control):
    texts = ([[draw(1, 20, TEXT, seed=5), {}]], [[draw(1, 20, TEXT, seed=6), {}]])
    alone = sample(mend(t2v.model), draw, texts, cfg=6.0)
    for strength in (0.0, 1.0):
        conds = conditioned(host, draw, control, pictures(), strength=strength)
        for part in conds:
            for one in part:
                if "control" in one[1]:
                    one[1]["control"].strength *= 0.0  # past core's node, which leaves it out at 0
        assert torch.equal(sample(mend(t2v.model), draw, conds, cfg=6.0), alone)
    acting = conditioned(host, draw, control, pictures())
    assert not torch.equal(sample(mend(t2v.model), draw, acting, cfg=6.0), alone)


def test_on_one_prompt_alone_it_does_not_leak_into_the_other(host, t2v, mend, draw, net, control):
    with_it, _ = conditioned(host, draw, control, pictures())
    model, seen = calls(mend(t2v.model))
    sample(model, draw, (with_it, [[draw(1, 20, TEXT, seed=6), {}]]), cfg=6.0, steps=2)
    assert len(seen) == 4, "two calls a step: what has a ControlNet can't share one with what has none"
    acted = []
    for call in seen:
        errors = [
            relative(call[3], expected_call(t2v, call, streams)) for streams in ([(net, pictures()[None], 1.0)], [])
        ]
        assert min(errors) < 1e-5 < max(errors)
        is_positive = torch.equal(call[2], with_it[0][0])
        acted.append((is_positive, errors[0] < errors[1]))
    assert all(positive == by_it for positive, by_it in acted) and {True, False} == {by_it for _, by_it in acted}


def test_long_prompts_are_cut_for_it_as_for_the_model(host, t2v, mend, draw, net, control):
    texts = [[draw(1, 300, TEXT, seed=5), {}]], [[draw(1, 300, TEXT, seed=6), {}]]
    model, seen = calls(mend(t2v.model))
    sample(model, draw, conditioned(host, draw, control, pictures(), before=texts), steps=1)
    assert seen[0][2].shape[1] == 226
    assert relative(seen[0][3], expected_call(t2v, seen[0], [(net, pictures()[None], 1.0)])) < 1e-5


def test_a_prompt_of_its_own_is_used(host, t2v, mend, draw, control):
    """As core's CLIP Text Encode Controlnet sets it."""
    own = [[draw(1, 20, TEXT, seed=5), {"cross_attn_controlnet": draw(1, 20, TEXT, seed=9)}]]
    same = [[draw(1, 20, TEXT, seed=5), {"cross_attn_controlnet": draw(1, 20, TEXT, seed=5)}]]
    plain = [[draw(1, 20, TEXT, seed=5), {}]]
    found = [
        sample(mend(t2v.model), draw, conditioned(host, draw, control, pictures(), before=(one, one)), steps=1)
        for one in (own, same, plain)
    ]
    assert relative(found[0], found[2]) > 1e-4
    assert relative(found[1], found[2]) < 1e-6


def test_a_prompt_for_an_area_has_the_hint_scaled_to_it_as_the_hosts_own_do(
    host, t2v, mend, draw, control, monkeypatch
):
    shapes, network = [], control.patcher.model
    encode = network.encode_hint

    def watched(frames, prepare):
        shapes.append(tuple(prepare(frames).shape))
        return encode(frames, prepare)

    monkeypatch.setattr(network, "encode_hint", watched)
    area = {"area": (*SHAPE[:1], 4, 6, 0, 0, 0), "strength": 1.0}
    texts = [[draw(1, 20, TEXT, seed=5), area]], [[draw(1, 20, TEXT, seed=6), area]]
    conds = conditioned(host, draw, control, pictures(), before=texts)
    assert sample(mend(t2v.model), draw, conds, steps=1).isfinite().all()
    assert (1, FRAMES, 3, 32, 48) in shapes


@pytest.mark.parametrize("node", ["ControlNetApply", "ControlNetApplySD3"])
def test_cores_other_nodes_do_as_well(host, t2v, mend, draw, control, node):
    wanted = sample(mend(t2v.model), draw, conditioned(host, draw, control, pictures(), 0.8), cfg=6.0)
    positive, negative = [[draw(1, 20, TEXT, seed=5), {}]], [[draw(1, 20, TEXT, seed=6), {}]]
    common = {"control_net": control, "image": pictures(), "strength": 0.8}
    if node == "ControlNetApply":
        conds = (*host.run(node, conditioning=positive, **common), negative)
    else:
        ends = {"start_percent": 0.0, "end_percent": 1.0, "vae": None}
        conds = host.run(node, positive=positive, negative=negative, **common, **ends)
    assert torch.equal(sample(mend(t2v.model), draw, conds, cfg=6.0), wanted)


@pytest.mark.parametrize(
    ("start", "end", "acting"), [(0.0, 1.0, 6), (0.0, 0.5, 3), (0.5, 1.0, 3), (0.34, 0.66, 1), (0.45, 0.48, 0)]
)
def test_start_and_end_are_fractions_of_the_noise_schedule(host, t2v, mend, draw, control, start, end, acting):
    """With 6 steps of `simple`, the timesteps are 999, 833, 666, 500, 333 and 166."""
    net = t2v.model.model.diffusion_model
    model, watched = mend(t2v.model), []

    def look(executor, *args, **kwargs):
        watched.append("forward" in net.blocks[0].__dict__)
        return executor(*args, **kwargs)

    model.add_wrapper_with_key("diffusion_model", "look", look)
    sample(model, draw, conditioned(host, draw, control, pictures(), 1.0, start, end), steps=6)
    assert len(watched) == 6 and sum(watched) == acting
    assert watched == sorted(watched, reverse=start == 0) or 0 < start < end < 1


def test_an_interrupt_leaves_nothing_behind(host, t2v, mend, draw, control):
    import comfy.model_management

    module, conds = t2v.model.model.diffusion_model, conditioned(host, draw, control, pictures())
    whole = sample(mend(t2v.model), draw, conds)
    # After a run, as the host leaves marks of its own when it loads a model.
    names = {name: set(part.__dict__) for name, part in module.named_modules()}
    one = conds[0][0][1]["control"]
    assert one._encoded._value is None

    def interrupt(step, *_):
        assert one._encoded._value is not None
        raise comfy.model_management.InterruptProcessingException()

    with pytest.raises(comfy.model_management.InterruptProcessingException) as raised:
        sample(mend(t2v.model), draw, conds, callback=interrupt)
    del raised
    gc.collect()
    assert one._encoded._value is None, "the encoded hint goes with the run"
    assert {name: set(part.__dict__) for name, part in module.named_modules()} == names
    assert not t2v.model.wrappers and not t2v.model.callbacks
    assert torch.equal(sample(mend(t2v.model), draw, conds), whole)


def test_the_hint_is_encoded_once_a_run_and_its_network_loaded_with_the_model(
    host, t2v, mend, draw, control, monkeypatch
):
    import comfy.model_management

    encoded, load = [], comfy.model_management.load_models_gpu
    network = control.patcher.model
    encode, asked = network.encode_hint, []
    monkeypatch.setattr(network, "encode_hint", lambda frames, _: encoded.append(frames.shape) or encode(frames, _))

    def watched(models, *args, **kwargs):
        asked.append(list(models))
        return load(models, *args, **kwargs)

    monkeypatch.setattr(comfy.model_management, "load_models_gpu", watched)
    sample(mend(t2v.model), draw, conditioned(host, draw, control, pictures()), cfg=6.0, steps=3)
    assert encoded == [(1, FRAMES, 3, HEIGHT, WIDTH)]
    assert any(control.patcher in models for models in asked)
    copied = control.copy()
    assert copied.patcher is control.patcher, "a copy shares the weights"


@pytest.mark.parametrize("interrupted", [False, True])
def test_the_model_dies_with_its_last_user(host, make_pair, mend, draw, control, interrupted):
    """Conditioning is kept by the host for long; through the ControlNet in it no model may be held."""
    import weakref

    import comfy.model_management

    pair = make_pair()
    conds = conditioned(host, draw, control, pictures())

    def stop(*_):
        raise comfy.model_management.InterruptProcessingException()

    if interrupted:
        with pytest.raises(comfy.model_management.InterruptProcessingException) as raised:
            sample(mend(pair.model), draw, conds, callback=stop)
        del raised
    else:
        sample(mend(pair.model), draw, conds, steps=1)
    gone = weakref.ref(pair.model.model.diffusion_model.blocks[0])
    comfy.model_management.unload_all_models()
    del pair
    gc.collect()
    assert gone() is None


class Telling:
    """In place of a ControlNet's hint encoder: latent frame k of the clip holds the number k, whatever the window."""

    def __init__(self, control, monkeypatch):
        self.seen: list[list[float]] = []
        network = control.patcher.model
        residuals = network.residuals

        def encode(frames, prepare):
            frames = prepare(frames)
            latent = (frames.shape[1] - 1) // 4 + 1
            numbers = torch.arange(float(latent)).view(1, latent, 1, 1, 1)
            return numbers.expand(len(frames), -1, 48, frames.shape[3] // 8, frames.shape[4] // 8)

        def look(latents, text, hint, timestep, rotary=None):
            self.seen.append(hint[0, :, 0, 0, 0].tolist())
            assert latents.shape[1] == hint.shape[1] == len(rotary[0]) // 24
            return residuals(latents, text, hint, timestep, rotary)

        monkeypatch.setattr(network, "encode_hint", encode)
        monkeypatch.setattr(network, "residuals", look)


def in_windows(model, **changes):
    import comfy.context_windows

    settings = {"context_length": 4, "context_overlap": 1, "dim": 2, "causal_window_fix": True, **changes}
    model.model_options["context_handler"] = comfy.context_windows.IndexListContextHandler(
        context_schedule=comfy.context_windows.get_matching_context_schedule(
            settings.pop("schedule", "standard_static")
        ),
        fuse_method=comfy.context_windows.get_matching_fuse_method("flat"),
        **settings,
    )
    comfy.context_windows.create_prepare_sampling_wrapper(model)
    return model


@pytest.mark.parametrize("causal", [True, False])
def test_a_window_gets_the_hint_of_its_own_frames(host, t2v, mend, draw, control, monkeypatch, causal):
    telling = Telling(control, monkeypatch)
    model = in_windows(mend(t2v.model), causal_window_fix=causal)
    windows = []

    def look(executor, x, *args, **kwargs):
        window = args[4]["context_window"]  # after t, c_concat, c_crossattn and control
        anchor = getattr(window, "causal_anchor_index", None)
        windows.append([*([anchor] if anchor is not None and anchor >= 0 else []), *window.index_list])
        return executor(x, *args, **kwargs)

    model.add_wrapper_with_key("apply_model", "look", look)
    conds = conditioned(host, draw, control, pictures(25))
    sample(model, draw, conds, cfg=6.0, steps=1, shape=(7, 8, 12))
    assert telling.seen == windows
    assert len(windows) > 1 and windows[0] == [0, 1, 2, 3]
    assert (windows[1] == [2, 3, 4, 5, 6]) is causal, "with the anchor frame in front"


def test_looped_windows_too(host, t2v, mend, draw, control, monkeypatch):
    telling = Telling(control, monkeypatch)
    model = in_windows(
        mend(t2v.model), schedule="looped_uniform", closed_loop=True, context_stride=1, context_overlap=2
    )
    sample(model, draw, conditioned(host, draw, control, pictures(25)), steps=1, shape=(7, 8, 12))
    assert any(frames != sorted(frames) for frames in telling.seen), "one that goes over the end"


def test_windows_along_the_batch_keep_each_video_with_its_hint(host, t2v, mend, draw, control):
    """Two videos' pictures one after the other; dim 0 is what core's context windows node has by default."""
    image = pictures(2 * FRAMES)
    conds = conditioned(host, draw, control, image)
    whole = sample(mend(t2v.model), draw, conds, batch=2)
    model = in_windows(mend(t2v.model), context_length=1, context_overlap=0, dim=0, causal_window_fix=False)
    assert relative(sample(model, draw, conds, batch=2), whole) < 1e-4
    same = sample(mend(t2v.model), draw, conditioned(host, draw, control, image[:FRAMES]), batch=2)
    assert relative(same[:1], whole[:1]) < 1e-4 and relative(same[1:], whole[1:]) > 1e-3


def test_windows_across_the_picture_are_told(host, t2v, mend, draw, control, errors):
    model = in_windows(mend(t2v.model), dim=3, causal_window_fix=False)
    with pytest.raises(errors.ToraError, match="along dim 3, expected 2"):
        sample(model, draw, conditioned(host, draw, control, pictures()))


def test_a_hint_of_another_size_is_scaled_and_cut_at_its_centre(host, t2v, mend, draw, control, monkeypatch):
    import comfy.utils

    seen, network = [], control.patcher.model
    encode = network.encode_hint
    monkeypatch.setattr(network, "encode_hint", lambda frames, to: seen.append(to(frames)) or encode(frames, to))
    image = pictures(FRAMES, 100, 100)
    sample(mend(t2v.model), draw, conditioned(host, draw, control, image), steps=1)
    expected = comfy.utils.common_upscale(image.movedim(-1, 1), WIDTH, HEIGHT, "bilinear", "center") * 2 - 1
    torch.testing.assert_close(seen[0][0], expected)


def test_one_picture_stands_for_every_frame_and_what_is_too_much_is_left(host, t2v, mend, draw, control):
    def run(image):
        return sample(mend(t2v.model), draw, conditioned(host, draw, control, image), steps=2)

    image = pictures(14)
    assert torch.equal(run(image[:1]), run(image[:1].expand(FRAMES, -1, -1, -1)))
    assert torch.equal(run(image), run(image[:FRAMES]))
    assert torch.equal(run(torch.cat([image, image[..., :1]], dim=-1)), run(image)), "transparency is left out"
    assert torch.equal(run(image[..., :1]), run(image[..., :1].expand(-1, -1, -1, 3))), "gray is made RGB"


@pytest.mark.parametrize("strength", [-0.5, 2.0])
def test_strengths_below_0_and_above_1_scale_as_any(host, t2v, mend, draw, net, control, strength):
    model, seen = calls(mend(t2v.model))
    sample(model, draw, conditioned(host, draw, control, pictures(), strength=strength), steps=1)
    assert relative(seen[0][3], expected_call(t2v, seen[0], [(net, pictures()[None], strength)])) < 1e-5


def test_no_pictures_at_all_are_told(host, t2v, mend, draw, control, errors):
    with pytest.raises(errors.SizeError, match=r"hint has 0 pictures, the video 9 frames"):
        sample(mend(t2v.model), draw, conditioned(host, draw, control, pictures(0)))


def test_too_few_pictures_are_told_before_the_first_step(host, t2v, mend, draw, control, errors):
    model, seen = calls(mend(t2v.model))
    with pytest.raises(errors.SizeError, match=r"hint has 5 pictures, the video 9 frames.*length 1"):
        sample(model, draw, conditioned(host, draw, control, pictures(5)))
    assert not seen


def test_what_does_not_belong_together_is_told_before_the_first_step(
    host, t2v, mend, draw, make_net, control, errors, tmp_path
):
    def refused(model, net_or_control, words):
        one = net_or_control
        if isinstance(one, torch.nn.Module):
            one = loaded(host, one, tmp_path / words[:8].strip())
        watched, seen = calls(model)
        with pytest.raises(errors.ToraError, match=words):
            sample(watched, draw, conditioned(host, draw, one, pictures()))
        assert not seen

    refused(mend(t2v.model), make_net(out=256), "256 wide, with text 24 wide; the model has 2 blocks, is 192 wide")
    refused(mend(t2v.model), make_net(layers=3), "at least 3 blocks")
    refused(mend(t2v.model), make_net(text=30), "with text 30 wide")
    refused(mend(t2v.model), make_net(head=32), "do not belong together")
    newer = t2v.model.clone()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(newer.model.diffusion_model, "patch_size_t", 2)
        refused(newer, control, "the model is CogVideoX 1.5")
        patch.setattr(newer.model.diffusion_model, "patch_size_t", None)
        patch.setattr(newer.model.diffusion_model, "dim", 1920)
        refused(newer, control, "the model is CogVideoX 2B")


def test_a_model_of_another_kind_is_told(control, errors):
    import comfy.model_base

    stranger = comfy.model_base.WAN21.__new__(comfy.model_base.WAN21)
    with pytest.raises(errors.ToraError, match="edges is a ControlNet for CogVideoX, the model is WAN21"):
        control.copy().pre_run(stranger, lambda percent: percent)


def test_residuals_that_nothing_takes_are_an_error_and_not_silence(host, t2v, mend, draw, control, errors):
    """Another pack that answers in the network's place, in every step."""
    model = mend(t2v.model)
    model.add_wrapper_with_key(
        "diffusion_model", "cached", lambda executor, x, *args, **kwargs: torch.zeros_like(x[:, :16])
    )
    with pytest.raises(errors.ToraError, match="edges had no effect"):
        sample(model, draw, conditioned(host, draw, control, pictures()), steps=2)
    conds = conditioned(host, draw, control, pictures())
    assert sample(mend(t2v.model), draw, conds, steps=1).isfinite().all(), "the next run is as always"


def test_a_strength_that_is_no_number_is_told(host, t2v, mend, draw, control, errors):
    with pytest.raises(errors.ToraError, match="strength is nan"):
        sample(mend(t2v.model), draw, conditioned(host, draw, control, pictures(), strength=float("nan")))


@pytest.mark.parametrize("dtype", [None, "bfloat16"])
def test_half_precision_runs_close_to_single(host, make_pair, mend, draw, net, control, tmp_path, dtype):
    pair = make_pair()
    exact = sample(mend(pair.model), draw, conditioned(host, draw, control, pictures()))
    rough = mend(pair.model)
    rough.model.manual_cast_dtype = None
    rough.model.diffusion_model.to(torch.bfloat16)
    rough.model.diffusion_model.dtype = torch.bfloat16
    one = loaded(host, net, tmp_path, dtype)
    stored = one.patcher.model.patch_embed.proj.weight.dtype
    assert stored == (torch.float32 if dtype is None else torch.bfloat16)
    found = sample(rough, draw, conditioned(host, draw, one, pictures()))
    assert found.isfinite().all() and relative(found, exact) < 0.1


def test_a_compiled_model_computes_the_same(host, t2v, draw, control):
    """dynamo's eager backend: the tracing is what can go wrong."""
    from comfy_api.torch_helpers import set_torch_compile_wrapper

    motion, conds = t2v.motion(*SHAPE), conditioned(host, draw, control, pictures())
    plain = sample(t2v.apply(motion), draw, conds, cfg=6.0)
    model = t2v.model.clone()
    set_torch_compile_wrapper(model, backend="eager")
    assert relative(sample(t2v.apply(motion, model), draw, conds, cfg=6.0), plain) < 1e-4
    torch._dynamo.reset()


def test_a_second_copy_for_another_device_has_weights_of_its_own(control):
    other = control.deepclone_multigpu(torch.device("cpu"), autoregister=True)
    mine, its = control.patcher.model.state_dict(), other.patcher.model.state_dict()
    assert all(torch.equal(mine[key], its[key]) and mine[key].data_ptr() != its[key].data_ptr() for key in mine)
    assert control.get_instance_for_device(torch.device("cpu")) is other
    assert control.get_models() == [other.patcher, control.patcher]
    control.multigpu_clones.clear()


def test_the_host_is_asked_for_the_memory_of_its_streams(host, draw, control):
    """Two halves of guidance of 3 x 4 x 6 tokens; both streams 4 times as wide in the feed-forward, and a residual."""
    one = conditioned(host, draw, control, pictures())[0][0][1]["control"]
    assert one.inference_memory_requirements(torch.bfloat16) == 2 * (3 * 4 * 6) * (8 * OWN_WIDTH + 192) * 2
    two = conditioned(host, draw, control, pictures(), before=conditioned(host, draw, control, pictures()))
    chained = two[0][0][1]["control"]
    assert chained.inference_memory_requirements(torch.bfloat16) == 2 * one.inference_memory_requirements(
        torch.bfloat16
    )
