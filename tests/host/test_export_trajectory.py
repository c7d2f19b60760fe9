"""Export Trajectory and Trajectory to Control Video inside ComfyUI, against computed numbers and written files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

pytestmark = pytest.mark.host


@pytest.fixture
def output_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty output folder of ComfyUI, for one test."""
    import folder_paths

    folder = tmp_path / "output"
    folder.mkdir()
    monkeypatch.setattr(folder_paths, "output_directory", str(folder))
    return folder


@pytest.fixture
def moving(host) -> Any:
    """On 48x32 over 5 frames: a track from (8, 16) to (40, 16), and one that stands at (10, 4), hidden at the end."""
    made = host.pack("tora_core.trajectory")
    tracks = (
        made.Track([(8, 16), (40, 16)], curve="polyline"),
        made.Track([(10, 4)], visibility=(made.VisibilityKey(0.75, False),), name="still"),
    )
    return made.Trajectory(width=48, height=32, frames=5, fps=12, tracks=tracks)


def output(host: Any, trajectory: Any, format: str = "spline-editor", **inputs: Any) -> Any:
    """What a run gives: `.args` and `.ui`."""
    inputs = {"save_file": False, "filename_prefix": "tora/trajectory"} | inputs
    with torch.inference_mode():
        return host.node("ToraExportTrajectory").EXECUTE_NORMALIZED(trajectory=trajectory, format=format, **inputs)


def refused(host: Any, trajectory: Any, format: str = "spline-editor", **inputs: Any) -> str:
    with pytest.raises(host.pack("tora_core.errors").ToraError) as told:
        output(host, trajectory, format, **inputs)
    return str(told.value)


def without_tracks(host: Any) -> Any:
    return host.pack("tora_core.trajectory").Trajectory(width=48, height=32, frames=5)


# --- Export Trajectory ------------------------------------------------------------------------------------------------


def test_text_has_a_position_a_frame_in_pixels(host, moving):
    (text,) = output(host, moving).args[0]
    across = [{"x": x, "y": 16} for x in (8, 16, 24, 32, 40)]
    assert json.loads(text) == [across, [{"x": 10, "y": 4}] * 5]


def test_ati_always_has_121_samples_and_a_track_ends_where_it_is_hidden(host, moving):
    for frames in (0, 81):
        (text,) = output(host, moving, "ati", frames=frames).args[0]
        across, still = json.loads(text)
        # Sample i is at i / 120 of the way: 30 of 120 is a quarter. The other one is gone from 0.75 = 90 / 120 on.
        assert len(across) == 121 and across[30] == {"x": 16, "y": 16} and across[120] == {"x": 40, "y": 16}
        assert still == [{"x": 10, "y": 4}] * 90


def test_tracks_are_the_same_whatever_the_format_is(host, moving):
    for format in ("tora-json", "svg"):
        tracks = output(host, moving, format).args[1]
        expected = torch.tensor([[[x, 16.0], [10.0, 4.0]] for x in (8.0, 16.0, 24.0, 32.0, 40.0)])
        assert torch.equal(tracks["track_path"], expected)
        assert tracks["track_visibility"].tolist() == [[True, True]] * 3 + [[True, False]] * 2


def test_another_size_and_frame_count_scale_and_stretch_what_is_drawn(host, moving):
    made = output(host, moving, width=96, height=16, frames=9)
    (text,) = made.args[0]
    assert json.loads(text)[0] == [{"x": 16 + 8 * i, "y": 8} for i in range(9)]
    assert made.args[1]["track_path"][:, 0].tolist() == [[16 + 8 * i, 8] for i in range(9)]
    assert made.args[2].startswith("2 tracks as spline-editor: 96x16, 9 frames. Lost: ")
    (half,) = output(host, moving, width=96).args[0]  # the height stays
    assert json.loads(half)[0][4] == {"x": 80, "y": 16}


def test_formats_of_one_file_a_track_give_a_text_for_each(host, moving):
    texts = output(host, moving, "tora-txt").args[0]
    # 8 of 48 is 42.67 of 256, 40 of 48 is 213.33; 16 of 32 is 128; 4 of 32 is 32.
    assert [text.splitlines()[::4] for text in texts] == [["43,128", "213,128"], ["53,32", "53,32"]]


def test_what_is_lost_is_told_and_that_nothing_is(host, moving):
    report = output(host, moving).args[2]
    assert "Lost: " in report
    for lost in ("visibility: hidden frames become visible (track 2)", "names of the tracks", "the frame rate, 12"):
        assert lost in report
    assert output(host, moving, "tora-json").args[2] == "2 tracks as tora-json: 48x32, 5 frames. Nothing is lost."
    one = host.pack("tora_core.trajectory").Trajectory(width=48, height=32, frames=1, tracks=moving.tracks[:1])
    assert output(host, one, "tora-json").args[2].startswith("1 track as tora-json: 48x32, 1 frame.")


