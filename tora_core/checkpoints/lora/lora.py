"""A LoRA as changes of CogVideoX's own weights, whatever style it was saved in."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch

from ...errors import CheckpointError
from ..sources import Getter
from .file import LoraFile, Parts, open_lora
from .names import block_of
from .pieces import ALPHA, BIAS, DIFF, DOWN, MAGNITUDE, UP, UP_BIAS
from .report import LoraReport
from .scale import AlphaRule, alpha_rule, checked

Shapes = Mapping[str, tuple[int, ...]]
"""Of the network's weights and biases, by canonical key."""

OTHER_SHAPE = "of another shape in this model: not applied"


@dataclass(frozen=True, eq=False)
class Change:
    """What happens to one module. Tensors are as stored: types of the file, on the CPU, perhaps views of it.

    up (out, rank) and down (rank, in), with a convolution's kernel behind: the weight gets scale * up @ down.
    magnitude: DoRA's, one for every output (out, 1, ...) or input (1, in, ...), that the changed weight is scaled to.
    diff: added to the weight. bias: added to the bias.
    """

    up: torch.Tensor | None = None
    down: torch.Tensor | None = None
    scale: float = 1.0
    magnitude: torch.Tensor | None = None
    diff: torch.Tensor | None = None
    bias: torch.Tensor | None = None

    @property
    def rank(self) -> int:
        return self.down.shape[0] if self.down is not None else 0


@dataclass(frozen=True, eq=False)
class Lora:
    """changes: canonical module ("transformer_blocks.0.attn1.to_q") to its Change."""

    changes: Mapping[str, Change]
    report: LoraReport


def read_lora(
    lora: str | os.PathLike[str] | LoraFile,
    shapes: Shapes | None = None,
    *,
    alpha: float | None = None,
    get: Getter | None = None,
) -> Lora:
    """Read a LoRA, checked against the network that it is for.

    shapes: the network's; None leaves that check to later. alpha: instead of what the file says (scale.py). get: reads
    a tensor of the file by its key; by default a memory map.

    Raises CheckpointError when the file is broken (ranks that disagree, NaN), or nothing in it fits the network.
    """
    file = open_lora(lora) if not isinstance(lora, LoraFile) else lora
    kept, misfits = _fitting(file, shapes)
    reader = _Reader(file, get or file.source.open())
    rule = None
    if any(UP in parts and (ALPHA not in parts or alpha is not None) for parts in kept.values()):
        rule = alpha_rule(alpha, file.source.metadata, file.path, file.style)
    changes = {module: reader.change(module, parts, rule) for module, parts in kept.items()}
    return Lora(changes, _report(file, kept, changes, misfits, rule))


def _fitting(file: LoraFile, shapes: Shapes | None) -> tuple[dict[str, Parts], dict[str, str]]:
    """The modules that the network has in this shape, and for the others what is wrong, in words."""
    if shapes is None:
        return dict(file.modules), {}
    blocks = 1 + max((number for key in shapes if (number := block_of(key.rpartition(".")[0])) is not None), default=-1)
    most = max((number for module in file.modules if (number := block_of(module)) is not None), default=-1)
    if most >= blocks:
        raise CheckpointError(
            f"{file.path} changes block {most}, the model has blocks 0 to {blocks - 1}: it is for another model."
        )
    misfits = {}
    for module, parts in file.modules.items():
        words = _misfit(file, module, parts, shapes)
        if words:
            misfits[module] = words
    if len(misfits) == len(file.modules):
        raise CheckpointError(
            f"{file.path} fits nothing in this model: {next(iter(misfits.values()))}. It is for a CogVideoX of another "
            "size (2B is 1920 wide, 5B 3072)."
        )
    return {module: parts for module, parts in file.modules.items() if module not in misfits}, misfits


