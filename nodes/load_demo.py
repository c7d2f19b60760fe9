"""Load Tora Demo Model: everything for a first video, without a download."""

from __future__ import annotations

from comfy_api.latest import io

from .sockets import ToraModelSocket


class ToraLoadDemoModel(io.ComfyNode):
    """The bundled model as MODEL, CLIP, VAE and TORA_MODEL."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="ToraLoadDemoModel",
            display_name="Load Tora Demo Model",
            category="Tora",
            description=(
                "The small model that comes with this pack: colored shapes on plain grounds that follow a drawn path, "
                "128x128, 17 frames. It needs no download and runs on a CPU within a minute."
            ),
            search_aliases=["tora demo", "bundled model", "small cogvideox", "test model", "trajectory demo"],
            inputs=[
                io.Combo.Input(
                    "variant",
                    options=["T2V", "I2V"],
                    default="T2V",
                    tooltip="T2V makes a video from text. I2V starts from a picture, by Image to Video.",
                )
            ],
            outputs=[
                io.Model.Output(display_name="model", tooltip="A tiny CogVideoX; works with every sampler node."),
                io.Clip.Output(display_name="clip", tooltip="Knows about 50 words: colors, shapes and a few more."),
                io.Vae.Output(display_name="vae", tooltip="For pictures, videos and for Encode Motion."),
                ToraModelSocket.Output(display_name="tora_model", tooltip="Tora's weights, for Apply Tora."),
            ],
        )

    @classmethod
    def execute(cls, variant: str) -> io.NodeOutput:
        from .host.demo.loader import load_demo

        demo = load_demo(variant)
        return io.NodeOutput(demo.model, demo.clip, demo.vae, demo.tora_model)
