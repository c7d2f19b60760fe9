"""What the example workflows are made of: files to download, sizes of nodes, and pieces that most of them share."""

from __future__ import annotations

from typing import Any

from workflow_graph import Graph, Model, Node

Points = list[tuple[float, float]]
"""(x, y) in pixels of the video; a smooth curve goes through them."""

HUGGING_FACE = "https://huggingface.co"
T5 = Model(
    "t5xxl_fp16.safetensors",
    "text_encoders",
    f"{HUGGING_FACE}/comfyanonymous/flux_text_encoders/resolve/main/t5xxl_fp16.safetensors",
)
VAE_5B = Model(
    "cogvideox_vae_bf16.safetensors",
    "vae",
    f"{HUGGING_FACE}/Kijai/CogVideoX-comfy/resolve/main/cogvideox_vae_bf16.safetensors",
)
TEXT_5B = Model(
    "CogVideoX_5b_bf16.safetensors",
    "diffusion_models",
    f"{HUGGING_FACE}/MinusZoneAI/ComfyUI-CogVideoX-MZ/resolve/main/CogVideoX_5b_bf16.safetensors",
)
IMAGE_5B = Model(
    "CogVideoX_1_0_5b_I2V_bf16.safetensors",
    "diffusion_models",
    f"{HUGGING_FACE}/Kijai/CogVideoX-comfy/resolve/main/CogVideoX_1_0_5b_I2V_bf16.safetensors",
)
TORA_REPOSITORY = f"{HUGGING_FACE}/Kijai/CogVideoX-5b-Tora/resolve/main"
TEXT_TORA = (
    Model("fuser.safetensors", "tora", f"{TORA_REPOSITORY}/fuser/fuser.safetensors"),
    Model("traj_extractor.safetensors", "tora", f"{TORA_REPOSITORY}/traj_extractor/traj_extractor.safetensors"),
)
IMAGE_TORA = (
    Model("fuser_I2V.safetensors", "tora", f"{TORA_REPOSITORY}/fuser/fuser_I2V.safetensors"),
    Model("traj_extractor_I2V.safetensors", "tora", f"{TORA_REPOSITORY}/traj_extractor/traj_extractor_I2V.safetensors"),
)

# What the frontend computes for each kind (both renderers, the larger), plus room for text and pictures.
SIZES = {
    "CLIPLoader": (340, 120),
    "CLIPTextEncode": (340, 130),
    "CLIPVisionEncode": (300, 90),
    "CLIPVisionLoader": (340, 90),
    "Canny": (300, 110),
    "ControlNetApplyAdvanced": (320, 210),
    "CreateVideo": (300, 110),
    "EmptyImage": (300, 150),
    "ImageColorToMask": (300, 90),
    "ImageCompositeMasked": (300, 160),
    "ImageStitch": (300, 150),
    "KSampler": (320, 270),
    "LoadImage": (320, 360),
    "ModelSamplingSD3": (300, 90),
    "PrimitiveStringMultiline": (360, 220),
    "SaveImage": (520, 110),
    "SaveVideo": (340, 130),
    "ToraApply": (300, 210),
    "ToraCameraMotion": (340, 400),
    "ToraContextWindows": (320, 140),
    "ToraDrawTrajectory": (300, 270),
    "ToraDynamicGuidance": (300, 90),
    "ToraEmptyLatent": (300, 180),
    "ToraEncodeMotion": (300, 220),
    "ToraExportTrajectory": (340, 260),
    "ToraFitTrajectory": (300, 190),
    "ToraImageToVideo": (320, 240),
    "ToraImportTrajectory": (340, 300),
    "ToraJitterTrajectory": (300, 200),
    "ToraLoadCogVideoX": (400, 140),
    "ToraLoadControlNet": (360, 120),
    "ToraLoadDemoModel": (340, 150),
    "ToraLongImageToVideo": (360, 560),
    "ToraLoadLora": (360, 140),
    "ToraLoadModel": (340, 120),
    "ToraMaskToTrajectory": (320, 190),
    "ToraMergeTrajectories": (300, 140),
    "ToraMotionTransfer": (345, 320),
    "ToraOffsetCopies": (300, 225),
    "ToraOverlayTrajectory": (300, 190),
    "ToraPickTracks": (310, 145),
    "ToraRegionDrag": (310, 230),
    "ToraRetimeTrajectory": (310, 200),
    "ToraSmoothTrajectory": (310, 175),
    "ToraTrackVideo": (345, 335),
    "ToraTrajectoryEditor": (640, 760),
    "ToraTrajectoryFromText": (340, 500),
    "ToraTrajectoryPreset": (320, 520),
    "ToraTrajectoryReport": (520, 260),
    "ToraTransformTrajectory": (310, 300),
    "ToraVideoFlow": (310, 170),
    "VAEDecode": (300, 60),
    "VAELoader": (340, 90),
    "UNETLoader": (400, 110),
    "WanMoveTrackToVideo": (330, 280),
    "WanTrackToVideo": (340, 400),
}
# Nodes that get a picture or a line of text below their widgets in a run, and how high they are then.
ROOMS = {
    "KSampler": 520,
    "SaveImage": 480,
    "SaveVideo": 450,
    "ToraLoadCogVideoX": 210,
    "ToraLoadControlNet": 190,
    "ToraLoadLora": 230,
    "ToraLoadModel": 190,
    "ToraTrajectoryReport": 620,
}


