"""The stage `decoder`: the VAE's decoder alone, on encoded clips and the pictures that they came from.

Latents stay as they are, so that what was trained on them stays good. A fresh decoder with Muon: 30.4 dB on held-out
calm clips after 3,600 steps; one that went on from the draft's with AdamW came to 28.5, the draft itself to 27.3.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKLCogVideoX
from torch import nn

from ..errors import ToraError
from ..motion import flow_to_rgb, render_motion
from .ema import Ema
from .fast_conv import fast_spatial_norms
from .latents import ClipKind, LatentSet, load_latents
from .loop import Schedule, Stage, autocast, choose_device, generator_for
from .optimizers import decoder_optimizer
from .scenes import CALM_SEED, draw_any
from .strips import write_strip
from .synthetic import Clip
from .vae import build_vae, load_vae
from .vae_stage import channels_last, decibel, picture_loss

CELL = 8
"""Pixels of a latent's cell."""


@dataclass(frozen=True)
class DecoderRecipe:
    """Numbers of the decoder's stage."""

    schedule: Schedule = field(
        default_factory=lambda: Schedule(steps=3600, warm_up=20, decay=0.4, ema=0.995, sample_every=300)
    )
    batch: int = 2
    crop: int = 64
    whole: float = 0.1
    """Share of steps on one whole clip: group norms see the levels of a whole frame when the decoder is used."""
    calm: float = 0.6
    """Share of calm clips where the folder holds both kinds."""
    motion: float = 0.1
    dense: float = 0.05
    """Shares of motion pictures and of dense flow pictures in place of clips."""
    learning_rate: float = 3e-3
    """Muon's, for the kernels."""
    other_rate: float = 1e-3
    edges: float = 1.0
    """Weight of the error between neighbouring pixels' differences: what makes a corner a corner."""
    latent_noise: float = 0.2
    """Most noise that is added to a sample's latents (between none and this much, by chance): a decoder that has seen
    it makes calm pictures of latents that a model drew not quite right. Unscaled latents have a spread of 0.87."""
    fresh: bool = False
    """Begin with a new decoder."""
    precision: str = "auto"

    def __post_init__(self) -> None:
        if not 0 <= self.latent_noise <= 1:
            raise ToraError(f"latent_noise is {self.latent_noise}, expected 0 to 1.")
        if self.crop % CELL or self.crop < 2 * CELL:
            raise ToraError(f"crop is {self.crop}; expected a multiple of {CELL}, at least {2 * CELL}.")
        if self.batch < 1 or min(self.motion, self.dense) < 0 or self.motion + self.dense > 1:
            raise ToraError(
                f"batch is {self.batch}, motion {self.motion}, dense {self.dense}; expected at least 1, and shares."
            )


