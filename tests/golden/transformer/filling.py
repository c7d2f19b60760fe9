"""Weights and inputs from numpy's generator, the same on every machine: goldens then hold outputs alone."""

from __future__ import annotations

import numpy as np
import torch

CASES = {"t2v": 16, "i2v": 32}
CONFIG = {
    "num_attention_heads": 2,
    "attention_head_dim": 64,
    "num_layers": 2,
    "text_embed_dim": 24,
    "time_embed_dim": 16,
    "max_text_seq_length": 7,
    "use_rotary_positional_embeddings": True,
}
BATCH, FRAMES, HEIGHT, WIDTH, WORDS = 2, 3, 6, 10, 7


def fill(state: dict[str, torch.Tensor], seed: int = 7) -> dict[str, torch.Tensor]:
    """A value for every key, in sorted order: small normals, running variances positive, norm weights near one."""
    rng = np.random.default_rng(seed)
    filled = {}
    for key in sorted(state):
        shape = tuple(state[key].shape)
        if not state[key].is_floating_point():
            filled[key] = torch.zeros(shape, dtype=state[key].dtype)
            continue
        values = rng.standard_normal(shape) * 0.08
        if key.endswith("running_var"):
            values = np.abs(values) + 0.5
        elif key.endswith("weight") and len(shape) == 1:
            values = values + 1
        filled[key] = torch.from_numpy(values.astype(np.float32))
    return filled


def inputs(channels: int, seed: int = 11) -> dict[str, torch.Tensor]:
    """Latents, text, timesteps, scaled motion latents and rotary tables (random: parity needs no meaning)."""
    rng = np.random.default_rng(seed)

    def normal(*shape: int) -> torch.Tensor:
        return torch.from_numpy(rng.standard_normal(shape).astype(np.float32))

    tokens = FRAMES * (HEIGHT // 2) * (WIDTH // 2)
    angle = normal(tokens, CONFIG["attention_head_dim"] // 2).repeat_interleave(2, dim=1)
    return {
        "hidden_states": normal(BATCH, FRAMES, channels, HEIGHT, WIDTH),
        "encoder_hidden_states": normal(BATCH, WORDS, CONFIG["text_embed_dim"]),
        "timestep": torch.tensor([3, 911]),
        "video_flow": normal(BATCH, FRAMES, 16, HEIGHT, WIDTH),
        "cos": angle.cos(),
        "sin": angle.sin(),
    }
