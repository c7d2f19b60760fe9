"""Load Tora Model: Tora's extractor and fusers from a file."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from .sockets import ToraModelSocket
from .weight_dtypes import WEIGHT_DTYPES, weight_dtype_input


class ToraLoadModel(io.ComfyNode):
    """Tora's weights, from every layout they are published in."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        from .host.folders import tora_choices

        return io.Schema(
            node_id="ToraLoadModel",
            display_name="Load Tora Model",
            category="Tora",
            description=(
                "Loads Tora's trajectory extractor and motion fusers for CogVideoX-5B, T2V or I2V, from models/tora or "
                "models/model_patches. Reads the fuser and traj_extractor pair (choose the fuser, its partner is "
                "found), a Tora diffusers folder, the SAT file, and files made by `tora convert`."
            ),
            search_aliases=["tora", "fuser", "traj_extractor", "trajectory model", "motion fuser", "load tora adapter"],
            inputs=[
                io.Combo.Input(
                    "tora_name",
                    options=list(tora_choices()),
                    tooltip="The weights. A pair shows as its fuser file; _I2V is for image to video. They must be of "
                    "the same kind, T2V or I2V, as the CogVideoX model.",
                ),
                weight_dtype_input(
                    "How the fusers are kept in memory; default is as in the file. The extractor is always in "
                    "fp32, and the fusers compute in the type of the sampled model."
                ),
            ],
            outputs=[ToraModelSocket.Output(display_name="tora_model", tooltip="For Apply Tora.")],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def validate_inputs(cls, tora_name: object = None) -> bool | str:
        from .host.adapter import why_not_tora
        from .host.folders import tora_path

        if tora_name is None:
            return True
        if not isinstance(tora_name, str):
            return f"tora_name is a {type(tora_name).__name__}, expected the name of a file."
        try:
            return why_not_tora(tora_path(tora_name)) or True
        except ValueError as error:
            return str(error)

    @classmethod
    def fingerprint_inputs(cls, tora_name: str | None, weight_dtype: str | None = None) -> Any:
        from .host.folders import fingerprint, tora_choices

        path = tora_choices().get(tora_name or "")
        return fingerprint(path) if path else None

    @classmethod
    def execute(cls, tora_name: str, weight_dtype: str = "default") -> io.NodeOutput:
        from .host.adapter import describe, load_tora_model
        from .host.folders import tora_path
        from .host.status import show_on_node

        loaded = load_tora_model(tora_path(tora_name), dtype=WEIGHT_DTYPES[weight_dtype], name=tora_name)
        show_on_node(cls, describe(loaded))
        return io.NodeOutput(loaded)
