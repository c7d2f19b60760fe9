"""A server for the whole session: the pack as a user meets it, through HTTP and the websocket."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest


def load_file(name: str, file: Path) -> ModuleType:
    """A Python file as a module; neither tests nor scripts are importable by name (see tests/conftest.py)."""
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def live(root: Path, comfyui: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A running ComfyUI with the pack linked in, on the CPU: tests/host/server.py's Server."""
    server = load_file("tora_tests_server", root / "tests" / "host" / "server.py")
    with server.Server(comfyui, tmp_path_factory.mktemp("live")) as running:
        yield running


@pytest.fixture(scope="session")
def object_info(live: Any) -> dict[str, Any]:
    return live.get("/object_info")


@pytest.fixture(scope="session")
def workflow_scripts(root: Path) -> dict[str, ModuleType]:
    """The scripts that build and check the example workflows; they import one another by name, as scripts do."""
    before = list(sys.path)
    sys.path.insert(0, str(root / "scripts"))
    names = ("workflow_prompt", "workflow_graph", "workflows", "check_workflows")
    loaded = {name: importlib.import_module(name) for name in names}
    sys.path[:] = before
    return loaded
