"""Load LoRA for CogVideoX on the host's network, against weights merged by hand and the library's transformer."""

from __future__ import annotations

import copy
import logging

import pytest
import torch

pytestmark = pytest.mark.host

SHAPE = (3, 8, 12)  # latent frames, height, width: 64x96x9
LAYERS = 2
NOTHING = torch.zeros(192, 0), torch.zeros(0, 32 * 4)
STYLES = (
    "diffusers", "PEFT", "processors", "kohya", "VideoX-Fun", "SAT", "older SAT", "fused SAT", "native", "native flat"
)  # fmt: skip


def relative(found: torch.Tensor, expected: torch.Tensor) -> float:
    return float((found - expected).norm() / expected.norm())


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The host's loras folder, empty but for what a test writes."""
    import folder_paths

    monkeypatch.setattr(folder_paths, "filename_list_cache", {})
    monkeypatch.setitem(folder_paths.folder_names_and_paths, "loras", ([str(tmp_path)], {".safetensors", ".pt"}))
    return tmp_path


@pytest.fixture(scope="module")
def made(t2v, tiny_loras):
    """Factors for every layer, weak enough that the network stays sane."""
    state = t2v.transformer.state_dict()
    factors = tiny_loras.factors(state, tiny_loras.every_module(LAYERS))
    return {module: (up * 0.3, down * 0.3) for module, (up, down) in factors.items()}


@pytest.fixture
def file(folder, tiny_loras, made):
    """A file of scale 0.5 with VideoX-Fun's names."""
    tiny_loras.write(folder / "fun.safetensors", tiny_loras.flat(made, "lora_unet__", alpha=2.0))
    return "fun.safetensors"


@pytest.fixture
def load(host):
    def run(model, name, strength=1.0, **values):
        return host.run("ToraLoadLora", model=model, lora_name=name, strength=strength, **values)[0]

    return run


@pytest.fixture
def merged(t2v, tiny_loras):
    """`merged((factors, scale), ...)`: the pair with a transformer whose weights are merged by hand."""

    def run(*changes):
        state = t2v.transformer.state_dict()
        for factors, scale in changes:
            state = tiny_loras.merged_by_hand(state, factors, scale)
        transformer = copy.deepcopy(t2v.transformer)
        transformer.load_state_dict({k: v.float() if v.is_floating_point() else v for k, v in state.items()})
        return type(t2v)(t2v.host, transformer, t2v.model, t2v.kind)

    return run


def loaded_weights(model):
    """The network's weights with the MODEL's patches on them, and what they are after it was unloaded."""
    import comfy.model_management

    comfy.model_management.load_models_gpu([model], force_full_load=True)
    network = model.model.diffusion_model
    patched = {key: value.clone() for key, value in network.state_dict().items()}
    comfy.model_management.unload_all_models()
    return patched, {key: value.clone() for key, value in network.state_dict().items()}


@pytest.fixture
def of_style(t2v, folder, tiny_loras, made):
    """`of_style(style)`: the name of a file, the factors that it means, and their scale."""

    def write(style):
        tensors, meant, scale = tiny_loras.every_style(t2v.transformer.state_dict(), LAYERS, made)[style]
        if style.endswith("SAT"):
            torch.save({"module": tensors}, folder / "a.pt")  # as SAT does
            return "a.pt", meant, scale
        return tiny_loras.write(folder / "a.safetensors", tensors).name, meant, scale

    return write


@pytest.mark.parametrize("style", STYLES)
def test_every_style_changes_the_hosts_weights_as_by_hand_and_unloading_restores(
    t2v, load, of_style, tiny_loras, style
):
    name, meant, scale = of_style(style)
    _, before = loaded_weights(t2v.model)  # unloaded: what another test has sampled with may still be on the network
    patched, after = loaded_weights(load(t2v.model, name, 0.7))
    base = t2v.transformer.state_dict()
    expected = tiny_loras.merged_by_hand(base, meant, scale, 0.7)
    for module in meant:
        key = f"{module}.weight"
        native = f"{tiny_loras.native_name(module)}.weight"
        assert relative(patched[native].double(), expected[key]) < 1e-6, key
        assert relative(patched[native].double(), base[key].double()) > 1e-3, key
    changed = {f"{tiny_loras.native_name(module)}.weight" for module in meant}
    for key, value in before.items():
        assert torch.equal(after[key], value), key
        assert key in changed or torch.equal(patched[key], value), key


