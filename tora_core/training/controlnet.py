"""Training of a ControlNet on the edges of clips, for any base model that the library loads (base frozen).

It starts as a copy of the base's first blocks whose residuals are zero, and learns the v-prediction with the clip's
own edges as its hint. Source of the network: TheDenk/cogvideox-controlnet, which starts from a copy as well; the output
projections that begin at zero are ControlNet's (arXiv 2302.05543).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ..checkpoints.controlnet import save_controlnet
from ..errors import ToraError
from ..evaluation.edges import edges
from ..models.controlnet import CogVideoXControlNet, ControlNetSize, adding, initialise_controlnet
from ..models.rotary import rotary_positions
from .ema import Ema
from .loop import Schedule, Stage, generator_for
from .lora_data import EncodedClip, TrainingClip, encode_all


@dataclass(frozen=True)
class ControlRecipe:
    """Numbers of a run besides its schedule. text_dropout, image_dropout: shares of clips without them; motion_dropout:
    of steps. Motion is often left out, so that the hint has to lead by itself.
    """

    batch: int = 8
    layers: int = 3
    learning_rate: float = 6e-4
    weight_decay: float = 1e-2
    text_dropout: float = 0.1
    motion_dropout: float = 0.6
    image_dropout: float = 0.7


@dataclass(frozen=True, eq=False)
class HintedClip:
    """An encoded clip and its edges, uint8 (F, H, W / 8), eight pixels to a byte."""

    encoded: EncodedClip
    packed: np.ndarray

    def hint(self) -> torch.Tensor:
        """Pictures (F, 3, H, W) of -1 and 1."""
        lines = torch.from_numpy(np.unpackbits(self.packed, axis=-1)).float()
        return (lines * 2 - 1)[:, None].expand(-1, 3, -1, -1)


def encode_with_edges(pipe: Any, clips: Iterator[TrainingClip], report: Callable[[str], None]) -> list[HintedClip]:
    """Every clip through a pipeline's VAE, and its Canny edges; widths are multiples of 16."""
    packed: list[np.ndarray] = []

    def watched() -> Iterator[TrainingClip]:
        for clip in clips:
            packed.append(np.packbits(edges(clip.frames) > 0, axis=-1))
            yield clip

    encoded = encode_all(pipe, watched(), report)
    return [HintedClip(clip, lines) for clip, lines in zip(encoded, packed, strict=True)]


def new_controlnet(transformer: Any, layers: int) -> CogVideoXControlNet:
    """A ControlNet for a CogVideoX transformer, float32 on its device, that adds nothing yet.

    Raises ToraError when the base has fewer blocks or learned positions only.
    """
    config = transformer.config
    if not 1 <= layers <= config.num_layers:
        raise ToraError(f"a ControlNet of {layers} blocks was asked for, the model has {config.num_layers}.")
    width = config.num_attention_heads * config.attention_head_dim
    size = ControlNetSize(
        layers=layers,
        width=width,
        head=config.attention_head_dim,
        time=config.time_embed_dim,
        text=config.text_embed_dim,
        out=width,
        latent_channels=config.out_channels,
        sine=not config.use_rotary_positional_embeddings,
    )
    net = CogVideoXControlNet(size)
    initialise_controlnet(net, {key: value.float().cpu() for key, value in transformer.state_dict().items()})
    return net.to(transformer.device)


def train_controlnet(
    pipe: Any,
    clips: Sequence[HintedClip],
    out: Path,
    recipe: ControlRecipe,
    schedule: Schedule,
    *,
    notes: dict[str, Any] | None = None,
    report: Callable[[str], None] | None = print,
) -> CogVideoXControlNet:
    """Train on hinted clips; averaged weights go to the folder `out`, in the published form, beside what loop.py keeps.

    A run that was stopped goes on where it was. pipe: a pipeline of `load_pipeline`, text- or image-to-video; its
    models are not changed. A ControlNet that was trained on the image-to-video model with many images dropped serves
    both. notes: kept in recipe.json.
    Raises ToraError when there is nothing to train on, or the clips differ in size.
    """
    if not clips:
        raise ToraError("there are no clips to train on.")
    if len({clip.encoded.video.shape for clip in clips}) > 1:
        raise ToraError("the clips have several lengths or sizes: train on one.")
    torch.manual_seed(schedule.seed)
    pipe.transformer.requires_grad_(False)
    net = new_controlnet(pipe.transformer, recipe.layers).train()
    full = {"full_rate": recipe.learning_rate, "lr": 0.0}
    optimizer = torch.optim.AdamW(
        [
            {"params": [p for p in net.parameters() if p.ndim > 1], "weight_decay": recipe.weight_decay, **full},
            {"params": [p for p in net.parameters() if p.ndim <= 1], "weight_decay": 0.0, **full},
        ],
        betas=(0.9, 0.99),
    )

    def export(ema: Ema) -> None:
        save_controlnet(ema.copy_to(CogVideoXControlNet(net.size)), out, "float16")

    told = {**asdict(recipe), **(notes or {}), "clips": len(clips)}
    stage = Stage(out, [net], net, optimizer, schedule, told, export, report)
    losses = _Losses(pipe, net, clips, recipe)
    stage.run(lambda step: {"loss": losses.at(generator_for(schedule.seed, step))})
    return stage.ema.copy_to(net).eval()


