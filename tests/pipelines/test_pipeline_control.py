"""ControlNets in the pipelines: each call of the transformer gets its residuals, in windows those of its frames."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from tora_core.checkpoints import save_controlnet
from tora_core.errors import CheckpointError, SizeError, ToraError
from tora_core.models.controlnet import CogVideoXControlNet, ControlNetSize, adding
from tora_core.pipelines import Control
from tora_core.pipelines.context import ContextWindows
from tora_core.pipelines.control_input import controlled, cut_control, scaled

# As the tiny components of conftest.py.
HEIGHT, WIDTH, FRAMES, CHANNELS, TEXT, LAYERS, INNER, HEAD = 32, 48, 9, 4, 16, 2, 32, 16


def make_net(seed: int = 1, **changes) -> CogVideoXControlNet:
    torch.manual_seed(seed)
    size = {"layers": LAYERS, "width": 16, "head": HEAD, "time": 8, "text": TEXT, "out": INNER}
    net = CogVideoXControlNet(ControlNetSize(**{**size, "latent_channels": CHANNELS, **changes})).eval()
    for parameter in net.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    return net.requires_grad_(False)


def pictures(count: int = FRAMES, height: int = HEIGHT, width: int = WIDTH, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, height, width, 3), dtype=np.uint8)


@pytest.fixture
def net() -> CogVideoXControlNet:
    return make_net()


def watch(pipe, monkeypatch):
    """What goes into every call of the transformer, and what comes out."""
    seen = []
    forward = pipe.transformer.forward

    def look(*args, **kwargs):
        out = forward(*args, **kwargs)
        seen.append((kwargs, out[0]))
        return out

    monkeypatch.setattr(pipe.transformer, "forward", look)
    return seen, forward


def again(pipe, forward, call, streams):
    """A call of the transformer once more, with residuals that are computed here."""
    kwargs, _ = call
    running = []
    for net, hint, strength in streams:
        x = kwargs["hidden_states"][:, :, :CHANNELS]
        arguments = (x, kwargs["encoder_hidden_states"], hint, kwargs["timestep"], kwargs["image_rotary_emb"])
        running.append((net.residuals(*arguments), strength))
    with adding(pipe.transformer.transformer_blocks, running):
        return forward(**kwargs)[0]


def hint_of(net, frames):
    return net.encode_hint(torch.from_numpy(frames).permute(0, 3, 1, 2)[None].float() / 127.5 - 1)


@pytest.mark.parametrize("kind", ["t2v", "i2v"])
@pytest.mark.parametrize("guidance", [1.0, 6.0])
def test_every_call_gets_the_residuals(request, call, path, picture, net, monkeypatch, kind, guidance):
    pipe, frames, other = request.getfixturevalue(kind), pictures(), make_net(2, layers=1)
    seen, forward = watch(pipe, monkeypatch)
    image = {"image": picture} if kind == "i2v" else {}
    controls = [Control(net, frames, strength=0.6), Control(other, frames[:1])]
    call(pipe, trajectory=path, control=controls, guidance_scale=guidance, **image)
    still = np.repeat(frames[:1], FRAMES, axis=0)
    streams = [(net, hint_of(net, frames), 0.6), (other, hint_of(other, still), 1.0)]
    assert len(seen) == 3
    with torch.no_grad():
        for one in seen:
            expected = again(pipe, forward, one, streams)
            torch.testing.assert_close(one[1], expected, rtol=1e-5, atol=1e-6)
            assert not torch.allclose(again(pipe, forward, one, streams[:1]), expected, atol=1e-4)
            assert not torch.allclose(again(pipe, forward, one, []), expected, atol=1e-4)


@pytest.mark.parametrize("off", [{"strength": 0.0}, {"start": 0.5, "end": 0.5}])
def test_what_never_acts_changes_nothing_at_all(t2v, call, net, off):
    assert torch.equal(call(t2v, control=Control(net, pictures(), **off)), call(t2v))
    assert not torch.equal(call(t2v, control=Control(net, pictures())), call(t2v))


def test_it_acts_in_its_time_alone(t2v, call, net, monkeypatch):
    seen, forward = watch(t2v, monkeypatch)
    call(t2v, control=Control(net, pictures(), start=0.0, end=0.5))
    with torch.no_grad():
        acted = [not torch.equal(one[1], forward(**one[0])[0]) for one in seen]
    assert acted == [True, True, False]  # timesteps 999, 666 and 333


def test_windows_have_the_hint_of_their_own_frames_and_anchor(t2v, call, net, monkeypatch):
    """17 frames are 5 latent ones; windows of 9 frames are 3, the second with the frame before it in front."""
    seen, forward = watch(t2v, monkeypatch)
    frames = pictures(17)
    call(t2v, num_frames=17, context_windows=ContextWindows(9, overlap=4), control=Control(net, frames))
    whole = hint_of(net, frames)
    with torch.no_grad():
        for index, one in enumerate(seen):
            part = whole[:, [0, 1, 2]] if index % 2 == 0 else whole[:, [1, 2, 3, 4]]
            torch.testing.assert_close(one[1], again(t2v, forward, one, [(net, part, 1.0)]), rtol=1e-5, atol=1e-6)


def test_a_hint_a_prompt_goes_to_all_its_videos(t2v, call, net):
    frames = np.stack([pictures(), pictures(seed=1)])
    prompts = ["a red circle", "a blue square"]

    def run(control, prompt, count):
        draw = [torch.Generator().manual_seed(n) for n in range(count)]
        return call(t2v, prompt=prompt, generator=draw, num_videos_per_prompt=2, control=control, guidance_scale=3.0)

    both = run(Control(net, frames), prompts, 4)
    draw = [torch.Generator().manual_seed(n) for n in (2, 3)]
    second = call(
        t2v,
        prompt=prompts[1],
        generator=draw,
        num_videos_per_prompt=2,
        control=Control(net, frames[1]),
        guidance_scale=3.0,
    )
    torch.testing.assert_close(both[2:], second, rtol=1e-4, atol=1e-5)
    assert not torch.allclose(run(Control(net, frames[0]), prompts, 4)[2:], both[2:], atol=1e-4)


def test_pictures_in_any_form_are_the_same(t2v, call, net):
    frames = pictures()
    wanted = call(t2v, control=Control(net, frames))
    forms = [torch.from_numpy(frames), frames.astype(np.float32) / 255, [Image.fromarray(one) for one in frames]]
    for form in [*forms, np.concatenate([frames, frames])]:
        assert torch.allclose(call(t2v, control=Control(net, form)), wanted, atol=1e-6)


def test_a_path_is_loaded_in_the_models_type(t2v, call, net, tmp_path):
    save_controlnet(net, tmp_path / "net", "float16")
    half = {key: value.half().float() for key, value in net.state_dict().items()}
    rounded = make_net()
    rounded.load_state_dict(half)
    wanted = call(t2v, control=Control(rounded, pictures()))
    assert torch.equal(call(t2v, control=Control(tmp_path / "net", pictures())), wanted)
    with pytest.raises(CheckpointError, match="can't be opened"):
        call(t2v, control=Control(tmp_path / "none.safetensors", pictures()))


def test_another_size_is_cut_about_the_centre_and_scaled():
    ramp = torch.arange(8.0).view(1, 1, 1, 8).expand(1, 3, 4, 8) / 10  # twice as wide as high
    assert torch.allclose(scaled(ramp, (4, 4))[0, 0, 0], torch.tensor([0.2, 0.3, 0.4, 0.5]))
    assert torch.allclose(scaled(ramp.mT, (4, 4))[0, 0, :, 0], torch.tensor([0.2, 0.3, 0.4, 0.5]))
    assert scaled((ramp * 255).to(torch.uint8), (6, 9)).shape == (1, 3, 6, 9)


@pytest.mark.parametrize(
    ("frames", "words"),
    [
        (pictures(5), "hint has 5 pictures, the video 9 frames"),
        (pictures()[..., :2], r"uint8 \(9, 32, 48, 2\)"),
        (pictures().astype(np.float32), "values from 0 to 255"),
        (np.full((9, 32, 48, 3), np.nan, np.float32), "values from nan"),
        (np.stack([pictures()] * 3), "3 hints for 1 prompts"),
        ("edges.mp4", "a str"),
        ([], "a list"),
        (None, "a NoneType"),
        (pictures().astype(np.int64), "int64|ndarray"),
        ([Image.new("RGB", (8, 8)), Image.new("RGB", (9, 8))], "differ in size"),
    ],
    ids=lambda value: value[:16] if isinstance(value, str) else "",
)
def test_what_is_no_hint_for_this_video_is_told(t2v, call, net, frames, words):
    with pytest.raises(ToraError, match=words):
        call(t2v, control=Control(net, frames))


def test_what_does_not_belong_together_is_told(t2v, call, net):
    for changes, words in [
        ({"out": 40}, "40 wide, with text 16 wide; this one has 2 blocks, is 32 wide"),
        ({"layers": 3}, "at least 3 blocks"),
        ({"text": 20}, "text 20 wide"),
        ({"head": 8}, "do not belong together"),
        ({"latent_channels": 16}, "do not belong together"),
    ]:
        with pytest.raises(ToraError, match=words):
            call(t2v, control=Control(make_net(**changes), pictures()))
    with pytest.raises(ToraError, match="control holds a CogVideoXControlNet"):
        call(t2v, control=[net])
    with pytest.raises(ToraError, match="net is a NoneType"):
        Control(None, pictures())
    with pytest.raises(ToraError, match="strength is nan"):
        Control(net, pictures(), strength=float("nan"))
    with pytest.raises(ToraError, match=r"start is 0\.6 and end 0\.4"):
        Control(net, pictures(), start=0.6, end=0.4)
    with pytest.raises(SizeError):
        call(t2v, control=Control(net, pictures()), height=40)


def test_blocks_that_take_nothing_are_an_error_and_not_silence(t2v):
    with pytest.raises(ToraError, match="had no effect"), controlled(t2v.transformer, [(iter([torch.zeros(1)]), 1.0)]):
        pass


def test_the_network_goes_back_where_it_was_also_after_an_error(t2v, call, net, monkeypatch):
    moves = []
    to = net.to
    monkeypatch.setattr(net, "to", lambda device: moves.append(str(device)) or to(device))
    call(t2v, control=Control(net, pictures()))

    def fail(*args, **kwargs):
        raise RuntimeError("out of memory")

    monkeypatch.setattr(t2v.transformer, "forward", fail)
    with pytest.raises(RuntimeError, match="out of memory"):
        call(t2v, control=Control(net, pictures()))
    assert moves == ["cpu"] * 4
    assert not any(block._forward_hooks for block in t2v.transformer.transformer_blocks), "nor does a hook stay"


def test_each_segment_of_a_chain_has_its_part_of_the_hint(i2v, net, picture, monkeypatch):
    """17 frames in segments of 9 that share 1: the second begins with frame 8."""
    from tora_core.pipelines.segments import Segments, generate_segments

    seen = []
    encode = net.encode_hint
    monkeypatch.setattr(net, "encode_hint", lambda frames, to: seen.append(to(frames)) or encode(frames, to))
    frames = pictures(17)
    options = {"num_frames": 17, "height": HEIGHT, "width": WIDTH, "segments": Segments(9, 1)}
    options |= {"num_inference_steps": 1, "max_sequence_length": 6}
    generate_segments(i2v, picture, "a red circle", control=Control(net, frames), **options)
    wanted = torch.from_numpy(frames).permute(0, 3, 1, 2).float() / 127.5 - 1
    assert len(seen) == 2
    torch.testing.assert_close(torch.stack([seen[0][0], seen[1][0]]), torch.stack([wanted[:9], wanted[8:]]))
    with pytest.raises(SizeError, match="hint has 16 pictures, the video at least 17 frames"):
        generate_segments(i2v, picture, "a red circle", control=Control(net, frames[:16]), **options)


def test_a_part_of_a_hint():
    net, clip = make_net(), pictures(17)
    assert np.array_equal(cut_control(Control(net, clip), 8, 9).frames, clip[8:])
    assert np.array_equal(cut_control(Control(net, clip[None]), 0, 9).frames, clip[None, :9])
    assert cut_control(Control(net, [Image.new("RGB", (8, 8))] * 17), 8, 9).frames == [Image.new("RGB", (8, 8))] * 9
    still = Control(net, clip[:1])
    assert cut_control(still, 8, 9) is still
