"""What is trained on encoded clips: text encoder, transformer, extractor and fusers in one module; its weights' files.

One network learns text-to-video and image-to-video at once: it has the 32 input channels of image-to-video, and the
image's half is zero for a share of the samples. The text-to-video model is the same network without that half of
its patch embedding (`split_text_to_video`), which is exact, since zeros add nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from diffusers import CogVideoXDDIMScheduler
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

from ..checkpoints.saving import replacing
from ..errors import CheckpointError, ToraError
from ..models import ToraTransformer3DModel
from ..models.rotary import rotary_positions
from ..motion import MotionFuser, MotionGuidance
from ..motion.fuser import State
from .ema import Ema
from .text import MAX_TOKENS, TEXT_WIDTH

LATENT_CHANNELS = 16
PARTS = ("base", "tora", "all")
MOTION_PREFIXES = ("transformer.traj_extractor.", "transformer.fuser.")


def build_transformer(
    layers: int = 6, heads: int = 3, image_to_video: bool = True, fuser: str = "adaptive-norm"
) -> ToraTransformer3DModel:
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
        fuser_type=fuser,
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


class BatchMotion(MotionGuidance):
    """Motion of a training batch: some samples may go without, and the latent may be a window of the whole clip.

    keep (B,): gamma and beta are zero where it is 0, which is the base model. window: the clip's latent frames that the
    latent has, of `clip_frames`.
    """

    def __init__(
        self, features: list[torch.Tensor], keep: torch.Tensor | None, window: Sequence[int], clip_frames: int
    ) -> None:
        super().__init__(features)
        self.keep, self.frames, self.clip_frames = keep, window, clip_frames

    def state(self, index: int, fuser: MotionFuser, frames: int) -> State:
        state = fuser.prepare_window(self.features[index], self.clip_frames, self.frames)
        if self.keep is None:
            return state
        return tuple(part * self.keep.view(-1, *[1] * (part.ndim - 1)) for part in state)


class TextToMotionVideo(nn.Module):
    """What is trained on encoded clips: `text_encoder` and `transformer`, together or one part at a time."""

    def __init__(self, text_encoder: nn.Module, transformer: ToraTransformer3DModel) -> None:
        super().__init__()
        self.text_encoder = text_encoder
        self.transformer = transformer

    def motion_modules(self) -> list[nn.Module]:
        """What Tora adds: the extractor and the fusers."""
        return [self.transformer.traj_extractor, self.transformer.fuser]

    def learn(self, part: str) -> list[nn.Module]:
        """Freeze all but `part` ("base", "tora" or "all") and return the modules that hold what learns."""
        if part not in PARTS:
            raise ToraError(f"what is to learn is {part!r}, expected one of {', '.join(PARTS)}.")
        self.requires_grad_(part != "tora")
        for module in self.motion_modules():
            module.requires_grad_(part != "base")
        self.train()
        if part == "base":
            for module in self.motion_modules():
                module.eval()  # their running statistics stay as they are
        return self.motion_modules() if part == "tora" else [self]

    def forward(
        self,
        noisy: torch.Tensor,
        image: torch.Tensor,
        ids: torch.Tensor,
        timestep: torch.Tensor,
        motion: torch.Tensor | None,
        keep_motion: torch.Tensor | None = None,
        window: Sequence[int] | None = None,
    ) -> torch.Tensor:
        """v-prediction (B, F', 16, h, w); `keep_motion` (B,) is 0 where a sample is to go without motion.

        window: which latent frames of the clip `noisy` and `image` have; `motion` is the whole clip's all the same.
        """
        text = self.text_encoder(input_ids=ids).last_hidden_state
        frames, _, height, width = noisy.shape[1:]
        whole = frames if motion is None else motion.shape[1]
        window = range(frames) if window is None else window
        tables = rotary_positions(
            self.transformer.config, max(whole, *(frame + 1 for frame in window)), height, width, noisy.device
        )
        rotary = tuple(table.unflatten(0, (-1, height * width // 4))[list(window)].flatten(0, 1) for table in tables)
        features = None
        if motion is not None:
            features = BatchMotion(self.transformer.encode_motion(motion), keep_motion, window, whole)
        return self.transformer(
            hidden_states=torch.cat([noisy, image], dim=2),
            encoder_hidden_states=text,
            timestep=timestep,
            motion_features=features,
            image_rotary_emb=rotary,
            return_dict=False,
        )[0]


def load_weights(model: TextToMotionVideo, path: Path, motion: bool = True) -> None:
    """Load what `save_weights` wrote, as float32; CheckpointError when it is of another model.

    motion: whether extractor and fusers are taken too, or stay as they are.
    """
    try:
        values = {key: value.float() for key, value in load_file(path).items()}
        if not motion:
            own = {key: value for key, value in model.state_dict().items() if key.startswith(MOTION_PREFIXES)}
            values = {key: value for key, value in values.items() if not key.startswith(MOTION_PREFIXES)} | own
        model.load_state_dict(values, strict=True)
    except (RuntimeError, SafetensorError) as error:
        reason = str(error).strip().splitlines()[0]
        raise CheckpointError(f"{path} holds no weights of this model ({reason}). Name weights.safetensors.") from error


def save_weights(ema: Ema, path: Path) -> None:
    """Write the averaged weights as float16 (counters stay whole numbers), whole or not at all."""
    values = {
        key: value.cpu().half() if value.is_floating_point() else value.cpu() for key, value in ema.values.items()
    }
    # T5 names its embedding twice; safetensors refuses two names for one memory, and a copy each is small.
    with replacing(path) as part:
        save_file({key: value.clone().contiguous() for key, value in values.items()}, part)
