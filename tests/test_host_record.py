"""The record of the last run inside ComfyUI: when it is written, what it says, and how run.py tells it."""

from __future__ import annotations

import datetime
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

UTC = datetime.timezone.utc
VERSION = '__version__ = "0.33.0"\n'


def plugin(request: pytest.FixtureRequest, name: str) -> ModuleType:
    conftest = next(p for p in request.config.pluginmanager.get_plugins() if hasattr(p, "find_comfyui"))
    return getattr(conftest, name)


@pytest.fixture
def record(request: pytest.FixtureRequest) -> ModuleType:
    """scripts/host_record.py"""
    return plugin(request, "_host_record")


@pytest.fixture
def comfyui_module(request: pytest.FixtureRequest) -> ModuleType:
    """scripts/comfyui.py"""
    return plugin(request, "_comfyui")


CONFTEST = """
import importlib.util, pathlib
ROOT = pathlib.Path(__file__).parent.parent

def module(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded

run = module(ROOT / "tests" / "host_run.py")

def pytest_configure(config):
    parts = [module(ROOT / "scripts" / name) for name in ("host_record.py", "comfyui.py")]
    config.pluginmanager.register(run.HostRun(ROOT, ROOT / "ComfyUI", *parts))

def pytest_ignore_collect(collection_path, config):
    return True if run.has_no_host_tests(collection_path, config) else None
"""
TESTS = """
import pytest
pytestmark = pytest.mark.host

def test_a(): pass
def test_b(): pass
def test_c(): assert {holds}
def test_d(): pytest.skip("no GPU")

@pytest.fixture
def broken():
    yield
    raise RuntimeError("while tearing down")

def test_e(request):
    if not {holds}:
        request.getfixturevalue("broken")
"""


