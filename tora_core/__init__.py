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
    from .checkpoints import ToraAdapter as ToraAdapter
    from .checkpoints import inspect as inspect
    from .checkpoints import load_adapter as load_adapter
    from .errors import CheckpointError as CheckpointError
    from .errors import SizeError as SizeError
    from .errors import ToraError as ToraError
    from .errors import TrajectoryError as TrajectoryError
    from .models import ToraTransformer3DModel as ToraTransformer3DModel
    from .motion import MotionGuidanceFuser as MotionGuidanceFuser
    from .motion import TrajectoryExtractor as TrajectoryExtractor
    from .motion import flow_to_rgb as flow_to_rgb
    from .motion import render_flow as render_flow
    from .pipelines import ToraImageToVideoPipeline as ToraImageToVideoPipeline
    from .pipelines import ToraPipeline as ToraPipeline
    from .pipelines import load_pipeline as load_pipeline
    from .trajectory import Tracks as Tracks
    from .trajectory import Trajectory as Trajectory


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOMES[name], __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