def _misfit(file: LoraFile, module: str, parts: Parts, shapes: Shapes) -> str | None:
    weight = shapes.get(f"{module}.weight")
    if weight is None:
        return f"{module} is not there"
    bias = shapes.get(f"{module}.bias", ())
    rows, rest = weight[0], torch.Size(weight[1:]).numel()

    def shape(part: str) -> tuple[int, ...]:
        key, third = parts[part]
        size = file.source.tensors[key].shape
        return (size[0] // 3, *size[1:]) if third is not None and part in (UP, DIFF, BIAS, UP_BIAS) else size

    if UP in parts:
        up, down = shape(UP), shape(DOWN)
        if (up[0], torch.Size(down[1:]).numel()) != (rows, rest):
            return f"the change of {module} is {up[0]} x {torch.Size(down[1:]).numel()}, the model's weight {weight}"
    if DIFF in parts and shape(DIFF) != weight:
        return f"the change of {module} is {shape(DIFF)}, the model's weight {weight}"
    for part in (BIAS, UP_BIAS):
        if part in parts and shape(part) != bias:
            return f"the change of {module}'s bias is {shape(part)}, the model's {bias or 'has none'}"
    if MAGNITUDE in parts:
        size = torch.Size(file.source.tensors[parts[MAGNITUDE][0]].shape).numel()
        thirds = 3 if parts[MAGNITUDE][1] is not None else 1
        if size not in (rows, rest, thirds * rows):
            return f"{module} has {size} magnitudes, the model's weight is {weight}"
    return None


class _Reader:
    """Tensors of a LoRA file, checked."""

    def __init__(self, file: LoraFile, get: Callable[[str], torch.Tensor]) -> None:
        self._file = file
        self._get = get

    def change(self, module: str, parts: Parts, rule: AlphaRule | None) -> Change:
        found = {part: self._tensor(part, *where) for part, where in parts.items()}
        up, down, magnitude = found.get(UP), found.get(DOWN), found.get(MAGNITUDE)
        scale, bias = 1.0, found.get(BIAS)
        if down is not None:
            scale = self._scale(module, parts, found, rule)
        if magnitude is not None:
            if up is None or down is None:
                raise CheckpointError(
                    f"{self._file.path}: {module} has DoRA's magnitudes, but no factors. The file is incomplete."
                )
            upright = _upright(magnitude, up, down, parts[MAGNITUDE][1])
            if upright is None:
                raise CheckpointError(
                    f"{self._file.path}: {parts[MAGNITUDE][0]} is {tuple(magnitude.shape)}, expected one for each of "
                    f"{up.shape[0]} outputs or (1, inputs). The file is damaged."
                )
            magnitude = upright
        if UP_BIAS in found and up is not None:
            scaled = found[UP_BIAS].float() * scale
            bias = scaled if bias is None else bias.float() + scaled
        return Change(up, down, scale, magnitude, found.get(DIFF), bias)

    def _scale(self, module: str, parts: Parts, found: dict[str, torch.Tensor], rule: AlphaRule | None) -> float:
        rank = found[DOWN].shape[0]
        own = None
        if ALPHA in found and not (rule and rule.asked):
            own = checked(found[ALPHA].item(), f"{self._file.path}: {parts[ALPHA][0]}")
        if rule is None:
            assert own is not None  # a rule is made wherever one is missing
            return own / rank
        return rule.scale(module, own, rank)

    def _tensor(self, part: str, key: str, third: int | None) -> torch.Tensor:
        try:
            tensor = self._get(key).detach()
        except Exception as error:  # safetensors, torch and the host have no common class for this
            raise CheckpointError(
                f"{self._file.path}: {key} can't be read ({str(error)[:200]}). Download the file again."
            ) from error
        if third is not None and part in (UP, DIFF, BIAS, UP_BIAS):
            rows = tensor.shape[0] // 3
            tensor = tensor[third * rows : (third + 1) * rows]
        if part != ALPHA and not torch.isfinite(tensor.float() if tensor.dtype.itemsize == 1 else tensor).all():
            raise CheckpointError(f"{self._file.path}: {key} holds NaN or infinity. The file is damaged.")
        return tensor


def _upright(magnitude: torch.Tensor, up: torch.Tensor, down: torch.Tensor, third: int | None) -> torch.Tensor | None:
    """(out, 1, ...) or (1, in, ...), as many axes as the weight has; None when there are too many or too few.

    A bare vector is PEFT's, one for every output. In a square weight the stored shape tells which axis is meant.
    """
    rows, columns = up.shape[0], down.shape[1]
    kernel = down.dim() - 2
    flat = magnitude.reshape(-1)
    if third is not None and len(flat) == 3 * rows:
        flat = flat[third * rows : (third + 1) * rows]
    # PEFT keeps a convolution's outputs as (1, out, 1, 1).
    by_input = magnitude.dim() > 1 and magnitude.shape[0] == 1 and not (kernel and len(flat) == rows)
    if len(flat) != (columns if by_input else rows):
        return None
    return flat.reshape(1, columns, *[1] * kernel) if by_input else flat.reshape(rows, 1, *[1] * kernel)


def _report(
    file: LoraFile,
    kept: Mapping[str, Parts],
    changes: Mapping[str, Change],
    misfits: Mapping[str, str],
    rule: AlphaRule | None,
) -> LoraReport:
    used = {key for parts in kept.values() for key, _ in parts.values()}
    unmatched = dict(file.unmatched)
    odd = {key for module in misfits for key, _ in file.modules[module].values()} - used
    if odd:
        unmatched[OTHER_SHAPE] = tuple(key for key in file.source.tensors if key in odd)
    paired = [change for change in changes.values() if change.down is not None]
    own = [parts for parts in kept.values() if UP in parts and ALPHA in parts]
    source = rule.source if rule else "its alpha tensors"
    if rule and not rule.asked and own:
        source = f"its alpha tensors; where there are none, {rule.source}"
    return LoraReport(
        path=str(file.path),
        style=file.styles,
        modules=len(changes),
        matched=len(used),
        keys=len(file.source.tensors),
        ranks=tuple(sorted({change.rank for change in paired})),
        scales=tuple(sorted({change.scale for change in paired})),
        scale_from=source,
        dora=sum(change.magnitude is not None for change in changes.values()),
        dtypes=tuple(sorted({file.source.tensors[key].dtype for key in used})),
        unmatched=unmatched,
    )
