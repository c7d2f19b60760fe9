"""A LoRA file by its header: whose names it has, which module each key belongs to, and what has no place."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ...errors import CheckpointError
from ..sources import Source, open_source
from ..strict import FLOATS
from . import diffusers, kohya, native, sat, videox_fun
from .pieces import ALPHA, DIFF, DOWN, UP, UP_BIAS, Piece, Style
from .strangers import NO_FACTORS, other_family, reason, what_it_is

STYLES = (diffusers.STYLE, kohya.STYLE, videox_fun.STYLE, sat.STYLE, sat.OTHER_ENDINGS, native.STYLE)

NATIVE_PREFIX = "diffusion_model."

Parts = Mapping[str, tuple[str, int | None]]
"""Of one module: part to (key in the file, third of its rows or None for all)."""


@dataclass(frozen=True)
class LoraFile:
    """modules: canonical module to its parts. unmatched: keys without a place, by the reason.

    style: the one that knows most keys; styles: in words, all that are mixed in the file.
    """

    source: Source
    style: Style
    styles: str
    modules: Mapping[str, Parts]
    unmatched: Mapping[str, tuple[str, ...]]

    @property
    def path(self) -> Path:
        return self.source.path


def open_lora(path: str | os.PathLike[str]) -> LoraFile:
    """Look at a LoRA file (safetensors, or torch.save's without running what is in it); no weight is read.

    Raises CheckpointError for what is broken, no LoRA, for another model, or of a kind that isn't supported; with what
    was found.
    """
    source = open_source(path)
    keys = list(source.tensors)
    family = other_family(keys)
    if family:
        raise CheckpointError(f"{source.path} is a LoRA or a model for {family}. Take one for CogVideoX.")
    style, pieces = _parsed(keys)
    if not pieces:
        raise CheckpointError(
            f"{source.path} is {what_it_is(keys)}: none of its {len(keys)} keys is a LoRA's for CogVideoX."
        )
    unmatched: dict[str, list[str]] = {}
    for key in keys:
        if key not in pieces:
            unmatched.setdefault(reason(key), []).append(key)
    modules: dict[str, dict[str, tuple[str, int | None]]] = {}
    for key, (_, found) in pieces.items():
        for piece in found:
            parts = modules.setdefault(piece.module, {})
            if piece.part in parts:
                raise CheckpointError(
                    f"{source.path}: {parts[piece.part][0]} and {key} are the same part of {piece.module}. The file "
                    "holds more than one LoRA; save them apart."
                )
            parts[piece.part] = (key, piece.third)
    for module in [module for module, parts in modules.items() if set(parts) <= {ALPHA}]:
        unmatched.setdefault(NO_FACTORS, []).extend(key for key, _ in modules.pop(module).values())
    if not modules:
        raise CheckpointError(f"{source.path} holds alphas alone, no factors of a LoRA. Download it again.")
    names = Counter(found.name for found, _ in pieces.values())
    lora = LoraFile(
        source,
        style,
        " and ".join(name for name, _ in names.most_common()),
        modules,
        {why: tuple(odd) for why, odd in unmatched.items()},
    )
    _check(lora)
    return lora


def _parsed(keys: Iterable[str]) -> tuple[Style, dict[str, tuple[Style, tuple[Piece, ...]]]]:
    """The style that knows most keys, and what each key means: by that style, else by the first that knows it.

    Some names are the same in two styles (proj_out), so a file's other keys tell which is meant; where there are none,
    ComfyUI's prefix does.
    """
    keys = list(keys)
    is_native = any(key.startswith(NATIVE_PREFIX) for key in keys)
    known = {style.name: {key: pieces for key in keys if (pieces := style.parse(key))} for style in STYLES}
    best = max(STYLES, key=lambda style: (len(known[style.name]), is_native and style is native.STYLE))
    result: dict[str, tuple[Style, tuple[Piece, ...]]] = {}
    for key in keys:
        for style in (best, *STYLES):
            if key in known[style.name]:
                result[key] = (style, known[style.name][key])
                break
    return best, result


def _check(lora: LoraFile) -> None:
    """Halves without their other half, and number types that are no weights'."""
    tensors = lora.source.tensors
    for module, parts in lora.modules.items():
        if (UP in parts) != (DOWN in parts):
            there, gone = ("second", "first") if UP in parts else ("first", "second")
            key = parts[UP if UP in parts else DOWN][0]
            raise CheckpointError(
                f"{lora.path}: {key} is the {there} factor of {module}, the {gone} one is missing. The file is "
                "incomplete: download it again."
            )
        if UP_BIAS in parts and UP not in parts:
            raise CheckpointError(f"{lora.path}: {parts[UP_BIAS][0]} is a bias of a factor that is missing.")
        for part, (key, third) in parts.items():
            info = tensors[key]
            if info.dtype not in FLOATS and part != ALPHA:
                raise CheckpointError(f"{lora.path}: {key} is {info.dtype}, expected floating point numbers.")
            if part == ALPHA and info.values != 1:
                raise CheckpointError(f"{lora.path}: {key} is {info.shape}, expected a single number.")
            if part in (UP, DOWN) and (len(info.shape) < 2 or 0 in info.shape):
                raise CheckpointError(f"{lora.path}: {key} is {info.shape}, expected a matrix.")
            if third is not None and part in (UP, DIFF) and info.shape[0] % 3:
                raise CheckpointError(
                    f"{lora.path}: {key} has {info.shape[0]} rows, expected as many for each of query, key and value."
                )
        if UP in parts:
            up, down = (tensors[parts[part][0]] for part in (UP, DOWN))
            if up.values != up.shape[0] * down.shape[0]:
                raise CheckpointError(
                    f"{lora.path}: the factors of {module} have the ranks {up.values // up.shape[0]} and "
                    f"{down.shape[0]} ({up.shape} times {down.shape}), expected the same. The file is damaged."
                )
            if DIFF in parts and tensors[parts[DIFF][0]].shape != (up.shape[0], *down.shape[1:]):
                raise CheckpointError(
                    f"{lora.path}: {parts[DIFF][0]} is {tensors[parts[DIFF][0]].shape}, the factors beside it make "
                    f"{(up.shape[0], *down.shape[1:])}. The file is damaged."
                )
