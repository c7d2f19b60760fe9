"""Exponential moving average of a model's weights."""

from __future__ import annotations

from typing import TypeVar

import torch
from torch import nn

Model = TypeVar("Model", bound=nn.Module)


class Ema:
    """Keeps `decay * kept + (1 - decay) * now` of every float entry of the state dict, buffers included.

    Early on the decay is lowered to (1 + n) / (10 + n), so that the start is forgotten soon.
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.decay = decay
        self.updates = 0
        self.values = {key: value.detach().clone() for key, value in model.state_dict().items()}

    @torch.no_grad()
    def update(self, model: nn.Module) -> None:
        """Take one step towards the model's weights."""
        self.updates += 1
        decay = min(self.decay, (1 + self.updates) / (10 + self.updates))
        for key, value in model.state_dict().items():
            if value.is_floating_point():
                self.values[key].lerp_(value, 1 - decay)
            else:
                self.values[key].copy_(value)

    def load(self, values: dict[str, torch.Tensor], updates: int) -> None:
        """Take up where another left off; KeyError when its entries are not this model's."""
        if values.keys() != self.values.keys():
            raise KeyError(f"averages of other weights: {sorted(values.keys() ^ self.values.keys())[:3]}")
        for key, value in values.items():
            self.values[key].copy_(value)
        self.updates = updates

    def copy_to(self, model: Model) -> Model:
        """Load the kept weights into `model` and return it."""
        model.load_state_dict(self.values)
        return model
