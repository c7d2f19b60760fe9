"""One tiny random CogVideoX in two forms: the library's transformer on diffusers' network, and the host's MODEL."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import torch

RENAMED = [
    ("transformer_blocks.", "blocks."),
    ("attn1.to_out.0", "attn_out"),
    ("attn1.to_", ""),
    ("attn1.", ""),
    ("ff.net.0.proj", "ff_proj"),
    ("ff.net.2", "ff_out"),
    ("time_embedding.linear_", "time_embedding_linear_"),
]
TEXT = 20
WIDTH = 192


def native_keys(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """diffusers' names to ComfyUI's, written down here independently of the pack's own table."""
    result = {}
    for key, value in state.items():
        for old, new in RENAMED:
            key = key.replace(old, new)
        result[key] = value.clone()
    return result


@dataclass
class Pair:
    """The same weights twice. `transformer` is the library's, with motion; `model` the host's MODEL, without."""

    host: Any
    transformer: Any
    model: Any
    kind: str

    def adapter(self, name: str = "tora.safetensors", kind: str | None = None) -> Any:
        """The transformer's own extractor and fusers as the pack's ToraModel."""
        import comfy.model_management as memory
        import comfy.model_patcher
        import comfy.ops

        motion = self.host.pack("tora_core.motion")
        width = self.transformer.config.num_attention_heads * 64
        layers, channels = len(self.transformer.fuser), self.transformer.traj_extractor.channels
        module = torch.nn.Module()
        module.extractor = motion.TrajectoryExtractor(layers, 16, channels, operations=comfy.ops.manual_cast)
        fusers = (motion.MotionGuidanceFuser(width, channels, comfy.ops.manual_cast) for _ in range(layers))
        module.fusers = torch.nn.ModuleList(fusers)
        module.extractor.load_state_dict(self.transformer.traj_extractor.state_dict())
        module.fusers.load_state_dict(self.transformer.fuser.state_dict())
        patcher = comfy.model_patcher.CoreModelPatcher(
            module.eval().requires_grad_(False),
            load_device=memory.get_torch_device(),
            offload_device=memory.unet_offload_device(),
        )
        return self.host.pack("nodes.values").ToraModel(patcher, kind or self.kind, layers, width, name)

    def motion(self, frames: int, height: int, width: int, seed: int = 0, batch: int = 1) -> Any:
        """Random motion latents for F' frames of height x width cells."""
        latents = torch.randn(batch, 16, frames, height, width, generator=torch.Generator().manual_seed(seed))
        values = self.host.pack("nodes.values")
        return values.ToraMotion(latents, (height * 8, width * 8), (frames - 1) * 4 + 1)

    def apply(self, motion: Any, model: Any = None, **kwargs: Any) -> Any:
        module = self.host.pack("nodes.host.motion")
        adapter = kwargs.pop("adapter", None) or self.adapter()
        return module.apply_tora(model or self.model, module.Guidance(adapter, motion, **kwargs))

    def predict(
        self,
        model: Any,
        x: torch.Tensor,
        timestep: int,
        text: torch.Tensor,
        image: torch.Tensor | None = None,
        **options,
    ) -> torch.Tensor:
        """The network's v-prediction for x of unit scale, through the host's whole apply_model with all wrappers."""
        import comfy.model_management

        comfy.model_management.load_models_gpu([model, *model.get_nested_additional_models()])
        base = model.model
        sigma = base.model_sampling.sigmas[timestep].float()
        state = x * (sigma**2 + 1) ** 0.5
        options = {"wrappers": model.wrappers, "sigmas": sigma.reshape(1), **options}
        with torch.inference_mode():
            denoised = base.apply_model(
                state, sigma.expand(len(x)), c_concat=image, c_crossattn=text, transformer_options=options
            )
        model.cleanup()
        return (state / (sigma**2 + 1) - denoised) * (sigma**2 + 1) ** 0.5 / sigma

    def expected(self, x: torch.Tensor, timestep: int, text: torch.Tensor, image: Any = None, **motion) -> torch.Tensor:
        """What the library's transformer on diffusers' network says, with diffusers' own rotary positions."""
        from diffusers.models.embeddings import get_3d_rotary_pos_embed
        from diffusers.pipelines.cogvideo.pipeline_cogvideox import get_resize_crop_region_for_grid

        grid = (x.shape[3] // 2, x.shape[4] // 2)
        region = get_resize_crop_region_for_grid(grid, 45, 30)
        rotary = get_3d_rotary_pos_embed(embed_dim=64, crops_coords=region, grid_size=grid, temporal_size=x.shape[2])
        full = x if image is None else torch.cat([x, image], dim=1)
        with torch.no_grad():
            result = self.transformer(
                full.transpose(1, 2), text, torch.full((len(x),), timestep), image_rotary_emb=rotary, **motion
            )
        return result.sample.transpose(1, 2)


@pytest.fixture(scope="session")
def make_pair(host: Any) -> Callable[..., Pair]:
    import comfy.sd

    from tora_core import ToraTransformer3DModel

    def make(kind: str = "t2v", **config: Any) -> Pair:
        torch.manual_seed(7)
        transformer = ToraTransformer3DModel(
            **{
                "num_attention_heads": WIDTH // 64,
                "in_channels": 32 if kind == "i2v" else 16,
                "time_embed_dim": 32,
                "text_embed_dim": 24,
                "num_layers": 2,
                "motion_channels": 32,
                **config,
            }
        ).eval()
        for name, parameter in transformer.named_parameters():
            if "norm_q.weight" in name or "norm_k.weight" in name:
                torch.nn.init.constant_(parameter, 2.0)  # so that attention, and with it positions, matter
            elif "traj_extractor.body" in name:
                torch.nn.init.normal_(parameter, std=0.02)
            else:
                torch.nn.init.normal_(parameter, std=0.08)
        if transformer.config.use_learned_positional_embeddings:
            transformer.patch_embed.pos_embedding.data.normal_(0, 0.3)
        motion = ("traj_extractor.", "fuser.")
        base = {key: value for key, value in transformer.state_dict().items() if not key.startswith(motion)}
        model = comfy.sd.load_diffusion_model_state_dict(native_keys(base))
        return Pair(host, transformer.requires_grad_(False), model, kind)

    return make


@pytest.fixture(scope="session")
def t2v(make_pair: Callable[..., Pair]) -> Pair:
    return make_pair("t2v")


@pytest.fixture(scope="session")
def i2v(make_pair: Callable[..., Pair]) -> Pair:
    return make_pair("i2v")


@pytest.fixture
def text() -> torch.Tensor:
    return torch.randn(1, TEXT, 24, generator=torch.Generator().manual_seed(1))


@pytest.fixture
def draw() -> Callable[..., torch.Tensor]:
    """Noise of a shape: draw(1, 16, 3, 8, 12, seed=4)."""

    def draw_noise(*shape: int, seed: int = 0) -> torch.Tensor:
        return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))

    return draw_noise
