"""Load CogVideoX: every layout becomes the host's own MODEL, tensor for tensor; other models are refused in words."""

from __future__ import annotations

import json

import pytest
import torch
from safetensors.torch import save_file

pytestmark = pytest.mark.host

LAYERS, WIDTH = 2, 128
NAMES = [f"diffusion_pytorch_model-0000{n}-of-00003.safetensors" for n in (1, 2, 3)]
TABLE = (1, 226 + 13 * 30 * 45, 192)


@pytest.fixture(scope="module")
def base(tiny_checkpoints):
    return tiny_checkpoints.random_state(tiny_checkpoints.base_shapes(LAYERS, WIDTH), torch.float16)


@pytest.fixture(scope="module")
def i2v(tiny_checkpoints):
    """Like CogVideoX-5B-I2V: 32 channels and a learned table, for which the host wants a width that divides by 12."""
    shapes = tiny_checkpoints.base_shapes(1, 192, channels=32) | {"patch_embed.pos_embedding": TABLE}
    return tiny_checkpoints.random_state(shapes, torch.float16)


def write_shards(folder, state, config=None):
    folder.mkdir(parents=True)
    keys = sorted(state)
    for n, name in enumerate(NAMES):
        save_file({key: state[key] for key in keys[n::3]}, folder / name)
    index = {"weight_map": {key: NAMES[n % 3] for n, key in enumerate(keys)}}
    (folder / "diffusion_pytorch_model.safetensors.index.json").write_text(json.dumps(index))
    if config:
        (folder / "config.json").write_text(json.dumps(config))


def write(layout, models, state, layers, tiny_checkpoints):
    """Write a layout; the name to choose it by."""
    folder = models / "diffusion_models"
    if layout == "pipeline in diffusers":
        write_shards(models / "diffusers" / "CogVideoX-5b" / "transformer", state, {"num_layers": layers})
        return "diffusers/CogVideoX-5b"
    if layout == "folder with shards":
        write_shards(folder / "CogVideoX-5b", state)
        return "CogVideoX-5b"
    if layout == "sat":
        return tiny_checkpoints.write_sat(folder, state, layers).name
    if layout == "tora folder":
        adapter = tiny_checkpoints.random_state(tiny_checkpoints.adapter_shapes(layers, WIDTH))
        write_shards(models / "tora" / "Tora_T2V", state | adapter)
        return "tora/Tora_T2V"
    if layout == "native checkpoint":
        others = {"vae.decoder.x": torch.zeros(3), "text_encoders.t5xxl.y": torch.zeros(3)}
        state = tiny_checkpoints.to_native(state, "model.diffusion_model.") | others
    elif layout == "native":
        state = tiny_checkpoints.to_native(state)
    save_file(state, folder / "cogvideox.safetensors")
    return "cogvideox.safetensors"


def assert_values(model, native):
    state = model.model.diffusion_model.state_dict()
    assert sorted(state) == sorted(native)
    assert all(torch.equal(state[key].float(), value.float()) for key, value in native.items())


def assert_holds(model, native, dtype=torch.float16):
    """The network's tensors are the file's, in `dtype`; the host keeps the patch embedding in float32."""
    state = model.model.diffusion_model.state_dict()
    assert sorted(state) == sorted(native)
    for key, value in native.items():
        wanted = torch.float32 if key.startswith("patch_embed.") else dtype
        assert state[key].dtype == wanted, key
        assert torch.equal(state[key].float(), value.to(wanted).float()), key


LAYOUTS = [
    "single file",
    "folder with shards",
    "pipeline in diffusers",
    "native",
    "native checkpoint",
    "sat",
    "tora folder",
]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_becomes_the_hosts_model_tensor_for_tensor(host, model_folders, tiny_checkpoints, base, layout):
    import comfy.model_base

    name = write(layout, model_folders, base, LAYERS, tiny_checkpoints)
    node = host.node("ToraLoadCogVideoX")
    assert node.INPUT_TYPES()["required"]["model_name"][1]["options"] == [name]
    assert node.validate_inputs(model_name=name) is True
    (model,) = host.run("ToraLoadCogVideoX", model_name=name, weight_dtype="fp16")
    assert_holds(model, tiny_checkpoints.to_native(base))
    assert type(model.model) is comfy.model_base.CogVideoX and not model.model.image_to_video


@pytest.mark.parametrize("layout", ["folder with shards", "sat", "native"])
def test_image_to_video_keeps_its_learned_table(host, model_folders, tiny_checkpoints, i2v, layout):
    name = write(layout, model_folders, i2v, 1, tiny_checkpoints)
    (model,) = host.run("ToraLoadCogVideoX", model_name=name, weight_dtype="fp16")
    native = tiny_checkpoints.to_native(i2v)
    table = native.pop("patch_embed.pos_embedding")
    state = model.model.diffusion_model.state_dict()
    assert torch.equal(state.pop("patch_embed.pos_embedding"), table.float())
    assert sorted(state) == sorted(native)
    assert model.model.image_to_video and model.model.diffusion_model.in_channels == 32


