"""Load LoRA for CogVideoX: every published style, on the host's own CogVideoX."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io


class ToraLoadLora(io.ComfyNode):
    """MODEL to MODEL with a LoRA on it."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        from .host.lora_files import lora_choices

        return io.Schema(
            node_id="ToraLoadLora",
            display_name="Load LoRA for CogVideoX",
            category="Tora",
            description=(
                "Puts a LoRA on a CogVideoX model, from diffusers, finetrainers, kohya, VideoX-Fun or SAT, or with "
                "ComfyUI's own names; ComfyUI's own loader finds only the last in CogVideoX. Several in a row add up, "
                "before or behind Apply Tora. It shows what acts, and lists what doesn't."
            ),
            search_aliases=["lora", "cogvideox lora", "load lora", "style", "finetrainers", "dora", "lora loader"],
            inputs=[
                io.Model.Input("model", tooltip="A CogVideoX model; stays as it is, a copy gets the LoRA."),
                io.Combo.Input(
                    "lora_name",
                    options=list(lora_choices()),
                    tooltip="A file in models/loras or output/loras. Those marked as bundled come with this pack, for "
                    "the demo model.",
                ),
                io.Float.Input(
                    "strength",
                    default=1.0,
                    min=-10.0,
                    max=10.0,
                    step=0.05,
                    tooltip="How strongly it acts. 1 is as it was trained, 0 is off, negative is the opposite.",
                ),
                io.Float.Input(
                    "alpha",
                    default=0.0,
                    min=0.0,
                    max=4096.0,
                    step=0.5,
                    optional=True,
                    advanced=True,
                    tooltip="The trainer's alpha; the change is scaled by alpha / rank. 0 takes what the file says, or "
                    "the rank. LoRAs trained with SAT and saved in diffusers' style, such as DimensionX, need 1.",
                ),
            ],
            outputs=[io.Model.Output(display_name="model", tooltip="For Apply Tora, Fix CogVideoX or another LoRA.")],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def validate_inputs(cls, lora_name: object = None) -> bool | str:
        from .host.lora_files import lora_path
        from .host.loras import why_not_lora

        if lora_name is None:
            return True
        if not isinstance(lora_name, str):
            return f"lora_name is a {type(lora_name).__name__}, expected the name of a file."
        try:
            return why_not_lora(lora_path(lora_name)) or True
        except ValueError as error:
            return str(error)

    @classmethod
    def fingerprint_inputs(cls, lora_name: str | None = None, **_: Any) -> Any:
        from .host.folders import fingerprint
        from .host.lora_files import lora_choices

        path = lora_choices().get(lora_name or "")
        return fingerprint(path) if path else None

    @classmethod
    def execute(cls, model, lora_name: str, strength: float, alpha: float = 0.0) -> io.NodeOutput:  # type: ignore[no-untyped-def]
        from .host.lora_files import lora_path
        from .host.loras import describe, load_lora
        from .host.status import show_on_node

        patched, report = load_lora(model, lora_path(lora_name), strength, alpha or None)
        show_on_node(cls, describe(lora_name, report))
        return io.NodeOutput(patched)
