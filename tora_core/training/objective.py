"""Zero-SNR v-prediction on encoded clips: one batch in, one loss out."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from .diffusion import TextToMotionVideo


@dataclass(frozen=True)
class Dropouts:
    """Shares of samples that go without text, without motion, and without the first frame (text-to-video)."""

    text: float = 0.1
    motion: float = 0.0
    image: float = 0.5


def draw_timesteps(count: int, schedule: int, late: float, generator: torch.Generator) -> torch.Tensor:
    """Timesteps (count,) in 0..schedule-1: evenly for late = 0; above that, more of the noisy ones.

    Their density grows as t**late: what is where and in which color is decided at high noise.
    """
    u = torch.rand(count, generator=generator) ** (1 / (1 + late))
    return (u * schedule).long().clamp(max=schedule - 1)


def training_loss(
    model: TextToMotionVideo,
    alphas_cumprod: torch.Tensor,
    sample: dict[str, torch.Tensor],
    generator: torch.Generator,
    dropouts: Dropouts | None = None,
    *,
    with_motion: bool = True,
    focus: float = 0.0,
    late: float = 0.0,
) -> torch.Tensor:
    """Mean squared error of v for one batch of SCALED latents.

    Samples that keep their motion are weighted by 1 + focus * `sample["focus"]`: the weight follows from the tracks
    that these samples are told, so the best prediction stays the same; without motion it would not.

    sample: video and motion (B, F', 16, h, w), image (B, 1, 16, h, w), ids and empty_ids of the text, focus (B, F', h,
    w). With `window`, some latent frames, video and focus have only these. Random numbers come from `generator` (on the
    CPU) only, so a step can be repeated.
    """
    dropouts = dropouts or Dropouts()
    x0 = sample["video"]
    device, batch = x0.device, x0.shape[0]
    timestep = draw_timesteps(batch, len(alphas_cumprod), late, generator)
    noise = torch.randn(x0.shape, generator=generator).to(device)
    a = alphas_cumprod[timestep].float().view(-1, 1, 1, 1, 1).to(device)
    noisy = a.sqrt() * x0 + (1 - a).sqrt() * noise
    v = a.sqrt() * noise - (1 - a).sqrt() * x0
    with_image = _kept(batch, dropouts.image, generator).to(device)
    image = torch.zeros_like(x0)
    image[:, :1] = sample["image"] * with_image.view(-1, 1, 1, 1, 1)
    with_text = _kept(batch, dropouts.text, generator).bool().to(device)
    ids = torch.where(with_text[:, None], sample["ids"], sample["empty_ids"])
    keep = _kept(batch, dropouts.motion, generator).to(device)
    motion = sample["motion"] if with_motion else None
    whole = bool(keep.all())
    kept = None if motion is None or whole else keep
    predicted = model(noisy, image, ids, timestep.to(device), motion, kept, sample.get("window"))
    square = (predicted.float() - v).square().mean(dim=2)
    if focus == 0 or not with_motion:
        return square.mean()
    weight = 1 + focus * sample["focus"] * keep.view(-1, 1, 1, 1)
    return (weight * square).sum() / weight.sum()


def _kept(count: int, dropout: float, generator: torch.Generator) -> torch.Tensor:
    return (torch.rand(count, generator=generator) >= dropout).float()
