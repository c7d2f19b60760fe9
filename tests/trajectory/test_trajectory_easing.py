"""Easing curves against values of CSS, and their ends."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tora_core.trajectory.easing import EASING_NAMES, ease

TIMES = np.array([0.0, 0.25, 0.5, 0.75, 1.0])

# ease-in at 0.5 and so on: solved on paper for the parameter u with x(u) = t, then y(u); six digits as in CSS tables.
KNOWN = {
    "linear": [0, 0.25, 0.5, 0.75, 1],
    "in": [0, 0.093465, 0.315357, 0.621862, 1],
    "out": [0, 0.378138, 0.684643, 0.906535, 1],
    "in-out": [0, 0.129162, 0.5, 0.870838, 1],
    "hold": [0, 0, 0, 0, 1],
    (0.25, 0.25, 0.75, 0.75): [0, 0.25, 0.5, 0.75, 1],
    # x1 = 1, x2 = 0: x(0.5) = 0.5 with a vertical tangent, and y is 0.5 there by symmetry
    (1.0, 0.0, 0.0, 1.0): [0, None, 0.5, None, 1],
    # y1 = y2 = 2: at u = 0.5 y is 3/8*2 + 3/8*2 + 1/8 = 1.625, and x = 0.5 there
    (0.0, 2.0, 1.0, 2.0): [0, None, 1.625, None, 1],
}


@pytest.mark.parametrize("easing", KNOWN, ids=str)
def test_easing_has_the_known_values(easing: object) -> None:
    got = ease(easing, TIMES)  # type: ignore[arg-type]
    for value, expected in zip(got, KNOWN[easing], strict=True):
        assert expected is None or value == pytest.approx(expected, abs=2e-5)  # vertical tangents lose digits


@pytest.mark.parametrize("easing", [*EASING_NAMES, (0.3, -2.0, 0.9, 3.0)], ids=str)
def test_easing_is_exact_at_both_ends(easing: object) -> None:
    assert ease(easing, np.array([0.0, 1.0])).tolist() == [0.0, 1.0]  # type: ignore[arg-type]


@settings(max_examples=50, derandomize=True, deadline=None, database=None)
@given(*[st.floats(0, 1)] * 4, st.floats(0, 1))
def test_the_parameter_found_for_a_time_gives_that_time(x1: float, y1: float, x2: float, y2: float, u: float) -> None:
    x = 3 * (1 - u) ** 2 * u * x1 + 3 * (1 - u) * u * u * x2 + u**3
    y = 3 * (1 - u) ** 2 * u * y1 + 3 * (1 - u) * u * u * y2 + u**3
    got = ease((x1, y1, x2, y2), np.array([min(x, 1.0)]))[0]
    # Where the curve is steep a rounding of x shows in y; compare by going back from y's neighbourhood in x.
    near = ease((x1, y1, x2, y2), np.clip([x - 1e-9, x + 1e-9], 0, 1))
    assert min(near[0], got) - 1e-4 <= y <= max(near[1], got) + 1e-4


@pytest.mark.parametrize("easing", ["in", "out", "in-out"])
def test_named_easings_never_go_back(easing: str) -> None:
    assert (np.diff(ease(easing, np.linspace(0, 1, 1000))) > 0).all()
