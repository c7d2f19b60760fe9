"""SAT's names (SwissArmyTransformer), in which CogVideoX's own training code saves.

Two of SAT's LoRA modules: sat/model/finetune/lora2.py, the one in CogVideoX's configurations, with
`transformer.layers.0.attention.query_key_value.matrix_A.1` (a pair each for query, key and value, in this order), and
the older lora.py with `mixins.lora.lora_linear.0.Q_A`. Both scale by lora_alpha / r, and lora_alpha is 1 unless a
configuration says otherwise, which CogVideoX's don't; the file doesn't hold it.
Besides, other trainers' endings on SAT's names: `query_key_value.lora_B.weight` with the rows of all three below each
other.
"""

from __future__ import annotations

import re

from ..sat import PREFIX
from .names import from_diffusers, strip
from .pieces import DOWN, UP, Piece, Style, split_key

_PREFIXES = ("base_model.model.", "module.", PREFIX, "diffusion_model.")
_MATRIX = re.compile(r"transformer\.layers\.(\d{1,9})\.attention\.(query_key_value|dense)\.matrix_([AB])(?:\.(\d))?")
_OLDER = re.compile(r"mixins\.\w+\.lora_linear\.(\d{1,9})\.([QKVO])_([AB])")
_PARTS = {"A": DOWN, "B": UP}
_LETTERS = {"Q": "attn1.to_q", "K": "attn1.to_k", "V": "attn1.to_v", "O": "attn1.to_out.0"}
_FUSED = ("attn1.to_q", "attn1.to_k", "attn1.to_v")
_LAYER = re.compile(r"transformer\.layers\.(\d{1,9})\.(.+)")
_IN_LAYER = {
    "attention.dense": "attn1.to_out.0",
    "mlp.dense_h_to_4h": "ff.net.0.proj",
    "mlp.dense_4h_to_h": "ff.net.2",
}


def _parse(key: str) -> tuple[Piece, ...]:
    name = strip(key, _PREFIXES)
    if match := _OLDER.fullmatch(name):
        return (Piece(f"transformer_blocks.{int(match[1])}.{_LETTERS[match[2]]}", _PARTS[match[3]]),)
    match = _MATRIX.fullmatch(name)
    if match is None:
        return ()
    block, part, index = f"transformer_blocks.{int(match[1])}.", _PARTS[match[3]], int(match[4] or 0)
    if match[2] == "dense":
        return (Piece(block + _IN_LAYER["attention.dense"], part),) if index == 0 else ()
    if match[4] is None:
        return _all_three(block, part)
    return (Piece(block + _FUSED[index], part),) if index < 3 else ()


def _parse_other_endings(key: str) -> tuple[Piece, ...]:
    split = split_key(key)
    match = _LAYER.fullmatch(strip(split[0], _PREFIXES)) if split else None
    if split is None or match is None:
        return ()
    block = f"transformer_blocks.{int(match[1])}."
    if match[2] == "attention.query_key_value":
        return _all_three(block, split[1])
    module = from_diffusers(block + _IN_LAYER.get(match[2], ""))
    return (Piece(module, split[1]),) if module else ()


def _all_three(block: str, part: str) -> tuple[Piece, ...]:
    return tuple(Piece(block + name, part, third) for third, name in enumerate(_FUSED))


STYLE = Style("SAT", _parse, default_alpha=1.0)
OTHER_ENDINGS = Style("SAT's names with other endings", _parse_other_endings)
