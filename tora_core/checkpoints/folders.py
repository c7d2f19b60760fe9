"""Folders: a transformer as diffusers saves it, whole or in shards, or a pipeline folder around one."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import CheckpointError
from .files import form_of, require_file
from .headers import HEADER_LIMIT
from .sources import SafetensorsSource, Source

_SHARD = re.compile(r"-\d{5}-of-\d{5}\.safetensors$")
_NAME = "diffusion_pytorch_model"


def transformer_folder(folder: Path) -> Path:
    """The folder itself, or its `transformer/` when it is a pipeline's."""
    inner = folder / "transformer"
    is_pipeline = (folder / "model_index.json").exists() or not (folder / "config.json").exists()
    return inner if is_pipeline and inner.is_dir() else folder


def read_config(folder: Path) -> Mapping[str, Any] | None:
    """config.json, or None where there is none. Raises CheckpointError when it is no JSON table."""
    return read_json(folder / "config.json") if (folder / "config.json").exists() else None


def read_json(path: Path) -> dict[str, Any]:
    require_file(path)
    if path.stat().st_size > HEADER_LIMIT:
        raise CheckpointError(f"{path} is {path.stat().st_size} bytes long, at most {HEADER_LIMIT} are read.")
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError, RecursionError) as error:
        raise CheckpointError(f"{path} is no valid JSON ({str(error)[:100]}). Download it again.") from error
    if not isinstance(table, dict):
        raise CheckpointError(f"{path} holds a {type(table).__name__}, expected a table. Download it again.")
    return table


def folder_sources(folder: Path) -> tuple[list[Source], dict[str, tuple[Source, str]], list[str]]:
    """Files of a diffusers folder, where each key is, and what is missing (shards that are not there).

    Raises CheckpointError when the folder holds no weights in a form that is read, or its index is hostile.
    """
    indexes = sorted(folder.glob("*.safetensors.index.json"))
    index = next((path for path in indexes if path.name.startswith(_NAME + ".safetensors")), None)
    if index is None and len(indexes) == 1:
        index = indexes[0]
    if index is not None:
        return _from_index(folder, index)
    files = sorted(path for path in folder.glob("*.safetensors") if not path.name.startswith("."))
    if any(_SHARD.search(path.name) for path in files):
        raise CheckpointError(f"{folder} holds shards but not their *.safetensors.index.json. Download that file too.")
    chosen = [path for path in files if path.name == f"{_NAME}.safetensors"] or files
    if len(chosen) > 1:
        names = ", ".join(path.name for path in chosen[:5])
        raise CheckpointError(f"{folder} holds several weight files ({names}): name the one that is meant.")
    if not chosen:
        raise CheckpointError(f"{folder} holds no *.safetensors{_instead(folder)}.")
    source = SafetensorsSource(chosen[0])
    return [source], {key: (source, key) for key in source.tensors}, []


def _from_index(folder: Path, index: Path) -> tuple[list[Source], dict[str, tuple[Source, str]], list[str]]:
    weight_map = read_json(index).get("weight_map")
    if not isinstance(weight_map, dict) or not all(isinstance(name, str) for name in weight_map.values()):
        raise CheckpointError(f"{index} has no table `weight_map` from keys to file names. Download it again.")
    problems: list[str] = []
    sources: list[Source] = []
    where: dict[str, tuple[Source, str]] = {}
    for name in sorted(set(weight_map.values())):
        if name != Path(name).name or "\\" in name or ":" in name or name in ("", ".", ".."):
            raise CheckpointError(f"{index} names the file {name!r} outside its folder. Do not trust it.")
        listed = {key for key, shard in weight_map.items() if shard == name}
        path = folder / name
        if not path.exists():
            problems.append(f"the shard {name} is missing ({len(listed)} keys): download it")
            continue
        if not form_of(path).startswith("safetensors"):
            raise CheckpointError(f"{path} is no safetensors file. Download it again.")
        source = SafetensorsSource(path)
        sources.append(source)
        problems += _disagreements(name, listed, set(source.tensors))
        where.update({key: (source, key) for key in source.tensors})
    return sources, where, problems


def _disagreements(name: str, listed: set[str], held: set[str]) -> list[str]:
    lines = []
    for keys, words in ((listed - held, "lacks"), (held - listed, "holds, unlisted by the index,")):
        if keys:
            lines.append(
                f"the shard {name} {words} {', '.join(sorted(keys)[:3])} ({len(keys)} in all): download both again"
            )
    return lines


def _instead(folder: Path) -> str:
    """What lies there in place of the weights, in words."""
    if any(folder.glob("*.bin")) or any(folder.glob("*.ckpt")):
        return " but .bin or .ckpt pickles, which are not read: use the safetensors version of these weights"
    names = sorted(path.name for path in folder.iterdir())[:5]
    return f" (it holds {', '.join(names)})" if names else " (it is empty)"
