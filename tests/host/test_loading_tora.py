"""Load Tora Model: every layout gives the file's tensors in the host's layers; what is no Tora is refused in words."""

from __future__ import annotations

import asyncio
import copy
import json

import pytest
import torch
from safetensors.torch import load_file, save_file

pytestmark = pytest.mark.host

LAYERS, WIDTH = 2, 128


@pytest.fixture(scope="module")
def adapter(tiny_checkpoints):
    shapes = tiny_checkpoints.adapter_shapes(LAYERS, WIDTH)
    return tiny_checkpoints.random_state(shapes, torch.float16, seed=1)


@pytest.fixture(scope="module")
def whole(tiny_checkpoints, adapter):
    """An I2V base model with the adapter in it."""
    shapes = tiny_checkpoints.base_shapes(LAYERS, WIDTH, channels=32)
    return tiny_checkpoints.random_state(shapes, torch.float16) | adapter


def write(layout, folder, tiny_checkpoints, adapter, whole):
    """Write a layout; the name to choose it by."""
    if layout.startswith("pair_") or layout == "pair":
        return tiny_checkpoints.write_pair(folder, adapter, layout.removeprefix("pair"))[0].name
    if layout == "pair in two folders":
        for path in tiny_checkpoints.write_pair(folder, adapter):
            (folder / path.stem).mkdir()
            path.rename(folder / path.stem / path.name)
        return "fuser/fuser.safetensors"
    if layout == "own":
        save_file(adapter, folder / "mine.safetensors", {"tora_format": "1", "tora_kind": "i2v"})
        return "mine.safetensors"
    if layout == "sat":
        return tiny_checkpoints.write_sat(folder, whole, LAYERS).name
    (folder / "five" / "transformer").mkdir(parents=True)
    keys, names = sorted(whole), [f"diffusion_pytorch_model-0000{n}-of-00002.safetensors" for n in (1, 2)]
    for n, name in enumerate(names):
        save_file({key: whole[key] for key in keys[n::2]}, folder / "five" / "transformer" / name)
    index = {"weight_map": {key: names[n % 2] for n, key in enumerate(keys)}}
    (folder / "five/transformer/diffusion_pytorch_model.safetensors.index.json").write_text(json.dumps(index))
    return "five"


def state_of(loaded):
    network = loaded.patcher.model
    fusers = {f"fuser.{key}": value for key, value in network.fusers.state_dict().items()}
    return fusers | {f"traj_extractor.{key}": value for key, value in network.extractor.state_dict().items()}


def assert_holds(loaded, adapter, dtype=torch.float16):
    """The fusers in `dtype`, the extractor in float32, and the values of the file, for float16 loses none."""
    state = state_of(loaded)
    assert sorted(state) == sorted(adapter)
    for key, value in adapter.items():
        if not key.endswith("num_batches_tracked"):
            value = value.to(torch.float32 if key.startswith("traj_extractor.") else dtype)
        assert state[key].dtype == value.dtype, key
        assert torch.equal(state[key], value), key


@pytest.mark.parametrize(
    ("layout", "kind"),
    [
        ("pair", "t2v"),
        ("pair_I2V", "i2v"),
        ("pair_mine", None),
        ("pair in two folders", "t2v"),
        ("own", "i2v"),
        ("diffusers folder with base", "i2v"),
        ("sat", "i2v"),
    ],
)
def test_every_layout_gives_the_files_tensors(host, model_folders, tiny_checkpoints, adapter, whole, layout, kind):
    name = write(layout, model_folders / "tora", tiny_checkpoints, adapter, whole)
    node = host.node("ToraLoadModel")
    assert node.INPUT_TYPES()["required"]["tora_name"][1]["options"] == [name]
    assert node.validate_inputs(tora_name=name) is True
    (loaded,) = host.run("ToraLoadModel", tora_name=name, weight_dtype="default")
    assert (loaded.kind, loaded.layers, loaded.width, loaded.name) == (kind, LAYERS, WIDTH, name)
    assert_holds(loaded, adapter)


