"""LoRA, ControlNet and Tora at the same time in core's context windows."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from .test_windows import KINDS, with_windows

pytestmark = pytest.mark.host

SHAPE = (7, 8, 12)  # latent frames, height, width: 64x96, 25 frames
PICTURES = 25
LORA = "diffusion_model.blocks.1.ff_out.weight"


@pytest.fixture(scope="module")
def control(host, tmp_path_factory):
    from tora_core.checkpoints.controlnet import save_controlnet
    from tora_core.models.controlnet import CogVideoXControlNet, ControlNetSize

    torch.manual_seed(2)
    net = CogVideoXControlNet(ControlNetSize(layers=2, width=128, time=16, text=24, out=192)).eval()
    for parameter in net.requires_grad_(False).parameters():
        torch.nn.init.normal_(parameter, std=0.08)
    folder = tmp_path_factory.mktemp("windows_chain")
    save_controlnet(net, folder)
    return host.pack("nodes.host.controlnet_loader").load_control(folder, name="edges")


def pictures(count: int = PICTURES) -> torch.Tensor:
    return torch.rand(count, 64, 96, 3, generator=torch.Generator().manual_seed(3))


def run(
    host: Any,
    t2v: Any,
    draw: Any,
    control: Any,
    parts: tuple[str, ...],
    windows: tuple[str, str] | None,
    **options: Any,
) -> torch.Tensor:
    """Latents of two steps with guidance 6; `windows` are schedule and fuse method."""
    import comfy.sample

    model = t2v.apply(t2v.motion(*SHAPE)) if "tora" in parts else host.run("ToraFixCogVideoX", model=t2v.model)[0]
    if "lora" in parts:
        up, down = draw(192, 4, seed=3) * 0.5, draw(4, 768, seed=4) * 0.5
        from comfy.weight_adapter.lora import LoRAAdapter

        patch = LoRAAdapter({LORA}, (up, down, 4.0, None, None, None))
        model = model.clone()
        assert model.add_patches({LORA: patch}, 1.0) == [LORA]
    conds: Any = [[draw(1, 20, 24, seed=5), {}]], [[draw(1, 20, 24, seed=6), {}]]
    if "control" in parts:
        conds = host.run(
            "ControlNetApplyAdvanced",
            positive=conds[0],
            negative=conds[1],
            control_net=control,
            image=options.pop("image", pictures()),
            strength=0.7,
            start_percent=0.0,
            end_percent=1.0,
        )
    if windows is not None:
        model = with_windows(model, *windows, **options)
    noise = draw(1, 16, *SHAPE)
    return comfy.sample.sample(
        model, noise, 2, 6.0, "euler", "simple", *conds, torch.zeros_like(noise), seed=0, disable_pbar=True
    )


@pytest.fixture
def hints(control, monkeypatch):
    """The encoded hint of every call from now on."""
    seen: list[torch.Tensor] = []
    residuals = control.patcher.model.residuals

    def look(latents, text, hint, timestep, rotary):
        seen.append(hint.clone())
        return residuals(latents, text, hint, timestep, rotary)

    monkeypatch.setattr(control.patcher.model, "residuals", look)
    return seen


@pytest.fixture
def windows(monkeypatch):
    """The frames of every window from now on, the anchor before them in front."""
    import comfy.context_windows as core

    seen: list[list[int]] = []
    evaluate = core.IndexListContextHandler.evaluate_context_windows

    def look(self, calc_cond_batch, model, conds, x_in, timestep, enumerated, *args, **kwargs):
        for _, window in enumerated:
            first = window.index_list[0]
            anchored = self.causal_window_fix and first > 0
            seen.append([*([first - 1] if anchored else []), *window.index_list])
        return evaluate(self, calc_cond_batch, model, conds, x_in, timestep, enumerated, *args, **kwargs)

    monkeypatch.setattr(core.IndexListContextHandler, "evaluate_context_windows", look)
    return seen


def of_frame(control: Any, frame: int) -> torch.Tensor:
    """The hint (48, h, w) of one latent frame, from its own pictures alone: the first has one, every other four."""
    first = max(0, 4 * frame - 3)
    own = pictures()[first : 4 * frame + 1].permute(0, 3, 1, 2)[None] * 2 - 1
    return control.patcher.model._encode(own)[0, -1]


@pytest.mark.parametrize(("schedule", "fuse"), KINDS)
def test_a_window_has_the_hint_of_its_own_frames(host, t2v, draw, control, hints, windows, schedule, fuse):
    made = run(host, t2v, draw, control, ("lora", "tora", "control"), (schedule, fuse), context_stride=2)
    assert made.isfinite().all()
    with torch.inference_mode():
        own = torch.stack([of_frame(control, frame) for frame in range(SHAPE[0])])
    assert len(hints) == len(windows) > 2
    assert {frame for frames in windows for frame in frames} == set(range(SHAPE[0]))
    for frames, hint in zip(windows, hints, strict=True):
        torch.testing.assert_close(hint[0], own[frames], rtol=0, atol=1e-5)


@pytest.mark.parametrize("part", ["lora", "tora", "control"])
def test_each_part_acts_in_windows(host, t2v, draw, control, part):
    parts = ("lora", "tora", "control")
    how = ("standard_static", "pyramid")
    whole = run(host, t2v, draw, control, parts, how)
    without = run(host, t2v, draw, control, tuple(other for other in parts if other != part), how)
    assert float((whole - without).norm() / whole.norm()) > 0.01


def test_a_window_as_long_as_the_clip_is_no_window(host, t2v, draw, control):
    parts = ("lora", "tora", "control")
    windowed = run(host, t2v, draw, control, parts, ("standard_static", "flat"), context_length=SHAPE[0])
    assert torch.equal(windowed, run(host, t2v, draw, control, parts, None))


def test_a_hint_that_is_too_short_for_the_clip_is_told(host, t2v, draw, control):
    """As long as a window, but not as the clip."""
    error = host.pack("tora_core.errors").SizeError
    with pytest.raises(error, match="hint has 13 pictures, the video 25 frames"):
        run(host, t2v, draw, control, ("control",), ("standard_static", "flat"), image=pictures(13))
