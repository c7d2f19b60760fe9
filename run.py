"""Set up and go: `python run.py demo` makes a first video, `python run.py test` checks everything.

Both need Python 3.10 or newer and nothing else: the first call makes an environment of its own in `.venv` and installs
this checkout there with what it depends on (scripts/environment.py); later calls start at once.

`python run.py host` runs the tests inside ComfyUI, with ComfyUI's own Python; it installs nothing.
"""

import sys

OLDEST_PYTHON = (3, 10)
if sys.version_info < OLDEST_PYTHON:
    sys.exit(
        "run.py: this is Python {}.{}, but 3.10 or newer is needed: python3.12 run.py ...".format(*sys.version_info)
    )

import argparse
import os
import signal
import subprocess
import time
from pathlib import Path

from scripts import comfyui, host_record
from scripts.environment import ROOT, SetupError, environment_python, present_python, say

DEMO_VIDEO = os.path.join("output", "first.mp4")
DEMO_PICTURE = os.path.join("output", "first.png")
DEMO_COMMAND = [
    *("-m", "tora_core", "generate"),
    *("--prompt", "a yellow square on a brown background"),
    *("--trajectory", os.path.join("examples", "trajectories", "arc.json")),
    *("--out", DEMO_VIDEO),
]
CHECKS = [
    ("ruff check", ["-m", "ruff", "check", "."]),
    ("ruff format --check", ["-m", "ruff", "format", "--check", "."]),
    ("mypy tora_core", ["-m", "mypy"]),
]
PYTEST = ["-m", "pytest"]

# What has to be there before a job can start in an environment that this script did not fill.
DEMO_NEEDS = ["torch", "diffusers", "transformers", "safetensors", "einops", "numpy", "cv2", "av", "PIL", "tqdm"]
TEST_NEEDS = [*DEMO_NEEDS, "accelerate", "peft", "pytest", "hypothesis", "jsonschema", "ruff", "mypy"]


def main(arguments: list[str]) -> int:
    options, passed_on = parse(arguments)
    if options.job == "host":
        return host(passed_on)
    needs = DEMO_NEEDS if options.job == "demo" else TEST_NEEDS
    python = present_python(needs) if options.here else environment_python(options.python_env, options.constraints)
    return demo(python, passed_on) if options.job == "demo" else test(python, passed_on)


def parse(arguments: list[str]) -> tuple[argparse.Namespace, list[str]]:
    parser = argparse.ArgumentParser(
        prog="python run.py",
        description="Make a first video, or run the tests. The first call of demo or test installs what they need "
        "into .venv.",
        allow_abbrev=False,
        epilog="All further arguments go to the job: `run.py demo --seed 7`, `run.py test -k layers`.",
    )
    parser.add_argument(
        "job",
        choices=["demo", "test", "host"],
        help="demo: make output/first.mp4 and .png; test: run all tests; host: run those inside ComfyUI, which is "
        "found by COMFYUI_PATH, around this folder, or in ~/comfy/ComfyUI, and its Python by COMFYUI_PYTHON",
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--here", action="store_true", help="use this very Python as it is; installs nothing")
    where.add_argument("--python-env", metavar="FOLDER", help="make or use the environment in FOLDER instead of .venv")
    parser.add_argument(
        "--constraints",
        metavar="FILE",
        help="exact versions for pip; without it the environment variable PIP_CONSTRAINT, else constraints.txt",
    )
    options, passed_on = parser.parse_known_args(arguments)
    if options.here and options.constraints:
        parser.error("--here installs nothing, so --constraints makes no sense with it")
    if options.job == "host" and (options.here or options.python_env or options.constraints):
        parser.error("host runs in ComfyUI's own Python and installs nothing; COMFYUI_PYTHON names another")
    return options, passed_on


# The jobs


def demo(python: str, passed_on: list[str]) -> int:
    started = time.time()
    code = run(python, [*DEMO_COMMAND, *passed_on])
    if code != 0 or any(word.split("=")[0] == "--out" for word in passed_on):
        return code
    for name in (DEMO_VIDEO, DEMO_PICTURE):
        path = os.path.join(ROOT, name)
        # Two seconds of grace: some file systems store times that coarsely.
        if not os.path.isfile(path) or os.path.getmtime(path) < started - 2:
            say(f"run.py: the demo ended without an error but didn't write {path}.")
            return 1
    say(f"The video:   {os.path.join(ROOT, DEMO_VIDEO)}")
    say(f"The picture: {os.path.join(ROOT, DEMO_PICTURE)}")
    return 0


def test(python: str, passed_on: list[str]) -> int:
    failed = []
    for name, command in CHECKS:
        say(f"== {name}")
        if run(python, command) != 0:
            failed.append(name)
    say("== pytest")
    code = run(python, [*PYTEST, *passed_on])
    say("== inside ComfyUI")
    for line in host_record.told(Path(ROOT)):
        say(line)
    if failed:  # pytest's closing line alone would look like success
        say(f"run.py: FAILED before pytest: {', '.join(failed)} (see above).")
    return code or (1 if failed else 0)


def host(passed_on: list[str]) -> int:
    folder = comfyui.find_comfyui()
    if folder is None:
        raise SetupError(f"{comfyui.NONE_FOUND}.")
    python = comfyui.comfyui_python(folder)
    why_not = comfyui.why_not(python, comfyui.NEEDS)
    if why_not:
        raise SetupError(f"{why_not} It was taken for the Python of {folder}: name the right one with COMFYUI_PYTHON.")
    why_not = comfyui.why_not(python, ("pytest",))
    if why_not:
        raise SetupError(f"{why_not} It is ComfyUI's own Python; install it there: {python} -m pip install pytest")
    say(f"ComfyUI {comfyui.version(folder)} in {folder}, with {python}")
    os.environ["COMFYUI_PATH"] = str(folder)
    return run(python, [*PYTEST, "-m", "host", *passed_on])


def run(python: str, command: list[str]) -> int:
    """Run Python with these arguments in the checkout's root and return its exit code; Ctrl-C goes to it."""
    process = subprocess.Popen([python, *command], cwd=ROOT)
    while True:
        try:
            code = process.wait()
            return code if code >= 0 else 128 - code  # ended by a signal: as a shell counts it
        except KeyboardInterrupt:
            # The terminal has sent Ctrl-C to the job too: let it clean up and take its exit code.
            continue


if __name__ == "__main__":
    sys.stdout.reconfigure(errors="replace")  # a console that can't show a letter must not stop the work
    try:
        sys.exit(main(sys.argv[1:]))
    except (SetupError, comfyui.ComfyUIError) as error:
        sys.exit(f"run.py: {error}")
    except KeyboardInterrupt:
        say("run.py: stopped; a set-up that was not finished begins anew next time.")
        sys.exit(128 + signal.SIGINT)
