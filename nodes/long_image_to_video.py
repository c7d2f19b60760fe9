"""Long Image to Video: a chain of segments as one node, which turns into ordinary nodes when it runs."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from ..tora_core.errors import SizeError
from .apply import ToraApply
from .sizes import check_video, height_input, length_input, why_not_video, width_input
from .sockets import ToraModelSocket, TrajectorySocket

MOST_SEGMENTS = 64


class ToraLongImageToVideo(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        from .host.expand import sampler_names, scheduler_names

        strength, end = (
            next(given for given in ToraApply.define_schema().inputs if given.id == name)
            for name in ("strength", "end_percent")
        )
        return io.Schema(
            node_id="ToraLongImageToVideo",
            display_name="Long Image to Video (CogVideoX)",
            category="Tora/long video",
            description="A long video as a chain of image to video segments: a frame of each starts the next, and one "
            "path runs through all. In a run it becomes Encode Motion (part), Apply Tora, Image to Video, KSampler, "
            "VAE Decode and Join Segments for each segment; what has not changed is not made again.",
            search_aliases=["long video", "segments", "extend video", "i2v chain", "video continuation"],
            enable_expand=True,
            inputs=[
                io.Model.Input("model", raw_link=True, tooltip="CogVideoX image to video, with LoRAs if you like."),
                ToraModelSocket.Input("tora_model", raw_link=True, tooltip="Tora's weights for image to video."),
                io.Vae.Input("vae", raw_link=True, tooltip="CogVideoX's VAE."),
                io.Conditioning.Input("positive", raw_link=True, tooltip="What should be seen, in every segment."),
                io.Conditioning.Input("negative", raw_link=True, tooltip="What should not be seen."),
                io.Image.Input("start_image", raw_link=True, tooltip="The first frame of the video."),
                TrajectorySocket.Input(
                    "trajectory",
                    raw_link=True,
                    tooltip="The path of the whole video, first frame to last.",
                ),
                width_input(),
                height_input(),
                length_input("length", 97),
                length_input("segment_length", 49),
                io.Int.Input(
                    "overlap",
                    default=1,
                    min=1,
                    max=48,
                    tooltip="Frames that two segments share. 1: the last frame starts the next segment. More are "
                    "cross-faded, which hides seams and costs frames.",
                ),
                io.Int.Input(
                    "seed",
                    default=0,
                    min=0,
                    max=0xFFFFFFFFFFFFFFFF - MOST_SEGMENTS,
                    control_after_generate=True,
                    tooltip="Of the first segment; each further one takes the next number.",
                ),
                io.Int.Input("steps", default=50, min=1, max=1000, tooltip="Denoising steps of each segment."),
                io.Float.Input("cfg", default=6.0, min=0.0, max=100.0, step=0.1, tooltip="How much the prompt counts."),
                io.Combo.Input(
                    "sampler_name",
                    options=sampler_names(),
                    default="dpmpp_2m",
                    tooltip="As in KSampler.",
                ),
                io.Combo.Input(
                    "scheduler",
                    options=scheduler_names(),
                    default="simple",
                    tooltip="As in KSampler.",
                ),
                strength,
                end,
            ],
            outputs=[io.Image.Output(display_name="images", tooltip="All frames of the video.")],
        )

    @classmethod
    def validate_inputs(  # type: ignore[no-untyped-def]
        cls, width=None, height=None, length=None, segment_length=None, overlap=None
    ) -> bool | str:
        legal = why_not_video(width, height, length)
        try:
            if segment_length is not None:
                cut(length or segment_length, segment_length, overlap or 1)
        except SizeError as error:
            return str(error)
        return legal

    @classmethod
    def execute(  # type: ignore[no-untyped-def]
        cls,
        model,
        tora_model,
        vae,
        positive,
        negative,
        start_image,
        trajectory,
        width,
        height,
        length,
        segment_length,
        overlap,
        seed,
        steps,
        cfg,
        sampler_name,
        scheduler,
        strength,
        end_percent,
    ) -> io.NodeOutput:
        from .host.expand import Graph

        check_video(width, height, length)
        graph = Graph()
        size: dict[str, Any] = {"width": width, "height": height}
        frames = min(segment_length, length)
        video = None
        for index, start in enumerate(cut(length, segment_length, overlap)):
            first = (
                start_image if video is None else graph.add("ImageFromBatch", image=video, batch_index=start, length=1)
            )
            motion = graph.add(
                "ToraEncodeMotionPart",
                **size,
                vae=vae,
                trajectory=trajectory,
                length=length,
                start=start,
                part_length=frames,
            )
            steered = graph.add(
                "ToraApply",
                model=model,
                tora_model=tora_model,
                motion=motion,
                strength=strength,
                start_percent=0.0,
                end_percent=end_percent,
            )
            begun = graph.node(
                "ToraImageToVideo",
                **size,
                positive=positive,
                negative=negative,
                vae=vae,
                start_image=first,
                length=frames,
                batch_size=1,
            )
            latent = graph.add(
                "KSampler",
                model=steered,
                seed=seed + index,
                steps=steps,
                cfg=cfg,
                sampler_name=sampler_name,
                scheduler=scheduler,
                positive=begun.out(0),
                negative=begun.out(1),
                latent_image=begun.out(2),
                denoise=1.0,
            )
            made = graph.add("VAEDecode", samples=latent, vae=vae)
            video = made if video is None else graph.add("ToraJoinSegments", video=video, segment=made, start=start)
        return io.NodeOutput(video, expand=graph.finalize())


def cut(length: int, segment: int, overlap: int) -> list[int]:
    """First frames of the segments. Raises SizeError, also for more than MOST_SEGMENTS."""
    from ..tora_core.pipelines.segments import Segments
    from ..tora_core.pipelines.sizes import check_frames

    check_frames(segment, name="segment_length")
    starts = Segments(segment, overlap).starts(length)
    if len(starts) > MOST_SEGMENTS:
        raise SizeError(
            f"{length} frames in segments of {segment} that share {overlap} are {len(starts)} segments, expected "
            f"{MOST_SEGMENTS} at most. Make segments longer or the overlap shorter."
        )
    return starts