class _Losses:
    """Mean squared errors of v on random batches, with the ControlNet's residuals in the frozen base."""

    def __init__(
        self,
        pipe: Any,
        net: CogVideoXControlNet,
        clips: Sequence[HintedClip],
        recipe: ControlRecipe,
    ) -> None:
        self._pipe, self._net, self._clips, self._recipe = pipe, net, clips, recipe
        self._alphas = pipe.scheduler.alphas_cumprod.float()
        self._device, self._dtype = pipe.transformer.device, pipe.transformer.dtype
        config = pipe.transformer.config
        frames, channels, height, width = clips[0].encoded.video.shape
        self._with_image = config.in_channels == 2 * channels
        self._rotary = None
        if config.use_rotary_positional_embeddings:
            self._rotary = rotary_positions(config, frames, height, width, self._device)
        self._texts = self._encode_texts(sorted({"", *(clip.encoded.caption for clip in clips)}))

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

    def at(self, draw: torch.Generator) -> torch.Tensor:
        """The loss of one batch, all of it drawn from a generator."""
        recipe, device = self._recipe, self._device
        picked = torch.randint(len(self._clips), (recipe.batch,), generator=draw).tolist()
        hinted = [self._clips[index] for index in picked]
        chosen = [clip.encoded for clip in hinted]
        x0 = torch.stack([clip.video for clip in chosen]).float()
        timestep = torch.randint(len(self._alphas), (len(chosen),), generator=draw)
        noise = torch.randn(x0.shape, generator=draw)
        a = self._alphas[timestep].view(-1, 1, 1, 1, 1)
        noisy, v = a.sqrt() * x0 + (1 - a).sqrt() * noise, a.sqrt() * noise - (1 - a).sqrt() * x0
        silent, bare = (
            (torch.rand(len(chosen), generator=draw) < share).tolist()
            for share in (recipe.text_dropout, recipe.image_dropout)
        )
        texts = [self._texts["" if mute else clip.caption] for clip, mute in zip(chosen, silent, strict=True)]
        text = torch.stack(texts).to(device)
        still = bool(torch.rand(1, generator=draw) < recipe.motion_dropout)
        seen = noisy
        if self._with_image:
            image = torch.zeros_like(x0)
            for row, (clip, without) in enumerate(zip(chosen, bare, strict=True)):
                if not without:
                    image[row, :1] = clip.image.float()
            seen = torch.cat([noisy, image], dim=2)
        hint = self._net.encode_hint(torch.stack([clip.hint() for clip in hinted]).to(device))
        residuals = self._net.residuals(noisy.to(device), text, hint, timestep.to(device), self._rotary)
        with adding(self._pipe.transformer.transformer_blocks, [(residuals, 1.0)]):
            predicted = self._pipe.transformer(
                hidden_states=seen.to(device, self._dtype),
                encoder_hidden_states=text.to(self._dtype),
                timestep=timestep.to(device),
                motion_features=None if still else self._features(chosen),
                image_rotary_emb=self._rotary,
                return_dict=False,
            )[0]
        return (predicted.float() - v.to(device)).square().mean()

    @torch.no_grad()
    def _features(self, chosen: list[EncodedClip]) -> list[torch.Tensor] | None:
        """Of the clips' motion; None unless all of them have one."""
        motions = [clip.motion for clip in chosen if clip.motion is not None]
        if len(motions) < len(chosen):
            return None
        features = self._pipe.transformer.encode_motion(torch.stack(motions).to(self._device, torch.float32))
        return [feature.to(self._dtype) for feature in features]
