"""Low-rank layers beside a transformer's own: they are trained, the transformer stays as it is."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import nn

from ..checkpoints.saving import replacing
from ..errors import ToraError

ATTENTION = ("to_q", "to_k", "to_v", "to_out.0")
"""What most published LoRAs for CogVideoX change."""


class LoraLayers(nn.Module):
    """Pairs of factors for the layers whose names end in one of `targets`, active while they are attached.

    down (rank, in) starts at random (uniform, as a linear layer's weight), up (out, rank) at zero, so that at first
    nothing changes. Of a convolution down has the kernel (rank, in, k, k), up is (out, rank, 1, 1). All are float32
    whatever the transformer's type. Source: arXiv 2106.09685, section 4.1.
    """

    def __init__(
        self, transformer: nn.Module, targets: Sequence[str], rank: int, alpha: float, generator: torch.Generator
    ) -> None:
        super().__init__()
        self.rank, self.alpha, self.targets = rank, alpha, tuple(targets)
        self._modules_of = _targets(transformer, targets)
        self.down, self.up = nn.ParameterList(), nn.ParameterList()
        for module in self._modules_of.values():
            out, *rest = module.weight.shape
            bound = 1 / math.sqrt(math.prod(rest))
            start = torch.rand(rank, *rest, generator=generator) * 2 * bound - bound
            self.down.append(nn.Parameter(start.to(module.weight.device)))
            self.up.append(nn.Parameter(torch.zeros(out, rank, *[1] * (len(rest) - 1), device=module.weight.device)))
        self._handles: list[Any] = []

    @property
    def names(self) -> list[str]:
        return list(self._modules_of)

    def attach(self) -> None:
        """Add to the layers' outputs from now on."""
        for number, module in enumerate(self._modules_of.values()):

            def add(layer: nn.Module, inputs: Any, output: torch.Tensor, number: int = number) -> torch.Tensor:
                change = _through(layer, inputs[0].float(), self.down[number], self.up[number])
                return output + (change * (self.alpha / self.rank)).to(output.dtype)

            self._handles.append(module.register_forward_hook(add))

    def detach(self) -> None:
        """Leave the layers as they were."""
        while self._handles:
            self._handles.pop().remove()

    def save(self, path: Path, dtype: torch.dtype = torch.float16, metadata: Mapping[str, str] | None = None) -> Path:
        """Write as diffusers does: `transformer.NAME.lora_A.weight`, with rank and alpha in the metadata."""
        tensors = {}
        for name, down, up in zip(self.names, self.down, self.up, strict=True):
            tensors[f"transformer.{name}.lora_A.weight"] = down.detach().to("cpu", dtype).contiguous()
            tensors[f"transformer.{name}.lora_B.weight"] = up.detach().to("cpu", dtype).contiguous()
        config = {
            "transformer.r": self.rank,
            "transformer.lora_alpha": self.alpha,
            "transformer.target_modules": list(self.targets),
        }
        kept = {"format": "pt", "lora_adapter_metadata": json.dumps(config, sort_keys=True), **(metadata or {})}
        with replacing(path) as part:
            save_file(tensors, part, kept)
        return path


def _through(layer: nn.Module, x: torch.Tensor, down: torch.Tensor, up: torch.Tensor) -> torch.Tensor:
    if isinstance(layer, nn.Conv2d):
        return nn.functional.conv2d(nn.functional.conv2d(x, down, None, layer.stride, layer.padding), up)
    return nn.functional.linear(nn.functional.linear(x, down), up)


def _targets(transformer: nn.Module, targets: Sequence[str]) -> dict[str, nn.Linear | nn.Conv2d]:
    """Layers of the base model by name; ToraError when a target names none."""
    found: dict[str, nn.Linear | nn.Conv2d] = {}
    for target in targets:
        fitting = {
            name: module
            for name, module in transformer.named_modules()
            if (name == target or name.endswith(f".{target}"))
            and isinstance(module, (nn.Linear, nn.Conv2d))
            and not name.startswith(("traj_extractor.", "fuser."))
        }
        if not fitting:
            raise ToraError(
                f"no layer of the model with a matrix is called {target!r}. Names end like {', '.join(ATTENTION)}, "
                "ff.net.0.proj, ff.net.2, norm1.linear, patch_embed.proj, proj_out."
            )
        found |= fitting
    return {name: found[name] for name in sorted(found)}
