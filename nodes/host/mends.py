"""What ComfyUI's native CogVideoX needs to be right, put on a clone of a MODEL.

Three faults, found by comparing with diffusers (docs/host.md has the figures):
- the network is fed the sampler's raw state (standard deviation up to 4,600 instead of 1), so that no stock sampler
  works: the model's sampling is replaced by zero-SNR v-prediction with scaled input;
- rotary positions of the 5B family are stretched by 1.875, and not fitted to other sizes;
- where a learned table of positions is there (CogVideoX-5B-I2V), rotary positions are off, and the table is used
  without its text part and cut instead of resized for other sizes.
Prompts longer than the 226 tokens that the model was trained with are cut.
"""

from __future__ import annotations

import logging
from typing import Any

import comfy.model_sampling
import torch
from comfy.patcher_extension import CallbacksMP, WrappersMP

from ...tora_core.errors import ToraError
from ...tora_core.models.resize import resize_positions, resized_note
from ...tora_core.models.rotary import rotary_tables
from .cogvideo import START_PICTURE, kind_of, network, require_cogvideox
from .preview import add_previews
from .swap import swapped

logger = logging.getLogger(__name__)

KEY = "tora_mends"
NATIVE_SAMPLER = "VOID_DDIM"


class ZeroSnrVPrediction(comfy.model_sampling.ModelSamplingDiscrete, comfy.model_sampling.V_PREDICTION):
    """CogVideoX's noise schedule with the input scaling that every sampler of ComfyUI counts on."""


def mend(model: Any) -> Any:
    """A clone of a native CogVideoX MODEL that computes what diffusers computes; doing it twice changes nothing.

    A model sampling that the user has chosen (a ModelSampling node before this one) stays.
    Raises ToraError for other models and for CogVideoX-2B.
    """
    require_cogvideox(model)
    mended = model.clone()
    sampling = mended.get_model_object("model_sampling")
    if isinstance(sampling, comfy.model_sampling.V_PREDICTION_DDPM):
        mended.set_attachments(KEY, sampling)
        mended.add_object_patch("model_sampling", ZeroSnrVPrediction(mended.model.model_config))
    mends = Mends(mended.get_attachment(KEY))
    for kind, wrapper in (
        (WrappersMP.OUTER_SAMPLE, mends.outer_sample),
        (WrappersMP.SAMPLER_SAMPLE, mends.sampler_sample),
        (WrappersMP.APPLY_MODEL, mends.apply_model),
    ):
        mended.remove_wrappers_with_key(kind, KEY)
        mended.add_wrapper_with_key(kind, KEY, wrapper)
    mended.remove_callbacks_with_key(CallbacksMP.ON_CLEANUP, KEY)
    mended.add_callback_with_key(CallbacksMP.ON_CLEANUP, KEY, mends.forget)
    add_previews(mended)
    return mended


