"""The whole transformer: a base model with Tora's extractor and fusers in it, from any layout."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import torch

from ..errors import CheckpointError
from .adapter import ToraAdapter, adapter_entries, fill
from .check import base_problems, refuse, require
from .dimensions import adapter_size, base_size
from .headers import TensorInfo
from .layouts import PathLike, open_weights
from .manifest import POSITIONS
from .reading import as_dtype, model_types, read
from .strict import FLOAT8, differences, float_types
from .weights import Entry, Weights

if TYPE_CHECKING:
    from ..models import ToraTransformer3DModel

I2V_POSITIONS = 226 + 13 * 30 * 45
"""Rows of CogVideoX-5B-I2V's table: text tokens, and patches of 49 frames of 480x720."""


def load_transformer(
    path: PathLike,
    *,
    adapter: PathLike | Sequence[PathLike] | ToraAdapter | None = None,
    dtype: torch.dtype | str | None = None,
    device: torch.device | str | None = None,
) -> ToraTransformer3DModel:
    """Load a ToraTransformer3DModel.

    path: a Tora folder or SAT file (base and adapter in one), or a plain CogVideoX-5B folder, SAT file or single file
    with diffusers' or ComfyUI's keys. adapter: what `load_adapter` takes, or its result; needed for a plain base, and
    taken instead of its own by one that has one. dtype: of all but the extractor, which is float32; None as stored.
    The configuration is config.json's where there is one, checked against the shapes; else it is read off the shapes,
    with CogVideoX-5B's values for what shapes can't tell.

    Raises CheckpointError, naming keys, when anything is missing, unexpected, wrongly shaped or mixed up.
    """
    wanted = as_dtype(dtype)
    base = open_weights(path)
    base.require_whole()
    refuse(base)
    if not base.base:
        raise CheckpointError(
            f"{base.name} holds Tora's adapter alone. Give a CogVideoX-5B model as path and this as adapter."
        )
    require(base, base_problems(base))
    entries, state, motion = _adapter_part(base, adapter)
    config = transformer_config(base, motion)
    from ..models import ToraTransformer3DModel  # here, because it imports diffusers

    try:
        with torch.device("meta"):
            model = ToraTransformer3DModel(**config)
    except (TypeError, ValueError, ArithmeticError, RuntimeError) as error:
        raise CheckpointError(f"{base.name}: its config.json makes no model ({error}). Download it again.") from error
    entries = base.base | entries
    if wanted is None and float_types(_infos(entries)) & FLOAT8:
        raise CheckpointError(f"{base.name} is stored in 8-bit floats, which torch can't compute with; give a dtype.")
    needed = {key: tuple(value.shape) for key, value in model.state_dict().items()}
    require(base, differences({key: shape for key, shape in needed.items() if key not in state}, _infos(entries)))
    types = model_types(wanted)
    state = {key: value.to(device or value.device, types(key) or value.dtype) for key, value in state.items()}
    fill(model, read(entries, types, device) | state)
    return model.eval()


def transformer_config(base: Weights, motion: Mapping[str, int] | None = None) -> dict[str, Any]:
    """ToraTransformer3DModel's arguments for a base model, from config.json and the shapes.

    Raises CheckpointError when a table of learned positions is of another size than CogVideoX-5B-I2V's and no
    config.json says which.
    """
    from ..models import ToraTransformer3DModel

    size = base_size({key: entry.info for key, entry in base.base.items()})
    assert size is not None  # base_problems saw to it
    known = set(inspect.signature(ToraTransformer3DModel.__init__).parameters) - {"self"}
    config = {key: value for key, value in (base.config or {}).items() if key in known}
    if base.config is None and size.positions not in (None, (1, I2V_POSITIONS, size.width)):
        raise CheckpointError(
            f"{base.name}: {POSITIONS} is {size.positions}, which is not CogVideoX-5B-I2V's, and there is no "
            "config.json "
            "to say for which size it is. Use the diffusers folder."
        )
    config.setdefault("use_rotary_positional_embeddings", True)
    return config | {
        "num_layers": size.layers,
        "num_attention_heads": size.width // size.head,
        "attention_head_dim": size.head,
        "in_channels": size.in_channels,
        "out_channels": size.out_channels,
        "time_embed_dim": size.time,
        "text_embed_dim": size.text,
        "patch_size": size.patch,
        "use_learned_positional_embeddings": size.positions is not None,
        **(motion or {}),
    }


def _adapter_part(
    base: Weights, adapter: PathLike | Sequence[PathLike] | ToraAdapter | None
) -> tuple[dict[str, Entry], dict[str, torch.Tensor], dict[str, int]]:
    """The adapter as entries still to be read, or as tensors already there, and its sizes; checked against the base."""
    if adapter is None:
        if not base.adapter:
            raise CheckpointError(
                f"{base.name} is a base model without Tora's weights; give adapter=, the fuser or traj_extractor file."
            )
        return adapter_entries(base), {}, _motion(base)
    if isinstance(adapter, ToraAdapter):
        _match(base, "the adapter", adapter.kind, adapter.layers, adapter.width)
        extractor = adapter.extractor
        return {}, adapter.state_dict(), {"flow_channels": extractor.in_channels, "motion_channels": extractor.channels}
    weights = open_weights(adapter)
    entries = adapter_entries(weights)
    size = adapter_size(weights.infos)
    _match(base, weights.name, weights.kind, size.layers, size.width or 0)
    return entries, {}, _motion(weights)


def _motion(weights: Weights) -> dict[str, int]:
    size = adapter_size(weights.infos)
    assert size.flow_channels is not None and size.channels is not None  # adapter_entries saw to it
    return {"flow_channels": size.flow_channels, "motion_channels": size.channels}


def _match(base: Weights, name: str, kind: str | None, layers: int, width: int) -> None:
    size = base_size(base.infos)
    assert size is not None
    if (layers, width) != (size.layers, size.width):
        raise CheckpointError(
            f"{name} is for {layers} blocks of width {width}, the base model {base.name} has {size.layers} of "
            f"{size.width}: "
            "they do not belong together."
        )
    if kind and base.kind and kind != base.kind:
        raise CheckpointError(
            f"{name} is {kind.upper()}, but the base model {base.name} is {base.kind.upper()} by {base.kind_from}. "
            f"Take the {base.kind.upper()} adapter, or the other base model."
        )


def _infos(entries: Mapping[str, Entry]) -> dict[str, TensorInfo]:
    return {key: entry.info for key, entry in entries.items()}
