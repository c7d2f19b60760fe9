"""What every test stands on: this checkout's tora_core, and ComfyUI for the tests that are marked `host`."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent


def _use_this_checkout() -> None:
    """Make `import tora_core` mean this checkout, installed or not, without its root on sys.path.

    `python -m pytest` puts the working folder there, and then `import nodes` finds our nodes/ instead of ComfyUI's.
    """
    sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != ROOT]
    if "tora_core" in sys.modules:
        return
    home = ROOT / "tora_core"
    spec = importlib.util.spec_from_file_location(
        "tora_core", home / "__init__.py", submodule_search_locations=[str(home)]
    )
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["tora_core"] = module
    spec.loader.exec_module(module)


def _module(path: Path) -> ModuleType:
    """A module from its file: neither scripts/ nor tests/ is on sys.path."""
    name = f"tora_tests_{path.stem}"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None and spec.loader is not None
        sys.modules[name] = module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules[name]


_use_this_checkout()
_comfyui = _module(ROOT / "scripts" / "comfyui.py")
_host_record = _module(ROOT / "scripts" / "host_record.py")
_host_run = _module(ROOT / "tests" / "host_run.py")


def find_comfyui(environ: dict[str, str] | None = None, root: Path = ROOT, home: Path | None = None) -> Path | None:
    """ComfyUI's folder: COMFYUI_PATH, else the one whose custom_nodes this pack sits in, else ~/comfy/ComfyUI.

    Raises pytest.UsageError where COMFYUI_PATH is set and names something else.
    """
    try:
        return _comfyui.find_comfyui(environ, root, home)
    except _comfyui.ComfyUIError as error:
        raise pytest.UsageError(str(error)) from None


def why_no_host(comfyui: Path | None) -> str | None:
    """Why the host tests can't run here, or None when they can."""
    if comfyui is None:
        return _comfyui.NONE_FOUND
    missing = _comfyui.missing_packages()
    if missing:
        return f"this Python lacks ComfyUI's {', '.join(missing)}: run the tests with ComfyUI's own Python"
    return None


@pytest.fixture(scope="session")
def root() -> Path:
    """The root of the checkout."""
    return ROOT


@pytest.fixture(scope="session")
def comfyui() -> Path:
    """ComfyUI's folder; only for tests marked `host`, which are skipped where there is none."""
    found = find_comfyui()
    assert found is not None, "a test that uses this fixture needs @pytest.mark.host"
    return found


@pytest.fixture(scope="session")
def tiny_checkpoints() -> ModuleType:
    """Makers of tiny weight files in every layout (tests/tiny_checkpoints.py)."""
    return _module(ROOT / "tests" / "tiny_checkpoints.py")


@pytest.fixture(scope="session")
def tiny_loras() -> ModuleType:
    """Makers of small LoRAs in every style (tests/tiny_loras.py)."""
    return _module(ROOT / "tests" / "tiny_loras.py")


def pytest_configure(config: pytest.Config) -> None:
    folder = find_comfyui()
    if why_no_host(folder) is None:
        run = _host_run.HostRun(ROOT, folder, _host_record, _comfyui)
        config.pluginmanager.register(run, "tora-host-run")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    return True if _host_run.has_no_host_tests(collection_path, config) else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    host_items = [item for item in items if item.get_closest_marker("host")]
    # Last: ComfyUI brings settings and top-level modules (`nodes`, `server`) that other tests must not meet.
    items.sort(key=lambda item: item.get_closest_marker("host") is not None)
    reason = why_no_host(find_comfyui()) if host_items else None
    if reason is None:
        return
    for item in host_items:
        item.add_marker(pytest.mark.skip(reason=reason))
    config.stash[_SKIPPED] = (len(host_items), reason)


_SKIPPED = pytest.StashKey[tuple[int, str]]()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    count, reason = config.stash.get(_SKIPPED, (0, ""))
    if count:
        terminalreporter.write_sep("!", f"{count} HOST TESTS SKIPPED: nothing was run inside ComfyUI", bold=True)
        terminalreporter.write_line(f"Reason: {reason}.")
        for line in _host_record.told(ROOT):
            terminalreporter.write_line(line)
