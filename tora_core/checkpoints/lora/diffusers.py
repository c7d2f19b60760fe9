"""diffusers' names: what finetrainers, diffusers' own scripts and PEFT save.

`transformer.transformer_blocks.0.attn1.to_q.lora_A.weight`, also with `base_model.model.` before and the adapter's name
behind (PEFT), with `diffusion_model.` or nothing before, and the older attention processors'
`transformer.transformer_blocks.0.attn1.processor.to_q_lora.down.weight`, whose to_out has no number.
Source: diffusers' loaders/lora_pipeline.py and PEFT's save_pretrained; export_sat_lora_weight.py writes this style too.
"""

from __future__ import annotations

from .names import from_diffusers, strip
from .pieces import Piece, Style, split_key

_PREFIXES = ("base_model.model.", "module.", "model.diffusion_model.", "diffusion_model.", "transformer.", "unet.")


def _parse(key: str) -> tuple[Piece, ...]:
    split = split_key(key)
    if split is None:
        return ()
    name = strip(split[0], _PREFIXES).replace(".processor.", ".")
    if name.endswith(".attn1.to_out"):
        name += ".0"
    module = from_diffusers(name)
    return (Piece(module, split[1]),) if module else ()


STYLE = Style("diffusers", _parse)
