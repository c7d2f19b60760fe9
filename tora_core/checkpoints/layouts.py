"""From a path (or the two of an adapter pair) to Weights: which layout it is and how its keys map."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Sequence
from pathlib import Path

from ..errors import CheckpointError
from .comfyui import is_native, native_entries
from .files import mode_of
from .folders import folder_sources, read_config, transformer_folder
from .manifest import ADAPTER_PREFIXES
from .metadata import kind_in, version_problem
from .pairs import find_partner, kind_by_name, pairs_in
from .sat import is_sat, sat_entries
from .sources import Source, open_source
from .weights import HALF, Entry, Weights

SAT_NAME = "mp_rank_00_model_states.pt"

PathLike = str | os.PathLike[str]

_FUSER_KEY = re.compile(r"\d+\.flow_\w+\.\w+")
_EXTRACTOR_KEY = re.compile(r"conv_in\.\w+|body\.\d+\.(?:bn|block)[12]\.\w+")
_IN_WORDS = {
    "diffusers": "single file, diffusers keys",
    "comfyui": "single file, ComfyUI's keys",
    "own": "own single file",
}


def open_weights(path: PathLike | Sequence[PathLike]) -> Weights:
    """Open a file, a folder, or the two files of an adapter pair; no weight is read.

    Raises CheckpointError for files that are absent, broken or hostile. A missing shard or partner, or a mixed pair,
    is put down in `problems` instead, so that an inspection can go on.
    """
    if not isinstance(path, (str, os.PathLike)):
        paths = [Path(one) for one in path]
        if len(paths) == 1:
            return open_weights(paths[0])
        if len(paths) != 2:
            raise CheckpointError(
                f"{len(paths)} paths were given; give one file or folder, or the two files of an adapter pair."
            )
        return _pair(open_source(paths[0]), open_source(paths[1]))
    path = Path(path)
    if stat.S_ISDIR(mode_of(path)):
        return _folder(path)
    return _file(path)


def layout_of(keys: Iterable[str]) -> str:
    """One of "sat", "diffusers", "comfyui", "own", "fuser", "traj_extractor", "unknown", by the keys alone."""
    keys = list(keys)
    if is_sat(keys):
        return "sat"
    if any(key.startswith("transformer_blocks.") for key in keys):
        return "diffusers"
    if is_native(keys):
        return "comfyui"
    if any(key.startswith(ADAPTER_PREFIXES) for key in keys):
        return "own"
    if any(map(_FUSER_KEY.fullmatch, keys)):
        return "fuser"
    if sum(map(bool, map(_EXTRACTOR_KEY.fullmatch, keys))) > len(keys) // 2:
        return "traj_extractor"
    return "unknown"


def _file(path: Path) -> Weights:
    source = open_source(path)
    return _with_partner(source) or _single(source)


def _folder(path: Path) -> Weights:
    folder = transformer_folder(path)
    pairs = pairs_in(folder)
    if len(pairs) > 1:
        names = ", ".join(f"{fuser.name} + {extractor.name}" for fuser, extractor in pairs)
        raise CheckpointError(f"{folder} holds several adapter pairs ({names}): name a file of the one that is meant.")
    if pairs:
        return _pair(*(open_source(half) for half in pairs[0]))
    if (folder / SAT_NAME).is_file():
        return _file(folder / SAT_NAME)
    sources, where, problems = folder_sources(folder)
    layout = layout_of(where)
    if layout != "diffusers" and len(sources) == 1:
        return _file(sources[0].path)
    entries = {key: Entry(source, name) for key, (source, name) in where.items()}
    aside: dict[str, int] = {}
    if layout == "comfyui":
        entries, aside = native_entries(entries)
    kind, kind_from = _kind_of_base(entries)
    return Weights(
        paths=tuple(source.path for source in sources),
        layout={"diffusers": "diffusers folder", "comfyui": "folder, ComfyUI's keys"}.get(layout, f"folder, {layout}"),
        entries=entries,
        config=read_config(folder),
        kind=kind,
        kind_from=kind_from,
        problems=tuple(problems),
        aside=aside,
        folder=folder,
    )


def _single(source: Source) -> Weights:
    layout = layout_of(source.tensors)
    entries = {key: Entry(source, key) for key in source.tensors}
    aside: dict[str, int] = {}
    if layout == "sat":
        entries, aside = sat_entries(source)
    elif layout == "comfyui":
        entries, aside = native_entries(entries)
    kind, kind_from = _kind_of_base(entries)
    if kind is None and layout == "own":
        kind = kind_in(source.metadata)
        kind_from = "its metadata"
    return Weights(
        paths=(source.path,),
        layout=_IN_WORDS.get(layout, layout),
        entries=entries,
        metadata=source.metadata,
        kind=kind,
        kind_from=kind_from if kind else "",
        problems=version_problem(source.metadata),
        aside=aside,
    )


def _with_partner(source: Source) -> Weights | None:
    """The pair that a fuser or extractor file belongs to; None when the file is neither."""
    part = layout_of(source.tensors)
    if part not in ("fuser", "traj_extractor"):
        return None
    partner, problem = find_partner(source.path, part)
    if partner is not None:
        other = open_source(partner)
        if {layout_of(other.tensors), part} == {"fuser", "traj_extractor"}:
            return _pair(source, other)
        problem = f"its partner {partner.name} holds something else ({layout_of(other.tensors)}): download it again"
    kind = kind_by_name(source.path)
    return Weights(
        paths=(source.path,),
        layout=HALF,
        entries=_prefixed(source, part),
        kind=kind,
        kind_from="its file name" if kind else "",
        problems=(problem,),
    )


def _pair(one: Source, two: Source) -> Weights:
    parts = {layout_of(source.tensors): source for source in (one, two)}
    if set(parts) != {"fuser", "traj_extractor"}:
        found = " and ".join(f"{source.path.name} ({layout_of(source.tensors)})" for source in (one, two))
        raise CheckpointError(f"{found} are no adapter pair: give one fuser and one traj_extractor file.")
    kinds = {part: kind_by_name(source.path) for part, source in parts.items()}
    known = sorted({kind for kind in kinds.values() if kind})
    problems = []
    if len(known) == 2:
        words = " and ".join(f"{parts[part].path.name} is {kind.upper()}" for part, kind in kinds.items() if kind)
        problems.append(f"T2V and I2V are mixed: {words}. Take both files of one kind")
    return Weights(
        paths=(parts["fuser"].path, parts["traj_extractor"].path),
        layout="adapter pair",
        entries=_prefixed(parts["fuser"], "fuser") | _prefixed(parts["traj_extractor"], "traj_extractor"),
        kind=known[0] if len(known) == 1 else None,
        kind_from="its file name" if len(known) == 1 else "",
        problems=tuple(problems),
    )


def _prefixed(source: Source, part: str) -> dict[str, Entry]:
    return {f"{part}.{key}": Entry(source, key) for key in source.tensors}


def _kind_of_base(entries: dict[str, Entry]) -> tuple[str | None, str]:
    """The base model tells by its input channels: I2V takes the image's latents beside the noise."""
    first, last = entries.get("patch_embed.proj.weight"), entries.get("proj_out.weight")
    if first is None or last is None or len(first.info.shape) != 4 or len(last.info.shape) != 2:
        return None, ""
    _, channels, height, width = first.info.shape
    ratio = channels * height * width / max(last.info.shape[0], 1)
    kind = {1.0: "t2v", 2.0: "i2v"}.get(ratio)
    return kind, f"the base model's {channels} input channels" if kind else ""
