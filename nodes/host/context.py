"""The host's context windows, counted in frames of CogVideoX's video instead of latent frames."""

from __future__ import annotations

from typing import Any

import comfy.context_windows as core

from .cogvideo import require_cogvideox
from .windows import TIME


class TimeWindows(core.IndexListContextHandler):
    """Core's, but for batches too: core picks a window's frames from the noise levels, which are one a video."""

    takes_batches = True

    def evaluate_context_windows(
        self, calc_cond_batch: Any, model: Any, x_in: Any, conds: Any, timestep: Any, *args: Any, **kwargs: Any
    ) -> Any:
        def predict(model: Any, conds: Any, x: Any, _: Any, model_options: Any) -> Any:
            return calc_cond_batch(model, conds, x, timestep, model_options)

        return super().evaluate_context_windows(predict, model, x_in, conds, timestep[:1], *args, **kwargs)


def with_context_windows(
    model: Any, frames: int, overlap: int, schedule: str, fuse: str, keep_start_image: bool, freenoise: bool
) -> Any:
    """A clone of a native CogVideoX MODEL that is sampled in windows of `frames` frames (8k+1), `overlap` shared.

    The same as core's Context Windows (Manual) with dim 2 and (frames - 1) / 4 + 1 latent frames; every window but the
    first gets the frame before it in front (causal_window_fix), since CogVideoX takes its first latent for one frame.
    Raises ToraError for another model.
    """
    require_cogvideox(model)
    windowed = model.clone()
    windowed.model_options["context_handler"] = TimeWindows(
        context_schedule=core.get_matching_context_schedule(schedule),
        fuse_method=core.get_matching_fuse_method(fuse),
        context_length=(frames - 1) // 4 + 1,
        context_overlap=overlap // 4,
        dim=TIME,
        freenoise=freenoise,
        cond_retain_index_list="0" if keep_start_image else "",
        causal_window_fix=True,
    )
    core.create_prepare_sampling_wrapper(windowed)
    if freenoise:
        core.create_sampler_sample_wrapper(windowed)
    return windowed
