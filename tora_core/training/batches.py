"""What a step of a stage on encoded clips learns from: batches of whole clips, or of windows cut out of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from ..errors import ToraError
from .latents import ClipKind, LatentSet, load_latents
from .text import build_tokenizer, token_ids
from .vae import SCALING_FACTOR

if TYPE_CHECKING:
    from .diffusion_stage import DiffusionRecipe


class Batches:
    """Batches of encoded clips, chosen by the step's number alone; the folder may still be growing."""

    def __init__(self, folder: Path, recipe: DiffusionRecipe, device: torch.device) -> None:
        self.folder, self.recipe, self.device = folder, recipe, device
        self.tokenizer = build_tokenizer()
        self.empty = token_ids(self.tokenizer, [""])
        self.sets = self.load()

    def load(self) -> dict[ClipKind, LatentSet]:
        """What is encoded so far, and asked for."""
        found = load_latents(self.folder)
        if not self.recipe.alone:
            return found
        single = {kind: clips.alone() for kind, clips in found.items()}
        if not any(map(len, single.values())):
            raise ToraError(f"{self.folder} has no clip with one thing only; encode more: `tora train encode --calm`.")
        return {kind: clips for kind, clips in single.items() if len(clips)}

    def __call__(self, step: int, generator: torch.Generator) -> dict[str, Any]:
        if step % self.recipe.reload_every == 0:
            self.sets = self.load()
        window = self.recipe.window
        if window and float(torch.rand(1, generator=generator)) < self.recipe.whole:
            window = 0
        kinds = list(self.sets)
        place = int(torch.multinomial(self.chances(kinds), 1, generator=generator))
        kind, clips = kinds[place], self.sets[kinds[place]]
        frames = clips.video.shape[1]
        cut = window if 0 < window < frames else frames
        count = max(1, self.recipe.tokens * frames // (cut * kind.tokens))
        sample = self.take(clips, torch.randint(len(clips), (count,), generator=generator))
        return sample if cut == frames else cut_window(sample, cut, generator)

    def chances(self, kinds: list[ClipKind]) -> torch.Tensor:
        """How likely each kind is to be drawn; sums to 1."""
        named = dict(self.recipe.shares)
        rest = max(0.0, 1 - sum(named.get(str(kind), 0.0) for kind in kinds))
        others = sum(str(kind) not in named for kind in kinds)
        chances = torch.tensor([named.get(str(kind), rest / max(1, others)) for kind in kinds])
        return chances / chances.sum() if float(chances.sum()) > 0 else torch.full((len(kinds),), 1 / len(kinds))

    def take(self, clips: LatentSet, index: torch.Tensor) -> dict[str, torch.Tensor]:
        """The clips at `index`, scaled, with the motion that the stage learns from."""
        motion = "dense" if self.recipe.stage == "tora-dense" else "motion"
        sample = {
            "video": clips.video[index].float() * SCALING_FACTOR,
            "image": clips.image[index].float() * SCALING_FACTOR,
            "motion": getattr(clips, motion)[index].float() * SCALING_FACTOR,
            "focus": clips.focus[index].float(),
            "ids": token_ids(self.tokenizer, [clips.captions[i] for i in index.tolist()]),
            "empty_ids": self.empty,
        }
        return {name: value.to(self.device) for name, value in sample.items()}


def cut_window(sample: dict[str, Any], frames: int, generator: torch.Generator) -> dict[str, Any]:
    """A batch with so many latent frames of its clips, from a place drawn evenly; motion stays the whole clip's.

    Only what begins with the clip has its picture.
    """
    first = int(torch.randint(sample["video"].shape[1] - frames + 1, (1,), generator=generator))
    window = slice(first, first + frames)
    cut = {name: sample[name][:, window] for name in ("video", "focus")}
    image = sample["image"] if first == 0 else torch.zeros_like(sample["image"])
    return {**sample, **cut, "image": image, "window": range(first, first + frames)}
