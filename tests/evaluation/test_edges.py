"""Edges of drawn squares, and their agreement, counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from tora_core.errors import SizeError, ToraError
from tora_core.evaluation.edges import FAINT, edge_agreement, edges


def square(left: int, top: int = 10, side: int = 12) -> np.ndarray:
    picture = np.full((1, 40, 60, 3), (40, 90, 40), np.uint8)
    picture[:, top : top + side, left : left + side] = (220, 90, 40)
    return picture


def outline(left: int, top: int = 10, side: int = 12) -> np.ndarray:
    """One frame with the ring of pixels of a square: 4 * side - 4 of them."""
    lines = np.zeros((1, 40, 60), np.uint8)
    lines[:, top : top + side, left : left + side] = 255
    lines[:, top + 1 : top + side - 1, left + 1 : left + side - 1] = 0
    return lines


def test_the_edges_of_a_square_are_a_thin_line_around_it():
    found = edges(square(20))
    assert found.shape == (1, 40, 60) and found.dtype == np.uint8 and set(np.unique(found)) == {0, 255}
    rows, columns = np.nonzero(found[0])
    assert 9 <= rows.min() <= 10 and 21 <= rows.max() <= 22, "between the last pixel outside and the first inside"
    assert 19 <= columns.min() <= 20 and 31 <= columns.max() <= 32
    assert 36 <= len(rows) <= 52, "about one pixel thick"
    assert not found[0, 13:19, 23:29].any() and not edges(square(20)[:, :, :15]).any()


def test_edges_between_colors_of_one_brightness_are_found():
    picture = np.zeros((1, 20, 20, 3), np.uint8)
    picture[:, :, :10], picture[:, :, 10:] = (0, 118, 0), (232, 0, 0)  # both are 69 in gray
    assert edges(picture).any()


def test_a_blur_leaves_a_things_edges_and_takes_the_grounds_grain():
    clean = square(20)
    grain = np.random.default_rng(0).integers(-10, 11, clean.shape)
    rough = np.clip(clean + grain, 0, 255).astype(np.uint8)
    asked = edges(clean)
    plain, blurred = edges(rough, 30, 60), edges(rough, **FAINT)
    assert edge_agreement(plain, asked).precision < 0.5
    assert edge_agreement(blurred, asked).f1 > 0.9
    assert edges(clean[:0], **FAINT).shape == (0, 40, 60)


def test_agreement_counted_by_hand():
    asked = outline(20)
    assert edge_agreement(asked, asked).f1 == 1.0
    two_over = edge_agreement(outline(22), asked, tolerance_px=2.0)
    assert (two_over.precision, two_over.recall, two_over.f1) == (1.0, 1.0, 1.0)
    # Moved by 12 the rings share no column, but the nearest ones, 20+11 and 32, lie side by side: 12 pixels of 44, and
    # with one pixel's reach the ends of neither row above or below come nearer than that.
    beside = edge_agreement(outline(32), asked, tolerance_px=1.0)
    assert beside.precision == beside.recall == pytest.approx(12 / 44)
    half = asked.copy()
    half[:, :, 26:] = 0  # 6 of 12 columns: 2 rows of 6, and the left side's 10 between them
    part = edge_agreement(half, asked, tolerance_px=0.0)
    assert (part.precision, part.recall) == (1.0, pytest.approx(22 / 44))
    assert part.f1 == pytest.approx(2 * 0.5 / 1.5)


def test_each_frame_is_held_against_its_own():
    asked = np.concatenate([outline(10), outline(40)])
    assert edge_agreement(asked[::-1], asked).f1 == 0.0


def test_nothing_found_or_asked_is_no_agreement():
    nothing = np.zeros_like(outline(20))
    assert edge_agreement(nothing, outline(20)).f1 == 0.0
    assert edge_agreement(outline(20), nothing).f1 == 0.0
    assert edge_agreement(nothing, nothing).f1 == 0.0


def test_what_are_no_pictures_is_told():
    for wrong in (square(20)[0], square(20).astype(np.float32), square(20)[..., :1], [1], None):
        with pytest.raises(ToraError, match="expected uint8"):
            edges(wrong)
    with pytest.raises(ToraError, match="thresholds are 200 and 100"):
        edges(square(20), 200, 100)
    assert edges(square(20)[:0]).shape == (0, 40, 60)
    with pytest.raises(SizeError, match=r"\(1, 40, 60\) and \(2, 40, 60\)"):
        edge_agreement(outline(1), np.concatenate([outline(1)] * 2))
