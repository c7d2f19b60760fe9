"""Pipelines: text to video and image to video along drawn paths, on diffusers' CogVideoX pipelines.

Names are imported on first use: the small pure parts (`sizes`, `dynamic`, `window`) are there without diffusers.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

_HOMES = {
    "Control": ".control_input",
    "LoraChoice": ".loras",
    "Motion": ".motion_input",
    "ToraImageToVideoPipeline": ".image_to_video",
    "ToraPipeline": ".text_to_video",
    "encode_motion": ".encoding",
    "load_pipeline": ".loading",
    "motion_picture": ".encoding",
}

__all__ = [
    "Control",
    "LoraChoice",
    "Motion",
    "ToraImageToVideoPipeline",
    "ToraPipeline",
    "encode_motion",
    "load_pipeline",
    "motion_picture",
]

if TYPE_CHECKING:
    from .control_input import Control
    from .encoding import encode_motion, motion_picture
    from .image_to_video import ToraImageToVideoPipeline
    from .loading import load_pipeline
    from .loras import LoraChoice
    from .motion_input import Motion
    from .text_to_video import ToraPipeline


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOMES[name], __name__), name)
    globals()[name] = value
    return value