@pytest.mark.parametrize(
    ("weight_dtype", "dtype"), [("fp32", torch.float32), ("bf16", torch.bfloat16), ("fp16", torch.float16)]
)
def test_weight_dtype_is_the_fusers_and_never_the_extractors(
    host, model_folders, tiny_checkpoints, adapter, weight_dtype, dtype
):
    tiny_checkpoints.write_pair(model_folders / "tora", adapter)
    (loaded,) = host.run("ToraLoadModel", tora_name="fuser.safetensors", weight_dtype=weight_dtype)
    assert_holds(loaded, adapter, dtype)


def test_the_hosts_layers_compute_what_the_librarys_own_do(host, model_folders, tiny_checkpoints, adapter):
    import comfy.model_management
    import comfy.ops

    path = tiny_checkpoints.write_pair(model_folders / "tora", adapter)[0]
    (loaded,) = host.run("ToraLoadModel", tora_name=path.name)
    own = host.pack("tora_core.checkpoints").load_adapter(path, dtype=torch.float32)
    comfy.model_management.load_models_gpu([loaded.patcher])
    network = loaded.patcher.model
    generator = torch.Generator().manual_seed(3)
    latents = torch.randn(1, 3, 16, 6, 10, generator=generator)
    tokens = torch.randn(2, 3 * 3 * 5, WIDTH, generator=generator)
    with torch.inference_mode():
        features, expected = network.extractor(latents), own.extractor(latents)
        torch.testing.assert_close(features, expected, rtol=1e-5, atol=1e-5)
        bent = network.fusers[1](tokens, features[1], 3)
        torch.testing.assert_close(bent, own.fusers[1](tokens, expected[1], 3), rtol=1e-5, atol=1e-5)
    assert not torch.equal(bent, tokens)
    layers = [module for module in network.modules() if not list(module.children())]
    assert all(isinstance(layer, comfy.ops.CastWeightBiasOp) and layer.comfy_cast_weights for layer in layers)
    # The host's Linear has no weight before it is loaded; what holds none can't be read too early.
    assert not any(isinstance(layer, torch.nn.Linear) for layer in layers)
    assert not network.training and not any(p.requires_grad for p in network.parameters())


def test_the_weights_no_longer_hang_on_the_files(host, model_folders, tiny_checkpoints, adapter):
    paths = tiny_checkpoints.write_pair(model_folders / "tora", adapter)
    (loaded,) = host.run("ToraLoadModel", tora_name="fuser.safetensors")
    before = [path.read_bytes() for path in paths]
    with torch.inference_mode():
        for value in loaded.patcher.model.state_dict().values():
            value.mul_(1)
    assert [path.read_bytes() for path in paths] == before
    for path in paths:
        path.write_bytes(b"\xff" * path.stat().st_size)  # in place: a map of the file would show it
    assert_holds(loaded, adapter)


def test_where_the_host_loads_weights_as_needed_they_are_views_of_the_files(
    host, model_folders, tiny_checkpoints, adapter, monkeypatch
):
    """DynamicVRAM needs a GPU; what it asks of a loader, lazy layers and tensors that stay in the file, does not."""
    import comfy.memory_management

    monkeypatch.setattr(comfy.memory_management, "aimdo_enabled", True)
    monkeypatch.setattr(host.pack("nodes.host.adapter"), "is_dynamic", lambda disable_dynamic=False: True)
    path = tiny_checkpoints.write_pair(model_folders / "tora", adapter)[0]
    (loaded,) = host.run("ToraLoadModel", tora_name="fuser.safetensors")
    assert_holds(loaded, adapter)
    before = path.read_bytes()
    with torch.inference_mode():
        loaded.patcher.model.fusers[0].flow_cond_norm.weight.fill_(9)
    assert path.read_bytes() == before, "the map must be private"
    path.write_bytes(before[:-4] + b"\xff\xff\xff\xff")
    last = max(load_file(path).items(), key=lambda item: item[1].data_ptr())[0]
    assert not torch.equal(state_of(loaded)[f"fuser.{last}"], adapter[f"fuser.{last}"]), "nothing was mapped"


