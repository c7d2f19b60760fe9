"""The pack's own socket types, for what ComfyUI has none for."""

from __future__ import annotations

from comfy_api.latest import io

from ..tora_core.trajectory import Trajectory
from .values import ToraModel, ToraMotion


@io.comfytype(io_type="TORA_TRAJECTORY")
class TrajectorySocket(io.ComfyTypeIO):
    """What was drawn: a Trajectory of the library."""

    Type = Trajectory


@io.comfytype(io_type="TORA_MODEL")
class ToraModelSocket(io.ComfyTypeIO):
    """Tora's extractor and fusers."""

    Type = ToraModel


@io.comfytype(io_type="TORA_MOTION")
class MotionSocket(io.ComfyTypeIO):
    """Motion latents with the clip's size and frame count."""

    Type = ToraMotion
