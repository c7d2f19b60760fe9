"""The command `tora`: generate, trajectory, inspect, convert, train, evaluate.

Exit codes: 0 done; 1 a check failed (`inspect` found problems); 2 bad input or usage, with one line that says what
to do; 130 interrupted. Files appear whole or not at all.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from . import __version__
from .commands import checkpoints, evaluate, generate, train, trajectory
from .errors import ToraError

COMMANDS = (generate, trajectory, checkpoints, train, evaluate)
"""Every module adds its subcommands to the parser with `add_parsers`; heavy imports wait until one is run."""


def build_parser() -> argparse.ArgumentParser:
    """The whole command line."""
    parser = argparse.ArgumentParser(prog="tora", description="Video diffusion steered along drawn paths.")
    parser.add_argument("--version", action="version", version=f"tora {__version__}")
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for module in COMMANDS:
        module.add_parsers(subparsers)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a name that the console can't show must not stop the work
            stream.reconfigure(errors="backslashreplace")
    args = build_parser().parse_args(arguments)
    try:
        return int(args.run(args) or 0)
    except BrokenPipeError:  # `tora ... | head` has read enough; the work is done
        return 0
    except ToraError as error:
        print(f"tora: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        where = "" if error.filename is None else f": {error.filename}"
        print(f"tora: {error.strerror or error}{where}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\ntora: interrupted; nothing was left half-written.", file=sys.stderr)
        return 130
    finally:
        _drop_closed_output()


def _drop_closed_output() -> None:
    """What was not read of our output goes nowhere, so that Python does not complain when it ends."""
    if sys.stdout is None:
        return
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