@pytest.mark.parametrize("style", STYLES)
def test_every_style_acts_with_apply_tora_as_weights_merged_by_hand(t2v, load, of_style, merged, text, draw, style):
    x, motion = draw(1, 16, *SHAPE), t2v.motion(*SHAPE)
    flow = motion.latents.transpose(1, 2) * t2v.model.model.latent_format.scale_factor
    name, meant, scale = of_style(style)
    expected = merged((meant, scale)).expected(x, 500, text, video_flow=flow)
    assert relative(t2v.expected(x, 500, text, video_flow=flow), expected) > 1e-3
    assert relative(t2v.predict(t2v.apply(motion, load(t2v.model, name)), x, 500, text), expected) < 1e-5


def test_the_network_predicts_what_the_librarys_predicts_with_merged_weights(t2v, load, file, merged, made, text, draw):
    x = draw(1, 16, *SHAPE)
    mend = t2v.host.pack("nodes.host.mends").mend
    expected = merged((made, 0.5)).expected(x, 500, text)
    assert relative(t2v.predict(mend(load(t2v.model, file)), x, 500, text), expected) < 1e-5
    assert relative(t2v.expected(x, 500, text), expected) > 0.05


def test_it_acts_before_apply_tora_as_behind_it(t2v, load, file, merged, made, text, draw):
    x, motion = draw(1, 16, *SHAPE), t2v.motion(*SHAPE)
    flow = motion.latents.transpose(1, 2) * t2v.model.model.latent_format.scale_factor
    both = merged((made, 0.5))
    expected = both.expected(x, 500, text, video_flow=flow)
    assert relative(both.expected(x, 500, text), expected) > 0.01
    first = t2v.predict(t2v.apply(motion, load(t2v.model, file)), x, 500, text)
    last = t2v.predict(load(t2v.apply(motion), file), x, 500, text)
    assert relative(first, expected) < 1e-5
    assert torch.equal(first, last)


def test_several_in_a_row_add_up_also_the_same_one_twice(t2v, load, folder, file, tiny_loras, merged, made, text, draw):
    attention = {module: made[module] for module in tiny_loras.attention(LAYERS)}
    tiny_loras.write(folder / "two.safetensors", tiny_loras.dotted(attention))
    x = draw(1, 16, *SHAPE)
    mend = t2v.host.pack("nodes.host.mends").mend
    model = load(load(load(t2v.model, file), "two.safetensors", -0.6), file, 0.4)
    expected = merged((made, 0.5 * 1.4), (attention, -0.6)).expected(x, 500, text)
    assert relative(t2v.predict(mend(model), x, 500, text), expected) < 1e-5


def test_strength_0_is_the_model_itself_bit_for_bit(t2v, load, file):
    off = load(t2v.model, file, 0.0)
    assert off is not t2v.model and not off.patches
    patched, _ = loaded_weights(off)
    plain, _ = loaded_weights(t2v.model)
    for key, value in plain.items():
        assert torch.equal(patched[key], value), key


def test_branches_of_one_model_do_not_leak_into_each_other(t2v, load, file):
    assert load(t2v.model, file).patches
    assert not t2v.model.patches
    plain, _ = loaded_weights(t2v.model)
    loaded_weights(load(t2v.model, file))
    again, _ = loaded_weights(t2v.model)
    for key, value in plain.items():
        assert torch.equal(again[key], value), key


def test_alpha_given_on_the_node_counts_more_than_the_files(t2v, load, file, tiny_loras, made):
    patched, _ = loaded_weights(load(t2v.model, file, alpha=6.0))
    expected = tiny_loras.merged_by_hand(t2v.transformer.state_dict(), made, 1.5)
    assert relative(patched["proj_out.weight"].double(), expected["proj_out.weight"]) < 1e-6


