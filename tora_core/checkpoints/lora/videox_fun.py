"""VideoX-Fun's names: kohya's with two underscores, `lora_unet__transformer_blocks_0_attn1_to_q.lora_down.weight`.

Source: VideoX-Fun's utils/lora_utils.py, which joins prefix, the network's own (empty) name and the module's by a dot
each before it makes them underscores. Every layer of the network has one, and an `.alpha`.
"""

from __future__ import annotations

from .names import from_flat
from .pieces import Piece, Style, split_key

_PREFIX = "lora_unet__"


def _parse(key: str) -> tuple[Piece, ...]:
    split = split_key(key)
    if split is None or not key.startswith(_PREFIX):
        return ()
    module = from_flat(split[0].removeprefix(_PREFIX))
    return (Piece(module, split[1]),) if module else ()


STYLE = Style("VideoX-Fun", _parse)
