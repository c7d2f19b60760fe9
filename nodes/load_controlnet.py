"""Load ControlNet for CogVideoX: a CONTROL_NET for the host's own Apply ControlNet nodes."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from .weight_dtypes import WEIGHT_DTYPES, weight_dtype_input


class ToraLoadControlNet(io.ComfyNode):
    """A ControlNet in the layout of TheDenk/cogvideox-controlnet, for ComfyUI's native CogVideoX."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        from .host.folders import controlnet_choices

        return io.Schema(
            node_id="ToraLoadControlNet",
            display_name="Load ControlNet for CogVideoX",
            category="Tora",
            description=(
                "Loads a ControlNet for CogVideoX-5B (TheDenk's canny and hed, or your own) or the one for the demo "
                "model. Wire it into ComfyUI's Apply ControlNet with as many pictures as the video has frames. It acts "
                "with Apply Tora and without it."
            ),
            search_aliases=["controlnet", "cogvideox controlnet", "canny video", "hed", "edges", "thedenk"],
            inputs=[
                io.Combo.Input(
                    "control_net_name",
                    options=list(controlnet_choices()),
                    tooltip="A file or folder in models/controlnet. The demo model's takes edges, white on black, as "
                    "Canny gives them.",
                ),
                weight_dtype_input(
                    "How the weights are kept in memory; default is as in the file. It computes in the type of "
                    "the sampled model."
                ),
            ],
            outputs=[io.ControlNet.Output(display_name="control_net", tooltip="For ComfyUI's Apply ControlNet nodes.")],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def validate_inputs(cls, control_net_name: object = None) -> bool | str:
        from .host.controlnet_loader import why_not_controlnet
        from .host.folders import controlnet_path

        if control_net_name is None:
            return True
        if not isinstance(control_net_name, str):
            return f"control_net_name is a {type(control_net_name).__name__}, expected the name of a file or folder."
        try:
            return why_not_controlnet(controlnet_path(control_net_name)) or True
        except ValueError as error:
            return str(error)

    @classmethod
    def fingerprint_inputs(cls, control_net_name: str | None, weight_dtype: str | None = None) -> Any:
        from .host.folders import controlnet_choices, fingerprint

        path = controlnet_choices().get(control_net_name or "")
        return fingerprint(path) + fingerprint(path.with_name("config.json")) if path else None

    @classmethod
    def execute(cls, control_net_name: str, weight_dtype: str = "default") -> io.NodeOutput:
        from .host.controlnet_loader import describe, load_control
        from .host.folders import controlnet_path
        from .host.status import show_on_node

        control = load_control(
            controlnet_path(control_net_name), dtype=WEIGHT_DTYPES[weight_dtype], name=control_net_name
        )
        show_on_node(cls, describe(control))
        return io.NodeOutput(control)