class Pairs:
    """Latents and the pictures they stand for, of every encoded clip, drawn anew from its seed."""

    def __init__(self, sets: dict[ClipKind, LatentSet], recipe: DecoderRecipe) -> None:
        self.sets, self.recipe = sets, recipe

    def __call__(self, step: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """(B, 16, F', h, w) latents, (B, 3, F, H, W) in [-1, 1], and bool (B,) which are clips, for a step."""
        recipe, rng = self.recipe, np.random.default_rng((self.recipe.schedule.seed, step))
        kinds = list(self.sets)
        counts = np.array([len(found) for found in self.sets.values()], float)
        kind = kinds[int(rng.choice(len(kinds), p=counts / counts.sum()))]
        whole = rng.random() < recipe.whole
        latents, pictures, clips = [], [], []
        for _ in range(1 if whole else recipe.batch):
            latent, picture, clip, is_clip = self._pick(rng, kind)
            if not whole:
                latent, picture = _crop(rng, latent, picture, clip, recipe.crop)
            latents.append(latent)
            pictures.append(picture)
            clips.append(is_clip)
        video = torch.stack(pictures).permute(0, 4, 1, 2, 3) * 2 - 1
        return torch.stack(latents).transpose(1, 2), video, torch.tensor(clips)

    def _pick(self, rng: np.random.Generator, kind: ClipKind) -> tuple[torch.Tensor, torch.Tensor, Clip, bool]:
        recipe, found = self.recipe, self.sets[kind]
        calm = np.array(found.seeds) >= CALM_SEED
        if calm.any() and not calm.all():
            rows = np.flatnonzero(calm == (rng.random() < recipe.calm))
        else:
            rows = np.arange(len(found))
        row = int(rng.choice(rows))
        clip = draw_any(found.seeds[row], frames=kind.frames, size=(kind.height, kind.width))
        if clip.caption != found.captions[row]:
            raise ToraError(
                f"clip {found.seeds[row]} is {clip.caption!r} now and was {found.captions[row]!r} when it was encoded, "
                "by another version of the code: encode again."
            )
        share = rng.random()
        if share < recipe.motion:
            return found.motion[row].float(), render_motion(clip.tracks), clip, False
        if share < recipe.motion + recipe.dense:
            return found.dense[row].float(), flow_to_rgb(torch.from_numpy(clip.flow)), clip, False
        return found.video[row].float(), torch.from_numpy(clip.frames).float() / 255, clip, True


def _crop(
    rng: np.random.Generator, latent: torch.Tensor, picture: torch.Tensor, clip: Clip, side: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """The same square of latents (F', 16, h, w) and pictures (F, H, W, 3), mostly around a thing."""
    height, width = picture.shape[1:3]
    if rng.random() < 0.85:
        centers = clip.things[int(rng.integers(len(clip.things)))].centers_px
        corner = centers[rng.integers(len(centers))] + rng.uniform(-0.35, 0.35, 2) * side - side / 2
    else:
        corner = rng.uniform(0, [max(1, width - side), max(1, height - side)])
    left, top = (
        int(np.clip(round(value / CELL), 0, max(0, size - side) // CELL))
        for value, size in zip(corner, (width, height), strict=True)
    )
    cells = side // CELL
    return (
        latent[:, :, top : top + cells, left : left + cells],
        picture[:, top * CELL : top * CELL + side, left * CELL : left * CELL + side],
    )


@torch.no_grad()
def renew(decoder: nn.Module, seed: int) -> None:
    """Give a decoder PyTorch's own start, with spatial norms that hardly depend on the latent at first."""
    torch.manual_seed(seed)
    decoder.load_state_dict(build_vae().decoder.state_dict())
    for name, module in decoder.named_modules():
        if name.endswith("conv_y.conv"):
            module.weight *= 0.1
            module.bias.fill_(1)
        elif name.endswith("conv_b.conv"):
            module.weight *= 0.3
            module.bias.zero_()


def train_decoder(
    latents: Path,
    start: Path,
    out: Path,
    recipe: DecoderRecipe,
    *,
    device: str | None = None,
    stop_after: float | None = None,
    report: Callable[[str], None] | None = None,
) -> bool:
    """Train the decoder of the VAE in the folder `start`, which encoded `latents`, into the folder `out`.

    `out` gets the whole VAE, float16, its decoder averaged. True when all steps are done; called again with the same
    `out` it goes on from the last saved state.
    """
    where, pairs = choose_device(device), Pairs(load_latents(latents), recipe)
    vae = load_vae(start)
    vae.requires_grad_(False)
    decoder = vae.decoder.requires_grad_(True)
    if recipe.fresh:
        renew(decoder, recipe.schedule.seed)
    vae.to(where).train()
    channels_last(decoder)
    fast_spatial_norms(vae)
    optimizer = decoder_optimizer(decoder, kernel_rate=recipe.learning_rate, learning_rate=recipe.other_rate)

    def losses(step: int) -> dict[str, torch.Tensor]:
        z, x, clips = pairs(step)
        generator = generator_for(recipe.schedule.seed, step)
        noise = torch.randn(z.shape, generator=generator)
        noise *= recipe.latent_noise * torch.rand(len(z), 1, 1, 1, 1, generator=generator)
        with autocast(where, recipe.precision):
            y = vae.decode((z + noise).to(where)).sample
        error = y.float() - x.to(where)
        square = error.square().mean(dim=(1, 2, 3, 4)).cpu()
        found = {"loss": picture_loss(error, recipe.edges)}
        return {**found, "db": decibel(square), "clips": clips.float().mean()}

    def averaged(ema: Ema) -> AutoencoderKLCogVideoX:
        whole = load_vae(start)
        ema.copy_to(whole.decoder)
        return whole

    def export(ema: Ema) -> None:
        averaged(ema).half().save_pretrained(out)

    @torch.no_grad()
    def sample(ema: Ema, step: int) -> None:
        model = averaged(ema).to(where)
        z, x, _ = pairs(2**31)
        with autocast(where, recipe.precision):
            y = model.decode(z.to(where)).sample.float().cpu()
        write_strip(
            out / f"strip_{step:06d}.png", [v.permute(1, 2, 3, 0) for pair in zip(x, y, strict=True) for v in pair]
        )

    stage = Stage(out, [decoder], decoder, optimizer, recipe.schedule, asdict(recipe), export, report)
    return stage.run(losses, sample, stop_after)


def preset(name: str) -> DecoderRecipe:
    """The recipe "demo", with which the bundled decoder is made, or "smoke", which only shows that all runs."""
    if name == "demo":
        return DecoderRecipe()
    if name != "smoke":
        raise ToraError(f"preset is {name!r}, expected demo or smoke.")
    return DecoderRecipe(Schedule(steps=3, warm_up=1, log_every=1, sample_every=3, ema=0.5), crop=16)
