"""Tora: video diffusion steered along drawn paths. A library; ComfyUI is not needed and never imported.

Names are imported on first use, so that `import tora_core` is fast and loads neither torch nor diffusers.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOMES = {
    "ToraError": ".errors",
    "TrajectoryError": ".errors",
    "SizeError": ".errors",
    "CheckpointError": ".errors",
    "Trajectory": ".trajectory",
    "Tracks": ".trajectory",
    "render_flow": ".motion",
    "flow_to_rgb": ".motion",
    "TrajectoryExtractor": ".motion",
    "MotionGuidanceFuser": ".motion",
    "ToraTransformer3DModel": ".models",
    "ToraAdapter": ".checkpoints",
    "load_adapter": ".checkpoints",
    "inspect": ".checkpoints",
    "ToraPipeline": ".pipelines",
    "ToraImageToVideoPipeline": ".pipelines",
    "load_pipeline": ".pipelines",
}

__all__ = [*_HOMES, "__version__"]

if TYPE_CHECKING:
    from .checkpoints import ToraAdapter, inspect, load_adapter
    from .errors import CheckpointError, SizeError, ToraError, TrajectoryError
    from .models import ToraTransformer3DModel
    from .motion import MotionGuidanceFuser, TrajectoryExtractor, flow_to_rgb, render_flow
    from .pipelines import ToraImageToVideoPipeline, ToraPipeline, load_pipeline
    from .trajectory import Tracks, Trajectory


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOMES[name], __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
