"""Tiny weights with random values in every published layout, written independently of the library.

Not a test: `tests/conftest.py` gives it to all of them as the fixture `tiny_checkpoints`.
"""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import save_file

State = dict[str, torch.Tensor]
Shapes = dict[str, tuple[int, ...]]

POSITIONS = "patch_embed.pos_embedding"

NATIVE_NAMES = (
    ("transformer_blocks.", "blocks."),
    (".attn1.to_out.0.", ".attn_out."),
    (".attn1.to_", "."),
    (".attn1.norm_", ".norm_"),
    (".ff.net.0.proj.", ".ff_proj."),
    (".ff.net.2.", ".ff_out."),
    ("time_embedding.linear_", "time_embedding_linear_"),
    ("ofs_embedding.linear_", "ofs_embedding_linear_"),
)


def half(state: State, prefix: str) -> State:
    """The part under a prefix, without it."""
    return {key[len(prefix) :]: value for key, value in state.items() if key.startswith(prefix)}


def base_shapes(
    layers: int = 2, width: int = 128, head: int = 64, time: int = 24, text: int = 20, channels: int = 16
) -> Shapes:
    """diffusers' keys of a CogVideoX transformer with rotary positions and patches of 2x2."""
    linears = {
        "patch_embed.text_proj": (width, text),
        "time_embedding.linear_1": (time, width),
        "time_embedding.linear_2": (time, time),
        "norm_out.linear": (2 * width, time),
        "proj_out": (4 * 16, width),
    }
    norms = {"norm_final": width, "norm_out.norm": width}
    for n in range(layers):
        block = f"transformer_blocks.{n}"
        linears |= {f"{block}.attn1.to_{name}": (width, width) for name in ("q", "k", "v", "out.0")}
        linears |= {f"{block}.norm{m}.linear": (6 * width, time) for m in (1, 2)}
        linears |= {f"{block}.ff.net.0.proj": (4 * width, width), f"{block}.ff.net.2": (width, 4 * width)}
        norms |= {f"{block}.norm{m}.norm": width for m in (1, 2)} | {f"{block}.attn1.norm_{q}": head for q in "qk"}
    shapes: Shapes = {"patch_embed.proj.weight": (width, channels, 2, 2), "patch_embed.proj.bias": (width,)}
    for name, shape in linears.items():
        shapes |= {f"{name}.weight": shape, f"{name}.bias": shape[:1]}
    for name, size in norms.items():
        shapes |= {f"{name}.weight": (size,), f"{name}.bias": (size,)}
    return shapes


def adapter_shapes(layers: int = 2, width: int = 128, channels: int = 8) -> Shapes:
    """`traj_extractor.*` and `fuser.N.*` of Tora for such a base model."""
    shapes: Shapes = {
        "traj_extractor.conv_in.weight": (channels, 64, 3, 3),
        "traj_extractor.conv_in.bias": (channels,),
    }
    for n in range(2 * layers):
        body = f"traj_extractor.body.{n}"
        for m in (1, 2):
            shapes |= {f"{body}.block{m}.weight": (channels, channels, 3, 3), f"{body}.block{m}.bias": (channels,)}
            shapes |= {f"{body}.bn{m}.{part}": (channels,) for part in ("weight", "bias")}
            shapes |= {f"{body}.bn{m}.running_{part}": (channels,) for part in ("mean", "var")}
            shapes[f"{body}.bn{m}.num_batches_tracked"] = ()
    for n in range(layers):
        for name in ("gamma", "beta"):
            flow = f"fuser.{n}.flow_{name}"
            shapes |= {f"{flow}_spatial.weight": (width // 4, channels, 3, 3), f"{flow}_spatial.bias": (width // 4,)}
            shapes |= {f"{flow}_temporal.weight": (width, width // 4, 3), f"{flow}_temporal.bias": (width,)}
        shapes |= {f"fuser.{n}.flow_cond_norm.{part}": (width,) for part in ("weight", "bias")}
    return shapes


def random_state(shapes: Shapes, dtype: torch.dtype = torch.float32, seed: int = 0) -> State:
    """Random values, so that no two tensors can be taken for each other; norms and variances around 1."""
    generator = torch.Generator().manual_seed(seed)
    state = {}
    for key, shape in shapes.items():
        if key.endswith("num_batches_tracked"):
            state[key] = torch.tensor(7)
        else:
            state[key] = torch.randn(shape, generator=generator) * 0.1 + ("var" in key or "norm" in key)
            state[key] = state[key].to(dtype)
    return state


def to_native(state: State, prefix: str = "") -> State:
    """Under ComfyUI's names."""
    named = {}
    for key, value in state.items():
        for old, new in NATIVE_NAMES:
            key = key.replace(old, new)
        named[prefix + key] = value
    return named


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
    if POSITIONS in state:
        sat["mixins.pos_embed.pos_embedding"] = state[POSITIONS]
    sat |= {key: value for key, value in state.items() if key.startswith("traj_extractor.")}
    one = state["norm_final.bias"]
    sat |= {f"mixins.pos_embed.freqs_{name}": one for name in ("sin", "cos")}
    sat["transformer.position_embeddings.weight"] = one
    sat = {f"model.diffusion_model.{key}": value for key, value in sat.items()}
    sat["conditioner.embedders.0.transformer.shared.weight"] = one
    sat["first_stage_model.encoder.conv_in.conv.weight"] = one
    return sat


def write_pair(folder: Path, state: State, suffix: str = "") -> tuple[Path, Path]:
    """fuser<suffix>.safetensors and traj_extractor<suffix>.safetensors."""
    paths = folder / f"fuser{suffix}.safetensors", folder / f"traj_extractor{suffix}.safetensors"
    save_file(half(state, "fuser."), paths[0])
    save_file(half(state, "traj_extractor."), paths[1])
    return paths


def write_sat(folder: Path, state: State, layers: int) -> Path:
    """mp_rank_00_model_states.pt with the state in SAT's names."""
    path = folder / "mp_rank_00_model_states.pt"
    torch.save({"module": to_sat(state, layers), "dp_world_size": 1}, path)
    return path
