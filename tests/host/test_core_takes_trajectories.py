"""Core's WanTrackToVideo and Wan-Move nodes take what Export Trajectory gives, and their tracks come back: run here.

The nodes are core's own, whole; only the VAE is a stand-in that "encodes" to known features, as the real one needs
weights. So what core does with positions is seen in its output, and compared with where the trajectory is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

pytestmark = pytest.mark.host

WIDTH, HEIGHT = 320, 192
CELL = 8
"""Pixels of the video in one of the latent's cells."""


@pytest.fixture
def walks(host) -> Any:
    """Three tracks on 320x192 over 81 frames: a curve, one that stands still, one that is hidden from half-way on."""
    made = host.pack("tora_core.trajectory")
    tracks = (
        made.Track([(20, 150), (150, 40), (300, 120)], easing="in-out"),
        made.Track([(60, 180)]),
        made.Track([(10, 10), (310, 20)], curve="polyline", visibility=(made.VisibilityKey(0.5, False),)),
    )
    return made.Trajectory(width=WIDTH, height=HEIGHT, frames=81, tracks=tracks)


def exported(host: Any, trajectory: Any, format: str) -> tuple[str, dict[str, torch.Tensor]]:
    """Text and TRACKS of Export Trajectory."""
    texts, tracks, _ = host.run(
        "ToraExportTrajectory", trajectory=trajectory, format=format, save_file=False, filename_prefix="x"
    )
    assert len(texts) == 1
    return texts[0], tracks


def brought_in(host: Any, tracks: dict[str, torch.Tensor], **changes: Any) -> Any:
    """The trajectory that Import Trajectory makes of TRACKS."""
    inputs = {"file": "none", "width": WIDTH, "height": HEIGHT, "frames": 0, "format": "auto", **changes}
    trajectory, *_ = host.run(
        "ToraImportTrajectory", **{name: [value] for name, value in inputs.items()}, tracks=[tracks]
    )
    return trajectory


