"""Models: diffusers' CogVideoX transformer with motion, and the positions of CogVideoX.

The model is imported on first use: `rotary` and `resize` are there without diffusers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__all__ = ["ToraTransformer3DModel"]

if TYPE_CHECKING:
    from .transformer import ToraTransformer3DModel


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from .transformer import ToraTransformer3DModel

    return ToraTransformer3DModel
