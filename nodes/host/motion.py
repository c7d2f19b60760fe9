"""Motion in the host's native CogVideoX: the fusers at the image tokens of every block's norm1.

One object stands behind all Apply Tora nodes of a MODEL. It checks the sizes before sampling starts, makes the
features once a run and gamma and beta once a block and step, and leaves the network untouched between calls.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import comfy.model_management
import torch
from comfy.patcher_extension import CallbacksMP, WrappersMP

from ...tora_core.errors import SizeError, ToraError
from ..values import ToraModel, ToraMotion
from .cogvideo import kind_of, network, require_tora_base
from .mends import mend
from .swap import swapped
from .windows import check_handler, window_of

KEY = "tora_motion"
MEMORY = ("auto", "low", "high")
KIND_NAMES = {"t2v": "text to video (T2V)", "i2v": "image to video (I2V)"}

PIECE = 16
"""Latent frames that the extractor gets at once."""

State = tuple[torch.Tensor, ...]


@dataclass(frozen=True, eq=False)
class Guidance:
    """One Apply Tora node: a motion through an adapter, how strongly and when it acts, and what may be kept."""

    adapter: ToraModel
    motion: ToraMotion
    strength: float = 1.0
    start: float = 0.0
    end: float = 1.0
    memory: str = "auto"


def apply_tora(model: Any, guidance: Guidance) -> Any:
    """A mended clone of a native CogVideoX MODEL that one more motion acts on; earlier ones stay, and all add up.

    strength 0 acts on nothing: the result is exactly the mended model. Raises ToraError where model, adapter and
    motion don't belong together.
    """
    net = require_tora_base(model)
    _check_pair(net, guidance.adapter)
    if not math.isfinite(guidance.strength):
        raise ToraError(f"strength is {guidance.strength}, expected a finite number; 1 is what the weights know.")
    if not 0 <= guidance.start <= guidance.end <= 1:
        raise ToraError(
            f"start_percent is {guidance.start} and end_percent {guidance.end}, expected 0 <= start <= end <= 1."
        )
    patched = mend(model)
    guidances = (*(patched.get_attachment(KEY) or ()), guidance)
    patched.set_attachments(KEY, guidances)
    acting = [one for one in guidances if one.strength != 0 and one.start < one.end]
    patched.set_additional_models(KEY, list(dict.fromkeys(one.adapter.patcher for one in acting)))
    for wrapper in (WrappersMP.OUTER_SAMPLE, WrappersMP.APPLY_MODEL):
        patched.remove_wrappers_with_key(wrapper, KEY)
    patched.remove_callbacks_with_key(CallbacksMP.ON_CLEANUP, KEY)
    if acting:
        run = MotionRun(acting)
        patched.add_wrapper_with_key(WrappersMP.OUTER_SAMPLE, KEY, run.outer_sample)
        patched.add_wrapper_with_key(WrappersMP.APPLY_MODEL, KEY, run.apply_model)
        patched.add_callback_with_key(CallbacksMP.ON_CLEANUP, KEY, run.forget)
    return patched


def _check_pair(net: Any, adapter: ToraModel) -> None:
    blocks = len(net.blocks)
    if (adapter.layers, adapter.width) != (blocks, net.dim):
        raise ToraError(
            f"{adapter.name} is for {adapter.layers} blocks of width {adapter.width}, the model has {blocks} of width "
            f"{net.dim}: they do not belong together. Load the Tora file that was made for this model."
        )
    kind = kind_of(net)
    if adapter.kind is not None and adapter.kind != kind:
        raise ToraError(
            f"{adapter.name} is {KIND_NAMES[adapter.kind]}, the model is {KIND_NAMES[str(kind)]}. Load the other Tora "
            "file, or the other model."
        )


class MotionRun:
    """The wrappers of all motions on one MODEL, and what is kept during one sampling run."""

    def __init__(self, guidances: Sequence[Guidance]) -> None:
        self.guidances = list(guidances)
        self._features: dict[tuple[int, torch.device], list[torch.Tensor]] = {}
        self._states: dict[tuple[int, int, torch.device], State] = {}
        self._budget: int | None = None
        self._used = 0
        # By network: the host runs its copies for several devices at the same time.
        self._calls: dict[Any, _Call] = {}
        # Kept over runs, because a compiled network is compiled anew for function objects that it hasn't seen.
        self._bent: dict[Any, list[_BentNorm]] = {}

    def forget(self, *_: Any) -> None:
        """Drop features, gamma and beta."""
        self._features.clear()
        self._states.clear()
        self._calls.clear()
        self._budget, self._used = None, 0

    def outer_sample(
        self, executor: Any, noise: torch.Tensor, latent_image: torch.Tensor, *args: Any, **kwargs: Any
    ) -> torch.Tensor:
        shapes = kwargs.get("latent_shapes") or [latent_image.shape]
        for one in self.guidances:
            check_size(one.motion, tuple(shapes[0]))
        _check_guider(executor.class_obj, tuple(shapes[0]))
        try:
            return executor(noise, latent_image, *args, **kwargs)
        finally:
            self.forget()

    def apply_model(self, executor: Any, x: torch.Tensor, t: torch.Tensor, *args: Any, **kwargs: Any) -> torch.Tensor:
        base = executor.class_obj
        level = float(t.max())
        acting = [index for index, one in enumerate(self.guidances) if acts_at(one, level, base.model_sampling)]
        if not acting:
            return executor(x, t, *args, **kwargs)
        options = args[3] if len(args) > 3 else kwargs.get("transformer_options", {})
        net = network(base)
        if self._budget is None:
            self._budget = self._allowance(base, x)
        self._calls[net] = _Call(base, acting, *window_of(options, x.device))
        try:
            with swapped([norm.change() for norm in self._bent_norms(net)]):
                return executor(x, t, *args, **kwargs)
        finally:
            self._calls.pop(net, None)

    def _bent_norms(self, net: Any) -> list[_BentNorm]:
        if net not in self._bent:

            def bend(index: int, h: torch.Tensor) -> torch.Tensor:
                return self.bend(net, index, h)

            if "torch._dynamo" in sys.modules:  # its own import takes seconds
                bend = torch.compiler.disable(bend)
            self._bent[net] = [_BentNorm(block.norm1, i, bend) for i, block in enumerate(net.blocks)]
        return self._bent[net]

    def bend(self, net: Any, index: int, h: torch.Tensor) -> torch.Tensor:
        """h (B, F'*H*W, D) of block `index` plus every acting motion's contribution, each computed from the same h."""
        call = self._calls[net]
        result = h
        for one in call.acting:
            guidance = self.guidances[one]
            fuser = guidance.adapter.patcher.model.fusers[index]
            state = self._state(one, index, h, call)
            result = fuser.bend(result, h, state, guidance.strength)
        return result

    def _state(self, one: int, index: int, h: torch.Tensor, call: _Call) -> State:
        """gamma and beta of a block for the frames and videos of this call."""
        state = self._whole_state(one, index, h, call)
        if state is None:
            # A window of the clip whose own gamma and beta look at the frames before and after it.
            frames = call.frames.tolist() if call.frames is not None else []
            fuser, features, total = self._sources(one, index, h, call)
            near = sorted({n for f in frames for n in (f - 1, f, f + 1) if 0 <= n < total})
            part = features.unflatten(0, (-1, total))[:, near].to(h.device, h.dtype)
            state = fuser.prepare_window(part.flatten(0, 1), len(near), [near.index(f) for f in frames])
        elif call.frames is not None:
            state = tuple(part[:, call.frames] for part in state)
        if call.videos is not None and len(state[0]) > 1:
            state = tuple(part[call.videos] for part in state)
        return state

    def _whole_state(self, one: int, index: int, h: torch.Tensor, call: _Call) -> State | None:
        """gamma and beta of the whole clip; None where only a window is wanted and there is no room to keep them."""
        key = (one, index, h.device)
        if key in self._states:
            return self._states[key]
        fuser, features, total = self._sources(one, index, h, call)
        pixels = features.shape[0] * features.shape[-2] * features.shape[-1]
        size = 2 * pixels * fuser.width * h.element_size()
        keep = self._may_keep(self.guidances[one].memory, size)
        if call.frames is not None and not keep:
            return None
        state = fuser.prepare(features.to(h.device, h.dtype), total)
        if keep:
            self._states[key] = state
            self._used += size
        return state

    def _sources(self, one: int, index: int, h: torch.Tensor, call: _Call) -> tuple[Any, torch.Tensor, int]:
        """The block's fuser, the whole clip's features for it, and the clip's latent frames."""
        guidance = self.guidances[one]
        features = self._clip_features(one, h, call)
        return guidance.adapter.patcher.model.fusers[index], features[index], guidance.motion.latents.shape[2]

    def _clip_features(self, one: int, h: torch.Tensor, call: _Call) -> list[torch.Tensor]:
        """One map (B_m*F', C, H, W) a block. With windows they stay off the device: 2 GB at 201 frames of 720p."""
        key = (one, h.device)
        if key not in self._features:
            guidance = self.guidances[one]
            stay = h.device if call.frames is None or guidance.memory == "high" else torch.device("cpu")
            extractor = guidance.adapter.patcher.model.extractor
            latents = guidance.motion.latents.transpose(1, 2)  # (B_m, F', 16, h, w), on the CPU
            pieces = []
            for start in range(0, latents.shape[1], PIECE):  # its layers look at one frame at a time
                piece = latents[:, start : start + PIECE]
                scaled = call.base.process_latent_in(piece.to(h.device, torch.float32))
                made = extractor(scaled)
                pieces.append([f.to(stay, h.dtype).unflatten(0, (-1, piece.shape[1])) for f in made])
            joined = [torch.cat(same, dim=1).flatten(0, 1) for same in zip(*pieces, strict=True)]
            self._features[key] = joined
        return self._features[key]

    def _may_keep(self, memory: str, size: int) -> bool:
        if memory == "high":
            return True
        return memory == "auto" and self._used + size <= (self._budget or 0)

    def _allowance(self, base: Any, x: torch.Tensor) -> int:
        """Bytes of gamma and beta that may be kept between steps beside what the host says a step needs."""
        free = comfy.model_management.get_free_memory(x.device)
        needed = base.memory_required(x.shape) + comfy.model_management.minimum_inference_memory()
        return max(0, int(0.8 * (free - needed)))


@dataclass(frozen=True, eq=False)
class _Call:
    """One call of the network: which motions act, on which frames and videos of the batch (None: all, in order)."""

    base: Any
    acting: list[int]
    frames: torch.Tensor | None
    videos: torch.Tensor | None = None


class _BentNorm:
    """A block's norm1 with its image tokens bent. The function stays the same object; what it calls may change."""

    def __init__(self, norm: Any, index: int, bend: Callable[[int, torch.Tensor], torch.Tensor]) -> None:
        self.norm = norm
        self._inner = inner = [norm.forward]

        def bent(hidden_states: torch.Tensor, encoder_hidden_states: torch.Tensor, temb: torch.Tensor) -> Any:
            image, *rest = inner[0](hidden_states, encoder_hidden_states, temb)
            return bend(index, image), *rest

        self._bent = bent

    def change(self) -> tuple[Any, str, Callable[..., Any]]:
        """What to set on the module for one call, around what stands there now (others patch it too)."""
        if self.norm.forward != self._inner[0]:
            self._inner[0] = self.norm.forward
        return self.norm, "forward", self._bent


def check_size(motion: ToraMotion, latent: tuple[int, ...]) -> None:
    """Raise SizeError unless a motion fits latents (B, 16, F', h, w)."""
    if len(latent) != 5:
        raise SizeError(
            f"the latent has shape {latent}, expected a video (B, 16, F', h, w). Use Empty Latent (CogVideoX)."
        )
    batch, _, frames, height, width = latent
    have = (motion.latents.shape[2], *motion.latents.shape[3:])
    if have != (frames, height, width):
        raise SizeError(
            f"the motion is {motion}, the latent is {height * 8}x{width * 8}x{(frames - 1) * 4 + 1}. Wire width, "
            "height and frames of the trajectory into the latent's node, so that both are the same."
        )
    if batch % len(motion.latents):
        raise SizeError(
            f"there are {len(motion.latents)} motions for a batch of {batch} videos, expected one, or one a video."
        )


def acts_at(guidance: Guidance, level: float, sampling: Any) -> bool:
    """Whether noise of this level (sigma) lies in (level(end), level(start)], fractions as the host means them."""
    return sampling.percent_to_sigma(guidance.end) < level <= sampling.percent_to_sigma(guidance.start)


def _check_guider(guider: Any, latent: tuple[int, ...]) -> None:
    """Raise ToraError for what cuts videos into pieces that motion can't follow; before any model is loaded.

    latent: (B, 16, F', h, w).
    """
    check_handler(guider.model_options.get("context_handler"), latent)
    for conds in getattr(guider, "conds", {}).values():
        if any("area" in cond for cond in conds):
            raise ToraError(
                "a prompt is limited to an area of the picture, which can't be combined with motion. Limit it by a "
                "mask instead (Conditioning Set Mask)."
            )
