"""Checks that loading and inspecting share: what is wrong with an adapter or a base model, in words."""

from __future__ import annotations

from ..errors import CheckpointError
from .dimensions import MAX_BLOCKS, Infos, adapter_shapes, adapter_size, base_size, other_model
from .manifest import ADAPTER_PREFIXES, POSITIONS
from .metadata import contradictions, describe
from .recognise import quantisation, recognise
from .strict import differences
from .weights import HALF, Weights

_HALVES = {"fuser.": "the fusers (fuser.N.*) are", "traj_extractor.": "the extractor (traj_extractor.*) is"}

_GIVES_SIZES = (
    "patch_embed.proj.weight",
    "patch_embed.text_proj.weight",
    "time_embedding.linear_1.weight",
    "transformer_blocks.0.attn1.norm_q.weight",
    "proj_out.weight",
)


def adapter_problems(weights: Weights) -> list[str]:
    """What is missing, unexpected, wrongly shaped or contradictory in the adapter's part; empty when it is sound."""
    infos = {key: info for key, info in weights.infos.items() if key.startswith(ADAPTER_PREFIXES)}
    size = adapter_size(infos)
    if size.layers > MAX_BLOCKS:
        return [f"block numbers up to {size.layers - 1}, at most {MAX_BLOCKS} are read: do not trust it"]
    present = tuple(prefix for prefix in ADAPTER_PREFIXES if any(key.startswith(prefix) for key in infos))
    problems = [f"{_HALVES[prefix]} missing entirely" for prefix in ADAPTER_PREFIXES if prefix not in present]
    if weights.layout == HALF:
        problems = []  # the missing partner was put down on opening
    if not size.is_known(present):
        return problems or _broken_first_tensors(infos)
    if len(present) == 2 and size.fuser_layers != size.extractor_layers:
        problems.append(
            f"the fusers are for {size.fuser_layers} blocks, the extractor for {size.extractor_layers}: "
            "they do not belong together, or one of them is incomplete"
        )
    needed = {key: shape for key, shape in adapter_shapes(size).items() if key.startswith(present)}
    problems += differences(needed, infos)
    actual = describe(None, size.layers, size.width or 0, size.channels or 0, size.flow_channels or 0)
    return problems + contradictions(weights.metadata, actual)


def base_problems(weights: Weights) -> list[str]:
    """The same for the base model's part."""
    infos = {key: entry.info for key, entry in weights.base.items()}
    size = base_size(infos)
    if size is None:
        return [f"one of {', '.join(_GIVES_SIZES)} is missing or wrongly shaped"]
    problems = differences(size.shapes(), infos)
    config = weights.config or {}
    for key, actual in (
        ("num_layers", size.layers),
        ("attention_head_dim", size.head),
        ("num_attention_heads", size.width // size.head),
        ("in_channels", size.in_channels),
        ("out_channels", size.out_channels),
        ("time_embed_dim", size.time),
        ("text_embed_dim", size.text),
        ("use_learned_positional_embeddings", size.positions is not None),
        ("patch_size", size.patch),
    ):
        if config.get(key, actual) != actual:
            problems.append(f"config.json says {key} = {config[key]!r}, the weights {actual}")
    if config.get("use_learned_positional_embeddings") is True and size.positions is None:
        problems.append(f"1 key missing: {POSITIONS}")
    adapter = adapter_size(weights.infos)
    if adapter.fuser_layers not in (0, size.layers):
        problems.append(
            f"the base model has {size.layers} blocks, the fusers {adapter.fuser_layers}: they do not belong together"
        )
    if adapter.width not in (None, size.width):
        problems.append(f"the base model is {size.width} wide, the fusers {adapter.width}: they do not belong together")
    return problems


def refuse(weights: Weights) -> None:
    """Raise CheckpointError for what is no Tora and no CogVideoX-5B: other models, LoRAs, VAEs, ..."""
    other = other_model(weights.infos, weights.config)
    if other:
        raise CheckpointError(f"{weights.name} is {other}. Tora's weights exist for CogVideoX-5B (T2V and I2V) alone.")
    if quantised := quantisation(weights.entries):
        raise CheckpointError(
            f"{weights.name} is {quantised}. Load it with ComfyUI's Load Diffusion Model, or give the 16-bit version."
        )
    if weights.adapter:
        return
    keys = list(weights.entries)
    stranger = recognise(keys)
    if stranger or not any(key.startswith("transformer_blocks.") for key in keys):
        raise CheckpointError(f"{weights.name} is {stranger or _unknown(keys)}, expected Tora or CogVideoX-5B weights.")


def require(weights: Weights, problems: list[str]) -> None:
    if problems:
        raise CheckpointError(
            f"{weights.name}: {'; '.join(problems)}. The file is incomplete, damaged or of another model: download it "
            "again, or see `tora inspect`."
        )


def _broken_first_tensors(infos: Infos) -> list[str]:
    odd = [key for key in infos if key.startswith("fuser.") and ".flow_" not in key]
    if odd:
        return [f"its fusers are of another design than adaptive norm ({odd[0]}), which no published file holds"]
    return ["traj_extractor.conv_in.weight or every fuser's flow_gamma_temporal.weight is missing or wrongly shaped"]


def _unknown(keys: list[str]) -> str:
    return f"of an unknown kind (keys like {', '.join(keys[:3])})" if keys else "empty: it holds no tensors"