def test_the_host_can_make_a_second_copy_of_its_own(host, model_folders, tiny_checkpoints, adapter):
    tiny_checkpoints.write_pair(model_folders / "tora", adapter)
    (loaded,) = host.run("ToraLoadModel", tora_name="fuser.safetensors", weight_dtype="bf16")
    load, arguments = loaded.patcher.cached_patcher_init
    copy = load(*arguments, disable_dynamic=True)
    assert not copy.is_dynamic() and copy.model is not loaded.patcher.model
    pairs = zip(copy.model.state_dict().items(), loaded.patcher.model.state_dict().items(), strict=True)
    assert all(key == other and torch.equal(a, b) and a is not b for (key, a), (other, b) in pairs)
    assert loaded.patcher.clone().cached_patcher_init == (load, arguments)


@pytest.fixture
def bad_files(model_folders, tiny_checkpoints, adapter, whole):
    """Write a file that is no good; the name to choose."""

    def make(what):
        folder = model_folders / "tora"
        save = {
            "base.safetensors": {k: v for k, v in whole.items() if k not in adapter},
            "lora.safetensors": {"transformer_blocks.0.attn1.to_q.lora_A.weight": torch.zeros(2)},
            "qwen.safetensors": {"controlnet_x.weight": torch.zeros(2)},
            "other.safetensors": {"some.weight": torch.zeros(2)},
            "native.safetensors": tiny_checkpoints.to_native({k: v for k, v in whole.items() if k not in adapter}),
            "short.safetensors": {k: v for k, v in adapter.items() if k != "fuser.1.flow_cond_norm.bias"},
        }
        if what in save:
            save_file(save[what], folder / what)
            return what
        if what == "page.safetensors":
            (folder / what).write_text("<!DOCTYPE html>")
            return what
        if what == "2B":
            shapes = {"0.flow_gamma_temporal.weight": (1920, 4, 3), "0.flow_gamma_spatial.weight": (4, 8, 3, 3)}
            state = {f"fuser.{key}": torch.zeros(shape) for key, shape in shapes.items()}
            tiny_checkpoints.write_pair(folder, state | {"traj_extractor.conv_in.weight": torch.zeros(8, 64, 3, 3)})
            return "fuser.safetensors"
        fuser, extractor = tiny_checkpoints.write_pair(folder, adapter)
        if what == "lone fuser":
            extractor.unlink()
            return fuser.name
        if what == "lone extractor":
            fuser.unlink()
            return extractor.name
        assert what == "mixed pair"
        extractor.rename(folder / "traj_extractor_I2V.safetensors")
        return fuser.name

    return make


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("lone fuser", "its partner traj_extractor.safetensors is not beside it: download it"),
        ("lone extractor", "its partner fuser.safetensors is not beside it: download it"),
        ("mixed pair", "only traj_extractor_I2V.safetensors, of another kind or release"),
        ("base.safetensors", "is a base model without Tora's weights"),
        ("native.safetensors", "is a base model without Tora's weights"),
        ("lora.safetensors", "is a CogVideoX LoRA, expected Tora"),
        ("qwen.safetensors", "is a ControlNet for another model"),
        ("other.safetensors", r"of an unknown kind \(keys like some.weight\)"),
        ("short.safetensors", "1 key of .* missing: fuser.1.flow_cond_norm.bias"),
        ("page.safetensors", "is a web page, not weights"),
        ("2B", "is CogVideoX-2B"),
    ],
)
def test_what_is_no_sound_tora_is_refused_in_words_when_queued_and_when_run(host, bad_files, what, words):
    name = bad_files(what)
    refused = host.node("ToraLoadModel").validate_inputs(tora_name=name)
    assert isinstance(refused, str)
    with pytest.raises(ValueError, match=words) as raised:
        host.run("ToraLoadModel", tora_name=name)
    assert str(raised.value) == refused


