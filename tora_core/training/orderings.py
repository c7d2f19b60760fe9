"""Two orderings of the paper, at this scale: fuser designs (its table 3) and ways of training (its table 4).

Every variant trains extractor and fusers anew on the same frozen base, with the same number of steps, for several
seeds; then it samples held-out clips, and TrajError is measured by what stands out. Nothing is tuned for one of them.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ..checkpoints.saving import replacing
from ..evaluation.traj_error import trajectory_error
from ..motion import render_motion
from ..tracking.color import locate_salient
from .diffusion import TextToMotionVideo, load_weights
from .diffusion_stage import WEIGHTS, DiffusionRecipe, build_model, preset, train_diffusion
from .fast_conv import fast_causal_convolutions
from .loop import Schedule
from .sampler import sample_latents
from .synthetic import Clip, draw_clip
from .text import build_tokenizer, token_ids
from .vae import SCALING_FACTOR, load_vae

HELD_OUT = 900_000_000
PAPER = {
    "adaptive-norm": 14.25,
    "cross-attention": 18.36,
    "extra-channel": 21.07,
    "dense only": 39.34,
    "sparse only": 24.73,
}
"""TrajError of the paper's tables, px; training both ways is its adaptive norm."""


@dataclass(frozen=True)
class Variant:
    """A fuser design and the shares of the steps spent on dense flow and on trajectories, in this order."""

    name: str
    fuser: str = "adaptive-norm"
    dense: float = 0.25
    sparse: float = 0.75


VARIANTS = (
    Variant("adaptive-norm"),
    Variant("cross-attention", fuser="cross-attention"),
    Variant("extra-channel", fuser="extra-channel"),
    Variant("dense only", dense=1.0, sparse=0.0),
    Variant("sparse only", dense=0.0, sparse=1.0),
)


@dataclass(frozen=True)
class Comparison:
    """How the variants are compared."""

    steps: int = 800
    seeds: int = 3
    clips: int = 16
    sampling_steps: int = 15
    guidance: float = 3.0
    learning_rate: float = 4e-4


def compare(
    latents: Path,
    base: Path,
    vae: Path,
    out: Path,
    comparison: Comparison | None = None,
    *,
    recipe: DiffusionRecipe | None = None,
    size: tuple[int, int, int] = (17, 128, 128),
    report: Callable[[str], None] = print,
) -> dict[str, Any]:
    """Train and measure every variant; what is done already in `out` is kept, so this may be stopped and started.

    Writes orderings.json and orderings.png into `out` and returns the figures. recipe: of a Tora stage, for layers,
    tokens and precision. size: frames, height and width of the held-out clips.
    """
    comparison = comparison or Comparison()
    recipe = recipe or preset("tora-sparse", "demo")
    clips = [draw_clip(HELD_OUT + i, frames=size[0], size=size[1:], objects=1) for i in range(comparison.clips)]
    figures: dict[str, Any] = {"comparison": asdict(comparison), "variants": {}}
    for variant in VARIANTS:
        errors = []
        for seed in range(comparison.seeds):
            folder = out / variant.name.replace(" ", "-") / f"seed{seed}"
            known = folder / "error.json"
            if not known.exists():
                weights = _train(latents, base, folder, variant, seed, comparison, recipe)
                model = build_model(recipe.layers, variant.fuser)
                load_weights(model, weights)
                error = asdict(measure(model.eval(), vae, clips, comparison))
                with replacing(known) as part:
                    part.write_text(json.dumps(error) + "\n", encoding="utf-8")
            errors.append(json.loads(known.read_text(encoding="utf-8")))
            report(f"{variant.name}, seed {seed}: {errors[-1]['euclidean_px']:.2f} px")
        distances = [error["euclidean_px"] for error in errors]
        figures["variants"][variant.name] = {
            **asdict(variant),
            "euclidean_px": distances,
            "mean": float(np.mean(distances)),
            "deviation": float(np.std(distances, ddof=1)) if len(distances) > 1 else 0.0,
            "found_share": float(np.mean([error["found_share"] for error in errors])),
            "paper_px": PAPER[variant.name],
        }
    with replacing(out / "orderings.json") as part:
        part.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    _write_picture(out / "orderings.png", figures["variants"])
    return figures


