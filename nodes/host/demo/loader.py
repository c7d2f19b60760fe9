"""Loading all of the demo model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...values import ToraModel
from ..adapter import load_tora_model
from ..cogvideox import load_cogvideox
from ..latent_rgb import LatentRgb
from ..mends import mend
from ..preview import set_factors
from .files import bundled, read_config
from .text import load_clip
from .vae import load_vae

VARIANTS = {"T2V": "t2v", "I2V": "i2v"}
DTYPE = "float32"
"""Of all parts on every device, as the library computes it: the files are float16, which the host would keep."""


@dataclass(frozen=True, eq=False)
class Demo:
    """All that a graph needs."""

    model: Any
    clip: Any
    vae: Any
    tora_model: ToraModel


def load_demo(variant: str) -> Demo:
    """Load the demo model; variant is "T2V" or "I2V".

    The MODEL is mended at once: unmended CogVideoX gives noise with core's samplers, and this one should work with
    nothing else in the graph. Apply Tora and Fix CogVideoX mend it again, which changes nothing.
    Raises CheckpointError when the pack is not wholly installed.
    """
    kind = VARIANTS[variant]
    model = load_cogvideox(bundled(kind, "transformer"), DTYPE)
    look = read_config("vae", "preview.json")
    set_factors(model, LatentRgb(look["latent_rgb_factors"], look["latent_rgb_factors_bias"]))
    tora_model = load_tora_model(bundled(kind, "tora.safetensors"), dtype=DTYPE, name=f"the demo model {variant}")
    return Demo(mend(model), load_clip(), load_vae(), tora_model)
