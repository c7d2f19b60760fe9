"""A tiny Tora with random weights, and its weights in each published layout, written independently of the library."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from tora_core.models import ToraTransformer3DModel

State = dict[str, torch.Tensor]

TINY = {
    "num_attention_heads": 2,
    "attention_head_dim": 32,
    "num_layers": 3,
    "time_embed_dim": 24,
    "text_embed_dim": 20,
    "sample_height": 6,
    "sample_width": 8,
    "sample_frames": 9,
    "max_text_seq_length": 5,
    "motion_channels": 8,
}
I2V = {"in_channels": 32, "use_learned_positional_embeddings": True}


@pytest.fixture(scope="session")
def tiny() -> Callable[..., ToraTransformer3DModel]:
    """Make a tiny model; every weight is random, so that no two tensors can be taken for each other."""

    def make(seed: int = 0, **changes: object) -> ToraTransformer3DModel:
        model = ToraTransformer3DModel(**{**TINY, **changes})
        generator = torch.Generator().manual_seed(seed)
        for name, value in model.state_dict().items():
            if value.is_floating_point():
                value.copy_(torch.randn(value.shape, generator=generator) * 0.1 + ("var" in name or "norm" in name))
            else:
                value.fill_(7)
        return model.eval()

    return make


@pytest.fixture(scope="session")
def predict() -> Callable[[ToraTransformer3DModel], torch.Tensor]:
    """What a tiny model makes of fixed inputs with a motion; not square, 3 latent frames."""

    def run(model: ToraTransformer3DModel) -> torch.Tensor:
        # Memory-mapped weights lie at other alignments, where matrix products may round differently: copy them first.
        for value in (*model.parameters(), *model.buffers()):
            value.data = value.data.clone()
        generator = torch.Generator().manual_seed(1)
        latents = torch.randn(1, 3, model.config.in_channels, 6, 8, generator=generator)
        text = torch.randn(1, 5, 20, generator=generator)
        flow = torch.randn(1, 3, 16, 6, 8, generator=generator)
        with torch.no_grad():
            return model(latents, text, torch.tensor([500]), video_flow=flow, return_dict=False)[0]

    return run


def half(state: State, prefix: str) -> State:
    return {key[len(prefix) :]: value for key, value in state.items() if key.startswith(prefix)}


@pytest.fixture(scope="session")
def write_pair() -> Callable[..., tuple[Path, Path]]:
    """Write fuser<suffix>.safetensors and traj_extractor<suffix>.safetensors."""

    def write(folder: Path, state: State, suffix: str = "") -> tuple[Path, Path]:
        paths = folder / f"fuser{suffix}.safetensors", folder / f"traj_extractor{suffix}.safetensors"
        save_file(half(state, "fuser."), paths[0])
        save_file(half(state, "traj_extractor."), paths[1])
        return paths

    return write


def to_sat(state: State, layers: int) -> State:
    """The inverse of diffusers' conversion script, block by block, with Tora's parts and SAT's extra keys."""
    sat: State = {}
    for n in range(layers):
        block, layer = f"transformer_blocks.{n}.", f"transformer.layers.{n}."
        for part in ("weight", "bias"):
            q, k, v = (state[f"{block}attn1.to_{letter}.{part}"] for letter in "qkv")
            sat[f"{layer}attention.query_key_value.{part}"] = torch.cat([q, k, v])
            sat[f"{layer}attention.dense.{part}"] = state[f"{block}attn1.to_out.0.{part}"]
            sat[f"{layer}input_layernorm.{part}"] = state[f"{block}norm1.norm.{part}"]
            sat[f"{layer}post_attention_layernorm.{part}"] = state[f"{block}norm2.norm.{part}"]
            sat[f"{layer}mlp.dense_h_to_4h.{part}"] = state[f"{block}ff.net.0.proj.{part}"]
            sat[f"{layer}mlp.dense_4h_to_h.{part}"] = state[f"{block}ff.net.2.{part}"]
            sat[f"mixins.adaln_layer.query_layernorm_list.{n}.{part}"] = state[f"{block}attn1.norm_q.{part}"]
            sat[f"mixins.adaln_layer.key_layernorm_list.{n}.{part}"] = state[f"{block}attn1.norm_k.{part}"]
            # diffusers: shift, scale, gate of the image, then of the text. SAT: image attention, image MLP, text ...
            image_attention, text_attention = state[f"{block}norm1.linear.{part}"].chunk(2)
            image_mlp, text_mlp = state[f"{block}norm2.linear.{part}"].chunk(2)
            sat[f"mixins.adaln_layer.adaLN_modulations.{n}.1.{part}"] = torch.cat(
                [image_attention, image_mlp, text_attention, text_mlp]
            )
        for key, value in half(state, f"fuser.{n}.").items():
            sat[f"mixins.adaln_layer.fuser_list.{n}.{key}"] = value
    for part in ("weight", "bias"):
        sat[f"mixins.patch_embed.proj.{part}"] = state[f"patch_embed.proj.{part}"]
        sat[f"mixins.patch_embed.text_proj.{part}"] = state[f"patch_embed.text_proj.{part}"]
        sat[f"time_embed.0.{part}"] = state[f"time_embedding.linear_1.{part}"]
        sat[f"time_embed.2.{part}"] = state[f"time_embedding.linear_2.{part}"]
        sat[f"transformer.final_layernorm.{part}"] = state[f"norm_final.{part}"]
        sat[f"mixins.final_layer.norm_final.{part}"] = state[f"norm_out.norm.{part}"]
        sat[f"mixins.final_layer.adaLN_modulation.1.{part}"] = state[f"norm_out.linear.{part}"]
        sat[f"mixins.final_layer.linear.{part}"] = state[f"proj_out.{part}"]
    if "patch_embed.pos_embedding" in state:
        sat["mixins.pos_embed.pos_embedding"] = state["patch_embed.pos_embedding"]
    sat |= {key: value for key, value in state.items() if key.startswith("traj_extractor.")}
    one = state["norm_final.bias"]
    sat |= {f"mixins.pos_embed.freqs_{name}": one for name in ("sin", "cos")}
    sat["transformer.position_embeddings.weight"] = one
    sat = {f"model.diffusion_model.{key}": value for key, value in sat.items()}
    sat["conditioner.embedders.0.transformer.shared.weight"] = one
    sat["first_stage_model.encoder.conv_in.conv.weight"] = one
    return sat


@pytest.fixture(scope="session")
def sat_state() -> Callable[[State, int], State]:
    return to_sat


@pytest.fixture(scope="session")
def write_sat() -> Callable[[Path, State, int], Path]:
    """Write mp_rank_00_model_states.pt with the state in SAT's names."""

    def write(folder: Path, state: State, layers: int) -> Path:
        path = folder / "mp_rank_00_model_states.pt"
        torch.save({"module": to_sat(state, layers), "dp_world_size": 1}, path)
        return path

    return write


@pytest.fixture(scope="session")
def equal_states() -> Callable[[State, State], None]:
    """Assert that two states have the same keys, types, shapes and values."""

    def check(found: State, expected: State) -> None:
        assert sorted(found) == sorted(expected)
        for key, value in expected.items():
            assert found[key].dtype == value.dtype, key
            assert torch.equal(found[key], value), key

    return check


@pytest.fixture(scope="session")
def i2v() -> dict[str, object]:
    """What makes a tiny model an I2V one."""
    return dict(I2V)
