"""render_flow: hand-computed values of single sources, and OpenCV's filter on whole pictures."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest
import torch

from tora_core.errors import TrajectoryError
from tora_core.motion import flow_norm, render_flow
from tora_core.motion.patches import merge_boxes
from tora_core.trajectory import Tracks

SIZE = (120, 150)  # height, width


def one_step(x: float, y: float, dx: float = 3.0, dy: float = -2.0, size=SIZE, **more) -> Tracks:
    return Tracks(np.array([[[x, y], [x + dx, y + dy]]]), size=size, **more)


def dense(tracks: Tracks) -> np.ndarray:
    """The definition, by other means: bilinear splat of every step, then cv2.filter2D with the square kernel."""
    height, width = tracks.size
    flow = np.zeros((tracks.frames, height, width, 2))
    for n, path in enumerate(tracks.points_px.astype(float)):
        sigma = float(tracks.sigma_px[n])
        reach = math.floor(4.9 * sigma + 0.5)
        offsets = np.arange(-reach, reach + 1)
        kernel = np.exp(-(offsets[:, None] ** 2 + offsets**2) / (2 * sigma**2))
        for i in range(tracks.frames - 1):
            if not (tracks.visible[n, i] and tracks.visible[n, i + 1]):
                continue
            (x, y), sparse = path[i], np.zeros((height, width, 2))
            for column in (math.floor(x), math.floor(x) + 1):
                for row in (math.floor(y), math.floor(y) + 1):
                    if 0 <= row < height and 0 <= column < width:
                        sparse[row, column] += (1 - abs(x - column)) * (1 - abs(y - row)) * (path[i + 1] - path[i])
            blurred = cv2.filter2D(sparse, -1, kernel).reshape(sparse.shape)
            flow[i + 1] += blurred * float(tracks.strength[n])
    return flow


def test_a_step_enters_the_frame_after_its_start_at_the_pixel_where_it_starts():
    flow = render_flow(Tracks([[[40, 30], [45, 28], [45, 28], [44, 31]]], size=SIZE))
    assert flow.shape == (4, *SIZE, 2)
    assert flow.dtype == torch.float32
    assert flow[1, 30, 40].tolist() == [5, -2]
    assert flow[3, 28, 45].tolist() == [-1, 3]
    assert not flow[0].any(), "frame 0 is still"
    assert not flow[2].any(), "a point that rests draws nothing"


@pytest.mark.parametrize(
    ("row", "column", "weight"),
    [
        (60, 70, 1.0),
        (60, 80, math.exp(-0.5)),
        (50, 70, math.exp(-0.5)),
        (66, 78, math.exp(-0.5)),  # 6, 8, 10
        (60, 50, math.exp(-2.0)),
        (80, 90, math.exp(-4.0)),
        (60, 119, math.exp(-0.5 * 4.9**2)),  # the last pixel of the 99x99 support
        (60, 120, 0.0),
        (11, 70, math.exp(-0.5 * 4.9**2)),
        (10, 70, 0.0),
        (109, 119, math.exp(-(4.9**2))),
    ],
)
def test_a_source_spreads_as_a_gaussian_of_ten_pixels_with_one_at_its_centre(row, column, weight):
    flow = render_flow(one_step(70, 60, 3.0, -2.0))
    assert flow[1, row, column].tolist() == pytest.approx([3 * weight, -2 * weight], rel=1e-5, abs=0)


@pytest.mark.parametrize(
    ("x", "column", "weight"),
    [
        (0, 0, 1.0),
        (0, 1, math.exp(-0.005)),
        (1, 0, 2 * math.exp(-0.005)),  # pixel 0 sees the source itself and its mirror image at -1
        (1, 1, 1 + math.exp(-0.02)),
        (4, 3, math.exp(-0.005) + math.exp(-0.245)),
        (149, 149, 1.0),
        (147, 149, 2 * math.exp(-0.02)),
        (147, 148, math.exp(-0.005) + math.exp(-0.045)),
    ],
)
def test_the_border_mirrors_without_repeating_the_edge_pixel(x, column, weight):
    flow = render_flow(one_step(x, 60, 4.0, 0.0))
    assert flow[1, 60, column, 0].item() == pytest.approx(4 * weight, rel=1e-5)


@pytest.mark.parametrize(("sigma", "reach"), [(10.0, 49), (4.0, 20), (6.0, 29), (2.5, 12), (0.05, 0)])
def test_each_track_has_its_own_blur_that_ends_at_four_point_nine_sigma(sigma, reach):
    row = render_flow(one_step(70, 60, 1.0, 0.0, sigma_px=[sigma]))[1, 60, :, 0]
    assert torch.nonzero(row).flatten().tolist() == list(range(70 - reach, 70 + reach + 1))
    assert row[70].item() == 1.0
    if reach > 1:
        assert row[71].item() == pytest.approx(math.exp(-0.5 / sigma**2), rel=1e-5)


def test_tracks_of_different_blur_in_one_picture_keep_their_own():
    both = render_flow(Tracks([[[40, 30], [42, 30]], [[100, 80], [100, 77]]], size=SIZE, sigma_px=[3.0, 7.0]))
    assert both[1, 30, 43, 0].item() == pytest.approx(2 * math.exp(-0.5), rel=1e-5)
    assert both[1, 87, 100, 1].item() == pytest.approx(-3 * math.exp(-0.5), rel=1e-5)


def test_a_source_between_pixels_is_shared_by_its_four_neighbours():
    sharp = render_flow(one_step(70.25, 60.5, 8.0, 0.0, sigma_px=[0.05]))[1, :, :, 0]
    assert sharp[60:62, 70:72].tolist() == [[3.0, 1.0], [3.0, 1.0]]
    assert sharp.sum().item() == 8.0


def test_a_source_between_pixels_has_its_centre_of_mass_where_it_is():
    u = render_flow(one_step(70.3, 59.8))[1, :, :, 0].double()
    rows, columns = torch.arange(SIZE[0]).double(), torch.arange(SIZE[1]).double()
    assert ((u.sum(0) * columns).sum() / u.sum()).item() == pytest.approx(70.3, abs=1e-4)
    assert ((u.sum(1) * rows).sum() / u.sum()).item() == pytest.approx(59.8, abs=1e-4)


@pytest.mark.parametrize(
    ("x", "y", "share"),
    [
        (-0.25, 60, 0.75),
        (-1, 60, 0.0),
        (149.5, 60, 0.5),
        (150, 60, 0.0),
        (70, -0.5, 0.5),
        (70, 120, 0.0),
        (-0.5, 119.5, 0.25),
    ],
)
def test_a_source_fades_out_over_the_last_pixel_and_is_nothing_beyond(x, y, share):
    flow = render_flow(one_step(x, y, 4.0, 0.0, sigma_px=[0.05]))
    assert flow[1, :, :, 0].sum().item() == pytest.approx(4 * share, abs=1e-6)


def test_two_tracks_add_also_at_the_same_pixel():
    paths = np.array([[[40, 30], [45, 28]], [[60, 35], [60, 44]], [[40, 30], [39, 30]]], float)
    together = render_flow(Tracks(paths, size=SIZE))
    alone = sum(render_flow(Tracks(path[None], size=SIZE)) for path in paths)
    assert torch.allclose(together, alone, atol=1e-5)
    assert together[1, 30, 40].tolist() == pytest.approx([4, -2 + 9 * math.exp(-0.5 * (20**2 + 5**2) / 100)], rel=1e-5)


@pytest.mark.parametrize(
    ("visible", "drawn"),
    [
        ([1, 1, 1, 1], [1, 2, 3]),
        ([0, 1, 1, 1], [2, 3]),
        ([1, 1, 0, 1], [1]),
        ([1, 0, 1, 0], []),
        ([1, 1, 1, 0], [1, 2]),
    ],
)
def test_a_step_counts_only_where_both_its_ends_are_visible(visible, drawn):
    path = [[[40, 30], [45, 28], [50, 30], [52, 33]]]
    flow = render_flow(Tracks(path, visible=[visible], size=SIZE))
    assert torch.nonzero(flow.flatten(1).any(1)).flatten().tolist() == drawn


def test_mirrored_tracks_give_the_mirrored_flow():
    path = np.array([[[3.2, 100.9], [40.7, 90.1], [149.0, 0.0]]])
    mirrored = path * [-1, 1] + [SIZE[1] - 1, 0]
    flow, other = (render_flow(Tracks(p, size=SIZE)) for p in (path, mirrored))
    assert torch.allclose(other, flow.flip(2) * torch.tensor([-1.0, 1.0]), atol=2e-5)


@pytest.mark.parametrize(
    "size", [(120, 150), (37, 53), (53, 24), (20, 31), (3, 5), (2, 7), (1, 40), (40, 1), (1, 1)], ids=str
)
def test_flow_is_what_opencvs_filter_makes_of_the_splat_on_any_raster(size):
    rng = np.random.default_rng(7)
    points = rng.uniform([-0.9, -0.9], [size[1] - 0.1, size[0] - 0.1], (5, 4, 2))
    points[0] = np.floor(points[0].clip(0))
    visible = rng.random((5, 4)) < 0.9
    tracks = Tracks(points, visible=visible, size=size, strength=[1, 1, 0.5, -2, 1], sigma_px=[10, 10, 6, 10, 2.3])
    expected = dense(tracks)
    assert np.abs(expected).max() > 0
    assert np.abs(render_flow(tracks).numpy() - expected).max() < 1e-5 * np.abs(expected).max() + 1e-6


def test_many_crossing_tracks_are_the_same_as_opencvs_filter():
    rng = np.random.default_rng(8)
    tracks = Tracks(rng.uniform([0, 0], [149, 119], (40, 3, 2)), size=SIZE, sigma_px=np.linspace(1.5, 10, 40))
    expected = dense(tracks)
    assert np.abs(render_flow(tracks).numpy() - expected).max() < 1e-5 * np.abs(expected).max()


def test_the_norm_is_the_longest_vector_of_the_flow_without_strengths():
    rng = np.random.default_rng(9)
    tracks = Tracks(rng.uniform([0, 0], [149, 119], (6, 5, 2)), size=SIZE, strength=[0, 0.5, 1, 2, -1, 3])
    expected = np.linalg.norm(dense(Tracks(tracks.points_px, size=SIZE)), axis=-1).max()
    assert flow_norm(tracks) == pytest.approx(expected, rel=1e-5)
    assert render_flow(tracks, apply_strength=False).norm(dim=-1).max().item() == pytest.approx(expected, rel=1e-5)


def test_the_norm_of_a_lone_track_is_its_fastest_step():
    assert flow_norm(Tracks([[[60, 60], [63, 64], [75, 69], [75, 69]]], size=SIZE)) == pytest.approx(13.0, rel=1e-6)


def test_strength_multiplies_the_flow_of_its_own_track_alone():
    paths = [[[20, 60], [25, 58]], [[130, 60], [130, 64]]]
    tracks = Tracks(paths, size=SIZE, strength=[0.5, -3.0], sigma_px=[2.0, 2.0])
    flow = render_flow(tracks)
    assert flow[1, 60, 20].tolist() == [2.5, -1]
    assert flow[1, 60, 130].tolist() == [0, -12]
    unscaled = render_flow(tracks, apply_strength=False)
    assert unscaled[1, 60, 20].tolist() == [5, -2]
    assert unscaled[1, 60, 130].tolist() == [0, 4]


def test_a_blur_wider_than_any_picture_is_refused_by_name():
    with pytest.raises(TrajectoryError, match=r"sigma_px of track 1 is 5000.*at most 4096"):
        render_flow(Tracks(np.zeros((2, 3, 2)), size=SIZE, sigma_px=[10, 5000]))


@pytest.mark.parametrize(
    ("boxes", "merged"),
    [
        ([], []),
        ([(0, 0, 4, 4), (0, 5, 4, 9)], [(0, 0, 4, 4), (0, 5, 4, 9)]),
        ([(0, 5, 4, 9), (0, 0, 4, 4)], [(0, 0, 4, 4), (0, 5, 4, 9)]),
        ([(0, 0, 4, 4), (5, 0, 9, 4)], [(0, 0, 4, 4), (5, 0, 9, 4)]),
        ([(5, 0, 9, 4), (0, 0, 4, 4)], [(0, 0, 4, 4), (5, 0, 9, 4)]),
        ([(0, 0, 4, 4), (3, 3, 8, 6)], [(0, 0, 8, 6)]),
        ([(0, 0, 2, 2), (0, 8, 2, 9), (0, 1, 2, 8)], [(0, 0, 2, 9)]),
        ([(0, 0, 9, 2), (0, 6, 3, 9), (7, 1, 9, 9)], [(0, 0, 9, 9)]),  # the third joins the first, and then the second
        ([(5, 5, 6, 6), (5, 5, 6, 6)], [(5, 5, 6, 6)]),
    ],
)
def test_boxes_that_meet_become_one(boxes, merged):
    assert sorted(merge_boxes(boxes)) == merged
