"""Track Video, Motion Transfer, Mask to Trajectory, Region Drag and Video Flow inside ComfyUI."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

pytestmark = pytest.mark.host

H, W, F = 64, 96, 9


@pytest.fixture(scope="module")
def texture(host) -> np.ndarray:
    made = host.pack("tora_core.training.textured").noise_texture(np.random.default_rng(5), (H + 40, W + 60))
    return (made / 255).astype(np.float32)


@pytest.fixture
def video(texture) -> torch.Tensor:
    """IMAGE: a pan of 2 px to the right a frame."""
    return torch.from_numpy(np.stack([texture[20 : 20 + H, 40 - 2 * f : 40 - 2 * f + W] for f in range(F)]))


def drawing(host: Any, *tracks: Any, width: int = W, height: int = H, frames: int = F) -> Any:
    trajectory = host.pack("tora_core.trajectory")
    made = tuple(trajectory.Track(points, "polyline") for points in tracks)
    return trajectory.Trajectory(width=width, height=height, frames=frames, tracks=made)


def box_mask(left: int, top: int, right: int, bottom: int, size: tuple[int, int] = (H, W)) -> torch.Tensor:
    """MASK of one frame, whose outermost pixels are these."""
    mask = torch.zeros(1, *size)
    mask[0, top : bottom + 1, left : right + 1] = 1
    return mask


def track(host: Any, video: torch.Tensor, **more: Any) -> Any:
    given = {
        "method": "lucas-kanade",
        "points": {"points": "grid", "columns": 3, "rows": 2},
        "start_frame": 0,
        "simplify": 0.5,
        "merge_similar": 0.0,
    }
    return host.run("ToraTrackVideo", images=video, **{**given, **more})


def error(host: Any) -> type[Exception]:
    return host.pack("tora_core.errors").ToraError


# --- Track Video ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["lucas-kanade", "dis flow"])
def test_a_grid_is_followed_and_comes_as_few_points(host, video, method):
    trajectory, tracks, *numbers = track(host, video, method=method)
    assert numbers == [W, H, F] == [trajectory.width, trajectory.height, trajectory.frames]
    path, seen = tracks["track_path"], tracks["track_visibility"]
    assert path.shape == (F, 6, 2) and seen.shape == (F, 6)
    # Cells of 32 px: the first two columns' points at 15.5 and 47.5 stay inside, and go 2 px a frame to the right.
    assert seen[:, :2].all()
    assert path[-1, :2, 0].tolist() == pytest.approx([31.5, 63.5], abs=0.2)
    assert [len(t.points) for t in trajectory.tracks[:2]] == [2, 2]
    np.testing.assert_allclose(trajectory.sample().points_px[0], path[:, 0], atol=0.5)


def test_points_that_leave_the_frame_are_hidden_from_there_on(host, video):
    trajectory, tracks, *_ = track(host, video, points={"points": "trajectory"}, trajectory=drawing(host, [(88, 30)]))
    assert tracks["track_visibility"][:, 0].tolist() == [True] * 4 + [False] * 5
    assert trajectory.sample().visible[0].tolist() == [True] * 4 + [False] * 5


def test_points_spread_inside_a_mask(host, video):
    trajectory, *_ = track(host, video, points={"points": "mask", "count": 4}, mask=box_mask(20, 20, 50, 45))
    starts = trajectory.sample().points_px[:, 0]
    assert len(starts) == 4 and (starts >= (20, 20)).all() and (starts <= (50, 45)).all()


def test_points_of_a_trajectory_are_where_its_tracks_are_in_the_start_frame_at_the_pictures_size(host, video):
    half = drawing(host, [(10, 10), (26, 10)], width=W // 2, height=H // 2, frames=5)
    _, tracks, *_ = track(host, video, points={"points": "trajectory"}, trajectory=half, start_frame=4)
    assert tracks["track_path"][:, 0, 0].tolist() == pytest.approx([36 + 2 * (f - 4) for f in range(F)], abs=0.2)


def test_similar_tracks_become_one_on_request(host, video):
    assert len(track(host, video)[0].tracks) == 6
    (one,) = track(host, video, merge_similar=1.0)[0].tracks
    assert len(one.points) == 2


def test_tracks_of_a_video_go_through_the_graph_to_motion(host, video):
    """What Track Video gives, Encode Motion and Overlay Trajectory take."""
    trajectory, tracks, *_ = track(host, video)
    plan = host.pack("nodes.encode_motion").plan_flow(trajectory, None, None, (0, 0), 0)
    assert (plan.frames, plan.size) == (F, (H, W)) and not plan.is_empty()
    (over,) = host.run("ToraOverlayTrajectory", images=video, tracks=tracks)
    assert over.shape == video.shape and (over != video).any()


def test_an_optical_flow_model_of_the_host_is_a_method_and_its_flow_a_video(host, video, model_folders):
    """Random weights, saved and loaded by the host's own node: shapes and the way through, not what it finds."""
    raft = pytest.importorskip("torchvision.models.optical_flow")
    import comfy.model_patcher

    torch.manual_seed(0)
    patcher = comfy.model_patcher.ModelPatcher(
        raft.raft_small(weights=None).eval(), torch.device("cpu"), torch.device("cpu")
    )
    (flow,) = host.run(
        "ToraVideoFlow",
        images=video[:3],
        method="optical flow model",
        optical_flow=patcher,
        still_below=0.0,
        full_color_at=0.0,
    )
    assert flow.shape == (3, H, W, 3) and (flow[0] == 1).all()
    _, tracks, *_ = track(host, video[:3], method="optical flow model", optical_flow=patcher, least_seen=1)
    assert tracks["track_path"].shape[::2] == (3, 2)
    with pytest.raises(error(host), match="Load Optical Flow Model"):
        track(host, video[:3], method="optical flow model", optical_flow=object())


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"points": {"points": "mask", "count": 4}}, "no mask is wired"),
        ({"points": {"points": "trajectory"}}, "no trajectory is wired"),
        ({"method": "optical flow model"}, "none is wired into optical_flow"),
        ({"start_frame": 9}, "start_frame is 9, expected 0 to 8"),
        ({"points": {"points": "mask", "count": 4}, "mask": torch.ones(1, 8, 8)}, "the mask is 8x8"),
        ({"points": {"points": "mask", "count": 4}, "mask": torch.zeros(1, H, W)}, "the mask is empty"),
        ({"points": {}}, "points is missing"),
    ],
)
def test_what_can_not_be_tracked_is_told(host, video, more, message):
    with pytest.raises(error(host), match=message):
        track(host, video, **more)