@pytest.mark.parametrize("spelling", ["lora_magnitude_vector", "dora_scale"])
@pytest.mark.parametrize("strength", [1.0, 0.4])
def test_dora_scales_to_its_magnitudes(t2v, load, folder, tiny_loras, made, spelling, strength):
    """PEFT's one for every output, LyCORIS's one for every input; the host's own formula for the first is another."""
    q = "transformer_blocks.0.attn1.to_q"
    magnitude = torch.rand(192, generator=torch.Generator().manual_seed(4)) + 0.5
    by_input = spelling == "dora_scale"
    tensors = tiny_loras.dotted({q: made[q]})
    tensors[f"transformer.{q}.{spelling}"] = magnitude[None] if by_input else magnitude
    tiny_loras.write(folder / "a.safetensors", tensors)
    patched, after = loaded_weights(load(t2v.model, "a.safetensors", strength))
    weight = t2v.transformer.state_dict()[f"{q}.weight"].double()
    changed = weight + made[q][0].double() @ made[q][1].double()
    if by_input:
        whole = changed * magnitude.double() / changed.pow(2).sum(0, keepdim=True).sqrt()
    else:
        whole = changed * magnitude.double()[:, None] / changed.pow(2).sum(1, keepdim=True).sqrt()
    expected = weight + strength * (whole - weight)
    assert relative(patched["blocks.0.q.weight"].double(), expected) < 1e-6
    assert torch.equal(after["blocks.0.q.weight"].double(), weight)


def test_biases_and_whole_differences(t2v, load, folder, tiny_loras, draw):
    diff, bias = draw(192, 192), draw(192, seed=1)
    tensors = {"diffusion_model.blocks.1.k.diff": diff, "diffusion_model.blocks.1.k.diff_b": bias}
    tiny_loras.write(folder / "a.safetensors", tensors)
    patched, _ = loaded_weights(load(t2v.model, "a.safetensors", 0.5))
    base = t2v.transformer.state_dict()
    for leaf, change in (("weight", diff), ("bias", bias)):
        expected = base[f"transformer_blocks.1.attn1.to_k.{leaf}"] + 0.5 * change
        torch.testing.assert_close(patched[f"blocks.1.k.{leaf}"], expected, rtol=1e-6, atol=1e-6)


def test_where_weights_are_patched_as_they_are_used_it_is_the_same(
    t2v, load, folder, file, tiny_loras, made, text, draw
):
    """Low VRAM: nothing is loaded whole, and the host calls the patches in every layer's forward."""
    q = "transformer_blocks.0.attn1.to_q"
    tensors = tiny_loras.dotted({q: made[q]}) | {f"transformer.{q}.lora_magnitude_vector": torch.ones(192)}
    tiny_loras.write(folder / "dora.safetensors", tensors)
    mend = t2v.host.pack("nodes.host.mends").mend
    model = mend(load(load(t2v.model, file), "dora.safetensors"))
    x = draw(1, 16, *SHAPE)
    whole = t2v.predict(model, x, 500, text)
    import comfy.model_management

    comfy.model_management.unload_all_models()
    model.patch_model(torch.device("cpu"), lowvram_model_memory=1)
    network = t2v.model.model.diffusion_model
    assert network.blocks[0].q.weight_function, "nothing is patched where it is used: the test tests nothing"
    base, sigma = model.model, model.model.model_sampling.sigmas[500].float()
    state = x * (sigma**2 + 1) ** 0.5
    options = {"wrappers": model.wrappers, "sigmas": sigma.reshape(1)}
    with torch.inference_mode():
        denoised = base.apply_model(state, sigma.expand(1), c_crossattn=text, transformer_options=options)
    found = (state / (sigma**2 + 1) - denoised) * (sigma**2 + 1) ** 0.5 / sigma
    model.unpatch_model(torch.device("cpu"))
    assert relative(found, whole) < 1e-5
    assert not network.blocks[0].q.weight_function


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float8_e4m3fn])
def test_weights_of_few_bits_get_the_sum_rounded_once(make_pair, host, load, file, tiny_loras, made, dtype):
    import comfy.sd

    pair = make_pair()
    stored = {key: value.to(dtype) for key, value in pair.model.model.diffusion_model.state_dict().items()}
    model = comfy.sd.load_diffusion_model_state_dict(stored, {"dtype": dtype})
    base = {key: value.clone() for key, value in model.model.diffusion_model.state_dict().items()}
    assert base["blocks.0.q.weight"].dtype == dtype
    patched, after = loaded_weights(load(model, file))
    # One step of each type: the host rounds fp8 at random, up or down. It keeps the patch embedding in float32.
    steps = {torch.float32: 2**-22, torch.bfloat16: 2**-8, torch.float8_e4m3fn: 2**-3}
    for module, (up, down) in made.items():
        key = f"{tiny_loras.native_name(module)}.weight"
        change = 0.5 * (up.double().flatten(1) @ down.double().flatten(1)).reshape(base[key].shape)
        expected = base[key].double() + change
        assert patched[key].dtype == base[key].dtype
        error = (patched[key].double() - expected).abs()
        assert (error <= steps[base[key].dtype] * expected.abs() + 2**-9).all(), key
        assert torch.equal(after[key].double(), base[key].double())


