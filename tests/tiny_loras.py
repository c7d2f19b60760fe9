"""Small LoRAs with random values in every style, named by hand and merged by hand, independently of the library.

Not a test: `tests/conftest.py` gives it to all of them as the fixture `tiny_loras`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import torch
from safetensors.torch import save_file

State = dict[str, torch.Tensor]
Factors = dict[str, tuple[torch.Tensor, torch.Tensor]]
"""Of a module with diffusers' name: up (out, rank), down (rank, in)."""

ATTENTION = ("attn1.to_q", "attn1.to_k", "attn1.to_v", "attn1.to_out.0")
REST = ("ff.net.0.proj", "ff.net.2", "norm1.linear", "norm2.linear")
OUTSIDE = (
    "patch_embed.proj",
    "patch_embed.text_proj",
    "time_embedding.linear_1",
    "time_embedding.linear_2",
    "norm_out.linear",
    "proj_out",
)
SAT_NAMES = {"attn1.to_out.0": "attention.dense", "ff.net.0.proj": "mlp.dense_h_to_4h", "ff.net.2": "mlp.dense_4h_to_h"}


def attention(layers: int) -> list[str]:
    """The modules that most LoRAs change."""
    return [f"transformer_blocks.{n}.{part}" for n in range(layers) for part in ATTENTION]


def every_module(layers: int) -> list[str]:
    """Every layer with a matrix, as VideoX-Fun trains them, and the convolution."""
    blocks = [f"transformer_blocks.{n}.{part}" for n in range(layers) for part in (*ATTENTION, *REST)]
    return [*blocks, *OUTSIDE]


def factors(state: Mapping[str, torch.Tensor], modules: Iterable[str], rank: int = 4, seed: int = 0) -> Factors:
    """Random factors for modules of a state with diffusers' keys."""
    generator = torch.Generator().manual_seed(seed)
    result = {}
    for module in modules:
        out, in_, *kernel = state[f"{module}.weight"].shape
        up = torch.randn(out, rank, *[1] * len(kernel), generator=generator) * 0.2
        result[module] = up, torch.randn(rank, in_, *kernel, generator=generator) * 0.2
    return result


def merged_by_hand(state: State, made: Factors, scale: float, strength: float = 1.0) -> State:
    """The state in float64, with strength * scale * up @ down added."""
    result = {key: value.double() if value.is_floating_point() else value for key, value in state.items()}
    for module, (up, down) in made.items():
        key = f"{module}.weight"
        product = up.double().flatten(1) @ down.double().flatten(1)
        result[key] = result[key] + strength * scale * product.reshape(result[key].shape)
    return result


def dotted(made: Factors, prefix: str = "transformer.", adapter: str = "") -> State:
    """PEFT's names behind a prefix, as diffusers and finetrainers save them."""
    state = {}
    for module, (up, down) in made.items():
        state[f"{prefix}{module}.lora_A{adapter}.weight"] = down
        state[f"{prefix}{module}.lora_B{adapter}.weight"] = up
    return state


def processors(made: Factors) -> State:
    """diffusers' older attention processors; attention only."""
    state = {}
    for module, (up, down) in made.items():
        block, _, part = module.partition(".attn1.")
        name = f"transformer.{block}.attn1.processor.{part.removesuffix('.0')}_lora"
        state |= {f"{name}.down.weight": down, f"{name}.up.weight": up}
    return state


def flat(made: Factors, prefix: str, alpha: float | None, names: Callable[[str], str] = lambda name: name) -> State:
    """kohya's names: a prefix and underscores for dots."""
    state = {}
    for module, (up, down) in made.items():
        name = prefix + names(module).replace(".", "_")
        state |= {f"{name}.lora_down.weight": down, f"{name}.lora_up.weight": up}
        if alpha is not None:
            state[f"{name}.alpha"] = torch.tensor(alpha)
    return state


