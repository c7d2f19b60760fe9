"""The trajectory editor in a real browser: on its own page, and in a real ComfyUI in both renderers.

tests/browser_tools.py says what is wanted for that. The tests in ComfyUI also need it at COMFYUI_PATH, and this Python
to be able to run it. What is not there is skipped, with what to do.

In ComfyUI all tests are run with the frontend that is installed and with a newer one, which is raised by hand here and
comes from PyPI on the first run (tests/frontends.py).
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import re
import sys
import warnings
from pathlib import Path
from types import ModuleType

import pytest

HERE = Path(__file__).resolve().parent
COMFYUI = Path(os.environ.get("COMFYUI_PATH") or "~/comfy/ComfyUI").expanduser()

ON_THE_PLAIN_PAGE = sorted(
    path.name for path in (HERE / "browser").glob("*.test.mjs") if not path.name.startswith("comfy")
)
INSTALLED = "installed"
NEWER = "1.58.1"
"""The newest frontend that the editor was tried in. ComfyUI itself asks for an older one."""


def _load(file: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"tora_test_{file.stem}", file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def tools() -> ModuleType:
    """tests/browser_tools.py; the test is skipped where something is missing."""
    found = _load(HERE.parent / "browser_tools.py")
    if found.why_not():
        pytest.skip(found.why_not())
    return found


def _passes(tools: ModuleType, name: str, **environment: str) -> None:
    run = tools.run(name, "--test", "--test-reporter=tap", **environment)
    assert run.returncode == 0, f"{run.stdout[-8000:]}\n{run.stderr[-2000:]}"
    passed = re.search(r"^# pass (\d+)$", run.stdout, re.MULTILINE)
    assert passed is not None and int(passed[1]) > 1, "no test ran"
    assert "\n# skipped 0\n" in run.stdout


@pytest.mark.parametrize("name", ON_THE_PLAIN_PAGE)
def test_the_editor_works_on_a_page_of_its_own(name: str, tools: ModuleType) -> None:
    _passes(tools, name)


@pytest.mark.host
@pytest.mark.parametrize("frontend", [INSTALLED, NEWER])
def test_the_editor_works_in_comfyui_in_both_renderers(frontend: str, tools: ModuleType, tmp_path: Path) -> None:
    if not (COMFYUI / "main.py").is_file():
        pytest.skip(f"no ComfyUI at {COMFYUI}: name it in COMFYUI_PATH")
    if importlib.util.find_spec("comfyui_frontend_package") is None:
        pytest.skip(f"{sys.executable} can't run ComfyUI: use its Python")
    options: tuple[str, ...] = ()
    if frontend == INSTALLED:
        frontend = importlib.metadata.version("comfyui-frontend-package")
    else:
        frontends = _load(HERE.parent / "frontends.py")
        try:
            options = ("--front-end-root", str(frontends.static_folder(frontend)))
        except frontends.NoFrontendError as error:
            # A skip alone is one letter in the output.
            warnings.warn(f"THE EDITOR IS NOT TESTED IN FRONTEND {frontend}: {error}.", stacklevel=1)
            pytest.skip(str(error))
    server = _load(HERE.parent / "host" / "server.py")
    with server.Server(COMFYUI, tmp_path, options=options) as running:
        _passes(tools, "comfy.test.mjs", TORA_COMFY_URL=running.url, TORA_COMFY_FRONTEND=frontend)