class Mends:
    """The wrappers that put right positions in for the length of the network's calls.

    native: the host's own sampling of this model, for its one sampler that is made for that; None where it was not
    replaced.
    """

    def __init__(self, native: Any = None) -> None:
        self._native = native
        # Kept, because a compiled network is compiled anew for every function object that it hasn't seen.
        self._changes: dict[Any, list[tuple[Any, str, Any]]] = {}
        self._tables: dict[Any, torch.Tensor] = {}
        self._told: set[str] = set()

    def forget(self, *_: Any) -> None:
        """Drop what was kept for one sampling run."""
        self._tables.clear()
        self._told.clear()

    def outer_sample(self, executor: Any, *args: Any, **kwargs: Any) -> torch.Tensor:
        """Before any model is loaded: does a start picture go together with this model?"""
        guider = executor.class_obj
        net = network(guider.model_patcher.model)
        conds = [cond for part in getattr(guider, "conds", {}).values() for cond in part]
        pictures = [cond for cond in conds if cond.get(START_PICTURE) is not None]
        if pictures and kind_of(net) == "t2v":
            raise ToraError(
                "the prompts carry a start picture, but the model is CogVideoX T2V, which takes none. Load "
                "CogVideoX-5B-I2V (and Tora's I2V weights), or use Empty Latent instead of Image to Video."
            )
        if conds and not pictures and kind_of(net) == "i2v":
            self._tell(
                "The model is CogVideoX I2V, but no start picture came: use Image to Video, or expect an odd first "
                "frame."
            )
        return executor(*args, **kwargs)

    def sampler_sample(self, executor: Any, guider: Any, *args: Any, **kwargs: Any) -> torch.Tensor:
        """Core's VOIDSampler hands over samples of unit scale by itself, and needs the native sampling for that."""
        if type(executor.class_obj).__name__ != NATIVE_SAMPLER or self._native is None:
            return executor(guider, *args, **kwargs)
        with swapped([(guider.inner_model, "model_sampling", self._native)]):
            return executor(guider, *args, **kwargs)

    def apply_model(
        self,
        executor: Any,
        x: torch.Tensor,
        t: torch.Tensor,
        c_concat: Any = None,
        c_crossattn: Any = None,
        *args: Any,
        **kwargs: Any,
    ) -> torch.Tensor:
        net = network(executor.class_obj)
        if net not in self._changes:
            self._changes[net] = [] if net.patch_size_t is not None else self._mended_positions(net)
        context = self._cut(c_crossattn, net.max_text_seq_length)
        with swapped(self._changes[net]):
            return executor(x, t, c_concat, context, *args, **kwargs)

    def _cut(self, context: Any, most: int) -> Any:
        if context is None or context.shape[1] <= most:
            return context
        self._tell(
            f"A prompt has {context.shape[1]} tokens, CogVideoX was trained with {most}: the rest is cut. Say the most "
            "important things first. Of prompts joined by Conditioning (Concat) only the first is left."
        )
        return context[:, :most]

    def _tell(self, text: str) -> None:
        """Once a sampling run, not once a step."""
        if text not in self._told:
            self._told.add(text)
            logger.warning(text)

    def _mended_positions(self, net: Any) -> list[tuple[Any, str, Any]]:
        patch, embed = net.patch_size, net.patch_embed
        learned = (embed.sample_height // patch, embed.sample_width // patch)

        def rotary(h: int, w: int, t: int, device: Any) -> tuple[torch.Tensor, torch.Tensor]:
            return rotary_tables((t, h, w), learned=learned, head_size=net.attention_head_dim, device=device)

        changes: list[tuple[Any, str, Any]] = [
            (net, "_get_rotary_emb", rotary),
            (net, "use_rotary_positional_embeddings", True),
        ]
        if not embed.use_learned_positional_embeddings:
            return changes
        own_forward = type(embed).forward

        def with_learned_positions(text_embeds: torch.Tensor, image_embeds: torch.Tensor) -> torch.Tensor:
            embeds = own_forward(embed, text_embeds, image_embeds)  # without positions, by the two flags below
            text = text_embeds.shape[1]
            table = self._table(embed, image_embeds.shape[1], *image_embeds.shape[3:], embeds)
            positions = torch.cat([table[:, :text], table[:, embed.max_text_seq_length :]], dim=1)
            return embeds + positions

        return [
            *changes,
            (embed, "use_positional_embeddings", False),
            (embed, "use_learned_positional_embeddings", False),
            (embed, "forward", with_learned_positions),
        ]

    def _table(self, embed: Any, frames: int, height: int, width: int, like: torch.Tensor) -> torch.Tensor:
        patch = embed.patch_size
        learned_frames = (embed.sample_frames - 1) // embed.temporal_compression_ratio + 1
        learned = (learned_frames, embed.sample_height, embed.sample_width)
        note = resized_note(learned, (frames, height, width), patch)
        if note:
            self._tell(f"Note: {note}.")
        grids = [(f, h // patch, w // patch) for f, h, w in (learned, (frames, height, width))]
        key = (grids[1], like.device, like.dtype)
        if key not in self._tables:
            table = resize_positions(embed.pos_embedding.to(like.device), embed.max_text_seq_length, *grids)
            self._tables[key] = table.to(like.dtype)
        return self._tables[key]
