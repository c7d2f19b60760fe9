"""run.py: the environment is made once and only then, foreign folders are left alone, and errors are one line."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture
def setup(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """scripts/environment.py with a checkout of its own, where making and filling are only written down in `calls`."""
    spec = importlib.util.spec_from_file_location("run_environment", root / "scripts" / "environment.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    (checkout / "pyproject.toml").write_text("[project]")
    (checkout / "constraints.txt").write_text("numpy==2.0.0")
    calls: list[str] = []

    def make(folder: str) -> None:
        calls.append("make")
        Path(folder).mkdir(exist_ok=True)
        module.write_stamp(folder, module.BUILDING)

    monkeypatch.delenv("PIP_CONSTRAINT", raising=False)
    monkeypatch.setattr(module, "ROOT", str(checkout))
    monkeypatch.setattr(module, "DEFAULT_ENVIRONMENT", str(checkout / ".venv"))
    monkeypatch.setattr(module, "DEFAULT_CONSTRAINTS", str(checkout / "constraints.txt"))
    module.really_make_environment = module.make_environment
    monkeypatch.setattr(module, "make_environment", make)
    monkeypatch.setattr(module, "install", lambda *_: calls.append("install"))
    monkeypatch.setattr(module, "starts", lambda _: True)
    module.calls, module.checkout = calls, checkout
    return module


def test_the_environment_is_made_and_filled_once(setup: ModuleType) -> None:
    python = setup.environment_python(None, None)
    assert Path(python).is_relative_to(setup.checkout / ".venv")
    assert setup.environment_python(None, None) == python
    assert setup.calls == ["make", "install"]


@pytest.mark.parametrize("name", ["pyproject.toml", "constraints.txt"])
def test_changed_requirements_are_installed_into_the_same_environment(setup: ModuleType, name: str) -> None:
    setup.environment_python(None, None)
    (setup.checkout / name).write_text("changed")
    setup.environment_python(None, None)
    setup.environment_python(None, None)
    assert setup.calls == ["make", "install", "install"]


def test_an_environment_that_does_not_start_any_more_is_made_anew(
    setup: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    setup.environment_python(None, None)
    monkeypatch.setattr(setup, "starts", lambda _: False)
    setup.environment_python(None, None)
    assert setup.calls == ["make", "install"] * 2


@pytest.mark.parametrize("again", [False, True], ids=["first set-up", "update"])
def test_a_set_up_that_was_cut_off_begins_anew(setup: ModuleType, monkeypatch: pytest.MonkeyPatch, again: bool) -> None:
    if again:
        setup.environment_python(None, None)
        (setup.checkout / "pyproject.toml").write_text("changed")
    setup.calls.clear()

    def cut_off(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(setup, "install", cut_off)
        with pytest.raises(KeyboardInterrupt):
            setup.environment_python(None, None)
    setup.calls.clear()
    setup.environment_python(None, None)
    assert setup.calls == ["make", "install"]


def test_a_folder_of_somebody_else_is_left_alone(setup: ModuleType) -> None:
    own = setup.checkout / ".venv"
    own.mkdir()
    (own / "pyvenv.cfg").write_text("somebody's")
    with pytest.raises(setup.SetupError, match="left alone"):
        setup.environment_python(None, None)
    assert setup.calls == [] and (own / "pyvenv.cfg").read_text() == "somebody's"
    setup.environment_python(str(setup.checkout / "another"), None)
    assert setup.calls == ["make", "install"] and (setup.checkout / "another").is_dir()


def test_what_is_left_of_an_environment_is_cleared_and_stays_known_as_ours_when_that_fails(
    setup: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = setup.checkout / ".venv"
    (folder / "lib" / "old").mkdir(parents=True)
    (folder / "pyvenv.cfg").touch()
    setup.write_stamp(str(folder), "of another time")

    def in_use(*_: object) -> None:
        raise PermissionError(13, "in use")

    with monkeypatch.context() as patch:
        patch.setattr(setup.shutil, "rmtree", in_use)
        with pytest.raises(setup.SetupError, match="in use"):
            setup.really_make_environment(str(folder))
    assert setup.read_stamp(str(folder)) == setup.BUILDING

    at_venv = []

    def venv(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        at_venv.extend(sorted(entry.name for entry in folder.iterdir()))
        return subprocess.CompletedProcess(command, 1, "... because ensurepip is not\navailable.")

    monkeypatch.setattr(setup.subprocess, "run", venv)
    with pytest.raises(setup.SetupError, match="sudo apt install python3-venv"):
        setup.really_make_environment(str(folder))
    assert at_venv == [setup.STAMP]
    assert setup.read_stamp(str(folder)) == setup.BUILDING


def test_constraints_come_from_the_option_then_the_environment_then_the_checkout(
    setup: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    own, theirs, named = setup.checkout / "constraints.txt", tmp_path / "theirs.txt", tmp_path / "named.txt"
    theirs.write_text("numpy==1.26.4")
    named.write_text("numpy==2.1.0")
    assert setup.constraints(None)[0] == ["--constraint", str(own)]
    monkeypatch.setenv("PIP_CONSTRAINT", str(theirs))
    arguments, environ, text = setup.constraints(None)
    assert arguments == [] and environ["PIP_CONSTRAINT"] == str(theirs) and "numpy==1.26.4" in text
    arguments, environ, text = setup.constraints(str(named))
    assert arguments == ["--constraint", str(named)] and text == "numpy==2.1.0"
    assert "PIP_CONSTRAINT" not in environ, "pip would take both"
    with pytest.raises(setup.SetupError, match="no file of constraints at"):
        setup.constraints(str(tmp_path / "none.txt"))


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (
            [
                "WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError(...): "
                "[Errno -3] Temporary failure in name resolution'",
                "ERROR: Could not find a version that satisfies the requirement setuptools>=77 (from versions: none)",
                "ERROR: No matching distribution found for setuptools>=77",
            ],
            "can't reach its package index",
        ),
        (
            ["ERROR: Could not find a version", "ERROR: No matching distribution found for torch==2.13.0"],
            "There is no torch==2.13.0 for Python",
        ),
        (["ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device"], "disk is full"),
        (["... CERTIFICATE_VERIFY_FAILED ...", "ERROR: x"], "doesn't trust its package index"),
        (["Collecting x", "ERROR: ResolutionImpossible: see above", "more"], "pip failed: ERROR: ResolutionImpossible"),
        (
            ["WARNING: Retrying 'ReadTimeoutError'", *["Collecting x"] * 60, "ERROR: build failed"],
            "ERROR: build failed",
        ),
        ([], "pip failed: without a word"),
    ],
)
def test_what_pip_failed_of_is_said_in_one_line(setup: ModuleType, said: list[str], reason: str) -> None:
    told = setup.why_pip_failed(said)
    assert reason in told and "\n" not in told


@pytest.fixture
def run(root: Path, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """run.py in a checkout where `generate` is a stand-in, for one call with these arguments."""
    shutil.copy(root / "run.py", tmp_path)
    shutil.copytree(root / "scripts", tmp_path / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "tora_core").mkdir()
    (tmp_path / "tora_core" / "__init__.py").touch()

    def call(arguments: list[str], generate: str = "", needs: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
        (tmp_path / "tora_core" / "__main__.py").write_text(generate)
        code = (
            f"import sys, run; run.DEMO_NEEDS = {list(needs)!r}\n"
            f"try: sys.exit(run.main({arguments!r}))\n"
            "except run.SetupError as error: sys.exit(str(error))"
        )
        return subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=300)

    return call


WRITE_BOTH = """
import os, sys
out = sys.argv[sys.argv.index("--out") + 1]
os.makedirs(os.path.dirname(out), exist_ok=True)
for name in (out, out.replace(".mp4", ".png")):
    open(name, "w").close()
