"""Every style against weights merged by hand in float64."""

from __future__ import annotations

import json

import pytest
import torch

from tora_core.checkpoints.lora import open_lora, read_lora

LAYERS = 3
RANK = 4


def peft(alpha: float) -> dict[str, str]:
    """Metadata as diffusers writes it."""
    return {"lora_adapter_metadata": json.dumps({"transformer.r": RANK, "transformer.lora_alpha": alpha})}


def check(tmp_path, tiny_loras, shapes, weights_with, close, model, *, file, meant, scale, style, metadata=None):
    path = tiny_loras.write(tmp_path / "lora.safetensors", file, metadata)
    lora = read_lora(path, shapes)
    assert lora.report.style == style
    assert lora.report.matched == lora.report.keys == len(file)
    assert not lora.report.unmatched
    assert lora.report.ranks == (RANK,)
    assert lora.report.scales == pytest.approx((scale,))
    assert lora.report.modules == len(meant)
    base = model.state_dict()
    for strength in (1.0, -0.3):
        expected = tiny_loras.merged_by_hand(base, meant, scale, strength)
        close(weights_with((lora, strength)), expected, base)


@pytest.fixture
def checked(tmp_path, tiny_loras, shapes, weights_with, close, model):
    def run(**values):
        check(tmp_path, tiny_loras, shapes, weights_with, close, model, **values)

    return run


@pytest.mark.parametrize(
    ("prefix", "adapter"),
    [
        ("transformer.", ""),
        ("", ""),
        ("base_model.model.", ".default"),
        ("base_model.model.transformer.", ""),
        ("transformer.", ".default"),
        ("diffusion_model.", ""),
        ("module.", ""),
    ],
)
def test_diffusers_names_with_all_their_prefixes(checked, tiny_loras, every, prefix, adapter):
    file = tiny_loras.dotted(every, prefix, adapter)
    checked(file=file, meant=every, scale=1.0, style="diffusers")


def test_diffusers_older_attention_processors(checked, tiny_loras, attention):
    file = tiny_loras.processors(attention)
    assert "transformer.transformer_blocks.0.attn1.processor.to_out_lora.up.weight" in file
    checked(file=file, meant=attention, scale=1.0, style="diffusers")


def test_other_spellings_of_the_two_factors(checked, attention):
    file = {}
    for number, (module, (up, down)) in enumerate(attention.items()):
        first, second = (".lora.down", ".lora.up"), (".lora_linear_layer.down", ".lora_linear_layer.up")
        third = (".lora_down", ".lora_up")
        down_name, up_name = (first, second, third)[number % 3]
        file[f"transformer.{module}{down_name}.weight"] = down
        file[f"transformer.{module}{up_name}.weight"] = up
    checked(file=file, meant=attention, scale=1.0, style="diffusers")


@pytest.mark.parametrize(
    ("prefix", "style"),
    [("lora_unet_", "kohya"), ("lycoris_", "kohya"), ("lora_transformer_", "kohya"), ("lora_unet__", "VideoX-Fun")],
)
def test_names_of_underscores_with_their_alpha(checked, tiny_loras, every, prefix, style):
    file = tiny_loras.flat(every, prefix, alpha=2.0)
    checked(file=file, meant=every, scale=0.5, style=style)


def test_comfyuis_own_names_dotted_and_flat(checked, tiny_loras, every):
    native = {tiny_loras.native_name(module): pair for module, pair in every.items()}
    checked(file=tiny_loras.dotted(native, "diffusion_model."), meant=every, scale=1.0, style="ComfyUI's own")
    flat = tiny_loras.flat(every, "lora_unet_", alpha=8.0, names=tiny_loras.native_name)
    assert "lora_unet_blocks_0_attn_out.lora_down.weight" in flat
    checked(file=flat, meant=every, scale=2.0, style="ComfyUI's own")


@pytest.mark.parametrize("prefix", ["model.diffusion_model.", ""])
def test_sats_lists_of_factors_are_scaled_by_its_alpha_of_one(checked, tiny_loras, attention, prefix):
    """lora2.py: scaling = lora_alpha / r, and lora_alpha is 1 in every configuration of CogVideoX."""
    file = tiny_loras.sat(attention, prefix)
    assert f"{prefix}transformer.layers.0.attention.query_key_value.matrix_A.2" in file
    checked(file=file, meant=attention, scale=1 / RANK, style="SAT")


def test_sats_older_names(checked, tiny_loras, attention):
    checked(file=tiny_loras.sat_older(attention), meant=attention, scale=1 / RANK, style="SAT")


def test_query_key_and_value_in_one_matrix_are_taken_apart(checked, tiny_loras, model):
    file, meant = tiny_loras.sat_fused(model.state_dict(), LAYERS)
    assert len(meant) == 6 * LAYERS
    checked(file=file, meant=meant, scale=1.0, style="SAT's names with other endings")


def test_one_factor_for_all_three_with_rows_of_all_three(checked, attention, tiny_loras):
    """SAT's matrix_B of 3 x width rows with a single matrix_A."""
    queries = {module: pair for module, pair in attention.items() if module.endswith(("to_q", "to_out.0"))}
    file = tiny_loras.sat(queries)
    meant = dict(queries)
    for n in range(LAYERS):
        name = f"model.diffusion_model.transformer.layers.{n}.attention.query_key_value"
        down = file.pop(f"{name}.matrix_A.0")
        file.pop(f"{name}.matrix_B.0")
        ups = [attention[f"transformer_blocks.{n}.attn1.to_{letter}"][0] for letter in "qkv"]
        file |= {f"{name}.matrix_A": down, f"{name}.matrix_B": torch.cat(ups)}
        for letter, up in zip("qkv", ups, strict=True):
            meant[f"transformer_blocks.{n}.attn1.to_{letter}"] = up, down
    checked(file=file, meant=meant, scale=1 / RANK, style="SAT")


