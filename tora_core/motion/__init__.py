"""Motion: tracks to flow pictures, flow pictures' latents to features, features into the blocks."""

from .color import flow_to_rgb
from .extractor import TrajectoryExtractor, initialise_extractor
from .flow import flow_norm, render_flow, render_motion
from .fuser import MotionFuser, MotionGuidanceFuser, initialise_fuser
from .fuser_variants import FUSERS, CrossAttentionFuser, ExtraChannelFuser
from .guidance import MotionGuidance, as_guidances, fuse

__all__ = [
    "FUSERS",
    "CrossAttentionFuser",
    "ExtraChannelFuser",
    "MotionFuser",
    "MotionGuidance",
    "MotionGuidanceFuser",
    "TrajectoryExtractor",
    "as_guidances",
    "flow_norm",
    "flow_to_rgb",
    "fuse",
    "initialise_extractor",
    "initialise_fuser",
    "render_flow",
    "render_motion",
]
