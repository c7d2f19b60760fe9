"""Where ComfyUI is and which Python runs it: for run.py, the tests and the scripts. Needs the standard library only."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

NEEDS = ("torch", "torchvision", "torchsde", "torchaudio", "aiohttp", "av", "yaml", "psutil", "comfy_kitchen")
"""What a Python has to have before ComfyUI starts in it; not all of it, but enough to know the right Python."""

NONE_FOUND = "no ComfyUI found: set COMFYUI_PATH to its folder"


class ComfyUIError(Exception):
    """ComfyUI or its Python is not where it was said to be; the text is for the user."""


def is_comfyui(folder: Path) -> bool:
    return (folder / "nodes.py").is_file() and (folder / "comfy").is_dir() and (folder / "comfy_api").is_dir()


def find_comfyui(environ: Mapping[str, str] | None = None, root: Path = ROOT, home: Path | None = None) -> Path | None:
    """ComfyUI's folder: COMFYUI_PATH, else the one whose custom_nodes this pack sits in, else ~/comfy/ComfyUI.

    Raises ComfyUIError where COMFYUI_PATH is set and names something else.
    """
    named = (os.environ if environ is None else environ).get("COMFYUI_PATH")
    if named:
        folder = Path(named).expanduser().resolve()
        if not is_comfyui(folder):
            raise ComfyUIError(f"COMFYUI_PATH is {named}, but there is no ComfyUI (nodes.py, comfy/, comfy_api/).")
        return folder
    places = [(home or Path.home()) / "comfy" / "ComfyUI"]
    if root.parent.name == "custom_nodes":
        places.insert(0, root.parent.parent)
    return next((place for place in places if is_comfyui(place)), None)


def comfyui_python(comfyui: Path, environ: Mapping[str, str] | None = None) -> str:
    """The Python that runs a ComfyUI: COMFYUI_PYTHON, else that of an environment in its folder, else this one.

    Raises ComfyUIError where COMFYUI_PYTHON is set and names no file.
    """
    named = (os.environ if environ is None else environ).get("COMFYUI_PYTHON")
    if named:
        if not Path(named).expanduser().is_file():
            raise ComfyUIError(f"COMFYUI_PYTHON is {named}, but there is no such file.")
        return str(Path(named).expanduser())
    inside = Path("Scripts", "python.exe") if os.name == "nt" else Path("bin", "python")
    places = [
        *(comfyui / folder / inside for folder in (".venv", "venv")),
        comfyui.parent / "python_embeded" / "python.exe",  # the portable build for Windows spells it so
    ]
    return next((str(place) for place in places if place.is_file()), sys.executable)


def missing_packages(names: tuple[str, ...] = NEEDS) -> list[str]:
    """Which of these this very Python can't import."""
    return [name for name in names if importlib.util.find_spec(name) is None]


def why_not(python: str, names: tuple[str, ...]) -> str | None:
    """Why a Python can't do with these packages, in words; None when it has them all."""
    probe = f"import importlib.util as u; print(*[n for n in {names!r} if u.find_spec(n) is None])"
    try:
        found = subprocess.run([python, "-c", probe], stdout=subprocess.PIPE, text=True)
    except OSError as error:
        return f"{python} doesn't start: {error.strerror or error}."
    if found.returncode != 0:
        return f"{python} doesn't work: it ended with {found.returncode}."
    return f"{python} lacks {', '.join(found.stdout.split())}." if found.stdout.split() else None


def version(comfyui: Path) -> str:
    """ComfyUI's version, such as 0.33.0, or "unknown"."""
    try:
        found = re.search(r'__version__ = "([^"]+)"', (comfyui / "comfyui_version.py").read_text(encoding="utf-8"))
    except OSError:
        found = None
    return found[1] if found else "unknown"


def commit(folder: Path) -> str:
    """The commit that a folder is a checkout of, or "unknown", also where only a folder above it is one."""
    asked = ["git", "-C", str(folder), "rev-parse", "--show-toplevel", "HEAD"]
    try:
        said = subprocess.run(asked, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout.split("\n")
    except OSError:
        return "unknown"
    if len(said) < 2 or not re.fullmatch("[0-9a-f]{40,}", said[1]) or Path(said[0]).resolve() != folder.resolve():
        return "unknown"
    return said[1]
