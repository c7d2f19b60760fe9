"""What every test stands on: this checkout's tora_core, and ComfyUI for the tests that are marked `host`."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

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


_use_this_checkout()


def _is_comfyui(folder: Path) -> bool:
    return (folder / "nodes.py").is_file() and (folder / "comfy").is_dir() and (folder / "comfy_api").is_dir()


def find_comfyui(environ: dict[str, str] | None = None, root: Path = ROOT, home: Path | None = None) -> Path | None:
    """ComfyUI's folder: COMFYUI_PATH, else the one whose custom_nodes this pack sits in, else ~/comfy/ComfyUI.

    Raises pytest.UsageError where COMFYUI_PATH is set and names something else.
    """
    environ = dict(os.environ) if environ is None else environ
    named = environ.get("COMFYUI_PATH")
    if named:
        folder = Path(named).expanduser().resolve()
        if not _is_comfyui(folder):
            raise pytest.UsageError(f"COMFYUI_PATH is {named}, but there is no ComfyUI (nodes.py, comfy/, comfy_api/).")
        return folder
    places = [(home or Path.home()) / "comfy" / "ComfyUI"]
    if root.parent.name == "custom_nodes":
        places.insert(0, root.parent.parent)
    return next((place for place in places if _is_comfyui(place)), None)


def why_no_host(comfyui: Path | None) -> str | None:
    """Why the host tests can't run here, or None when they can."""
    if comfyui is None:
        return "no ComfyUI found: set COMFYUI_PATH to its folder"
    needed = ("torch", "torchvision", "torchsde", "torchaudio", "aiohttp", "av", "yaml", "psutil", "comfy_kitchen")
    missing = [name for name in needed if importlib.util.find_spec(name) is None]
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


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    host_items = [item for item in items if item.get_closest_marker("host")]
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
