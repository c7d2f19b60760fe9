"""The adapter: extractor and fusers, from any published layout."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import torch
from torch import nn

from ..errors import CheckpointError
from ..motion import MotionGuidanceFuser, TrajectoryExtractor
from .check import adapter_problems, refuse, require
from .dimensions import adapter_size
from .layouts import PathLike, open_weights
from .reading import as_dtype, model_types, read
from .strict import FLOAT8, float_types
from .weights import Entry, Weights


@dataclass(frozen=True, eq=False)
class ToraAdapter:
    """Tora's own weights: one extractor, one fuser for every block of the base model.

    `kind` is "t2v", "i2v", or None where nothing tells: both kinds have the same keys and shapes, so it comes from
    the base model stored along with it, our metadata, or the published file names. `dtype` is the fusers'; the
    extractor is float32 always. Both are in eval mode (the extractor's batch norms use their running statistics).
    """

    extractor: TrajectoryExtractor
    fusers: nn.ModuleList
    kind: str | None
    layers: int
    width: int
    dtype: torch.dtype
    layout: str = ""

    def state_dict(self) -> dict[str, torch.Tensor]:
        """Canonical keys, `traj_extractor.*` and `fuser.N.*`, to the modules' own tensors."""
        extractor = {f"traj_extractor.{key}": value for key, value in self.extractor.state_dict().items()}
        return extractor | {f"fuser.{key}": value for key, value in self.fusers.state_dict().items()}


def load_adapter(
    path: PathLike | Sequence[PathLike],
    *,
    operations: ModuleType | Any = nn,
    dtype: torch.dtype | str | None = None,
    device: torch.device | str | None = None,
    mapped: bool = True,
) -> ToraAdapter:
    """Load extractor and fusers from any layout of the published files.

    path: a diffusers folder (or a pipeline folder around one), fuser[_I2V].safetensors or
    traj_extractor[_I2V].safetensors (the partner is found beside it), both of them in any order, SAT's
    mp_rank_00_model_states.pt, or our own single file. operations: layers to build from, ComfyUI's say. dtype: of the
    fusers, None as stored. mapped: weights that need no change stay memory-mapped.

    Raises CheckpointError, naming keys, when anything is missing, unexpected, wrongly shaped or mixed up, and for
    models that Tora has no weights for (CogVideoX-2B, 1.5).
    """
    return adapter_from(open_weights(path), operations=operations, dtype=dtype, device=device, mapped=mapped)


def adapter_from(
    weights: Weights,
    *,
    operations: ModuleType | Any = nn,
    dtype: torch.dtype | str | None = None,
    device: torch.device | str | None = None,
    mapped: bool = True,
) -> ToraAdapter:
    """The adapter in weights that are already open; see `load_adapter`."""
    dtype = as_dtype(dtype)
    entries = adapter_entries(weights)
    if dtype is None:
        _require_one_type(weights, operations)
    size = adapter_size(weights.infos)
    assert (
        size.width is not None and size.channels is not None and size.flow_channels is not None
    )  # adapter_entries saw to it
    with torch.device("meta"):
        extractor = TrajectoryExtractor(size.layers, size.flow_channels, size.channels, operations=operations)
        fusers = nn.ModuleList(MotionGuidanceFuser(size.width, size.channels, operations) for _ in range(size.layers))
    state = read(entries, model_types(dtype), device, mapped)
    fill(extractor, under(state, "traj_extractor."))
    fill(fusers, under(state, "fuser."))
    return ToraAdapter(
        extractor=extractor.eval(),
        fusers=fusers.eval(),
        kind=weights.kind,
        layers=size.layers,
        width=size.width,
        dtype=state["fuser.0.flow_gamma_temporal.weight"].dtype,
        layout=weights.layout,
    )


def adapter_entries(weights: Weights) -> dict[str, Entry]:
    """The adapter's entries, checked strictly. Raises CheckpointError for all that `load_adapter` does."""
    weights.require_whole()
    refuse(weights)
    entries = weights.adapter
    if not entries:
        raise CheckpointError(
            f"{weights.name} is a base model without Tora's weights. Give Tora's fuser and traj_extractor files "
            "beside it."
        )
    require(weights, adapter_problems(weights))
    return entries


def fill(module: nn.Module, state: Mapping[str, torch.Tensor]) -> None:
    """Put tensors into a module that was built on the meta device, without copying.

    Raises CheckpointError when that leaves anything without values.
    """
    try:
        module.load_state_dict(state, strict=True, assign=True)
    except RuntimeError as error:
        raise CheckpointError(f"the weights do not fit the module: {error}") from error
    empty = [name for name, value in [*module.named_parameters(), *module.named_buffers()] if value.is_meta]
    if empty:
        raise CheckpointError(f"{len(empty)} tensors got no values: {', '.join(empty[:3])}.")


def under(state: Mapping[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    return {key[len(prefix) :]: value for key, value in state.items() if key.startswith(prefix)}


def _require_one_type(weights: Weights, operations: Any) -> None:
    """Convolutions of two types can't work together, and torch computes with no 8-bit ones."""
    found = float_types({key: info for key, info in weights.infos.items() if ".flow_" in key and "_norm" not in key})
    if len(found) > 1:
        raise CheckpointError(
            f"{weights.name}: the fusers mix {' and '.join(sorted(found))}; give the dtype to load them in."
        )
    if operations is nn and found & FLOAT8:
        raise CheckpointError(
            f"{weights.name}: the fusers are {', '.join(found)}, which torch can't compute with; give a dtype."
        )
