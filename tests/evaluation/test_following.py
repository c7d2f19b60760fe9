"""Following a drawing in any video: the tracker without weights, the figures and their picture."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tora_core import ToraError, Tracks, Trajectory
from tora_core.commands.held_out import FIRST_SEED
from tora_core.evaluation.chart import mean_found, nice_ticks
from tora_core.evaluation.following import measure_following, table
from tora_core.evaluation.picture import ASKED, colors, draw_following, overlay_following
from tora_core.evaluation.report import draw_report
from tora_core.evaluation.sheet import RED, shortened, width_of
from tora_core.tracking.points import track_points
from tora_core.training.synthetic import draw_clip


@pytest.mark.parametrize("index", range(4))
def test_points_are_followed_within_half_a_pixel_in_every_frame(index):
    clip = draw_clip(FIRST_SEED + index, objects=1)
    following = measure_following(clip.frames, clip.tracks)
    assert following.found.all()
    assert following.distances().max() < 0.6


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
    following = measure_following(frames, tracks_of([(40 + f, 30) for f in range(6)]))
    assert following.found[0].tolist() == [True, True, True, False, False, False]
    half_diagonal = np.hypot(64, 96) / 2
    assert following.distances()[0].tolist() == pytest.approx([0, 0, 0, *[half_diagonal] * 3], abs=0.1)
    assert following.overall.near_share == 0.5 == following.overall.found_share
    assert following.overall.euclidean_px == pytest.approx(half_diagonal / 2, abs=0.1)


def test_a_flat_place_goes_with_the_corners_around_it_only_where_that_is_asked_for():
    frames = square_video([(40 + 3 * f, 30) for f in range(5)])
    wide = np.kron(frames, np.ones((1, 3, 3, 1), np.uint8))
    positions, found = track_points(wide, [[118, 88]], around_px=24)
    assert found.all()
    assert positions[0].tolist() == [pytest.approx([118 + 9 * f, 88], abs=0.1) for f in range(5)]
    assert track_points(wide, [[118, 88]])[1][0].tolist() == [True] + [False] * 4


def test_each_track_is_followed_from_where_it_first_counts():
    frames = square_video([(20 + 4 * f, 30) for f in range(8)])
    points = np.array([[(20 + 4 * f, 30) for f in range(8)]] * 2, np.float32)
    visible = np.ones((2, 8), bool)
    visible[1, :3] = False
    following = measure_following(frames, Tracks(points, visible, size=(64, 96)))
    assert following.found[1].tolist() == [False] * 3 + [True] * 5
    assert np.nanmax(following.distances()) < 0.2
    assert [error.frames for error in following.per_track] == [8, 5]


def test_progress_is_told_to_its_end_over_tracks_of_different_starts_and_can_end_the_work():
    frames = square_video([(20 + 4 * f, 30) for f in range(6)])
    visible = np.ones((2, 6), bool)
    visible[1, :3] = False
    tracks = Tracks(np.full((2, 6, 2), 30, np.float32), visible, size=(64, 96))
    told = []
    measure_following(frames, tracks, progress=lambda *at: told.append(at))
    assert told == sorted(told) and told[0] == (0, 7) and told[-1] == (7, 7)
    told.clear()
    measure_following(frames, tracks_of([(40, 30)] * 6), tracker="salient", progress=lambda *at: told.append(at))
    assert told == [(f, 6) for f in range(7)]

    def stop(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        measure_following(frames, tracks, progress=stop)


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
    assert plain["tracks"][1]["number"] == 2 and plain["tracks"][1]["distance_px"] == [None] * 3
    assert plain["near_px"] == pytest.approx(0.05 * np.hypot(64, 96), abs=1e-3)
    assert plain["tracks"][1]["asked"] == [None] * 3


def test_the_table_has_a_line_a_track_and_one_over_all():
    frames = square_video([(40, 30)] * 3)
    lines = table(measure_following(frames, tracks_of([(40, 30)] * 3))).splitlines()
    assert len(lines) == 5
    assert lines[-1].split()[:2] == ["all", "0.00"]


def pixels_of(picture: np.ndarray, color: tuple[int, int, int], off: int = 12) -> int:
    return int((np.abs(picture.astype(int) - color).max(axis=-1) <= off).sum())


def moved_following(lost: bool = False, count: int = 1, size: tuple[int, int] = (64, 96), frames: int = 6):
    """A square that goes right; asked is a path 10 px below it. The last frames may be empty."""
    at = [(20 + 4 * f, 20) for f in range(frames)]
    video = square_video(at, size)
    if lost:
        video[frames // 2 :] = 60
    points = np.array([[(x, y + 10 * (f > 0)) for f, (x, y) in enumerate(at)]] * count, np.float32)
    return measure_following(video, Tracks(points, size=size)), video


def test_asked_is_drawn_black_and_what_was_found_in_color_and_what_was_lost_crossed_red():
    following, video = moved_following()
    picture = draw_following(following)
    assert picture.shape == (480, 720, 3)
    assert min(pixels_of(picture, ASKED), pixels_of(picture, colors(1)[0])) > 100
    assert pixels_of(picture, RED) == 0
    lost, _ = moved_following(lost=True)
    assert pixels_of(draw_following(lost), RED) > 30
    assert pixels_of(draw_following(lost, video[0]), RED) > 30


def test_the_drawn_paths_are_where_they_were_asked_and_found():
    """720 / 96 is 7.5: asked (40, 30) in frame 5 is drawn at (303.25, 228.25), found (40, 20) at (303.25, 153.25)."""
    following, _ = moved_following()
    picture = draw_following(following)
    assert np.abs(picture[228, 303].astype(int) - ASKED).max() <= 12
    assert np.abs(picture[153, 303].astype(int) - colors(1)[0]).max() <= 12


def test_both_paths_are_drawn_into_every_frame_at_its_size():
    following, video = moved_following()
    before = video.copy()
    drawn = overlay_following(video, following)
    assert drawn.shape == video.shape and drawn.dtype == np.uint8 and (video == before).all()
    assert np.abs(drawn[3, 30, 32].astype(int) - ASKED).max() < 60
    assert np.abs(drawn[3, 20, 32].astype(int) - colors(1)[0]).max() < 60


@pytest.mark.parametrize("count", [1, 3, 6, 30])
@pytest.mark.parametrize("size", [(64, 96), (128, 128), (160, 64), (40, 400)])
def test_a_report_is_made_of_any_size_and_number_of_tracks(count, size):
    following, video = moved_following(lost=True, count=count, size=size, frames=4)
    report = draw_report(following, video)
    assert report.dtype == np.uint8 and report.shape[1] >= 900
    assert (report[:, :8] == 255).all() and (report[:, -8:] == 255).all()  # nothing runs over the margins
    for color in (ASKED, RED, *colors(count)[:1]):
        assert pixels_of(report, color) > 20


def test_a_report_of_one_frame_and_of_tracks_that_are_never_there_is_made():
    points = np.array([[(40, 30)], [(-50, 30)]], np.float32)
    video = square_video([(40, 30)])
    following = measure_following(video, Tracks(points, size=(64, 96), names=("x" * 300, "")))
    assert following.overall.frames == 1 and following.overall.euclidean_px == 0
    assert draw_report(following, video).shape[1] >= 900


def test_the_mean_line_is_of_what_was_found():
    nan = np.nan
    assert mean_found(np.array([[1.0, nan, nan], [3.0, 5.0, nan]]))[:2].tolist() == [2, 5]
    assert np.isnan(mean_found(np.array([[nan]]))).all()


@pytest.mark.parametrize(
    ("most", "ticks"),
    [(1, [0, 0.2, 0.4, 0.6, 0.8, 1]), (9.1, [0, 2, 4, 6, 8, 10]), (16, [0, 5, 10, 15, 20]), (55, [0, 20, 40, 60])],
)
def test_axes_have_round_numbers(most, ticks):
    assert nice_ticks(most) == pytest.approx(ticks)


def test_words_too_long_for_their_place_are_cut():
    assert shortened("short", 100) == "short"
    cut = shortened("a very long name of a track", 60)
    assert cut.startswith("a very") and cut.endswith("...") and width_of(cut) <= 60


def test_many_tracks_have_as_many_colors():
    assert len(set(colors(30))) == 30 and colors(3) == colors(6)[:3]


@pytest.mark.parametrize(
    ("frames", "tracks", "options"),
    [
        (np.zeros((3, 64, 96, 3), np.uint8), tracks_of([(1, 1)] * 4), {}),
        (np.zeros((3, 64, 96, 3), np.float32), tracks_of([(1, 1)] * 3), {}),
        (np.zeros((3, 64, 96, 3), np.uint8), tracks_of([(-90, 1)] * 3), {}),
        (np.zeros((3, 64, 96, 3), np.uint8), Tracks(np.ones((0, 3, 2), np.float32), size=(64, 96)), {}),
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


def test_the_command_measures_any_video_against_a_trajectory_file(tmp_path, capsys):
    from PIL import Image

    from tora_core.cli import main
    from tora_core.video import read_video, write_video

    points = [(30 + 3 * f, 30) for f in range(9)]
    write_video(tmp_path / "clip.mp4", square_video(points))
    Trajectory.from_points([points], width=96, height=64, frames=9).save(tmp_path / "path.json")
    command = ["evaluate", "--video", tmp_path / "clip.mp4", "--trajectory", tmp_path / "path.json"]
    assert main([str(part) for part in [*command, "--out", tmp_path / "report"]]) == 0
    assert "all" in capsys.readouterr().out
    figures = json.loads((tmp_path / "report" / "figures.json").read_text())
    assert figures["overall"]["euclidean_px"] < 1
    assert figures["frames"] == 9
    with Image.open(tmp_path / "report" / "paths.png") as picture:
        expected = measure_following(read_video(tmp_path / "clip.mp4")[0], tracks_of(points))
        assert picture.size[0] >= 900
        assert figures == json.loads(json.dumps(expected.as_dict()))


@pytest.mark.parametrize("given", ["--video", "--trajectory"])
def test_a_video_without_trajectory_or_the_other_way_round_is_refused(given, capsys):
    from tora_core.cli import main

    assert main(["evaluate", given, "x"]) == 2
    assert "belong together" in capsys.readouterr().err
