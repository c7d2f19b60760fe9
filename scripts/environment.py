"""The environment that run.py works in: made once in `.venv`, filled by pip, used again while nothing has changed.

A stamp file in it says whose it is and what was installed; it says "building" from the first moment until pip has
ended well, so that a run which is cut off leaves nothing that looks complete. Only the standard library is used here.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import threading
import time
from typing import ClassVar

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
DEFAULT_ENVIRONMENT = os.path.join(ROOT, ".venv")
DEFAULT_CONSTRAINTS = os.path.join(ROOT, "constraints.txt")
STAMP = "made-by-run-py.txt"
BUILDING = "building"
PIP_LOG = "pip.log"


class SetupError(Exception):
    """The set-up can't go on; the text is the one line for the user."""


def python_version() -> str:
    return "{}.{}".format(*sys.version_info)


def say(text: str) -> None:
    print(text, flush=True)


def present_python(needs: list[str]) -> str:
    probe = f"import importlib.util as u; print(*[n for n in {needs!r} if u.find_spec(n) is None])"
    found = subprocess.run([sys.executable, "-c", probe], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    missing = found.stdout.split()
    if found.returncode != 0 or missing:
        raise SetupError(
            f"--here: {sys.executable} lacks {', '.join(missing) or 'a working import system'}. Leave --here out to "
            "get an environment of its own, or install them."
        )
    return sys.executable


def environment_python(named_folder: str | None, named_constraints: str | None) -> str:
    """The Python of the environment, made and filled first where that isn't done yet."""
    folder = os.path.abspath(named_folder) if named_folder else DEFAULT_ENVIRONMENT
    pip_arguments, pip_environ, constraint_text = constraints(named_constraints)
    wanted = fingerprint(constraint_text)
    state = read_stamp(folder)
    python = python_in(folder)
    if state is not None and state != BUILDING and not starts(python):
        say(f"The environment in {folder} doesn't start any more, it is made anew.")
        state = BUILDING
    if state == wanted:
        return python
    if state is None or state == BUILDING:
        make_environment(folder)
    else:
        say("What is to be installed has changed, the environment is brought up to date.")
        write_stamp(folder, BUILDING)
    install(python, pip_arguments, pip_environ, os.path.join(folder, PIP_LOG))
    write_stamp(folder, wanted)
    return python


def constraints(named: str | None) -> tuple[list[str], dict[str, str], str]:
    """pip's arguments and environment for exact versions, and the text that they stand for."""
    environ = dict(os.environ)
    from_environ = environ.get("PIP_CONSTRAINT", "").strip()
    if named is None and from_environ:
        say(f"Versions come from PIP_CONSTRAINT ({from_environ}), not from constraints.txt.")
        files = [part for part in [from_environ, *from_environ.split()] if os.path.isfile(part)]
        return [], environ, from_environ + "".join(read_text(file) for file in files)
    environ.pop("PIP_CONSTRAINT", None)
    path = os.path.abspath(named) if named else DEFAULT_CONSTRAINTS
    if not os.path.isfile(path):
        raise SetupError(f"There is no file of constraints at {path}.")
    return ["--constraint", path], environ, read_text(path)


def fingerprint(constraint_text: str) -> str:
    """Changes whenever something else would be installed."""
    parts = [python_version(), ROOT, read_text(os.path.join(ROOT, "pyproject.toml")), constraint_text]
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()


def read_text(path: str) -> str:
    with open(path, encoding="utf-8") as file:
        return file.read()


def read_stamp(folder: str) -> str | None:
    """What the stamp says, BUILDING where it is empty, None where there is no environment yet."""
    try:
        return read_text(os.path.join(folder, STAMP)).strip() or BUILDING
    except OSError:
        pass
    if not os.path.exists(folder) or (os.path.isdir(folder) and not os.listdir(folder)):
        return None
    raise SetupError(
        f"{folder} is there already but not made by run.py, so it is left alone. Remove it, or name another folder "
        "with --python-env FOLDER, or start run.py with that environment's Python and --here."
    )


def write_stamp(folder: str, text: str) -> None:
    with open(os.path.join(folder, STAMP), "w", encoding="utf-8") as file:
        file.write(text + "\n")


def python_in(folder: str) -> str:
    inside = ("Scripts", "python.exe") if os.name == "nt" else ("bin", "python")
    return os.path.join(folder, *inside)


def starts(python: str) -> bool:
    try:
        finished = subprocess.run(
            [python, "-c", "import tora_core, sys; print(sys.version_info[:2])"],
            cwd=os.path.dirname(python),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
    except OSError:
        return False
    return finished.returncode == 0 and finished.stdout.strip() == str(tuple(sys.version_info[:2]))


def make_environment(folder: str) -> None:
    say(f"Making an environment for Python {sys.version.split()[0]} in {folder}")
    try:
        os.makedirs(folder, exist_ok=True)
        # First of all and never removed, so that a run that is cut off leaves a folder that the next knows as its own.
        write_stamp(folder, BUILDING)
        for entry in list(os.scandir(folder)):
            if entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.path)
            elif entry.name != STAMP:
                os.unlink(entry.path)
    except OSError as error:
        reason = error.strerror or error
        raise SetupError(f"Can't make {folder}: {reason} (is something still running from it?).") from error
    command = [sys.executable, "-m", "venv", folder]
    made = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    if made.returncode == 0:
        return
    if "ensurepip" in made.stdout or "No module named" in made.stdout:
        raise SetupError(
            "This Python comes without the parts that make environments (on Debian and Ubuntu they are a package: "
            "sudo apt install python3-venv). Install them, or use another Python, or this one as it is with --here."
        )
    raise SetupError(f"Python's venv module failed: {last_line(made.stdout)}")


# pip


def install(python: str, pip_arguments: list[str], environ: dict[str, str], log: str) -> None:
    """Install this checkout, editable, with what it and its tests need; words on the way, pip's own in the log."""
    command = [python, "-m", "pip", "install", "--no-input", "--progress-bar", "off", "--disable-pip-version-check"]
    command += [*pip_arguments, "--editable", f"{ROOT}[test]"]
    environ = {**environ, "PYTHONUTF8": "1", "PIP_NO_COLOR": "1"}
    say(f"Installing (once; torch is large, its CUDA parts on Linux are gigabytes). What pip says goes to {log}")
    progress = Progress()
    process = subprocess.Popen(
        command,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    )
    lines = []
    try:
        with open(log, "w", encoding="utf-8") as file, progress:
            for line in process.stdout:
                file.write(line)
                file.flush()
                lines.append(line.strip())
                progress.heard(line.strip())
            process.wait()
    except BaseException:
        process.kill()
        process.wait()
        raise
    if process.returncode != 0:
        raise SetupError(f"{why_pip_failed(lines)} All that pip said is in {log}")
    say(f"Installed in {progress.seconds()} s.")


def why_pip_failed(lines: list[str]) -> str:
    """One sentence out of pip's many lines."""
    text = "\n".join(lines[-40:])  # pip may have met, and got over, other troubles before
    unreachable = (
        *("NewConnectionError", "NameResolutionError", "ConnectTimeoutError", "name resolution", "getaddrinfo failed"),
        *("Network is unreachable", "ReadTimeoutError", "ProxyError"),
    )
    if "No space left on device" in text:
        return "The disk is full: the environment needs about 2 GB, on Linux with CUDA about 8 GB."
    if "CERTIFICATE_VERIFY_FAILED" in text:
        return "pip doesn't trust its package index: the certificates of this Python are missing or too old."
    if any(sign in text for sign in unreachable):
        return "pip can't reach its package index: is this machine online, is a proxy needed?"
    errors = [line for line in lines if line.lower().startswith("error:")]
    absent = [line for line in errors if line.startswith("ERROR: No matching distribution found for ")]
    if absent:
        name = absent[-1].rsplit(" for ", 1)[1]
        return f"There is no {name} for Python {python_version()} on this system: try another Python."
    return f"pip failed: {(errors or lines or ['without a word'])[-1]}"


class Progress:
    """What pip does right now and since when: one changing line on a terminal, else a line now and then."""

    EVERY_S = 15
    WORDS: ClassVar = {
        "Collecting": "looking at {}",
        "Downloading": "downloading {}",
        "Building": "building {}",
        "Preparing": "preparing {}",
        "Using cached": "taking {} from pip's cache",
        "Installing collected packages:": "unpacking all packages (the longest step after the downloads)",
        "WARNING: Retrying": "no answer from the package index, trying again",
        "Processing": "unpacking {}",
        "Obtaining": "reading this checkout",
    }

    def __init__(self) -> None:
        self.started = time.monotonic()
        self.now = "starting pip"
        self.live = sys.stdout.isatty()
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.tell, daemon=True)

    def seconds(self) -> int:
        return round(time.monotonic() - self.started)

    def heard(self, line: str) -> None:
        for start, words in self.WORDS.items():
            if line.startswith(start):
                rest = line[len(start) :].split("/")[-1].split(" (from ")[0].split(": ")[0].strip()
                self.now = words.format(rest)

    def tell(self) -> None:
        told = 0
        while not self.ended.wait(1):
            seconds = self.seconds()
            if self.live:
                width = shutil.get_terminal_size().columns - 1
                print("\r" + f"  {seconds} s: {self.now}"[:width].ljust(width), end="", flush=True)
            elif seconds >= told + self.EVERY_S:
                told = seconds
                say(f"  {seconds} s: {self.now}")

    def __enter__(self) -> Progress:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        self.thread.join()
        if self.live:
            print("\r" + " " * (shutil.get_terminal_size().columns - 1) + "\r", end="", flush=True)


def last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].strip() if lines else "it said nothing"