def test_a_trajectory_without_tracks_and_points_that_are_nowhere_are_told(host, video):
    with pytest.raises(error(host), match="no tracks"):
        track(host, video, points={"points": "trajectory"}, trajectory=drawing(host))
    with pytest.raises(error(host), match="none of 1 point could be followed"):
        track(host, video, points={"points": "trajectory"}, trajectory=drawing(host, [(900, 900)]))


@pytest.mark.parametrize("method", ["lucas-kanade", "dis flow"])
def test_a_point_on_something_plain_goes_with_the_corners_around_it_on_request(host, method):
    """A plain square of 33 px that goes 3 px to the right a frame; its middle has nothing of its own."""
    video = torch.full((5, H, W, 3), 0.2)
    for f in range(5):
        video[f, 15:48, 15 + 3 * f : 48 + 3 * f] = torch.tensor([0.8, 0.7, 0.2])
    middle = {"points": {"points": "trajectory"}, "trajectory": drawing(host, [(31, 31)], frames=5)}
    _, tracks, *_ = track(host, video, method=method, around=24.0, **middle)
    assert tracks["track_visibility"].all()
    assert tracks["track_path"][:, 0].flatten().tolist() == pytest.approx(
        [31, 31, 34, 31, 37, 31, 40, 31, 43, 31], abs=0.2
    )


