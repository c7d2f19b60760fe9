"""Saying what a weight file is, from its header alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import torch

from .check import adapter_problems, base_problems
from .controlnet import controlnet_report, is_controlnet
from .dimensions import LAYERS_5B, WIDTH_5B, adapter_size, base_size, count_blocks, other_model
from .layouts import PathLike, open_weights
from .reading import pass_over
from .recognise import quantisation, recognise
from .report import Report
from .strict import FLOAT8, float_types
from .weights import Weights


def inspect(path: PathLike | Sequence[PathLike], *, check_values: bool = False) -> Report:
    """What the file, folder or adapter pair at `path` is, and what is missing, wrong or mixed up in it.

    Reads headers alone, unless `check_values` asks to search all values for NaN and infinity. A file of an unknown
    kind gets a report that says so. Raises CheckpointError for files that are absent, broken or hostile.
    """
    weights = open_weights(path)
    infos = weights.infos
    if is_controlnet(infos):
        return controlnet_report(weights, _count_types(weights), _bad_values(weights) if check_values else ())
    keys = list(infos)
    known = bool(weights.adapter) or any(key.startswith("transformer_blocks.") for key in keys)
    stranger = recognise(keys) if not weights.adapter else None
    size = base_size(infos)
    adapter = adapter_size(infos)
    problems = list(weights.problems)
    other = other_model(infos, weights.config)
    if known and not stranger:
        problems += _problems(weights, other)
        if check_values:
            problems += _bad_values(weights)
    is_ours = known and not stranger
    return Report(
        path=weights.name,
        model=stranger or (_model(weights, other) if known else _unknown(keys)),
        layout=weights.layout,
        parts=_parts(weights) if is_ours else "",
        kind=weights.kind if is_ours else None,
        kind_from=weights.kind_from if is_ours else "",
        layers=(size.layers if size else adapter.layers or count_blocks(infos, "transformer_blocks.")) or None,
        width=size.width if size else adapter.width,
        in_channels=size.in_channels if size else None,
        dtypes=_count_types(weights),
        values=sum(info.values for info in infos.values()),
        tensors=len(infos),
        problems=tuple(problems),
        notes=tuple(_notes(weights)) if is_ours else (),
    )


def _problems(weights: Weights, other: str | None) -> list[str]:
    if other:
        return [f"Tora's weights exist for CogVideoX-5B alone, this is {other}"]
    if quantised := quantisation(weights.entries):
        return [f"it is {quantised}"]
    problems = base_problems(weights) if weights.base else []
    if weights.adapter:
        problems += adapter_problems(weights)
        fusers = float_types({key: info for key, info in weights.infos.items() if key.startswith("fuser.")})
        if len(fusers) > 1:
            problems.append(f"the fusers mix the types {' and '.join(sorted(fusers))}: give a dtype when loading")
    return problems


def _model(weights: Weights, other: str | None) -> str:
    if other:
        return other
    size, adapter = base_size(weights.infos), adapter_size(weights.infos)
    layers, width = (size.layers, size.width) if size else (adapter.layers, adapter.width)
    is_5b = width == WIDTH_5B and layers >= LAYERS_5B - 1
    family = "CogVideoX-5B" if is_5b or width is None else f"a small CogVideoX ({width} wide, {layers} blocks)"
    return f"Tora for {family}" if weights.adapter else family


def _unknown(keys: list[str]) -> str:
    return f"unknown, has keys like {', '.join(keys[:3])}" if keys else "unknown, holds no tensors"


def _parts(weights: Weights) -> str:
    words = {"fuser": "fusers", "traj_extractor": "extractor"}
    halves = [word for part, word in words.items() if any(key.startswith(part + ".") for key in weights.entries)]
    adapter = "adapter" if len(halves) == 2 else "".join(halves)
    return " and ".join(part for part in ("base" if weights.base else "", adapter) if part)


def _count_types(weights: Weights) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for info in weights.infos.values():
        counts[info.dtype] += info.values
    return dict(counts)


def _notes(weights: Weights) -> list[str]:
    notes = []
    others = ", ".join(f"{prefix}* ({count})" for prefix, count in weights.aside.items() if prefix.endswith("."))
    if others:
        notes.append(f"also carries, unread: {others}")
    if weights.kind is None and weights.adapter:
        notes.append(
            "T2V and I2V adapters have the same keys and shapes: only a name, metadata or the base model tells"
        )
    if weights.base and not weights.adapter:
        notes.append("a base model without Tora's weights: give an adapter beside it")
    found = float_types(weights.infos) & FLOAT8
    if found:
        notes.append(f"holds {', '.join(sorted(found))}: a dtype must be given when loading")
    return notes


def _bad_values(weights: Weights) -> list[str]:
    bad = [
        key
        for key, tensor in pass_over(weights.entries)
        if tensor.is_floating_point() and not torch.isfinite(tensor.float()).all()
    ]
    return [f"{len(bad)} tensors hold NaN or infinity: {', '.join(bad[:3])}"] if bad else []
