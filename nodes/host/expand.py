"""Nodes that a node turns into when it runs (the host's node expansion)."""

from __future__ import annotations

from typing import Any

import comfy.samplers
from comfy_execution.graph_utils import GraphBuilder


class Graph(GraphBuilder):
    """The host's builder, with a short way to nodes of one output."""

    def add(self, kind: str, **inputs: Any) -> Any:
        """A link to the first output of a new node."""
        return self.node(kind, **inputs).out(0)


def sampler_names() -> list[str]:
    """What KSampler offers."""
    return list(comfy.samplers.KSampler.SAMPLERS)


def scheduler_names() -> list[str]:
    """What KSampler offers."""
    return list(comfy.samplers.KSampler.SCHEDULERS)
