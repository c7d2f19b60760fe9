"""Dynamic guidance: how the scale of classifier-free guidance changes over the steps."""

from __future__ import annotations

import math
from numbers import Real

from ..errors import ToraError

DYNAMIC_GUIDANCE = ("off", "reference", "step-index")


def check_guidance(mode: str, scale: float) -> None:
    """Raise ToraError unless `mode` is one of DYNAMIC_GUIDANCE and `scale` a finite number."""
    if mode not in DYNAMIC_GUIDANCE:
        raise ToraError(f"dynamic_guidance is {mode!r}, expected one of {', '.join(DYNAMIC_GUIDANCE)}.")
    if not isinstance(scale, Real) or not math.isfinite(scale):
        raise ToraError(f"guidance_scale is {scale!r}, expected a finite number; 1 is no guidance.")


def guidance_at(mode: str, scale: float, *, step: int, steps: int, timestep: float) -> float:
    """Return the guidance scale of one step: `scale` itself, or `1 + scale * (1 - cos(pi * progress^5)) / 2`.

    step: index 0..steps-1 of the denoising step; timestep: what the model is told, 0..999.
    "off": constant. "reference": progress is (steps - timestep) / steps, as in all released code (diffusers'
    use_dynamic_cfg). The raw timestep stands where the count of steps left was meant, so the scale jumps about between
    1 and 1 + scale; published pictures were made so. "step-index": progress is step / steps, a smooth rise that stays
    close to 1 for almost the first half.
    """
    if mode == "off":
        return scale
    progress = (steps - timestep) / steps if mode == "reference" else step / steps
    return 1 + scale * ((1 - math.cos(math.pi * progress**5.0)) / 2)
