"""Training of text encoder, transformer, extractor and fusers on encoded clips (zero-SNR v-prediction).

One network learns text-to-video and image-to-video at once: it has the 32 input channels of image-to-video, and the
image's half is zero for a share of the samples. The text-to-video model is the same network without that half of
its patch embedding (`split_text_to_video`), which is exact, since zeros add nothing.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from diffusers import CogVideoXDDIMScheduler
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

from ..errors import CheckpointError
from ..models import ToraTransformer3DModel
from ..models.rotary import rotary_positions
from ..motion import MotionFuser, MotionGuidance
from ..motion.fuser import State
from .ema import Ema
from .latents import LatentSet, load_latents
from .text import MAX_TOKENS, TEXT_WIDTH, build_text_encoder, build_tokenizer, token_ids

LATENT_CHANNELS = 16


def build_transformer(layers: int = 6, heads: int = 3, image_to_video: bool = True) -> ToraTransformer3DModel:
    """The bundled model's transformer, untrained; head size 64 and rotary positions as ComfyUI's detection wants."""
    return ToraTransformer3DModel(
        num_attention_heads=heads,
        attention_head_dim=64,
        in_channels=LATENT_CHANNELS * (2 if image_to_video else 1),
        time_embed_dim=128,
        text_embed_dim=TEXT_WIDTH,
        num_layers=layers,
        max_text_seq_length=MAX_TOKENS,
        motion_channels=64,
    )


def build_scheduler() -> CogVideoXDDIMScheduler:
    """CogVideoX-5B's noise schedule: zero-SNR v-prediction, scaled-linear betas, trailing steps."""
    return CogVideoXDDIMScheduler(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        prediction_type="v_prediction",
        rescale_betas_zero_snr=True,
        snr_shift_scale=1.0,
        timestep_spacing="trailing",
        set_alpha_to_one=True,
        clip_sample=False,
    )


class MotionDropout(MotionGuidance):
    """Motion of a batch in which some samples go without: gamma and beta are zero there, which is the base model."""

    def __init__(self, features: list[torch.Tensor], keep: torch.Tensor) -> None:
        super().__init__(features)
        self.keep = keep

    def state(self, index: int, fuser: MotionFuser, frames: int) -> State:
        return tuple(part * self.keep.view(-1, *[1] * (part.ndim - 1)) for part in super().state(index, fuser, frames))


