"""Checkpoints: every published layout of Tora's weights, read strictly, converted, and explained.

Names are imported on first use: the lists in ComfyUI's nodes need `pairs` alone, at every start.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__all__ = [
    "Report",
    "ToraAdapter",
    "convert",
    "inspect",
    "load_adapter",
    "load_controlnet",
    "load_transformer",
    "save_adapter",
    "save_controlnet",
]

_HOMES = {
    "Report": ".report",
    "ToraAdapter": ".adapter",
    "convert": ".conversion",
    "inspect": ".inspection",
    "load_adapter": ".adapter",
    "load_controlnet": ".controlnet",
    "load_transformer": ".assembly",
    "save_adapter": ".saving",
    "save_controlnet": ".controlnet",
}

if TYPE_CHECKING:
    from .adapter import ToraAdapter as ToraAdapter
    from .adapter import load_adapter as load_adapter
    from .assembly import load_transformer as load_transformer
    from .controlnet import load_controlnet as load_controlnet
    from .controlnet import save_controlnet as save_controlnet
    from .conversion import convert as convert
    from .inspection import inspect as inspect
    from .report import Report as Report
    from .saving import save_adapter as save_adapter


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOMES[name], __name__), name)
    globals()[name] = value
    return value
