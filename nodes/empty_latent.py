"""Empty Latent: where text to video starts, in sizes that CogVideoX can make."""

from __future__ import annotations

from comfy_api.latest import io

from .sizes import batch_input, check_video, height_input, latent_shape, length_input, why_not_video, width_input


class ToraEmptyLatent(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="ToraEmptyLatent",
            display_name="Empty Latent (CogVideoX)",
            category="Tora",
            description="An empty latent for CogVideoX. Wire width, height and frames from the trajectory, so that "
            "path and video have one size.",
            search_aliases=["empty latent video", "cogvideox latent", "tora latent", "video size"],
            inputs=[width_input(), height_input(), length_input(), batch_input()],
            outputs=[io.Latent.Output(display_name="latent")],
        )

    @classmethod
    def validate_inputs(cls, width=None, height=None, length=None, batch_size=None) -> bool | str:  # type: ignore[no-untyped-def]
        return why_not_video(width, height, length, batch_size)

    @classmethod
    def execute(cls, width: int, height: int, length: int, batch_size: int = 1) -> io.NodeOutput:
        from .host.start_image import intermediate_zeros

        check_video(width, height, length, batch_size)
        return io.NodeOutput({"samples": intermediate_zeros(latent_shape(width, height, length, batch_size))})
