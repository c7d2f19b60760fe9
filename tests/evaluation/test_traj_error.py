"""TrajError and the colour tracker, against values worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from tora_core import ToraError
from tora_core.evaluation.traj_error import trajectory_error
from tora_core.tracking.color import locate_color, locate_salient
from tora_core.training.synthetic import OBJECT_COLORS, draw_clip

ASKED = np.array([[[0.0, 0.0], [10.0, 0.0], [20.0, 0.0]]])
SIZE = (30, 40)  # diagonal 50


def test_both_readings_by_hand():
    error = trajectory_error(ASKED, ASKED + np.array([3.0, -4.0]), size=SIZE)
    assert error.l1_px == 7.0
    assert error.euclidean_px == 5.0
    assert error.diagonal_share == pytest.approx(0.1)
    assert (error.found_share, error.frames) == (1.0, 3)


def test_a_lost_frame_counts_as_half_the_diagonal():
    error = trajectory_error(ASKED, ASKED, size=SIZE, found=np.array([[True, False, True]]))
    assert error.euclidean_px == pytest.approx(25 / 3)
    assert error.l1_px == pytest.approx(25 / 3)
    assert error.found_share == pytest.approx(2 / 3)
    assert error.found_only_px == 0
    assert trajectory_error(ASKED, ASKED, size=SIZE, found=np.zeros((1, 3), bool)).found_only_px is None


def test_frames_within_a_twentieth_of_the_diagonal_are_near_and_lost_ones_never():
    """The diagonal is 50, so 2.5 px is the most: of 0, 2.5, 2.51 and a lost frame, two of four are near."""
    asked = np.zeros((1, 4, 2))
    obtained = np.array([[[0.0, 0.0], [2.5, 0.0], [0.0, 2.51], [0.0, 0.0]]])
    found = np.array([[True, True, True, False]])
    assert trajectory_error(asked, obtained, size=SIZE, found=found).near_share == 0.5


def test_hidden_frames_do_not_count():
    obtained = ASKED.copy()
    obtained[0, 1] += 1000
    assert trajectory_error(ASKED, obtained, size=SIZE, visible=np.array([[True, False, True]])).euclidean_px == 0


@pytest.mark.parametrize(
    ("asked", "obtained", "extra"),
    [
        (ASKED, ASKED[:, :2], {}),
        (ASKED[..., :1], ASKED[..., :1], {}),
        (ASKED, ASKED, {"visible": np.zeros((1, 3), bool)}),
        (ASKED, ASKED, {"found": np.ones((1, 2), bool)}),
    ],
)
def test_what_can_not_be_compared_is_refused(asked, obtained, extra):
    with pytest.raises(ToraError):
        trajectory_error(asked, obtained, size=SIZE, **extra)


@pytest.mark.parametrize("seed", range(6))
def test_what_stands_out_is_found_without_knowing_its_color(seed):
    clip = draw_clip(2_000_000 + seed, objects=1, size=(96, 160))
    centers, found = locate_salient(clip.frames)
    assert found.all()
    assert np.linalg.norm(centers - clip.tracks.points_px[0], axis=1).mean() < 0.5


@pytest.mark.parametrize("seed", range(6))
def test_the_tracker_finds_a_drawn_shape_within_a_third_of_a_pixel(seed):
    clip = draw_clip(1_000_000 + seed, objects=1, size=(96, 160))
    centers, found = locate_color(clip.frames, OBJECT_COLORS[clip.things[0].color])
    assert found.all()
    assert np.linalg.norm(centers - clip.tracks.points_px[0], axis=1).mean() < 0.34


def test_an_empty_scene_holds_nothing_to_find():
    frames = np.full((2, 20, 30, 3), 90, np.uint8)
    centers, found = locate_color(frames, (255, 0, 0))
    assert not found.any()
    assert not centers.any()
    assert not locate_salient(frames)[1].any()
