"""Keys and files that are no LoRA for CogVideoX: what they are, in words."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from ..comfyui import is_native
from ..manifest import ADAPTER_PREFIXES
from ..recognise import recognise
from ..sat import is_sat

TEXT_ENCODER = "for the text encoder, which a MODEL doesn't hold: not applied"
TORA = "for Tora's own weights: not applied"
PLAIN = "a whole weight, not a change of one: not applied"
NO_FACTORS = "alpha of a module that has no factors: not applied"
NO_SUCH_MODULE = "CogVideoX has no such module"

_TEXT = re.compile(
    r"(?:base_model\.model\.)?(?:lora_te\d?_|te\d?\.|text_encoders?(?:_\d)?\.|lycoris_te\d?_|conditioner\.)"
)
_TORA = re.compile(r"(?:^|[._])(?:traj_extractor|fuser(?:_list)?)[._]")
_OTHER_KINDS = (
    (re.compile(r"\.hada_"), "LoHa"),
    (re.compile(r"\.lokr_"), "LoKr"),
    (re.compile(r"\.(?:oft_|boft_)"), "OFT"),
    (re.compile(r"\.lora_mid\."), "LoCon with a middle weight"),
    (re.compile(r"\.(?:set_weight|reshape_weight|w_norm|b_norm)$"), "a weight that replaces the model's"),
)
_FAMILIES = (
    (re.compile(r"single_transformer_blocks|double_blocks|single_blocks"), "Flux or HunyuanVideo"),
    (re.compile(r"blocks[._]\d+[._](?:self_attn|cross_attn)[._]"), "Wan"),
    (re.compile(r"transformer_blocks[._]\d+[._]attn2[._]"), "LTX-Video, PixArt or Stable Diffusion"),
    (re.compile(r"(?:down|up|input|output|middle)_blocks?[._]"), "Stable Diffusion"),
    (re.compile(r"transformer_blocks[._]\d+[._]attn1?[._](?:add_[qkv]_proj|to_add_out)"), "Mochi, SD3 or Qwen-Image"),
    (re.compile(r"transformer_blocks[._]\d+[._]attn[._]"), "Flux, SD3 or Qwen-Image"),
    (re.compile(r"joint_blocks[._]\d+"), "SD3"),
)
"""Marks of other models' LoRAs. Some of their modules have CogVideoX's names, and Flux and Mochi are as wide as 5B."""


def other_family(keys: Collection[str]) -> str | None:
    """Which other model a LoRA is for; None where nothing tells."""
    for pattern, words in _FAMILIES:
        # Text encoders have names of their own.
        if any(pattern.search(key) and not _TEXT.match(key) for key in keys):
            return words
    return None


def reason(key: str) -> str:
    """Why a key that no style knows is not applied."""
    if _TEXT.match(key):
        return TEXT_ENCODER
    for pattern, kind in _OTHER_KINDS:
        if pattern.search(key):
            return f"{kind}, which isn't supported"
    if _TORA.search(key):
        return TORA
    if "lora" in key.lower() or key.endswith((".alpha", ".diff", ".diff_b", ".dora_scale")):
        return NO_SUCH_MODULE
    return PLAIN


def what_it_is(keys: Sequence[str]) -> str:
    """Words for a file of which no key is a LoRA's for CogVideoX."""
    if not keys:
        return "empty: it holds no tensors"
    reasons = {reason(key) for key in keys}
    if reasons == {TEXT_ENCODER}:
        return "a LoRA of a text encoder alone"
    kinds = [kind for pattern, kind in _OTHER_KINDS if any(pattern.search(key) for key in keys)]
    if kinds:
        return f"a {kinds[0]} file, which isn't supported"
    if any(key.startswith(ADAPTER_PREFIXES) for key in keys):
        return "Tora's weights, which belong into Load Tora Model"
    if is_native(keys) or is_sat(list(keys)) or any(".attn1.to_q.weight" in key for key in keys):
        return "a whole model, not a LoRA"
    known = recognise(keys)
    if known and "LoRA" not in known:
        return known
    if NO_SUCH_MODULE in reasons:
        return f"a LoRA for another model (keys like {', '.join(keys[:3])})"
    return f"no LoRA (keys like {', '.join(keys[:3])})"
