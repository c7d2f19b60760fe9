"""The bundled style LoRA on the demo model inside ComfyUI, against the library and weights merged by hand."""

from __future__ import annotations

import pytest
import torch

pytestmark = pytest.mark.host

NAME = "tora_demo_style.safetensors (bundled)"


@pytest.fixture(scope="module")
def demo(host):
    return host.run("ToraLoadDemoModel", variant="T2V")


def loaded_weights(model):
    """The network's weights with the MODEL's patches on them; unloaded afterwards."""
    import comfy.model_management

    comfy.model_management.load_models_gpu([model], force_full_load=True)
    found = {key: value.clone() for key, value in model.model.diffusion_model.state_dict().items()}
    comfy.model_management.unload_all_models()
    return found


def test_it_is_on_the_list_without_being_copied(host):
    node = host.node("ToraLoadLora")
    assert NAME in node.INPUT_TYPES()["required"]["lora_name"][1]["options"]
    assert node.validate_inputs(lora_name=NAME) is True
    assert node.fingerprint_inputs(lora_name=NAME, strength=1.0)


@pytest.mark.parametrize("strength", [1.0, -0.5])
def test_its_weights_are_the_librarys_and_those_merged_by_hand(host, demo, tiny_loras, strength):
    from safetensors.torch import load_file

    from tora_core import load_pipeline

    (model,) = host.run("ToraLoadLora", model=demo[0], lora_name=NAME, strength=strength)
    found = loaded_weights(model)
    path = host.pack("nodes.host.lora_files").lora_path(NAME)
    library = load_pipeline(lora=(path, strength)).transformer.state_dict()
    plain = load_pipeline().transformer.state_dict()
    file = load_file(path)
    modules = {key.removeprefix("transformer.").rpartition(".lora_")[0] for key in file}
    made = {
        module: tuple(file[f"transformer.{module}.lora_{half}.weight"].float() for half in "BA") for module in modules
    }
    expected = tiny_loras.merged_by_hand(plain, made, 1.0, strength)
    for module in modules:
        key, native = f"{module}.weight", f"{tiny_loras.native_name(module)}.weight"
        for other in (library[key].double(), expected[key]):
            assert float((found[native].double() - other).norm() / other.norm()) < 1e-6, module
        assert not torch.equal(found[native], plain[key])


def test_loras_of_every_style_change_it_as_by_hand_also_behind_apply_tora(host, demo, tiny_loras, tmp_path):
    """Random factors for every layer; the file's alphas, or none, make the scale."""
    from tora_core import load_pipeline

    model, _, vae, tora = demo
    path = host.pack("tora_core").Trajectory.from_points([[(10, 20), (50, 40)]], width=64, height=64, frames=9)
    motion, _ = host.run("ToraEncodeMotion", vae=vae, trajectory=path)
    ends = {"strength": 1.0, "start_percent": 0.0, "end_percent": 1.0}
    (steered,) = host.run("ToraApply", model=model, tora_model=tora, motion=motion, **ends)
    base = load_pipeline().transformer.state_dict()
    layers = 1 + max(int(key.split(".")[1]) for key in base if key.startswith("transformer_blocks."))
    made = tiny_loras.factors(base, tiny_loras.every_module(layers))
    load = host.pack("nodes.host.loras").load_lora
    for style, (tensors, meant, scale) in tiny_loras.every_style(base, layers, made).items():
        file = tiny_loras.write(tmp_path / "a.safetensors", tensors)
        expected = tiny_loras.merged_by_hand(base, meant, scale, 0.6)
        for start in (model, steered):
            found = loaded_weights(load(start, file, 0.6)[0])
            for module in meant:
                wanted = expected[f"{module}.weight"]
                error = found[f"{tiny_loras.native_name(module)}.weight"].double() - wanted
                assert float(error.norm() / wanted.norm()) < 1e-6, (style, module)
                assert float((base[f"{module}.weight"] - wanted).norm() / wanted.norm()) > 1e-3, (style, module)


def test_it_acts_in_a_video_with_tora_and_strength_0_does_not(host, demo):
    model, clip, vae, tora = demo
    (positive,) = host.run("CLIPTextEncode", clip=clip, text="a red circle on a blue background")
    (negative,) = host.run("CLIPTextEncode", clip=clip, text="")
    path = host.pack("tora_core").Trajectory.from_points([[(10, 20), (50, 40)]], width=64, height=64, frames=9)
    motion, _ = host.run("ToraEncodeMotion", vae=vae, trajectory=path)
    (latent,) = host.run("ToraEmptyLatent", width=64, height=64, length=9, batch_size=1)

    def video(start):
        (steered,) = host.run(
            "ToraApply", model=start, tora_model=tora, motion=motion, strength=1.0, start_percent=0.0, end_percent=1.0
        )
        (sampled,) = host.run(
            "KSampler", model=steered, seed=1, steps=3, cfg=3.0, sampler_name="euler", scheduler="simple",
            positive=positive, negative=negative, latent_image=latent, denoise=1.0,
        )  # fmt: skip
        return sampled["samples"]

    plain = video(model)
    styled = video(host.run("ToraLoadLora", model=model, lora_name=NAME, strength=1.0)[0])
    assert float((styled - plain).norm() / plain.norm()) > 0.05
    assert torch.equal(video(host.run("ToraLoadLora", model=model, lora_name=NAME, strength=0.0)[0]), plain)
