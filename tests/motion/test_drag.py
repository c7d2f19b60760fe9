"""A region of a picture dragged along a path: its places and the flow of each of its pixels."""

from __future__ import annotations

import numpy as np
import pytest

from tora_core import SizeError, ToraError, Tracks
from tora_core.motion.drag import drag_flow, drag_poses, drag_region

SIZE = (40, 60)


def square(left: int = 20, top: int = 10, side: int = 11) -> np.ndarray:
    mask = np.zeros(SIZE, bool)
    mask[top : top + side, left : left + side] = True
    return mask


def still(frames: int, at: tuple[float, float] = (25, 15)) -> Tracks:
    return Tracks(np.tile(np.array(at, np.float32), (1, frames, 1)), size=SIZE)


def test_a_region_goes_along_with_its_track_whole_pixels_and_all():
    path = Tracks([[(5, 5), (8, 5), (8, 7)]], size=SIZE)
    poses = drag_poses(square(), path)
    assert drag_region(square(), poses)[2].tolist() == square(23, 12).tolist()
    flow = drag_flow(square(), poses).numpy()
    assert not flow[0].any()
    assert (flow[1][square()] == (3, 0)).all() and not flow[1][~square()].any()
    assert (flow[2][square(23)] == (0, 2)).all() and not flow[2][~square(23)].any()


def test_turning_takes_pixels_round_the_middle_of_the_region():
    """A quarter turn clockwise in one frame: what is 5 px right of the middle goes 5 px below it."""
    flow = drag_flow(square(), drag_poses(square(), still(2), degrees=90)).numpy()
    np.testing.assert_allclose(flow[1, 15, 25], (0, 0), atol=1e-5)
    np.testing.assert_allclose(flow[1, 15, 30], (-5, 5), atol=1e-5)
    np.testing.assert_allclose(flow[1, 10, 25], (5, 5), atol=1e-5)


def test_growing_takes_pixels_away_from_the_middle_evenly_in_time():
    """Four times as large over two steps is twice as large after each."""
    poses = drag_poses(square(), still(3), scale=4.0)
    np.testing.assert_allclose(poses[:, 0, 0], (1, 2, 4))
    flow = drag_flow(square(), poses).numpy()
    np.testing.assert_allclose(flow[1, 15, 30], (5, 0), atol=1e-5)
    np.testing.assert_allclose(flow[2, 15, 30], (5, 0), atol=1e-5)
    assert drag_region(square(), poses)[1].sum() == pytest.approx(4 * 121, rel=0.1)


def test_an_easing_says_how_turning_runs():
    poses = drag_poses(square(), still(3), degrees=90, ease=lambda t: t**2)
    angles = np.degrees(np.arctan2(poses[:, 1, 0], poses[:, 0, 0]))
    np.testing.assert_allclose(angles, (0, 22.5, 90), atol=1e-9)


def test_two_tracks_turn_and_scale_the_region_as_they_do():
    """The right one of two points goes from (30, 15) to (20, 35): twice as far, a quarter turn."""
    pair = Tracks([[(20, 15), (20, 15)], [(30, 15), (20, 35)]], size=SIZE)
    np.testing.assert_allclose(drag_poses(square(), pair)[1] @ (25, 15, 1), (20, 25), atol=1e-6)
    np.testing.assert_allclose(drag_poses(square(), pair)[1, :, :2], [[0, -2], [2, 0]], atol=1e-6)


def test_hidden_tracks_are_left_out_and_without_any_the_region_waits():
    points = np.array([[(5, 5), (8, 5), (99, 99), (20, 5)], [(9, 9), (12, 9), (14, 9), (30, 9)]], np.float32)
    seen = np.array([[1, 1, 0, 0], [1, 1, 1, 0]], bool)
    poses = drag_poses(square(), Tracks(points, seen, SIZE))
    np.testing.assert_allclose(poses[:, :, 2], [(0, 0), (3, 0), (5, 0), (5, 0)], atol=1e-6)
    np.testing.assert_allclose(poses[:, :, :2], np.tile(np.eye(2), (4, 1, 1)), atol=1e-6)


def test_a_soft_edge_keeps_the_move_inside_and_fades_outside():
    path = Tracks([[(5, 5), (8, 5)]], size=SIZE)
    flow = drag_flow(square(), drag_poses(square(), path), soft_px=2.0).numpy()[1, 15, :, 0]
    assert flow[25] == pytest.approx(3, abs=0.05)
    assert flow[20] == pytest.approx(3 * 0.6, abs=0.1)  # half, and half of the border pixel itself
    assert 0 < flow[17] < flow[19] < flow[21] and flow[5] == 0


def test_a_region_that_leaves_the_picture_has_no_flow_there():
    path = Tracks([[(0, 0), (100, 0), (200, 0)]], size=SIZE)
    flow = drag_flow(square(), drag_poses(square(), path)).numpy()
    assert flow[1].any() and not flow[2].any()


@pytest.mark.parametrize(
    ("mask", "tracks", "more", "error", "message"),
    [
        (np.zeros(SIZE, bool), still(3), {}, ToraError, "the mask is empty"),
        (square().astype(float), still(3), {}, ToraError, "expected bool"),
        (np.ones((4, 4), bool), still(3), {}, SizeError, "4x4"),
        (square(), Tracks(np.zeros((0, 3, 2)), size=SIZE), {}, ToraError, "no tracks"),
        (square(), still(3), {"scale": 0.0}, ToraError, "scale is 0"),
        (square(), still(3), {"scale": np.nan}, ToraError, "scale is nan"),
        (square(), still(3), {"degrees": np.inf}, ToraError, "degrees is inf"),
        (square(), Tracks([[(0, 0), (5, 5)], [(9, 9), (5, 5)]], size=SIZE), {}, ToraError, "come together"),
    ],
)
def test_drags_that_can_not_be_are_told(mask, tracks, more, error, message):
    with pytest.raises(error, match=message):
        drag_poses(mask, tracks, **more)


def test_a_soft_edge_is_checked():
    with pytest.raises(ToraError, match="soft_px"):
        drag_flow(square(), drag_poses(square(), still(2)), soft_px=-1)