def test_cotracker_is_a_method_where_its_package_and_weights_are_there(host, video, model_folders, monkeypatch):
    """A stand-in of its interface, no weights: that points and frames reach it, and what comes back."""
    import sys
    import types

    import folder_paths

    class Predictor(torch.nn.Module):
        def __init__(self, checkpoint: str) -> None:
            super().__init__()
            told.append(checkpoint)

        def forward(self, video: torch.Tensor, queries: torch.Tensor, backward_tracking: bool) -> Any:
            told.append((tuple(video.shape), queries[0, 0].tolist(), backward_tracking))
            at = queries[:, None, :, 1:].repeat(1, video.shape[1], 1, 1)
            at[..., 0] += 2 * torch.arange(video.shape[1])[None, :, None]
            return at, torch.ones(at.shape[:3], dtype=torch.bool)

    told: list[Any] = []
    folder = model_folders / "cotracker"
    folder.mkdir()
    monkeypatch.setitem(folder_paths.folder_names_and_paths, "cotracker", ([str(folder)], {".pth"}))
    with pytest.raises(error(host), match="no file in models/cotracker"):
        track(host, video, method="cotracker")
    (folder / "scaled_offline.pth").write_bytes(b"")
    folder_paths.filename_list_cache.clear()
    monkeypatch.setitem(sys.modules, "cotracker", None)
    with pytest.raises(error(host), match="not installed"):
        track(host, video, method="cotracker")
    package = types.ModuleType("cotracker.predictor")
    package.CoTrackerPredictor = Predictor
    monkeypatch.setitem(sys.modules, "cotracker", types.ModuleType("cotracker"))
    monkeypatch.setitem(sys.modules, "cotracker.predictor", package)
    made, tracks, *_ = track(host, video, method="cotracker", cotracker_file="scaled_offline.pth")
    assert told[0].endswith("scaled_offline.pth") and told[1] == ((1, F, 3, H, W), [0, 15.5, 15.5], True)
    assert len(made.tracks) == 6
    assert tracks["track_path"][:, 0, 0].tolist() == [15.5 + 2 * f for f in range(F)]
    with pytest.raises(error(host), match=r"no other\.pth in models/cotracker"):
        track(host, video, method="cotracker", cotracker_file="other.pth")


def test_the_weights_files_of_cotracker_are_offered(host, model_folders, monkeypatch):
    import folder_paths

    monkeypatch.setitem(folder_paths.folder_names_and_paths, "cotracker", ([str(model_folders)], {".pth"}))
    (model_folders / "one.pth").write_bytes(b"")
    assert host.pack("nodes.host.cotracker").cotracker_choices() == ["first in folder", "one.pth"]


def test_what_is_not_wired_is_told_when_queued(host):
    check = host.node("ToraTrackVideo").validate_inputs
    mask = {"points": "mask", "count": 3}
    assert "no mask is wired" in check(input_types={}, method="dis flow", points=mask)
    assert check(input_types={"mask": "MASK"}, method="dis flow", points=mask) is True
    assert "optical_flow" in check(input_types={}, method="optical flow model", points={"points": "grid"})
    assert check(input_types={"images": "LATENT"}) == "images is wired to LATENT, expected IMAGE."
    assert check(input_types={}, method=None, points=None) is True


def test_an_interrupt_ends_the_tracking(host, video):
    import comfy.model_management

    comfy.model_management.interrupt_current_processing(True)
    try:
        with pytest.raises(comfy.model_management.InterruptProcessingException):
            track(host, video)
    finally:
        comfy.model_management.interrupt_current_processing(False)


def test_the_most_points_offered_are_the_librarys(host):
    """The node has the number only, as importing the library would slow ComfyUI's start."""
    assert host.pack("nodes.track_video").MAX_POINTS == host.pack("tora_core.tracking.clip").MAX_POINTS


# --- Motion Transfer --------------------------------------------------------------------------------------------------


def transfer(host: Any, trajectory: Any, fit: dict[str, Any], **more: Any) -> Any:
    given = {"width": 0, "height": 0, "frames": 0}
    return host.run("ToraMotionTransfer", trajectory=trajectory, fit=fit, **{**given, **more})


def test_tracks_begin_at_the_drawn_places_and_take_the_size_of_the_picture(host):
    moved = drawing(host, [(10, 10), (20, 10)], [(30, 10), (30, 30)])
    places = drawing(host, [(50, 20)], [(50, 60)], width=64, height=80)
    picture = torch.zeros(1, 160, 128, 3)
    made, *numbers = transfer(host, moved, {"fit": "drawn places"}, places=places, image=picture)
    assert numbers == [128, 160, F]
    # 20 px to the right became 80 px down: four times as long, a quarter turn. Places count twice on twice the canvas.
    first, second = made.sample().points_px
    assert first[0].tolist() == pytest.approx([100, 40]) and first[-1].tolist() == pytest.approx([100, 80])
    assert second[0].tolist() == pytest.approx([100, 120]) and second[-1].tolist() == pytest.approx([20, 120])


@pytest.mark.parametrize(
    ("fit", "end"),
    [
        (
            {
                **{"fit": "two points", "from_x1": 0.0, "from_y1": 0.0, "from_x2": 10.0, "from_y2": 0.0},
                **{"to_x1": 5.0, "to_y1": 6.0, "to_x2": 25.0, "to_y2": 6.0},
            },
            (45, 69),
        ),
        (
            {
                **{"fit": "boxes", "from_left": 0.0, "from_top": 0.0, "from_right": 20.0, "from_bottom": 40.0},
                **{"to_left": 100.0, "to_top": 10.0, "to_right": 120.0, "to_bottom": 20.0, "keep_shape": False},
            },
            (120, 17.875),
        ),
    ],
)
def test_each_way_of_fitting_puts_a_point_where_it_is_computed_by_hand(host, fit, end):
    made, *_ = transfer(host, drawing(host, [(10, 10), (20, 31.5)]), fit, width=2 * W, height=2 * H)
    assert made.sample().points_px[0, -1].tolist() == pytest.approx(end, abs=1e-3)
    assert (made.width, made.height) == (2 * W, 2 * H)


