"""Measure everything that the bundled model's card says about following: one command, some of it in each call.

    python scripts/model_report.py [--model FOLDER] [--cases text wide ...] [--out docs/model.json]

Each case is `evaluate_held_out` (`tora evaluate`) on its held-out clips. A case that stands in the file of --out with
the same settings and the same weights is kept, so an interrupted run goes on. Prints the table of the model card.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tora_core.checkpoints.saving import replacing
from tora_core.commands.held_out import Sampling, evaluate_held_out
from tora_core.pipelines import load_pipeline
from tora_core.pipelines.loading import BUNDLED


@dataclass(frozen=True)
class Case:
    """Clips and how they are sampled."""

    words: str
    sampling: Sampling
    count: int
    strengths: tuple[float, ...] = (1.0,)

    def settings(self, model: Path) -> dict[str, Any]:
        """What the figures depend on: how is sampled, and which weights."""
        return json.loads(json.dumps({**asdict(self), "words": None, "weights": weights_digest(model)}))


CASES = {
    "text": Case("one shape", Sampling(), 64, (1.0, 0.0)),
    "picture": Case("one shape, from its picture", Sampling(with_image=True), 32, (1.0, 0.0)),
    "wide": Case("one shape, 192x112", Sampling(size=(112, 192)), 32),
    "long": Case("one shape, 49 frames", Sampling(frames=49, batch=4), 16),
    "two": Case("two shapes", Sampling(objects=2), 16),
    "three": Case("three shapes", Sampling(objects=3), 16),
    "two-picture": Case("two shapes, from their picture", Sampling(objects=2, with_image=True), 16),
    "three-picture": Case("three shapes, from their picture", Sampling(objects=3, with_image=True), 16),
}


def weights_digest(model: Path) -> str:
    """SHA-256 over the model's own weight files by name; its LoRA and ControlNet are not among them."""
    digest = hashlib.sha256()
    for part in ("t2v", "i2v", "text_encoder", "vae"):
        for path in sorted((model / part).rglob("*.safetensors")):
            digest.update(path.relative_to(model).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()


def rows(name: str, figures: dict[str, Any]) -> list[str]:
    """A line of the table a strength."""
    case, found = CASES[name], []
    diagonal = math.hypot(*case.sampling.size)
    for strength in case.strengths:
        result = figures[f"strength {strength:g}"]
        by_color = result.get("asked color", result.get("asked colors"))
        out = result.get("what stands out", result.get("asked colors, any order", by_color))
        right = result.get("right")
        cells = [
            f"{case.words}, strength {strength:g}",
            f"{case.count}",
            f"{out['euclidean_px']:.1f} ({100 * out['euclidean_px'] / diagonal:.1f} %)",
            f"{out['found_share']:.0%}",
            f"{by_color['euclidean_px']:.1f}",
            f"{by_color['found_share']:.0%}",
            " / ".join(f"{right[key]:.0%}" for key in ("color", "shape", "both")) if right else "",
        ]
        found.append("| " + " | ".join(cells).replace("%", " %").replace("  %", " %") + " |")
    return found


def table(known: dict[str, Any]) -> str:
    """The model card's table of the cases measured so far."""
    lines = [
        "| | clips | distance, px (of the diagonal) | found | by the asked color, px | found "
        "| color / shape / both right |",
        "|---|---|---|---|---|---|---|",
    ]
    for name in CASES:
        if name in known:
            lines += rows(name, known[name]["figures"])
    for name, entry in known.items():
        figures = entry["figures"]
        if "times closer" in figures:
            closer = ", ".join(f"{tracker} {times:.1f}" for tracker, times in figures["times closer"].items())
            lines.append(f"\n{name}: times closer than at strength 0: {closer}")
        for extra in ("first frame dB", "ground change"):
            if extra in figures["strength 1"]:
                values = ", ".join(f"{key} {value:.1f}" for key, value in figures["strength 1"][extra].items())
                lines.append(f"\n{name}: {extra}: {values}")
    return "\n".join(lines)


def main() -> None:
    """Measure what is not in the file yet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", help="folder of a model; default the bundled one")
    parser.add_argument("--cases", nargs="+", choices=list(CASES), default=list(CASES))
    parser.add_argument("--out", type=Path, default=Path("docs/model.json"))
    parser.add_argument("--pictures", type=Path, help="folder for a sheet of each clip")
    args = parser.parse_args()
    model = Path(args.model) if args.model else BUNDLED
    known: dict[str, Any] = json.loads(args.out.read_text("utf-8")) if args.out.exists() else {}
    for name in args.cases:
        case = CASES[name]
        if known.get(name, {}).get("settings") == case.settings(model):
            continue
        started = time.monotonic()
        pipeline = load_pipeline(args.model, image_to_video=case.sampling.with_image)
        pipeline.set_progress_bar_config(disable=True)
        pictures = args.pictures / name if args.pictures else None
        figures = evaluate_held_out(
            pipeline, case.sampling, count=case.count, strengths=case.strengths, pictures=pictures
        )
        known[name] = {"settings": case.settings(model), "figures": figures}
        args.out.parent.mkdir(parents=True, exist_ok=True)
        with replacing(args.out) as part:
            part.write_text(json.dumps(known, indent=2) + "\n", encoding="utf-8")
        print(f"{name}: {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
    print(table(known))


if __name__ == "__main__":
    main()
