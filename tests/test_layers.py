"""Who may import whom (docs/conventions.md), read off the source, and proof that the reader sees a breach."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest

import tora_core

# From the top down. An import goes to a lower floor or stays in its room; two rooms on one floor don't know each other.
FLOORS = (
    ("__main__",),
    ("cli",),
    ("commands",),
    ("training", "pipelines"),
    ("checkpoints",),
    ("models",),
    ("evaluation", "motion"),
    ("trajectory",),
    ("tracking",),
    ("video",),
    ("errors",),
)
FLOOR_OF = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
WITHOUT_TORCH = {"trajectory", "tracking", "errors", "video"}
HOST_MODULES = {"folder_paths", "nodes", "server", "execution", "node_helpers", "latent_preview", "app", "api_server"}


def is_host(module: str) -> bool:
    top = module.partition(".")[0]
    return top in HOST_MODULES or top.startswith("comfy")


def imported(source: str, file: PurePosixPath) -> Iterator[tuple[int, str, bool]]:
    """(line, dotted name from the checkout's root or of another package, is it relative) of each import, deep ones too.

    `from x import y` gives x.y, as y may be a module. A relative import above the root gives a name with leading dots.
    """

    def resolve(level: int, module: str) -> str:
        home = list(file.parent.parts)
        if level - 1 > len(home):
            return "." * level + module
        return ".".join([*home[: len(home) - level + 1], *filter(None, [module])])

    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name, False) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = resolve(node.level, node.module or "") if node.level else node.module or ""
            yield from ((node.lineno, f"{base}.{alias.name}".strip("."), node.level > 0) for alias in node.names)
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = ast.unparse(node.func).rpartition(".")[2]
            name = node.args[0].value
            if called in ("import_module", "__import__") and isinstance(name, str):
                level = len(name) - len(name.lstrip("."))
                yield node.lineno, resolve(level, name.lstrip(".")) if level else name, level > 0


def room_of(module: str) -> str | None:
    """The room that a dotted name below tora_core leads to; a public name counts as its home, the rest as None."""
    name = module.removeprefix("tora_core").strip(".").partition(".")[0]
    name = tora_core._HOMES.get(name, name).lstrip(".").partition(".")[0]
    return None if name in ("", "__version__") else name


def breaches(file: PurePosixPath, source: str) -> list[str]:
    """What a file of the checkout imports and may not, one line each."""
    found = []
    in_core = file.parts[0] == "tora_core"
    room = file.parts[1].removesuffix(".py") if in_core else ""
    if in_core and room != "__init__" and room not in FLOOR_OF:
        found.append(f"{file}: tora_core.{room} has no floor, give it one in tests/test_layers.py and the docs")
    for line, module, relative in imported(source, file):
        at = f"{file}:{line}: {module}"
        if not relative and module.partition(".")[0] == "tora_core":
            found.append(f"{at} must be imported relatively: inside ComfyUI there is no top-level tora_core")
        elif not relative and is_host(module):
            if in_core:
                found.append(f"{at} is ComfyUI's, the library never imports it")
            elif file.parts[:2] != ("nodes", "host") and module.partition(".")[0] != "comfy_api":
                found.append(f"{at} is ComfyUI's inside, only nodes/host may know it")
        elif in_core and not relative and room in WITHOUT_TORCH and module.partition(".")[0] == "torch":
            found.append(f"{at} doesn't belong into {room}, which works without torch")
        elif in_core and relative:
            target = room_of(module)
            if module.partition(".")[0] != "tora_core":
                found.append(f"{at} is outside the library")
            elif room == "__init__" or target in (None, room):
                continue
            elif target not in FLOOR_OF:
                found.append(f"{at} is no room of the library")
            elif room in FLOOR_OF and FLOOR_OF[target] <= FLOOR_OF[room]:
                found.append(f"{at} doesn't lie below {room}")
    return found


def python_files(root: Path, *folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (root / folder).rglob("*.py"))


@pytest.mark.parametrize("folder", ["tora_core", "nodes"])
def test_every_import_goes_the_allowed_way(root: Path, folder: str) -> None:
    files = python_files(root, folder)
    assert files, f"no Python file below {folder}: the test looks at the wrong place"
    found = [
        breach
        for path in files
        for breach in breaches(PurePosixPath(path.relative_to(root).as_posix()), path.read_text(encoding="utf-8"))
    ]
    assert not found, "\n".join(found)


def test_the_entry_for_comfyui_imports_nothing_when_it_is_loaded_and_names_no_v1_mappings(root: Path) -> None:
    source = (root / "__init__.py").read_text(encoding="utf-8")
    assert not breaches(PurePosixPath("__init__.py"), source)
    at_load = [node for node in ast.parse(source).body if isinstance(node, ast.Import | ast.ImportFrom)]
    assert [ast.unparse(node) for node in at_load] == [
        "from __future__ import annotations",
        "from typing import TYPE_CHECKING",
    ]
    names = {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}
    assert "NODE_CLASS_MAPPINGS" not in names


@pytest.mark.parametrize(
    ("file", "source", "breach"),
    [
        ("tora_core/motion/flow.py", "import comfy.utils", "is ComfyUI's, the library"),
        ("tora_core/motion/flow.py", "def f():\n    from comfy_api.latest import io", "is ComfyUI's, the library"),
        ("tora_core/cli.py", "import folder_paths", "is ComfyUI's, the library"),
        ("tora_core/cli.py", "import nodes", "is ComfyUI's, the library"),
        ("tora_core/cli.py", "import importlib\nimportlib.import_module('comfy.sd')", "is ComfyUI's, the library"),
        ("tora_core/__init__.py", "from server import PromptServer", "is ComfyUI's, the library"),
        ("tora_core/motion/flow.py", "from tora_core.errors import ToraError", "must be imported relatively"),
        ("tora_core/motion/flow.py", "import tora_core", "must be imported relatively"),
        ("tora_core/motion/flow.py", "from ...nodes import NODES", "is outside the library"),
        ("tora_core/cli.py", "from .. import nodes", "is outside the library"),
        ("tora_core/errors.py", "from ....x import y", "is outside the library"),
        ("tora_core/motion/flow.py", "from ..models import ToraTransformer3DModel", "doesn't lie below motion"),
        ("tora_core/motion/flow.py", "from ..models.transformer import X", "doesn't lie below motion"),
        ("tora_core/motion/flow.py", "from .. import models", "doesn't lie below motion"),
        ("tora_core/motion/flow.py", "from .. import load_pipeline", "doesn't lie below motion"),
        ("tora_core/motion/flow.py", "if True:\n    from ..evaluation import fvd", "doesn't lie below motion"),
        ("tora_core/trajectory/formats/svg.py", "from ...motion.flow import f", "doesn't lie below trajectory"),
        ("tora_core/errors.py", "from .trajectory import Tracks", "doesn't lie below errors"),
        ("tora_core/models/a.py", "import importlib\nimportlib.import_module('..cli', __package__)", "below models"),
        ("tora_core/motion/flow.py", "from ..helpers import f", "is no room of the library"),
        ("tora_core/helpers.py", "x = 1", "has no floor"),
        ("tora_core/trajectory/tracks.py", "def f():\n    import torch.nn", "works without torch"),
        ("nodes/apply.py", "import comfy.model_patcher", "only nodes/host"),
        ("nodes/sockets.py", "def f():\n    import folder_paths", "only nodes/host"),
        ("nodes/apply.py", "from tora_core import Trajectory", "must be imported relatively"),
        ("__init__.py", "from nodes import NODE_CLASS_MAPPINGS", "only nodes/host"),
    ],
)
def test_the_reader_sees_each_kind_of_breach(file: str, source: str, breach: str) -> None:
    found = breaches(PurePosixPath(file), source)
    assert len(found) == 1, found
    assert breach in found[0]


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("tora_core/cli.py", "from . import __version__\nfrom .pipelines import load_pipeline\nfrom . import video"),
        ("tora_core/__init__.py", "from .pipelines import load_pipeline"),
        ("tora_core/motion/flow.py", "import torch\nfrom ..trajectory import Tracks\nfrom .color import wheel"),
        ("tora_core/trajectory/formats/svg.py", "from ...errors import ToraError\nfrom ..tracks import Tracks"),
        ("tora_core/trajectory/formats/svg.py", "from . import txt\nfrom ... import TrajectoryError"),
        ("tora_core/pipelines/base.py", "from ..checkpoints import load_adapter\nfrom ..models import x"),
        ("nodes/apply.py", "from comfy_api.latest import io\nfrom ..tora_core import Trajectory\nfrom .host import f"),
        ("nodes/host/patch.py", "import comfy.sd\nimport folder_paths\nfrom ...tora_core.motion import flow"),
    ],
)
def test_the_reader_lets_allowed_imports_pass(file: str, source: str) -> None:
    assert breaches(PurePosixPath(file), source) == []