def test_a_sat_checkpoint_that_holds_base_weights_too(tmp_path, tiny_loras, model, shapes, attention, sat_state):
    """As SAT saves: everything in one table, the base layer's weight under `original`."""
    state = tiny_loras.sat(attention)
    whole = {
        key.replace("query_key_value.", "query_key_value.original."): value
        for key, value in sat_state(model.state_dict(), LAYERS).items()
    }
    path = tmp_path / "mp_rank_00_model_states.pt"
    torch.save({"module": whole | state}, path)
    lora = read_lora(path, shapes)
    assert lora.report.style == "SAT"
    assert (lora.report.matched, lora.report.keys) == (len(state), len(whole) + len(state))
    reasons = list(lora.report.unmatched)
    assert len(reasons) == 3
    assert any("a whole weight" in why for why in reasons) and any("text encoder" in why for why in reasons)
    assert any("Tora's own" in why for why in reasons)
    assert sum(map(len, lora.report.unmatched.values())) == len(whole)


def test_styles_may_be_mixed_and_each_is_named(tmp_path, tiny_loras, shapes, every):
    modules = list(every)
    one = {module: every[module] for module in modules[:8]}
    two = {module: every[module] for module in modules[8:12]}
    file = tiny_loras.dotted(one) | tiny_loras.flat(two, "lora_unet__", alpha=None)
    lora = read_lora(tiny_loras.write(tmp_path / "lora.safetensors", file), shapes)
    assert lora.report.style == "diffusers and VideoX-Fun"
    assert set(lora.changes) == {*one, *two}


def test_names_that_two_styles_share_go_with_the_rest(tmp_path, tiny_loras, every):
    """proj_out is called so by everybody: the file's other keys tell the style, and if there are none the prefix."""
    few = {module: every[module] for module in ("proj_out", "transformer_blocks.0.attn1.to_q")}
    for prefix, style in (("lora_unet_", "kohya"), ("transformer.", "diffusers")):
        file = tiny_loras.flat(few, prefix, None) if prefix.endswith("_") else tiny_loras.dotted(few, prefix)
        assert open_lora(tiny_loras.write(tmp_path / "lora.safetensors", file)).styles == style
    alone = {"proj_out": every["proj_out"]}
    for prefix, style in (("transformer.", "diffusers"), ("", "diffusers"), ("diffusion_model.", "ComfyUI's own")):
        file = tiny_loras.dotted(alone, prefix)
        assert open_lora(tiny_loras.write(tmp_path / "lora.safetensors", file)).styles == style
    file = tiny_loras.flat(alone, "lora_unet_", None)
    assert open_lora(tiny_loras.write(tmp_path / "lora.safetensors", file)).styles == "kohya"


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float8_e4m3fn])
def test_what_is_stored_in_few_bits_acts_as_those_values(
    tmp_path, tiny_loras, shapes, weights_with, close, model, dtype
):
    made = tiny_loras.factors(model.state_dict(), tiny_loras.attention(LAYERS))
    rounded = {module: (up.to(dtype).float(), down.to(dtype).float()) for module, (up, down) in made.items()}
    path = tiny_loras.write(tmp_path / "lora.safetensors", tiny_loras.dotted(made), dtype=dtype)
    base = model.state_dict()
    close(weights_with((read_lora(path, shapes), 1.0)), tiny_loras.merged_by_hand(base, rounded, 1.0), base)


def test_keys_for_others_are_named_with_the_reason(tmp_path, tiny_loras, shapes, attention):
    file = tiny_loras.dotted(attention)
    one = torch.zeros(4, 4)
    file |= {
        "lora_te__encoder_block_0_layer_0_SelfAttention_q.lora_down.weight": one,
        "text_encoder.encoder.block.0.q.lora_A.weight": one,
        "transformer.fuser.0.flow_gamma_spatial.lora_A.weight": one,
        "transformer.transformer_blocks.0.attn1.to_x.lora_A.weight": one,
        "transformer.transformer_blocks.1.attn1.to_q.lokr_w1": one,
        "transformer.transformer_blocks.0.attn1.norm_q.weight": one,
        "transformer.transformer_blocks.2.ff.net.2.alpha": torch.tensor(1.0),
    }
    lora = read_lora(tiny_loras.write(tmp_path / "lora.safetensors", file), shapes)
    found = {why.split(":")[0]: len(keys) for why, keys in lora.report.unmatched.items()}
    assert found == {
        "for the text encoder, which a MODEL doesn't hold": 2,
        "for Tora's own weights": 1,
        "CogVideoX has no such module": 1,
        "LoKr, which isn't supported": 1,
        "a whole weight, not a change of one": 1,
        "alpha of a module that has no factors": 1,
    }
    assert lora.report.matched == len(file) - 7
    assert "7 not applied" in lora.report.line
    assert "to_x" in str(lora.report)


def test_modules_of_another_shape_are_left_out_and_named(tmp_path, tiny_loras, shapes, attention):
    """A text-to-video model given a LoRA that also changes image-to-video's patch embedding."""
    file = tiny_loras.dotted(attention)
    file |= tiny_loras.dotted({"patch_embed.proj": (torch.zeros(64, 4, 1, 1), torch.zeros(4, 32, 2, 2))})
    lora = read_lora(tiny_loras.write(tmp_path / "lora.safetensors", file), shapes)
    assert set(lora.changes) == set(attention)
    ((why, keys),) = lora.report.unmatched.items()
    assert "another shape" in why and len(keys) == 2
