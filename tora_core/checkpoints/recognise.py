"""Other weight files that lie about near Tora's, recognised by their keys so that an error can name them."""

from __future__ import annotations

from collections.abc import Collection

_LORA = (".lora_A.", ".lora_B.", ".lora_up.", ".lora_down.", ".matrix_A", ".matrix_B", ".hada_w1_a", ".lokr_w1")
_CONTROLNET = ("out_projectors.", "controlnet_encode_first.", "controlnet_encode_second.")
_OTHER_CONTROLNETS = ("controlnet_", "control_model.", "zero_convs.", "input_hint_block.")
_T5 = ("shared.weight", "encoder.block.0.layer.0.SelfAttention.q.weight", "encoder.final_layer_norm.weight")

_SCALES = (".comfy_quant", ".weight_scale", ".scale_weight", ".input_scale", ".scale_input")


def quantisation(keys: Collection[str]) -> str | None:
    """Words for a model whose weights are stored in few bits with scales beside them; None for any other."""
    marks = [key for key in keys if key.endswith(_SCALES) or key.split(".")[-1] == "scaled_fp8"]
    return f"quantised with scales (keys like {marks[0]}), which only ComfyUI computes with" if marks else None


def recognise(keys: Collection[str]) -> str | None:
    """Words for a LoRA, ControlNet, text encoder or VAE; None for anything else."""
    family = "CogVideoX " if any("transformer_blocks" in key or "query_key_value" in key for key in keys) else ""
    if any(mark in key for key in keys for mark in _LORA):
        return f"a {family}LoRA"
    if any(key.startswith(_CONTROLNET) for key in keys):
        return "a CogVideoX ControlNet"
    if any(key.startswith(_OTHER_CONTROLNETS) for key in keys):
        return "a ControlNet for another model"
    if any(key.endswith(_T5) for key in keys):
        return "a T5 text encoder"
    starts = {key.removeprefix("first_stage_model.").split(".")[0] for key in keys}
    if {"encoder", "decoder"} <= starts:
        # CogVideoX's causal convolutions wrap a convolution of their own.
        causal = any(key.endswith("conv_in.conv.weight") for key in keys)
        return "a CogVideoX VAE" if causal else "a VAE"
    return None
