"""ComfyUI's own names: `diffusion_model.blocks.0.q.lora_A.weight` or `lora_unet_blocks_0_q.lora_down.weight`.

Core's LoRA loader takes these two as they are; they are what Convert LoRA writes.
"""

from __future__ import annotations

from .names import from_native, from_native_flat, strip
from .pieces import Piece, Style, split_key

_PREFIXES = ("base_model.model.", "model.diffusion_model.", "diffusion_model.", "transformer.")
_FLAT_PREFIX = "lora_unet_"


def _parse(key: str) -> tuple[Piece, ...]:
    split = split_key(key)
    if split is None:
        return ()
    name, part = split
    if name.startswith(_FLAT_PREFIX):
        module = from_native_flat(name.removeprefix(_FLAT_PREFIX))
    else:
        module = from_native(strip(name, _PREFIXES))
    return (Piece(module, part),) if module else ()


STYLE = Style("ComfyUI's own", _parse)
