"""LoRA files on a MODEL: what the nodes offer, and patches by the host's own weight adapters.

The host knows its CogVideoX by its own names alone, so the library maps the file's to those; from there on it is the
host's `load_lora` and `add_patches`, and so are stacking, unloading, low VRAM and fp8.
"""

from __future__ import annotations

import functools
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import comfy.lora
import comfy.utils
import comfy.weight_adapter
import folder_paths
import torch

from ...tora_core.checkpoints.comfyui import canonical_name, native_name
from ...tora_core.checkpoints.lora import Change, Lora, LoraReport, merged, native_state, open_lora, read_lora
from ...tora_core.checkpoints.lora.merge import check_strength
from ...tora_core.checkpoints.lora.saving import PREFIX, save_native
from ...tora_core.checkpoints.sources import Getter, Source
from ...tora_core.errors import CheckpointError, ToraError
from .cogvideo import require_cogvideox
from .folders import fingerprint

KEYS_LOGGED, LINES_SHOWN = 50, 4
HOST_ENDINGS = (".safetensors", ".sft")
"""The host tells safetensors by the name alone."""

logger = logging.getLogger(__name__)


def why_not_lora(path: Path) -> str | None:
    """Why a file can't be a LoRA for CogVideoX, in words, by its header alone; None when it can."""
    return _verdict(path, fingerprint(path))


@functools.lru_cache(maxsize=64)
def _verdict(path: Path, _: Any) -> str | None:
    try:
        open_lora(path)
    except ToraError as error:
        return str(error)
    return None


def load_lora(model: Any, path: Path, strength: float = 1.0, alpha: float | None = None) -> tuple[Any, LoraReport]:
    """A clone of a native CogVideoX MODEL with the LoRA's patches on it, and what was found in the file.

    alpha: instead of the file's. strength 0 checks the file and patches nothing. Raises ToraError for another model,
    CheckpointError for a file that is broken or fits nothing.
    """
    require_cogvideox(model)
    check_strength(strength)
    file = open_lora(path)
    lora = read_lora(file, _shapes(model), alpha=alpha, get=_getter(file.source))
    patched = model.clone()
    if strength == 0:
        return patched, lora.report
    patches = comfy.lora.load_lora(
        native_state(lora), comfy.lora.model_lora_keys_unet(model.model, {}), log_missing=False
    )
    for module, change in lora.changes.items():
        if change.magnitude is not None:
            key = _native_key(module)
            patches[key] = MagnitudeAdapter(patches[key].loaded_keys, patches[key].weights)
    wanted = set(_changed_keys(lora))
    odd = sorted(wanted ^ set(patched.add_patches(patches, strength)))
    if odd:
        raise CheckpointError(
            f"{path}: this ComfyUI's CogVideoX doesn't take patches for {', '.join(odd[:3])}. Update ComfyUI and this "
            "pack."
        )
    return patched, lora.report


class MagnitudeAdapter(comfy.weight_adapter.LoRAAdapter):
    """The host's LoRA adapter with DoRA's norms of the changed weight; the host's own are of the weight before it."""

    def calculate_weight(  # the host's signature
        self,
        weight: torch.Tensor,
        key: str,
        strength: float,
        strength_model: float,
        offset: Any,
        function: Any,
        intermediate_dtype: torch.dtype = torch.float32,
        original_weight: Any = None,
    ) -> torch.Tensor:
        up, down, alpha, _, magnitude, _ = self.weights
        scale = 1.0 if alpha is None else alpha / down.shape[0]
        change = Change(up, down, scale, magnitude)
        weight += function((merged(weight, change, strength) - weight).to(weight.dtype))
        return weight


def convert_lora(path: Path, prefix: str, alpha: float | None = None) -> tuple[str, LoraReport]:
    """Write the file under ComfyUI's own names; its path in the output folder, and what was found.

    prefix: as of core's save nodes, "loras/name"; a number is put behind. Core lists output/loras among the LoRAs.
    Raises CheckpointError as `read_lora` and `save_native` do, ToraError for a place outside the output folder.
    """
    file = open_lora(path)
    lora = read_lora(file, alpha=alpha, get=_getter(file.source))
    output = folder_paths.get_output_directory()
    try:
        folder, name, counter, _, _ = folder_paths.get_save_image_path(prefix, output)
    except Exception as error:  # the host raises a bare one
        raise ToraError(
            f"filename_prefix is {prefix!r}, which leads out of the output folder. Give a name, or folder/name."
        ) from error
    target = Path(folder) / f"{name}_{counter:05}_.safetensors"
    kept = {key: value for key, value in file.source.metadata.items() if key.startswith(("ss_", "modelspec."))}
    metadata = {"converted_from": path.name, "converted_style": lora.report.style, **kept}
    save_native(lora, target, metadata)
    return Path(os.path.relpath(target, output)).as_posix(), lora.report


def describe(name: str, report: LoraReport) -> str:
    """Lines for a node: what acts, where the scale comes from, and keys without a place, of which the log has more."""
    for line in report.unmatched_lines(KEYS_LOGGED):
        logger.warning("%s: %s", name, line)
    logger.info("%s: %s (%s)", name, report.line, report.scale_from)
    source = [f"alpha: {report.scale_from}"] if report.scales else []
    odd = report.unmatched_lines()
    more = [f"and {len(odd) - LINES_SHOWN} more kinds, see the log"] if len(odd) > LINES_SHOWN else []
    return "\n".join([report.line, *source, *odd[:LINES_SHOWN], *more])


def _getter(source: Source) -> Getter:
    """Safetensors are opened by the host, which may read from the disk past the memory map."""
    if source.form != "safetensors" or source.path.suffix.lower() not in HOST_ENDINGS:
        return source.open()
    try:
        return comfy.utils.load_torch_file(str(source.path), safe_load=True).__getitem__
    except Exception as error:  # safetensors and the host have no common class for this
        raise CheckpointError(f"{source.path} can't be read ({str(error)[:300]}). Download it again.") from error


def _shapes(model: Any) -> dict[str, tuple[int, ...]]:
    """Shapes of the network's weights by canonical key."""
    shapes = {}
    for key, value in model.model.state_dict().items():
        name = canonical_name(key.removeprefix(PREFIX)) if key.startswith(PREFIX) else None
        if name is not None:
            shapes[name] = tuple(value.shape)
    return shapes


def _native_key(module: str, leaf: str = "weight") -> str:
    return PREFIX + native_name(f"{module}.{leaf}")


def _changed_keys(lora: Lora) -> Iterator[str]:
    for module, change in lora.changes.items():
        if change.up is not None or change.diff is not None:
            yield _native_key(module)
        if change.bias is not None:
            yield _native_key(module, "bias")
