"""Arc length and shape of the curves against independent, finely subdivided computations."""

from __future__ import annotations

import numpy as np
import pytest

from tora_core.trajectory.curves import make_path

FINE = 20_000
SMOOTH = np.array([(10, 400), (120, 60), (300, 350), (330, 340), (640, 80)], float)
TIGHT = np.array([(0, 0), (100, 0), (101, 0.5), (3, 4), (3, 4), (60, 200), (-50, 20)], float)


def barry_goldman(nodes: np.ndarray, closed: bool) -> np.ndarray:
    """Centripetal Catmull-Rom as a pyramid of linear interpolations, many points a segment."""
    keep = np.r_[True, np.any(np.diff(nodes, axis=0) != 0, axis=1)]
    nodes = nodes[keep]
    if closed:
        nodes = nodes if np.all(nodes[0] == nodes[-1]) else np.r_[nodes, nodes[:1]]
        padded = np.r_[nodes[-2:-1], nodes, nodes[1:2]]
    else:
        padded = np.r_[2 * nodes[:1] - nodes[1:2], nodes, 2 * nodes[-1:] - nodes[-2:-1]]
    parts = []
    for p0, p1, p2, p3 in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        t0 = 0.0
        t1 = t0 + np.linalg.norm(p1 - p0) ** 0.5
        t2 = t1 + np.linalg.norm(p2 - p1) ** 0.5
        t3 = t2 + np.linalg.norm(p3 - p2) ** 0.5
        t = np.linspace(t1, t2, FINE)[:, None]
        a1 = (t1 - t) / (t1 - t0) * p0 + (t - t0) / (t1 - t0) * p1
        a2 = (t2 - t) / (t2 - t1) * p1 + (t - t1) / (t2 - t1) * p2
        a3 = (t3 - t) / (t3 - t2) * p2 + (t - t2) / (t3 - t2) * p3
        b1 = (t2 - t) / (t2 - t0) * a1 + (t - t0) / (t2 - t0) * a2
        b2 = (t3 - t) / (t3 - t1) * a2 + (t - t1) / (t3 - t1) * a3
        parts.append((t2 - t) / (t2 - t1) * b1 + (t - t1) / (t2 - t1) * b2)
    return np.concatenate(parts)


def bezier(nodes: np.ndarray, handles: np.ndarray) -> np.ndarray:
    u = np.linspace(0, 1, FINE)[:, None]
    parts = []
    for i in range(len(nodes) - 1):
        p0, p1, p2, p3 = nodes[i], nodes[i] + handles[i, 1], nodes[i + 1] + handles[i + 1, 0], nodes[i + 1]
        ab, bc, cd = p0 + u * (p1 - p0), p1 + u * (p2 - p1), p2 + u * (p3 - p2)  # de Casteljau
        abc, bcd = ab + u * (bc - ab), bc + u * (cd - bc)
        parts.append(abc + u * (bcd - abc))
    return np.concatenate(parts)


def walked(curve: np.ndarray, fractions: np.ndarray) -> tuple[float, np.ndarray]:
    """Length of a dense polyline and its points at fractions of it."""
    arc = np.r_[0.0, np.cumsum(np.linalg.norm(np.diff(curve, axis=0), axis=1))]
    at = fractions * arc[-1]
    return arc[-1], np.stack([np.interp(at, arc, curve[:, 0]), np.interp(at, arc, curve[:, 1])], axis=1)


HANDLES = np.array([[(0, 0), (50, -90)], [(-80, 0), (80, 0)], [(0, 0), (0, 0)], [(-30, 9), (4, 4)], [(70, 70), (0, 0)]])
# The control polygon of a cusp: out and in handles cross so that the speed is nought in the middle.
CUSP = (np.array([(0, 0), (100, 0)], float), np.array([[(0, 0), (100, 100)], [(-100, 100), (0, 0)]], float))

CASES = {
    "smooth curve": (make_path(SMOOTH, "catmull-rom", False), barry_goldman(SMOOTH, False)),
    "smooth closed curve": (make_path(SMOOTH, "catmull-rom", True), barry_goldman(SMOOTH, True)),
    "smooth curve with tight turns and a point twice": (
        make_path(TIGHT, "catmull-rom", False),
        barry_goldman(TIGHT, False),
    ),
    "closed curve with tight turns": (make_path(TIGHT, "catmull-rom", True), barry_goldman(TIGHT, True)),
    "bezier": (make_path(SMOOTH, "bezier", False, HANDLES), bezier(SMOOTH, HANDLES)),
    "bezier with a cusp": (make_path(CUSP[0], "bezier", False, CUSP[1]), bezier(*CUSP)),
    "bezier that turns back on itself": (
        make_path(np.zeros((2, 2)), "bezier", False, np.array([[(0, 0), (90, 0)], [(90, 0), (0, 0)]], float)),
        bezier(np.zeros((2, 2)), np.array([[(0, 0), (90, 0)], [(90, 0), (0, 0)]], float)),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_length_and_positions_agree_with_a_fine_subdivision_within_a_thousandth_of_a_pixel(name: str) -> None:
    path, dense = CASES[name]
    fractions = np.linspace(0, 1, 201)
    length, expected = walked(dense, fractions)
    assert abs(path.length_px - length) < 1e-3
    np.testing.assert_allclose(path.at(fractions * path.length_px), expected, atol=1e-3)


@pytest.mark.parametrize("name", CASES)
def test_control_points_are_exactly_on_the_curve(name: str) -> None:
    path, _ = CASES[name]
    np.testing.assert_array_equal(path.at(path.node_arc_px), path.nodes_px)


def test_positions_before_the_beginning_and_past_the_end_are_the_ends() -> None:
    path, _ = CASES["smooth curve"]
    np.testing.assert_array_equal(path.at(np.array([-5.0, path.length_px + 5.0])), SMOOTH[[0, -1]])


def test_points_almost_in_one_place_do_not_throw_the_curve_far_away() -> None:
    nodes = np.array([(0, 0), (100, 0), (100 + 1e-9, 1e-9), (200, 0)], float)
    path = make_path(nodes, "catmull-rom", False)
    got = path.at(np.linspace(0, path.length_px, 500))
    # A hundred pixels between points: the bulge of a centripetal curve stays within a few of them.
    assert np.abs(got[:, 1]).max() < 20 and got[:, 0].min() > -20 and got[:, 0].max() < 220


def test_a_bezier_without_handles_is_a_polyline() -> None:
    path = make_path(SMOOTH, "bezier", False, np.zeros((5, 2, 2)))
    straight = make_path(SMOOTH, "polyline", False)
    at = np.linspace(0, straight.length_px, 77)
    np.testing.assert_array_equal(path.at(at), straight.at(at))