@pytest.mark.parametrize(
    ("weight_dtype", "dtype"),
    [
        ("fp32", torch.float32),
        ("bf16", torch.bfloat16),
        ("fp16", torch.float16),
        ("fp8_e4m3fn", torch.float8_e4m3fn),
        ("fp8_e5m2", torch.float8_e5m2),
    ],
)
def test_weight_dtype_is_what_is_stored(host, model_folders, tiny_checkpoints, base, weight_dtype, dtype):
    name = write("single file", model_folders, base, LAYERS, tiny_checkpoints)
    (model,) = host.run("ToraLoadCogVideoX", model_name=name, weight_dtype=weight_dtype)
    assert_holds(model, tiny_checkpoints.to_native(base), dtype)
    assert model.model.get_dtype() == dtype


@pytest.mark.parametrize("weight_dtype", ["default", "fp8_e4m3fn"])
def test_a_native_file_loads_as_by_the_hosts_own_loader(host, model_folders, tiny_checkpoints, base, weight_dtype):
    import comfy.model_management

    name = write("native", model_folders, base, LAYERS, tiny_checkpoints)
    (ours,) = host.run("ToraLoadCogVideoX", model_name=name, weight_dtype=weight_dtype)
    (cores,) = host.run("UNETLoader", unet_name=name, weight_dtype=weight_dtype)
    for attribute in ("latent_format", "manual_cast_dtype", "model_type"):
        assert (
            str(getattr(ours.model, attribute)).split(" at ")[0]
            == str(getattr(cores.model, attribute)).split(" at ")[0]
        )
    assert ours.model.model_config.unet_config == cores.model.model_config.unet_config
    assert (ours.load_device, ours.offload_device) == (cores.load_device, cores.offload_device)
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(1, 16, 2, 6, 8, generator=generator), torch.tensor([500.0])
    context = torch.randn(1, 5, 20, generator=generator)
    comfy.model_management.load_models_gpu([ours, cores])
    with torch.inference_mode():
        found, expected = (model.model.diffusion_model(*inputs, context) for model in (ours, cores))
    assert torch.isfinite(found).all() and torch.equal(found, expected)


def test_where_the_host_loads_weights_as_needed_it_is_given_views_of_the_files(
    host, model_folders, tiny_checkpoints, base, monkeypatch
):
    """DynamicVRAM needs a GPU. What its loader and its lazy layers are handed does not."""
    import comfy.memory_management
    import comfy.sd
    import comfy.utils

    given, opened = [], []
    load, open_file = comfy.sd.load_diffusion_model_state_dict, comfy.utils.load_torch_file

    def load_lazily(sd, *args, **named):
        given.append(dict(sd))
        with monkeypatch.context() as patch:
            patch.setattr(comfy.memory_management, "aimdo_enabled", True)
            return load(sd, *args, **named)

    monkeypatch.setattr(comfy.sd, "load_diffusion_model_state_dict", load_lazily)
    monkeypatch.setattr(comfy.utils, "load_torch_file", lambda path: opened.append(path) or open_file(path))
    monkeypatch.setattr(host.pack("nodes.host.cogvideox"), "is_dynamic", lambda disable_dynamic=False: True)
    for layout in ("folder with shards", "sat"):
        name = write(layout, model_folders, base, LAYERS, tiny_checkpoints)
        (model,) = host.run("ToraLoadCogVideoX", model_name=name, weight_dtype="fp16")
        assert_values(model, tiny_checkpoints.to_native(base))
    # Opened by the host, each once: there it marks the tensors, to read them from the disk when they are needed.
    assert opened == [str(model_folders / "diffusion_models" / "CogVideoX-5b" / name) for name in NAMES]
    fused = [given[1][f"blocks.1.{letter}.weight"].untyped_storage().data_ptr() for letter in "qkv"]
    assert len(set(fused)) == 1, "query, key and value are rows of one stored tensor"


def test_loading_shows_progress_and_can_be_interrupted(host, model_folders, tiny_checkpoints, base, monkeypatch):
    import comfy.model_management
    import comfy.utils

    name = write("single file", model_folders, base, LAYERS, tiny_checkpoints)
    steps = []
    monkeypatch.setattr(comfy.utils, "PROGRESS_BAR_HOOK", lambda value, *rest, **named: steps.append(value))
    host.run("ToraLoadCogVideoX", model_name=name)
    size = sum(value.nbytes for value in base.values())
    assert steps[0] < size / 2 and steps[-1] == size  # the host drops what comes too fast between
    comfy.model_management.interrupt_current_processing(True)
    with pytest.raises(comfy.model_management.InterruptProcessingException):
        host.run("ToraLoadCogVideoX", model_name=name)
    (model,) = host.run("ToraLoadCogVideoX", model_name=name, weight_dtype="fp16")
    assert_holds(model, tiny_checkpoints.to_native(base))


