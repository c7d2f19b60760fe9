"""The pack's own socket types, for what ComfyUI has none for."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from .editor_state import empty_state
from .values import ToraModel, ToraMotion


@io.comfytype(io_type="TORA_TRAJECTORY")
class TrajectorySocket(io.ComfyTypeIO):
    """What was drawn: a Trajectory of the library (named in words only, as importing it costs time at the start)."""

    Type = Any


@io.comfytype(io_type="TORA_MODEL")
class ToraModelSocket(io.ComfyTypeIO):
    """Tora's extractor and fusers."""

    Type = ToraModel


@io.comfytype(io_type="TORA_MOTION")
class MotionSocket(io.ComfyTypeIO):
    """Motion latents with the clip's size and frame count."""

    Type = ToraMotion


@io.comfytype(io_type="TORA_EDITOR")
class EditorWidget(io.ComfyTypeIO):
    """The trajectory editor's own widget, which web/ draws; its value is the dict of editor_state.py. No socket."""

    Type = dict

    class Input(io.WidgetInput):
        def __init__(self, id: str, display_name: str | None = None, tooltip: str | None = None) -> None:
            super().__init__(id, display_name, tooltip=tooltip, default=empty_state(), socketless=True)

        def as_dict(self) -> dict[str, Any]:
            # A new default for each caller: one shared dict, changed by somebody, would be drawn in every new node.
            return super().as_dict() | {"default": empty_state()}
