"""Dynamic Guidance: the guidance scale changes over the steps."""

from __future__ import annotations

from comfy_api.latest import io

from ..tora_core.pipelines.dynamic import DYNAMIC_GUIDANCE
from .host.guidance import guide_dynamically


class ToraDynamicGuidance(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="ToraDynamicGuidance",
            display_name="Dynamic Guidance",
            category="Tora",
            description="Changes the guidance scale (cfg) over the steps, as CogVideoX's released code does. Works "
            "with every sampler and guider.",
            search_aliases=["dynamic cfg", "cfg", "guidance", "cogvideox", "tora"],
            inputs=[
                io.Model.Input("model", tooltip="The model that the sampler uses; stays as it is, a copy is changed."),
                io.Combo.Input(
                    "mode",
                    options=list(DYNAMIC_GUIDANCE),
                    default="reference",
                    tooltip="reference: as all released code computes it, the scale jumps between 1 and 1 + cfg. "
                    "step-index: a smooth rise, close to 1 in the first half. off: cfg as it is.",
                ),
            ],
            outputs=[io.Model.Output(display_name="model")],
        )

    @classmethod
    def execute(cls, model, mode) -> io.NodeOutput:  # type: ignore[no-untyped-def]
        return io.NodeOutput(guide_dynamically(model, mode))