class StandInVae:
    """ "Encodes" a video (F, H, W, 3) of one clip to features (1, 16, F', H/8, W/8) that a function makes."""

    def __init__(self, features: Callable[[torch.Tensor], None]) -> None:
        self.features = features

    def encode(self, video: torch.Tensor) -> torch.Tensor:
        frames, height, width, _ = video.shape
        latent = torch.zeros(1, 16, (frames - 1) // 4 + 1, height // CELL, width // CELL)
        self.features(latent)
        return latent


def number_the_cells(latent: torch.Tensor) -> None:
    """In the first frame each cell knows its row and its column, from 1; all later ones are 0."""
    rows, columns = torch.arange(latent.shape[3])[:, None], torch.arange(latent.shape[4])
    latent[:, 0, 0], latent[:, 1, 0] = rows + 1, columns + 1


def to_video(host: Any, node: str, tracks: Any, vae: StandInVae, length: int, **more: Any) -> dict[str, Any]:
    """What core's node writes into the positive conditioning."""
    prompt = [[torch.zeros(1, 1, 1), {}]]
    positive, _, latent = host.run(
        node, positive=prompt, negative=prompt, vae=vae, tracks=tracks, width=WIDTH, height=HEIGHT, length=length,
        batch_size=1, start_image=torch.zeros(1, HEIGHT, WIDTH, 3), **more,
    )  # fmt: skip
    assert latent["samples"].shape == (1, 16, (length - 1) // 4 + 1, HEIGHT // CELL, WIDTH // CELL)
    return positive[0][1]


# --- WanTrackToVideo (ATI) --------------------------------------------------------------------------------------------


def ati_tracks(text: str, length: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What core makes of the text for a video: clip times (F,), positions (N, F, 2) in pixels, visible (N, F)."""
    from comfy_extras.nodes_wan import pad_pts, parse_json_tracks, process_tracks

    padded = np.stack([pad_pts(track) for track in parse_json_tracks(text)])
    made = process_tracks(padded, (WIDTH, HEIGHT), length - 1).numpy().swapaxes(0, 1)
    # Core counts time from -1 to 1, and positions from the middle in halves of the short edge.
    points = made[..., 1:3] * (HEIGHT / 2) + np.array([WIDTH / 2, HEIGHT / 2])
    return (made[0, :, 0] + 1) / 2, points, made[..., 3] > 0


@pytest.mark.parametrize("length", [81, 49, 33, 17, 5])
def test_wan_track_to_video_has_each_track_where_the_trajectory_has_it(host, walks, length):
    times, points, visible = ati_tracks(exported(host, walks, "ati")[0], length)
    # Core picks one of the 121 samples for each frame: that of the frame's own time, or one less than a frame earlier.
    late = np.linspace(0, 1, length) - times
    assert times[0] == 0 and late.min() > -1e-6 and late.max() < 1 / (length - 1) - 1e-6
    at = np.rint(times * 120).astype(int)
    sampled = walks.sample(frames=121)
    np.testing.assert_array_equal(visible, sampled.visible[:, at])
    np.testing.assert_allclose(points[visible], sampled.points_px[:, at][visible], atol=1e-3)


def test_a_text_of_other_than_121_samples_would_act_for_a_part_of_the_clip_only(host, walks):
    """Why the format is there: with as many samples as frames the tracks vanish early."""
    _, _, visible = ati_tracks(exported(host, walks, "spline-editor")[0], 81)
    assert visible[0].tolist() == [True] * 54 + [False] * 27  # 81 of 121 samples


def test_wan_track_to_video_moves_the_features_along_the_track(host):
    made = host.pack("tora_core.trajectory")
    walk = made.Trajectory(
        width=WIDTH, height=HEIGHT, frames=49, tracks=(made.Track([(28, 100), (292, 60)], curve="polyline"),)
    )
    text, _ = exported(host, walk, "ati")
    made_of = to_video(host, "WanTrackToVideo", text, StandInVae(number_the_cells), 49, temperature=220.0, topk=2)
    weight = 1 - made_of["concat_mask"][0, 0]
    assert weight.shape == (13, HEIGHT // CELL, WIDTH // CELL)
    # Latent frame t stands for the four frames 4t-3 to 4t; their middle is where the weight is largest.
    points = walk.sample(frames=49).points_px[0]
    for t in range(1, 13):
        row, column = divmod(int(weight[t].argmax()), WIDTH // CELL)
        x, y = points[4 * t - 3 : 4 * t + 1].mean(axis=0)
        assert abs((column + 0.5) * CELL - x) < CELL * 1.5 and abs((row + 0.5) * CELL - y) < CELL
        assert weight[t].max() > 0.5


def test_wan_track_to_video_takes_a_text_without_tracks(host):
    empty = host.pack("tora_core.trajectory").Trajectory(width=WIDTH, height=HEIGHT, frames=17)
    text, _ = exported(host, empty, "ati")
    made_of = to_video(host, "WanTrackToVideo", text, StandInVae(number_the_cells), 17, temperature=220.0, topk=2)
    assert made_of["concat_latent_image"].shape == (1, 16, 5, HEIGHT // CELL, WIDTH // CELL)


@pytest.mark.parametrize("length", [121, 241])
def test_wan_track_to_video_itself_fails_at_some_lengths(host, walks, length):
    """The help page says so: core picks one sample too few there."""
    text, _ = exported(host, walks, "ati")
    assert len(ati_tracks(text, length)[0]) == length - 1
    with pytest.raises(RuntimeError, match="shape"):
        to_video(host, "WanTrackToVideo", text, StandInVae(number_the_cells), length, temperature=220.0, topk=2)


# --- Wan-Move ---------------------------------------------------------------------------------------------------------


def test_wan_move_copies_the_features_of_the_start_to_where_the_trajectory_is(host, walks):
    _, tracks = exported(host, walks, "ati")
    made_of = to_video(host, "WanMoveTrackToVideo", tracks, StandInVae(number_the_cells), 81, strength=1.0)
    image = made_of["concat_latent_image"][0]
    sampled = walks.sample()
    expected = torch.zeros(2, 21, HEIGHT // CELL, WIDTH // CELL)
    number_the_cells(expected[None])
    for points, visible in zip(sampled.points_px // CELL, sampled.visible, strict=True):
        column, row = points.astype(int).T
        for t in range(1, 21):
            if visible[4 * t]:
                expected[:, t, row[4 * t], column[4 * t]] = torch.tensor([row[0] + 1.0, column[0] + 1.0])
    assert torch.equal(image[:2], expected)
    assert image[2:].abs().max() == 0
    # Each latent frame has as many copies as there are visible tracks: three, then two.
    assert (image[0, 1:] > 0).flatten(1).sum(dim=1).tolist() == [3] * 9 + [2] * 11


def test_wan_move_takes_the_last_corner_for_a_track_that_is_hidden_or_outside_at_first(host):
    """The help page warns of it: -1, core's mark for what is not seen, picks the last row and column."""
    made = host.pack("tora_core.trajectory")
    late = made.Track([(100, 100)], visibility=(made.VisibilityKey(0, False), made.VisibilityKey(0.5, True)))
    enters = made.Track([(-20, 60), (60, 60)], curve="polyline")
    walk = made.Trajectory(width=WIDTH, height=HEIGHT, frames=17, tracks=(late, enters))
    _, tracks = exported(host, walk, "ati")
    made_of = to_video(host, "WanMoveTrackToVideo", tracks, StandInVae(number_the_cells), 17, strength=1.0)
    image = made_of["concat_latent_image"][0]
    for x, y in ((100, 100), (60, 60)):
        assert image[:2, 4, y // CELL, x // CELL].tolist() == [HEIGHT // CELL, WIDTH // CELL]


def test_wan_moves_coordinates_and_our_tracks_are_the_same(host, walks):
    text, tracks = exported(host, walks, "spline-editor")
    made, length = host.run("WanMoveTracksFromCoords", track_coords=text)
    assert length == 81 and torch.equal(made["track_path"], tracks["track_path"])
    assert (
        made["track_visibility"].all() and not tracks["track_visibility"].all()
    )  # the text can't hold it, and says so


def test_a_single_track_is_read_as_one_by_both_of_cores_readers(host, walks):
    one = host.pack("tora_core.trajectory").Trajectory(width=WIDTH, height=HEIGHT, frames=81, tracks=walks.tracks[:1])
    text, tracks = exported(host, one, "spline-editor")
    assert torch.equal(host.run("WanMoveTracksFromCoords", track_coords=text)[0]["track_path"], tracks["track_path"])
    _, points, _ = ati_tracks(exported(host, one, "ati")[0], 81)
    assert points.shape == (1, 81, 2)


def generated(host: Any, **changes: Any) -> dict[str, torch.Tensor]:
    """Tracks of core's Generate Video Tracks."""
    inputs = {"width": WIDTH, "height": HEIGHT, "start_x": 0.1, "start_y": 0.2, "end_x": 0.9, "end_y": 0.7}
    inputs |= {"num_frames": 81, "num_tracks": 4, "track_spread": 0.05, "bezier": True, "mid_x": 0.3, "mid_y": 0.9}
    return host.run("GenerateTracks", **inputs, interpolation="ease_in", **changes)[0]


def test_cores_tracks_come_in_and_go_back_as_they_were(host):
    tracks = generated(host)
    trajectory = brought_in(host, tracks)
    assert (trajectory.frames, len(trajectory.tracks)) == (81, 4)
    np.testing.assert_allclose(trajectory.sample().points_px, tracks["track_path"].transpose(0, 1), atol=1e-4)
    _, back = exported(host, trajectory, "tora-json")
    torch.testing.assert_close(back["track_path"], tracks["track_path"], atol=1e-4, rtol=0)
    assert torch.equal(back["track_visibility"], tracks["track_visibility"])


def test_a_mask_of_cores_hides_the_tracks_in_its_empty_frames(host):
    mask = torch.ones(81, 4, 4)
    mask[40:60] = 0
    tracks = generated(host, track_mask=mask)
    assert tracks["track_visibility"].shape == (81, 1)  # one for all
    visible = brought_in(host, tracks).sample().visible
    assert visible.tolist() == [[True] * 40 + [False] * 20 + [True] * 21] * 4


def test_cores_tracks_stretched_over_another_number_of_frames_keep_their_way(host):
    tracks = generated(host)
    trajectory = brought_in(host, tracks, frames=41)
    np.testing.assert_allclose(trajectory.sample().points_px, tracks["track_path"].transpose(0, 1)[:, ::2], atol=1e-4)


def test_tracks_of_both_kinds_are_joined_drawn_and_brought_in_again(host, walks):
    _, ours = exported(host, walks, "tora-json")
    (joined,) = host.run("WanMoveConcatTrack", tracks_1=ours, tracks_2=generated(host))
    trajectory = brought_in(host, joined)
    assert len(trajectory.tracks) == 7
    np.testing.assert_allclose(trajectory.sample().points_px[:3], walks.sample().points_px, atol=1e-4)
    np.testing.assert_array_equal(trajectory.sample().visible[:3], walks.sample().visible)
    (drawn,) = host.run(
        "WanMoveVisualizeTracks", images=torch.zeros(1, HEIGHT, WIDTH, 3), tracks=joined, line_resolution=24,
        circle_size=3, opacity=1.0, line_width=4,
    )  # fmt: skip
    x, y = walks.sample().points_px[0, 40]
    assert drawn.shape == (81, HEIGHT, WIDTH, 3) and drawn[40, int(y), int(x)].any()
