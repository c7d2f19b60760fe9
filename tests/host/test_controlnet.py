"""Load ControlNet for CogVideoX: what is on the list, what becomes of it in the host, and what is refused in words."""

from __future__ import annotations

import json
import os
import pickle

import pytest
import torch
from safetensors.torch import load_file, save_file

pytestmark = pytest.mark.host

LAYERS, WIDTH, HEAD, OUT = 2, 128, 64, 192
WEIGHTS = "diffusion_pytorch_model.safetensors"


@pytest.fixture(scope="module")
def state(tiny_checkpoints):
    shapes = tiny_checkpoints.base_shapes(LAYERS, WIDTH, HEAD, channels=64)
    shapes = {k: v for k, v in shapes.items() if not k.startswith(("norm_final", "norm_out", "proj_out"))}
    for name, (channels, out) in {"first": (192, 96), "second": (96, 48)}.items():
        shapes[f"controlnet_encode_{name}.0.weight"] = (out, channels, 1, 1)
        shapes |= {f"controlnet_encode_{name}.{key}": (out,) for key in ("0.bias", "1.weight", "1.bias")}
    for n in range(LAYERS):
        shapes |= {f"out_projectors.{n}.weight": (OUT, WIDTH), f"out_projectors.{n}.bias": (OUT,)}
    return tiny_checkpoints.random_state(shapes, torch.float16, seed=4)


def write(folder, state, **config):
    folder.mkdir(parents=True, exist_ok=True)
    save_file(state, folder / WEIGHTS)
    (folder / "config.json").write_text(json.dumps({"_class_name": "CogVideoXControlnet", **config}))


def demo(host):
    return host.pack("nodes.host.folders").DEMO_EDGES


def choices(host):
    return host.node("ToraLoadControlNet").INPUT_TYPES()["required"]["control_net_name"][1]["options"]


def load(host, name, dtype="default"):
    (control,) = host.run("ToraLoadControlNet", control_net_name=name, weight_dtype=dtype)
    return control


def test_the_list_names_folders_and_files_cogvideos_first_then_ours(host, model_folders, state):
    write(model_folders / "controlnet" / "cogvideox-5b-controlnet-canny-v1", state)
    write(model_folders / "CogVideo" / "ControlNet" / "cogvideox-5b-controlnet-hed-v1", state)
    save_file({"x": torch.zeros(1)}, model_folders / "controlnet" / "a_canny_sd15.safetensors")
    (model_folders / "CogVideo" / "other").mkdir()
    save_file(state, model_folders / "CogVideo" / "other" / WEIGHTS)
    assert choices(host) == [
        "cogvideox-5b-controlnet-canny-v1",
        "CogVideo/ControlNet/cogvideox-5b-controlnet-hed-v1",
        demo(host),
        "a_canny_sd15.safetensors",
    ]


@pytest.mark.parametrize("form", ["folder", "file", "training file", "of the other pack"])
def test_every_form_gives_the_files_tensors_in_the_hosts_layers(host, model_folders, state, form):
    import comfy.controlnet
    import comfy.model_patcher
    import comfy.ops

    name = "edges"
    if form == "folder":
        write(model_folders / "controlnet" / name, state)
    elif form == "file":
        name = "edges.safetensors"
        save_file(state, model_folders / "controlnet" / name)
    elif form == "training file":
        name = "edges.pt"
        torch.save({"state_dict": state}, model_folders / "controlnet" / name)
    else:
        write(model_folders / "CogVideo" / "ControlNet" / name, state)
        name = "CogVideo/ControlNet/edges"
    assert host.node("ToraLoadControlNet").validate_inputs(control_net_name=name) is True
    control = load(host, name)
    assert isinstance(control, comfy.controlnet.ControlBase)
    assert isinstance(control.patcher, comfy.model_patcher.ModelPatcher)
    network = control.patcher.model
    found = network.state_dict()
    assert sorted(found) == sorted(state)
    assert all(torch.equal(found[key], value) for key, value in state.items())
    layers = [m for m in network.modules() if not list(m.children()) and list(m.parameters())]
    assert all(isinstance(layer, comfy.ops.CastWeightBiasOp) and layer.comfy_cast_weights for layer in layers)
    assert not network.training and not any(p.requires_grad for p in network.parameters())
    assert control.get_models() == [control.patcher]


def test_weight_dtype_and_positions(host, model_folders, state):
    write(model_folders / "controlnet" / "a", state, use_rotary_positional_embeddings=True)
    control = load(host, "a", "bf16")
    assert {p.dtype for p in control.patcher.model.parameters()} == {torch.bfloat16}
    describe = host.pack("nodes.host.controlnet_loader").describe
    assert describe(control) == "a: ControlNet for CogVideoX, 2 blocks, 128 wide, for 192, rotary positions"
    write(model_folders / "controlnet" / "b", state)
    assert describe(load(host, "b")).endswith("for 192, sine and rotary positions")


def test_the_weights_no_longer_hang_on_the_file(host, model_folders, state):
    write(model_folders / "controlnet" / "a", state)
    control = load(host, "a")
    path = model_folders / "controlnet" / "a" / WEIGHTS
    path.write_bytes(b"\xff" * path.stat().st_size)  # in place: a map of the file would show it
    found = control.patcher.model.state_dict()
    assert all(torch.equal(found[key], value) for key, value in state.items())


