"""The host's TRACKS to the library's Tracks and back, in every form that core's nodes make them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

pytestmark = pytest.mark.host

# Two tracks over three frames on a canvas of 40x60 (height x width): frames first, as TRACKS has them.
PATH = [[[1.5, 2.0], [50.0, 30.0]], [[4.0, 5.0], [52.0, 31.0]], [[7.0, 8.0], [54.0, 32.0]]]
SEEN = [[True, False], [True, True], [False, True]]
POINTS = np.array([[[1.5, 2.0], [4.0, 5.0], [7.0, 8.0]], [[50.0, 30.0], [52.0, 31.0], [54.0, 32.0]]], np.float32)
VISIBLE = np.array([[True, True, False], [False, True, True]])


@pytest.fixture
def tracks(host) -> Any:
    return host.pack("nodes.tracks")


FORMS = {
    "tensors": (torch.tensor(PATH), torch.tensor(SEEN)),
    "float64 and numbers for visible": (torch.tensor(PATH, dtype=torch.float64), torch.tensor(SEEN).float()),
    "float16": (torch.tensor(PATH).half(), torch.tensor(SEEN)),
    "with a batch axis": (torch.tensor(PATH)[None], torch.tensor(SEEN)[None]),
    "arrays": (np.array(PATH), np.array(SEEN)),
    "lists": (PATH, SEEN),
}


@pytest.mark.parametrize("form", FORMS)
def test_frames_and_tracks_change_places_and_pixels_stay(tracks, form):
    path, seen = FORMS[form]
    found = tracks.from_host({"track_path": path, "track_visibility": seen}, (40, 60))
    np.testing.assert_array_equal(found.points_px, POINTS)
    np.testing.assert_array_equal(found.visible, VISIBLE)
    assert (found.size, found.frames, len(found)) == ((40, 60), 3, 2)


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (None, [[True] * 3] * 2),
        ([[True], [False], [True]], [[True, False, True]] * 2),  # (F, 1): what core's nodes make of a mask
        ([True, False, True], [[True, False, True]] * 2),
        ([[False]], [[False] * 3] * 2),
    ],
)
def test_visibility_can_be_one_for_all_tracks_or_left_out(tracks, seen, expected):
    found = tracks.from_host({"track_path": PATH, "track_visibility": seen}, (40, 60))
    np.testing.assert_array_equal(found.visible, expected)


def test_positions_that_are_not_known_are_fine_where_nothing_is_seen(tracks):
    path = torch.tensor(PATH)
    path[2, 0] = float("nan")
    found = tracks.from_host({"track_path": path, "track_visibility": SEEN}, (40, 60))
    np.testing.assert_array_equal(found.visible, VISIBLE)


def test_what_core_makes_of_spline_coordinates_is_read(host, tracks):
    coordinates = '[[{"x": 10, "y": 20}, {"x": 30, "y": 25}], [{"x": 1, "y": 2}, {"x": 3, "y": 4}]]'
    made, length = host.run("WanMoveTracksFromCoords", track_coords=coordinates)
    found = tracks.from_host(made, (40, 60))
    assert length == found.frames == 2
    np.testing.assert_array_equal(found.points_px, [[[10, 20], [30, 25]], [[1, 2], [3, 4]]])


def test_a_mask_of_core_hides_the_tracks_in_its_empty_frames(host, tracks):
    mask = torch.ones(2, 8, 8)
    mask[1] = 0
    coordinates = '[[{"x": 10, "y": 20}, {"x": 30, "y": 25}]]'
    made, _ = host.run("WanMoveTracksFromCoords", track_coords=coordinates, track_mask=mask)
    np.testing.assert_array_equal(tracks.from_host(made, (40, 60)).visible, [[True, False]])


def test_there_and_back_is_the_same(tracks):
    there = tracks.from_host({"track_path": PATH, "track_visibility": SEEN}, (40, 60))
    back = tracks.to_host(there)
    assert torch.equal(back["track_path"], torch.tensor(PATH)) and back["track_path"].dtype == torch.float32
    assert torch.equal(back["track_visibility"], torch.tensor(SEEN))


def test_cores_nodes_take_what_goes_back(host, tracks):
    back = tracks.to_host(tracks.from_host({"track_path": PATH, "track_visibility": SEEN}, (40, 60)))
    joined = host.run("WanMoveConcatTrack", tracks_1=back, tracks_2=back)[0]
    assert joined["track_path"].shape == (3, 4, 2)
    (drawn,) = host.run(
        "WanMoveVisualizeTracks", images=torch.zeros(3, 40, 60, 3), tracks=back, line_resolution=24, circle_size=3,
        opacity=0.75, line_width=4,
    )  # fmt: skip
    assert drawn[0].any()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([1, 2], "tracks is a list, expected TRACKS"),
        ({"points": PATH}, "tracks is a dict, expected TRACKS: a table with track_path"),
        ({"track_path": torch.zeros(3, 2)}, r"track_path has shape \(3, 2\), expected \(frames, tracks, 2\)"),
        ({"track_path": torch.zeros(3, 2, 3)}, r"track_path has shape \(3, 2, 3\)"),
        ({"track_path": torch.zeros(2, 3, 2, 2)}, r"track_path has shape \(2, 3, 2, 2\)"),
        ({"track_path": torch.zeros(0, 2, 2)}, r"track_path has shape \(0, 2, 2\)"),
        ({"track_path": [[[1, 2]], [[1, 2], [3, 4]]]}, "track_path is no table of numbers"),
        ({"track_path": "points"}, "track_path is no table of numbers"),
        ({"track_path": PATH, "track_visibility": SEEN[:2]}, r"track_visibility has shape \(2, 2\), expected \(3, 2\)"),
        ({"track_path": PATH, "track_visibility": [True, False]}, r"track_visibility has shape \(2, 1\)"),
        ({"track_path": torch.full((3, 1, 2), float("nan"))}, "NaN or infinity in a visible frame"),
    ],
)
def test_what_are_no_tracks_is_refused_in_words(host, tracks, given, message):
    with pytest.raises(host.pack("tora_core.errors").TrajectoryError, match=message):
        tracks.from_host(given, (40, 60))
