"""kohya's names: one name of underscores, `lora_unet_transformer_blocks_0_attn1_to_q.lora_down.weight`, with `.alpha`.

`lycoris_` and `lora_transformer_` before it are what other trainers of this family write.
"""

from __future__ import annotations

from .names import from_flat
from .pieces import Piece, Style, split_key

_PREFIXES = ("lora_unet_", "lycoris_", "lora_transformer_")


def _parse(key: str) -> tuple[Piece, ...]:
    split = split_key(key)
    prefix = next((prefix for prefix in _PREFIXES if key.startswith(prefix)), None)
    if split is None or prefix is None:
        return ()
    module = from_flat(split[0].removeprefix(prefix))
    return (Piece(module, split[1]),) if module else ()


STYLE = Style("kohya", _parse)
