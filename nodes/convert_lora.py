"""Convert LoRA: a file for core's own LoRA loaders and hooks."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io


class ToraConvertLora(io.ComfyNode):
    """A LoRA in any style to a file with ComfyUI's own names."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        from .host.lora_files import lora_choices

        return io.Schema(
            node_id="ToraConvertLora",
            display_name="Convert LoRA",
            category="Tora",
            description=(
                "Writes a CogVideoX LoRA under the names of ComfyUI's own CogVideoX, for core's nodes: Load LoRA, "
                "Create Hook LoRA and whatever builds on them. Load LoRA for CogVideoX needs no conversion."
            ),
            search_aliases=["lora", "convert lora", "save lora", "hook lora", "cogvideox lora"],
            inputs=[
                io.Combo.Input(
                    "lora_name",
                    options=list(lora_choices()),
                    tooltip="The file to convert, in any style that Load LoRA for CogVideoX takes.",
                ),
                io.String.Input(
                    "filename_prefix",
                    default="loras/cogvideox",
                    tooltip="Where in the output folder, and how the name begins; a number is put behind. ComfyUI "
                    "lists what is in output/loras among its LoRAs.",
                ),
                io.Float.Input(
                    "alpha",
                    default=0.0,
                    min=0.0,
                    max=4096.0,
                    step=0.5,
                    optional=True,
                    advanced=True,
                    tooltip="The trainer's alpha, written into the file. 0 takes what the file says, or the rank.",
                ),
            ],
            outputs=[
                io.String.Output(
                    display_name="file", tooltip="The file that was written: its path in the output folder."
                )
            ],
            hidden=[io.Hidden.unique_id],
            is_output_node=True,
        )

    @classmethod
    def validate_inputs(cls, lora_name: object = None) -> bool | str:
        from .load_lora import ToraLoadLora

        return ToraLoadLora.validate_inputs(lora_name)

    @classmethod
    def fingerprint_inputs(cls, lora_name: str | None = None, **_: Any) -> Any:
        from .load_lora import ToraLoadLora

        return ToraLoadLora.fingerprint_inputs(lora_name)

    @classmethod
    def execute(cls, lora_name: str, filename_prefix: str, alpha: float = 0.0) -> io.NodeOutput:
        from .host.lora_files import lora_path
        from .host.loras import convert_lora, describe
        from .host.status import show_on_node

        name, report = convert_lora(lora_path(lora_name), filename_prefix, alpha or None)
        show_on_node(cls, f"{name}\n{describe(lora_name, report)}")
        return io.NodeOutput(name)
