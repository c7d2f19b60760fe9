"""An output that is not there: whoever is wired to it is told why, and the rest of the graph runs."""

from __future__ import annotations

from typing import Any

from comfy_execution.graph_utils import ExecutionBlocker


def blocked(why: str) -> Any:
    """What to return in place of an output; `why` is shown at the nodes that wanted it."""
    return ExecutionBlocker(why)
