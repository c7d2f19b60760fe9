"""Points followed through clips whose truth is known; the measured figures are in docs/tracking.md."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tora_core import ToraError
from tora_core.tracking.clip import filled
from tora_core.tracking.dis_flow import dis_flow, video_flow
from tora_core.tracking.points import METHODS, track_points
from tora_core.tracking.steps import DenseSteps
from tora_core.training.textured import KINDS, draw_textured, noise_texture

TEXTURE = noise_texture(np.random.default_rng(5), (160, 240)).astype(np.uint8)


def panned(shifts: list[tuple[int, int]], size: tuple[int, int] = (96, 128)) -> np.ndarray:
    """A window over a texture: what is in it moves by the shifts (x, y), whole pixels from frame 0."""
    height, width = size
    return np.stack([TEXTURE[30 - y : 30 - y + height, 50 - x : 50 - x + width] for x, y in shifts])


def figures(kind: str, method: str, seeds: range) -> tuple[float, float, float]:
    """Median distance of what was found, share of visible places lost, share of found places wrong by 5 px or more."""
    distances, lost, wrong = [], [], []
    for seed in seeds:
        clip = draw_textured(seed, kind, frames=13)
        positions, found = track_points(clip.frames, clip.points_px[:, 0], method=method)
        distance = np.linalg.norm(positions - clip.points_px, axis=-1)
        seen = clip.visible
        distances.append(distance[seen & found])
        lost.append(~found[seen])
        wrong.append((~seen | (distance > 5))[found])
    return tuple(float(f(np.concatenate(v))) for f, v in ((np.median, distances), (np.mean, lost), (np.mean, wrong)))


# With room above what these clips give: median px, share lost, share wrong.
BOUNDS = {
    "plain": (0.2, 0.10, 0.06),
    "turning": (0.3, 0.25, 0.06),
    "occlusion": (0.2, 0.20, 0.06),
    "leaving": (0.2, 0.25, 0.06),
    "fast": (0.3, 0.50, 0.06),
    "blurred": (1.0, 0.35, 0.20),
    "small": (0.5, 0.20, 0.08),
    "camera": (0.3, 0.12, 0.06),
}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("kind", KINDS)
def test_points_are_followed_within_the_bounds_on_every_kind_of_clip(kind: str, method: str) -> None:
    for value, bound in zip(figures(kind, method, range(2)), BOUNDS[kind], strict=True):
        assert value <= bound


@pytest.mark.parametrize("method", METHODS)
def test_a_pan_by_whole_pixels_is_followed_to_a_tenth(method: str) -> None:
    shifts = [(3 * f, -2 * f) for f in range(6)]
    points = np.array([[40.0, 40.0], [70.3, 60.8]])
    positions, visible = track_points(panned(shifts), points, method=method)
    assert visible.all()
    assert np.abs(positions - (points[:, None] + np.array(shifts))).max() < 0.1
    assert positions.dtype == np.float32


@pytest.mark.parametrize("method", METHODS)
def test_points_are_followed_backward_from_their_start_frame_too(method: str) -> None:
    shifts = [(3 * f, 0) for f in range(7)]
    positions, visible = track_points(panned(shifts), [[60, 50]], method=method, start_frame=4)
    assert visible.all()
    assert positions[0, :, 0] == pytest.approx([60 + 3 * (f - 4) for f in range(7)], abs=0.1)


def test_a_point_that_leaves_the_frame_is_not_visible_any_more() -> None:
    positions, visible = track_points(panned([(-8 * f, 0) for f in range(5)]), [[20, 50]])
    assert visible[0].tolist() == [True, True, True, False, False]
    assert positions[0, 3:].tolist() == [positions[0, 2].tolist()] * 2


def hidden_clip() -> np.ndarray:
    """A pan of 2 px a frame; a gray plate covers the left half in frames 4 to 7."""
    frames = panned([(2 * f, 0) for f in range(12)]).copy()
    frames[4:8, :, :80] = 128
    return frames


@pytest.mark.parametrize("method", METHODS)
def test_a_hidden_point_is_hidden_and_found_again_by_its_look(method: str) -> None:
    positions, visible = track_points(hidden_clip(), [[40, 50]], method=method)
    assert visible[0].tolist() == [True] * 4 + [False] * 4 + [True] * 4
    assert positions[0, :, 0] == pytest.approx(40 + 2 * np.arange(12), abs=0.15)


def test_without_finding_again_what_is_lost_stays_lost() -> None:
    _, visible = track_points(hidden_clip(), [[40, 50]], find_again=False)
    assert visible[0].tolist() == [True] * 4 + [False] * 8


def test_a_cut_to_another_scene_loses_every_point() -> None:
    frames = panned([(0, 0)] * 6).copy()
    frames[3:] = noise_texture(np.random.default_rng(77), (96, 128)).astype(np.uint8)
    _, visible = track_points(frames, [[40, 40], [64, 48], [90, 60]])
    assert visible[:, :3].all() and not visible[:, 3:].any()


def test_slow_changes_of_light_lose_no_point() -> None:
    frames = panned([(2 * f, 0) for f in range(12)]).astype(float)
    darker = np.linspace(1, 0.45, 12)[:, None, None, None]
    positions, visible = track_points((frames * darker).astype(np.uint8), [[40, 50], [60, 30]])
    assert visible.all()
    assert np.abs(positions[:, -1] - [[62, 50], [82, 30]]).max() < 1.0


def test_things_that_differ_in_color_alone_are_followed() -> None:
    """Red noise on cyan of the same gray value."""
    noise = TEXTURE[..., 0].astype(float) - 128
    equal = np.stack([128 + 0.9 * noise, 128 - 0.4581 * noise, np.full(noise.shape, 128.0)], -1)
    equal = np.clip(equal, 0, 255).astype(np.uint8)
    frames = np.stack([equal[20:100, 40 - 2 * f : 140 - 2 * f] for f in range(6)])
    positions, visible = track_points(frames, [[50, 40]])
    assert visible.all() and positions[0, -1].tolist() == pytest.approx([60, 40], abs=0.2)


def test_points_outside_the_start_frame_are_never_visible() -> None:
    positions, visible = track_points(panned([(0, 0)] * 3), [[500, 3], [-4, -4], [127.4, 95.4]])
    assert not visible[:2].any() and visible[2, 0]
    assert positions[0].tolist() == [[500, 3]] * 3


@pytest.mark.parametrize("frames", [1, 2])
def test_very_short_clips_and_no_points_are_no_error(frames: int) -> None:
    clip = panned([(0, 0)] * frames)
    positions, visible = track_points(clip, [[10, 10]])
    assert positions.shape == (1, frames, 2) and visible.all()
    positions, visible = track_points(clip, [])
    assert positions.shape == (0, frames, 2) and visible.shape == (0, frames)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("size", [(1, 1), (8, 200), (20, 17)])
def test_tiny_pictures_are_no_error(method: str, size: tuple[int, int]) -> None:
    frames = np.random.default_rng(0).integers(0, 255, (3, *size, 3), np.uint8)
    positions, _ = track_points(frames, [[0, 0], [size[1] - 1, size[0] - 1]], method=method)
    assert np.isfinite(positions).all()


def test_flat_pictures_keep_points_where_they_are() -> None:
    flat = np.full((4, 64, 64, 3), 90, np.uint8)
    for method in METHODS:
        positions, _ = track_points(flat, [[30, 30]], method=method)
        assert np.abs(positions - 30).max() < 0.01


@pytest.mark.parametrize("point", [(0, 0), (63, 63), (0, 40), (30, 30)])
@pytest.mark.parametrize("around_px", [0.5, 8.0, 4000.0])
def test_with_nothing_around_that_could_be_followed_flat_places_are_hidden(
    point: tuple[int, int], around_px: float
) -> None:
    positions, visible = track_points(np.full((3, 64, 64, 3), 90, np.uint8), [point], around_px=around_px)
    assert visible[0].tolist() == [True, False, False] and positions[0].tolist() == [list(point)] * 3


def test_flat_places_follow_only_what_is_near_enough_and_textured_ones_follow_themselves() -> None:
    """A plain picture with a textured patch of 20 px that goes 2 px to the right a frame."""
    frames = np.full((4, 80, 160, 3), 90, np.uint8)
    for f, frame in enumerate(frames):
        frame[30:50, 20 + 2 * f : 40 + 2 * f] = TEXTURE[:20, :20]
    positions, visible = track_points(frames, [[52, 40], [120, 40], [30, 40]], around_px=20)
    assert visible.tolist() == [[True] * 4, [True, False, False, False], [True] * 4]
    assert positions[[0, 2], -1, 0].tolist() == pytest.approx([58, 36], abs=0.2)
    alone = track_points(frames, [[30, 40]])
    assert (positions[2] == alone[0][0]).all()


@pytest.mark.parametrize(("around_px", "seen"), [(60, True), (30, True), (20, False)])
def test_a_large_plain_thing_is_followed_by_corners_up_to_twice_as_far(around_px: float, seen: bool) -> None:
    """A plain square of 81 px: its corners are 40 * sqrt(2) = 57 px from its middle."""
    frames = np.full((3, 200, 300, 3), 60, np.uint8)
    for f, frame in enumerate(frames):
        frame[60:141, 60 + 5 * f : 141 + 5 * f] = (220, 200, 40)
    positions, visible = track_points(frames, [[100, 100]], around_px=around_px)
    assert visible[0].tolist() == [True, seen, seen]
    if seen:
        assert positions[0].tolist() == [pytest.approx([100 + 5 * f, 100], abs=0.1) for f in range(3)]


def test_the_same_input_gives_the_same_tracks_and_is_not_written_to() -> None:
    frames, points = hidden_clip(), np.array([[40.0, 50.0]])
    before = frames.copy(), points.copy()
    first, again = track_points(frames, points), track_points(frames, points)
    assert (first[0] == again[0]).all() and (first[1] == again[1]).all()
    assert (frames == before[0]).all() and (points == before[1]).all()


def test_progress_is_told_and_can_end_the_work() -> None:
    told: list[tuple[int, int]] = []
    track_points(panned([(0, 0)] * 5), [[40, 40]], start_frame=2, progress=lambda *at: told.append(at))
    assert told == [(0, 4), (1, 4), (2, 4), (3, 4), (4, 4)]

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        track_points(panned([(0, 0)] * 5), [[40, 40]], progress=stop)


def test_any_dense_flow_can_be_the_method() -> None:
    """A flow that says 3 px to the right, and back the other way, of a picture that does just that."""
    frames = panned([(3 * f, 0) for f in range(4)])
    order = {frame.tobytes(): f for f, frame in enumerate(frames)}

    def flow_of(frame: np.ndarray, to: np.ndarray) -> np.ndarray:
        step = 3 * (order[to.tobytes()] - order[frame.tobytes()])
        return np.full((*frame.shape[:2], 2), (step, 0), np.float32)

    positions, visible = track_points(frames, [[40, 40]], method=DenseSteps(flow_of))
    assert visible.all() and positions[0, :, 0] == pytest.approx([40, 43, 46, 49], abs=0.05)


def test_a_dense_flow_that_does_not_come_back_hides_the_point() -> None:
    frames = panned([(0, 0)] * 3)

    def there_only(frame: np.ndarray, to: np.ndarray) -> np.ndarray:
        return np.full((*frame.shape[:2], 2), (2, 0), np.float32)

    _, visible = track_points(frames, [[40, 40]], method=DenseSteps(there_only), find_again=False)
    assert visible[0].tolist() == [True, False, False]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"frames": np.zeros((3, 8, 8, 3))}, "expected uint8"),
        ({"frames": np.zeros((3, 8, 8), np.uint8)}, "expected uint8"),
        ({"frames": np.zeros((0, 8, 8, 3), np.uint8)}, "not empty"),
        ({"points_px": [[np.nan, 1]]}, "finite"),
        ({"points_px": [1, 2, 3]}, "expected \\(N, 2\\)"),
        ({"points_px": [["a", "b"]]}, "no table of numbers"),
        ({"points_px": np.zeros((1001, 2))}, "at most 1000"),
        ({"method": "magic"}, "method is 'magic'"),
        ({"start_frame": 3}, "start_frame is 3, expected 0 to 2"),
        ({"start_frame": -1}, "start_frame is -1"),
        ({"around_px": 0}, "around_px is 0"),
        ({"around_px": float("nan")}, "around_px is nan"),
        ({"start_frame": 0.5}, "start_frame is 0.5"),
    ],
)
def test_what_can_not_be_followed_is_told(change: dict[str, Any], message: str) -> None:
    given = {"frames": np.zeros((3, 16, 16, 3), np.uint8), "points_px": [[4, 4]]} | change
    with pytest.raises(ToraError, match=message):
        track_points(given.pop("frames"), given.pop("points_px"), **given)


# ---- dense flow


def test_the_flow_of_a_pan_is_its_step_at_the_pixels_it_comes_from() -> None:
    flow = video_flow(panned([(0, 0), (3, 0), (3, -2)]))
    assert flow.shape == (3, 96, 128, 2) and flow.dtype == np.float32 and not flow[0].any()
    middle = flow[:, 20:-20, 20:-20]
    assert np.median(middle[1], axis=(0, 1)).tolist() == pytest.approx([3, 0], abs=0.05)
    assert np.median(middle[2], axis=(0, 1)).tolist() == pytest.approx([0, -2], abs=0.05)


def test_the_flow_stands_where_a_thing_was_in_the_frame_before() -> None:
    frames = panned([(0, 0)] * 2).copy()
    thing = 255 - TEXTURE[:24, :24]
    frames[0, 40:64, 30:54], frames[1, 40:64, 38:62] = thing, thing
    speed = np.linalg.norm(video_flow(frames)[1], axis=-1)
    assert np.median(speed[44:60, 34:50]) == pytest.approx(8, abs=0.5)
    assert np.median(speed[:20]) < 0.1


def test_one_picture_is_still_and_models_that_give_nonsense_are_told() -> None:
    assert not video_flow(panned([(0, 0)])).any()
    with pytest.raises(ToraError, match="NaN"):
        video_flow(panned([(0, 0)] * 2), flow_of=lambda a, b: np.full((*a.shape[:2], 2), np.nan))
    with pytest.raises(ToraError, match="quality is 'best'"):
        dis_flow("best")


def test_unseen_places_lie_between_the_seen_ones() -> None:
    positions = np.array([[[9, 9], [2, 0], [9, 9], [4, 8], [9, 9]]], float)
    seen = np.array([[0, 1, 0, 1, 0]], bool)
    assert filled(positions, seen)[0].tolist() == [[2, 0], [2, 0], [3, 4], [4, 8], [4, 8]]
    assert filled(positions, ~np.ones_like(seen)).tolist() == positions.tolist()


# ---- the clips themselves


@pytest.mark.parametrize("kind", KINDS)
def test_a_clip_shows_its_points_at_the_start_and_its_truth_is_in_the_picture(kind: str) -> None:
    """Where a point is visible, what lies there in the frames hardly changes: the truth is that of the picture."""
    clip = draw_textured(4, kind, frames=9)
    assert clip.visible[:, 0].all() and clip.points_px.shape == (*clip.visible.shape, 2)
    at = np.rint(clip.points_px).astype(int).clip(0, [287, 191])
    colors = clip.frames[np.arange(9), at[..., 1], at[..., 0]].astype(float)
    off = np.abs(colors - colors[:, :1]).mean(-1)[clip.visible]
    elsewhere = np.abs(colors - np.roll(colors[:, :1], 1, axis=0)).mean(-1)[clip.visible]
    assert np.median(off) < 0.5 * np.median(elsewhere)


def test_clips_hide_their_points_and_let_them_leave() -> None:
    hidden = draw_textured(1, "occlusion")
    assert (~hidden.visible).any() and hidden.visible[:, -1].mean() > 0.5
    left = draw_textured(1, "leaving")
    outside = (left.points_px < -0.5).any(-1) | (left.points_px >= (287.5, 191.5)).any(-1)
    assert outside.any() and not (outside & left.visible).any()


def test_clips_follow_from_their_seed_and_wrong_ones_are_told() -> None:
    one, same, other = (draw_textured(seed, "fast", frames=3).frames for seed in (1, 1, 2))
    assert (one == same).all() and (one != other).any()
    with pytest.raises(ToraError, match="kind is 'slow'"):
        draw_textured(1, "slow")
    with pytest.raises(ToraError, match="96 px or more"):
        draw_textured(1, size=(64, 64))