def path_text(width: int, height: int, frames: int, *tracks: Points) -> str:
    """A trajectory in the pack's own format, one point a line, as people would type it."""
    text = []
    for points in tracks:
        text.append("    " + ",\n    ".join(f'{{"x": {x:g}, "y": {y:g}}}' for x, y in points))
    drawn = "\n  ]},\n".join('  {"points": [\n' + points for points in text) + "\n  ]}"
    size = f'"width": {width}, "height": {height}, "frames": {frames}'
    return f'{{"format": "tora-trajectory", "version": 1,\n {size},\n "tracks": [\n{drawn}\n]}}'


def drawing(width: int, height: int, frames: int, *tracks: dict[str, Any], fps: int = 8) -> dict[str, Any]:
    """What the trajectory editor saves (nodes/editor_state.py): tracks as the pack's own format has them.

    Everything is written out, in the editor's order, so that opening a workflow doesn't change it.
    """
    plain = {
        **{"name": "", "color": None, "curve": "catmull-rom", "closed": False, "start": 0, "end": 1},
        **{"before": "invisible", "after": "invisible", "easing": "linear", "strength": 1, "radius": 10},
        "visibility": [],
    }
    size = {"width": width, "height": height, "frames": frames, "fps": fps}
    drawn = [{**plain, **track} for track in tracks]
    trajectory = {"format": "tora-trajectory", "version": 1, **size, "tracks": drawn}
    return {"version": 1, "trajectory": trajectory, "editor": {}}


class Parts:
    """The pieces that most examples share, wired the same way everywhere."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph

    def prompts(self, clip: tuple[Node, int], text: str, height: int = 110) -> tuple[Node, Node]:
        add = self.graph.add
        positive = add("CLIPTextEncode", title="Prompt", clip=clip, text=text, size=(340, height))
        negative = add("CLIPTextEncode", title="Negative prompt", clip=clip, text="", size=(340, 110))
        return positive, negative

    def path(self, width: int, height: int, frames: int, *tracks: Points) -> Node:
        text = path_text(width, height, frames, *tracks)
        return self.graph.add("ToraTrajectoryFromText", text=text, width=width, height=height, frames=frames)

    def motion(self, vae: tuple[Node, int], path: Node) -> Node:
        return self.graph.add("ToraEncodeMotion", vae=vae, trajectory=path["trajectory"])

    def empty_latent(self, path: Node) -> Node:
        """Of the path's size and length: typed once, in the path."""
        return self.graph.add("ToraEmptyLatent", width=path["width"], height=path["height"], length=path["frames"])

    def save(
        self, images: tuple[Node, int], prefix: str, title: str, fps: float | tuple[Node, int] = 8.0
    ) -> tuple[Node, Node]:
        video = self.graph.add("CreateVideo", images=images, fps=fps)
        saved = self.graph.add("SaveVideo", title=title, video=video["VIDEO"], filename_prefix=f"video/{prefix}")
        return video, saved

    def sample(
        self,
        model: tuple[Node, int],
        positive: Node,
        negative: Node,
        latent: tuple[Node, int],
        *,
        seed: int = 0,
        steps: int = 25,
        cfg: float = 3.0,
        outputs: tuple[str, str] = ("CONDITIONING", "CONDITIONING"),
    ) -> Node:
        return self.graph.add(
            "KSampler",
            model=model,
            positive=positive[outputs[0]],
            negative=negative[outputs[1]],
            latent_image=latent,
            seed=seed,
            steps=steps,
            cfg=cfg,
            sampler_name="dpmpp_2m",
            scheduler="simple",
        )

    def from_picture(
        self, model: Node, positive: Node, negative: Node, motion: Node, start: Node, sizes: Node
    ) -> tuple[Node, Node, Node]:
        """Apply Tora, Image to Video of the sizes that a node gives, and the sampler: with the small model."""
        add = self.graph.add
        steered = add("ToraApply", model=model["model"], tora_model=model["tora_model"], motion=motion["motion"])
        conditioned = add(
            "ToraImageToVideo",
            positive=positive["CONDITIONING"],
            negative=negative["CONDITIONING"],
            vae=model["vae"],
            start_image=start["IMAGE"],
            width=sizes["width"],
            height=sizes["height"],
            length=sizes["frames"],
        )
        sampled = self.sample(
            steered["model"], conditioned, conditioned, conditioned["latent"], seed=1, outputs=("positive", "negative")
        )
        return steered, conditioned, sampled

    def loaders_5b(self, base: Model, tora: tuple[Model, ...]) -> tuple[Node, Node, Node, Node]:
        """Model, Tora weights, text encoder and VAE, each with where to get its file."""
        return (
            self.graph.add("ToraLoadCogVideoX", model_name=base.name, models=[base]),
            self.graph.add("ToraLoadModel", tora_name=tora[0].name, models=tora),
            self.graph.add("CLIPLoader", clip_name=T5.name, type="cogvideox", models=[T5]),
            self.graph.add("VAELoader", vae_name=VAE_5B.name, models=[VAE_5B]),
        )


DOWNLOADS = "Files to download, and the folder below ComfyUI/models each belongs in:\n\n"


def downloads(*models: Model) -> str:
    lines = [f"- **{model.directory}**: [{model.name}]({model.url})" for model in models]
    half = any(model.name.startswith("traj_extractor") for model in models)
    more = "\n\nThe list of missing models can't offer the traj_extractor file: take it here." * half
    return DOWNLOADS + "\n".join(lines) + more