def test_a_partner_that_is_downloaded_later_is_seen_at_the_next_queue(host, model_folders, tiny_checkpoints, adapter):
    validate = host.node("ToraLoadModel").validate_inputs
    extractor = tiny_checkpoints.write_pair(model_folders / "tora", adapter)[1]
    kept = extractor.read_bytes()
    extractor.unlink()
    assert "is not beside it" in validate(tora_name="fuser.safetensors")
    extractor.write_bytes(kept)
    assert validate(tora_name="fuser.safetensors") is True


def test_a_name_that_is_wired_in_or_has_vanished_is_no_crash_at_the_queue(host, model_folders):
    validate = host.node("ToraLoadModel").validate_inputs
    assert validate(tora_name=None) is True
    assert "'gone.safetensors' was not found" in validate(tora_name="gone.safetensors")


def test_the_node_says_what_was_loaded_and_the_log_too(
    host, model_folders, tiny_checkpoints, adapter, monkeypatch, caplog
):
    from server import PromptServer

    shown = []
    monkeypatch.setattr(PromptServer.instance, "send_progress_text", lambda text, node: shown.append((node, text)))
    tiny_checkpoints.write_pair(model_folders / "tora", adapter, "_I2V")
    node = host.node("ToraLoadModel")
    monkeypatch.setattr(node, "hidden", type("Hidden", (), {"unique_id": "7"}))
    with caplog.at_level("INFO"):
        host.run("ToraLoadModel", tora_name="fuser_I2V.safetensors")
    assert shown == [("7", "fuser_I2V.safetensors: Tora I2V, 2 blocks, 128 wide")]
    assert "fuser_I2V.safetensors: Tora I2V, 2 blocks, 128 wide, float16 (adapter pair)" in caplog.text


def test_in_a_queued_graph_a_bad_file_is_refused_and_a_changed_one_loaded_anew(
    host, model_folders, tiny_checkpoints, adapter, monkeypatch
):
    import execution
    from server import PromptServer

    prompt = {
        "1": {"class_type": "ToraLoadModel", "inputs": {"tora_name": "fuser.safetensors", "weight_dtype": "default"}},
        "2": {"class_type": "PreviewAny", "inputs": {"source": ["1", 0]}},
    }
    loads = []
    module = host.pack("nodes.host.adapter")
    load = module.load_tora_model
    monkeypatch.setattr(module, "load_tora_model", lambda *a, **k: loads.append(load(*a, **k)) or loads[-1])
    caching = execution.CacheType.CLASSIC, {"ram": 1.0, "ram_inactive": 1.0}
    executor = execution.PromptExecutor(PromptServer.instance, *caching)

    def queue():
        loop = asyncio.new_event_loop()
        queued = copy.deepcopy(prompt)  # the host writes fingerprints into it
        try:
            valid, _, outputs, node_errors = loop.run_until_complete(execution.validate_prompt("x", queued, None))
            if valid:
                loop.run_until_complete(executor.execute_async(queued, "x", {}, outputs))
                assert executor.success
        finally:
            loop.close()
        return node_errors

    (model_folders / "tora" / "fuser.safetensors").write_text("<html>")
    (problem,) = queue()["1"]["errors"]
    assert "is a web page, not weights" in problem["details"]
    tiny_checkpoints.write_pair(model_folders / "tora", adapter)
    assert queue() == {} and queue() == {}
    assert len(loads) == 1, "the second run is cached"
    tiny_checkpoints.write_pair(model_folders / "tora", {key: value + 1 for key, value in adapter.items()})
    assert queue() == {}
    assert len(loads) == 2
    assert_holds(loads[1], {key: value + 1 for key, value in adapter.items()})