def test_what_acts_is_shown_on_the_node_and_what_does_not_is_listed(
    t2v, host, load, folder, tiny_loras, made, monkeypatch, caplog
):
    shown = []
    status = host.pack("nodes.host.status")
    monkeypatch.setattr(status, "show_on_node", lambda node, text: shown.append(text))
    tensors = tiny_loras.flat(made, "lora_unet__", alpha=2.0)
    tensors["lora_te__encoder_block_0_layer_0_SelfAttention_q.lora_up.weight"] = torch.zeros(1, 1)
    tiny_loras.write(folder / "a.safetensors", tensors)
    with caplog.at_level(logging.WARNING):
        load(t2v.model, "a.safetensors")
    (text,) = shown
    assert text.splitlines() == [
        f"VideoX-Fun, {len(made)} modules, {3 * len(made)} of {3 * len(made) + 1} keys; rank 4, scale 0.5; "
        "1 not applied",
        "alpha: its alpha tensors",
        "1 key for the text encoder, which a MODEL doesn't hold: not applied: "
        "lora_te__encoder_block_0_layer_0_SelfAttention_q.lora_up.weight",
    ]
    assert "lora_te__encoder_block_0" in caplog.text


@pytest.mark.parametrize(
    ("tensors", "words"),
    [
        ({"transformer.single_transformer_blocks.0.attn.to_q.lora_A.weight": (4, 4)}, "Flux or HunyuanVideo"),
        ({"transformer_blocks.0.attn1.to_q.weight": (4, 4)}, "a whole model, not a LoRA"),
        ({}, "empty: it holds no tensors"),
    ],
)
def test_a_wrong_file_is_told_when_the_graph_is_queued_and_when_it_runs(
    t2v, host, load, folder, tiny_loras, tensors, words
):
    name = tiny_loras.write(folder / "a.safetensors", {k: torch.zeros(s) for k, s in tensors.items()}).name
    for node in ("ToraLoadLora", "ToraConvertLora"):
        assert words in host.node(node).validate_inputs(lora_name=name)
    with pytest.raises(host.pack("tora_core.errors").CheckpointError, match=words):
        load(t2v.model, name)
    with pytest.raises(host.pack("tora_core.errors").CheckpointError, match=words):
        host.run("ToraConvertLora", lora_name=name, filename_prefix="loras/a")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda t: t.update({k: torch.full_like(v, float("nan")) for k, v in t.items() if "alpha" in k}),
            "alpha is nan",
        ),
        (lambda t: t.update({"lora_unet__proj_out.lora_up.weight": torch.zeros(64, 5)}), "ranks 5 and 4"),
        (
            lambda t: t.update({"lora_unet__proj_out.lora_up.weight": torch.full((64, 4), float("inf"))}),
            "NaN or infinity",
        ),
        (lambda t: t.pop("lora_unet__proj_out.lora_up.weight"), "factor of proj_out, the second one is missing"),
    ],
)
def test_a_damaged_file_is_told(t2v, host, load, folder, tiny_loras, made, change, words):
    tensors = tiny_loras.flat(made, "lora_unet__", alpha=2.0)
    change(tensors)
    tiny_loras.write(folder / "a.safetensors", tensors)
    with pytest.raises(host.pack("tora_core.errors").CheckpointError, match=words):
        load(t2v.model, "a.safetensors")
    assert not t2v.model.patches


