"""flow_to_rgb: the colour wheel by hand, its rules, and what it refuses."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from tora_core.errors import ToraError
from tora_core.motion import flow_to_rgb
from tora_core.motion.color import color_wheel


def levels(picture: torch.Tensor) -> list:
    return (picture * 255).round().int().tolist()


@pytest.mark.parametrize(
    ("entry", "color"),
    [
        (0, (255, 0, 0)),
        (1, (255, 17, 0)),  # 255 * 1 / 15
        (14, (255, 238, 0)),
        (15, (255, 255, 0)),
        (16, (213, 255, 0)),  # 255 - floor(42.5)
        (21, (0, 255, 0)),
        (24, (0, 255, 191)),  # floor(255 * 3 / 4)
        (25, (0, 255, 255)),
        (27, (0, 209, 255)),  # 255 - floor(255 * 2 / 11)
        (36, (0, 0, 255)),
        (48, (235, 0, 255)),  # floor(255 * 12 / 13)
        (49, (255, 0, 255)),
        (54, (255, 0, 43)),  # 255 - floor(255 * 5 / 6)
    ],
)
def test_the_wheel_runs_from_red_over_yellow_green_cyan_blue_and_magenta_back(entry, color):
    wheel = color_wheel()
    assert wheel.shape == (55, 3)
    assert wheel[entry].tolist() == list(color)


@pytest.mark.parametrize(
    ("direction", "color"),
    [
        ((1, 0), (255, 0, 0)),  # right: the start of the wheel
        ((0, 1), (255, 229, 0)),  # down: halfway between entries 13 (255, 221, 0) and 14 (255, 238, 0)
        ((-1, 0), (0, 209, 255)),  # left: entry 27
        ((0, -1), (88, 0, 255)),  # up: halfway between entries 40 (78, 0, 255) and 41 (98, 0, 255)
        ((0, 0), (255, 255, 255)),
    ],
)
def test_each_direction_has_its_color(direction, color):
    flow = torch.tensor([direction, (5.0, 0.0)]) * torch.tensor([[5.0], [1.0]])
    assert levels(flow_to_rgb(flow))[0] == pytest.approx(color, abs=1)


@pytest.mark.parametrize(("direction", "color"), [((0, 1), (255, 229, 0)), ((-1, 0), (0, 209, 255))])
def test_motion_along_one_axis_alone_is_drawn(direction, color):
    flow = torch.tensor(direction).float().expand(300, 200, 2)  # several blocks of pixels
    assert (flow_to_rgb(flow) * 255).round().int().unique(dim=0).flatten(0, 1).unique(dim=0).tolist() == [list(color)]


@pytest.mark.parametrize(("length", "others"), [(8, 0), (6, 63), (4, 127), (2, 191), (0, 255)])
def test_shorter_vectors_are_closer_to_white_rounded_down(length, others):
    assert levels(flow_to_rgb(torch.tensor([float(length), 0.0]), max_norm=8.0)) == [255, others, others]


def test_without_a_norm_the_longest_vector_of_all_frames_has_the_full_color():
    flow = torch.zeros(3, 4, 5, 2)
    flow[1, 2, 3] = torch.tensor([2.0, 0.0])
    flow[2, 0, 0] = torch.tensor([4.0, 0.0])
    picture = flow_to_rgb(flow)
    assert levels(picture[1, 2, 3]) == [255, 127, 127]
    assert levels(picture[2, 0, 0]) == [255, 0, 0]
    assert (picture[0] == 1).all()


def test_vectors_longer_than_the_norm_are_drawn_as_long_as_it():
    flow = torch.tensor([[3.0, -4.0], [30.0, -40.0], [3e30, -4e30]])
    picture = levels(flow_to_rgb(flow, max_norm=5.0))
    assert picture[0] == picture[1] == picture[2]


def test_the_longest_vector_never_wraps_round_to_white():
    flow = torch.randn(400, 2, generator=torch.Generator().manual_seed(3))
    for vector in flow:
        assert min(levels(flow_to_rgb(vector[None]))[0]) < 128


def test_every_value_is_a_whole_step_of_8_bits_between_black_and_white():
    picture = flow_to_rgb(torch.randn(2, 37, 53, 2, generator=torch.Generator().manual_seed(4)))
    assert picture.dtype == torch.float32
    assert torch.equal(picture, torch.floor(picture * 255 + 0.5) / 255)
    assert 0 <= picture.min() < 0.1
    assert picture.max() == 1


def test_colors_follow_the_formula_everywhere():
    rng = np.random.default_rng(5)
    flow = rng.normal(size=(2, 67, 201, 2))  # more than one block of pixels
    norm = np.hypot(flow[..., 0], flow[..., 1])
    place = (np.arctan2(-flow[..., 1], -flow[..., 0]) / np.pi + 1) / 2 * 54
    wheel = color_wheel().double().numpy() / 255
    color = np.stack([np.interp(place, np.arange(55), wheel[:, c]) for c in range(3)], -1)
    expected = np.floor(255 * (1 - (norm / norm.max())[..., None] * (1 - color)))
    off = np.abs(np.array(levels(flow_to_rgb(torch.from_numpy(flow)))) - expected)
    assert off.max() <= 1
    assert (off > 0).mean() < 1e-3


@pytest.mark.parametrize("shape", [(2,), (7, 2), (5, 7, 2), (3, 5, 7, 2), (2, 3, 5, 7, 2)], ids=str)
def test_any_leading_axes_are_kept(shape):
    flow = torch.randn(*shape, generator=torch.Generator().manual_seed(6))
    picture = flow_to_rgb(flow, max_norm=3.0)
    assert picture.shape == (*shape[:-1], 3)
    assert torch.equal(picture.reshape(-1, 3), flow_to_rgb(flow.reshape(-1, 2), max_norm=3.0))


@pytest.mark.parametrize("shape", [(0, 2), (0, 4, 5, 2), (3, 0, 5, 2)], ids=str)
def test_no_pixels_are_no_error(shape):
    assert flow_to_rgb(torch.zeros(shape)).shape == (*shape[:-1], 3)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16, torch.bfloat16, torch.int16, torch.uint8], ids=str)
def test_other_number_types_are_drawn_in_float32(dtype):
    flow = torch.tensor([[1, 2], [4, 3], [0, 0]])
    picture = flow_to_rgb(flow.to(dtype))
    assert picture.dtype == torch.float32
    assert torch.equal(picture, flow_to_rgb(flow.float()))


def test_the_flow_is_not_written_to_and_needs_no_memory_of_its_own():
    flow = torch.randn(4, 5, 2, generator=torch.Generator().manual_seed(7), requires_grad=True)
    before = flow.detach().clone()
    picture = flow_to_rgb(flow)
    assert torch.equal(flow.detach(), before)
    assert not picture.requires_grad
    assert torch.equal(flow_to_rgb(before.transpose(0, 1)), picture.transpose(0, 1)), "not contiguous"
    still = torch.tensor([3.0, 0.0]).expand(4, 5, 2)
    assert levels(flow_to_rgb(still))[3][4] == [255, 0, 0]


def test_all_zero_flow_is_white_with_any_norm():
    for max_norm in (None, 0.0, 7.0):
        assert (flow_to_rgb(torch.zeros(2, 3, 5, 2), max_norm=max_norm) == 1).all()


@pytest.mark.parametrize("length", [1e-30, 1e-3, 1e19, 3e38])
def test_lengths_at_the_ends_of_float32_stay_between_black_and_white(length):
    picture = flow_to_rgb(torch.tensor([[length, length], [-length, 0.0], [0.0, 0.0]]))
    assert 0 <= picture.min() <= picture.max() <= 1
    assert picture[2].tolist() == [1, 1, 1]
    # torchvision's epsilon makes what is far below a millionth of a pixel white
    assert (levels(picture)[0] == [255, 255, 255]) == (length < 1e-10)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_flow_that_is_not_finite_is_refused(bad):
    flow = torch.zeros(2, 3, 5, 2)
    flow[1, 2, 4, 1] = bad
    with pytest.raises(ToraError, match="NaN or infinity"):
        flow_to_rgb(flow)
    with pytest.raises(ToraError, match="NaN or infinity"):
        flow_to_rgb(flow, max_norm=1.0)


@pytest.mark.parametrize("max_norm", [-1.0, math.nan, math.inf])
def test_a_norm_that_is_negative_or_not_finite_is_refused(max_norm):
    with pytest.raises(ToraError, match="max_norm is"):
        flow_to_rgb(torch.ones(3, 2), max_norm=max_norm)


@pytest.mark.parametrize(
    "flow", [torch.zeros(3, 5, 3), torch.tensor(1.0), torch.zeros(2, 2, dtype=torch.complex64), np.zeros((3, 2))]
)
def test_what_is_no_flow_is_refused_with_its_shape_or_type(flow):
    with pytest.raises(ToraError, match=r"expected .*\(\.\.\., 2\)"):
        flow_to_rgb(flow)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")
def test_the_picture_is_drawn_where_the_flow_is():
    flow = torch.randn(3, 37, 53, 2, generator=torch.Generator().manual_seed(8))
    picture = flow_to_rgb(flow.cuda())
    assert picture.device.type == "cuda"
    off = ((picture.cpu() - flow_to_rgb(flow)).abs() * 255).round()
    assert off.max() <= 1
    assert (off > 0).float().mean() < 1e-3
