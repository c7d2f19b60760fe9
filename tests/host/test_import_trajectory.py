"""Import Trajectory inside ComfyUI: files of the input folder, texts and lists of them, TRACKS, and what is refused."""

from __future__ import annotations

import asyncio
import copy
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

pytestmark = pytest.mark.host

NODE = "ToraImportTrajectory"
ACROSS = '[{"x": 0, "y": 16}, {"x": 48, "y": 16}]'
DOWN = "[{'x': 10, 'y': 4}, {'x': 10, 'y': 28}]"


@pytest.fixture
def input_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty input folder of ComfyUI, for one test."""
    import folder_paths

    folder = tmp_path / "input"
    folder.mkdir()
    monkeypatch.setattr(folder_paths, "input_directory", str(folder))
    return folder


def given(**changes: Any) -> dict[str, list[Any]]:
    """Inputs as the host hands them to a node that takes lists: each value in one, those in `changes` as they are."""
    whole = {"file": ["none"], "width": [64], "height": [32], "frames": [0], "format": ["auto"]}
    return whole | {name: value if isinstance(value, list) else [value] for name, value in changes.items()}


def imported(host: Any, **changes: Any) -> tuple[Any, ...]:
    return host.run(NODE, **given(**changes))


def refused(host: Any, **changes: Any) -> str:
    with pytest.raises(host.pack("tora_core.errors").ToraError) as told:
        imported(host, **changes)
    return str(told.value)


def ends(trajectory: Any) -> list[list[list[float]]]:
    """Where each track is in the first and the last frame."""
    return trajectory.sample().points_px[:, [0, -1]].tolist()


def options(host: Any) -> list[str]:
    return host.node(NODE).INPUT_TYPES()["required"]["file"][1]["options"]


# --- Files ------------------------------------------------------------------------------------------------------------


def test_a_file_of_the_input_folder_is_read_and_everything_about_it_is_handed_on(host, input_folder):
    document = {"format": "tora-trajectory", "version": 1, "width": 48, "height": 32, "frames": 9, "fps": 12.5}
    document["tracks"] = [{"points": [{"x": 3, "y": 4}, {"x": 40, "y": 20}]}]
    (input_folder / "walk.json").write_text(json.dumps(document))
    trajectory, *numbers, report = imported(host, file="walk.json", width=0, height=0)
    assert numbers == [48, 32, 9, 12.5] == [trajectory.width, trajectory.height, trajectory.frames, trajectory.fps]
    assert ends(trajectory) == [[[3, 4], [40, 20]]]
    assert report == '1 track, tora-json: a JSON object with "format": "tora-trajectory".'


def test_a_file_is_scaled_and_stretched_to_what_is_asked_for(host, input_folder):
    (input_folder / "a.txt").write_text("0,0\n128,64\n255,128\n")
    trajectory, *numbers, report = imported(host, file="a.txt", width=512, height=128, frames=17)
    assert numbers == [512, 128, 17, 8.0]
    assert ends(trajectory) == [[[0, 0], [510, 64]]]
    assert "256x256 canvas" in report and "Scaled to 512x128." in report


def test_points_without_a_canvas_need_one(host, input_folder):
    (input_folder / "kj.json").write_text(ACROSS)
    assert "a canvas whose size is not in the text" in refused(host, file="kj.json", width=0, height=0)
    assert imported(host, file="kj.json", width=48, height=32)[1:4] == (48, 32, 2)


def test_every_format_that_is_written_is_read_back_from_its_file(host, input_folder, monkeypatch):
    import folder_paths

    monkeypatch.setattr(folder_paths, "output_directory", str(input_folder))
    trajectory, *_ = imported(host, text=f"[{ACROSS}, {DOWN.replace(chr(39), chr(34))}]", frames=9)
    for number, (format, ending) in enumerate(host.pack("nodes.export_trajectory").ENDINGS.items()):
        host.run("ToraExportTrajectory", trajectory=trajectory, format=format, save_file=True,
                 filename_prefix=f"{number}/own")  # fmt: skip
        files = [name for name in options(host) if name.startswith(f"{number}/")]
        folder = f"{number}/" in files  # one file a track
        assert folder == (format in ("tora-txt", "tora-txt-decimal", "motionctrl")), (format, files)
        name = f"{number}/" if folder else f"{number}/own_00001{ending}"
        read, *_ = imported(host, file=name, format=format, frames=9)
        assert len(read.tracks) == 2, format
        np.testing.assert_allclose(read.sample().points_px, trajectory.sample().points_px, atol=0.51, err_msg=format)


def test_the_list_has_what_may_be_a_trajectory_in_all_folders_and_nothing_else(host, input_folder):
    for name in ("b.SVG", "a.json", "picture.png", "notes.md", ".hidden.json", "sub/deep/c.npz", "x.pkl", "one/a.txt"):
        (input_folder / name).parent.mkdir(parents=True, exist_ok=True)
        (input_folder / name).write_text("")
    for name in ("1.txt", "2.txt", "10.txt"):
        (input_folder / "walk").mkdir(exist_ok=True)
        (input_folder / "walk" / name).write_text(f"{name[:-4]},0\n{name[:-4]},9\n")
    assert options(host) == [
        *("none", "a.json", "b.SVG", "one/a.txt", "sub/deep/c.npz", "walk/", "walk/1.txt", "walk/10.txt"),
        "walk/2.txt",
    ]
    # A folder is one trajectory, its files in the order of their numbers.
    trajectory, *_ = imported(host, file="walk/", width=256, height=256)
    assert [track[0][0] for track in ends(trajectory)] == [1, 2, 10]


def test_nothing_outside_the_input_folder_is_read(host, input_folder, tmp_path):
    secret = tmp_path / "secret.json"
    secret.write_text(ACROSS)
    (input_folder / "inside.json").write_text(ACROSS)
    (input_folder / "link.json").symlink_to(secret)
    (input_folder / "fine.json").symlink_to(input_folder / "inside.json")
    (tmp_path / "more").mkdir()
    for name in ("1.txt", "2.txt"):
        (tmp_path / "more" / name).write_text("1,2\n")
    (input_folder / "folder").symlink_to(tmp_path / "more")
    (input_folder / "mixed").mkdir()
    (input_folder / "mixed" / "1.txt").write_text("1,2\n")
    (input_folder / "mixed" / "2.txt").symlink_to(tmp_path / "more" / "2.txt")
    assert options(host) == ["none", "fine.json", "inside.json", "mixed/1.txt"]
    for name in ("link.json", "../secret.json", str(secret), "folder/1.txt", "mixed/", "inside.json/../../secret.json"):
        assert "was not found in ComfyUI's input folder: it is not among the 3" in refused(host, file=name)
        assert "was not found" in host.node(NODE).validate_inputs(**given(file=name))


def test_what_is_wrong_with_a_file_is_told_by_its_name_and_when_the_graph_is_queued(host, input_folder):
    (input_folder / "sub").mkdir()
    (input_folder / "sub" / "bad.json").write_text("[[")
    (input_folder / "picture.npz").write_bytes(b"PK\x03\x04 and nothing behind it")
    np.save(input_folder / "p.npy", np.full((9, 2, 2), 5.0))
    (input_folder / "p_visibility.npy").write_bytes(b"\x93NUMPY broken")
    for name, told in (("sub/bad.json", "sub/bad.json: "), ("picture.npz", "picture.npz: "), ("p.npy", "p_visibility")):
        message = refused(host, file=name)
        assert message.startswith(told) and str(input_folder) not in message
        assert host.node(NODE).validate_inputs(**given(file=name)) == message


def test_large_files_are_read_when_the_graph_runs_only(host, input_folder, monkeypatch):
    monkeypatch.setattr(host.pack("nodes.import_trajectory"), "CHECKED_CHARACTERS", 10)
    (input_folder / "bad.json").write_text("[[" + " " * 10)
    assert host.node(NODE).validate_inputs(**given(file="bad.json")) is True
    assert refused(host, file="bad.json").startswith("bad.json: ")


def test_a_file_that_changes_is_read_anew_and_so_is_its_visibility(host, input_folder):
    def now(name: str) -> Any:
        return host.node(NODE).fingerprint_inputs(**given(file=name))

    def touch(path: Path, at: int) -> None:
        os.utime(path, ns=(at, at))

    path = input_folder / "x_tracks.npy"
    np.save(path, np.full((9, 2, 2), 5.0))
    touch(path, 10**18)
    before = now("x_tracks.npy")
    assert before == now("x_tracks.npy")
    touch(path, 10**18 + 1)
    after = now("x_tracks.npy")
    assert after != before
    np.save(input_folder / "x_visibility.npy", np.ones((9, 2), bool))
    assert now("x_tracks.npy") != after
    for name in ("1.txt", "2.txt"):
        (input_folder / "walk").mkdir(exist_ok=True)
        (input_folder / "walk" / name).write_text("1,2\n")
    before = now("walk/")
    (input_folder / "walk" / "3.txt").write_text("1,2\n")
    assert now("walk/") != before
    assert now("gone.json") == [None] and now("none") == []


# --- Texts and TRACKS -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        [f"[{ACROSS}, {DOWN.replace(chr(39), chr(34))}]"],  # one text with two tracks
        [[ACROSS, DOWN]],  # what KJNodes' AppendStringsToList gives: a list as one value
        [ACROSS, DOWN],  # a list of ComfyUI's own: two values
        [[ACROSS], DOWN],
        [(ACROSS, DOWN)],
    ],
)
def test_a_text_a_list_of_texts_and_several_texts_are_one_trajectory(host, text):
    trajectory, *numbers, report = imported(host, text=text)
    assert ends(trajectory) == [[[0, 16], [48, 16]], [[10, 4], [10, 28]]]
    assert numbers == [64, 32, 2, 8.0] and report.startswith("2 tracks, spline-editor: ")


def test_values_that_are_parsed_already_are_read_too(host):
    assert ends(imported(host, text=[json.loads(ACROSS)])[0]) == [[[0, 16], [48, 16]]]
    document = imported(host, text=ACROSS)[0].to_dict()
    assert ends(imported(host, text=[document])[0]) == [[[0, 16], [48, 16]]]


def test_a_format_can_be_chosen(host):
    # 25 of 576 is 50 of 1152.
    pairs = "[[[25, 25], [128, 128]]]"
    assert "fits 2 formats" in refused(host, text=pairs)
    assert ends(imported(host, text=pairs, format="dragnuwa", width=1152, height=640)[0]) == [[[50, 50], [256, 256]]]
    assert ends(imported(host, text=pairs, format="point-lists", width=1152, height=640)[0]) == [[[25, 25], [128, 128]]]


def test_tracks_are_read_with_their_visibility(host):
    path = torch.tensor([[[1.5, 2.0], [50.0, 30.0]], [[4.0, 5.0], [52.0, 31.0]], [[7.0, 8.0], [54.0, 32.0]]])
    seen = torch.tensor([[True, False], [True, True], [False, True]])
    trajectory, *numbers, report = imported(host, tracks={"track_path": path, "track_visibility": seen})
    sampled = trajectory.sample()
    np.testing.assert_array_equal(sampled.points_px, path.transpose(0, 1).numpy())
    np.testing.assert_array_equal(sampled.visible, seen.T.numpy())
    assert numbers == [64, 32, 3, 8.0] and report.startswith("2 tracks, tracks: ")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({}, "Import Trajectory has nothing to read, expected one: choose a file, or set it to none and wire text"),
        ({"text": [None], "tracks": [None]}, "has nothing to read"),
        ({"text": ACROSS, "tracks": {}}, "has text and tracks to read, expected one"),
        ({"file": "a.json", "text": ACROSS}, "has the file a.json and text to read, expected one"),
        ({"file": ["a.json", "b.json"]}, "2 values are wired into file of Import Trajectory, expected one."),
        ({"text": ACROSS, "width": [64, 96]}, "2 values are wired into width of Import Trajectory, expected one."),
        ({"text": ACROSS, "frames": []}, "0 values are wired into frames of Import Trajectory, expected one."),
        ({"text": []}, "the list that is wired into text is empty"),
        ({"text": [[]]}, "the list that is wired into text is empty"),
        ({"text": [ACROSS, 5]}, "not all of them are text"),
        ({"text": [json.loads(ACROSS), [DOWN]]}, "not all of them are text"),
        ({"text": ""}, "no known trajectory format"),
        ({"text": [["", ACROSS]]}, "no known trajectory format"),
        ({"text": 5}, "got 5, expected a trajectory"),
        ({"text": ACROSS, "width": -1}, "width is -1, expected"),
        ({"text": ACROSS, "frames": 10_001}, "frames is 10001, expected"),
        ({"text": ACROSS, "format": "no-such"}, "format is 'no-such', expected one of"),
        ({"tracks": 5}, "tracks is a int, expected TRACKS"),
        ({"tracks": [{}, {}]}, "2 values are wired into tracks of Import Trajectory, expected one."),
        ({"tracks": {"points": torch.zeros(3, 1, 2)}}, "expected track_path and track_visibility"),
        ({"tracks": {"track_path": torch.zeros(3, 2)}}, r"positions have the shape (3, 2)"),
        ({"tracks": {"track_path": torch.zeros(3, 0, 2)}}, r"positions have the shape (3, 0, 2)"),
        ({"tracks": {"track_path": torch.zeros(3, 1, 2)}, "format": "csv"}, "format is csv, but TRACKS are wired in"),
        ({"tracks": {"track_path": torch.zeros(3, 1, 2)}, "width": 0}, "a canvas whose size is not in the file"),
    ],
)
def test_what_is_no_trajectory_or_too_many_is_refused_in_words(host, input_folder, changes, message):
    assert message in refused(host, **changes)


def test_the_formats_offered_are_the_librarys_that_are_read(host):
    """The node has their names only, as importing the formats would slow ComfyUI's start."""
    known = host.pack("tora_core.trajectory").FORMATS
    offered = host.pack("nodes.import_trajectory").FORMATS
    assert offered == tuple(one.name for one in known if one.reads)


