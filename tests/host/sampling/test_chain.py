"""LoRA, ControlNet and Tora in one graph, in every combination: each acts, none leaves anything behind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import pytest
import torch

pytestmark = pytest.mark.host

SHAPE = (3, 8, 12)  # latent frames, height, width: 64x96x9
LAYERS, TEXT = 2, 24
PARTS = ("lora", "tora", "control")
SUBSETS = [subset for size in range(len(PARTS) + 1) for subset in combinations(PARTS, size)]
STRENGTH = {"lora": 0.8, "tora": 1.0, "control": 0.7}


@dataclass(frozen=True)
class Chain:
    """What the nodes make: `run(("lora", "tora"), cfg=6.0)` are latents. `strengths` are those of the nodes."""

    host: Any
    pair: Any
    model: Any
    control: Any
    draw: Callable[..., torch.Tensor]
    lora: str
    lora_last: bool = False

    def steered(self, parts: tuple[str, ...], strengths: dict[str, float]) -> Any:
        """The MODEL behind the nodes for its parts; without Tora mended, as Fix CogVideoX does it."""
        model = self.model if self.lora_last else self._with_lora(self.model, parts, strengths)
        if "tora" in parts:
            model = self.pair.apply(self.pair.motion(*SHAPE), model, strength=strengths["tora"])
        else:
            (model,) = self.host.run("ToraFixCogVideoX", model=model)
        return self._with_lora(model, parts, strengths) if self.lora_last else model

    def _with_lora(self, model: Any, parts: tuple[str, ...], strengths: dict[str, float]) -> Any:
        if "lora" not in parts:
            return model
        return self.host.run("ToraLoadLora", model=model, lora_name=self.lora, strength=strengths["lora"])[0]

    def prompts(self, parts: tuple[str, ...], strengths: dict[str, float]) -> tuple[Any, Any]:
        start = {"concat_latent_image": self.draw(1, 16, *SHAPE, seed=8)} if self.pair.kind == "i2v" else {}
        positive, negative = ([[self.draw(1, 20, TEXT, seed=seed), {**start}]] for seed in (5, 6))
        if "control" not in parts:
            return positive, negative
        image = torch.rand(9, 64, 96, 3, generator=torch.Generator().manual_seed(3))
        return self.host.run(
            "ControlNetApplyAdvanced",
            positive=positive,
            negative=negative,
            control_net=self.control,
            image=image,
            strength=strengths["control"],
            start_percent=0.0,
            end_percent=1.0,
        )

    def run(
        self,
        parts: tuple[str, ...],
        *,
        cfg: float = 1.0,
        batch: int = 1,
        strengths: dict[str, float] | None = None,
        callback: Any = None,
    ) -> torch.Tensor:
        import comfy.sample

        strengths = strengths or STRENGTH
        model, (positive, negative) = self.steered(parts, strengths), self.prompts(parts, strengths)
        noise = self.draw(batch, 16, *SHAPE)
        return comfy.sample.sample(
            model, noise, 2, cfg, "euler", "simple", positive, negative, torch.zeros_like(noise), seed=0,
            disable_pbar=True, callback=callback,
        )  # fmt: skip


def relative(found: torch.Tensor, expected: torch.Tensor) -> float:
    return float((found - expected).norm() / expected.norm())


@pytest.fixture(scope="module")
def draw_noise() -> Callable[..., torch.Tensor]:
    return lambda *shape, seed=0: torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.fixture(scope="module")
def chains(host, t2v, i2v, tiny_loras, draw_noise, tmp_path_factory):
    """A chain each for float32 and bfloat16 weights, with a LoRA for every layer and a random ControlNet.

    "float8" has weights of 8 bits, computed with in float32. "i2v" is an image-to-video model, in float32, with a LoRA
    of its own and the same ControlNet.
    """
    import comfy.sd
    import folder_paths

    from tora_core.checkpoints.controlnet import save_controlnet
    from tora_core.models.controlnet import CogVideoXControlNet, ControlNetSize

    folder = tmp_path_factory.mktemp("chain")
    for pair in (t2v, i2v):
        made = tiny_loras.factors(pair.transformer.state_dict(), tiny_loras.every_module(LAYERS))
        tiny_loras.write(folder / f"{pair.kind}.safetensors", tiny_loras.flat(made, "lora_unet__", alpha=0.5))
    torch.manual_seed(2)
    net = CogVideoXControlNet(ControlNetSize(layers=LAYERS, width=128, time=16, text=TEXT, out=192)).eval()
    for parameter in net.requires_grad_(False).parameters():
        torch.nn.init.normal_(parameter, std=0.08)
    save_controlnet(net, folder / "control")
    control = host.pack("nodes.host.controlnet_loader").load_control(folder / "control", name="edges")

    def stored(dtype):
        rounded = {key: value.to(dtype) for key, value in t2v.model.model.diffusion_model.state_dict().items()}
        model = comfy.sd.load_diffusion_model_state_dict(rounded, {"dtype": dtype})
        assert model.model.get_dtype() == dtype
        return model

    half = stored(torch.bfloat16)
    half.model.manual_cast_dtype = None  # the host would compute in float32 on a CPU
    before = dict(folder_paths.folder_names_and_paths), dict(folder_paths.filename_list_cache)
    folder_paths.folder_names_and_paths["loras"] = ([str(folder)], {".safetensors"})
    folder_paths.filename_list_cache.pop("loras", None)
    yield {
        "float32": Chain(host, t2v, t2v.model, control, draw_noise, "t2v.safetensors"),
        "bfloat16": Chain(host, t2v, half, control, draw_noise, "t2v.safetensors"),
        "float8": Chain(host, t2v, stored(torch.float8_e4m3fn), control, draw_noise, "t2v.safetensors"),
        "i2v": Chain(host, i2v, i2v.model, control, draw_noise, "i2v.safetensors"),
    }
    folder_paths.folder_names_and_paths.update(before[0])
    folder_paths.filename_list_cache.pop("loras", None)


def weights_of(model: Any) -> dict[str, torch.Tensor]:
    """The shared network's weights, nothing loaded."""
    import comfy.model_management

    comfy.model_management.unload_all_models()
    return {key: value.clone() for key, value in model.model.diffusion_model.state_dict().items()}


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("batch", [1, 2])
@pytest.mark.parametrize("cfg", [1.0, 6.0])
def test_every_combination_runs_and_each_part_acts_in_it(chains, cfg, batch, dtype):
    every_combination_acts(chains[dtype], cfg, batch)


