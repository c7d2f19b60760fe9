"""Synthetic clips: seeded, exact, any size and length."""

from __future__ import annotations

import numpy as np
import pytest

from tora_core.training.shapes import SHAPES, coverage
from tora_core.training.synthetic import OBJECT_COLORS, Thing, compose, draw_clip, draw_ground, random_path


def test_the_same_seed_draws_the_same_clip_and_another_seed_another():
    one, same, other = draw_clip(5), draw_clip(5), draw_clip(6)
    assert np.array_equal(one.frames, same.frames)
    assert one.caption == same.caption
    assert not np.array_equal(one.frames, other.frames)


@pytest.mark.parametrize(("frames", "size"), [(1, (48, 64)), (9, (64, 112)), (17, (128, 128)), (49, (32, 48))])
def test_any_size_and_length(frames, size):
    clip = draw_clip(3, frames=frames, size=size)
    assert clip.frames.shape == (frames, *size, 3)
    assert clip.frames.dtype == np.uint8
    assert clip.flow.shape == (frames, *size, 2)
    assert clip.tracks.points_px.shape[1:] == (frames, 2)
    assert clip.tracks.size == size


@pytest.mark.parametrize("objects", [1, 2, 3])
def test_words_name_every_thing_and_the_ground(objects):
    clip = draw_clip(11, frames=2, objects=objects)
    assert len(clip.things) == objects
    for thing in clip.things:
        assert f"a {thing.color} {thing.shape}" in clip.caption
    assert clip.caption.endswith(f"on a {clip.ground} background")


@pytest.mark.parametrize("shape", SHAPES)
def test_a_shape_is_centred_where_its_track_says_and_is_about_as_large_as_a_disc(shape):
    rows, columns, alpha = coverage(shape, np.array([40.3, 21.8]), 12.0, (64, 96))
    y, x = np.mgrid[rows, columns]
    assert (alpha * x).sum() / alpha.sum() == pytest.approx(40.3, abs=0.05)
    assert (alpha * y).sum() / alpha.sum() == pytest.approx(21.8, abs=0.05)
    assert 0.6 < alpha.sum() / (np.pi * 12**2) < 1.1


def test_circle_area_is_exact():
    *_, alpha = coverage("circle", np.array([30.0, 30.0]), 10.0, (64, 64))
    assert alpha.sum() == pytest.approx(np.pi * 100, rel=0.005)


@pytest.mark.parametrize("center", [(-500.0, 10.0), (10.0, 500.0), (-3.0, -3.0), (64.0, 48.0), (1e9, -1e9)])
def test_shapes_outside_the_frame_do_no_harm(center):
    rows, columns, alpha = coverage("star", np.array(center), 9.0, (48, 64))
    assert alpha.shape == (rows.stop - rows.start, columns.stop - columns.start)


def test_flow_is_the_step_from_the_frame_before_at_the_source_and_frame_zero_is_still():
    rng = np.random.default_rng(0)
    path = np.array([[20.0, 20.0], [23.0, 18.0], [23.0, 18.0]])
    thing = Thing("circle", "red", np.array(OBJECT_COLORS["red"], np.float32), 6.0, path)
    clip = compose(draw_ground(rng, "gray", (40, 60)), (thing,), "gray")
    assert not clip.flow[0].any()
    assert clip.flow[1, 20, 20].tolist() == [3.0, -2.0]
    assert clip.flow[1, 20, 40].tolist() == [0.0, 0.0]
    assert not clip.flow[2].any()


@pytest.mark.parametrize("seed", range(8))
def test_paths_stay_within_the_margin_and_move_smoothly(seed):
    path = random_path(np.random.default_rng(seed), 17, (96, 160), margin_px=10)
    assert path.shape == (17, 2)
    assert (path[:, 0] > 0).all() and (path[:, 0] < 159).all()
    assert (path[:, 1] > 0).all() and (path[:, 1] < 95).all()
    steps = np.linalg.norm(np.diff(path, axis=0), axis=1)
    assert steps.max() < 40
