"""Frontends for the browser tests: taken from the cache, downloaded whole or not at all, and a reason where neither."""

from __future__ import annotations

import importlib.util
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent


@pytest.fixture
def frontends() -> ModuleType:
    spec = importlib.util.spec_from_file_location("tora_test_frontends", ROOT / "frontends.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def wheel(folder: Path, version: str, *names: str) -> None:
    """A wheel as small as pip takes it, with these files."""
    about = f"comfyui_frontend_package-{version}.dist-info"
    with zipfile.ZipFile(folder / f"comfyui_frontend_package-{version}-py3-none-any.whl", "w") as made:
        made.writestr(
            f"{about}/METADATA", f"Metadata-Version: 2.1\nName: comfyui-frontend-package\nVersion: {version}\n"
        )
        made.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        made.writestr(f"{about}/RECORD", "")
        for name in names:
            made.writestr(f"comfyui_frontend_package/{name}", "text")


@pytest.fixture
def offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """pip sees the wheels of this folder and nothing else."""
    pytest.importorskip("pip")
    folder = tmp_path / "wheels"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def test_a_frontend_is_downloaded_once_and_found_again(frontends: ModuleType, offline: Path, tmp_path: Path) -> None:
    wheel(offline, "9.8.7", "static/index.html", "static/assets/app.js")
    static = frontends.static_folder("9.8.7", tmp_path)
    assert (static / "assets" / "app.js").read_text("utf-8") == "text"
    (offline / "comfyui_frontend_package-9.8.7-py3-none-any.whl").unlink()
    assert frontends.static_folder("9.8.7", tmp_path) == static
    assert [found.name for found in (tmp_path / "frontends").iterdir()] == ["9.8.7"]


def test_one_that_can_t_be_had_is_told_with_pips_own_reason(
    frontends: ModuleType, offline: Path, tmp_path: Path
) -> None:
    with pytest.raises(frontends.NoFrontendError, match=r"9\.8\.7 can't be downloaded: .*No matching distribution"):
        frontends.static_folder("9.8.7", tmp_path)
    assert not list((tmp_path / "frontends").iterdir())


def test_a_wheel_that_holds_no_frontend_is_told(frontends: ModuleType, offline: Path, tmp_path: Path) -> None:
    wheel(offline, "9.8.7", "other/index.html")
    with pytest.raises(frontends.NoFrontendError, match=r"holds no comfyui_frontend_package/static/index\.html"):
        frontends.static_folder("9.8.7", tmp_path)
