"""Load CogVideoX: the host's own MODEL from whatever layout the weights are in."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

WEIGHT_DTYPES = {
    "default": None,
    "bf16": "bfloat16",
    "fp16": "float16",
    "fp8_e4m3fn": "float8_e4m3fn",
    "fp8_e5m2": "float8_e5m2",
    "fp32": "float32",
}


class ToraLoadCogVideoX(io.ComfyNode):
    """CogVideoX-5B, T2V or I2V, as MODEL."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        from .host.folders import cogvideox_choices

        return io.Schema(
            node_id="ToraLoadCogVideoX",
            display_name="Load CogVideoX",
            category="Tora",
            description=(
                "Loads CogVideoX-5B or CogVideoX-5B-I2V as ComfyUI's own MODEL from a diffusers folder (whole or in "
                "shards), a single file with diffusers' or ComfyUI's keys, or a SAT file. Put Apply Tora or Fix "
                "CogVideoX behind it: ComfyUI's CogVideoX needs both its sampling and its positions mended."
            ),
            search_aliases=["cogvideox", "cogvideo", "diffusers loader", "load transformer", "sat", "unet loader"],
            inputs=[
                io.Combo.Input(
                    "model_name",
                    options=list(cogvideox_choices()),
                    tooltip="A file or folder in models/diffusion_models or models/diffusers, or a whole Tora model in "
                    "models/tora, of which the base model is taken. 2B, 1.5 and Fun are other models.",
                ),
                io.Combo.Input(
                    "weight_dtype",
                    options=list(WEIGHT_DTYPES),
                    default="default",
                    tooltip="How the weights are kept in memory. Default is what ComfyUI finds best; the fp8 types "
                    "halve the memory for 16-bit files at some loss of quality.",
                ),
            ],
            outputs=[io.Model.Output(display_name="model", tooltip="For Apply Tora or Fix CogVideoX.")],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def validate_inputs(cls, model_name: object = None) -> bool | str:
        from .host.cogvideox import why_not_cogvideox
        from .host.folders import cogvideox_path

        if model_name is None:
            return True
        if not isinstance(model_name, str):
            return f"model_name is a {type(model_name).__name__}, expected the name of a file or folder."
        try:
            return why_not_cogvideox(cogvideox_path(model_name)) or True
        except ValueError as error:
            return str(error)

    @classmethod
    def fingerprint_inputs(cls, model_name: str | None, weight_dtype: str | None = None) -> Any:
        from .host.folders import cogvideox_choices, fingerprint

        path = cogvideox_choices().get(model_name or "")
        return fingerprint(path) if path else None

    @classmethod
    def execute(cls, model_name: str, weight_dtype: str = "default") -> io.NodeOutput:
        from .host.cogvideox import describe, load_cogvideox
        from .host.folders import cogvideox_path
        from .host.status import show_on_node

        model = load_cogvideox(cogvideox_path(model_name), WEIGHT_DTYPES[weight_dtype])
        show_on_node(cls, describe(model, model_name))
        return io.NodeOutput(model)