@pytest.fixture
def checkout(root: Path, tmp_path: Path) -> Path:
    """A checkout with few tests: four pass, one is skipped; and a file that can't be imported, without host tests."""
    for name in ("nodes", "tora_core", "tests/host", "scripts", "ComfyUI"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("scripts/host_record.py", "scripts/comfyui.py", "tests/host_run.py"):
        shutil.copy(root / name, tmp_path / name)
    (tmp_path / "__init__.py").touch()
    (tmp_path / "nodes" / "apply.py").write_text("x = 1\n")
    (tmp_path / "ComfyUI" / "comfyui_version.py").write_text(VERSION)
    (tmp_path / "pyproject.toml").write_text(
        '[tool.pytest.ini_options]\ntestpaths = ["tests"]\nmarkers = ["host: x"]\naddopts = "--import-mode=importlib"\n'
    )
    (tmp_path / "tests" / "conftest.py").write_text(CONFTEST)
    (tmp_path / "tests" / "test_library.py").write_text("import no_such_package\n")
    (tmp_path / "tests" / "host" / "test_apply.py").write_text(TESTS.format(holds=True))
    return tmp_path


def run_pytest(checkout: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    environ = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return subprocess.run(command, cwd=checkout, env=environ, capture_output=True, text=True, timeout=120)


def written(checkout: Path) -> dict[str, Any] | None:
    path = checkout / "tests" / "host" / "last_run.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def test_a_run_of_all_tests_inside_comfyui_is_written_down(checkout: Path, record: ModuleType) -> None:
    result = run_pytest(checkout, "-m", "host")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "Written: tests/host/last_run.json (commit it)." in result.stdout
    found = written(checkout)
    assert found is not None
    assert {name: found[name] for name in ("passed", "failed", "skipped", "files", "comfyui", "commit")} == {
        "passed": 4,
        "failed": 0,
        "skipped": 1,
        "files": ["tests/host/test_apply.py"],
        "comfyui": {"version": "0.33.0", "commit": "unknown"},
        "commit": "unknown",
    }
    assert found["python"] == ".".join(map(str, sys.version_info[:3]))
    age = datetime.datetime.now(UTC) - datetime.datetime.fromisoformat(found["date"])
    assert datetime.timedelta(seconds=-1) <= age < datetime.timedelta(minutes=5)
    assert len(record.told(checkout)) == 1, "nothing has changed since"


def test_sources_that_change_while_the_tests_run_count_as_changed(checkout: Path, record: ModuleType) -> None:
    code = "def test_f(): open('nodes/apply.py', 'w').close()\n"
    (checkout / "tests" / "host" / "test_apply.py").write_text(TESTS.format(holds=True) + code)
    assert run_pytest(checkout, "-m", "host").returncode == 0
    assert record.told(checkout)[1:] == ["WARNING: changed since that run: nodes. Run them again: python run.py host"]


def test_failures_are_written_down_too_one_for_each_test_that_fails_in_whatever_phase(checkout: Path) -> None:
    (checkout / "tests" / "host" / "test_apply.py").write_text(TESTS.format(holds=False))
    assert run_pytest(checkout, "-m", "host").returncode == 1
    found = written(checkout)
    assert found is not None and (found["passed"], found["failed"], found["skipped"]) == (2, 2, 1)


@pytest.mark.parametrize(
    "arguments",
    [
        ["-m", "host", "-k", "apply"],
        ["-m", "host", "tests"],
        ["-m", "host", "tests/host/test_apply.py::test_a"],
        ["-m", "host", "--collect-only"],
        ["-m", "host", "--deselect", "tests/host/test_apply.py::test_a"],
        ["-m", "host or slow", "--ignore", "tests/test_library.py"],
        ["--ignore", "tests/test_library.py"],
    ],
    ids=" ".join,
)
def test_a_run_of_something_else_leaves_the_record_alone(checkout: Path, arguments: list[str]) -> None:
    result = run_pytest(checkout, *arguments)
    assert result.returncode == 0, result.stdout + result.stderr
    assert written(checkout) is None


def test_a_run_that_was_stopped_early_leaves_the_record_alone(checkout: Path) -> None:
    (checkout / "tests" / "host" / "test_apply.py").write_text(TESTS.format(holds=False))
    assert run_pytest(checkout, "-m", "host", "-x").returncode == 1
    assert written(checkout) is None


def test_a_file_that_does_not_import_leaves_the_record_alone(checkout: Path) -> None:
    (checkout / "tests" / "host" / "test_more.py").write_text("import no_such_package  # pytest.mark.host\n")
    assert run_pytest(checkout, "-m", "host").returncode == 2
    assert written(checkout) is None


@pytest.fixture
def told(checkout: Path, record: ModuleType):
    """What is told of a record with these changes, ten days after it was written."""

    def tell(**changes: Any) -> list[str]:
        whole = {
            "comfyui": {"version": "0.33.0", "commit": "783545f689a0"},
            **{"python": "3.11.7", "torch": "2.13.0+cpu", "passed": 123, "failed": 0, "skipped": 2},
            "files": ["tests/host/sampling/test_apply.py", "tests/host/test_pack.py"],
        }
        record.write(checkout, {**whole, **changes}, record.fingerprints(checkout))
        return record.told(checkout, datetime.datetime.now(UTC) + datetime.timedelta(days=10))

    return tell


def test_the_record_is_told_in_one_line(told) -> None:
    today = datetime.datetime.now(UTC).date()
    assert told() == [
        f"Last run inside ComfyUI: {today} (10 days ago), ComfyUI 0.33.0 (783545f6), Python 3.11.7, torch 2.13.0+cpu: "
        "123 passed, 0 failed, 2 skipped; covers apply, pack."
    ]


@pytest.mark.parametrize(("hours", "words"), [(1, "(today)"), (25, "(1 day ago)"), (50, "(2 days ago)")])
def test_the_age_is_in_days(told, checkout: Path, record: ModuleType, hours: int, words: str) -> None:
    told()
    (line,) = record.told(checkout, datetime.datetime.now(UTC) + datetime.timedelta(hours=hours))
    assert words in line


def test_failures_of_that_run_are_a_warning(told) -> None:
    assert told(failed=3)[1] == "WARNING: 3 TESTS FAILED in that run."


@pytest.mark.parametrize("source", ["__init__.py", "nodes/apply.py", "tora_core/new.py", "tests/host/test_apply.py"])
def test_sources_that_have_changed_since_are_a_warning(told, checkout: Path, record: ModuleType, source: str) -> None:
    told()
    (checkout / source).write_text("changed = True\n")
    _, warning = record.told(checkout)
    folder = source if source == "__init__.py" else source.rpartition("/")[0]
    assert warning == f"WARNING: changed since that run: {folder}. Run them again: python run.py host"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("nodes/apply.py", "x = 1\r\n"),
        ("nodes/__pycache__/apply.cpython-311.pyc", "x"),
        ("tora_core/.hidden", "x"),
        ("docs/comfyui.md", "x"),
    ],
    ids=["other line ends", "compiled", "hidden", "elsewhere"],
)
def test_what_makes_no_other_program_is_no_change(
    told, checkout: Path, record: ModuleType, path: str, text: str
) -> None:
    told()
    (checkout / path).parent.mkdir(exist_ok=True)
    (checkout / path).write_bytes(text.encode())
    assert len(record.told(checkout)) == 1


def test_a_moved_file_is_a_change(checkout: Path, record: ModuleType) -> None:
    before = record.fingerprints(checkout)
    (checkout / "nodes" / "apply.py").rename(checkout / "nodes" / "other.py")
    after = record.fingerprints(checkout)
    assert [name for name in before if before[name] != after[name]] == ["nodes"]