def native_name(module: str) -> str:
    """ComfyUI's name of a module."""
    for old, new in (
        ("transformer_blocks.", "blocks."),
        ("attn1.to_out.0", "attn_out"),
        ("attn1.to_", ""),
        ("ff.net.0.proj", "ff_proj"),
        ("ff.net.2", "ff_out"),
        ("time_embedding.linear_", "time_embedding_linear_"),
    ):
        module = module.replace(old, new)
    return module


def sat(made: Factors, prefix: str = "model.diffusion_model.") -> State:
    """SAT's lora2: lists of factors, three for the one matrix of query, key and value; attention only."""
    state = {}
    for module, (up, down) in made.items():
        _, block, part = module.split(".", 2)
        if part == "attn1.to_out.0":
            name, index = "dense", 0
        else:
            name, index = "query_key_value", "qkv".index(part[-1])
        layer = f"{prefix}transformer.layers.{block}.attention.{name}"
        state |= {f"{layer}.matrix_A.{index}": down, f"{layer}.matrix_B.{index}": up}
    return state


def sat_older(made: Factors) -> State:
    """SAT's lora: attention only."""
    letters = dict(zip(ATTENTION, "QKVO", strict=True))
    state = {}
    for module, (up, down) in made.items():
        _, block, part = module.split(".", 2)
        name = f"model.diffusion_model.mixins.lora.lora_linear.{block}.{letters[part]}"
        state |= {f"{name}_A": down, f"{name}_B": up}
    return state


def sat_fused(state: Mapping[str, torch.Tensor], layers: int, rank: int = 4) -> tuple[State, Factors]:
    """One pair for query, key and value together, on SAT's names with PEFT's endings; the file, and what it means."""
    generator = torch.Generator().manual_seed(3)
    file: State = {}
    meant: Factors = {}
    for n in range(layers):
        width = state[f"transformer_blocks.{n}.attn1.to_q.weight"].shape[0]
        up = torch.randn(3 * width, rank, generator=generator) * 0.2
        down = torch.randn(rank, width, generator=generator) * 0.2
        name = f"transformer.layers.{n}.attention.query_key_value"
        file |= {f"{name}.lora_A.weight": down, f"{name}.lora_B.weight": up}
        for i, letter in enumerate("qkv"):
            meant[f"transformer_blocks.{n}.attn1.to_{letter}"] = up[i * width : (i + 1) * width], down
        for part, name in SAT_NAMES.items():
            module = f"transformer_blocks.{n}.{part}"
            meant |= factors(state, [module], rank, seed=17 + n)
            file |= dotted({f"transformer.layers.{n}.{name}": meant[module]}, "")
    return file, meant


def every_style(
    state: Mapping[str, torch.Tensor], layers: int, made: Factors
) -> dict[str, tuple[State, Factors, float]]:
    """A file of each style, the factors that it means, and their scale. made: of every module, rank 4.

    Those that can hold attention alone have the factors of attention.
    """
    few = {module: made[module] for module in attention(layers)}
    native = {native_name(module): pair for module, pair in made.items()}
    return {
        "diffusers": (dotted(made), made, 1.0),
        "PEFT": (dotted(made, "base_model.model.", ".default"), made, 1.0),
        "processors": (processors(few), few, 1.0),
        "kohya": (flat(made, "lora_unet_", alpha=1.0), made, 0.25),
        "VideoX-Fun": (flat(made, "lora_unet__", alpha=2.0), made, 0.5),
        "SAT": (sat(few), few, 0.25),
        "older SAT": (sat_older(few), few, 0.25),
        "fused SAT": (*sat_fused(state, layers), 1.0),
        "native": (dotted(native, "diffusion_model."), made, 1.0),
        "native flat": (flat(made, "lora_unet_", alpha=8.0, names=native_name), made, 2.0),
    }


def write(path: Path, state: State, metadata: dict[str, str] | None = None, dtype: torch.dtype | None = None) -> Path:
    """A safetensors file."""
    tensors = {key: (value if dtype is None else value.to(dtype)).clone().contiguous() for key, value in state.items()}
    save_file(tensors, path, metadata)
    return path
