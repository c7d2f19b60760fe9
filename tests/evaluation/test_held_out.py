"""What `tora evaluate` counts on held-out clips."""

from __future__ import annotations

import numpy as np
import pytest

from tora_core.commands.held_out import FIRST_SEED, ground_change, held_out_clips, in_best_order


def test_the_ground_of_a_true_clip_stays_and_what_changes_beside_its_thing_counts():
    (clip,) = held_out_clips(1, 17, (128, 128))
    assert ground_change(clip.frames, clip) == 0
    # Everything 10 levels brighter from the second frame on.
    brighter = clip.frames.copy()
    brighter[1:] = np.clip(brighter[1:].astype(int) + 10, 0, 255)
    ground = clip.frames[0][np.r_[0, 0, -1, -1], np.r_[0, -1, 0, -1]]
    assert ground.max() < 245  # nothing is clipped there
    assert ground_change(brighter, clip) == pytest.approx(10, abs=0.01)
    # What happens within the thing's reach does not.
    x, y = clip.things[0].centers_px[5].round().astype(int)
    moved = clip.frames.copy()
    moved[5, max(0, y - 3) : y + 3, max(0, x - 3) : x + 3] = (
        255 - moved[5, max(0, y - 3) : y + 3, max(0, x - 3) : x + 3]
    )
    assert ground_change(moved, clip) == 0


def test_a_frame_without_ground_changes_nothing():
    (clip,) = held_out_clips(1, 9, (16, 16))
    huge = clip.things[0].__class__(**{**clip.things[0].__dict__, "radius_px": 100.0})
    other = clip.__class__(**{**clip.__dict__, "things": (huge,)})
    assert ground_change(np.random.default_rng(0).integers(0, 255, (9, 16, 16, 3), np.uint8), other) == 0


def test_held_out_clips_are_the_same_every_time_and_never_trained_on():
    first, again = held_out_clips(2, 9, (64, 64)), held_out_clips(2, 9, (64, 64))
    assert all(np.array_equal(a.frames, b.frames) for a, b in zip(first, again, strict=True))
    assert FIRST_SEED == 900_000_000


def test_the_best_order_gives_each_path_the_thing_that_keeps_to_it_for_the_whole_clip():
    asked = np.stack([np.full((4, 2), place, float) for place in (10.0, 30.0, 50.0)])
    paths, found = asked[[2, 0, 1]] + 1, np.array([[True] * 4, [False] * 4, [True] * 4])
    ordered, seen = in_best_order(asked, paths, found, (64, 64))
    assert np.array_equal(ordered, asked + 1)
    assert seen.tolist() == [[False] * 4, [True] * 4, [True] * 4]
    # One that changes over half way keeps to neither path.
    swapped = np.concatenate([asked[:2, :2], asked[[1, 0], 2:]], axis=1)
    kept, _ = in_best_order(asked[:2], swapped, np.ones((2, 4), bool), (64, 64))
    assert np.array_equal(kept, swapped)