class TextToMotionVideo(nn.Module):
    """What is trained together: `text_encoder` and `transformer`."""

    def __init__(self, text_encoder: nn.Module, transformer: ToraTransformer3DModel) -> None:
        super().__init__()
        self.text_encoder = text_encoder
        self.transformer = transformer

    def forward(
        self,
        noisy: torch.Tensor,
        image: torch.Tensor,
        ids: torch.Tensor,
        timestep: torch.Tensor,
        motion: torch.Tensor | None,
        keep_motion: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """v-prediction (B, F', 16, h, w); `keep_motion` (B,) is 0 where a sample is to go without motion."""
        text = self.text_encoder(input_ids=ids).last_hidden_state
        frames, _, height, width = noisy.shape[1:]
        rotary = rotary_positions(self.transformer.config, frames, height, width)
        features: list[torch.Tensor] | MotionDropout | None = None
        if motion is not None:
            encoded = self.transformer.encode_motion(motion)
            features = encoded if keep_motion is None else MotionDropout(encoded, keep_motion)
        return self.transformer(
            hidden_states=torch.cat([noisy, image], dim=2),
            encoder_hidden_states=text,
            timestep=timestep,
            motion_features=features,
            image_rotary_emb=rotary,
            return_dict=False,
        )[0]


@dataclass(frozen=True)
class DiffusionRecipe:
    """Numbers of the joint draft stage; `seconds` of wall time ends it and drives the learning rate."""

    seconds: float = 3600.0
    batch: int = 8
    layers: int = 6
    learning_rate: float = 4e-4
    final_rate: float = 4e-5
    warm_up_steps: int = 200
    weight_decay: float = 1e-2
    clip: float = 1.0
    text_dropout: float = 0.1
    motion_dropout: float = 0.2
    image_dropout: float = 0.6
    ema_decay: float = 0.998
    seed: int = 0
    log_every: int = 25
    save_every: int = 250
    reload_every: int = 100
    betas: tuple[float, float] = field(default=(0.9, 0.99))


def batches(
    folder: Path, first: LatentSet, recipe: DiffusionRecipe, generator: torch.Generator
) -> Iterator[tuple[LatentSet, torch.Tensor]]:
    """Endless (set, indices); the folder is read again now and then, so that encoding can go on beside training."""
    latents, step = first, 0
    while True:
        if step and step % recipe.reload_every == 0:
            latents = load_latents(folder)
        yield latents, torch.randint(len(latents), (recipe.batch,), generator=generator)
        step += 1


def training_loss(
    model: TextToMotionVideo,
    alphas_cumprod: torch.Tensor,
    sample: dict[str, torch.Tensor],
    recipe: DiffusionRecipe,
    generator: torch.Generator,
) -> torch.Tensor:
    """Mean squared error of v for one batch of SCALED latents (B, F', 16, h, w) in `sample`."""
    x0 = sample["video"]
    batch = x0.shape[0]
    timestep = torch.randint(len(alphas_cumprod), (batch,), generator=generator)
    noise = torch.randn(x0.shape, generator=generator)
    a = alphas_cumprod[timestep].float().view(-1, 1, 1, 1, 1)
    noisy = a.sqrt() * x0 + (1 - a).sqrt() * noise
    v = a.sqrt() * noise - (1 - a).sqrt() * x0
    image = torch.zeros_like(x0)
    with_image = (torch.rand(batch, generator=generator) >= recipe.image_dropout).float()
    image[:, :1] = sample["image"] * with_image.view(-1, 1, 1, 1, 1)
    with_text = torch.rand(batch, generator=generator) >= recipe.text_dropout
    ids = torch.where(with_text[:, None], sample["ids"], sample["empty_ids"])
    keep = (torch.rand(batch, generator=generator) >= recipe.motion_dropout).float()
    predicted = model(noisy, image, ids, timestep, sample["motion"], keep)
    return (predicted - v).square().mean()


def train_diffusion(
    latents: Path,
    out: Path,
    scaling_factor: float,
    recipe: DiffusionRecipe,
    resume: Path | None = None,
    report: Callable[[str], None] = print,
) -> TextToMotionVideo:
    """Train on the latents in a folder; EMA weights go to `out`/weights.safetensors (float16) now and then."""
    first = load_latents(latents)
    torch.manual_seed(recipe.seed)
    generator = torch.Generator().manual_seed(recipe.seed)
    tokenizer = build_tokenizer()
    model = TextToMotionVideo(build_text_encoder(len(tokenizer)), build_transformer(recipe.layers))
    if resume is not None:
        load_weights(model, resume)
    model.train()
    ema = Ema(model, recipe.ema_decay)
    decayed = [p for p in model.parameters() if p.ndim > 1]
    plain = [p for p in model.parameters() if p.ndim <= 1]
    optimizer = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": recipe.weight_decay}, {"params": plain, "weight_decay": 0.0}],
        lr=recipe.learning_rate,
        betas=recipe.betas,
    )
    alphas_cumprod = build_scheduler().alphas_cumprod.float()
    empty = token_ids(tokenizer, [""])
    out.mkdir(parents=True, exist_ok=True)
    log = (out / "log.jsonl").open("a")
    start, step, mean_loss = time.monotonic(), 0, 0.0
    for data, index in batches(latents, first, recipe, generator):
        done = (time.monotonic() - start) / recipe.seconds
        if done >= 1:
            break
        cosine = recipe.final_rate + (recipe.learning_rate - recipe.final_rate) * (0.5 + 0.5 * math.cos(math.pi * done))
        for group in optimizer.param_groups:
            group["lr"] = cosine * min(1, (step + 1) / recipe.warm_up_steps)
        sample = {name: getattr(data, name)[index].float() * scaling_factor for name in ("video", "image", "motion")}
        sample["ids"] = token_ids(tokenizer, [data.captions[i] for i in index])
        sample["empty_ids"] = empty
        loss = training_loss(model, alphas_cumprod, sample, recipe, generator)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), recipe.clip)
        optimizer.step()
        ema.update(model)
        step += 1
        mean_loss += float(loss.detach()) / recipe.log_every
        if step % recipe.log_every == 0:
            seconds = round(time.monotonic() - start, 1)
            row = {"step": step, "seconds": seconds, "loss": mean_loss, "grad": float(norm), "clips": len(data)}
            log.write(json.dumps(row) + "\n")
            log.flush()
            report(json.dumps(row))
            mean_loss = 0.0
        if step % recipe.save_every == 0:
            save_weights(ema, out / "weights.safetensors")
    save_weights(ema, out / "weights.safetensors")
    (out / "recipe.json").write_text(json.dumps({**asdict(recipe), "steps": step}, indent=2) + "\n")
    log.close()
    ema.copy_to(model)
    return model.eval()


def load_weights(model: TextToMotionVideo, path: Path) -> None:
    """Load what `save_weights` wrote, as float32; CheckpointError when it is of another model."""
    try:
        values = {key: value.float() for key, value in load_file(path).items()}
        model.load_state_dict(values, strict=True)
    except (RuntimeError, SafetensorError) as error:
        reason = str(error).strip().splitlines()[0]
        raise CheckpointError(f"{path} holds no weights of this model ({reason}). Name weights.safetensors.") from error


def save_weights(ema: Ema, path: Path) -> None:
    """Write the averaged weights as float16 (counters stay whole numbers), whole or not at all."""
    part = path.with_suffix(".part")
    values = {key: value.half() if value.is_floating_point() else value for key, value in ema.values.items()}
    # T5 names its embedding twice; safetensors refuses two names for one memory, and a copy each is small.
    save_file({key: value.clone().contiguous() for key, value in values.items()}, part)
    part.replace(path)
