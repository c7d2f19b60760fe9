"""Tracks: what it fills in, keeps and refuses."""

from __future__ import annotations

import numpy as np
import pytest

from tora_core.errors import TrajectoryError
from tora_core.trajectory import Tracks

POINTS = np.arange(12, dtype=np.float64).reshape(2, 3, 2)


def test_defaults_are_visible_strength_1_and_sigma_10() -> None:
    tracks = Tracks(POINTS, size=(30, 40))
    assert tracks.visible.all() and tracks.visible.shape == (2, 3)
    assert tracks.strength.tolist() == [1, 1] and tracks.sigma_px.tolist() == [10, 10]
    assert (len(tracks), tracks.frames, tracks.points_px.dtype) == (2, 3, np.float32)


def test_arrays_are_copies_that_can_not_be_written() -> None:
    points = POINTS.copy()
    tracks = Tracks(points)
    points[:] = 0
    assert tracks.points_px[1, 2].tolist() == [10, 11]
    with pytest.raises(ValueError, match="read-only"):
        tracks.points_px[0] = 1


def test_positions_without_a_number_are_allowed_where_invisible() -> None:
    points = POINTS.copy()
    points[0, 1] = np.nan
    visible = np.ones((2, 3), bool)
    visible[0, 1] = False
    assert Tracks(points, visible=visible).points_px[0, 1].tolist() == [0, 0]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"points_px": np.zeros((2, 3))}, r"points_px has shape \(2, 3\)"),
        ({"points_px": [[[0, 0]], [[0, 0], [1, 1]]]}, "points_px can't be made an array"),
        ({"points_px": "abc"}, "points_px can't be made an array"),
        ({"points_px": np.full((1, 1, 2), np.nan)}, "NaN or infinity in a visible frame"),
        ({"points_px": np.full((1, 1, 2), 1e300)}, "NaN or infinity in a visible frame"),
        ({"visible": np.ones((2, 2), bool)}, r"visible has shape \(2, 2\), expected \(2, 3\)"),
        ({"strength": [1, 2, 3]}, "strength has shape"),
        ({"strength": [1, np.inf]}, "strength must be finite"),
        ({"sigma_px": [0, 1]}, "sigma_px finite and above 0"),
        ({"size": (0, 5)}, r"size is \(0, 5\)"),
        ({"size": 7}, "size is 7"),
        ({"size": ("a", 2)}, "size is"),
        ({"names": ("one",)}, "names has 1 entries, expected none or 2"),
    ],
)
def test_what_does_not_fit_is_refused(fields: dict, message: str) -> None:
    with pytest.raises(TrajectoryError, match=message):
        Tracks(**{"points_px": POINTS, **fields})


def test_torch_tensors_are_taken_as_they_are() -> None:
    torch = pytest.importorskip("torch")
    tracks = Tracks(torch.tensor(POINTS, requires_grad=True), strength=torch.ones(2))
    np.testing.assert_array_equal(tracks.points_px, POINTS.astype(np.float32))
