"""What browser tests need: Node.js, a Chromium and playwright-core.

TORA_CHROMIUM names the browser, else /usr/bin/chromium; TORA_PLAYWRIGHT the folder whose node_modules has
playwright-core, else ~/browser (`npm install playwright-core` there).
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

CHROMIUM = Path(os.environ.get("TORA_CHROMIUM", "/usr/bin/chromium"))
PLAYWRIGHT = Path(os.environ.get("TORA_PLAYWRIGHT") or "~/browser").expanduser()
FOLDER = Path(__file__).resolve().parent / "web" / "browser"


def why_not() -> str | None:
    """What is missing and what to do, or None where nothing is."""
    if shutil.which("node") is None:
        return "no node on PATH, so no browser tests"
    if not CHROMIUM.is_file():
        return f"no Chromium at {CHROMIUM}: install one, or name it in TORA_CHROMIUM"
    if not (PLAYWRIGHT / "node_modules" / "playwright-core").is_dir():
        return f"no playwright-core in {PLAYWRIGHT}: run npm install playwright-core there, or set TORA_PLAYWRIGHT"
    return None


def run(name: str, *options: str, timeout_s: float = 900, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a script of tests/web/browser in Node.js; `options` are Node's own, `environment` is set on top of ours."""
    variables = {**os.environ, "TORA_CHROMIUM": str(CHROMIUM), "TORA_PLAYWRIGHT": str(PLAYWRIGHT), **environment}
    variables.pop("NODE_TEST_CONTEXT", None)
    command = [shutil.which("node") or "node", *options, str(FOLDER / name)]
    return subprocess.run(command, env=variables, capture_output=True, text=True, encoding="utf-8", timeout=timeout_s)
