"""The trajectory editor in a real browser: on its own page, and in a real ComfyUI in both renderers.

Wanted are Node.js, a Chromium (TORA_CHROMIUM, else /usr/bin/chromium) and playwright-core (TORA_PLAYWRIGHT names the
folder with its node_modules, else ~/browser; `npm install playwright-core` there). The tests in ComfyUI also need it at
COMFYUI_PATH, and this Python to be able to run it. What is not there is skipped, with what to do.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
ON_THE_PLAIN_PAGE = sorted(
    path.name for path in (HERE / "browser").glob("*.test.mjs") if not path.name.startswith("comfy")
)
CHROMIUM = Path(os.environ.get("TORA_CHROMIUM", "/usr/bin/chromium"))
PLAYWRIGHT = Path(os.environ.get("TORA_PLAYWRIGHT") or "~/browser").expanduser()
COMFYUI = Path(os.environ.get("COMFYUI_PATH") or "~/comfy/ComfyUI").expanduser()


@pytest.fixture(scope="module")
def node() -> str:
    """The node program; the test is skipped where something is missing."""
    found = shutil.which("node")
    if found is None:
        pytest.skip("no node on PATH, so no browser tests")
    if not CHROMIUM.is_file():
        pytest.skip(f"no Chromium at {CHROMIUM}: install one, or name it in TORA_CHROMIUM")
    if not (PLAYWRIGHT / "node_modules" / "playwright-core").is_dir():
        pytest.skip(
            f"no playwright-core in {PLAYWRIGHT}: run npm install playwright-core there, or set TORA_PLAYWRIGHT"
        )
    return found


def _passes(node: str, name: str, **environment: str) -> None:
    variables = {**os.environ, "TORA_CHROMIUM": str(CHROMIUM), "TORA_PLAYWRIGHT": str(PLAYWRIGHT), **environment}
    variables.pop("NODE_TEST_CONTEXT", None)
    command = [node, "--test", "--test-reporter=tap", str(HERE / "browser" / name)]
    run = subprocess.run(command, env=variables, capture_output=True, text=True, encoding="utf-8", timeout=900)
    assert run.returncode == 0, f"{run.stdout[-8000:]}\n{run.stderr[-2000:]}"
    passed = re.search(r"^# pass (\d+)$", run.stdout, re.MULTILINE)
    assert passed is not None and int(passed[1]) > 1, "no test ran"
    assert "\n# skipped 0\n" in run.stdout


@pytest.mark.parametrize("name", ON_THE_PLAIN_PAGE)
def test_the_editor_works_on_a_page_of_its_own(node, name):
    _passes(node, name)


@pytest.mark.host
def test_the_editor_works_in_comfyui_in_both_renderers(node, tmp_path):
    if not (COMFYUI / "main.py").is_file():
        pytest.skip(f"no ComfyUI at {COMFYUI}: name it in COMFYUI_PATH")
    if importlib.util.find_spec("comfyui_frontend_package") is None:
        pytest.skip(f"{sys.executable} can't run ComfyUI: use its Python")
    spec = importlib.util.spec_from_file_location("tora_test_server", HERE.parent / "host" / "server.py")
    assert spec is not None and spec.loader is not None
    server = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = server  # dataclasses look their module up
    spec.loader.exec_module(server)
    with server.Server(COMFYUI, tmp_path) as running:
        _passes(node, "comfy.test.mjs", TORA_COMFY_URL=running.url)
