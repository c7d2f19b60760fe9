"""Training of a LoRA for any base model that the library loads (zero-SNR v-prediction, base frozen)."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from ..errors import ToraError
from ..models.rotary import rotary_positions
from .lora_data import EncodedClip
from .lora_layers import ATTENTION, LoraLayers


@dataclass(frozen=True)
class LoraRecipe:
    """Numbers of a run. text_dropout, motion_dropout, image_dropout: shares of steps without them."""

    steps: int = 500
    batch: int = 4
    rank: int = 8
    alpha: float = 8.0
    targets: tuple[str, ...] = ATTENTION
    learning_rate: float = 1e-3
    warm_up_steps: int = 20
    weight_decay: float = 1e-2
    clip: float = 1.0
    text_dropout: float = 0.1
    motion_dropout: float = 0.1
    image_dropout: float = 0.05
    seed: int = 0
    log_every: int = 25
    save_every: int = 250


def train_lora(
    pipe: Any,
    clips: Sequence[EncodedClip],
    out: Path,
    recipe: LoraRecipe,
    *,
    metadata: dict[str, str] | None = None,
    report: Callable[[str], None] = print,
) -> LoraLayers:
    """Train on encoded clips and write `out` (float16) now and then and at the end.

    pipe: a pipeline of `load_pipeline`, text- or image-to-video; its models are not changed. Motion of the clips goes
    through its frozen extractor and fusers, so that the LoRA learns to do without changing the path.
    Raises ToraError when there is nothing to train on, the sizes of the clips differ or a target names no layer.
    """
    if not clips:
        raise ToraError("there are no clips to train on.")
    if len({clip.video.shape for clip in clips}) > 1:
        raise ToraError("the clips have several lengths or sizes: train on one.")
    transformer, device = pipe.transformer, pipe.transformer.device
    transformer.requires_grad_(False)
    generator = torch.Generator().manual_seed(recipe.seed)
    layers = LoraLayers(transformer, recipe.targets, recipe.rank, recipe.alpha, generator)
    optimizer = torch.optim.AdamW(layers.parameters(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay)
    batch = _Batches(pipe, clips, recipe, generator)
    notes = {**(metadata or {}), "tora_recipe": json.dumps(asdict(recipe), sort_keys=True)}
    start, mean_loss = time.monotonic(), 0.0
    layers.attach()
    try:
        for step in range(1, recipe.steps + 1):
            for group in optimizer.param_groups:
                group["lr"] = _rate(step, recipe)
            loss = batch.loss()
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(layers.parameters(), recipe.clip)
            optimizer.step()
            mean_loss += float(loss.detach())
            if step % recipe.log_every == 0 or step == recipe.steps:
                since = (step - 1) % recipe.log_every + 1
                seconds = round(time.monotonic() - start, 1)
                report(json.dumps({"step": step, "seconds": seconds, "loss": round(mean_loss / since, 5)}))
                mean_loss = 0.0
            if step % recipe.save_every == 0 or step == recipe.steps:
                layers.save(out, metadata={**notes, "tora_steps": str(step)})
    finally:
        layers.detach()
    if device.type == "cuda":
        torch.cuda.empty_cache()
    return layers


def _rate(step: int, recipe: LoraRecipe) -> float:
    """Warm-up, then a cosine to a tenth."""
    done = step / recipe.steps
    cosine = 0.1 + 0.9 * (0.5 + 0.5 * math.cos(math.pi * done))
    return recipe.learning_rate * cosine * min(1.0, step / max(1, recipe.warm_up_steps))


class _Batches:
    """Random batches of encoded clips and the loss on them."""

    def __init__(self, pipe: Any, clips: Sequence[EncodedClip], recipe: LoraRecipe, generator: torch.Generator) -> None:
        self._pipe, self._clips, self._recipe, self._generator = pipe, clips, recipe, generator
        self._alphas = pipe.scheduler.alphas_cumprod.float()
        self._device, self._dtype = pipe.transformer.device, pipe.transformer.dtype
        self._with_image = pipe.transformer.config.in_channels == 2 * clips[0].video.shape[1]
        frames, _, height, width = clips[0].video.shape
        config = pipe.transformer.config
        self._rotary = None
        if config.use_rotary_positional_embeddings:
            self._rotary = rotary_positions(config, frames, height, width, self._device)
        self._texts = self._encode_texts(sorted({"", *(clip.caption for clip in clips)}))

    @torch.no_grad()
    def _encode_texts(self, captions: list[str]) -> dict[str, torch.Tensor]:
        length = self._pipe.transformer.config.max_text_seq_length
        texts = {}
        for caption in captions:
            embeds, _ = self._pipe.encode_prompt(
                caption, do_classifier_free_guidance=False, max_sequence_length=length, device=self._device
            )
            texts[caption] = embeds[0].to("cpu", torch.float32)
        return texts

    def loss(self) -> torch.Tensor:
        """Mean squared error of v for one batch."""
        recipe, generator = self._recipe, self._generator
        chosen = [self._clips[i] for i in torch.randint(len(self._clips), (recipe.batch,), generator=generator)]
        x0 = torch.stack([clip.video for clip in chosen]).float()
        timestep = torch.randint(len(self._alphas), (len(chosen),), generator=generator)
        noise = torch.randn(x0.shape, generator=generator)
        a = self._alphas[timestep].view(-1, 1, 1, 1, 1)
        noisy, v = a.sqrt() * x0 + (1 - a).sqrt() * noise, a.sqrt() * noise - (1 - a).sqrt() * x0
        silent = torch.rand(len(chosen), generator=generator) < recipe.text_dropout
        text = [self._texts["" if mute else clip.caption] for clip, mute in zip(chosen, silent.tolist(), strict=True)]
        still = bool(torch.rand(1, generator=generator) < recipe.motion_dropout)
        bare = torch.rand(len(chosen), generator=generator) < recipe.image_dropout
        if self._with_image:
            image = torch.zeros_like(x0)
            image[:, :1] = torch.stack([clip.image for clip in chosen]).float() * ~bare.view(-1, 1, 1, 1, 1)
            noisy = torch.cat([noisy, image], dim=2)
        predicted = self._pipe.transformer(
            hidden_states=noisy.to(self._device, self._dtype),
            encoder_hidden_states=torch.stack(text).to(self._device, self._dtype),
            timestep=timestep.to(self._device),
            motion_features=None if still else self._features(chosen),
            image_rotary_emb=self._rotary,
            return_dict=False,
        )[0]
        return (predicted.float() - v.to(self._device)).square().mean()

    @torch.no_grad()
    def _features(self, chosen: list[EncodedClip]) -> list[torch.Tensor] | None:
        """Of the clips' motion; None unless all of them have one."""
        motions = [clip.motion for clip in chosen if clip.motion is not None]
        if len(motions) < len(chosen):
            return None
        features = self._pipe.transformer.encode_motion(torch.stack(motions).to(self._device, torch.float32))
        return [feature.to(self._dtype) for feature in features]
