"""Files: formats are recognised, several tracks find their places, nothing is half-written."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tora_core.errors import TrajectoryError
from tora_core.trajectory import Track, Trajectory, files, read_files, read_text
from tora_core.trajectory.limits import MAX_BYTES

ONE = Trajectory.from_points([[(0, 0), (128, 64), (255, 255)]], width=256, height=256, frames=9)
TWO = Trajectory(width=256, height=256, frames=3, tracks=(Track([(0, 0), (10, 20)]), Track([(5, 6)])))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_own_json_comes_back_equal_and_loses_nothing(tmp_path: Path) -> None:
    assert TWO.save(tmp_path / "a.json") == []
    assert Trajectory.load(tmp_path / "a.json") == TWO
    assert read_files(str(tmp_path / "a.json"))[1].reason == 'a JSON object with "format": "tora-trajectory"'


def test_own_json_is_scaled_and_stretched_to_what_the_caller_says(tmp_path: Path) -> None:
    TWO.save(tmp_path / "a.json")
    got, info = read_files(tmp_path / "a.json", width=512, frames=5)
    assert (got.width, got.height, got.frames) == (512, 256, 5)
    assert got.sample().points_px[0, -1].tolist() == [20, 20]
    assert info.notes == ("scaled from the file's 256x256 to 512x256", "stretched from the file's 3 frames to 5")


def test_the_content_decides_not_the_ending(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("1,2\n3,4")
    (tmp_path / "a.txt").write_text('[{"x": 1, "y": 2}, {"x": 3, "y": 4}]')
    assert Trajectory.load(tmp_path / "a.json").width == 256
    assert Trajectory.load(tmp_path / "a.txt", width=64, height=48).width == 64


def test_a_single_track_is_one_text_file(tmp_path: Path) -> None:
    losses = ONE.save(tmp_path / "path.txt")
    assert names(tmp_path) == ["path.txt"] and any(loss.startswith("control points") for loss in losses)
    back = Trajectory.load(tmp_path / "path.txt")
    assert back.tracks[0].name == "path"
    assert abs(back.sample().points_px - ONE.sample().points_px).max() <= 0.5 + 1e-4


def test_several_tracks_are_numbered_files_beside_the_name(tmp_path: Path) -> None:
    TWO.save(tmp_path / "path.txt")
    assert names(tmp_path) == ["path_1.txt", "path_2.txt"]
    back = Trajectory.load([tmp_path / "path_1.txt", tmp_path / "path_2.txt"], frames=3)
    assert back.sample().points_px.tolist() == [[[0, 0], [5, 10], [10, 20]], [[5, 6]] * 3]


def test_several_tracks_are_numbered_files_in_a_folder_and_read_in_order(tmp_path: Path) -> None:
    twelve = Trajectory.from_points([[(i, 0), (i, 9)] for i in range(12)], width=256, height=256, frames=2)
    twelve.save(tmp_path / "new" / "paths", format="tora-txt")
    assert names(tmp_path / "new" / "paths")[::11] == ["01.txt", "12.txt"]
    assert Trajectory.load(tmp_path / "new" / "paths").sample().points_px[:, 0, 0].tolist() == list(range(12))
    # Again into the same folder: the same names. With fewer tracks old ones would be read with them.
    twelve.save(tmp_path / "new" / "paths")
    with pytest.raises(TrajectoryError, match=r"holds other \.txt files \(01\.txt, 02\.txt, 03\.txt\)"):
        TWO.save(tmp_path / "new" / "paths")


def test_numbers_in_names_are_read_as_numbers(tmp_path: Path) -> None:
    for i in (10, 9, 1):
        (tmp_path / f"track {i}.txt").write_text(f"{i},0")
    assert [track.name for track in Trajectory.load(tmp_path).tracks] == ["track 1", "track 9", "track 10"]


@pytest.mark.parametrize(
    ("name", "format", "message"),
    [
        (
            "a.xyz",
            None,
            r"the ending is '\.xyz': use one of \.json, \.txt, \.csv, \.svg, or say format=, one of tora-json",
        ),
        ("a", None, "the ending is ''"),
        ("a.json", "nope", "format is 'nope'"),
    ],
)
def test_an_unknown_format_is_refused_before_anything_is_written(
    tmp_path: Path, name: str, format: str | None, message: str
) -> None:
    with pytest.raises(TrajectoryError, match=message):
        ONE.save(tmp_path / name, format=format)
    assert names(tmp_path) == []


def test_a_format_of_one_file_a_track_refuses_no_tracks(tmp_path: Path) -> None:
    with pytest.raises(TrajectoryError, match="there are no tracks, and tora-txt can't hold"):
        Trajectory(width=8, height=8, frames=2).save(tmp_path / "a.txt")


def test_splines_are_written_where_the_format_is_said(tmp_path: Path) -> None:
    losses = TWO.save(tmp_path / "a.json", format="spline-editor")
    assert any("the canvas size, 256x256" in loss for loss in losses)
    assert Trajectory.load(tmp_path / "a.json", width=256, height=256).sample().points_px[0].tolist()[-1] == [10, 20]


def missing(folder: Path) -> Path:
    return folder / "missing.json"


def empty_folder(folder: Path) -> Path:
    return folder


def broken(folder: Path) -> Path:
    (folder / "broken.json").write_text('{"version": 1, "tracks": 5')
    return folder / "broken.json"


def too_large(folder: Path) -> Path:
    with open(folder / "large.json", "wb") as file:
        file.truncate(MAX_BYTES + 10)
    return folder / "large.json"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (missing, r"missing\.json: there is no such file"),
        (empty_folder, r"found 0 \.txt files"),
        (broken, r"broken\.json: not valid JSON: .* \(line 1, column 27\)"),
        (too_large, r"large\.json: the text is larger than 16,777,216 bytes"),
    ],
)
def test_what_can_not_be_read_is_told_with_its_path(tmp_path: Path, make, message: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(TrajectoryError, match=message):
        Trajectory.load(make(tmp_path))


def test_an_interrupted_write_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ONE.save(tmp_path / "a.json")
    before = (tmp_path / "a.json").read_bytes()

    def interrupted(descriptor: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(files.os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        TWO.save(tmp_path / "a.json")
    assert names(tmp_path) == ["a.json"] and (tmp_path / "a.json").read_bytes() == before


def test_of_several_files_none_appears_if_one_can_not_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    def full_disk(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full_disk)
    with pytest.raises(OSError, match="No space left"):
        TWO.save(tmp_path / "a.txt")
    assert names(tmp_path) == []


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.json").write_text("{}")
    (tmp_path / "link.json").symlink_to(tmp_path / "real.json")
    ONE.save(tmp_path / "link.json")
    assert (tmp_path / "link.json").is_symlink() and Trajectory.load(tmp_path / "real.json") == ONE


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[40, 208], [40, 148", "not valid JSON: Extra data"),
        ('{"a": 1, "b": 2}', "no known trajectory format: got an object with the keys a, b"),
        ("hello", "got text that begins 'hello'. Known are tora-json"),
        ('[{"paths": []}]', "no known trajectory format"),
    ],
)
def test_an_unknown_text_is_told_with_what_it_looks_like(text: str, message: str) -> None:
    with pytest.raises(TrajectoryError, match=message):
        read_text(text, width=64, height=48)
