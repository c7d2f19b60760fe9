"""Changes put into weights: the arithmetic, and the library's way of applying LoRAs to a transformer.

DoRA (arXiv 2402.09353, equation 5): the changed weight is scaled so that its norms along one axis are the trained
magnitudes. A strength other than 1 goes that part of the way from the weight to the result.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from ...errors import CheckpointError, ToraError
from .lora import Change, Lora, Shapes


def merged(weight: torch.Tensor, change: Change, strength: float = 1.0) -> torch.Tensor:
    """A new tensor: the weight with the change in it, in float32 (float64 stays); strength 0 is the weight.

    change.bias is not this function's.
    """
    dtype = torch.float64 if weight.dtype == torch.float64 else torch.float32
    place = {"device": weight.device, "dtype": dtype}
    result = weight.to(**place, copy=True)
    if change.up is not None and change.down is not None:
        product = change.up.to(**place).flatten(1) @ change.down.to(**place).flatten(1)
        delta = product.reshape(weight.shape) * change.scale
        if change.magnitude is not None:
            delta = _to_magnitude(result + delta, change.magnitude.to(**place)) - result
        result += strength * delta
    if change.diff is not None:
        result += strength * change.diff.to(**place).reshape(weight.shape)
    return result


def _to_magnitude(weight: torch.Tensor, magnitude: torch.Tensor) -> torch.Tensor:
    kept = 0 if magnitude.shape[0] == weight.shape[0] and magnitude.shape[1] == 1 else 1
    over = [axis for axis in range(weight.dim()) if axis != kept]
    norm = weight.norm(dim=over, keepdim=True)
    return weight * (magnitude / norm.clamp_min(torch.finfo(weight.dtype).tiny))


def network_shapes(transformer: Any) -> Shapes:
    """Shapes of a transformer's weights and biases with diffusers' names."""
    return {key: tuple(value.shape) for key, value in transformer.state_dict().items()}


@torch.no_grad()
def apply_loras(transformer: Any, loras: Sequence[tuple[Lora, float]]) -> None:
    """Put LoRAs, each with its strength, into a transformer's weights, in place and for good.

    They are added up in float32 in their order and rounded to the weights' type once. strength 0 changes nothing.
    transformer: with diffusers' names (ToraTransformer3DModel, CogVideoXTransformer3DModel).
    Raises ToraError for a strength that is no finite number, CheckpointError where a weight is missing.
    """
    for _, strength in loras:
        check_strength(strength)
    acting = [(lora, strength) for lora, strength in loras if strength != 0]
    tensors = dict(transformer.named_parameters()) | dict(transformer.named_buffers())
    for module in dict.fromkeys(module for lora, _ in acting for module in lora.changes):
        changes = [(lora.changes[module], strength) for lora, strength in acting if module in lora.changes]
        if any(change.up is not None or change.diff is not None for change, _ in changes):
            weight = _of(tensors, f"{module}.weight")
            value = weight.float() if weight.dtype != torch.float64 else weight
            for change, strength in changes:
                value = merged(value, change, strength)
            weight.copy_(value)
        if any(change.bias is not None for change, _ in changes):
            bias = _of(tensors, f"{module}.bias")
            value = bias.float()
            for change, strength in changes:
                if change.bias is not None:
                    value = value + strength * change.bias.to(value)
            bias.copy_(value)


def check_strength(strength: float) -> None:
    if not isinstance(strength, (int, float)) or not abs(strength) < float("inf"):
        raise ToraError(f"a LoRA's strength is {strength!r}, expected a finite number; 1 is what it was trained with.")


def _of(tensors: dict[str, torch.Tensor], key: str) -> torch.Tensor:
    if key not in tensors:
        raise CheckpointError(f"the LoRA changes {key}, which this transformer hasn't. Take one for CogVideoX.")
    return tensors[key]