def test_a_canvas_goes_onto_a_canvas_with_and_without_its_shape(host):
    """96x64 onto 192x192: twice as large in the middle, or twice as wide and three times as high."""
    point = drawing(host, [(47.5, 31.5), (57.5, 41.5)])
    for keep, end in ((True, (115.5, 115.5)), (False, (115.5, 125.5))):
        made, *_ = transfer(host, point, {"fit": "whole canvas", "keep_shape": keep}, width=192, height=192)
        assert made.sample().points_px[0, [0, -1]].tolist() == [[95.5, 95.5], list(end)]


def test_the_box_of_one_mask_goes_into_that_of_the_other(host):
    made, *_ = transfer(
        host,
        drawing(host, [(20, 20), (30, 20)]),
        {"fit": "masks", "keep_shape": True},
        from_mask=box_mask(10, 10, 30, 30),
        to_mask=box_mask(40, 20, 80, 60),
    )
    assert made.sample().points_px[0, [0, -1]].tolist() == [[60, 40], [80, 40]]


def test_only_the_chosen_tracks_are_transferred_and_stretched_over_the_frames(host):
    moved = drawing(host, [(10, 10), (20, 10)], [(30, 10), (30, 30)])
    made, *_ = transfer(host, moved, {"fit": "whole canvas", "keep_shape": True}, tracks="2", frames=17)
    assert (len(made.tracks), made.frames) == (1, 17)


@pytest.mark.parametrize(
    ("fit", "more", "message"),
    [
        ({"fit": "drawn places"}, {}, "nothing is wired into places"),
        ({"fit": "masks", "keep_shape": True}, {"to_mask": torch.ones(1, H, W)}, "nothing is wired into from_mask"),
        (
            {"fit": "masks", "keep_shape": True},
            {"from_mask": torch.ones(1, 8, 8), "to_mask": torch.ones(1, H, W)},
            "from_mask is 8x8",
        ),
        (
            {"fit": "masks", "keep_shape": True},
            {"from_mask": torch.zeros(1, H, W), "to_mask": torch.ones(1, H, W)},
            "mask is empty",
        ),
        ({"fit": "whole canvas", "keep_shape": True}, {"tracks": "nobody"}, "nobody"),
        ({}, {}, "fit is missing"),
    ],
)
def test_what_can_not_be_transferred_is_told(host, fit, more, message):
    with pytest.raises(error(host), match=message):
        transfer(host, drawing(host, [(1, 1), (2, 2)]), fit, **more)


def test_a_fit_without_its_wire_is_told_when_queued(host):
    check = host.node("ToraMotionTransfer").validate_inputs
    assert "places" in check(input_types={}, fit={"fit": "drawn places"}, tracks="")
    assert check(input_types={"places": "TORA_TRAJECTORY"}, fit={"fit": "drawn places"}, tracks="") is True
    assert check(input_types={"image": "MASK"}) == "image is wired to MASK, expected IMAGE."


# --- Mask to Trajectory -----------------------------------------------------------------------------------------------


def test_a_mask_gives_its_way_hidden_where_it_is_empty(host):
    masks = torch.cat([box_mask(10 + 3 * f, 20, 20 + 3 * f, 30) for f in range(F)])
    masks[4] = 0
    made, tracks, *numbers = host.run("ToraMaskToTrajectory", masks=masks, follow="center of mass", simplify=0.5)
    assert numbers == [W, H, F] and len(made.tracks) == 1 and len(made.tracks[0].points) == 2
    assert made.sample().visible[0].tolist() == [f != 4 for f in range(F)]
    assert tracks["track_path"][:, 0, 0].tolist() == [15 + 3 * f for f in range(F)]


def test_the_choices_of_what_is_followed_are_the_librarys_with_a_name_for_each_track(host):
    node = host.pack("nodes.mask_to_trajectory")
    masks = host.pack("tora_core.tracking.masks")
    assert tuple(node.PARTS.values()) == masks.PARTS
    for follow in node.PARTS:
        made, *_ = host.run("ToraMaskToTrajectory", masks=box_mask(4, 5, 9, 9), follow=follow, simplify=1.0)
        assert tuple(t.name for t in made.tracks) == node.NAMES[follow]


