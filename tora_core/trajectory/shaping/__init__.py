"""Edits of trajectories: pure functions that take one and return a new one, as editable as before where that can be.

All of them keep what they do not change. What an edit can't say in control points, key times and easings it keeps as a
position a frame; the functions that may do so say it.
"""

from .arrange import crop, fit, merge, offset_copies, pick
from .camera import CameraMove, add_camera, camera_tracks, cancel_camera
from .presets import arc, bounce, circle, ellipse, figure_eight, line, shake, spiral, wave, zigzag
from .refine import jitter, simplify, smooth
from .retime import ease, loop, ping_pong, reverse, speed, trim
from .transform import mirror, move, rotate, scale

PRESETS = (line, arc, circle, ellipse, spiral, wave, zigzag, figure_eight, shake, bounce)

__all__ = [
    "PRESETS",
    "CameraMove",
    "add_camera",
    "arc",
    "bounce",
    "camera_tracks",
    "cancel_camera",
    "circle",
    "crop",
    "ease",
    "ellipse",
    "figure_eight",
    "fit",
    "jitter",
    "line",
    "loop",
    "merge",
    "mirror",
    "move",
    "offset_copies",
    "pick",
    "ping_pong",
    "reverse",
    "rotate",
    "scale",
    "shake",
    "simplify",
    "smooth",
    "speed",
    "spiral",
    "trim",
    "wave",
    "zigzag",
]
