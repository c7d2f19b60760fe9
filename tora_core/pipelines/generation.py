"""What both pipelines share: the call, its checks, and the order in which the models are used."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

import torch
from diffusers.callbacks import MultiPipelineCallbacks, PipelineCallback
from diffusers.pipelines.cogvideo.pipeline_cogvideox import retrieve_timesteps
from diffusers.pipelines.cogvideo.pipeline_output import CogVideoXPipelineOutput

from ..checkpoints.lora import LoraReport
from ..errors import ToraError
from ..models.positions import interpolation_note
from .checks import at_least_one, check_noise, check_output_type, count_prompts, told_as_tora_error
from .context import ContextWindows, check_context
from .control_input import Control, check_controls, collect_controls, planned_controls
from .denoising import Conditions, denoise
from .dynamic import check_guidance
from .motion_input import DEFAULT_CACHE_BYTES, ClipShape, Motion, check_motion, collect_motions, plan_motions
from .sizes import check_frames, check_side

logger = logging.getLogger(__name__)


class MotionGeneration:
    """Mixed into diffusers' CogVideoX pipelines, before them: the call with motion; all else is theirs.

    Models are called whole, never in parts, so that diffusers' offloading and torch.compile work.
    """

    _takes_image = False
    lora_reports: tuple[LoraReport, ...] = ()
    """What `load_pipeline(lora=...)` has merged into the transformer."""

    # Of diffusers' pipeline:
    transformer: Any
    vae: Any
    scheduler: Any
    video_processor: Any
    check_inputs: Any
    encode_prompt: Any
    prepare_extra_step_kwargs: Any
    decode_latents: Any
    maybe_free_model_hooks: Any
    vae_scaling_factor_image: Any
    vae_scale_factor_spatial: Any
    vae_scale_factor_temporal: Any
    _execution_device: Any
    _prepare_rotary_positional_embeddings: Any

    @torch.no_grad()
    def __call__(
        self,
        prompt: str | list[str] | None = None,
        negative_prompt: str | list[str] | None = None,
        *,
        image: Any = None,
        trajectory: Any = None,
        flow: Any = None,
        motion_latents: torch.Tensor | None = None,
        motions: Sequence[Motion] | Motion | None = None,
        strength: float = 1.0,
        start: float = 0.0,
        end: float = 1.0,
        motion_cache_bytes: int = DEFAULT_CACHE_BYTES,
        control: Control | Sequence[Control] | None = None,
        context_windows: ContextWindows | None = None,
        height: int | None = None,
        width: int | None = None,
        num_frames: int | None = None,
        num_inference_steps: int = 50,
        timesteps: list[int] | None = None,
        guidance_scale: float = 6.0,
        dynamic_guidance: str = "reference",
        num_videos_per_prompt: int = 1,
        eta: float = 0.0,
        generator: torch.Generator | list[torch.Generator] | None = None,
        latents: torch.Tensor | None = None,
        prompt_embeds: torch.Tensor | None = None,
        negative_prompt_embeds: torch.Tensor | None = None,
        output_type: str = "pil",
        return_dict: bool = True,
        attention_kwargs: dict[str, Any] | None = None,
        callback_on_step_end: Callable[..., dict[str, Any] | None] | None = None,
        callback_on_step_end_tensor_inputs: Sequence[str] = ("latents",),
        max_sequence_length: int | None = None,
    ) -> CogVideoXPipelineOutput | tuple[Any]:
        """Generate videos that follow a motion; without one exactly what diffusers' pipeline generates.

        Motion: at most one of the next three, or several that add up in `motions`. Both guidance halves get it.
        trajectory: a Trajectory or Tracks, or a list with one a prompt. flow: dense px/frame, (F, H, W, 2), or
        (B, F, H, W, 2) with one a prompt. motion_latents: UNSCALED VAE latents (B, F', 16, h, w) of `encode_motion`.
        strength: linear, 0 is exactly the base model. start, end: fractions of the noise schedule in which motion
        acts (window.py). motions: Motion(...) objects with these values each. motion_cache_bytes: how much of what
        depends on the motion alone is kept between steps, on the device. control: a ControlNet with hint, strength and
        time, or several that add up (control_input.py); their weights are on the device for the call. context_windows:
        how a clip longer than the model knows is denoised in overlapping windows (context.py); motion stays that of
        the whole clip, and a window has the hint of its own frames.

        The rest is as in diffusers, except:
        image: image-to-video only; PIL, array or tensor in 0..1, resized to the video; or a list with one a prompt.
        height, width: multiples of 16. num_frames: 8k+1. Default of all three: the transformer's configuration.
        dynamic_guidance: "off", "reference" (diffusers' use_dynamic_cfg) or "step-index" (dynamic.py).
        num_videos_per_prompt: is heeded (diffusers always makes one). max_sequence_length: tokens of text, default the
        model's; what is cut off is named in a warning.
        Returns the videos in `.frames`, prompt after prompt; as "latent": (B, F', 16, h, w), scaled.

        Raises ToraError, or SizeError with the nearest legal values, before any model runs.
        Source: paper section 3; the reference's t2v_pipeline.py and i2v_pipeline.py.
        """
        self.check_models()
        if isinstance(callback_on_step_end, (PipelineCallback, MultiPipelineCallbacks)):
            callback_on_step_end_tensor_inputs = callback_on_step_end.tensor_inputs
        frames, size = self._video_size(num_frames, height, width)
        self._check_texts(
            prompt, negative_prompt, prompt_embeds, negative_prompt_embeds, callback_on_step_end_tensor_inputs, size
        )
        prompts = count_prompts(prompt, negative_prompt, prompt_embeds, self.transformer.config.text_embed_dim)
        text_length = self._text_length(max_sequence_length, prompt_embeds)
        per_prompt = at_least_one("num_videos_per_prompt", num_videos_per_prompt)
        if timesteps is None:
            num_inference_steps = at_least_one("num_inference_steps", num_inference_steps)
        check_guidance(dynamic_guidance, guidance_scale)
        check_output_type(output_type)
        check_context(context_windows)
        shape = self._clip_shape(prompts, frames, size)
        images = self._images(image, prompts, per_prompt)
        check_noise(latents, (prompts * per_prompt, *shape.latents), generator)
        wanted = collect_motions(
            motions, trajectory=trajectory, flow=flow, latents=motion_latents, strength=strength, start=start, end=end
        )
        wanted = self._check_motions(wanted, shape)
        controls = check_controls(collect_controls(control), self.transformer, shape)
        note = interpolation_note(self.transformer.config, shape.latents[0], *shape.latents[2:])
        if note:
            logger.warning("For this size %s.", note)

        self._guidance_scale = guidance_scale
        self._attention_kwargs = attention_kwargs
        self._current_timestep = None
        self._interrupt = False
        device = self._execution_device
        with told_as_tora_error():
            steps, num_inference_steps = retrieve_timesteps(self.scheduler, num_inference_steps, device, timesteps)
        self._num_timesteps = len(steps)
        # Before the text encoder: offloaded, the VAE then has the device to itself while it encodes a whole clip.
        planned = plan_motions(
            self.vae,
            wanted,
            shape,
            timesteps=steps.tolist(),
            train_timesteps=self.scheduler.config.num_train_timesteps,
            scaling_factor=self.vae_scaling_factor_image,
            videos_per_prompt=per_prompt,
            cache_bytes=motion_cache_bytes,
            device=device,
            rest=None if context_windows is None or len(context_windows.cut(shape.latents[0])) == 1 else "cpu",
        )
        text = (prompt, negative_prompt, prompt_embeds, negative_prompt_embeds)
        prompt_embeds, negative_prompt_embeds = self._encode_texts(
            *text, guided=guidance_scale > 1.0, per_prompt=per_prompt, length=text_length, device=device
        )
        latents, image_latents = self._start_latents(
            images, prompts * per_prompt, shape, prompt_embeds.dtype, device, generator, latents
        )
        tables: dict[int, Any] = {}

        def rotary(latent_frames: int) -> tuple[torch.Tensor, torch.Tensor] | None:
            if not self.transformer.config.use_rotary_positional_embeddings:
                return None
            if latent_frames not in tables:
                tables[latent_frames] = self._prepare_rotary_positional_embeddings(*size, latent_frames, device)
            return tables[latent_frames]

        with planned_controls(
            controls,
            shape,
            timesteps=steps.tolist(),
            train_timesteps=self.scheduler.config.num_train_timesteps,
            videos_per_prompt=per_prompt,
            device=device,
        ) as acting_controls:
            latents = denoise(
                self,
                latents,
                prompt_embeds,
                negative_prompt_embeds,
                steps,
                num_inference_steps,
                Conditions(
                    image_latents,
                    rotary,
                    planned,
                    guidance_scale,
                    dynamic_guidance,
                    attention_kwargs,
                    context_windows,
                    acting_controls,
                ),
                self.prepare_extra_step_kwargs(generator, eta),
                callback_on_step_end,
                callback_on_step_end_tensor_inputs,
            )
        video = latents
        if output_type != "latent":
            video = self.video_processor.postprocess_video(video=self.decode_latents(latents), output_type=output_type)
        self.maybe_free_model_hooks()
        return CogVideoXPipelineOutput(frames=video) if return_dict else (video,)

    def check_models(self) -> None:
        """Raise ToraError where transformer, VAE, scheduler and this pipeline do not belong together."""
        config, channels = self.transformer.config, self.vae.config.latent_channels
        if config.patch_size_t is not None:
            raise ToraError("the transformer is CogVideoX 1.5 (it has patch_size_t), which Tora has no weights for.")
        kinds = {channels: "text-to-video", 2 * channels: "image-to-video"}
        wanted = (1 + self._takes_image) * channels
        if config.in_channels != wanted:
            found = kinds.get(config.in_channels, "no CogVideoX that belongs to this VAE")
            raise ToraError(
                f"the transformer has {config.in_channels} input channels, which is {found}; {type(self).__name__} "
                f"needs {wanted} ({kinds[wanted]}). Load it with image_to_video={not self._takes_image}, or take the "
                "other model."
            )
        if not hasattr(self.scheduler, "scale_model_input"):
            raise ToraError(
                f"the scheduler is {type(self.scheduler).__name__}, which does not fit a v-prediction model: take "
                "CogVideoXDPMScheduler, CogVideoXDDIMScheduler, DDIMScheduler or the like, by from_config of this one."
            )

    def _video_size(self, frames: int | None, height: int | None, width: int | None) -> tuple[int, tuple[int, int]]:
        """Frames and (height, width), from the configuration where not given; SizeError with the nearest legal ones."""
        config, pixels = self.transformer.config, self.vae_scale_factor_spatial
        side = pixels * config.patch_size
        size = (
            check_side("height", config.sample_height * pixels if height is None else height, side),
            check_side("width", config.sample_width * pixels if width is None else width, side),
        )
        # Latent frames are decoded in pairs after the first one.
        step = 2 * int(self.vae_scale_factor_temporal)
        return check_frames(config.sample_frames if frames is None else frames, step), size

    def _clip_shape(self, prompts: int, frames: int, size: tuple[int, int]) -> ClipShape:
        pixels = self.vae_scale_factor_spatial
        latent_frames = (frames - 1) // int(self.vae_scale_factor_temporal) + 1
        channels = self.vae.config.latent_channels
        return ClipShape(prompts, frames, size, (latent_frames, channels, size[0] // pixels, size[1] // pixels))

    def _check_texts(
        self,
        prompt: Any,
        negative_prompt: Any,
        prompt_embeds: torch.Tensor | None,
        negative_prompt_embeds: torch.Tensor | None,
        callback_tensors: Sequence[str],
        size: tuple[int, int],
    ) -> None:
        # diffusers' check of images asks for some object there; _images tells them apart and counts them.
        image: dict[str, Any] = {"image": []} if self._takes_image else {}
        with told_as_tora_error():
            self.check_inputs(
                **image,
                prompt=prompt,
                height=size[0],
                width=size[1],
                negative_prompt=negative_prompt,
                callback_on_step_end_tensor_inputs=list(callback_tensors),
                prompt_embeds=prompt_embeds,
                negative_prompt_embeds=negative_prompt_embeds,
            )

    def _text_length(self, wanted: int | None, prompt_embeds: torch.Tensor | None) -> int:
        """Tokens of text; ToraError where the model's table of positions fixes another count."""
        config = self.transformer.config
        length = at_least_one("max_sequence_length", config.max_text_seq_length if wanted is None else wanted)
        if prompt_embeds is not None:
            length = prompt_embeds.shape[1]
        has_table = config.use_learned_positional_embeddings or not config.use_rotary_positional_embeddings
        if has_table and length != config.max_text_seq_length:
            raise ToraError(
                f"the text has {length} tokens, but this model's positions are for {config.max_text_seq_length}: leave "
                "max_sequence_length out, or pad the embeddings."
            )
        return length

    def _check_motions(self, motions: Sequence[Motion], shape: ClipShape) -> list[Motion]:
        if motions and not hasattr(self.transformer, "encode_motion"):
            raise ToraError(
                f"the transformer is a plain {type(self.transformer).__name__} without Tora's extractor and fusers: "
                "load it with load_pipeline(model, adapter=...), or leave the motion out."
            )
        return [check_motion(motion, shape) for motion in motions]

    def _encode_texts(
        self,
        prompt: str | list[str] | None,
        negative_prompt: str | list[str] | None,
        prompt_embeds: torch.Tensor | None,
        negative_prompt_embeds: torch.Tensor | None,
        *,
        guided: bool,
        per_prompt: int,
        length: int,
        device: torch.device,
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Embeddings (2B or B, tokens, width), unconditional half first, and that half alone."""
        cond, uncond = self.encode_prompt(
            prompt,
            negative_prompt,
            guided,
            prompt_embeds=prompt_embeds,
            negative_prompt_embeds=negative_prompt_embeds,
            max_sequence_length=length,
            device=device,
        )
        # Here, because diffusers repeats only what it encodes itself.
        cond = cond.repeat_interleave(per_prompt, dim=0)
        uncond = None if uncond is None else uncond.repeat_interleave(per_prompt, dim=0)
        return (torch.cat([uncond, cond]) if guided else cond), uncond

    def _images(self, image: Any, prompts: int, per_prompt: int) -> list[Any]:
        """One image a video, checked."""
        raise NotImplementedError

    def _start_latents(
        self,
        images: list[Any],
        batch: int,
        shape: ClipShape,
        dtype: torch.dtype,
        device: torch.device,
        generator: Any,
        latents: torch.Tensor | None,
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Noise (B, F', 16, h, w) scaled for the scheduler, and the image's latents of the same shape, if any."""
        raise NotImplementedError