def test_what_was_written_is_shown_on_the_node(host, moving, monkeypatch):
    from server import PromptServer

    shown = []
    monkeypatch.setattr(PromptServer.instance, "send_progress_text", lambda text, node: shown.append((node, text)))
    monkeypatch.setattr(host.node("ToraExportTrajectory"), "hidden", type("Hidden", (), {"unique_id": "7"}))
    assert shown == [("7", output(host, moving).args[2])]


def test_files_are_counted_as_the_hosts_save_nodes_count(host, moving, output_folder):
    (output_folder / "sub").mkdir()
    (output_folder / "sub" / "walk_00007_.png").write_text("of a save node of core's")
    made = [output(host, moving, format, save_file=True, filename_prefix="sub/walk") for format in ("csv", "tora-txt")]
    assert [one.ui["tora_files"] for one in made] == [
        [{"filename": "walk_00008.csv", "subfolder": "sub", "type": "output"}],
        [{"filename": f"walk_00009_{n}.txt", "subfolder": "sub", "type": "output"} for n in (1, 2)],
    ]
    assert (output_folder / "sub" / "walk_00008.csv").read_text() == made[0].args[0][0]
    assert [(output_folder / "sub" / f"walk_00009_{n}.txt").read_text() for n in (1, 2)] == made[1].args[0]
    assert made[1].args[2].endswith("Written: sub/walk_00009_1.txt, sub/walk_00009_2.txt.")
    import folder_paths

    assert folder_paths.get_save_image_path("sub/walk", str(output_folder))[2] == 10


def test_without_save_file_nothing_is_written(host, moving, output_folder):
    assert output(host, moving).ui["tora_files"] == []
    assert list(output_folder.iterdir()) == []


def test_the_prefix_may_hold_the_hosts_words_and_many_files_are_told_in_short(host, moving, output_folder):
    many = host.pack("tora_core.trajectory").Trajectory(width=48, height=32, frames=2, tracks=moving.tracks * 50)
    report = output(host, many, "motionctrl", save_file=True, filename_prefix="%width%x%height%").args[2]
    assert report.endswith("Written: 48x32_00001_001.txt, 48x32_00001_002.txt, ... 48x32_00001_100.txt (100 files).")
    assert len(list(output_folder.iterdir())) == 100


def test_arrays_make_files_only_and_that_is_said_when_queued(host, moving, output_folder):
    node = host.node("ToraExportTrajectory")
    message = "wan-move is made of arrays, which fit into a file but not into a text: turn save_file on."
    assert refused(host, moving, "wan-move") == message == node.validate_inputs(format="wan-move", save_file=False)
    for format, save in (("wan-move", True), ("wan-move", None), (None, False), ("ati", False), (None, None)):
        assert node.validate_inputs(format=format, save_file=save) is True
    made = output(host, moving, "wan-move", save_file=True, filename_prefix="w")
    assert made.args[0] == [""]
    # Wan-Move's own: a batch of one in front, and visibility beside it.
    path, seen = (np.load(output_folder / f"w_00001{name}.npy") for name in ("", "_visibility"))
    assert np.array_equal(path[0], made.args[1]["track_path"]) and seen.shape == (1, 5, 2)
    assert np.array_equal(seen[0], made.args[1]["track_visibility"])


@pytest.mark.parametrize(
    "prefix", ["../outside", "/outside", "a/../../outside", "", ".", "..", "a/..", "a\0b", "x" * 300, "a/b.json/c"]
)
def test_prefixes_that_name_no_file_in_the_output_folder_are_refused(host, moving, output_folder, prefix):
    (output_folder / "a").mkdir()
    (output_folder / "a" / "b.json").write_text("a file, no folder")
    before = sorted(output_folder.parent.rglob("*"))
    message = refused(host, moving, save_file=True, filename_prefix=prefix)
    assert "filename_prefix is" in message or "can't be written" in message
    assert str(output_folder) not in message
    assert sorted(output_folder.parent.rglob("*")) == before


def test_a_trajectory_without_tracks_is_written_where_the_format_can(host):
    empty = without_tracks(host)
    assert json.loads(output(host, empty, "spline-editor").args[0][0]) == []
    assert output(host, empty, "tora-json").args[1]["track_path"].shape == (5, 0, 2)
    assert "there are no tracks, and tora-txt can't hold" in refused(host, empty, "tora-txt")


