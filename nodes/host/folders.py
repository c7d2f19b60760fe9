"""Where people keep weights: what the load nodes offer, told from file names alone, and the way back to a path.

The lists are built whenever the browser asks for the nodes, so no file is opened here. Folders come from the host,
with all that extra_model_paths.yaml adds. `CogVideo` is where a widely used pack has put its downloads.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePosixPath

import folder_paths

from ...tora_core.checkpoints.pairs import part_by_name, partner_places
from ...tora_core.errors import CheckpointError
from .entries import Entry, entries_of

TORA, PATCHES, MODELS, DIFFUSERS, COGVIDEO = "tora", "model_patches", "diffusion_models", "diffusers", "CogVideo"
CONTROLNETS = "controlnet"
COTRACKER = "cotracker"
DEMO_EDGES = "tora_demo_edges (bundled)"
"""How the ControlNet that comes with the pack is called in the list."""

DEMO_CONTROLNET = Path(__file__).resolve().parents[2] / "tora_core" / "models" / "bundled" / "controlnet"

_WEIGHTS = (".safetensors", ".sft", ".pt", ".pth", ".bin", ".ckpt")


def register() -> None:
    """Make models/tora and models/cotracker model folders of the host; doing it again changes nothing."""
    for kind in (TORA, COTRACKER):
        folder_paths.add_model_folder_path(kind, os.path.join(folder_paths.models_dir, kind))
        # A new kind of folder comes without extensions, which lists every file in it.
        folder_paths.folder_names_and_paths[kind][1].update(folder_paths.supported_pt_extensions)


def tora_choices() -> dict[str, Path]:
    """Names to files and folders that may hold Tora's weights; a pair under its fuser file's name."""
    return _named(
        [
            (TORA, lambda entry: True),
            (PATCHES, _looks_like_tora),
            (COGVIDEO, lambda entry: entry.form == "pair"),
            *((kind, lambda entry: "tora" in entry.name.lower()) for kind in (MODELS, DIFFUSERS)),
            # Last, so that other packs' patches are there for those who have renamed theirs, but not in the way.
            (PATCHES, lambda entry: not _looks_like_tora(entry)),
        ]
    )


def cogvideox_choices() -> dict[str, Path]:
    """Names to files and folders that may hold a CogVideoX; those that say so first."""
    choices = _named(
        [
            (MODELS, lambda entry: part_by_name(PurePosixPath(entry.name).name) is None),
            *((kind, lambda entry: entry.form == "folder") for kind in (DIFFUSERS, COGVIDEO)),
            # Whole Tora models hold their base model too: diffusers folders and SAT files.
            (TORA, lambda entry: entry.form == "folder" or entry.name.endswith(".pt")),
        ]
    )
    return dict(sorted(choices.items(), key=lambda item: ("cog" not in item[0].lower(), item[0].lower())))


def controlnet_choices() -> dict[str, Path]:
    """Names to files and folders that may hold a ControlNet for CogVideoX: those that say so, ours, all others."""
    found = _named(
        [
            (CONTROLNETS, lambda entry: True),
            (COGVIDEO, lambda entry: entry.name.startswith("ControlNet/")),
        ]
    )
    likely = {name: path for name, path in found.items() if "cog" in name.lower()}
    bundled = {DEMO_EDGES: DEMO_CONTROLNET} if DEMO_CONTROLNET.is_dir() else {}
    return likely | bundled | found


def controlnet_path(name: str) -> Path:
    """What was chosen; only what is on the list is found. Raises CheckpointError for anything else."""
    return _chosen(
        controlnet_choices(),
        name,
        "Put a ControlNet for CogVideoX-5B, config.json beside its weights, into a folder in ComfyUI/models/controlnet",
    )


def tora_path(name: str) -> Path:
    """What was chosen; only what is on the list is found. Raises CheckpointError for anything else."""
    return _chosen(
        tora_choices(),
        name,
        "Put fuser.safetensors and traj_extractor.safetensors (T2V), or both with _I2V, into ComfyUI/models/tora",
    )


def cogvideox_path(name: str) -> Path:
    """What was chosen; only what is on the list is found. Raises CheckpointError for anything else."""
    return _chosen(cogvideox_choices(), name, "Put CogVideoX-5B's transformer into ComfyUI/models/diffusion_models")


def fingerprint(path: Path) -> tuple[tuple[str, int, int], ...]:
    """Names, sizes and times of all files that `path` stands for: changes when one of them does."""
    stats = []
    for file in sorted(_files_behind(path)):
        try:
            stat = file.stat()
        except OSError:
            continue
        stats.append((str(file), stat.st_size, stat.st_mtime_ns))
    return tuple(stats)


def _files_behind(path: Path) -> Iterator[Path]:
    if path.is_dir():
        from ...tora_core.checkpoints.folders import transformer_folder  # not needed to list, at every start

        folder = transformer_folder(path)
        yield from (file for file in folder.iterdir() if file.suffix in (".json", *_WEIGHTS))
        return
    yield path
    part = part_by_name(path.name)
    if part is not None:
        yield from map(Path, partner_places(path, part))


def _named(groups: Iterable[tuple[str, Callable[[Entry], bool]]]) -> dict[str, Path]:
    """One name each: bare in the first kind of folder, with the folder's name before it in all others.

    So a name in a saved workflow never comes to mean another file when one is added or removed.
    """
    register()
    groups = list(groups)
    bare = groups[0][0]
    choices: dict[str, Path] = {}
    listed: dict[str, list[tuple[Entry, Path]]] = {}
    for kind, wanted in groups:
        if kind not in listed:
            listed[kind] = list(_listed(kind))
        for entry, path in listed[kind]:
            if wanted(entry):
                choices.setdefault(entry.name if kind == bare else f"{kind}/{entry.name}", path)
    return choices


def _listed(kind: str) -> Iterator[tuple[Entry, Path]]:
    roots = _roots(kind)
    for entry in entries_of(_names(kind, roots)):
        root = next((root for root in roots if (root / entry.file).is_file()), None)
        if root is not None:
            yield entry, root / entry.path


def _roots(kind: str) -> list[Path]:
    if kind in folder_paths.folder_names_and_paths:
        return [Path(root) for root in folder_paths.get_folder_paths(kind)]
    return [Path(folder_paths.models_dir, kind)]


def _names(kind: str, roots: list[Path]) -> list[PurePosixPath]:
    if kind in (TORA, PATCHES, MODELS, CONTROLNETS):
        found: Iterable[str] = folder_paths.get_filename_list(kind)  # the host keeps these until a folder changes
    else:
        found = {name for root in roots for name in folder_paths.recursive_search(str(root), [".git"])[0]}
    return [PurePosixPath(name.replace("\\", "/")) for name in found if name.lower().endswith(_WEIGHTS)]


def _looks_like_tora(entry: Entry) -> bool:
    return "tora" in entry.name.lower() or part_by_name(PurePosixPath(entry.name).name) is not None


def _chosen(choices: dict[str, Path], name: str, what_to_do: str) -> Path:
    path = choices.get(name) or choices.get(str(name).replace("\\", "/"))
    if path is None:
        known = f"it is not among the {len(choices)} that are there" if choices else "there is none at all"
        raise CheckpointError(f"{name!r} was not found: {known}. {what_to_do}, then refresh the list (key R).")
    return path
