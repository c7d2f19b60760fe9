"""`tora inspect` and `tora convert`: what a weight file is, and from one layout to another."""

from __future__ import annotations

import argparse
import dataclasses
import json
from pathlib import Path
from typing import Any


def add_parsers(subparsers: Any) -> None:
    """Add `inspect` and `convert`."""
    inspect = subparsers.add_parser("inspect", help="say what a weight file or folder is and what is wrong with it")
    inspect.add_argument("path", type=Path, help="file or folder")
    inspect.add_argument("--json", action="store_true", help="print the report as JSON")
    inspect.set_defaults(run=run_inspect)

    convert = subparsers.add_parser("convert", help="turn Tora weights from one layout into another")
    convert.add_argument("source", type=Path, nargs="+", help="file or folder to read, or both files of a pair")
    convert.add_argument("target", type=Path, help="file or folder to write")
    convert.add_argument("--to", choices=("own", "pair", "diffusers"), required=True, help="layout to write")
    convert.add_argument("--dtype", choices=("float32", "float16", "bfloat16"), help="default: as it is")
    convert.add_argument("--kind", choices=("t2v", "i2v"), help="what the weights are for, where the files don't tell")
    convert.add_argument("--overwrite", action="store_true", help="replace files that are there")
    convert.set_defaults(run=run_convert)


def run_inspect(args: argparse.Namespace) -> int:
    """Print the report; 1 when it names problems."""
    from ..checkpoints import inspect

    report = inspect(args.path)
    if args.json:
        print(json.dumps(dataclasses.asdict(report), indent=2, default=str))
    else:
        print(report)
    return 1 if report.problems else 0


def run_convert(args: argparse.Namespace) -> int:
    """Convert and name what was written."""
    import torch

    from ..checkpoints import convert

    dtype = None if args.dtype is None else getattr(torch, args.dtype)
    source = args.source[0] if len(args.source) == 1 else args.source
    for path in convert(source, args.target, layout=args.to, dtype=dtype, kind=args.kind, overwrite=args.overwrite):
        print(path)
    return 0