def test_a_lora_for_another_size_and_another_model_are_told(t2v, host, load, folder, file, tiny_loras):
    errors = host.pack("tora_core.errors")
    wide = {"transformer_blocks.0.attn1.to_q": (torch.zeros(3072, 4), torch.zeros(4, 3072))}
    tiny_loras.write(folder / "five.safetensors", tiny_loras.dotted(wide))
    assert host.node("ToraLoadLora").validate_inputs(lora_name="five.safetensors") is True  # the header can't tell
    with pytest.raises(errors.CheckpointError, match="3072 x 3072, the model's weight"):
        load(t2v.model, "five.safetensors")

    class Other:
        model = object()

    with pytest.raises(errors.ToraError, match="expected CogVideoX"):
        load(Other(), file)


def test_one_for_text_to_video_acts_on_image_to_video_but_for_what_has_another_shape_there(
    t2v, i2v, host, load, file, tiny_loras, made, monkeypatch
):
    """The patch embedding takes twice as many channels; the rest of the two networks is alike."""
    shown = []
    monkeypatch.setattr(host.pack("nodes.host.status"), "show_on_node", lambda node, text: shown.append(text))
    patched, _ = loaded_weights(load(i2v.model, file))
    expected = tiny_loras.merged_by_hand(i2v.transformer.state_dict(), made | {"patch_embed.proj": NOTHING}, 0.5)
    for module in made:
        native = f"{tiny_loras.native_name(module)}.weight"
        assert relative(patched[native].double(), expected[f"{module}.weight"]) < 1e-6, module
    (text,) = shown
    assert text.startswith(f"VideoX-Fun, {len(made) - 1} modules") and "3 not applied" in text
    assert "3 keys of another shape in this model: not applied: lora_unet__patch_embed_proj." in text


@pytest.mark.parametrize("strength", [float("nan"), float("inf")])
def test_a_strength_that_is_no_number_is_told(t2v, host, load, file, strength):
    with pytest.raises(host.pack("tora_core.errors").ToraError, match=f"strength is {strength}"):
        load(t2v.model, file, strength)


def test_a_file_is_what_it_holds_and_not_what_it_is_called(t2v, load, folder, file):
    (folder / file).rename(folder / "fun.pt")
    assert load(t2v.model, "fun.pt").patches


@pytest.mark.parametrize("name", ["none.safetensors", "../fun.safetensors", "", 3])
def test_only_what_is_on_the_list_is_found(host, file, name):
    answer = host.node("ToraLoadLora").validate_inputs(lora_name=name)
    assert "was not found" in answer or "expected the name of a file" in answer
    assert host.node("ToraLoadLora").validate_inputs(lora_name=None) is True


def test_a_changed_file_is_read_again(host, folder, file, tiny_loras, made):
    node = host.node("ToraLoadLora")
    before = node.fingerprint_inputs(lora_name=file, strength=1.0)
    tiny_loras.write(folder / file, tiny_loras.flat(made, "lora_unet__", alpha=None))
    assert node.fingerprint_inputs(lora_name=file, strength=1.0) != before


@pytest.fixture
def converted(host, folder, file, tmp_path, monkeypatch):
    """The file converted into output/loras, which the host lists as main.py makes it do."""
    import folder_paths

    monkeypatch.setattr(folder_paths, "get_output_directory", lambda: str(tmp_path / "output"))
    (written,) = host.run("ToraConvertLora", lora_name=file, filename_prefix="loras/mine")
    assert written == "loras/mine_00001_.safetensors"
    paths = ([str(folder), str(tmp_path / "output" / "loras")], {".safetensors", ".pt"})
    monkeypatch.setitem(folder_paths.folder_names_and_paths, "loras", paths)
    monkeypatch.setattr(folder_paths, "filename_list_cache", {})
    return "mine_00001_.safetensors"


