"""Region Drag: what lies inside a mask moves along a path, as flow pictures."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from ..tora_core.errors import SizeError, ToraError
from .shaping import EASING_TIP, EASINGS, check_tracks, chosen, degrees, tracks_input, why_not
from .sockets import TrajectorySocket


class ToraRegionDrag(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="ToraRegionDrag",
            display_name="Region Drag",
            category="Tora/tracking",
            description="Moves what lies inside a mask along a path and gives the flow pictures of it for Encode "
            "Motion: all of the region moves, not only a dot on it. It can turn and grow on its way.",
            search_aliases=["drag region", "motion brush", "mask motion", "move object", "local flow", "drag anything"],
            inputs=[
                io.Mask.Input("mask", tooltip="The region in the first frame; of several masks the first."),
                TrajectorySocket.Input(
                    "trajectory",
                    tooltip="Its way, of the mask's size. One track moves it; two or more also turn and scale it as "
                    "they do among themselves. Its frame count is that of the flow.",
                ),
                degrees("rotate", "Degrees by which the region has turned clockwise about its middle at the end."),
                io.Float.Input(
                    "scale",
                    default=1.0,
                    min=0.01,
                    max=100.0,
                    step=0.05,
                    round=0.0001,
                    tooltip="How many times larger the region is at the end.",
                ),
                io.Combo.Input(
                    "easing",
                    options=EASINGS,
                    default="linear",
                    tooltip=f"How rotate and scale run over the clip. {EASING_TIP}",
                ),
                io.Float.Input(
                    "soft_edge",
                    default=4.0,
                    min=0.0,
                    max=1000.0,
                    step=0.5,
                    round=0.001,
                    tooltip="How softly the flow ends at the region's border: the sigma of a Gaussian in pixels. 0 is "
                    "a hard border; the weights were trained on soft ones.",
                ),
                tracks_input("Which tracks are the way"),
            ],
            outputs=[
                io.Image.Output(display_name="flow", tooltip="Flow pictures, for the images input of Encode Motion."),
                io.Mask.Output(display_name="masks", tooltip="Where the region is in each frame."),
            ],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def validate_inputs(cls, tracks=None) -> bool | str:  # type: ignore[no-untyped-def]
        return why_not(lambda: check_tracks(tracks))

    @classmethod
    def execute(  # type: ignore[no-untyped-def]
        cls, mask, trajectory, rotate, scale, easing, soft_edge, tracks=""
    ) -> io.NodeOutput:
        from .host.status import show_on_node

        flow, masks, fastest = dragged(mask, trajectory, rotate, scale, easing, soft_edge, tracks)
        frames, height, width = masks.shape
        show_on_node(cls, f"{width}x{height}, {frames} frames; at most {fastest:.3g} px/frame.")
        return io.NodeOutput(flow, masks)


def dragged(
    mask: Any, trajectory: Any, rotate: float, scale: float, easing: str, soft_edge: float, tracks: str
) -> tuple[Any, Any, float]:
    """Flow pictures (F, H, W, 3), where the region is (F, H, W), and the fastest move. Raises ToraError."""
    import torch

    from ..tora_core.motion.color import flow_to_rgb, largest_norm
    from ..tora_core.motion.drag import drag_flow, drag_poses, drag_region
    from ..tora_core.trajectory.easing import ease
    from ..tora_core.trajectory.shaping import pick
    from .pictures import one_mask

    region = one_mask(mask)
    if region.shape != (trajectory.height, trajectory.width):
        raise SizeError(
            f"the mask is {region.shape[0]}x{region.shape[1]} (height x width), the trajectory {trajectory.height}x"
            f"{trajectory.width}. Draw it on the mask's picture, or scale it with Fit Trajectory."
        )
    way = pick(trajectory, chosen(trajectory, tracks))
    if not way.tracks:
        raise ToraError("the trajectory has no tracks, expected at least one: it is the way of the region.")
    poses = drag_poses(region, way.sample(), degrees=rotate, scale=scale, ease=lambda t: ease(easing, t))
    flow = drag_flow(region, poses, soft_px=soft_edge)
    fastest = largest_norm(flow)
    masks = torch.from_numpy(drag_region(region, poses)).float()
    return flow_to_rgb(flow, max_norm=fastest), masks, fastest
