"""Apply Tora: MODEL in, MODEL out, steered along the motion."""

from __future__ import annotations

from comfy_api.latest import io

from .host.motion import MEMORY, Guidance, apply_tora
from .sockets import MotionSocket, ToraModelSocket


class ToraApply(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="ToraApply",
            display_name="Apply Tora",
            category="Tora",
            description="Steers a CogVideoX model along a motion. The result goes into any sampler. "
            "Several of these nodes in a row add up, in any order.",
            search_aliases=["tora", "trajectory", "motion control", "drag", "cogvideox"],
            inputs=[
                io.Model.Input("model", tooltip="CogVideoX-5B or the demo model; stays as it is, a copy is steered."),
                ToraModelSocket.Input("tora_model", tooltip="Tora's weights for this model (text or image to video)."),
                MotionSocket.Input("motion", tooltip="From Encode Motion; of the same size and length as the latent."),
                io.Float.Input(
                    "strength",
                    default=1.0,
                    min=0.0,
                    max=5.0,
                    step=0.05,
                    tooltip="How strongly the path acts. 1 is what the weights were trained with, 0 is off.",
                ),
                io.Float.Input(
                    "start_percent",
                    default=0.0,
                    min=0.0,
                    max=1.0,
                    step=0.01,
                    tooltip="When motion begins to act, as a fraction of the noise schedule. 0 is the first step.",
                ),
                io.Float.Input(
                    "end_percent",
                    default=1.0,
                    min=0.0,
                    max=1.0,
                    step=0.01,
                    tooltip="When motion stops acting. The path is laid out early: 0.3 to 0.6 leaves the model more "
                    "freedom with details.",
                ),
                io.Combo.Input(
                    "memory",
                    options=list(MEMORY),
                    default="auto",
                    optional=True,
                    advanced=True,
                    tooltip="What is kept between the steps besides the motion's features: auto keeps what fits into "
                    "free memory, low nothing (each step computes it anew), high everything (9 GB for 49 frames of "
                    "480x720 with 5B).",
                ),
            ],
            outputs=[io.Model.Output(display_name="model")],
        )

    @classmethod
    def validate_inputs(cls, start_percent: float | None = None, end_percent: float | None = None) -> bool | str:
        for name, value in (("start_percent", start_percent), ("end_percent", end_percent)):
            if value is not None and not 0 <= value <= 1:
                return f"{name} is {value}, expected a number from 0 to 1."
        if start_percent is not None and end_percent is not None and start_percent > end_percent:
            return f"start_percent is {start_percent} and end_percent {end_percent}: motion can't end before it starts."
        return True

    @classmethod
    def execute(cls, model, tora_model, motion, strength, start_percent, end_percent, memory="auto") -> io.NodeOutput:  # type: ignore[no-untyped-def]
        guidance = Guidance(tora_model, motion, strength, start_percent, end_percent, memory)
        return io.NodeOutput(apply_tora(model, guidance))
