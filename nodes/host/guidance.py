"""Dynamic guidance: the scale of classifier-free guidance changes over the steps, in every guider of the host."""

from __future__ import annotations

from typing import Any

import torch
from comfy.patcher_extension import WrappersMP

from ...tora_core.pipelines.dynamic import guidance_at

KEY = "tora_dynamic_guidance"
SCALES = ("cfg", "cfg1", "cfg2")
"""Where the host's guiders keep their scales: CFGGuider and PerpNeg, and DualCFG's two."""


def guide_dynamically(model: Any, mode: str) -> Any:
    """A clone of a MODEL whose guiders are told another scale at every step; mode "off" takes that away again.

    Set before the guider works, so that what builds on its scale (RescaleCFG, post-CFG functions) follows. A scale of
    1 or less is no guidance and stays. See `guidance_at` for the formulas; steps are those of the sampler's own run, so
    a schedule that is split over two samplers counts twice from the beginning.
    """
    patched = model.clone()
    patched.remove_wrappers_with_key(WrappersMP.PREDICT_NOISE, KEY)
    if mode != "off":

        def predict_noise(executor: Any, x: torch.Tensor, timestep: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
            guider = executor.class_obj
            options = args[0] if args else kwargs.get("model_options", {})
            sigmas = options.get("transformer_options", {}).get("sample_sigmas")
            if sigmas is None or len(sigmas) < 2:
                return executor(x, timestep, *args, **kwargs)
            before = {name: getattr(guider, name) for name in SCALES if getattr(guider, name, 1.0) > 1.0}
            step, steps = step_of(sigmas, timestep), len(sigmas) - 1
            told = float(guider.inner_model.model_sampling.timestep(timestep.max()))
            try:
                for name, scale in before.items():
                    setattr(guider, name, guidance_at(mode, scale, step=step, steps=steps, timestep=told))
                return executor(x, timestep, *args, **kwargs)
            finally:
                for name, scale in before.items():
                    setattr(guider, name, scale)

        patched.add_wrapper_with_key(WrappersMP.PREDICT_NOISE, KEY, predict_noise)
    return patched


def step_of(sigmas: torch.Tensor, sigma: torch.Tensor) -> int:
    """The step that noise of level `sigma` belongs to, also for samplers that look between the steps."""
    above = sigmas[:-1].to(sigma.device) > float(sigma.max()) * (1 + 1e-5)
    return min(int(above.sum()), len(sigmas) - 2)