def test_cores_own_loader_takes_what_was_converted_and_does_the_same(t2v, host, load, file, converted):
    assert converted in host.node("ToraLoadLora").INPUT_TYPES()["required"]["lora_name"][1]["options"]
    (theirs,) = host.run("LoraLoaderModelOnly", model=t2v.model, lora_name=converted, strength_model=0.6)
    ours, _ = loaded_weights(load(t2v.model, file, 0.6))
    found, _ = loaded_weights(theirs)
    for key, value in ours.items():
        assert torch.equal(found[key], value), key
    again, _ = loaded_weights(load(t2v.model, converted, 0.6))
    for key, value in ours.items():
        assert torch.equal(again[key], value), key


def test_cores_own_loader_takes_nothing_of_the_file_as_it_was(t2v, host, file):
    """Why there is a node for it."""
    (theirs,) = host.run("LoraLoaderModelOnly", model=t2v.model, lora_name=file, strength_model=1.0)
    assert not theirs.patches


def test_cores_hooks_take_what_was_converted(t2v, host, load, file, converted, draw):
    """Create Hook LoRA on a prompt, also with Apply Tora: the same video as with the LoRA on the MODEL."""
    import comfy.sample

    (hooks,) = host.run("CreateHookLoraModelOnly", lora_name=converted, strength_model=0.8)
    plain = [[draw(1, 20, 24, seed=5), {}]]
    (hooked,) = host.run(
        "ConditioningSetProperties", cond_NEW=plain, strength=1.0, set_cond_area="default", hooks=hooks
    )
    noise = draw(1, 16, *SHAPE)

    def sample(model, prompt):
        return comfy.sample.sample(
            model, noise, 3, 1.0, "euler", "simple", prompt, prompt, torch.zeros_like(noise), seed=0, disable_pbar=True
        )

    steered = t2v.apply(t2v.motion(*SHAPE))
    expected = sample(t2v.apply(t2v.motion(*SHAPE), load(t2v.model, file, 0.8)), plain)
    without = sample(steered, plain)
    assert relative(sample(steered, hooked), expected) < 1e-4
    assert relative(without, expected) > 0.01
    assert torch.equal(sample(steered, plain), without)


def test_a_place_outside_the_output_folder_is_told(host, file, tmp_path, monkeypatch):
    import folder_paths

    monkeypatch.setattr(folder_paths, "get_output_directory", lambda: str(tmp_path / "output"))
    with pytest.raises(host.pack("tora_core.errors").ToraError, match="leads out of the output folder"):
        host.run("ToraConvertLora", lora_name=file, filename_prefix="../../evil")


def test_dora_that_core_would_compute_otherwise_is_not_converted(t2v, host, load, folder, tiny_loras):
    """The host divides by the norms of the weight before the change; by that formula another weight comes out."""
    q = "transformer_blocks.0.attn1.to_q"
    strong = tiny_loras.factors(t2v.transformer.state_dict(), [q])
    tensors = tiny_loras.dotted(strong) | {f"transformer.{q}.lora_magnitude_vector": torch.ones(192)}
    tiny_loras.write(folder / "a.safetensors", tensors)
    with pytest.raises(host.pack("tora_core.errors").CheckpointError, match="wrong norms"):
        host.run("ToraConvertLora", lora_name="a.safetensors", filename_prefix="loras/a")
    import comfy.lora

    lora = host.pack("tora_core.checkpoints.lora").read_lora(folder / "a.safetensors")
    state = host.pack("tora_core.checkpoints.lora").native_state(lora)
    keys = comfy.lora.model_lora_keys_unet(t2v.model.model, {})
    theirs = t2v.model.clone()
    theirs.add_patches(comfy.lora.load_lora(state, keys), 1.0)
    right, _ = loaded_weights(load(t2v.model, "a.safetensors"))
    found, _ = loaded_weights(theirs)
    assert relative(found["blocks.0.q.weight"], right["blocks.0.q.weight"]) > 0.1