def test_masks_without_anything_are_told(host):
    with pytest.raises(error(host), match="empty in every frame"):
        host.run("ToraMaskToTrajectory", masks=torch.zeros(3, 8, 8), follow="center of mass", simplify=1.0)


# --- Region Drag ------------------------------------------------------------------------------------------------------


def drag(host: Any, mask: torch.Tensor, trajectory: Any, **more: Any) -> Any:
    given = {"rotate": 0.0, "scale": 1.0, "easing": "linear", "soft_edge": 0.0}
    return host.run("ToraRegionDrag", mask=mask, trajectory=trajectory, **{**given, **more})


def test_a_region_moves_along_its_path_as_flow_pictures_that_encode_motion_takes(host):
    flow, masks = drag(host, box_mask(10, 20, 20, 30), drawing(host, [(0, 0), (24, 0)]))
    assert flow.shape == (F, H, W, 3) and (flow[0] == 1).all()
    # 3 px a frame; the picture of a move stands where the region was in the frame before.
    assert (flow[1, 20:31, 10:21] != 1).any(-1).all()
    assert (flow[1] != 1).any(-1).sum() == 121
    assert masks[8].nonzero().min(0).values.tolist() == [20, 34]
    plan = host.pack("nodes.encode_motion").plan_flow(None, None, flow, (0, 0), 0)
    assert (plan.frames, plan.size) == (F, (H, W))


def test_a_region_turns_in_place_under_a_track_that_stands_still(host):
    flow, masks = drag(host, box_mask(30, 30, 50, 34), drawing(host, [(5, 5)]), rotate=90.0)
    assert (flow[1:] != 1).any()
    rows, columns = masks[-1].nonzero(as_tuple=True)
    assert columns.max() - columns.min() < 7 and rows.max() - rows.min() > 15


@pytest.mark.parametrize(
    ("mask", "tracks", "message"),
    [
        (torch.ones(1, 8, 8), [[(0, 0), (9, 9)]], "the mask is 8x8"),
        (torch.zeros(1, H, W), [[(0, 0), (9, 9)]], "the mask is empty"),
        (torch.ones(1, H, W), [], "no tracks"),
    ],
)
def test_regions_that_can_not_be_dragged_are_told(host, mask, tracks, message):
    with pytest.raises(error(host), match=message):
        drag(host, mask, drawing(host, *tracks))


# --- Video Flow -------------------------------------------------------------------------------------------------------


def flow_of(host: Any, video: torch.Tensor, **more: Any) -> torch.Tensor:
    given = {"method": "dis flow", "still_below": 0.25, "full_color_at": 0.0}
    return host.run("ToraVideoFlow", images=video, **{**given, **more})[0]


def test_the_flow_of_a_pan_has_the_color_of_its_direction(host, video):
    flow = flow_of(host, video, full_color_at=2.0)
    assert (flow[0] == 1).all()
    red, green, blue = flow[3, 10:-10, 20:-20].reshape(-1, 3).median(0).values  # to the right is red
    assert red > 0.95 and green < 0.2 and blue < 0.3


def test_a_mask_keeps_the_motion_inside_of_it_alone(host, video):
    flow = flow_of(host, video, mask=box_mask(30, 20, 60, 40))
    assert (flow[3, 20:41, 30:61] != 1).any(-1).float().mean() > 0.9
    flow = flow.clone()
    flow[:, 20:41, 30:61] = 1
    assert (flow == 1).all()


def test_a_video_that_stands_still_has_white_flow_and_so_has_one_picture(host, video):
    assert (flow_of(host, video[:1].repeat(3, 1, 1, 1)) == 1).all()
    assert (flow_of(host, video[:1]) == 1).all()


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"mask": torch.ones(1, 8, 8)}, "the mask is 8x8"),
        ({"mask": torch.ones(2, H, W)}, "there are 2 masks and 9 pictures"),
        ({"method": "optical flow model"}, "none is wired into optical_flow"),
    ],
)
def test_flow_that_can_not_be_found_is_told(host, video, more, message):
    with pytest.raises(error(host), match=message):
        flow_of(host, video, **more)


def test_pictures_without_color_are_told(host):
    with pytest.raises(error(host), match="expected \\(frames, height, width, 3\\)"):
        flow_of(host, torch.zeros(3, 16, 16, 1))
