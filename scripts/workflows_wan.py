"""Example workflows that hand what is drawn in the editor to Wan 2.1, by ComfyUI's own nodes for ATI and Wan-Move."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from workflow_graph import Graph, Model, Node
from workflow_parts import HUGGING_FACE, Parts, downloads, drawing

# As ComfyUI's own templates video_wan_ati and video_wanmove_480p name them.
WAN_FILES = f"{HUGGING_FACE}/Comfy-Org/Wan_2.1_ComfyUI_repackaged/resolve/main/split_files"
UMT5 = Model(
    "umt5_xxl_fp8_e4m3fn_scaled.safetensors",
    "text_encoders",
    f"{WAN_FILES}/text_encoders/umt5_xxl_fp8_e4m3fn_scaled.safetensors",
)
WAN_VAE = Model("wan_2.1_vae.safetensors", "vae", f"{WAN_FILES}/vae/wan_2.1_vae.safetensors")
CLIP_VISION = Model("clip_vision_h.safetensors", "clip_vision", f"{WAN_FILES}/clip_vision/clip_vision_h.safetensors")
ATI = Model(
    "Wan2_1-I2V-ATI-14B_fp8_e4m3fn.safetensors",
    "diffusion_models",
    f"{HUGGING_FACE}/Kijai/WanVideo_comfy/resolve/main/Wan2_1-I2V-ATI-14B_fp8_e4m3fn.safetensors",
)
WAN_MOVE = Model(
    "Wan21-WanMove_fp8_scaled_e4m3fn_KJ.safetensors",
    "diffusion_models",
    f"{HUGGING_FACE}/Kijai/WanVideo_comfy_fp8_scaled/resolve/main/WanMove/"
    "Wan21-WanMove_fp8_scaled_e4m3fn_KJ.safetensors",
)

FIGURE: dict[str, Any] = {
    "name": "figure",
    "color": "#d55e00",
    "easing": "in-out",
    "points": [{"x": 416, "y": 330}, {"x": 510, "y": 312}, {"x": 600, "y": 330}, {"x": 690, "y": 308}],
}
HEAD: dict[str, Any] = {
    "name": "head",
    "color": "#0072b2",
    "easing": "in-out",
    "points": [{"x": 416, "y": 90}, {"x": 510, "y": 72}, {"x": 600, "y": 90}, {"x": 690, "y": 68}],
}
WAN_NEGATIVE = "blurry, overexposed, static, low quality, JPEG artifacts, subtitles, deformed, extra limbs"


class Wan:
    """What both Wan examples share: the loaders, the start picture, the drawing on 832x480 over 81 frames."""

    def __init__(self, graph: Graph, model: Model) -> None:
        add = graph.add
        self.graph, self.parts = graph, Parts(graph)
        self.base = add("UNETLoader", unet_name=model.name, models=[model])
        self.shifted = add("ModelSamplingSD3", model=self.base["MODEL"], shift=8.0)
        self.clip = add("CLIPLoader", clip_name=UMT5.name, type="wan", models=[UMT5])
        self.vae = add("VAELoader", vae_name=WAN_VAE.name, models=[WAN_VAE])
        self.vision = add("CLIPVisionLoader", clip_name=CLIP_VISION.name, models=[CLIP_VISION])
        prompt = "The camera stands still while the figure walks to the right."
        self.positive, self.negative = self.parts.prompts(self.clip["CLIP"], prompt, 130)
        self.negative.values["text"] = WAN_NEGATIVE
        self.picture = add("LoadImage", image="example.png")
        self.seen = add("CLIPVisionEncode", clip_vision=self.vision["CLIP_VISION"], image=self.picture["IMAGE"])
        self.editor = add(
            "ToraTrajectoryEditor",
            drawing=drawing(832, 480, 81, FIGURE, HEAD, fps=16),
            width=832,
            height=480,
            frames=81,
            fps=16.0,
            background=self.picture["IMAGE"],
        )

    def inputs(self) -> dict[str, Any]:
        """Of the node that brings the paths into the prompts."""
        return {
            "positive": self.positive["CONDITIONING"],
            "negative": self.negative["CONDITIONING"],
            "vae": self.vae["VAE"],
            "start_image": self.picture["IMAGE"],
            "clip_vision_output": self.seen["CLIP_VISION_OUTPUT"],
            "width": self.editor["width"],
            "height": self.editor["height"],
            "length": self.editor["frames"],
        }

    def finish(self, note: Node, steered: Node, between: list[Node], cfg: float, sampler: str, prefix: str) -> None:
        """Sample, decode, save and lay out; `between` are the nodes from the editor to `steered`."""
        add = self.graph.add
        sampled = add(
            "KSampler",
            model=self.shifted["MODEL"],
            positive=steered["positive"],
            negative=steered["negative"],
            latent_image=steered["latent"],
            steps=20,
            cfg=cfg,
            sampler_name=sampler,
            scheduler="simple",
        )
        decoded = add("VAEDecode", samples=sampled["LATENT"], vae=self.vae["VAE"])
        drawn = add("ToraOverlayTrajectory", images=decoded["IMAGE"], trajectory=self.editor["trajectory"])
        video, saved = self.parts.save(drawn["images"], prefix, "Save the video with the paths")
        video.values["fps"] = 16.0
        self.graph.lay_out(
            [("", [note])],
            [("Models", [self.base, self.shifted, self.clip, self.vae, self.vision])],
            [("Text", [self.positive, self.negative]), ("Start picture", [self.picture, self.seen])],
            [("Paths", [self.editor])],
            [("To Wan", [*between, steered])],
            [("Sampling", [sampled])],
            [("Video", [decoded, drawn, video, saved])],
        )


def to_wan_track(graph: Graph) -> None:
    note = graph.note(
        "## Drawn here, made by Wan with ATI\n\n"
        "The *Trajectory Editor* draws over the start picture. *Export Trajectory* writes the drawing as ATI wants it, "
        "121 samples for each track whatever the number of frames, and ComfyUI's *WanTrackToVideo* takes that text.\n\n"
        "Settings are those of ComfyUI's own ATI template. The picture is cut to the size of the video at its center; "
        "one of 832x480 stays whole, and the drawing lies where it was drawn.\n\n"
        + downloads(ATI, WAN_VAE, CLIP_VISION, UMT5),
        (400, 340),
    )
    wan = Wan(graph, ATI)
    exported = graph.add("ToraExportTrajectory", trajectory=wan.editor["trajectory"], format="ati")
    steered = graph.add("WanTrackToVideo", tracks=exported["text"], **wan.inputs())
    wan.finish(note, steered, [exported], 3.0, "uni_pc", "tora_wan_ati")


def to_wan_move(graph: Graph) -> None:
    note = graph.note(
        "## Drawn here, made by Wan-Move\n\n"
        "The *Trajectory Editor* draws over the start picture. Its *tracks* go straight into ComfyUI's "
        "*WanMoveTrackToVideo*: a position a frame and what is hidden, at the video's own size.\n\n"
        "Each path begins on the thing that shall move: Wan-Move carries what is there in the first frame. Two paths "
        "side by side keep a large thing upright.\n\n"
        "Settings are those of ComfyUI's own Wan-Move template without its speed-up LoRA. The picture is cut to the "
        "size of the video at its center; one of 832x480 stays whole.\n\n"
        + downloads(WAN_MOVE, WAN_VAE, CLIP_VISION, UMT5),
        (400, 340),
    )
    wan = Wan(graph, WAN_MOVE)
    steered = graph.add("WanMoveTrackToVideo", tracks=wan.editor["tracks"], **wan.inputs())
    wan.finish(note, steered, [], 6.0, "er_sde", "tora_wan_move")


WORKFLOWS: dict[str, Callable[[Graph], None]] = {
    "tora_editor_to_wan_track": to_wan_track,
    "tora_editor_to_wan_move": to_wan_move,
}
