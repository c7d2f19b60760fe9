"""The pure parts: legal sizes, dynamic guidance, the time window of motion."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tora_core.errors import SizeError, ToraError
from tora_core.pipelines.dynamic import check_guidance, guidance_at
from tora_core.pipelines.sizes import check_frames, check_side
from tora_core.pipelines.window import active_steps, check_window

ALWAYS, NEVER = [True] * 4, [False] * 4
FOUR = [999, 749, 499, 249]  # four trailing steps of a thousand


@pytest.mark.parametrize("frames", [1, 9, 49, 201, np.int64(17)])
def test_8k_plus_1_frames_are_legal(frames):
    assert check_frames(frames) == frames


@pytest.mark.parametrize(
    ("frames", "nearest"),
    [(50, "49 and 57"), (48, "41 and 49"), (197, "193 and 201"), (204, "201 and 209"), (2, "1 and 9"), (0, "1 and 9")],
)
def test_other_frame_counts_are_refused_with_the_two_nearest(frames, nearest):
    with pytest.raises(SizeError, match=f"num_frames is {frames}, expected 8k\\+1. The nearest are {nearest}."):
        check_frames(frames)


@pytest.mark.parametrize(
    ("pixels", "nearest"), [(481, "480 and 496"), (500, "496 and 512"), (8, "16 and 32"), (-3, "16 and 32")]
)
def test_other_sides_are_refused_with_the_two_nearest(pixels, nearest):
    with pytest.raises(SizeError, match=f"width is {pixels}, expected a multiple of 16 pixels.*{nearest}"):
        check_side("width", pixels)


@pytest.mark.parametrize("value", [480.0, "480", None])
def test_a_size_that_is_no_whole_number_is_refused(value):
    with pytest.raises(SizeError, match="expected a whole number"):
        check_side("height", value)


@pytest.mark.parametrize(
    ("mode", "step", "timestep", "scale"),
    [
        ("off", 30, 400, 6.0),
        ("reference", 0, 50, 1.0),  # progress 0
        ("reference", 0, 0, 7.0),  # progress 1: 1 + 6 * (1 + 1) / 2
        ("reference", 9, 100, 7.0),  # progress -1, and the cosine is even
        ("step-index", 0, 999, 1.0),
        ("step-index", 25, 499, 1.0144449),  # 1 + 3 * (1 - cos(pi / 32))
        ("step-index", 22, 559, 1.0040261),
    ],
)
def test_guidance_scale_of_one_step(mode, step, timestep, scale):
    assert guidance_at(mode, 6.0, step=step, steps=50, timestep=timestep) == pytest.approx(scale, abs=1e-6)


def test_reference_guidance_jumps_about_with_a_mean_of_3_8():
    scales = [guidance_at("reference", 6.0, step=i, steps=50, timestep=999 - 20 * i) for i in range(50)]
    assert np.mean(scales) == pytest.approx(3.8, abs=0.1)
    assert min(scales) >= 1 and max(scales) <= 7
    assert np.abs(np.diff(scales)).max() > 3


def test_an_unknown_dynamic_guidance_is_refused():
    with pytest.raises(ToraError, match="expected one of off, reference, step-index"):
        check_guidance("on", 6.0)


@pytest.mark.parametrize("scale", [math.nan, math.inf, "6", None])
def test_a_guidance_scale_that_is_no_finite_number_is_refused(scale):
    with pytest.raises(ToraError, match="guidance_scale is"):
        check_guidance("off", scale)


@pytest.mark.parametrize(
    ("start", "end", "steps"),
    [
        (0.0, 1.0, ALWAYS),
        (0.0, 0.0, NEVER),
        (0.5, 0.5, NEVER),
        (1.0, 1.0, NEVER),
        (0.0, 0.5, [True, True, False, False]),  # level 499.5
        (0.5, 1.0, [False, False, True, True]),
        (0.0, 1e-9, [True, False, False, False]),  # the level just below 999
        (0.6, 0.7, NEVER),  # between two steps: levels 399.6 and 299.7
    ],
)
def test_window_of_four_steps(start, end, steps):
    assert active_steps(FOUR, start, end) == steps


def test_a_step_exactly_on_a_border_belongs_to_the_later_window():
    assert active_steps([500], 0.0, 0.5, train_timesteps=1001) == [False]
    assert active_steps([500], 0.5, 1.0, train_timesteps=1001) == [True]


def test_windows_that_meet_share_no_step_and_miss_none():
    timesteps = list(range(999, -1, -1))
    for middle in np.linspace(0, 1, 101).tolist():
        before, after = active_steps(timesteps, 0.0, middle), active_steps(timesteps, middle, 1.0)
        assert all(a != b for a, b in zip(before, after, strict=True))


def _comfyui_sigmas() -> np.ndarray:
    """The table of ComfyUI's ModelSamplingDiscrete for CogVideoX: zero terminal SNR, its last value finite."""
    betas = np.linspace(0.00085**0.5, 0.012**0.5, 1000) ** 2
    root = np.sqrt(np.cumprod(1 - betas))
    root = (root - root[-1]) * root[0] / (root[0] - root[-1])
    alphas = root**2
    alphas[-1] = 4.8973451890853435e-08
    return np.sqrt((1 - alphas) / alphas)


def _percent_to_sigma(sigmas: np.ndarray, percent: float) -> float:
    if percent <= 0:
        return math.inf
    if percent >= 1:
        return 0.0
    return float(np.exp(np.interp((1 - percent) * 999.0, np.arange(1000), np.log(sigmas))))


@pytest.mark.parametrize(("start", "end"), [(0.0, 0.3), (0.2, 0.6), (0.37, 1.0), (0.05, 0.95), (0.999, 1.0)])
def test_window_is_comfyuis_percent_to_sigma(start, end):
    sigmas = _comfyui_sigmas()
    low, high = _percent_to_sigma(sigmas, end), _percent_to_sigma(sigmas, start)
    timesteps = list(range(999, 0, -20))
    assert active_steps(timesteps, start, end) == [bool(low < sigmas[t] <= high) for t in timesteps]


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        (-0.1, 1.0, "start is -0.1"),
        (0.0, 1.1, "end is 1.1"),
        (math.nan, 1.0, "start is nan"),
        (0.0, "1", "end is '1'"),
        (0.7, 0.3, "swap them"),
    ],
)
def test_a_senseless_window_is_refused(start, end, words):
    with pytest.raises(ToraError, match=words):
        check_window(start, end)
