"""Video Flow: the dense motion of a video as flow pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from comfy_api.latest import io

from ..tora_core.errors import ToraError
from .pictures import check_links
from .shaping import why_not
from .track_video import DIS, MODEL

if TYPE_CHECKING:
    import torch

LINKS = {
    **{"images": "IMAGE", "mask": "MASK", "optical_flow": "OPTICAL_FLOW", "method": "COMBO"},
    **dict.fromkeys(("still_below", "full_color_at"), "FLOAT"),
}


class ToraVideoFlow(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        def speed(name: str, default: float, tooltip: str) -> io.Input:
            return io.Float.Input(name, default=default, min=0.0, max=10_000.0, step=0.1, round=0.001, tooltip=tooltip)

        return io.Schema(
            node_id="ToraVideoFlow",
            display_name="Video Flow",
            category="Tora/tracking",
            description="Finds the motion of every pixel of a video and gives it as flow pictures for the images input "
            "of Encode Motion: dense motion instead of a few tracks. Needs no weights.",
            search_aliases=["optical flow", "dense flow", "video motion", "flow map", "raft", "motion from video"],
            inputs=[
                io.Image.Input("images", tooltip="The video, one picture a frame, of the size of the new one."),
                io.Combo.Input(
                    "method",
                    options=[DIS, MODEL],
                    default=DIS,
                    tooltip="dis flow: dense inverse search, without weights. optical flow model: what is wired into "
                    "optical_flow.",
                ),
                speed(
                    "still_below",
                    0.25,
                    "Pixels that move by less than this a frame are drawn still: it takes out the noise of the search.",
                ),
                speed(
                    "full_color_at",
                    0.0,
                    "The speed in pixels a frame that gets the full color; faster ones are drawn as fast as this. 0 "
                    "takes the fastest of the clip, after the fastest thousandth, which mostly is error.",
                ),
                io.Mask.Input(
                    "mask",
                    optional=True,
                    tooltip="Only motion inside of it is kept: one mask, or one a frame.",
                ),
                io.Custom("OPTICAL_FLOW").Input(
                    "optical_flow",
                    optional=True,
                    tooltip="For the optical flow model: from Load Optical Flow Model. Only run with random weights "
                    "so far.",
                ),
            ],
            outputs=[
                io.Image.Output(
                    display_name="flow", tooltip="Flow pictures, one a frame: color is direction, white is still."
                )
            ],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def validate_inputs(cls, input_types=None, method=None) -> bool | str:  # type: ignore[no-untyped-def]
        linked = input_types or {}
        return why_not(lambda: check_links(linked, LINKS), lambda: check_model(method, linked))

    @classmethod
    def execute(  # type: ignore[no-untyped-def]
        cls, images, method, still_below, full_color_at, mask=None, optical_flow=None
    ) -> io.NodeOutput:
        from .host.progress import progress
        from .host.status import show_on_node

        check_model(method, () if optical_flow is None else ("optical_flow",))
        flow = found(images, method, optical_flow, progress())
        pictures, top, moving = colored(flow, still_below, full_color_at, mask)
        show_on_node(cls, f"Full color is {top:.3g} px/frame; {100 * moving:.0f} % of the pixels move.")
        return io.NodeOutput(pictures)


def check_model(method: Any, wired: Any) -> None:
    """Raise ToraError where a model is asked for and none is wired in."""
    if method == MODEL and "optical_flow" not in wired:
        raise ToraError(
            f"method is {MODEL}, but none is wired into optical_flow of Video Flow: Load Optical Flow Model gives one."
        )


def found(images: Any, method: str, optical_flow: Any, progress: Any) -> torch.Tensor:
    """The flow of the video, float32 (F, H, W, 2). Raises ToraError."""
    import torch

    from ..tora_core.tracking.dis_flow import video_flow
    from .pictures import as_bytes

    flow_of = None
    if method == MODEL:
        from .host.optical_flow import host_flow

        flow_of = host_flow(optical_flow)
    return torch.from_numpy(video_flow(as_bytes(images), flow_of=flow_of, progress=progress))


def colored(
    flow: torch.Tensor, still_below: float, full_color_at: float, mask: Any
) -> tuple[torch.Tensor, float, float]:
    """Flow pictures (F, H, W, 3), the speed of the full color, and the share of pixels that move. Raises ToraError."""
    import torch

    from ..tora_core.motion.color import flow_to_rgb
    from .pictures import as_masks, check_same_size

    speed = flow.norm(dim=-1)
    moves = speed >= max(still_below, 1e-6)
    if mask is not None:
        inside = torch.from_numpy(as_masks(mask))
        check_same_size("the mask", tuple(inside.shape[1:]), "the video is", tuple(flow.shape[1:3]))
        if len(inside) not in (1, len(flow)):
            raise ToraError(f"there are {len(inside)} masks and {len(flow)} pictures, expected one mask, or one each.")
        moves &= inside
    flow = flow * moves[..., None]
    moving = speed[moves]
    top = full_color_at
    if not top and len(moving):
        # By hand: torch's own quantile refuses more than 16 million numbers.
        top = float(moving.kthvalue(max(1, round(0.999 * len(moving)))).values)
    share = float(moves[1:].float().mean()) if len(moves) > 1 else 0.0
    return flow_to_rgb(flow, max_norm=top), top, share
