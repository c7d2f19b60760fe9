"""Trajectory files in ComfyUI's folders: what its input folder offers, and new ones in its output folder.

Names are those of the list, never paths: what is not on it is not opened. The list has no file that lies, by way of a
link, outside the input folder.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import folder_paths

from ...tora_core.errors import ToraError, TrajectoryError

if TYPE_CHECKING:
    from ...tora_core.trajectory import Trajectory

READ_ENDINGS = (".json", ".txt", ".csv", ".tsv", ".svg", ".npy", ".npz", ".pt", ".pth")
FOLDER = "/"
"""What ends the name of a folder: its .txt files are one track each."""


def input_choices() -> dict[str, Path]:
    """Names to the files below the input folder that may be trajectories, and to folders of several .txt files."""
    root = Path(os.path.realpath(folder_paths.get_input_directory()))
    choices: dict[str, Path] = {}
    for here, folders, names in os.walk(root):
        folders[:] = [name for name in folders if not name.startswith(".")]
        files = [Path(here, name) for name in sorted(names) if _may_be_one(name) and _stays_in(root, Path(here, name))]
        choices.update({path.relative_to(root).as_posix(): path for path in files})
        texts = [name for name in names if name.lower().endswith(".txt") and not name.startswith(".")]
        within = {path.name for path in files}
        if len(texts) > 1 and Path(here) != root and within.issuperset(texts):
            choices[Path(here).relative_to(root).as_posix() + FOLDER] = Path(here)
    return dict(sorted(choices.items(), key=lambda item: (item[0].lower(), item[0])))


def input_path(name: Any) -> Path:
    """What was chosen; only what is on the list is found. Raises TrajectoryError for anything else."""
    choices = input_choices()
    path = choices.get(str(name)) or choices.get(str(name).replace("\\", "/"))
    if path is None:
        known = f"it is not among the {len(choices)} that are there" if choices else "there is none at all"
        raise TrajectoryError(
            f"{name!r} was not found in ComfyUI's input folder: {known}. Put a file with one of the endings "
            f"{', '.join(READ_ENDINGS)} there, then refresh the list (key R)."
        )
    return path


def without_folder(text: str) -> str:
    """A message without the way to the input folder: names are enough, and where it is on this machine is private."""
    return text.replace(os.path.realpath(folder_paths.get_input_directory()) + os.sep, "")


def fingerprint(name: str) -> tuple[tuple[str, int, int], ...] | None:
    """Names, sizes and times of all files that are read for `name`: changes when one of them does. None: no such."""
    path = input_choices().get(name)
    if path is None:
        return None
    files = sorted(path.glob("*.txt")) if path.is_dir() else [path]
    if path.suffix.lower() == ".npy":
        from ...tora_core.trajectory.formats.wan_move import visibility_path

        files += [beside for beside in [visibility_path(path)] if beside.is_file()]
    return tuple((file.name, stat.st_size, stat.st_mtime_ns) for file in files if (stat := file.stat()))


def save_output(
    trajectory: Trajectory, format: str, ending: str, prefix: str
) -> tuple[list[dict[str, str]], list[str]]:
    """Write the trajectory below the output folder under the next free number, as core's save nodes count.

    Returns each file as the page knows files, {filename, subfolder, type}, and what the format could not hold. Raises
    ToraError for a prefix that leads out of the folder, and where the disk refuses.
    """
    from ...tora_core.trajectory.files import write_files

    if os.path.basename(os.path.normpath(prefix)) in ("", ".", "..") or "\0" in prefix:
        raise ToraError(f"filename_prefix is {prefix!r}, expected a name such as tora/trajectory.")
    try:
        folder, name, number, subfolder, _ = folder_paths.get_save_image_path(
            prefix, folder_paths.get_output_directory(), trajectory.width, trajectory.height
        )
    except Exception as error:  # the host raises a bare Exception
        raise ToraError(
            f"filename_prefix is {prefix!r}, which can't be used: it must name files below ComfyUI's output folder "
            f"({type(error).__name__})."
        ) from error
    try:
        paths, losses = write_files(trajectory, Path(folder, f"{name}_{number:05}{ending}"), format)
    except OSError as error:
        raise ToraError(f"the file can't be written to the output folder: {error.strerror or error}.") from error
    return [{"filename": path.name, "subfolder": subfolder, "type": "output"} for path in paths], losses


def _may_be_one(name: str) -> bool:
    return name.lower().endswith(READ_ENDINGS) and not name.startswith(".")


def _stays_in(root: Path, path: Path) -> bool:
    return not path.is_symlink() or Path(os.path.realpath(path)).is_relative_to(root)
