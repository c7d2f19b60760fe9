"""Stage 1: the VAE, on crops of clips, of motion pictures and of dense flow pictures, since it encodes all of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import AutoencoderKLCogVideoX
from torch import nn

from ..errors import ToraError
from ..motion import flow_to_rgb, render_motion
from .ema import Ema
from .fast_conv import fast_spatial_norms
from .loop import Schedule, Stage, autocast, choose_device, generator_for
from .scenes import draw_scene
from .strips import write_strip
from .synthetic import Clip
from .vae import build_vae, load_vae, standardise_latents
from .vae_start import linear_start

START_LOG_VARIANCE = -6.5
FIRST_SEED = 400_000_000
"""The VAE draws its clips from here on; those that are encoded for the transformer begin at 0."""


@dataclass(frozen=True)
class VaeRecipe:
    """Numbers of the VAE stage; `start_steps` only count when there is no VAE to start from."""

    schedule: Schedule = field(
        default_factory=lambda: Schedule(steps=4000, warm_up=60, decay=0.3, ema=0.995, sample_every=200)
    )
    start_steps: int = 500
    batch: int = 2
    crop: int = 64
    whole: float = 0.1
    """Share of steps on whole frames: group norms see the levels of a whole frame when the VAE is used."""
    frames: int = 17
    learning_rate: float = 0.12
    kl_weight: float = 5e-4
    dense: float = 0.25
    """Share of dense flow among the pictures of motion."""
    edges: float = 1.0
    """Weight of the error between neighbouring pixels' differences: what makes a corner a corner."""
    precision: str = "auto"

    def __post_init__(self) -> None:
        if self.frames % 8 != 1:
            raise ToraError(f"frames is {self.frames}; the VAE works on 8k+1 frames: 9, 17, 25, ...")
        if self.crop % 8 or not 16 <= self.crop <= 128:
            raise ToraError(f"crop is {self.crop}; expected a multiple of 8 between 16 and 128.")


def batch_of(recipe: VaeRecipe, step: int) -> torch.Tensor:
    """(B, 3, F, side, side) in [-1, 1] of a step: even samples are clips, odd ones pictures of their motion."""
    rng = np.random.default_rng((recipe.schedule.seed, step))
    side = 128 if rng.random() < recipe.whole else recipe.crop
    batch = []
    for index in range(recipe.batch):
        seed = FIRST_SEED + (recipe.schedule.seed * 10_000_019 + step * recipe.batch + index) % 400_000_000
        clip = draw_scene(seed, frames=recipe.frames)
        if index % 2 == 0:
            video = torch.from_numpy(clip.frames).float() / 255
        elif rng.random() < recipe.dense:
            video = flow_to_rgb(torch.from_numpy(clip.flow))
        else:
            video = render_motion(clip.tracks)
        batch.append(_crop(video, clip, rng, side))
    return torch.stack(batch).permute(0, 4, 1, 2, 3) * 2 - 1


def _crop(video: torch.Tensor, clip: Clip, rng: np.random.Generator, side: int) -> torch.Tensor:
    """A square of (F, H, W, 3), mostly around a thing: what is empty is soon learned."""
    height, width = video.shape[1:3]
    if rng.random() < 0.8:
        centers = clip.things[int(rng.integers(len(clip.things)))].centers_px
        x, y = centers[rng.integers(len(centers))] + rng.uniform(-side / 2, side / 2, 2) - side / 2
    else:
        x, y = rng.uniform(0, max(1, width - side)), rng.uniform(0, max(1, height - side))
    left, top = int(np.clip(x, 0, width - side)), int(np.clip(y, 0, height - side))
    return video[:, top : top + side, left : left + side]


def parameter_groups(model: nn.Module, learning_rate: float) -> list[dict[str, Any]]:
    """A group a parameter: its rate is `learning_rate` / fan-in, and at most a thousandth of it.

    Adam's steps are alike for every weight, so a layer that sums over thousands of inputs (27 taps of 128 channels)
    would move thousands of times as far as one that sums over few; dividing by the fan-in evens that out. The bound
    is for biases, and for the few layers of small fan-in that everything else hangs on: measured one layer at a time,
    a step of 1e-3 down the gradient of the encoder's conv_in made the error half as large again, while hardly any
    other layer changed it by a tenth.
    """
    groups = []
    for parameter in model.parameters():
        fan_in = parameter[0].numel() if parameter.ndim > 1 else 1
        groups.append({"params": [parameter], "full_rate": learning_rate / max(fan_in, 1000), "lr": 0.0})
    return groups


