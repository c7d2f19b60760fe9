"""The types that the weights of Tora and of ControlNets are kept in."""

from __future__ import annotations

from comfy_api.latest import io

WEIGHT_DTYPES = {"default": None, "fp32": "float32", "bf16": "bfloat16", "fp16": "float16"}


def weight_dtype_input(tooltip: str) -> io.Input:
    return io.Combo.Input(
        "weight_dtype", options=list(WEIGHT_DTYPES), default="default", optional=True, advanced=True, tooltip=tooltip
    )
