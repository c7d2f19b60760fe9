"""The package as others get it: installed, copied into another package, loaded by ComfyUI, and silent."""

from __future__ import annotations

import ast
import configparser
import importlib.metadata
import importlib.util
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import tora_core

HEAVY = ("torch", "diffusers", "transformers", "cv2", "av", "numpy", "PIL")


def python(code: str, *paths: Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run code in a new Python that finds only what these folders and its own packages hold."""
    start = f"import sys; sys.path[:0] = {[str(path) for path in paths]!r}\n"
    return subprocess.run([sys.executable, "-c", start + code], cwd=cwd, capture_output=True, text=True, timeout=300)


def copy_library(root: Path, target: Path) -> None:
    """The library with its weights as empty files: only names matter here."""
    shutil.copytree(root / "tora_core", target, ignore=shutil.ignore_patterns("__pycache__", "*.safetensors"))
    for weights in (root / "tora_core").rglob("*.safetensors"):
        (target / weights.relative_to(root / "tora_core")).touch()


def test_importing_the_library_says_nothing_and_loads_nothing_heavy(root: Path, tmp_path: Path) -> None:
    heavy = f"import tora_core; assert not (found := [n for n in {HEAVY!r} if n in sys.modules]), found"
    result = python(heavy, root, cwd=tmp_path)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


@pytest.mark.parametrize("module", ["tora_core.trajectory", "tora_core.tracking", "tora_core.video", "tora_core.cli"])
def test_what_works_without_torch_does_not_load_it(root: Path, tmp_path: Path, module: str) -> None:
    result = python(f"import {module}; assert 'torch' not in sys.modules", root, cwd=tmp_path)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


@pytest.mark.parametrize("name", tora_core.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(tora_core, name) is not None


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'tora_core' has no attribute 'ToraPipelin'"):
        _ = tora_core.ToraPipelin


def test_every_module_works_inside_another_package_without_a_top_level_tora_core_or_comfyui(
    root: Path, tmp_path: Path
) -> None:
    (tmp_path / "other_pack").mkdir()
    (tmp_path / "other_pack" / "__init__.py").touch()
    copy_library(root, tmp_path / "other_pack" / "tora_core")
    code = """
import importlib, importlib.abc, pkgutil

class Refuse(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.partition(".")[0] in ("tora_core", "comfy", "comfy_api", "folder_paths", "nodes", "server"):
            raise AssertionError(f"{name} was imported")

sys.meta_path.insert(0, Refuse())
import other_pack.tora_core as library
names = [module.name for module in pkgutil.walk_packages(library.__path__, library.__name__ + ".")]
for name in names:
    if not name.endswith("__main__"):
        importlib.import_module(name)
assert "other_pack.tora_core.trajectory.tracks" in names
assert library.Tracks.__module__ == "other_pack.tora_core.trajectory.tracks"
print(len(names), "modules")
"""
    result = python(code, tmp_path, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert result.stdout.endswith(" modules\n")


def test_the_version_is_one_and_the_changelog_has_a_place_for_it(root: Path) -> None:
    pyproject = (root / "pyproject.toml").read_text(encoding="utf-8")
    assert 'version = { attr = "tora_core.__version__" }' in pyproject
    assert [int(part) for part in tora_core.__version__.split(".")], "major.minor.patch"
    changelog = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    assert "## [Unreleased]" in changelog or f"## [{tora_core.__version__}]" in changelog


def test_the_wheel_holds_the_library_with_its_data_and_nothing_else(root: Path, tmp_path: Path) -> None:
    # Not imported here: setuptools refuses where some other test has imported Python's own distutils.
    if int(importlib.metadata.version("setuptools").partition(".")[0]) < 77:
        pytest.skip("setuptools 77 or newer is the build backend; it comes with the test extra")
    checkout = tmp_path / "checkout"
    copy_library(root, checkout / "tora_core")
    for name in ("pyproject.toml", "README.md", "LICENSE", "__init__.py"):
        shutil.copy(root / name, checkout)
    shutil.copytree(root / "nodes", checkout / "nodes")
    (checkout / "tests").mkdir()
    (checkout / "tests" / "test_x.py").touch()
    data = checkout / "tora_core" / "trajectory" / "some" / "data.json"
    data.parent.mkdir()
    data.write_text("{}")
    built = python(
        f"from setuptools.build_meta import build_wheel; print(build_wheel({str(tmp_path)!r}))", cwd=checkout
    )
    assert built.returncode == 0, built.stderr

    (wheel,) = tmp_path.glob("*.whl")
    assert wheel.name.startswith(f"tora_trajectory-{tora_core.__version__}-py3-none-any")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        info = f"tora_trajectory-{tora_core.__version__}.dist-info"
        scripts = configparser.ConfigParser()
        scripts.read_string(archive.read(f"{info}/entry_points.txt").decode())
        metadata = archive.read(f"{info}/METADATA").decode()
    assert {name.partition("/")[0] for name in names} == {"tora_core", info}
    assert dict(scripts["console_scripts"]) == {"tora": "tora_core.cli:main"}
    assert "License-Expression: Apache-2.0" in metadata and f"{info}/licenses/LICENSE" in names
    in_checkout = {
        path.relative_to(checkout).as_posix()
        for path in (checkout / "tora_core").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {name for name in names if name.startswith("tora_core/")} == in_checkout
    assert {"tora_core/py.typed", "tora_core/trajectory/some/data.json"} <= in_checkout


def test_requirements_ask_for_what_comfyui_lacks_and_leave_torch_to_it(root: Path) -> None:
    lines = (root / "requirements.txt").read_text(encoding="utf-8").splitlines()
    wanted = [line.partition("#")[0].strip() for line in lines if line.partition("#")[0].strip()]
    assert [line.partition(">=")[0] for line in wanted] == [
        *("torch", "diffusers", "safetensors", "einops", "opencv-python", "numpy"),
    ]
    assert wanted[0] == "torch"
    pyproject = (root / "pyproject.toml").read_text(encoding="utf-8")
    for line in wanted[1:]:
        assert f'"{line}"' in pyproject, f"{line} is another bound than in pyproject.toml"


LOAD_ENTRY = """
import importlib.metadata
import importlib.util
before = set(sys.modules)
spec = importlib.util.spec_from_file_location("/some place/Tora_x_Pack", {file!r})
pack = importlib.util.module_from_spec(spec)
sys.modules[spec.name] = pack
spec.loader.exec_module(pack)
"""


def test_the_entry_for_comfyui_loads_from_its_file_under_any_name_and_imports_nothing(
    root: Path, tmp_path: Path
) -> None:
    code = LOAD_ENTRY.format(file=str(root / "__init__.py")) + (
        "assert set(sys.modules) - before == {spec.name}, set(sys.modules) - before\n"
        "assert inspect.iscoroutinefunction(pack.comfy_entrypoint)\n"
        "assert not hasattr(pack, 'NODE_CLASS_MAPPINGS')\n"
        "print(pack.WEB_DIRECTORY)"
    )
    result = python("import __future__, importlib.util, inspect, typing\n" + code, cwd=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    assert (root / result.stdout.strip()).is_dir()


@pytest.mark.host
def test_comfyui_itself_loads_the_pack_without_a_complaint(root: Path, comfyui: Path, tmp_path: Path) -> None:
    code = f"""
sys.argv = ["main.py", "--cpu", "--base-directory", {str(tmp_path)!r}]
import asyncio, logging
import comfy.options
comfy.options.enable_args_parsing()
import nodes
complaints = []
class Listener(logging.Handler):
    def emit(self, record):
        complaints.append(record.getMessage())
logging.getLogger().addHandler(Listener(level=logging.WARNING))
loaded = asyncio.run(nodes.load_custom_node({str(root)!r}))
web = {{name: folder for name, folder in nodes.EXTENSION_WEB_DIRS.items() if folder.startswith({str(root)!r})}}
assert loaded and not complaints, complaints
assert len(web) == 1, web
"""
    result = python(code, comfyui, cwd=tmp_path)
    assert result.returncode == 0, result.stderr


@pytest.fixture
def finder(request: pytest.FixtureRequest, root: Path):
    """tests/conftest.py as a module, for its search for ComfyUI."""
    return next(p for p in request.config.pluginmanager.get_plugins() if hasattr(p, "find_comfyui"))


def fake_comfyui(folder: Path) -> Path:
    for name in ("comfy", "comfy_api"):
        (folder / name).mkdir(parents=True)
    (folder / "nodes.py").touch()
    return folder


def test_comfyui_is_looked_for_by_name_then_around_the_pack_then_at_home(finder, tmp_path: Path) -> None:
    home, elsewhere = tmp_path / "home", tmp_path / "elsewhere"
    around = tmp_path / "around"
    pack = around / "custom_nodes" / "Tora"
    pack.mkdir(parents=True)
    assert finder.find_comfyui({}, pack, home) is None
    at_home = fake_comfyui(home / "comfy" / "ComfyUI")
    assert finder.find_comfyui({}, pack, home) == at_home
    fake_comfyui(around)
    assert finder.find_comfyui({}, pack, home) == around
    assert finder.find_comfyui({}, tmp_path / "Tora", home) == at_home
    fake_comfyui(elsewhere)
    assert finder.find_comfyui({"COMFYUI_PATH": str(elsewhere)}, pack, home) == elsewhere
    with pytest.raises(pytest.UsageError, match="COMFYUI_PATH is"):
        finder.find_comfyui({"COMFYUI_PATH": str(tmp_path)}, pack, home)


def test_every_folder_with_modules_is_a_package_and_parses_as_python_3_10(root: Path) -> None:
    for path in (root / "tora_core").rglob("*.py"):
        assert (path.parent / "__init__.py").is_file(), f"{path.parent} would be missing in the wheel"
        ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 10))


def test_the_tests_run_against_this_checkout_and_its_root_hides_nothing(root: Path) -> None:
    assert Path(tora_core.__file__).parent == root / "tora_core"
    assert root not in [Path(entry or ".").resolve() for entry in sys.path]
    assert importlib.util.find_spec("nodes") is None