def test_the_formats_offered_are_the_librarys_that_are_written(host):
    known = [one for one in host.pack("tora_core.trajectory").FORMATS if one.writes]
    module = host.pack("nodes.export_trajectory")
    assert list(module.ENDINGS) == [one.name for one in known]
    assert [module.is_arrays(one.name) for one in known] == [one.binary for one in known]
    assert all(module.ENDINGS[one.name] in one.suffixes for one in known if one.suffixes)
    assert "no-such" in host.node("ToraExportTrajectory").validate_inputs(format="no-such", save_file=True)


# --- Trajectory to Control Video --------------------------------------------------------------------------------------


def drawn(host: Any, trajectory: Any, **inputs: Any) -> tuple[torch.Tensor, torch.Tensor]:
    inputs = {"style": "white shapes", "shape": "square", "size": 4.0} | inputs
    images, masks = host.run("ToraDrawTrajectory", trajectory=trajectory, **inputs)
    assert images.dtype == masks.dtype == torch.float32 and images.shape == (*masks.shape, 3)
    return images, masks


def boxes(pictures: torch.Tensor) -> list[list[int]]:
    """Of each picture (H, W) the first and last row and column that are not black."""
    found = [torch.nonzero(picture) for picture in pictures]
    return [[*at.amin(0).tolist(), *at.amax(0).tolist()] for at in found]


def test_white_shapes_and_masks_follow_each_visible_track(host, moving):
    images, masks = drawn(host, moving)
    assert torch.equal(images, masks[..., None].expand(-1, -1, -1, 3))
    assert masks.shape == (5, 32, 48) and set(masks.unique().tolist()) == {0.0, 1.0}
    # The first track, below row 10: a square of 5x5 pixels (2 on each side) at (8, 16), (16, 16), ...
    assert boxes(masks[:, 10:]) == [[4, x - 2, 8, x + 2] for x in (8, 16, 24, 32, 40)]
    assert masks[:, 10:].sum(dim=(1, 2)).tolist() == [25.0] * 5
    # The second one is hidden from frame 3 of 0 to 4 on.
    assert masks[:, :10].sum(dim=(1, 2)).tolist() == [25.0, 25.0, 25.0, 0.0, 0.0]


def test_shapes_are_what_they_are_called(host, moving):
    shapes = ("circle", "square", "triangle")
    pixels = {shape: int(drawn(host, moving, shape=shape, size=8.0)[1][4].sum()) for shape in shapes}
    # Within 4 px of (40, 16): a disc has 49 pixels, a square 9 x 9, a triangle rows of 1 1 3 3 5 5 7 7 9.
    assert pixels == {"circle": 49, "square": 81, "triangle": 41}


def test_gaussian_dots_have_the_size_and_the_peak_of_videox_fun(host):
    made = host.pack("tora_core.trajectory")
    still = made.Trajectory(width=640, height=360, frames=2, tracks=(made.Track([(200, 100)]),))
    images, masks = drawn(host, still, style="gaussian dots", shape="circle", size=10.0)
    # 50 sqrt(640 * 360 / 921600) = 25: nothing is drawn farther away, rows and columns 75 to 124 and 175 to 224.
    assert not images[:, :75].any() and not images[:, 125:].any()
    assert not images[:, :, :175].any() and not images[:, :, 225:].any()
    assert 0.99 < float(images.amax()) == float(images[0, 100, 200, 1]) and (images[..., 0] == images[..., 2]).all()
    # The dot is one of sigma 40 in a box of 200, here in one of 50: 10 px away it has fallen to exp(-40^2 / 2 / 40^2).
    # The middle of the box lies between two pixels, so that 9.5 and 10.5 px are at the two sides.
    for x, away in ((190, 9.5), (210, 10.5)):
        assert float(images[0, 100, x, 0]) == pytest.approx(np.exp(-((away * 4) ** 2) / 3200), abs=0.01)
    assert boxes(masks) == [[95, 195, 105, 205]] * 2


def test_pictures_of_another_size_and_length_are_drawn_anew_and_not_scaled(host, moving):
    _, masks = drawn(host, moving, width=96, height=64, frames=3)
    assert masks.shape == (3, 64, 96)
    assert boxes(masks[:, 20:]) == [[10, x - 2, 14, x + 2] for x in (16, 48, 80)]


def test_frames_that_show_nothing_are_told(host, moving):
    seen = host.pack("nodes.draw_trajectory").seen
    assert seen(moving, drawn(host, moving)[1]) == "48x32, 5 frames."
    empty = without_tracks(host)
    images, masks = drawn(host, empty)
    assert not images.any()
    assert seen(empty, masks) == (
        "48x32, 5 frames, 5 of them without anything: no track is visible in the picture there."
    )


def test_videos_that_no_memory_holds_are_refused_before_any_is_taken(host, moving):
    with pytest.raises(host.pack("tora_core.errors").ToraError, match=r"10000 frames of 16384x16384 need 10000\.0 GiB"):
        drawn(host, moving, width=16384, height=16384, frames=10000)
