"""What the load nodes offer, told from names alone, and what a chosen name leads to."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

pytestmark = pytest.mark.host


def write(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"x")


@pytest.mark.parametrize(
    ("files", "entries"),
    [
        (["fuser.safetensors", "traj_extractor.safetensors"], [("fuser.safetensors", "pair")]),
        (
            ["a/fuser_I2V.safetensors", "a/traj_extractor_I2V.safetensors"],
            [("a/fuser_I2V.safetensors", "pair")],
        ),
        (
            ["x/fuser/fuser.safetensors", "x/traj_extractor/traj_extractor.safetensors"],
            [("x/fuser/fuser.safetensors", "pair")],
        ),
        # Half a pair stays on the list, so that choosing it can say what is missing.
        (["traj_extractor.safetensors"], [("traj_extractor.safetensors", "file")]),
        (
            ["fuser.safetensors", "traj_extractor_I2V.safetensors"],
            [
                ("fuser.safetensors", "file"),
                ("traj_extractor_I2V.safetensors", "file"),
            ],
        ),
        (["mine.safetensors", "b/other.sft"], [("b/other.sft", "file"), ("mine.safetensors", "file")]),
        (
            [f"five/diffusion_pytorch_model-0000{n}-of-00002.safetensors" for n in (1, 2)],
            [("five", "folder")],
        ),
        (
            [
                "pipe/transformer/diffusion_pytorch_model-00001-of-00001.safetensors",
                "pipe/vae/diffusion_pytorch_model.safetensors",
                "pipe/text_encoder/model-00001-of-00002.safetensors",
                "pipe/text_encoder/model.safetensors",
            ],
            [("pipe", "folder")],
        ),
        (["transformer/diffusion_pytorch_model.safetensors"], [("transformer", "folder")]),
        (["diffusion_pytorch_model.safetensors"], [("diffusion_pytorch_model.safetensors", "file")]),
        (
            [f"diffusion_pytorch_model-0000{n}-of-00002.safetensors" for n in (1, 2)],
            [("diffusion_pytorch_model.safetensors.index.json", "folder")],
        ),
        (["t2v/mp_rank_00_model_states.pt"], [("t2v/mp_rank_00_model_states.pt", "file")]),
    ],
)
def test_files_become_choices(host, files, entries):
    found = host.pack("nodes.host.entries").entries_of([PurePosixPath(name) for name in files])
    assert [(entry.name, entry.form) for entry in found] == entries


def test_tora_is_looked_for_in_its_own_folder_then_among_patches_and_elsewhere_by_name(host, model_folders):
    write(model_folders / "tora", "fuser.safetensors", "traj_extractor.safetensors", "own.safetensors")
    write(model_folders / "model_patches", "qwen_control.safetensors", "my_tora.safetensors", "own.safetensors")
    write(model_folders / "diffusion_models", "flux.safetensors", "Tora_T2V/diffusion_pytorch_model.safetensors")
    kijai = "CogVideoX-5b-Tora"
    write(
        model_folders / "CogVideo",
        f"{kijai}/fuser/fuser.safetensors",
        f"{kijai}/traj_extractor/traj_extractor.safetensors",
        f"{kijai}/transformer/diffusion_pytorch_model.safetensors",
        "loras/some_tora_lora.safetensors",
    )
    choices = host.pack("nodes.host.folders").tora_choices()
    assert {name: path.relative_to(model_folders).as_posix() for name, path in choices.items()} == {
        "fuser.safetensors": "tora/fuser.safetensors",
        "own.safetensors": "tora/own.safetensors",
        "model_patches/my_tora.safetensors": "model_patches/my_tora.safetensors",
        f"CogVideo/{kijai}/fuser/fuser.safetensors": f"CogVideo/{kijai}/fuser/fuser.safetensors",
        "diffusion_models/Tora_T2V": "diffusion_models/Tora_T2V",
        "model_patches/own.safetensors": "model_patches/own.safetensors",
        "model_patches/qwen_control.safetensors": "model_patches/qwen_control.safetensors",
    }
    assert next(iter(choices)) == "fuser.safetensors" and list(choices)[-1] == "model_patches/qwen_control.safetensors"


def test_a_name_never_comes_to_mean_a_file_in_another_folder(host, model_folders):
    """A saved workflow that names a removed file fails in words, where another file of that name is still there."""
    write(model_folders / "tora", "x.safetensors")
    write(model_folders / "model_patches", "x.safetensors")
    folders = host.pack("nodes.host.folders")
    assert folders.tora_path("x.safetensors").parent.name == "tora"
    (model_folders / "tora" / "x.safetensors").unlink()
    with pytest.raises(host.pack("tora_core.errors").CheckpointError, match="was not found"):
        folders.tora_path("x.safetensors")
    assert folders.tora_path("model_patches/x.safetensors").parent.name == "model_patches"


def test_cogvideox_is_looked_for_among_models_and_folders_and_stands_first(host, model_folders):
    write(
        model_folders / "diffusion_models",
        "flux.safetensors",
        "sub/CogVideoX_diffusers.safetensors",
        "fuser.safetensors",
    )
    write(model_folders / "diffusion_models", "CogVideoX-5b-I2V/diffusion_pytorch_model-00001-of-00003.safetensors")
    write(model_folders / "diffusers", "CogVideoX-5b/transformer/diffusion_pytorch_model.safetensors", "a.safetensors")
    write(model_folders / "CogVideo", "CogVideoX-5b/transformer/diffusion_pytorch_model.safetensors")
    write(model_folders / "tora", "fuser.safetensors", "traj_extractor.safetensors", "mp_rank_00_model_states.pt")
    write(model_folders / "tora", "whole/diffusion_pytorch_model.safetensors")
    choices = host.pack("nodes.host.folders").cogvideox_choices()
    assert {name: path.relative_to(model_folders).as_posix() for name, path in choices.items()} == {
        "CogVideo/CogVideoX-5b": "CogVideo/CogVideoX-5b",
        "diffusers/CogVideoX-5b": "diffusers/CogVideoX-5b",
        "CogVideoX-5b-I2V": "diffusion_models/CogVideoX-5b-I2V",
        "sub/CogVideoX_diffusers.safetensors": "diffusion_models/sub/CogVideoX_diffusers.safetensors",
        "flux.safetensors": "diffusion_models/flux.safetensors",
        "tora/mp_rank_00_model_states.pt": "tora/mp_rank_00_model_states.pt",
        "tora/whole": "tora/whole",
    }
    assert list(choices)[4] == "flux.safetensors"


def test_folders_of_extra_model_paths_count(host, model_folders, tmp_path):
    import folder_paths

    write(tmp_path / "elsewhere", "fuser.safetensors", "traj_extractor.safetensors")
    write(model_folders / "tora", "own.safetensors")
    folder_paths.add_model_folder_path("tora", str(tmp_path / "elsewhere"))
    assert sorted(host.pack("nodes.host.folders").tora_choices()) == ["fuser.safetensors", "own.safetensors"]


def test_the_folder_is_registered_once_and_lists_weight_files_only(host, model_folders):
    import folder_paths

    folders = host.pack("nodes.host.folders")
    folders.register()
    folders.register()
    paths, extensions = folder_paths.folder_names_and_paths["tora"]
    assert paths == [str(model_folders / "tora")]
    assert extensions == folder_paths.supported_pt_extensions
    write(model_folders / "tora", "read me.txt", "a.safetensors")
    assert folder_paths.get_filename_list("tora") == ["a.safetensors"]


@pytest.mark.parametrize("name", ["../secret.safetensors", "/etc/passwd", "tora/own.safetensors", "gone.safetensors"])
def test_only_what_is_on_the_list_is_found(host, model_folders, name):
    write(model_folders, "secret.safetensors", "tora/own.safetensors")
    folders = host.pack("nodes.host.folders")
    with pytest.raises(ValueError, match=r"was not found: it is not among the 1 that are there\. Put fuser"):
        folders.tora_path(name)
    with pytest.raises(ValueError, match=r"was not found: there is none at all\. Put CogVideoX-5B's transformer"):
        folders.cogvideox_path(name)


def test_a_name_saved_on_windows_is_found(host, model_folders):
    write(model_folders / "tora", "a/own.safetensors")
    assert host.pack("nodes.host.folders").tora_path("a\\own.safetensors") == model_folders / "tora/a/own.safetensors"


def test_both_nodes_offer_what_the_folders_hold(host, model_folders):
    write(model_folders / "tora", "own.safetensors")
    write(model_folders / "diffusion_models", "CogVideoX_5b.safetensors")
    options = host.node("ToraLoadModel").INPUT_TYPES()["required"]["tora_name"][1]["options"]
    assert options == ["own.safetensors"]
    options = host.node("ToraLoadCogVideoX").INPUT_TYPES()["required"]["model_name"][1]["options"]
    assert options == ["CogVideoX_5b.safetensors"]


@pytest.mark.parametrize("changed", ["fuser.safetensors", "traj_extractor.safetensors"])
def test_a_fingerprint_changes_with_either_file_of_a_pair(host, model_folders, changed):
    write(model_folders / "tora", "fuser.safetensors", "traj_extractor.safetensors", "other.safetensors")
    fingerprint = host.node("ToraLoadModel").fingerprint_inputs
    before = fingerprint(tora_name="fuser.safetensors")
    (model_folders / "tora" / "other.safetensors").write_bytes(b"changed")
    assert fingerprint(tora_name="fuser.safetensors") == before
    (model_folders / "tora" / changed).write_bytes(b"changed")
    assert fingerprint(tora_name="fuser.safetensors") != before
    assert fingerprint(tora_name="gone.safetensors") is None and fingerprint(tora_name=None) is None


@pytest.mark.parametrize("changed", ["diffusion_pytorch_model-00002-of-00002.safetensors", "config.json"])
def test_a_fingerprint_changes_with_every_file_of_a_folder(host, model_folders, changed):
    folder = model_folders / "diffusers" / "five" / "transformer"
    write(folder, *(f"diffusion_pytorch_model-0000{n}-of-00002.safetensors" for n in (1, 2)), "config.json")
    fingerprint = host.node("ToraLoadCogVideoX").fingerprint_inputs
    before = fingerprint(model_name="diffusers/five")
    assert len(before) == 3
    (folder / changed).write_bytes(b"changed")
    assert fingerprint(model_name="diffusers/five") != before
