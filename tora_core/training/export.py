"""From trained weights to the folder that `load_pipeline` reads."""

from __future__ import annotations

import inspect
import json
import shutil
from pathlib import Path

import torch
from diffusers import CogVideoXTransformer3DModel
from safetensors import safe_open

from ..checkpoints import save_adapter
from ..models import ToraTransformer3DModel
from .diffusion import TextToMotionVideo, build_scheduler, build_transformer, load_weights
from .text import build_text_encoder, build_tokenizer

WEIGHTS = "diffusion_pytorch_model.safetensors"
KINDS = {"t2v": False, "i2v": True}


def load_trained(weights: Path) -> TextToMotionVideo:
    """The joint stage's model with the weights of a file, float32, eval mode."""
    with safe_open(weights, framework="pt") as file:
        keys = list(file.keys())
    blocks = [key.split(".")[2] for key in keys if key.startswith("transformer.transformer_blocks.")]
    layers = 1 + max((int(block) for block in blocks), default=0)
    model = TextToMotionVideo(build_text_encoder(len(build_tokenizer())), build_transformer(layers))
    load_weights(model, weights)
    return model.eval()


def base_of(model: ToraTransformer3DModel, image_to_video: bool) -> CogVideoXTransformer3DModel:
    """The base model alone; for text-to-video without the image's half of the patch embedding.

    That is exact: the joint stage fed zeros there for text-to-video, and zeros add nothing.
    """
    known = inspect.signature(CogVideoXTransformer3DModel.__init__).parameters
    config = {key: value for key, value in model.config.items() if key in known}
    kept = config["in_channels"] if image_to_video else config["in_channels"] // 2
    base = CogVideoXTransformer3DModel(**{**config, "in_channels": kept})
    state = {
        key: value for key, value in model.state_dict().items() if not key.startswith(("traj_extractor.", "fuser."))
    }
    state["patch_embed.proj.weight"] = state["patch_embed.proj.weight"][:, :kept]
    base.load_state_dict(state, strict=True)
    return base


def export_bundle(vae: Path, weights: Path, out: Path) -> None:
    """Write both kinds as float16 into `out`: `t2v` and `i2v` beside the parts that they share."""
    model = load_trained(weights)
    for kind, image_to_video in KINDS.items():
        base_of(model.transformer, image_to_video).half().save_pretrained(out / kind / "transformer")
        adapter = {
            key: value.half() if value.is_floating_point() else value
            for key, value in model.transformer.state_dict().items()
            if key.startswith(("traj_extractor.", "fuser."))
        }
        save_adapter(adapter, out / kind / "tora.safetensors", kind=kind)
    model.text_encoder.to(torch.float16).save_pretrained(out / "text_encoder")
    build_tokenizer().save_pretrained(out / "tokenizer")
    build_scheduler().save_pretrained(out / "scheduler")
    (out / "vae").mkdir(parents=True, exist_ok=True)
    shutil.copyfile(vae / WEIGHTS, out / "vae" / WEIGHTS)
    config = json.loads((vae / "config.json").read_text(encoding="utf-8"))
    config.pop("_name_or_path", None)  # where it lay on this machine is nobody's business
    (out / "vae" / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