def test_where_the_host_loads_weights_as_needed_they_are_views_of_the_file(host, model_folders, state, monkeypatch):
    """DynamicVRAM needs a GPU; what it asks of a loader, lazy layers and tensors that stay in the file, does not."""
    import comfy.memory_management

    module = host.pack("nodes.host.controlnet_loader")
    monkeypatch.setattr(comfy.memory_management, "aimdo_enabled", True)
    monkeypatch.setattr(module, "is_dynamic", lambda disable_dynamic=False: True)
    asked = {}
    build = module.controlnet_from
    monkeypatch.setattr(module, "controlnet_from", lambda *a, **k: asked.update(k) or build(*a, **k))
    write(model_folders / "controlnet" / "a", state)
    control = load(host, "a")
    assert asked["mapped"] is True and asked["device"] is None
    found = control.patcher.model.state_dict()
    assert all(torch.equal(found[key], value) for key, value in state.items())


def test_the_host_can_load_it_a_second_time(host, model_folders, state):
    write(model_folders / "controlnet" / "a", state)
    control = load(host, "a", "fp32")
    function, arguments = control.patcher.cached_patcher_init
    other = function(*arguments, disable_dynamic=True)
    mine, its = control.patcher.model.state_dict(), other.model.state_dict()
    assert all(torch.equal(mine[key], its[key]) and mine[key].data_ptr() != its[key].data_ptr() for key in mine)


def test_the_demo_models_comes_with_the_pack_and_fits_it(host):
    control = load(host, demo(host))
    model, *_ = host.run("ToraLoadDemoModel", variant="T2V")
    require = host.pack("nodes.host.cogvideo").require_controlled_base
    assert require(model.model, control.size, control.name) is model.model.diffusion_model
    folder = host.pack("nodes.host.folders").DEMO_CONTROLNET
    assert sum(path.stat().st_size for path in folder.iterdir()) < 5_000_000
    assert all(value.dtype == torch.float16 for value in load_file(folder / WEIGHTS).values())


class Program:
    """What unpickling it would run."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("lora", "is a CogVideoX LoRA, expected a ControlNet for CogVideoX-5B"),
        ("sd", "is a ControlNet for another model"),
        ("2b", "is a ControlNet for CogVideoX-2B"),
        ("half", "1 key of .* missing"),
        ("page", "is a web page"),
        ("empty", "holds no tensors"),
        ("pickle", "bare Python pickle"),
        ("program", "can't be loaded"),
    ],
)
def test_what_is_no_sound_controlnet_is_refused_when_queued_and_when_run(host, model_folders, state, content, words):
    path = model_folders / "controlnet" / "a.safetensors"
    tensors = {
        "lora": {"transformer.transformer_blocks.0.attn1.to_q.lora_A.weight": torch.zeros(2, 2)},
        "sd": {"control_model.zero_convs.0.0.weight": torch.zeros(2, 2)},
        "2b": state | {f"out_projectors.{n}.weight": torch.zeros(1920, WIDTH) for n in range(LAYERS)},
        "half": {key: value for key, value in state.items() if key != "out_projectors.1.bias"},
    }
    if content == "page":
        path.write_text("<!doctype html><html>Sign in</html>")
    elif content == "pickle":
        path.write_bytes(pickle.dumps({"state_dict": {}}))
    elif content == "program":
        path = path.with_suffix(".pt")
        torch.save({"state_dict": {"patch_embed.proj.weight": Program(model_folders / "was_here")}}, path)
    elif content == "empty":
        save_file({}, path)
    else:
        save_file(tensors[content], path)
    refused = host.node("ToraLoadControlNet").validate_inputs(control_net_name=path.name)
    assert isinstance(refused, str)
    with pytest.raises(ValueError, match=words) as raised:
        load(host, path.name)
    assert str(raised.value) == refused
    assert not (model_folders / "was_here").exists()


def test_a_name_that_is_wired_in_or_has_vanished_is_no_crash_at_the_queue(host, model_folders):
    validate = host.node("ToraLoadControlNet").validate_inputs
    assert validate(control_net_name=None) is True
    assert "expected the name" in validate(control_net_name=3)
    assert "'gone' was not found" in validate(control_net_name="gone")
    assert "models/controlnet" in validate(control_net_name="../../etc/passwd")


def test_a_changed_file_or_configuration_is_loaded_anew(host, model_folders, state):
    node = host.node("ToraLoadControlNet")
    save_file(state, model_folders / "controlnet" / "a.safetensors")
    first = node.fingerprint_inputs(control_net_name="a.safetensors")
    assert node.fingerprint_inputs(control_net_name="a.safetensors") == first
    (model_folders / "controlnet" / "config.json").write_text(json.dumps({"_class_name": "CogVideoXControlnet"}))
    second = node.fingerprint_inputs(control_net_name="a.safetensors")
    assert second != first
    save_file({**state, "x": torch.zeros(1)}, model_folders / "controlnet" / "a.safetensors")
    assert node.fingerprint_inputs(control_net_name="a.safetensors") != second
    assert node.fingerprint_inputs(control_net_name=None) is None