def start_vae(recipe: VaeRecipe, report: Callable[[str], None] = print) -> AutoencoderKLCogVideoX:
    """A VAE with its linear start and standardised latents (`vae_start.py`)."""
    torch.manual_seed(recipe.schedule.seed)
    vae = build_vae()
    linear_start(vae, _endless(recipe), recipe.start_steps, report=report)
    standardise_latents(vae, clips=8, frames=recipe.frames)
    with torch.no_grad():  # little noise at first, measured against latents of spread 1 / SCALING_FACTOR
        vae.encoder.conv_out.conv.bias[vae.config.latent_channels :] = START_LOG_VARIANCE
    return vae


def _endless(recipe: VaeRecipe) -> Iterator[torch.Tensor]:
    step = 2**30  # not the batches that the stage itself will see
    while True:
        yield batch_of(recipe, step)
        step += 1


def train_vae(
    out: Path,
    recipe: VaeRecipe,
    start: Path | None = None,
    *,
    device: str | None = None,
    stop_after: float | None = None,
    report: Callable[[str], None] | None = None,
) -> bool:
    """Train into the folder `out` (EMA weights in float16); `start` is a VAE's folder. True when all steps are done.

    Called again with the same `out` it goes on from the last saved state.
    """
    where = choose_device(device)
    if (out / "state.pt").exists():
        vae = build_vae() if start is None else load_vae(start)  # its weights come with the state
    else:
        vae = start_vae(recipe) if start is None else load_vae(start)
    vae.to(where).train()
    channels_last(vae)
    fast_spatial_norms(vae)
    optimizer = torch.optim.AdamW(parameter_groups(vae, recipe.learning_rate), betas=(0.9, 0.99), weight_decay=1e-4)

    def losses(step: int) -> dict[str, torch.Tensor]:
        x = batch_of(recipe, step).to(where)
        with autocast(where, recipe.precision):
            posterior = vae.encode(x).latent_dist
            mean, log_variance = posterior.mean.float(), posterior.logvar.float()
            noise = torch.randn(mean.shape, generator=generator_for(recipe.schedule.seed, step)).to(where)
            y = vae.decode(mean + (0.5 * log_variance).exp() * noise).sample
        error = y.float() - x
        square = error.square().mean(dim=(1, 2, 3, 4))
        kl = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).mean()
        loss = picture_loss(error, recipe.edges) + recipe.kl_weight * kl
        return {
            "loss": loss,
            "kl": kl,
            "clip_db": decibel(square[0::2]),
            "motion_db": decibel(square[1::2]),
            "latent_std": mean.std(),
        }

    def averaged(ema: Ema) -> AutoencoderKLCogVideoX:
        return ema.copy_to(type(vae).from_config(vae.config))

    def export(ema: Ema) -> None:
        averaged(ema).half().save_pretrained(out)

    @torch.no_grad()
    def sample(ema: Ema, step: int) -> None:
        model = averaged(ema).to(where).eval()
        x = batch_of(recipe, 2**31).to(where)
        with autocast(where, recipe.precision):
            y = model.decode(model.encode(x).latent_dist.mode()).sample.float()
        rows = [v.permute(1, 2, 3, 0).cpu() for pair in zip(x, y, strict=True) for v in pair]
        write_strip(out / f"strip_{step:06d}.png", rows)

    stage = Stage(out, [vae], vae, optimizer, recipe.schedule, asdict(recipe), export, report)
    return stage.run(losses, sample, stop_after)


def channels_last(model: nn.Module) -> None:
    """Lay out the kernels of 3D convolutions as CPU kernels are quickest with."""
    for module in model.modules():
        if isinstance(module, nn.Conv3d):
            module.weight.data = module.weight.data.to(memory_format=torch.channels_last_3d)


def picture_loss(error: torch.Tensor, edges: float) -> torch.Tensor:
    """What errors (B, 3, F, H, W) of pictures in [-1, 1] cost: squares, sizes, and those of edges `edges` times."""
    return 10 * error.square().mean() + error.abs().mean() + edges * steps_of(error)


def steps_of(error: torch.Tensor) -> torch.Tensor:
    """Mean absolute difference of neighbours, across and down, of errors (B, 3, F, H, W); each counts half."""
    across, down = error.diff(dim=-1).abs().mean(), error.diff(dim=-2).abs().mean()
    return (across + down) / 2


def decibel(square: torch.Tensor) -> torch.Tensor:
    """Mean over samples of the PSNR in dB of pictures in [-1, 1] from mean squared errors (N,)."""
    return (10 * torch.log10(4 / square.detach().clamp(min=1e-12))).mean() if len(square) else torch.tensor(math.nan)


def preset(name: str) -> VaeRecipe:
    """The recipe "demo", with which the bundled VAE is made, or "smoke", which only shows that all runs."""
    if name == "demo":
        return VaeRecipe()
    if name != "smoke":
        raise ToraError(f"preset is {name!r}, expected demo or smoke.")
    schedule = Schedule(steps=3, warm_up=1, log_every=1, sample_every=3, ema=0.5)
    return VaeRecipe(schedule, start_steps=2, crop=16, frames=9, whole=0.0)
