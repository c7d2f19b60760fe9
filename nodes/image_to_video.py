"""Image to Video: the first frame is given."""

from __future__ import annotations

from comfy_api.latest import io

from ..tora_core.errors import ToraError
from .sizes import batch_input, check_video, height_input, latent_shape, length_input, why_not_video, width_input


class ToraImageToVideo(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="ToraImageToVideo",
            display_name="Image to Video (CogVideoX)",
            category="Tora",
            description="Starts a CogVideoX I2V video from a picture. The picture is scaled to cover the video and cut "
            "at its centre.",
            search_aliases=["i2v", "image to video", "start image", "cogvideox i2v", "first frame"],
            inputs=[
                io.Conditioning.Input("positive", tooltip="What should be seen."),
                io.Conditioning.Input("negative", tooltip="What should not be seen."),
                io.Vae.Input("vae", tooltip="CogVideoX's VAE."),
                io.Image.Input(
                    "start_image",
                    tooltip="The first frame. One picture for all videos of the batch, or one for each of them.",
                ),
                width_input(),
                height_input(),
                length_input(),
                batch_input(),
            ],
            outputs=[
                io.Conditioning.Output(display_name="positive"),
                io.Conditioning.Output(display_name="negative"),
                io.Latent.Output(display_name="latent"),
            ],
        )

    @classmethod
    def validate_inputs(cls, width=None, height=None, length=None, batch_size=None) -> bool | str:  # type: ignore[no-untyped-def]
        return why_not_video(width, height, length, batch_size)

    @classmethod
    def execute(  # type: ignore[no-untyped-def]
        cls, positive, negative, vae, start_image, width, height, length, batch_size=1
    ) -> io.NodeOutput:
        from .host.start_image import encode_start_images, intermediate_zeros, with_start_image

        check_video(width, height, length, batch_size)
        if len(start_image) not in (1, batch_size):
            raise ToraError(
                f"there are {len(start_image)} start images for {batch_size} videos, expected one, or one a video. "
                "Set batch_size to the number of pictures, or pick one of them."
            )
        image = encode_start_images(vae, start_image, (height, width))
        latent = intermediate_zeros(latent_shape(width, height, length, batch_size))
        return io.NodeOutput(with_start_image(positive, image), with_start_image(negative, image), {"samples": latent})