@pytest.mark.parametrize("kind", ["float8", "i2v"])
def test_so_it_is_with_weights_of_8_bits_and_with_an_image_to_video_model(chains, kind):
    every_combination_acts(chains[kind], 6.0, 2)
    off = chains[kind].run(PARTS, cfg=6.0, strengths=dict.fromkeys(PARTS, 0.0))
    assert torch.equal(off, chains[kind].run((), cfg=6.0))


def every_combination_acts(chain, cfg, batch):
    made = {parts: chain.run(parts, cfg=cfg, batch=batch) for parts in SUBSETS}
    for parts, latents in made.items():
        assert latents.shape == (batch, 16, *SHAPE)
        assert latents.isfinite().all(), parts
        for part in parts:
            without = tuple(other for other in parts if other != part)
            assert relative(latents, made[without]) > 0.01, (part, parts)
    # once more, after all the others: nobody has left anything
    for parts in ((), PARTS):
        assert torch.equal(chain.run(parts, cfg=cfg, batch=batch), made[parts]), parts


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("batch", [1, 2])
@pytest.mark.parametrize("cfg", [1.0, 6.0])
def test_all_off_is_the_plain_model_bit_for_bit(chains, cfg, batch, dtype):
    chain = chains[dtype]
    off = chain.run(PARTS, cfg=cfg, batch=batch, strengths=dict.fromkeys(PARTS, 0.0))
    assert torch.equal(off, chain.run((), cfg=cfg, batch=batch))


@pytest.mark.parametrize("part", PARTS)
def test_one_off_is_the_chain_without_it_bit_for_bit(chains, part):
    rest = tuple(other for other in PARTS if other != part)
    off = chains["float32"].run(PARTS, cfg=6.0, strengths={**STRENGTH, part: 0.0})
    assert torch.equal(off, chains["float32"].run(rest, cfg=6.0))


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_the_order_of_the_nodes_does_not_matter(chains, dtype):
    last = replace(chains[dtype], lora_last=True)
    assert torch.equal(last.run(PARTS, cfg=6.0), chains[dtype].run(PARTS, cfg=6.0))


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float8"])
def test_the_shared_model_is_afterwards_what_it_was(chains, dtype):
    model = chains[dtype].model
    before = weights_of(model)
    chains[dtype].run(PARTS, cfg=6.0)
    assert not model.patches and not model.wrappers and not model.object_patches and not model.attachments
    for key, value in weights_of(model).items():
        assert torch.equal(value.float(), before[key].float()), key


@pytest.mark.parametrize("where", ["behind a step", "inside a block"])
def test_an_interrupt_in_the_middle_leaves_nothing(chains, where):
    """Between two steps, as Cancel does it, and where every part is at work, as running out of memory does it."""
    import comfy.model_management

    chain = chains["float32"]
    network = chain.model.model.diffusion_model
    plain, whole = chain.run((), cfg=6.0), chain.run(PARTS, cfg=6.0)
    before = weights_of(chain.model)
    names = {name: set(module.__dict__) for name, module in network.named_modules()}
    ran = []

    def interrupt(*_):
        ran.append(where)
        if where == "behind a step" or len(ran) == 2:  # the second step's block
            raise comfy.model_management.InterruptProcessingException()

    if where == "behind a step":
        with pytest.raises(comfy.model_management.InterruptProcessingException):
            chain.run(PARTS, cfg=6.0, callback=interrupt)
        assert len(ran) == 1
    else:
        hook = network.blocks[-1].ff_out.register_forward_pre_hook(interrupt)
        with pytest.raises(comfy.model_management.InterruptProcessingException):
            chain.run(PARTS, cfg=6.0)
        hook.remove()
        assert len(ran) == 2
    for key, value in weights_of(chain.model).items():
        assert torch.equal(value, before[key]), key
    assert {name: set(module.__dict__) for name, module in network.named_modules()} == names
    assert torch.equal(chain.run((), cfg=6.0), plain)
    assert torch.equal(chain.run(PARTS, cfg=6.0), whole)
