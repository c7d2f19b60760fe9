"""A ControlNet for CogVideoX as the host's CONTROL_NET, for its own Apply ControlNet nodes.

The host asks it for control before every call of the network; what it answers are streams of residuals (residuals.py).
The hint is scaled to the video as the host does it for others, and encoded once a run.
"""

from __future__ import annotations

import copy
import logging
import math
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import comfy.model_management
import comfy.model_patcher
import comfy.utils
import torch
from comfy.controlnet import ControlBase
from comfy.patcher_extension import WrappersMP

from ...tora_core.errors import SizeError, ToraError
from ...tora_core.models.controlnet import PIXELS, take_frames
from ...tora_core.models.rotary import rotary_tables
from .cogvideo import network, require_controlled_base
from .mends import KEY as MENDS
from .residuals import with_stream
from .windows import require_time_windows, window_of

logger = logging.getLogger(__name__)

UPSCALE = "bilinear"
"""How a hint of another size is scaled: thin lines are lost by the host's usual nearest-exact."""


class CogVideoXControl(ControlBase):
    """One ControlNet with its hint, as the host's Apply ControlNet nodes copy and set it.

    patcher: the network in a ModelPatcher of its own. name: what messages call it.
    """

    def __init__(self, patcher: Any, name: str) -> None:
        super().__init__()
        self.patcher, self.name = patcher, name
        self.compression_ratio, self.upscale_algorithm = PIXELS, UPSCALE
        self._base: Callable[[], Any] = lambda: None
        self._encoded = _Kept()
        self._handed_out = self._used = self._told = False

    @property
    def size(self) -> Any:
        return self.patcher.model.size

    def copy(self) -> CogVideoXControl:
        made = type(self)(self.patcher, self.name)
        self.copy_to(made)
        return made

    def deepclone_multigpu(self, load_device: torch.device, autoregister: bool = False) -> CogVideoXControl:
        """A copy with a network of its own for another device."""
        made = self.copy()
        made.patcher = comfy.model_patcher.ModelPatcher(
            copy.deepcopy(self.patcher.model),
            load_device=load_device,
            offload_device=comfy.model_management.unet_offload_device(),
        )
        if autoregister:
            self.multigpu_clones[load_device] = made
        return made

    def get_models(self) -> list[Any]:
        return [*super().get_models(), self.patcher]

    def inference_memory_requirements(self, dtype: torch.dtype) -> float:
        """Bytes beside the weights: both streams of the network and one residual, for both halves of guidance."""
        needed = super().inference_memory_requirements(dtype)
        if self.cond_hint_original is None:
            return needed
        pictures, _, height, width = self.cond_hint_original.shape
        tokens = ((pictures - 1) // 4 + 1) * (height // 16) * (width // 16)
        values = 2 * tokens * (8 * self.size.width + self.size.residual)
        return needed + values * comfy.model_management.dtype_size(dtype)

    def pre_run(self, model: Any, percent_to_timestep_function: Any) -> None:
        """Before the first step, with the models loaded: does all of it belong together?"""
        super().pre_run(model, percent_to_timestep_function)
        require_controlled_base(model, self.size, self.name)
        if not math.isfinite(self.strength):
            raise ToraError(f"the ControlNet's strength is {self.strength}, expected a finite number.")
        self._base = weakref.ref(model)
        self._handed_out = self._used = self._told = False
        shapes = getattr(model, "latent_shapes", None)
        if shapes:
            videos, _, frames, *_ = shapes[0]
            self._pictures(4 * frames - 3, videos)

    def get_control(
        self,
        x_noisy: torch.Tensor,
        t: torch.Tensor,
        cond: dict[str, Any],
        batched_number: int,
        transformer_options: Any,
    ) -> Any:
        control = None
        if self.previous_controlnet is not None:
            control = self.previous_controlnet.get_control(x_noisy, t, cond, batched_number, transformer_options)
        if self.strength == 0 or self._is_out_of_range(t):
            return control
        base = self._base()
        if base is None:
            raise ToraError(f"{self.name} was not told of the model before sampling: update ComfyUI.")
        self._tell_unmended(transformer_options)
        net, dtype = network(base), base.get_dtype_inference()
        x = base.model_sampling.calculate_input(t, x_noisy).transpose(1, 2)
        text = cond.get("crossattn_controlnet", cond["c_crossattn"])[:, : net.max_text_seq_length]
        self._handed_out = True
        stream = _Stream(
            self,
            latents=x.to(dtype),
            text=comfy.model_management.cast_to_device(text, x.device, dtype),
            hint=self._hint(x, batched_number, transformer_options, dtype),
            timestep=base.model_sampling.timestep(t).float(),
            rotary=_rotary(net, x),
            strength=self.strength,
        )
        return with_stream(control, stream, transformer_options)

    def cleanup(self) -> None:
        """After a run that ended well. Raises ToraError if no network has ever asked for what was handed out."""
        super().cleanup()
        unused = self._handed_out and not self._used
        self._handed_out = self._used = False
        self._encoded.drop()
        self._base = lambda: None
        if unused:
            raise ToraError(
                f"{self.name} had no effect: nothing in this graph's model took what it gives. Another node may have "
                "replaced CogVideoX's blocks or its control; try without the nodes between loader and sampler."
            )

    def _is_out_of_range(self, t: torch.Tensor) -> bool:
        if self.timestep_range is None:
            return False
        start, end = self.timestep_range
        return bool(t[0] > start or t[0] < end)

    def _tell_unmended(self, options: dict[str, Any]) -> None:
        mended = MENDS in options.get("wrappers", {}).get(WrappersMP.APPLY_MODEL, {})
        if not mended and not self._told:
            self._told = True
            logger.warning(
                "The model goes without Fix CogVideoX or Apply Tora, which ComfyUI's CogVideoX needs for right samples "
                "and positions; put one of them before the sampler. The ControlNet acts all the same."
            )

    def _hint(self, x: torch.Tensor, batched_number: int, options: dict[str, Any], dtype: torch.dtype) -> torch.Tensor:
        """The encoded hint (b, F', 48, h, w) for what x (B, F', 16, h, w) holds; B is a multiple of b."""
        window = options.get("context_window")
        require_time_windows(window)
        frames, videos = window_of(options, x.device)
        of_clip = x.shape[1] if frames is None else window.total_frames
        in_batch = len(x) // batched_number if videos is None else window.total_frames
        if x.shape[3] % 2 or x.shape[4] % 2:
            raise SizeError(
                f"the latent is {x.shape[3]}x{x.shape[4]} (height x width), which a ControlNet can't cut into patches "
                "of 2: take a height and width that are multiples of 16."
            )

        def scaled(pictures: torch.Tensor) -> torch.Tensor:
            size = (x.shape[4] * PIXELS, x.shape[3] * PIXELS)
            large = comfy.utils.common_upscale(pictures.flatten(0, 1), *size, self.upscale_algorithm, "center")
            return large.unflatten(0, pictures.shape[:2]).to(x.device, dtype) * 2 - 1

        def encode() -> torch.Tensor:
            pictures = self._pictures(4 * of_clip - 3, in_batch)
            return self.patcher.model.encode_hint(pictures.expand(-1, 4 * of_clip - 3, -1, -1, -1), scaled)

        key = (of_clip, in_batch, *x.shape[3:], dtype, x.device)
        hint = take_frames(self._encoded.get(options.get("sample_sigmas"), key, encode), frames)
        return hint if videos is None or len(hint) == 1 else hint[videos]

    def _pictures(self, frames: int, videos: int) -> torch.Tensor:
        """The hint's pictures (b, F or 1, 3, H, W) in 0..1 for videos of so many frames, b is 1 or their number.

        One picture stands for every frame; of more than there are frames, the first are taken. Raises SizeError for
        fewer.
        """
        given = self.cond_hint_original
        if given is None:
            raise ToraError(f"{self.name} has no picture: wire it through a node such as Apply ControlNet.")
        colors = given[:, :3] if given.shape[1] >= 3 else given[:, :1].expand(-1, 3, -1, -1)
        if len(colors) == 1:
            return colors[None]
        if videos > 1 and len(colors) == videos * frames:
            return colors.unflatten(0, (videos, frames))
        if len(colors) < frames:
            raise SizeError(
                f"the ControlNet's hint has {len(colors)} pictures, the video {frames} frames. Give as many pictures "
                "(the first are taken where there are more), or one that stands for all frames, or make the latent's "
                f"length {max(1, (len(colors) - 1) // 8 * 8 + 1)}."
            )
        return colors[None, :frames]


@dataclass(frozen=True, eq=False)
class _Stream:
    """The residuals of one call."""

    control: CogVideoXControl
    latents: torch.Tensor
    text: torch.Tensor
    hint: torch.Tensor
    timestep: torch.Tensor
    rotary: tuple[torch.Tensor, torch.Tensor]
    strength: float

    def start(self) -> Iterator[torch.Tensor]:
        residuals = self.control.patcher.model.residuals(self.latents, self.text, self.hint, self.timestep, self.rotary)
        for residual in residuals:
            self.control._used = True
            yield residual


class _Kept:
    """One value for the length of a sampling run, which ends, as it may by an interrupt, when its sigmas are dropped.

    The host calls a ControlNet's cleanup only after runs that end well; a hint must not fill memory after the others.
    """

    def __init__(self) -> None:
        self._run: Callable[[], Any] = lambda: None
        self._key: Any = None
        self._value: Any = None

    def get(self, run: Any, key: Any, make: Callable[[], Any]) -> Any:
        if run is None:
            return make()
        if self._run() is not run or self._key != key:
            self._value, self._key = make(), key
            self._run = weakref.ref(run, self.drop)
        return self._value

    def drop(self, *_: Any) -> None:
        self._run, self._key, self._value = lambda: None, None, None


def _rotary(net: Any, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Positions of latents (B, F', 16, h, w), as the base model has them when it is mended."""
    patch, embed = net.patch_size, net.patch_embed
    learned = (embed.sample_height // patch, embed.sample_width // patch)
    grid = (x.shape[1], x.shape[3] // patch, x.shape[4] // patch)
    return rotary_tables(grid, learned=learned, head_size=net.attention_head_dim, device=x.device)
