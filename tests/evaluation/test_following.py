"""Following a drawing in any video: the tracker without weights, the figures and their picture."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tora_core import ToraError, Tracks, Trajectory
from tora_core.commands.held_out import FIRST_SEED
from tora_core.evaluation.following import measure_following, table
from tora_core.evaluation.picture import draw_following
from tora_core.tracking.lucas_kanade import follow_points
from tora_core.training.synthetic import draw_clip


@pytest.mark.parametrize("index", range(4))
def test_points_are_followed_within_half_a_pixel_in_every_frame(index):
    clip = draw_clip(FIRST_SEED + index, objects=1)
    positions, found = follow_points(clip.frames, clip.tracks.points_px[:, 0])
    assert found.all()
    assert np.linalg.norm(positions - clip.tracks.points_px, axis=-1).max() < 0.6


def square_video(steps: list[tuple[int, int]], size: tuple[int, int] = (64, 96)) -> np.ndarray:
    """A bright square of 12 px whose centre is where `steps` say, on gray."""
    frames = np.full((len(steps), *size, 3), 60, np.uint8)
    for frame, (x, y) in zip(frames, steps, strict=True):
        frame[max(0, y - 6) : max(0, y + 6), max(0, x - 6) : max(0, x + 6)] = (220, 200, 40)
    return frames


def tracks_of(points: list[tuple[float, float]], size: tuple[int, int] = (64, 96)) -> Tracks:
    return Tracks(np.array([points], np.float32), size=size)


def test_a_thing_that_goes_the_other_way_is_measured_by_hand():
    asked = [(40 + 2 * f, 30) for f in range(6)]
    frames = square_video([(40 - 2 * f, 30) for f in range(6)])
    following = measure_following(frames, tracks_of(asked))
    assert following.overall.euclidean_px == pytest.approx((0 + 4 + 8 + 12 + 16 + 20) / 6, abs=0.15)
    assert following.overall.found_share == 1


@pytest.mark.parametrize("tracker", ["salient", "color"])
def test_trackers_that_know_no_start_see_a_thing_in_the_wrong_place(tracker):
    frames = square_video([(40, 30)] * 4)
    following = measure_following(frames, tracks_of([(52, 30)] * 4), tracker=tracker, color=(220, 200, 40))
    assert following.overall.euclidean_px == pytest.approx(12.5, abs=0.1)  # the square's centre is at 39.5, 29.5


def test_what_can_not_be_followed_counts_as_lost_from_there_on():
    frames = square_video([(40 + f, 30) for f in range(6)])
    frames[3:] = 60
    positions, found = follow_points(frames, np.array([[40.0, 30.0]]))
    assert found[0].tolist() == [True, True, True, False, False, False]
    assert not positions[0, 3:].any()


def test_frames_in_which_the_asked_point_is_outside_do_not_count():
    asked = [(40.0, 30.0), (60.0, 30.0), (500.0, 30.0)]
    frames = square_video([(40, 30), (60, 30), (80, 30)])
    following = measure_following(frames, tracks_of(asked))
    assert following.counted[0].tolist() == [True, True, False]
    assert following.overall.frames == 2
    assert following.overall.euclidean_px < 0.5


def test_one_of_two_tracks_that_is_never_inside_has_no_error_of_its_own():
    points = np.array([[(40, 30)] * 3, [(-50, 30)] * 3], np.float32)
    following = measure_following(square_video([(40, 30)] * 3), Tracks(points, size=(64, 96)))
    assert following.per_track[0] is not None and following.per_track[1] is None
    assert "outside the frame throughout" in table(following)
    plain = json.loads(json.dumps(following.as_dict()))
    assert plain["tracks"][1]["error"] is None
    assert plain["tracks"][1]["asked"] == [None] * 3


def test_the_table_has_a_line_a_track_and_one_over_all():
    frames = square_video([(40, 30)] * 3)
    lines = table(measure_following(frames, tracks_of([(40, 30)] * 3))).splitlines()
    assert len(lines) == 4
    assert lines[-1].split()[:2] == ["all", "0.00"]


def test_asked_is_drawn_white_and_what_was_lost_ringed_red():
    frames = square_video([(40, 30)] * 3)
    frames[1:] = 60
    picture = draw_following(measure_following(frames, tracks_of([(40, 30)] * 3)))
    assert picture.shape[1] == 96 * 6
    assert (picture == 255).all(axis=-1).any()
    red = (picture[..., 0] > 200) & (picture[..., 1] < 100)
    assert red.any()
    all_found = draw_following(measure_following(square_video([(40, 30)] * 3), tracks_of([(40, 30)] * 3)))
    assert not ((all_found[..., 0] > 200) & (all_found[..., 1] < 100)).any()


@pytest.mark.parametrize(
    ("frames", "tracks", "options"),
    [
        (np.zeros((3, 64, 96, 3), np.uint8), tracks_of([(1, 1)] * 4), {}),
        (np.zeros((3, 64, 96, 3), np.float32), tracks_of([(1, 1)] * 3), {}),
        (np.zeros((3, 64, 96, 3), np.uint8), tracks_of([(-90, 1)] * 3), {}),
        (np.zeros((3, 64, 96, 3), np.uint8), tracks_of([(1, 1)] * 3), {"tracker": "magic"}),
        (np.zeros((3, 64, 96, 3), np.uint8), tracks_of([(1, 1)] * 3), {"tracker": "color"}),
        (
            np.zeros((3, 64, 96, 3), np.uint8),
            Tracks(np.ones((2, 3, 2), np.float32), size=(64, 96)),
            {"tracker": "salient"},
        ),
    ],
)
def test_what_does_not_fit_together_is_refused(frames, tracks, options):
    with pytest.raises(ToraError):
        measure_following(frames, tracks, **options)


@pytest.mark.parametrize(
    "arguments",
    [
        {"starts_px": np.array([[np.nan, 1.0]])},
        {"starts_px": np.array([[1.0, 1.0]]), "start_frames": np.array([3])},
        {"starts_px": np.array([[1.0, 1.0]]), "start_frames": np.array([-1])},
        {"starts_px": np.array([[1.0, 1.0]]), "start_frames": np.array([0, 0])},
    ],
)
def test_points_that_can_not_be_followed_are_refused(arguments):
    with pytest.raises(ToraError):
        follow_points(np.zeros((3, 16, 16, 3), np.uint8), **arguments)


def test_no_points_are_no_error_and_a_start_outside_is_never_found():
    frames = np.zeros((2, 16, 16, 3), np.uint8)
    positions, found = follow_points(frames, np.zeros((0, 2)))
    assert positions.shape == (0, 2, 2) and found.shape == (0, 2)
    assert not follow_points(frames, np.array([[99.0, 3.0]]))[1].any()


def test_the_command_measures_any_video_against_a_trajectory_file(tmp_path, capsys):
    from tora_core.cli import main
    from tora_core.video import write_video

    points = [(30 + 3 * f, 30) for f in range(9)]
    write_video(tmp_path / "clip.mp4", square_video(points))
    Trajectory.from_points([points], width=96, height=64, frames=9).save(tmp_path / "path.json")
    command = ["evaluate", "--video", tmp_path / "clip.mp4", "--trajectory", tmp_path / "path.json"]
    assert main([str(part) for part in [*command, "--out", tmp_path / "report"]]) == 0
    assert "all" in capsys.readouterr().out
    figures = json.loads((tmp_path / "report" / "figures.json").read_text())
    assert figures["overall"]["euclidean_px"] < 1
    assert figures["frames"] == 9
    assert (tmp_path / "report" / "paths.png").exists()


@pytest.mark.parametrize("given", ["--video", "--trajectory"])
def test_a_video_without_trajectory_or_the_other_way_round_is_refused(given, capsys):
    from tora_core.cli import main

    assert main(["evaluate", given, "x"]) == 2
    assert "belong together" in capsys.readouterr().err