def test_the_bounds_are_the_librarys(host):
    sizes, limits = host.pack("nodes.own_size"), host.pack("tora_core.trajectory.limits")
    assert (sizes.MAX_CANVAS_PX, sizes.MAX_FRAMES) == (limits.MAX_CANVAS_PX, limits.MAX_FRAMES)


# --- Whole graphs -----------------------------------------------------------------------------------------------------


@pytest.fixture
def queue(host) -> Any:
    """Queue a graph as the page does: the errors of node "1", or what the output node "2" gave."""
    import execution
    from server import PromptServer

    caching = execution.CacheType.CLASSIC, {"ram": 1.0, "ram_inactive": 1.0}
    executor = execution.PromptExecutor(PromptServer.instance, *caching)

    def run(graph: dict[str, Any], executes: bool = True) -> Any:
        loop = asyncio.new_event_loop()
        queued = copy.deepcopy(graph)  # the host writes fingerprints into it
        try:
            valid, _, outputs, errors = loop.run_until_complete(execution.validate_prompt("x", queued, None))
            if not valid:
                return " ".join(error["details"] for error in errors["1"]["errors"])
            if executes:
                loop.run_until_complete(executor.execute_async(queued, "x", {}, outputs))
                assert executor.success, executor.status_messages
                return executor.history_result["outputs"].get("2", {}).get("text", [None])[0]
        finally:
            loop.close()
        return ""

    return run


