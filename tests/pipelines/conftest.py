"""Tiny random components of the real classes; every pipeline test runs these on the CPU."""

from __future__ import annotations

import copy
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

HEIGHT, WIDTH, FRAMES, STEPS = 32, 48, 9, 3
CHANNELS, TOKENS, TEXT_WIDTH, LAYERS = 4, 6, 16, 2
LATENTS = (3, CHANNELS, 4, 6)  # F' C h w of 9 frames of 32 x 48
WORDS = ("a", "red", "blue", "circle", "square", "moves")


def make_tokenizer() -> Any:
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    vocabulary = {word: i for i, word in enumerate(("<pad>", "</s>", "<unk>", *WORDS))}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", eos_token="</s>", unk_token="<unk>", model_max_length=TOKENS
    )


def make_text_encoder() -> Any:
    from transformers import T5Config, T5EncoderModel

    config = T5Config(vocab_size=9, d_model=TEXT_WIDTH, d_kv=8, d_ff=16, num_layers=1, num_heads=2, dropout_rate=0.0)
    encoder = T5EncoderModel(config).eval()
    with torch.no_grad():  # T5's own start is so small that prompts could hardly be told apart
        encoder.shared.weight.normal_()
    return encoder


def make_vae() -> Any:
    from diffusers import AutoencoderKLCogVideoX

    return AutoencoderKLCogVideoX(
        down_block_types=("CogVideoXDownBlock3D",) * 4,
        up_block_types=("CogVideoXUpBlock3D",) * 4,
        block_out_channels=(8, 8, 8, 8),
        layers_per_block=1,
        norm_num_groups=2,
        latent_channels=CHANNELS,
        scaling_factor=0.7,
    ).eval()


def make_transformer(image_to_video: bool = False, **changes: Any) -> Any:
    from tora_core import ToraTransformer3DModel

    config = {
        "num_attention_heads": 2,
        "attention_head_dim": 16,
        "in_channels": CHANNELS * (2 if image_to_video else 1),
        "out_channels": CHANNELS,
        "time_embed_dim": 8,
        "text_embed_dim": TEXT_WIDTH,
        "num_layers": LAYERS,
        "max_text_seq_length": TOKENS,
        "flow_channels": CHANNELS,
        "motion_channels": 8,
    }
    transformer = ToraTransformer3DModel(**{**config, **changes}).eval()
    with torch.no_grad():  # fresh fusers add nothing
        for name, parameter in transformer.fuser.named_parameters():
            if "temporal" in name:
                parameter.normal_(std=0.2)
    return transformer


def make_scheduler(name: str = "CogVideoXDDIMScheduler") -> Any:
    """CogVideoX-5B's noise schedule in any of diffusers' schedulers."""
    import diffusers

    first = diffusers.CogVideoXDDIMScheduler(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        prediction_type="v_prediction",
        rescale_betas_zero_snr=True,
        snr_shift_scale=1.0,
        timestep_spacing="trailing",
        clip_sample=False,
    )
    return getattr(diffusers, name).from_config(first.config)


@pytest.fixture(scope="session")
def make() -> SimpleNamespace:
    """The makers above, for tests that need another component than the shared ones."""
    return SimpleNamespace(transformer=make_transformer, scheduler=make_scheduler, vae=make_vae)


def _components(image_to_video: bool) -> dict[str, Any]:
    with torch.random.fork_rng():
        torch.manual_seed(5)
        return {
            "tokenizer": make_tokenizer(),
            "text_encoder": make_text_encoder(),
            "vae": make_vae(),
            "transformer": make_transformer(image_to_video),
            "scheduler": make_scheduler(),
        }


@pytest.fixture(scope="session")
def t2v_components() -> dict[str, Any]:
    return _components(False)


@pytest.fixture(scope="session")
def i2v_components() -> dict[str, Any]:
    return _components(True)


@pytest.fixture
def t2v(t2v_components: dict[str, Any]) -> Any:
    """A text-to-video pipeline; its models are shared by all tests and must not be changed."""
    from tora_core import ToraPipeline

    return _quiet(ToraPipeline(**t2v_components))


@pytest.fixture
def i2v(i2v_components: dict[str, Any]) -> Any:
    from tora_core import ToraImageToVideoPipeline

    return _quiet(ToraImageToVideoPipeline(**i2v_components))


@pytest.fixture
def own_t2v(t2v_components: dict[str, Any]) -> Any:
    """As t2v, with copies of the models that a test may change."""
    from tora_core import ToraPipeline

    return _quiet(ToraPipeline(**copy.deepcopy(t2v_components)))


def _quiet(pipe: Any) -> Any:
    pipe.set_progress_bar_config(disable=True)
    return pipe


@pytest.fixture(scope="session")
def call() -> Any:
    """`call(pipe, **changes)`: latents of a small seeded run, (B, *LATENTS)."""

    def run(pipe: Any, *, seed: int | None = 7, **changes: Any) -> Any:
        arguments = {
            "prompt": "a red circle moves",
            "height": HEIGHT,
            "width": WIDTH,
            "num_frames": FRAMES,
            "num_inference_steps": STEPS,
            "output_type": "latent",
            "max_sequence_length": TOKENS,  # diffusers' own pipelines need it said
            **changes,
        }
        if seed is not None:
            arguments.setdefault("generator", torch.Generator().manual_seed(seed))
        return pipe(**arguments).frames

    return run


@pytest.fixture(scope="session")
def path() -> Any:
    """A drawn path that moves right and down through a canvas of 96 x 64."""
    from tora_core import Trajectory

    return Trajectory.from_points([[(10, 10), (80, 50)]], width=96, height=64, frames=FRAMES)


@pytest.fixture(scope="session")
def other_path() -> Any:
    from tora_core import Trajectory

    return Trajectory.from_points([[(40, 2), (40, 30)], [(5, 20), (2, 2)]], width=WIDTH, height=HEIGHT, frames=25)


@pytest.fixture(scope="session")
def noise() -> torch.Tensor:
    """Starting noise for two videos."""
    return torch.randn(2, *LATENTS, generator=torch.Generator().manual_seed(11))


@pytest.fixture(scope="session")
def picture() -> Any:
    """An RGB image of another size and aspect than the video's."""
    from PIL import Image

    values = np.random.default_rng(3).integers(0, 256, (40, 30, 3), dtype=np.uint8)
    return Image.fromarray(values)
