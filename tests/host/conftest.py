"""The real ComfyUI inside pytest, with this pack loaded by it. Nothing here stands in for the host."""

from __future__ import annotations

import asyncio
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest


class Host:
    """ComfyUI with the pack: `host.node("ToraApply")` is a node's class, `host.run("ToraApply", model=...)` runs it.

    `host.pack("nodes.host.mends")` is a module of the pack as ComfyUI loaded it: its own copies of `tora_core`'s
    classes, not those that `import tora_core` gives in other tests.
    """

    def __init__(self, nodes: ModuleType, name: str) -> None:
        self.nodes = nodes
        self.name = name

    def pack(self, module: str) -> ModuleType:
        return importlib.import_module(f"{self.name}.{module}")

    def node(self, node_id: str) -> Any:
        return self.nodes.NODE_CLASS_MAPPINGS[node_id]

    def run(self, node_id: str, **inputs: Any) -> tuple[Any, ...]:
        """Outputs of a node, V3 (ours) or V1 (most of core's), run in inference mode as the host does."""
        import torch

        node = self.node(node_id)
        with torch.inference_mode():
            if hasattr(node, "EXECUTE_NORMALIZED"):
                output = node.EXECUTE_NORMALIZED(**inputs)
                return tuple(output.args)
            return tuple(getattr(node(), node.FUNCTION)(**inputs))


@pytest.fixture(scope="session")
def host(root: Path, comfyui: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """The host, once a session, on the CPU, with a base folder of its own (no user's models or outputs)."""
    base = tmp_path_factory.mktemp("comfyui")
    before, argv = list(sys.path), sys.argv
    sys.path.insert(0, str(comfyui))
    sys.argv = ["main.py", "--cpu", "--base-directory", str(base), "--database-url", "sqlite:///:memory:"]
    import comfy.options

    comfy.options.enable_args_parsing()
    import utils.extra_config  # noqa: F401, I001 - before comfy.utils, which hosts before 0.33 would find as `utils`
    import server

    import nodes

    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    server.PromptServer(loop)
    loop.run_until_complete(nodes.init_public_apis())
    loop.run_until_complete(nodes.init_builtin_extra_nodes())
    assert loop.run_until_complete(nodes.load_custom_node(str(root))), "the pack failed to load: see the log"
    yield Host(nodes, str(root).replace(".", "_x_"))
    sys.argv = argv
    sys.path[:] = before


@pytest.fixture
def model_folders(host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty models folder with the host's kinds of folders in it (tora, diffusion_models, ...), for one test."""
    import folder_paths

    models = tmp_path / "models"
    monkeypatch.setattr(folder_paths, "models_dir", str(models))
    monkeypatch.setattr(folder_paths, "filename_list_cache", {})
    for kind in ("tora", "model_patches", "diffusion_models", "diffusers", "controlnet", "CogVideo"):
        (models / kind).mkdir(parents=True)
        monkeypatch.setitem(folder_paths.folder_names_and_paths, kind, ([str(models / kind)], set()))
    monkeypatch.delitem(folder_paths.folder_names_and_paths, "CogVideo")  # only the other pack registers it
    return models
