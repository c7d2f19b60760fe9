"""ControlNets for CogVideoX: which one a file holds, checked strictly, and loading it.

The published ones (TheDenk/cogvideox-controlnet) are folders of config.json and diffusion_pytorch_model.safetensors;
its training script writes a .pt with the same keys. All sizes are told by the tensors. Only config.json tells whether
there are sine positions; without one they are taken to be there, as is the default of the published class.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from safetensors.torch import save_file
from torch import nn

from ..errors import CheckpointError
from ..models.cogvideox_block import Attention, attend
from ..models.controlnet import COLORS, PIXELS, CogVideoXControlNet, ControlNetSize
from .adapter import fill
from .check import require
from .controlnet_layout import CLASS_NAME, FIRST, configuration, contradictions, controlnet_shapes, controlnet_size
from .dimensions import MAX_BLOCKS, WIDTH_2B, Infos, count_blocks
from .folders import read_json
from .layouts import PathLike, open_weights
from .reading import as_dtype, read
from .recognise import quantisation, recognise
from .report import Report
from .saving import replacing
from .strict import FLOAT8, differences, float_types
from .weights import Weights

WEIGHTS = "diffusion_pytorch_model.safetensors"


def load_controlnet(
    path: PathLike,
    *,
    operations: ModuleType | Any = nn,
    attention: Attention = attend,
    dtype: torch.dtype | str | None = None,
    device: torch.device | str | None = None,
    mapped: bool = True,
) -> CogVideoXControlNet:
    """Load a ControlNet for CogVideoX-5B (or the bundled model) from a folder or a single file, in eval mode.

    operations, attention: layers to build from and how to attend, ComfyUI's say. dtype: None as stored. mapped: weights
    that need no change stay memory-mapped. Raises CheckpointError, naming keys, when anything is missing, unexpected or
    wrongly shaped, and for ControlNets of other models (CogVideoX-2B, 1.5, image models).
    """
    weights = open_controlnet(path)
    return controlnet_from(
        weights, operations=operations, attention=attention, dtype=dtype, device=device, mapped=mapped
    )


def controlnet_from(
    weights: Weights,
    *,
    operations: ModuleType | Any = nn,
    attention: Attention = attend,
    dtype: torch.dtype | str | None = None,
    device: torch.device | str | None = None,
    mapped: bool = True,
) -> CogVideoXControlNet:
    """The ControlNet in weights that `open_controlnet` has opened; see `load_controlnet`."""
    wanted = as_dtype(dtype)
    if wanted is None and operations is nn:
        _require_one_type(weights)
    with torch.device("meta"):
        net = CogVideoXControlNet(size_of(weights), operations, attention)
    fill(net, read(weights.entries, lambda _: wanted, device, mapped))
    return net.eval()


def save_controlnet(net: CogVideoXControlNet, folder: str | os.PathLike[str], dtype: Any = None) -> Path:
    """Write a ControlNet as the published ones are: a folder of config.json and one weight file. Returns the folder.

    dtype: of the file, None as it is. Raises CheckpointError when nothing can be written there.
    """
    wanted = as_dtype(dtype)
    state = {
        key: value.detach().to("cpu", wanted or value.dtype).contiguous() for key, value in net.state_dict().items()
    }
    folder = Path(folder)
    with replacing(folder / WEIGHTS) as part:
        save_file(state, part, {"format": "pt"})
    with replacing(folder / "config.json") as part:
        part.write_text(json.dumps(configuration(net.size), indent=2) + "\n", encoding="utf-8")
    return folder


def open_controlnet(path: PathLike) -> Weights:
    """Open and check a ControlNet's file or folder; no weight is read. Raises CheckpointError as `load_controlnet`."""
    weights = open_weights(path)
    weights.require_whole()
    _refuse(weights)
    require(weights, controlnet_problems(weights))
    return weights


def size_of(weights: Weights) -> ControlNetSize:
    """The sizes of a ControlNet; CheckpointError where they can't be told."""
    size = controlnet_size(weights.infos, config_of(weights) or {})
    if size is None:
        raise CheckpointError(f"{weights.name} lacks the tensors that tell a ControlNet's sizes, {FIRST} say.")
    return size


def config_of(weights: Weights) -> Mapping[str, Any] | None:
    """config.json of the folder, or the one beside a single file if it is a ControlNet's; None where there is none."""
    if weights.config is not None:
        return weights.config
    beside = Path(weights.paths[0]).with_name("config.json")
    if not beside.is_file():
        return None
    config = read_json(beside)
    return config if config.get("_class_name") == CLASS_NAME else None


