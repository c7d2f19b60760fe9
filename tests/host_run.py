"""The pytest plugin that writes tests/host/last_run.json after a run of all tests inside ComfyUI, and only then."""

from __future__ import annotations

import platform
from pathlib import Path
from types import ModuleType

import pytest

MARK = "host"


def is_whole_suite(config: pytest.Config) -> bool:
    """Whether the command asked for all host tests and nothing else: `pytest -m host`, no paths, no -k."""
    option = config.option
    return (
        option.markexpr.strip() == MARK
        and config.args_source == pytest.Config.ArgsSource.TESTPATHS
        and not option.keyword
        and not option.collectonly
        and not any(getattr(option, name, None) for name in ("lf", "deselect", "ignore", "ignore_glob", "stepwise"))
    )


def has_no_host_tests(path: Path, config: pytest.Config) -> bool:
    """Whether `-m host` may leave a path unread, so that ComfyUI's Python needn't have what other tests import."""
    if config.option.markexpr.strip() != MARK:
        return False
    files = [path] if path.suffix == ".py" else sorted(path.rglob("test_*.py"))
    return not any(f"mark.{MARK}" in file.read_text(encoding="utf-8") for file in files)


class HostRun:
    """Counts a run's tests; `record` is scripts/host_record.py, `comfyui` scripts/comfyui.py."""

    def __init__(self, root: Path, folder: Path, record: ModuleType, comfyui: ModuleType) -> None:
        self.root, self.folder = root, folder
        self.record, self.comfyui = record, comfyui
        self.outcomes: dict[str, str] = {}
        self.files: list[str] = []
        self.sources: dict[str, str] = {}
        self.written: Path | None = None

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        if is_whole_suite(session.config):
            # Now, not at the end: somebody may be at work on them while the tests run.
            self.sources = self.record.fingerprints(self.root)
        self.files = sorted({item.path.relative_to(self.root).as_posix() for item in session.items})

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        # Set-up, test and tear-down report apart: a failure anywhere is what counts, then a skip.
        if report.failed:
            self.outcomes[report.nodeid] = "failed"
        elif report.skipped:
            self.outcomes.setdefault(report.nodeid, "skipped")
        elif report.when == "call":
            self.outcomes.setdefault(report.nodeid, "passed")

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        complete = exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED) and not session.shouldfail
        if not complete or len(self.outcomes) != len(session.items) or not is_whole_suite(session.config):
            return
        counted = list(self.outcomes.values())
        self.written = self.record.write(
            self.root,
            {
                "comfyui": {"version": self.comfyui.version(self.folder), "commit": self.comfyui.commit(self.folder)},
                "python": platform.python_version(),
                "torch": torch_version(),
                "system": platform.system(),
                **{outcome: counted.count(outcome) for outcome in ("passed", "failed", "skipped")},
                "commit": self.comfyui.commit(self.root),
                "files": self.files,
            },
            self.sources,
        )

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.written is not None:
            terminalreporter.write_line(f"Written: {self.written.relative_to(self.root).as_posix()} (commit it).")


def torch_version() -> str:
    try:
        import torch
    except ImportError:
        return "unknown"
    return str(torch.__version__)