"""


def test_the_demo_hands_its_arguments_on_and_says_where_its_files_are(run: Callable, tmp_path: Path) -> None:
    result = run(["--here", "demo", "--seed", "7"], WRITE_BOTH + "print(sys.argv[1:])")
    assert result.returncode == 0, result.stderr
    assert "'generate', '--prompt', 'a yellow square on a brown background'" in result.stdout
    assert "'--seed', '7']" in result.stdout
    lines = result.stdout.splitlines()[-2:]
    assert [Path(line.partition(":")[2].strip()) for line in lines] == [
        tmp_path / "output" / "first.mp4",
        tmp_path / "output" / "first.png",
    ]


def test_the_demo_passes_a_failure_on_and_claims_no_files(run: Callable, tmp_path: Path) -> None:
    run(["--here", "demo"], WRITE_BOTH)
    result = run(["--here", "demo"], "raise SystemExit(2)")
    assert result.returncode == 2 and "first.mp4" not in result.stdout


def test_a_demo_that_writes_nothing_is_a_failure(run: Callable) -> None:
    result = run(["--here", "demo"])
    assert result.returncode == 1 and "didn't write" in result.stdout


def test_here_names_what_is_missing_and_installs_nothing(run: Callable, tmp_path: Path) -> None:
    result = run(["--here", "demo"], needs=("json", "no_such_library"))
    assert result.returncode == 1
    assert "lacks no_such_library." in result.stderr and "json" not in result.stderr
    assert not (tmp_path / ".venv").exists()


@pytest.mark.parametrize("arguments", [[], ["paint"], ["--here", "--python-env", "x", "demo"]])
def test_wrong_usage_is_told(run: Callable, arguments: list[str]) -> None:
    result = run(arguments)
    assert result.returncode == 2 and "usage: python run.py" in result.stderr