def graph(inputs: dict[str, Any], **others: Any) -> dict[str, Any]:
    """Import Trajectory as node 1 and its report shown by node 2; others are "3" and up, as (class, inputs)."""
    sizes = {"width": 64, "height": 32, "frames": 0, "format": "auto"}
    nodes = {f"{name[1:]}": {"class_type": kind, "inputs": values} for name, (kind, values) in others.items()}
    return nodes | {
        "1": {"class_type": NODE, "inputs": {"file": "none", **sizes, **inputs}},
        "2": {"class_type": "PreviewAny", "inputs": {"source": ["1", 5]}},
    }


TEXT = ("PrimitiveStringMultiline", {"value": ACROSS})
CORES = (
    "GenerateTracks",
    {"width": 64, "height": 32, "start_x": 0.1, "start_y": 0.5, "end_x": 0.9, "end_y": 0.5, "num_frames": 9}
    | {"num_tracks": 3, "track_spread": 0.1, "bezier": False, "mid_x": 0.5, "mid_y": 0.5, "interpolation": "linear"},
)


def test_a_graph_runs_from_a_file_a_text_and_tracks(queue, input_folder):
    (input_folder / "a.json").write_text(ACROSS)
    assert queue(graph({"file": "a.json"})).startswith("1 track, spline-editor")
    assert queue(graph({"text": ["3", 0]}, n3=TEXT)).startswith("1 track, spline-editor")
    assert queue(graph({"tracks": ["3", 0]}, n3=CORES)).startswith("3 tracks, tracks")
    assert queue(graph({"text": ["3", 0], "tracks": None}, n3=TEXT)).startswith("1 track, spline-editor")