def _train(
    latents: Path,
    base: Path,
    folder: Path,
    variant: Variant,
    seed: int,
    comparison: Comparison,
    recipe: DiffusionRecipe,
) -> Path:
    """Weights of a variant after its one or two stages."""
    start, fresh = base, True
    for stage, share in (("tora-dense", variant.dense), ("tora-sparse", variant.sparse)):
        steps = round(share * comparison.steps)
        if steps:
            schedule = Schedule(steps=steps, warm_up=min(50, steps), decay=0.4, ema=0.99, seed=seed, sample_every=0)
            one = replace(
                recipe,
                stage=stage,
                schedule=schedule,
                fuser=variant.fuser,
                fresh_motion=fresh,
                learning_rate=comparison.learning_rate,
            )
            train_diffusion(latents, folder / stage, one, start, report=lambda text: None)
            start, fresh = folder / stage / WEIGHTS, False
    return start


@torch.no_grad()
def measure(model: TextToMotionVideo, vae: Path, clips: list[Clip], comparison: Comparison) -> Any:
    """TrajError of a model over clips, every frame counting, by what stands out from the ground."""
    coder = fast_causal_convolutions(load_vae(vae))
    tokenizer = build_tokenizer()
    paths, found = [], []
    for number, clip in enumerate(clips):
        motion = (render_motion(clip.tracks) * 2 - 1).permute(3, 0, 1, 2)[None]
        latent = coder.encode(motion).latent_dist.mode().permute(0, 2, 1, 3, 4) * SCALING_FACTOR
        given = {
            "video": latent,
            "motion": latent,
            "ids": token_ids(tokenizer, [clip.caption]),
            "empty_ids": token_ids(tokenizer, [""]),
        }
        made = sample_latents(
            model, given, steps=comparison.sampling_steps, guidance=comparison.guidance, seed=HELD_OUT + number
        )
        video = coder.decode(made.permute(0, 2, 1, 3, 4) / SCALING_FACTOR).sample[0].permute(1, 2, 3, 0)
        centers, seen = locate_salient(((video.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8).numpy())
        paths.append(centers)
        found.append(seen)
    asked = np.stack([clip.tracks.points_px[0] for clip in clips])
    return trajectory_error(asked, np.stack(paths), size=clips[0].tracks.size, found=np.stack(found))


def table(figures: dict[str, Any]) -> str:
    """The figures as a Markdown table."""
    lines = ["| variant | TrajError, px (mean ± deviation over seeds) | found | the paper's, px |", "|---|---|---|---|"]
    for name, row in figures["variants"].items():
        lines.append(
            f"| {name} | {row['mean']:.2f} ± {row['deviation']:.2f} | {100 * row['found_share']:.0f} % "
            f"| {row['paper_px']:.2f} |"
        )
    return "\n".join(lines)


def _write_picture(path: Path, variants: dict[str, Any]) -> None:
    """Bars with the deviation over seeds, and a dot for each seed."""
    import cv2
    from PIL import Image

    height, width, left, bottom = 360, 640, 50, 50
    picture = np.full((height, width, 3), 250, np.uint8)
    most = max(max(row["euclidean_px"]) for row in variants.values()) * 1.1 or 1.0
    room, step = height - bottom - 20, (width - left) / len(variants)

    def y_of(value: float) -> int:
        return int(height - bottom - room * min(value, most) / most)

    def write(text: str, x: float, y: float) -> None:
        cv2.putText(picture, text, (int(x), int(y)), cv2.FONT_HERSHEY_SIMPLEX, 0.38, (40, 40, 40), 1, cv2.LINE_AA)

    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        cv2.line(picture, (left, y_of(share * most)), (width, y_of(share * most)), (220, 220, 220), 1)
        write(f"{share * most:.1f}", 6, y_of(share * most) + 4)
    for index, (name, row) in enumerate(variants.items()):
        x0, x1 = int(left + (index + 0.2) * step), int(left + (index + 0.8) * step)
        middle = (x0 + x1) // 2
        cv2.rectangle(picture, (x0, y_of(row["mean"])), (x1, y_of(0)), (190, 205, 235), -1)
        ends = [y_of(max(0.0, row["mean"] + sign * row["deviation"])) for sign in (-1, 1)]
        cv2.line(picture, (middle, ends[0]), (middle, ends[1]), (40, 40, 40), 1, cv2.LINE_AA)
        for value in row["euclidean_px"]:
            cv2.circle(picture, (middle, y_of(value)), 3, (200, 90, 30), -1, cv2.LINE_AA)
        write(name, x0 - 12, height - bottom + 18)
        write(f"{row['mean']:.1f} px", x0, height - bottom + 36)
    with replacing(path) as part:
        Image.fromarray(picture).save(part, format="PNG")