def test_the_host_can_make_a_second_copy_of_its_own(host, model_folders, tiny_checkpoints, base):
    name = write("folder with shards", model_folders, base, LAYERS, tiny_checkpoints)
    (model,) = host.run("ToraLoadCogVideoX", model_name=name, weight_dtype="fp8_e5m2")
    load, arguments = model.clone().cached_patcher_init
    copy = load(*arguments, disable_dynamic=True)
    assert copy.model is not model.model and not copy.is_dynamic()
    assert_holds(copy, tiny_checkpoints.to_native(base), torch.float8_e5m2)


def changed(state, **shapes):
    return state | {key.replace("__", "."): torch.zeros(shape) for key, shape in shapes.items()}


def adapter_of(tiny_checkpoints):
    return tiny_checkpoints.random_state(tiny_checkpoints.adapter_shapes(LAYERS, WIDTH))


@pytest.mark.parametrize("naming", ["diffusers", "native"])
@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda s: changed(s, patch_embed__proj__weight=(WIDTH, 16 * 8)), "is CogVideoX 1.5"),
        (lambda s: changed(s, ofs_embedding__linear_1__weight=(8, 8)), "is CogVideoX 1.5"),
        (lambda s: changed(s, patch_embed__proj__weight=(1920, 16, 2, 2)), "is CogVideoX-2B"),
        (lambda s: changed(s, patch_embed__proj__weight=(WIDTH, 33, 2, 2)), r"is CogVideoX-Fun .*\(33 input channels"),
        (lambda s: changed(s, patch_embed__proj__weight=(WIDTH, 48, 2, 2)), r"is CogVideoX-Fun .*\(48 input channels"),
        (lambda s: changed(s, patch_embed__pos_embedding=(1, 50, WIDTH)), r"pos_embedding is \(1, 50, 128\).*480x720"),
        (lambda s: changed(s, patch_embed__pos_embedding=(1, TABLE[1], WIDTH)), "widths that divide by 12"),
        (
            lambda s: {k: v for k, v in s.items() if k != "norm_out.norm.bias"},
            "1 key of .* missing: norm_out.norm.bias",
        ),
        (lambda s: changed(s, proj_out__bias=(63,)), r"proj_out.bias is \(63,\), expected \(64,\)"),
    ],
)
def test_other_models_are_refused_in_words_when_queued_and_when_run(
    host, model_folders, tiny_checkpoints, base, naming, change, words
):
    state = change(base)
    state = tiny_checkpoints.to_native(state) if naming == "native" else state
    save_file(state, model_folders / "diffusion_models" / "a.safetensors")
    check_refusal(host, "a.safetensors", words)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda tiny: tiny.random_state(tiny.base_shapes(LAYERS, WIDTH, head=32)), "has attention heads of 32"),
        (lambda tiny: {"blocks.0.self_attn.q.weight": torch.zeros(2)}, "of an unknown kind"),
        (lambda tiny: {"transformer_blocks.0.attn1.to_q.lora_A.weight": torch.zeros(2)}, "is a CogVideoX LoRA"),
        (
            lambda tiny: {"encoder.conv_in.conv.weight": torch.zeros(2), "decoder.x": torch.zeros(2)},
            "is a CogVideoX VAE",
        ),
        (adapter_of, "holds Tora's weights alone: load them with Load Tora Model"),
    ],
)
def test_other_files_are_refused_in_words(host, model_folders, tiny_checkpoints, make, words):
    save_file(make(tiny_checkpoints), model_folders / "diffusion_models" / "a.safetensors")
    check_refusal(host, "a.safetensors", words)


def test_a_missing_shard_and_a_configuration_of_another_model_are_named(host, model_folders, base):
    folder = model_folders / "diffusion_models"
    write_shards(folder / "cut", base)
    (folder / "cut" / NAMES[1]).unlink()
    check_refusal(host, "cut", f"the shard {NAMES[1]} is missing")
    write_shards(folder / "sine", base, {"use_rotary_positional_embeddings": False})
    check_refusal(host, "sine", "a CogVideoX with sine positions")
    assert "'gone' was not found" in host.node("ToraLoadCogVideoX").validate_inputs(model_name="gone")
    assert host.node("ToraLoadCogVideoX").validate_inputs(model_name=None) is True


def check_refusal(host, name, words):
    refused = host.node("ToraLoadCogVideoX").validate_inputs(model_name=name)
    assert isinstance(refused, str)
    with pytest.raises(ValueError, match=words) as raised:
        host.run("ToraLoadCogVideoX", model_name=name)
    assert str(raised.value) == refused
