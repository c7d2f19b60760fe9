"""Arrays: TRACKS, Wan-Move, Wan2GP, CoTracker, TAP-Vid, dense motion; from wires and from files."""

from __future__ import annotations

import io
import pickle
from pathlib import Path

import numpy as np
import pytest

from tora_core.errors import TrajectoryError
from tora_core.trajectory import Track, Trajectory, VisibilityKey, read_files, read_text, tracks_dict, write_files
from tora_core.trajectory.formats import format_named

CANVAS = {"width": 720, "height": 480}

# Three frames of two tracks, as [T, N, 2]; the second is hidden in the last frame.
PATH = np.array([[[10, 20], [1, 2]], [[11, 22], [3, 4]], [[12, 24], [5, 6]]], np.float32)
SEEN = np.array([[True, True], [True, True], [True, False]])
POINTS = [[[10, 20], [11, 22], [12, 24]], [[1, 2], [3, 4], [5, 6]]]


def npy(array: np.ndarray, **kwargs: bool) -> bytes:
    file = io.BytesIO()
    np.save(file, array, **kwargs)
    return file.getvalue()


def npz(*arrays: np.ndarray, **named: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.savez(file, *arrays, **named)
    return file.getvalue()


def check(trajectory: Trajectory, *, visible: np.ndarray = SEEN) -> None:
    sampled = trajectory.sample()
    assert sampled.points_px[0].tolist() == POINTS[0] and sampled.visible.T.tolist() == visible.tolist()
    shown = sampled.visible[1]
    assert sampled.points_px[1][shown].tolist() == np.array(POINTS[1])[shown].tolist()


READABLE = {
    "TRACKS of numpy": ({"track_path": PATH, "track_visibility": SEEN}, "tracks"),
    "TRACKS as JSON": ({"track_path": PATH.tolist(), "track_visibility": SEEN.tolist()}, "tracks"),
    "TRACKS as npz": (npz(track_path=PATH, track_visibility=SEEN), "tracks"),
    "TRACKS with a batch": ({"track_path": PATH[None], "track_visibility": SEEN[None]}, "tracks"),
    "Wan-Move, two npy": ([npy(PATH), npy(SEEN)], "wan-move"),
    "Wan-Move with a batch, the other way round": ([npy(SEEN[None]), npy(PATH[None])], "wan-move"),
    "Wan-Move as npz": (npz(PATH, SEEN), "wan-move"),
    "CoTracker": (npz(tracks=PATH[None], visibility=SEEN[None]), "cotracker"),
    "CoTracker, pred_, one more axis": (
        npz(pred_tracks=PATH[None], pred_visibility=SEEN[None, ..., None]),
        "cotracker",
    ),
    "CoTracker, probabilities": (npz(tracks=PATH[None], visibility=np.where(SEEN, 0.9, 0.2)[None]), "cotracker"),
    "CoTracker without a batch, packed": (npz(tracks=PATH, visibility=SEEN), "cotracker"),
    "a list of arrays": ([PATH[None].astype(np.float64), SEEN[None]], "cotracker"),
    "big-endian and Fortran order": ([npy(np.asfortranarray(PATH.astype(">f8"))), npy(SEEN.astype("u1"))], "wan-move"),
    "TAP-Vid": (
        npz(points=(PATH / (720, 480)).swapaxes(0, 1), occluded=~SEEN.T),
        "tap-vid",
    ),
}


@pytest.mark.parametrize("name", READABLE)
def test_arrays_are_known_and_read(name: str) -> None:
    data, format = READABLE[name]
    trajectory, info = read_text(data, **CANVAS)
    assert info.format == format
    assert (trajectory.width, trajectory.height, trajectory.frames) == (720, 480, 3)
    if name == "TAP-Vid":
        np.testing.assert_allclose(trajectory.sample().points_px[0], POINTS[0], rtol=1e-6)
        assert trajectory.sample().visible.T.tolist() == SEEN.tolist()
    else:
        check(trajectory)


def test_torchs_tensors_and_files_are_read_without_torch_doing_it(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    tensors = {"track_path": torch.tensor(PATH, requires_grad=True), "track_visibility": torch.tensor(SEEN)}
    check(read_text(tensors, **CANVAS)[0])
    check(read_text({"track_path": torch.tensor(PATH).bfloat16(), "track_visibility": torch.tensor(SEEN)}, **CANVAS)[0])
    shapes = {
        "tuple.pt": (torch.tensor(PATH[None]), torch.tensor(SEEN[None])),
        "dict.pt": {"pred_tracks": torch.tensor(PATH[None]), "pred_visibility": torch.tensor(SEEN[None]), "fps": 8},
        "half.pt": [torch.tensor(PATH[None]).half(), torch.tensor(SEEN[None]).float()],
        "brain.pt": [torch.tensor(PATH[None]).bfloat16(), torch.tensor(SEEN[None])],
        "view.pt": (torch.tensor(np.repeat(PATH, 2, axis=0))[None, ::2], torch.tensor(SEEN).T.contiguous().T[None]),
    }
    for name, value in shapes.items():
        torch.save(value, tmp_path / name)
        trajectory, info = read_files(tmp_path / name, **CANVAS)
        assert info.format == "cotracker" and "a torch file" in info.reason, name
        check(trajectory)


def test_a_visibility_of_one_column_counts_for_all_tracks() -> None:
    # That is what core's GenerateTracks makes of a mask.
    trajectory, _ = read_text({"track_path": PATH, "track_visibility": np.array([[True], [False], [True]])}, **CANVAS)
    assert trajectory.sample().visible.tolist() == [[True, False, True]] * 2


def test_without_visibility_all_is_visible_and_that_is_said() -> None:
    trajectory, info = read_text({"track_path": PATH}, **CANVAS)
    assert trajectory.sample().visible.all() and any("no track_visibility" in note for note in info.notes)


def test_points_that_are_no_numbers_or_minus_100_are_hidden() -> None:
    path = PATH.astype(float)
    path[1, 0], path[2, 1] = np.nan, -100
    trajectory, _ = read_text(npz(tracks=path[None], visibility=np.ones((1, 3, 2))), **CANVAS)
    assert trajectory.sample().visible.tolist() == [[True, False, True], [True, True, False]]
    assert trajectory.sample().points_px[0].tolist() == [[10, 20], [11, 22], [12, 24]]
    # Only the tracker's format has this sentinel: elsewhere -100 is a place.
    assert read_text(npy(path), **CANVAS)[0].sample().visible.tolist() == [[True, False, True], [True, True, True]]
    nowhere, _ = read_text({"track_path": np.full((3, 1, 2), np.nan)}, **CANVAS)
    assert not nowhere.sample().visible.any()


def test_the_canvas_comes_from_the_file_where_it_is_there() -> None:
    sized = npz(tracks=PATH[None], visibility=SEEN[None], dim=np.array([240, 360]))
    trajectory, _ = read_text(sized)
    assert (trajectory.width, trajectory.height) == (360, 240)
    assert read_text(sized, **CANVAS)[0].sample().points_px[0, 0].tolist() == [20, 40]
    video = np.zeros((3, 10, 20, 3), np.uint8)
    trajectory, _ = read_text(npz(points=np.full((1, 3, 2), 0.5), occluded=np.zeros((1, 3), bool), video=video))
    assert (trajectory.width, trajectory.height) == (20, 10)
    assert trajectory.sample().points_px[0].tolist() == [[10, 5]] * 3


@pytest.mark.parametrize(
    "data", [npy(PATH), npz(tracks=PATH[None]), npz(points=PATH / 100, occluded=PATH[..., 0] > 99)]
)
def test_without_a_canvas_the_caller_is_asked_for_it(data: bytes) -> None:
    with pytest.raises(TrajectoryError, match=r"of a canvas whose size is not in the file: pass width and height"):
        read_text(data)


# ---- fractions or pixels


def test_an_npy_of_fractions_is_wan2gps_and_one_of_pixels_wan_moves() -> None:
    fractions, info = read_text(npy(np.full((3, 1, 2), 0.25, np.float32)), **CANVAS)
    assert info.format == "wan2gp" and fractions.sample().points_px[0, 0].tolist() == [180, 120]
    assert "all in 0..1: fractions" in info.reason and "fractions are taken of 720x480" in info.notes
    assert read_text(npy(PATH), **CANVAS)[1].format == "wan-move"


@pytest.mark.parametrize(("low", "high"), [(0.1, 1.4), (-1.5, 0.9)])
def test_numbers_that_may_be_fractions_or_pixels_are_not_guessed_at(low: float, high: float) -> None:
    data = npy(np.array([[[low, high]], [[low, low]]]))
    with pytest.raises(TrajectoryError, match=r"fits 2 formats .* wan-move .*; wan2gp"):
        read_text(data, **CANVAS)
    assert read_text(data, format="wan-move", **CANVAS)[0].sample().points_px[0, 1].tolist() == pytest.approx(
        [low, low]
    )
    assert read_text(data, format="wan2gp", **CANVAS)[0].sample().points_px[0, 1].tolist() == pytest.approx(
        [low * 720, low * 480]
    )


def test_dense_motion_is_pointed_to_the_dense_input(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    for data in (npy(np.zeros((5, 48, 72, 2), np.float32)), torch.zeros(5, 48, 72, 2)):
        with pytest.raises(TrajectoryError, match=r"\(5, 48, 72, 2\): dense motion .* flow= of the pipelines"):
            read_text(data, **CANVAS)
    torch.save(torch.zeros(49, 480, 720, 2).half(), tmp_path / "flow.pt")  # 68 MB: only its shape is looked at
    with pytest.raises(TrajectoryError, match=r"flow\.pt: .*\(49, 480, 720, 2\): dense motion"):
        read_files(tmp_path / "flow.pt")


# ---- files

RICH = Trajectory(
    **CANVAS,
    frames=4,
    tracks=(
        Track([(0, 0), (30, 60)], curve="polyline", visibility=(VisibilityKey(2 / 3, False),)),
        Track([(719.5, 3)], start=0.3),
    ),
)
SHOWN = [[True, True, False, False], [False, True, True, True]]


@pytest.mark.parametrize("name", ["tracks", "wan-move", "cotracker", "tap-vid"])
def test_written_arrays_keep_positions_and_visibility(tmp_path: Path, name: str) -> None:
    paths, losses = write_files(RICH, tmp_path / "x_tracks.npy", format=name)
    assert not any(loss.startswith("visibility") for loss in losses)
    trajectory, info = read_files(paths[0], **CANVAS)
    assert info.format == name
    assert trajectory.sample().visible.tolist() == SHOWN
    np.testing.assert_allclose(trajectory.sample().points_px, RICH.sample().points_px, rtol=1e-6)


def test_wan_moves_visibility_lies_beside_its_tracks(tmp_path: Path) -> None:
    paths, _ = write_files(RICH, tmp_path / "x_tracks.npy", format="wan-move")
    assert [path.name for path in paths] == ["x_tracks.npy", "x_visibility.npy"]
    assert np.load(paths[0]).shape == (1, 4, 2, 2) and np.load(paths[1]).shape == (1, 4, 2)
    assert np.load(paths[1])[0].T.tolist() == SHOWN
    _, info = read_files(paths[0], **CANVAS)
    assert "visibility is from x_visibility.npy, which lies beside it" in info.notes
    assert [path.name for path in write_files(RICH, tmp_path / "y.npy", format="wan-move")[0]] == [
        "y.npy",
        "y_visibility.npy",
    ]
    # A link could lead anywhere, so it is not followed unasked.
    paths[1].rename(tmp_path / "elsewhere.npy")
    paths[1].symlink_to(tmp_path / "elsewhere.npy")
    assert read_files(paths[0], **CANVAS)[0].sample().visible.all()


def test_arrays_are_not_written_into_a_folder_under_a_name_of_a_text(tmp_path: Path) -> None:
    with pytest.raises(TrajectoryError, match="is a folder; name a file to write wan-move to"):
        write_files(RICH, tmp_path, format="wan-move")
    assert list(tmp_path.iterdir()) == []


def test_wan2gp_is_written_as_fractions_without_visibility() -> None:
    (data,) = format_named("wan2gp").write(RICH)
    assert isinstance(data, bytes)
    array = np.load(io.BytesIO(data))
    assert array.shape == (4, 2, 2) and array.dtype == np.float32
    np.testing.assert_allclose(array[3], [[30 / 720, 60 / 480], [719.5 / 720, 3 / 480]], rtol=1e-6)
    assert any(loss.startswith("visibility") for loss in format_named("wan2gp").losses(RICH))
    outside = Trajectory.from_points([[(0, 0), (721, 0)]], **CANVAS, frames=2)
    assert any("takes all numbers as pixels" in loss for loss in format_named("wan2gp").losses(outside))


def test_tracks_dict_is_what_core_has_on_its_wires() -> None:
    got = tracks_dict(RICH, frames=7, size=(240, 720))
    assert got["track_path"].shape == (7, 2, 2) and got["track_path"].dtype == np.float32
    assert got["track_visibility"].shape == (7, 2) and got["track_visibility"].dtype == bool
    assert got["track_path"][6].tolist() == [[30, 30], [719.5, 1.5]]
    assert got["track_visibility"][:, 1].tolist() == [False, False, True, True, True, True, True]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"track_path": PATH, "track_visibility": SEEN[:2]}, r"visibility has the shape \(2, 2\), expected \(3, 2\)"),
        ({"track_path": PATH[0]}, r"positions have the shape \(2, 2\), expected \(T, N, 2\)"),
        ({"track_path": np.zeros((2, 3, 4, 2))}, r"save one clip of the batch"),
        (
            npz(tracks=np.zeros((2, 3, 4, 2))),
            r"positions have the shape \(2, 3, 4, 2\), .*; save one clip of the batch",
        ),
        ({"track_path": np.zeros((3, 0, 2))}, r"positions have the shape \(3, 0, 2\)"),
        ({"track_path": [[1], [2, 3]]}, "track_path is a list of 2, expected an array of numbers"),
        ({"track_path": "here"}, "track_path is 'here', expected an array of numbers"),
        ({"track_path": np.array([["a"]])}, "track_path holds <U1, expected numbers"),
        ({"track_path": np.zeros((3, 1001, 2))}, "1001 tracks of 3 frames, expected at most 1000 tracks"),
        ({"track_path": np.zeros((10_001, 1, 2))}, "1 tracks of 10001 frames"),
        ({"track_path": np.zeros((1000, 600, 2))}, "500,000 points in all"),
        ([npy(PATH)] * 3, "there are 3 files of arrays, expected one, or two: positions and their visibility"),
        (npz(points=PATH, occluded=SEEN[:1]), r"points are \(3, 2, 2\) and occluded \(1, 2\)"),
        (npy(np.zeros(5)), r"no known trajectory format: got an npy file with \(5,\)"),
        (npy(np.array([{}], object), allow_pickle=True), "an array holds Python objects: a pickle can run any program"),
        (pickle.dumps({"points": PATH}), "a pickle can run any program .* numpy.savez"),
        (npy(np.zeros(2, [("x", "f4")])), "has the header .*, expected plain numbers"),
    ],
)
def test_arrays_that_make_no_sense_are_refused_in_words(data: object, message: str) -> None:
    with pytest.raises(TrajectoryError, match=message):
        read_text(data, **CANVAS)


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        ([True, False, True], [True, False, True]),
        ([[True], [False], [True]], [True, False, True]),  # what core's nodes make of a mask
        ([[[True], [False], [True]]], [True, False, True]),
        ([[False]], [False] * 3),  # what they make of a single mask
    ],
)
def test_one_visibility_for_all_tracks_is_given_to_each(seen: list[object], expected: list[bool]) -> None:
    trajectory, _ = read_text({"track_path": PATH, "track_visibility": np.array(seen)}, **CANVAS)
    assert trajectory.sample().visible.tolist() == [expected] * 2
