"""No position is an error: far off, negative, on the edge, a single frame, no track, a raster of one pixel."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tora_core.motion import flow_norm, render_flow, render_motion
from tora_core.trajectory import Tracks

HEIGHT, WIDTH = 6, 9
HUGE = 3.0e38


@settings(max_examples=60, deadline=None)
@given(
    points=arrays(np.float32, (3, 4, 2), elements=st.floats(width=32, allow_nan=False, allow_infinity=False)),
    near=arrays(np.float32, (2, 4, 2), elements=st.floats(-2, 10, width=32)),
    strength=arrays(np.float32, 5, elements=st.floats(width=32, allow_nan=False, allow_infinity=False)),
)
def test_any_finite_positions_and_strengths_give_a_finite_flow_and_a_picture_between_black_and_white(
    points, near, strength
):
    tracks = Tracks(np.concatenate([points, near]), size=(HEIGHT, WIDTH), strength=strength)
    assert torch.isfinite(render_flow(tracks)).all()
    assert 0 <= flow_norm(tracks) < np.inf
    picture = render_motion(tracks)
    assert picture.shape == (4, HEIGHT, WIDTH, 3)
    assert 0 <= picture.min() <= picture.max() <= 1


@pytest.mark.parametrize(
    "start",
    [(WIDTH, 3), (3, HEIGHT), (WIDTH, HEIGHT), (-1, 3), (3, -1), (-200.5, 3), (1e6, 1e6), (HUGE, 0), (0, -HUGE)],
    ids=str,
)
def test_a_source_outside_the_raster_draws_nothing(start):
    tracks = Tracks([[start, (4, 3)]], size=(HEIGHT, WIDTH))
    assert not render_flow(tracks).any()
    assert flow_norm(tracks) == 0
    assert (render_motion(tracks) == 1).all()


def test_a_step_that_leaves_the_raster_is_drawn_in_full():
    flow = render_flow(Tracks([[(4, 3), (-40, 300)]], size=(HEIGHT, WIDTH), sigma_px=[0.05]))
    assert flow[1, 3, 4].tolist() == [-44, 297]


def test_a_step_of_impossible_length_keeps_its_direction():
    flow = render_flow(Tracks([[(4, 3), (HUGE, -HUGE)]], size=(HEIGHT, WIDTH), sigma_px=[0.05]))
    assert flow[1, 3, 4].tolist() == pytest.approx([0.5**0.5 * 1e9, -(0.5**0.5) * 1e9], rel=1e-6)


@pytest.mark.parametrize(
    ("points", "visible"),
    [
        (np.zeros((0, 5, 2)), None),
        (np.zeros((2, 1, 2)), None),
        (np.zeros((2, 5, 2)), None),
        (np.arange(20).reshape(2, 5, 2), np.zeros((2, 5), bool)),
        (np.full((1, 5, 2), np.nan), np.zeros((1, 5), bool)),
    ],
    ids=["no tracks", "one frame", "standing still", "all invisible", "no point at all"],
)
def test_without_a_visible_move_the_flow_is_zero_and_the_picture_white(points, visible):
    tracks = Tracks(points, visible=visible, size=(HEIGHT, WIDTH))
    assert render_flow(tracks).shape == (tracks.frames, HEIGHT, WIDTH, 2)
    assert not render_flow(tracks).any()
    assert flow_norm(tracks) == 0
    assert render_motion(tracks).shape == (tracks.frames, HEIGHT, WIDTH, 3)
    assert (render_motion(tracks) == 1).all()


def test_a_clip_of_no_frames_gives_no_pictures():
    tracks = Tracks(np.zeros((2, 0, 2)), size=(HEIGHT, WIDTH))
    assert render_flow(tracks).shape == (0, HEIGHT, WIDTH, 2)
    assert render_motion(tracks).shape == (0, HEIGHT, WIDTH, 3)


def test_on_a_raster_of_one_pixel_every_tap_of_the_blur_sees_the_source():
    flow = render_flow(Tracks([[(0, 0), (2, 0)]], size=(1, 1), sigma_px=[1.0]))
    taps = np.exp(-0.5 * np.arange(-5, 6) ** 2.0).sum()
    assert flow[1, 0, 0].tolist() == pytest.approx([2 * taps**2, 0], rel=1e-6)
