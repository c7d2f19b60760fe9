"""Other frontends than the installed one for ComfyUI's server: from PyPI, once, into a folder that stays.

TORA_TEST_CACHE names that folder, else ~/.cache/tora-tests. A wheel of comfyui-frontend-package is a zip file whose
`static` is what `main.py --front-end-root` wants.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

PACKAGE = "comfyui-frontend-package"
DOWNLOAD_S = 300


class NoFrontendError(Exception):
    """A frontend that can't be had here; the message says why."""


def cache_folder() -> Path:
    return Path(os.environ.get("TORA_TEST_CACHE") or "~/.cache/tora-tests").expanduser()


def static_folder(version: str, cache: Path | None = None) -> Path:
    """The files of this frontend, downloaded if they aren't there yet. Raises NoFrontendError."""
    folder = (cache or cache_folder()) / "frontends" / version
    static = folder / "comfyui_frontend_package" / "static"
    if (static / "index.html").is_file():
        return static
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as made:
        with zipfile.ZipFile(_download(version, Path(made))) as wheel:
            wheel.extractall(Path(made, "files"))
        shutil.rmtree(folder, ignore_errors=True)
        Path(made, "files").rename(folder)  # whole or not at all
    if not (static / "index.html").is_file():
        raise NoFrontendError(f"the wheel of {PACKAGE} {version} holds no comfyui_frontend_package/static/index.html")
    return static


def _download(version: str, folder: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--quiet"]
    try:
        run = subprocess.run(
            [*command, "--dest", str(folder), f"{PACKAGE}=={version}"],
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=DOWNLOAD_S,
        )
    except subprocess.TimeoutExpired:
        raise NoFrontendError(f"{PACKAGE} {version} didn't come within {DOWNLOAD_S} s") from None
    wheels = list(folder.glob("*.whl"))
    if run.returncode != 0 or len(wheels) != 1:
        told = (run.stderr or run.stdout).strip().splitlines()
        raise NoFrontendError(f"{PACKAGE} {version} can't be downloaded: {told[-1] if told else 'no reason given'}")
    return wheels[0]