@pytest.mark.parametrize("text", ["{", "[]", '{"date": "yesterday"}', "{}"])
def test_a_record_that_cannot_be_read_is_a_warning_and_no_crash(checkout: Path, record: ModuleType, text: str) -> None:
    (checkout / "tests" / "host" / "last_run.json").write_text(text)
    (line,) = record.told(checkout)
    assert line.startswith("WARNING: tests/host/last_run.json can't be read")


RUN_TEST = """
import sys, run
run.TEST_NEEDS, run.CHECKS, run.PYTEST = [], [], ["-c", "print('all tests')"]
sys.exit(run.main(["--here", "test"]))
"""


def run_py(root: Path, checkout: Path, code: str, **environ: str) -> subprocess.CompletedProcess[str]:
    for name in ("run.py", "scripts/environment.py"):
        shutil.copy(root / name, checkout / name)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COMFYUI_")}
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=checkout,
        env={**kept, **environ},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_the_last_lines_of_all_tests_tell_the_record(root: Path, checkout: Path, told) -> None:
    never = run_py(root, checkout, RUN_TEST)
    assert never.returncode == 0, never.stderr
    assert never.stdout.splitlines() == [
        "== pytest",
        "all tests",
        "== inside ComfyUI",
        "WARNING: the tests inside ComfyUI have never been run: no tests/host/last_run.json. "
        "Run them again: python run.py host",
    ]
    told()
    assert run_py(root, checkout, RUN_TEST).stdout.splitlines()[-1].endswith("covers apply, pack.")


HOST = """
import sys, run
run.PYTEST = ["-c", "import os, sys; print(sys.argv[1:], os.environ['COMFYUI_PATH'])"]
run.comfyui.NEEDS = ("json",)
try: sys.exit(run.main(["host", "-x"]))
except run.SetupError as error: sys.exit(str(error))
"""


def test_host_runs_the_tests_inside_comfyui_with_its_own_python(root: Path, checkout: Path) -> None:
    comfyui = checkout / "ComfyUI"
    for folder in ("comfy", "comfy_api"):
        (comfyui / folder).mkdir()
    (comfyui / "nodes.py").touch()
    result = run_py(root, checkout, HOST, COMFYUI_PATH=str(comfyui), COMFYUI_PYTHON=sys.executable)
    assert result.returncode == 0, result.stderr
    first, second = result.stdout.splitlines()
    assert first == f"ComfyUI 0.33.0 in {comfyui}, with {sys.executable}"
    assert second == f"['-m', 'host', '-x'] {comfyui}"

    lacking = HOST.replace('("json",)', '("json", "no_such_package")')
    result = run_py(root, checkout, lacking, COMFYUI_PATH=str(comfyui), COMFYUI_PYTHON=sys.executable)
    assert result.returncode == 1
    assert result.stderr.strip() == (
        f"{sys.executable} lacks no_such_package. It was taken for the Python of {comfyui}: name the right one with "
        "COMFYUI_PYTHON."
    )
    result = run_py(root, checkout, HOST, HOME=str(checkout), USERPROFILE=str(checkout))
    assert result.stderr.strip() == "no ComfyUI found: set COMFYUI_PATH to its folder."


def test_comfyuis_python_is_named_or_in_its_folder_or_this_one(comfyui_module: ModuleType, tmp_path: Path) -> None:
    inside = ("Scripts", "python.exe") if os.name == "nt" else ("bin", "python")
    folder = tmp_path / "ComfyUI"

    def make(*parts: str) -> str:
        path = tmp_path.joinpath(*parts)
        path.parent.mkdir(parents=True)
        path.touch()
        return str(path)

    assert comfyui_module.comfyui_python(folder, {}) == sys.executable
    portable = make("python_embeded", "python.exe")
    assert comfyui_module.comfyui_python(folder, {}) == portable
    plain = make("ComfyUI", "venv", *inside)
    assert comfyui_module.comfyui_python(folder, {}) == plain
    hidden = make("ComfyUI", ".venv", *inside)
    assert comfyui_module.comfyui_python(folder, {}) == hidden
    named = make("elsewhere", *inside)
    assert comfyui_module.comfyui_python(folder, {"COMFYUI_PYTHON": named}) == named
    with pytest.raises(comfyui_module.ComfyUIError, match=r"COMFYUI_PYTHON is .*no such file"):
        comfyui_module.comfyui_python(folder, {"COMFYUI_PYTHON": str(tmp_path / "gone")})


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_a_commit_is_a_checkouts_own_and_not_that_of_a_folder_above(comfyui_module: ModuleType, tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    identity = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
    git = ["git", "-C", str(tmp_path), *identity]
    subprocess.run([*git, "init", "-q"], check=True)
    assert comfyui_module.commit(tmp_path) == "unknown", "there is none yet"
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "x"], check=True)
    head = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
    assert comfyui_module.commit(tmp_path) == head
    assert comfyui_module.commit(inner) == "unknown"
