"""Measure what a style LoRA does to the bundled model: how far hues turn, and whether shapes still follow.

    python scripts/measure_lora.py [--lora FILE[:STRENGTH]] [--model FOLDER] [--count 16] [--steps 25] [--image]
                                   [--out FOLDER]

Samples the held-out paths of `tora evaluate` (the same seeds and noise) without and with the LoRA; what the figures
mean stands in `tora_core/commands/style_effect.py`.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tora_core.commands.arguments import lora, whole
from tora_core.commands.held_out import Sampling
from tora_core.commands.style_effect import make_videos, save_sheet, style_effect
from tora_core.pipelines import load_pipeline

ROOT = Path(__file__).resolve().parents[1]
STYLE = ROOT / "tora_core" / "models" / "bundled" / "lora" / "tora_demo_style.safetensors"


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure a style LoRA on the bundled model.")
    parser.add_argument("--lora", type=lora, default=(str(STYLE), 1.0), metavar="FILE[:STRENGTH]")
    parser.add_argument("--model", help="folder of a model; default the bundled one")
    parser.add_argument("--count", type=whole(1, 1000), default=16, help="how many held-out paths")
    parser.add_argument("--steps", type=whole(1, 1000), default=25)
    parser.add_argument("--batch", type=whole(1, 256), default=8)
    parser.add_argument("--image", action="store_true", help="image to video, from each clip's true first frame")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="for a picture of all clips, sheet.png")
    arguments = parser.parse_args()
    sampling = Sampling(steps=arguments.steps, batch=arguments.batch, with_image=arguments.image)
    made = []
    for choice in (None, arguments.lora):
        pipeline = load_pipeline(arguments.model, image_to_video=arguments.image, lora=choice)
        pipeline.set_progress_bar_config(disable=True)
        made.append(make_videos(pipeline, arguments.count, sampling))
    effect = style_effect(*made, sampling)
    print(json.dumps({**dataclasses.asdict(effect), "with / without": effect.ratio}, indent=2))
    if arguments.out is not None:
        save_sheet(*made, arguments.out / "sheet.png")


if __name__ == "__main__":
    main()
