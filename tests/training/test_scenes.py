"""The scenes that the bundled model is trained on."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from tora_core.training.scenes import (
    CALM_SEED,
    CHANCES,
    _stopped,
    draw_calm,
    draw_scene,
    moving_ground,
)
from tora_core.training.synthetic import compose, draw_clip


def always(**chances: float):
    """Scenes in which nothing but what is named happens."""
    nothing = {name: 0.0 for name in ("texture", "camera", "rest_alone", "rest_in_company", "stop", "cross_border")}
    return dataclasses.replace(CHANCES, **{**nothing, **chances})


def test_the_same_seed_draws_the_same_scene_and_another_seed_another():
    one, same, other = draw_scene(5), draw_scene(5), draw_scene(6)
    assert np.array_equal(one.frames, same.frames) and one.caption == same.caption
    assert np.array_equal(one.tracks.points_px, same.tracks.points_px)
    assert not np.array_equal(one.frames, other.frames)


@pytest.mark.parametrize(("frames", "size"), [(1, (48, 64)), (9, (64, 112)), (49, (32, 48))])
def test_any_size_and_length(frames, size):
    scene = draw_scene(3, frames=frames, size=size)
    assert scene.frames.shape == (frames, *size, 3)
    assert scene.flow.shape == (frames, *size, 2)


def test_by_chance_all_counts_of_things_come_and_the_tracks_begin_with_them():
    scenes = [draw_scene(seed, frames=2, size=(32, 32)) for seed in range(40)]
    assert {len(scene.things) for scene in scenes} == {1, 2, 3}
    for scene in scenes:
        things = np.stack([thing.centers_px for thing in scene.things])
        assert np.allclose(scene.tracks.points_px[: len(things)], things, atol=1e-4)


def test_a_camera_moves_ground_dense_flow_and_resting_things_alike():
    scene = draw_scene(2, objects=1, chances=always(camera=1.0, rest_alone=1.0, texture=1.0))
    steps = np.diff(scene.things[0].centers_px, axis=0)
    assert np.abs(steps).max() > 0.3
    corner = scene.flow[1:, 0, 0]
    assert np.allclose(corner, steps, atol=1e-4)
    assert not scene.flow[0].any()


def test_the_ground_really_moves_by_the_shift():
    shift = np.zeros((2, 2))
    shift[1] = (3, -2)
    first, second = moving_ground(np.random.default_rng(0), "gray", (40, 60), shift, textured=True)
    assert np.allclose(second[:-2, 3:], first[2:, :-3], atol=1e-3)


def test_a_ground_without_camera_is_one_picture():
    ground = moving_ground(np.random.default_rng(0), "gray", (40, 60), np.zeros((5, 2)), textured=False)
    assert ground.shape == (40, 60, 3)


def test_texture_is_there_and_faint():
    plain, textured = (
        moving_ground(np.random.default_rng(4), "gray", (64, 64), np.zeros((1, 2)), textured=on) for on in (False, True)
    )
    assert 1 < np.abs(textured - plain).std() < 12


def test_resting_things_stay_where_they_are():
    scene = draw_scene(8, objects=3, chances=always(rest_in_company=1.0))
    assert np.ptp(scene.tracks.points_px, axis=1).max() == 0
    assert not scene.flow.any()


def test_some_things_leave_or_enter_the_frame():
    outside = 0
    for seed in range(20):
        points = draw_scene(seed, objects=1, frames=9, chances=always(cross_border=1.0)).tracks.points_px[0]
        outside += bool(((points < 0) | (points > 127)).any())
    assert outside >= 5


def test_a_stop_is_a_rest_within_the_same_way():
    path = np.stack([np.linspace(0, 100, 33), np.zeros(33)], axis=1)
    stopped = _stopped(np.random.default_rng(1), path)
    steps = np.diff(stopped[:, 0])
    assert np.allclose(stopped[[0, -1]], path[[0, -1]])
    assert (np.abs(steps) < 1e-9).sum() >= 3
    assert steps[0] > 100 / 32 and steps[-1] > 100 / 32


def test_dense_flow_carries_each_pixel_of_a_thing_to_where_it_goes():
    scene = draw_scene(1, objects=1, chances=always())
    thing = scene.things[0]
    x, y = thing.centers_px[7].round().astype(int)
    assert scene.flow[8, y, x] == pytest.approx(thing.centers_px[8] - thing.centers_px[7], abs=1e-4)


def test_a_ground_of_one_picture_is_not_painted_on():
    scene = draw_scene(1, objects=1, frames=3, size=(32, 32), chances=always())
    ground = np.full((32, 32, 3), 50, np.float32)
    compose(ground, scene.things, "gray")
    moving = np.repeat(ground[None], 3, axis=0)
    compose(moving, scene.things, "gray", np.zeros((3, 2)))
    assert (ground == 50).all() and (moving == 50).all()


def test_calm_clips_are_plain_ones_under_seeds_of_their_own():
    calm, plain = draw_calm(CALM_SEED + 3), draw_clip(3)
    assert np.array_equal(calm.frames, plain.frames) and calm.caption == plain.caption
    radii = [thing.radius_px for seed in range(20) for thing in draw_calm(CALM_SEED + seed, frames=2).things]
    assert min(radii) >= 14 and max(radii) <= 20.5 and max(radii) - min(radii) > 3