def test_the_texts_of_a_list_of_comfyuis_own_become_one_trajectory(queue, input_folder):
    written = {"trajectory": ["4", 0], "format": "tora-txt", "save_file": False, "filename_prefix": "x"}
    texts = {"n3": ("ToraExportTrajectory", written), "n5": CORES}
    source = ("ToraImportTrajectory", {"file": "none", "width": 64, "height": 32, "frames": 0, "tracks": ["5", 0]})
    assert queue(graph({"text": ["3", 0]}, n4=source, **texts)).startswith("3 tracks, tora-txt")


def test_a_changed_file_runs_the_graph_anew_and_an_unchanged_one_does_not(queue, host, input_folder, monkeypatch):
    reads = []
    module = host.pack("nodes.import_trajectory")
    read = module.read_file
    monkeypatch.setattr(module, "_read_if_small", lambda *a: None)
    monkeypatch.setattr(module, "read_file", lambda *a: reads.append(a) or read(*a))
    (input_folder / "a.json").write_text(ACROSS)
    assert queue(graph({"file": "a.json"})).startswith("1 track")
    queue(graph({"file": "a.json"}))
    assert len(reads) == 1
    (input_folder / "a.json").write_text(f"[{ACROSS}, {ACROSS}]")
    assert queue(graph({"file": "a.json"})).startswith("2 tracks")
    assert len(reads) == 2