def controlnet_problems(weights: Weights) -> list[str]:
    """What is missing, unexpected, wrongly shaped or contradictory; empty when it is sound."""
    infos = weights.infos
    layers = count_blocks(infos, "transformer_blocks.")
    if layers > MAX_BLOCKS:
        return [f"block numbers up to {layers - 1}, at most {MAX_BLOCKS} are read: do not trust it"]
    size = controlnet_size(infos, config_of(weights) or {})
    if size is None:
        return ["patch_embed, time_embedding or transformer_blocks.0 is missing or wrongly shaped"]
    return differences(controlnet_shapes(size), infos) + contradictions(config_of(weights) or {}, size)


def is_controlnet(infos: Infos) -> bool:
    """Whether these are the keys of a ControlNet of this layout."""
    return FIRST in infos and any(key.startswith("transformer_blocks.") for key in infos)


def controlnet_report(weights: Weights, dtypes: Mapping[str, int], more_problems: Sequence[str] = ()) -> Report:
    """What an inspection tells of a ControlNet; `dtypes` as in Report."""
    infos = weights.infos
    problems = list(weights.problems)
    try:
        _refuse(weights)
        problems += controlnet_problems(weights)
        size = controlnet_size(infos, config_of(weights) or {})
    except CheckpointError as error:
        problems, size = [*problems, str(error)], None
    notes = []
    if size is not None:
        positions = "sine positions" if size.sine else "no positions of its own beside rotary ones"
        told = "by config.json" if config_of(weights) is not None else "as no config.json says otherwise"
        notes = [f"residuals {size.residual} wide, {positions} ({told}), text {size.text} wide"]
    return Report(
        path=weights.name,
        model="a CogVideoX ControlNet",
        layout=weights.layout,
        layers=count_blocks(infos, "transformer_blocks.") or None,
        width=size.width if size else None,
        dtypes=dtypes,
        values=sum(info.values for info in infos.values()),
        tensors=len(infos),
        problems=(*problems, *more_problems),
        notes=tuple(notes),
    )


def _refuse(weights: Weights) -> None:
    infos = weights.infos
    if not is_controlnet(infos):
        raise CheckpointError(f"{weights.name} is {_what_else(weights)}, expected a ControlNet for CogVideoX-5B.")
    patch, first = infos.get("patch_embed.proj.weight"), infos[FIRST]
    if any(key.startswith("ofs_embedding.") for key in infos) or (patch and len(patch.shape) == 2):
        raise CheckpointError(
            f"{weights.name} is a ControlNet for CogVideoX 1.5 (it folds two latent frames into a patch), which is "
            "another model. Take one for CogVideoX-5B."
        )
    if quantised := quantisation(weights.entries):
        raise CheckpointError(f"{weights.name} is {quantised}. Take the 16-bit or 32-bit version.")
    if len(first.shape) == 4 and first.shape[1] != COLORS * PIXELS**2:
        raise CheckpointError(
            f"{weights.name} takes hints of {first.shape[1]} values for every {PIXELS}x{PIXELS} pixels, expected "
            f"{COLORS * PIXELS**2}: RGB pictures of the video's size, as the published ones take."
        )
    size = controlnet_size(infos, {})
    if size is not None and size.residual == WIDTH_2B:
        raise CheckpointError(
            f"{weights.name} is a ControlNet for CogVideoX-2B ({WIDTH_2B} wide), which is another model. Take one for "
            "CogVideoX-5B."
        )


def _what_else(weights: Weights) -> str:
    keys = list(weights.entries)
    if weights.adapter:
        return "Tora's weights (for Load Tora Model)"
    stranger = recognise(keys)
    if stranger:
        return stranger
    if any(key.startswith("transformer_blocks.") for key in keys) and "proj_out.weight" in weights.entries:
        return "a whole CogVideoX (for Load CogVideoX)"
    return f"of an unknown kind (keys like {', '.join(keys[:3])})" if keys else "empty: it holds no tensors"


def _require_one_type(weights: Weights) -> None:
    found = float_types(weights.infos)
    if len(found) > 1 or found & FLOAT8:
        raise CheckpointError(
            f"{weights.name} holds {' and '.join(sorted(found))}, which torch can't compute with; give a dtype."
        )
