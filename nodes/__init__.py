"""The nodes that this pack gives to ComfyUI: one file for each step of a graph, one list of them all.

A node converts, calls `tora_core` and wraps the answer. What knows ComfyUI's insides lives in `nodes/host/`.
Node ids and input names are in people's saved workflows: once released they never change.
"""

from __future__ import annotations

from comfy_api.latest import io

from .apply import ToraApply
from .camera_motion import ToraCameraMotion
from .context_windows import ToraContextWindows
from .convert_lora import ToraConvertLora
from .draw_trajectory import ToraDrawTrajectory
from .dynamic_guidance import ToraDynamicGuidance
from .empty_latent import ToraEmptyLatent
from .encode_motion import ToraEncodeMotion
from .encode_motion_part import ToraEncodeMotionPart
from .export_trajectory import ToraExportTrajectory
from .fit_trajectory import ToraFitTrajectory
from .fix import ToraFixCogVideoX
from .image_to_video import ToraImageToVideo
from .import_trajectory import ToraImportTrajectory
from .jitter_trajectory import ToraJitterTrajectory
from .join_segments import ToraJoinSegments
from .load_cogvideox import ToraLoadCogVideoX
from .load_controlnet import ToraLoadControlNet
from .load_demo import ToraLoadDemoModel
from .load_lora import ToraLoadLora
from .load_tora import ToraLoadModel
from .long_image_to_video import ToraLongImageToVideo
from .mask_to_trajectory import ToraMaskToTrajectory
from .merge_trajectories import ToraMergeTrajectories
from .motion_transfer import ToraMotionTransfer
from .offset_copies import ToraOffsetCopies
from .overlay import ToraOverlayTrajectory
from .pick_tracks import ToraPickTracks
from .region_drag import ToraRegionDrag
from .retime_trajectory import ToraRetimeTrajectory
from .smooth_trajectory import ToraSmoothTrajectory
from .track_video import ToraTrackVideo
from .trajectory_editor import ToraTrajectoryEditor
from .trajectory_preset import ToraTrajectoryPreset
from .trajectory_report import ToraTrajectoryReport
from .trajectory_text import ToraTrajectoryFromText
from .transform_trajectory import ToraTransformTrajectory
from .video_flow import ToraVideoFlow

NODES: list[type[io.ComfyNode]] = [
    ToraLoadDemoModel,
    ToraLoadModel,
    ToraLoadCogVideoX,
    ToraLoadLora,
    ToraConvertLora,
    ToraLoadControlNet,
    ToraTrajectoryEditor,
    ToraTrajectoryFromText,
    ToraTrajectoryPreset,
    ToraTransformTrajectory,
    ToraRetimeTrajectory,
    ToraSmoothTrajectory,
    ToraJitterTrajectory,
    ToraMergeTrajectories,
    ToraPickTracks,
    ToraOffsetCopies,
    ToraFitTrajectory,
    ToraCameraMotion,
    ToraImportTrajectory,
    ToraTrackVideo,
    ToraMotionTransfer,
    ToraMaskToTrajectory,
    ToraRegionDrag,
    ToraVideoFlow,
    ToraEncodeMotion,
    ToraApply,
    ToraFixCogVideoX,
    ToraDynamicGuidance,
    ToraContextWindows,
    ToraEmptyLatent,
    ToraImageToVideo,
    ToraLongImageToVideo,
    ToraEncodeMotionPart,
    ToraJoinSegments,
    ToraOverlayTrajectory,
    ToraTrajectoryReport,
    ToraExportTrajectory,
    ToraDrawTrajectory,
]
"""Every node, in the order of a graph."""
