"""Fix CogVideoX: the host's native CogVideoX made right, without Tora."""

from __future__ import annotations

from comfy_api.latest import io

from .host.mends import mend


class ToraFixCogVideoX(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="ToraFixCogVideoX",
            display_name="Fix CogVideoX",
            category="Tora",
            description="Makes ComfyUI's own CogVideoX right: every sampler works, positions are those it was trained "
            "with, long prompts are cut, previews show. Apply Tora does the same; this is for graphs without it.",
            search_aliases=["cogvideox", "rotary", "v-prediction", "sampler", "tora"],
            inputs=[io.Model.Input("model", tooltip="A CogVideoX model, 5B or 1.5; stays as it is, a copy is mended.")],
            outputs=[io.Model.Output(display_name="model")],
        )

    @classmethod
    def execute(cls, model) -> io.NodeOutput:  # type: ignore[no-untyped-def]
        return io.NodeOutput(mend(model))
