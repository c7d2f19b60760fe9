"""The nodes that this pack gives to ComfyUI: one file for each step of a graph, one list of them all.

A node converts, calls `tora_core` and wraps the answer. What knows ComfyUI's insides lives in `nodes/host/`.
Node ids and input names are in people's saved workflows: once released they never change.
"""

from __future__ import annotations

from comfy_api.latest import io

from .apply import ToraApply
from .dynamic_guidance import ToraDynamicGuidance
from .empty_latent import ToraEmptyLatent
from .encode_motion import ToraEncodeMotion
from .fix import ToraFixCogVideoX
from .image_to_video import ToraImageToVideo
from .load_cogvideox import ToraLoadCogVideoX
from .load_demo import ToraLoadDemoModel
from .load_tora import ToraLoadModel
from .overlay import ToraOverlayTrajectory
from .trajectory_editor import ToraTrajectoryEditor
from .trajectory_text import ToraTrajectoryFromText

NODES: list[type[io.ComfyNode]] = [
    ToraLoadDemoModel,
    ToraLoadModel,
    ToraLoadCogVideoX,
    ToraTrajectoryEditor,
    ToraTrajectoryFromText,
    ToraEncodeMotion,
    ToraApply,
    ToraFixCogVideoX,
    ToraDynamicGuidance,
    ToraEmptyLatent,
    ToraImageToVideo,
    ToraOverlayTrajectory,
]
"""Every node, in the order of a graph."""
