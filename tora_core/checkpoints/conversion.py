"""From one layout to another, tensor for tensor, without building a model."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import save_file

from ..errors import CheckpointError
from .adapter import adapter_entries
from .assembly import transformer_config
from .check import base_problems, require
from .dimensions import adapter_size
from .layouts import PathLike, open_weights
from .reading import TypeOf, as_dtype, file_types, read, wanted_bytes
from .saving import check_kind, own_metadata, replacing
from .weights import Entry, Weights

LAYOUTS = ("own", "pair", "diffusers")
SHARD_BYTES = 2 * 10**9
_NAME = "diffusion_pytorch_model"


def convert(
    src: PathLike | Sequence[PathLike],
    dst: PathLike,
    *,
    layout: str,
    dtype: torch.dtype | str | None = None,
    kind: str | None = None,
    overwrite: bool = False,
) -> list[Path]:
    """Write the weights at `src` (all that `load_adapter` reads) in another layout; returns the files written.

    layout: "own" (dst is a file: extractor and fusers), "pair" (dst is a folder: fuser[_I2V].safetensors and
    traj_extractor[_I2V].safetensors) or "diffusers" (dst is a new folder: the transformer with config.json, in shards;
    src must hold a base model). dtype: of all floating point values, None as stored. kind: "t2v" or "i2v", for
    sources that can't tell. Whatever goes wrong, nothing half-written is left.

    Raises CheckpointError when src is not sound, dst exists already, or values do not fit the type.
    """
    if layout not in LAYOUTS:
        raise CheckpointError(f"layout is {layout!r}, expected one of {', '.join(LAYOUTS)}.")
    check_kind(kind)
    types = file_types(as_dtype(dtype))
    weights = open_weights(src)
    if kind and weights.kind and kind != weights.kind:
        raise CheckpointError(f"kind is {kind!r}, but {weights.name} is {weights.kind} by {weights.kind_from}.")
    kind = kind or weights.kind
    dst = Path(dst)
    if layout == "diffusers":
        return _write_folder(weights, dst, types)
    entries = adapter_entries(weights)
    if layout == "own":
        files = {dst: entries}
        metadata = own_metadata(kind, adapter_size(weights.infos))
    else:
        suffix = "_I2V" if kind == "i2v" else ""
        files = {dst / f"{part}{suffix}.safetensors": _half(entries, part) for part in ("fuser", "traj_extractor")}
        metadata = {"format": "pt"}
    _require_free(weights, list(files), overwrite)
    _write_files(files, types, metadata)
    return list(files)


def _half(entries: Mapping[str, Entry], part: str) -> dict[str, Entry]:
    return {key[len(part) + 1 :]: entry for key, entry in entries.items() if key.startswith(part + ".")}


def _write_files(files: Mapping[Path, Mapping[str, Entry]], types: TypeOf, metadata: dict[str, str]) -> None:
    """All of them or none: the later files are written before the first is put in its place."""
    if not files:
        return
    (path, entries), *rest = files.items()
    with replacing(path) as part:
        save_file(read(entries, types), part, metadata)
        _write_files(dict(rest), types, metadata)


def _require_free(weights: Weights, targets: list[Path], overwrite: bool) -> None:
    for target in targets:
        if any(target.exists() and path.samefile(target) for path in weights.paths):
            raise CheckpointError(f"{target} is being read from; give another place to write to.")
        if target.is_dir():
            raise CheckpointError(f"{target} is a folder, expected a file name to write to.")
        if target.exists() and not overwrite:
            raise CheckpointError(f"{target} exists already; give another name, or --overwrite (overwrite=True).")


def _write_folder(weights: Weights, dst: Path, types: TypeOf) -> list[Path]:
    weights.require_whole()
    if not weights.base or not any(key.startswith("transformer_blocks.") for key in weights.base):
        raise CheckpointError(
            f"{weights.name} holds no base model, which a diffusers folder needs. Write layout own or pair."
        )
    require(weights, base_problems(weights))
    if weights.adapter:
        adapter_entries(weights)
    if dst.exists() and (not dst.is_dir() or any(dst.iterdir())):
        raise CheckpointError(f"{dst} exists already; give a folder that is new or empty.")
    part = dst.with_name(f".{dst.name}.{os.getpid()}.part")
    try:
        part.mkdir(parents=True)
        names = _write_shards(weights, part, types)
        (part / "config.json").write_text(json.dumps(_config(weights), indent=2) + "\n", encoding="utf-8")
        if dst.exists():
            dst.rmdir()
        os.replace(part, dst)
    except (OSError, SafetensorError) as error:
        raise CheckpointError(
            f"{dst} can't be written ({getattr(error, 'strerror', None) or error}). Check folder and free space."
        ) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return [dst / name for name in (*names, "config.json")]


def _write_shards(weights: Weights, folder: Path, types: TypeOf) -> list[str]:
    shards = list(_shards(weights.entries, types))
    names = [f"{_NAME}-{n:05d}-of-{len(shards):05d}.safetensors" for n in range(1, len(shards) + 1)]
    if len(shards) == 1:
        names = [f"{_NAME}.safetensors"]
    for name, entries in zip(names, shards, strict=True):
        save_file(read(entries, types), folder / name, {"format": "pt"})
    if len(shards) == 1:
        return names
    index = {
        "metadata": {"total_size": wanted_bytes(weights.entries, types)},
        "weight_map": {key: name for name, entries in zip(names, shards, strict=True) for key in entries},
    }
    index_name = f"{_NAME}.safetensors.index.json"
    (folder / index_name).write_text(json.dumps(index, indent=2) + "\n", encoding="utf-8")
    return [*names, index_name]


def _shards(entries: Mapping[str, Entry], types: TypeOf) -> Iterator[dict[str, Entry]]:
    shard: dict[str, Entry] = {}
    size = 0
    for key, entry in sorted(entries.items()):
        nbytes = wanted_bytes({key: entry}, types)
        if shard and size + nbytes > SHARD_BYTES:
            yield shard
            shard, size = {}, 0
        shard[key] = entry
        size += nbytes
    yield shard


def _config(weights: Weights) -> dict[str, object]:
    motion: dict[str, object] = {}
    if weights.adapter:
        size = adapter_size(weights.infos)
        motion = {"flow_channels": size.flow_channels, "motion_channels": size.channels}
    import diffusers

    name = "ToraTransformer3DModel" if weights.adapter else "CogVideoXTransformer3DModel"
    return {"_class_name": name, "_diffusers_version": diffusers.__version__, **transformer_config(weights), **motion}
