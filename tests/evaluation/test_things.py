"""Telling things on a calm ground apart and naming them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from tora_core.evaluation.shape_fit import shape_errors
from tora_core.evaluation.things import locate_colors, name_color, name_thing, salient_patch
from tora_core.training.shapes import SHAPES, coverage
from tora_core.training.synthetic import GROUND_COLORS, OBJECT_COLORS, draw_clip


def drawn(shape: str, radius: float, center: tuple[float, float], size: tuple[int, int] = (80, 90)) -> np.ndarray:
    """A frame of a yellow shape on a blue ground that grows brighter to the right."""
    ground = np.array(GROUND_COLORS["blue"]) * np.linspace(0.9, 1.2, size[1])[None, :, None]
    alpha = np.zeros(size, np.float32)
    rows, columns, share = coverage(shape, np.array(center), radius, size)
    alpha[rows, columns] = share
    return ground + alpha[..., None] * (np.array(OBJECT_COLORS["yellow"]) - ground)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("radius", [9.0, 17.0])
@pytest.mark.parametrize("blur", [0.0, 0.15, 0.25])
def test_a_drawn_shape_is_named_however_it_is_blurred(shape, radius, blur):
    """Blurs as shares of the radius: at 0.25 a star has lost its tips, yet no other shape blurs to the same."""
    frame = drawn(shape, radius, (41.3, 36.6))
    if blur:
        frame = cv2.GaussianBlur(frame, (0, 0), blur * radius)
    frame = np.clip(frame + np.random.default_rng(3).normal(0, 3, frame.shape), 0, 255).round().astype(np.uint8)
    patch = salient_patch(frame)
    errors = shape_errors(frame, patch, SHAPES, coverage)
    assert SHAPES[int(errors.argmin())] == shape
    assert errors.min() < 0.02


@pytest.mark.parametrize("shape", SHAPES)
def test_a_shape_that_the_border_cuts_is_named(shape):
    frame = drawn(shape, 16.0, (84.0, 40.0)).round().astype(np.uint8)
    assert name_thing(frame[None], OBJECT_COLORS, SHAPES, coverage) == ("yellow", shape)


@pytest.mark.parametrize("color", OBJECT_COLORS)
def test_a_color_is_named_also_when_it_is_a_little_off(color):
    frame = np.zeros((4, 4, 3), np.uint8)
    frame[:] = np.clip(np.array(OBJECT_COLORS[color]) + np.array([9, -9, 9]), 0, 255)
    assert name_color(frame, np.ones((4, 4), bool), OBJECT_COLORS) == color


def test_clips_are_named_as_they_were_drawn_and_an_empty_one_is_not():
    for seed in range(4):
        clip = draw_clip(700_000_000 + seed, frames=3, objects=1)
        thing = clip.things[0]
        assert name_thing(clip.frames, OBJECT_COLORS, SHAPES, coverage) == (thing.color, thing.shape)
    empty = np.full((2, 16, 16, 3), 70, np.uint8)
    assert name_thing(empty, OBJECT_COLORS, SHAPES, coverage) == (None, None)
    assert salient_patch(empty[0]) is None


def test_each_of_several_colors_is_found_where_it_is():
    frames = np.full((1, 40, 60, 3), 60, np.uint8)
    frames[0, 5:15, 5:15] = OBJECT_COLORS["red"]
    frames[0, 20:30, 40:50] = OBJECT_COLORS["orange"]
    wanted = [OBJECT_COLORS[name] for name in ("orange", "red", "blue")]
    centers, found = locate_colors(frames, wanted)
    assert found[:, 0].tolist() == [True, True, False]
    assert centers[0, 0].tolist() == [44.5, 24.5]
    assert centers[1, 0].tolist() == [9.5, 9.5]
