"""render_motion: the fast way from tracks to picture equals the two steps; norms, strengths and parts of clips."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tora_core.errors import ToraError
from tora_core.motion import flow_norm, flow_to_rgb, render_flow, render_motion
from tora_core.trajectory import Tracks

SIZE = (90, 140)


def random_tracks(count: int, frames: int = 6, seed: int = 11, **more) -> Tracks:
    rng = np.random.default_rng(seed)
    return Tracks(rng.uniform([-10, -10], [150, 100], (count, frames, 2)), size=SIZE, **more)


def color_at(picture: torch.Tensor, frame: int, row: int, column: int) -> list[int]:
    return (picture[frame, row, column] * 255).round().int().tolist()


def to_the_right(*strength: float) -> Tracks:
    """Tracks one below the other, at x = 60 and y = 60, 180, ..., each 4 px to the right; too far apart to meet."""
    paths = [[[60, 60 + 120 * n], [64, 60 + 120 * n]] for n in range(len(strength))]
    return Tracks(paths, size=(120 * len(strength), 140), strength=strength)


@pytest.mark.parametrize("count", [1, 3, 30])
def test_the_picture_is_the_colored_flow(count):
    strength = np.linspace(0.5, 1.5, count)
    tracks = random_tracks(count, strength=strength, sigma_px=np.linspace(3, 10, count))
    expected = flow_to_rgb(render_flow(tracks), max_norm=flow_norm(tracks))
    off = ((render_motion(tracks) - expected).abs() * 255).round()
    assert off.max() <= 1
    assert (off > 0).float().mean() < 1e-4
    assert (expected < 0.5).any()


def test_the_picture_has_8_bit_steps_and_is_white_away_from_sources():
    picture = render_motion(to_the_right(1.0))
    assert picture.dtype == torch.float32
    assert torch.equal(picture, torch.floor(picture * 255 + 0.5) / 255)
    assert (picture[0] == 1).all(), "frame 0"
    assert (picture[1, :, 110:] == 1).all(), "50 px and more to the right of the source"
    assert (picture[1, 60, 11:110, 1:] < 1).all(), "up to 49 px to both sides"
    assert color_at(picture, 1, 60, 60) == [255, 0, 0]
    assert color_at(picture, 1, 60, 70) == [255, 100, 100]  # floor(255 * (1 - exp(-1/2)))


@pytest.mark.parametrize(
    ("strength", "color"),
    [(1.0, [255, 0, 0]), (0.5, [255, 127, 127]), (0.25, [255, 191, 191]), (0.0, [255, 255, 255]), (3.0, [255, 0, 0])],
)
def test_the_strength_of_a_lone_track_shows_because_the_norm_is_taken_before_it(strength, color):
    assert color_at(render_motion(to_the_right(strength)), 1, 60, 60) == color


def test_a_strength_above_one_widens_the_full_color():
    assert color_at(render_motion(to_the_right(1.0)), 1, 60, 70) == [255, 100, 100]
    assert color_at(render_motion(to_the_right(2.0)), 1, 60, 70) == [255, 0, 0]  # 2 exp(-1/2) is above 1


def test_strengths_of_several_tracks_do_not_change_each_other():
    picture = render_motion(to_the_right(1.0, 0.5, 0.0))
    assert [color_at(picture, 1, 60 + 120 * n, 60) for n in range(3)] == [[255, 0, 0], [255, 127, 127], [255] * 3]


def test_a_negative_strength_is_the_opposite_motion():
    opposite = Tracks([[[60, 60], [56, 60]]], size=(120, 140), strength=[-1.0])
    assert torch.equal(render_motion(opposite), render_motion(to_the_right(1.0)))


def test_one_fast_track_dims_a_slow_one():
    tracks = Tracks([[[60, 60], [64, 60]], [[60, 180], [68, 180]]], size=(240, 140))
    picture = render_motion(tracks)
    assert color_at(picture, 1, 60, 60) == [255, 127, 127]
    assert color_at(picture, 1, 180, 60) == [255, 0, 0]


def test_a_given_norm_is_used_instead_of_the_clips_own():
    assert color_at(render_motion(to_the_right(1.0), max_norm=8.0), 1, 60, 60) == [255, 127, 127]


@pytest.mark.parametrize(
    "frames",
    [slice(2, 5), slice(None, None, 2), slice(-2, None), range(2, 5), range(5, 0, -2), range(0), slice(4, 4)],
    ids=str,
)
def test_a_part_of_a_clip_is_that_part_of_the_whole_picture(frames):
    tracks = random_tracks(5, frames=6, strength=[1, 2, 0.5, 1, 1])
    whole = render_motion(tracks)
    chosen = list(range(6))[frames] if isinstance(frames, slice) else list(frames)
    part = render_motion(tracks, frames=frames)
    assert part.shape == (len(chosen), *SIZE, 3)
    assert torch.equal(part, whole[chosen])
    assert torch.equal(part, render_motion(tracks, frames=frames, max_norm=flow_norm(tracks)))


def test_a_slow_part_of_a_fast_clip_stays_pale():
    tracks = Tracks([[[60, 60], [64, 60], [104, 60]]], size=(120, 140))
    assert color_at(render_motion(tracks, frames=slice(1, 2)), 0, 60, 60) == [255, 229, 229]  # a tenth of the norm


@pytest.mark.parametrize("frames", [range(4, 7), range(-1, 2), range(6, 0, -1)], ids=str)
def test_frames_outside_the_clip_are_refused(frames):
    with pytest.raises(ToraError, match=r"expected frames of a clip of 6: 0 to 5"):
        render_motion(random_tracks(2, frames=6), frames=frames)


@pytest.mark.parametrize("max_norm", [-1.0, float("nan"), float("inf")])
def test_a_norm_that_is_negative_or_not_finite_is_refused(max_norm):
    with pytest.raises(ToraError, match="max_norm is"):
        render_motion(random_tracks(2), max_norm=max_norm)


def test_neither_default_device_nor_default_dtype_changes_the_picture():
    expected = render_motion(to_the_right(1.0))
    before = torch.get_default_dtype()
    try:
        torch.set_default_dtype(torch.float64)
        with torch.device("meta"):
            assert torch.equal(render_motion(to_the_right(1.0)), expected)
    finally:
        torch.set_default_dtype(before)