@pytest.mark.parametrize(
    ("inputs", "others", "message"),
    [
        ({}, {}, "has nothing to read, expected one"),
        ({"tracks": None}, {}, "has nothing to read, expected one"),
        ({"file": "a.json", "text": ["3", 0]}, {"n3": TEXT}, "has the file a.json and text to read"),
        ({"text": ["3", 0], "tracks": ["4", 0]}, {"n3": TEXT, "n4": CORES}, "has text and tracks to read"),
        ({"text": ["4", 0]}, {"n4": CORES}, "text is wired to TRACKS, expected STRING."),
        ({"tracks": ["3", 0]}, {"n3": TEXT}, "tracks is wired to STRING, expected TRACKS."),
        ({"file": "no.json"}, {}, "'no.json' was not found in ComfyUI's input folder"),
        ({"file": 5}, {}, "5 was not found"),
        ({"file": "b.json"}, {}, "b.json: "),
        ({"file": "a.json", "width": 0}, {}, "a canvas whose size is not in the text"),
        ({"file": "a.json", "frames": 10_001}, {}, "frames is 10001, expected 0 (as the source says) to 10000."),
        ({"text": ["3", 0], "height": -1}, {"n3": TEXT}, "height is -1, expected 0 (as the source says) to 16384."),
        ({"file": "a.json", "format": "dense-flow"}, {}, "format is 'dense-flow', expected one of auto, tora-json"),
        ({"file": "a.json", "format": "csv"}, {}, "a.json: "),
        ({"file": "a.json", "width": ["4", 1]}, {"n4": CORES}, ""),  # the size is not known yet
        ({"file": "b.json", "width": ["4", 1]}, {"n4": CORES}, ""),
    ],
)
def test_what_can_be_known_when_a_graph_is_queued_is_told_then(queue, input_folder, inputs, others, message):
    (input_folder / "a.json").write_text(ACROSS)
    (input_folder / "b.json").write_text("{}")
    told = queue(graph(inputs, **others), executes=False)
    assert message in told and bool(message) == bool(told)
