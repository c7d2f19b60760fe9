"""Mask to Trajectory: the way of a mask through a video."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from .shaping import count, points_in
from .tracked import fps_input, tracked_output, tracked_outputs

CENTROID, BOX_CENTER, CORNERS, BOX = "center of mass", "middle of the box", "corners of the box", "box with size"
PARTS = {CENTROID: "centroid", BOX_CENTER: "box center", CORNERS: "box corners", BOX: "box"}
NAMES = {
    CENTROID: ("center",),
    BOX_CENTER: ("center",),
    CORNERS: ("top left", "top right", "bottom right", "bottom left"),
    BOX: ("center", "right", "bottom"),
}


class ToraMaskToTrajectory(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="ToraMaskToTrajectory",
            display_name="Mask to Trajectory",
            category="Tora/tracking",
            description="Gives the way of a mask through a video, such as that of a segmentation model, as a "
            "trajectory: its middle, or its box.",
            search_aliases=[
                "mask tracking",
                "segment to trajectory",
                "sam2",
                "mask path",
                "bounding box to trajectory",
            ],
            inputs=[
                io.Mask.Input("masks", tooltip="One mask a frame; above one half counts."),
                io.Combo.Input(
                    "follow",
                    options=[CENTROID, BOX_CENTER, CORNERS, BOX],
                    default=CENTROID,
                    tooltip="center of mass: one calm track. middle of the box: one track. corners of the box: four, "
                    "which also tell how it grows. box with size: three, its middle, right side and lower side.",
                ),
                io.Float.Input(
                    "simplify",
                    default=1.0,
                    min=0.0,
                    max=1000.0,
                    step=0.1,
                    round=0.001,
                    tooltip="As few control points as keep every track this near, in pixels, to the mask's way. 0 "
                    "keeps one a frame.",
                ),
                fps_input(),
            ],
            outputs=tracked_outputs(
                "masks", "The way, hidden where the mask is empty.", "The same before it was simplified."
            ),
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def execute(cls, masks, follow, simplify, fps=8.0) -> io.NodeOutput:  # type: ignore[no-untyped-def]
        from .host.status import show_on_node

        tracks, made = followed(masks, follow, simplify, fps)
        empty = int((~tracks.visible[0]).sum())
        hidden = f"; hidden in {count(empty, 'frame')} with an empty mask" if empty else ""
        show_on_node(cls, f"{count(len(made.tracks), 'track')}, {points_in(made)} control points{hidden}.")
        return tracked_output(made, tracks)


def followed(masks: Any, follow: str, simplify: float, fps: float) -> tuple[Any, Any]:
    """The tracks of the masks and the drawing of them. Raises ToraError."""
    from ..tora_core.errors import ToraError
    from ..tora_core.tracking.masks import mask_tracks
    from ..tora_core.trajectory import Tracks
    from ..tora_core.trajectory.shaping.tracked import from_tracked
    from .pictures import as_masks

    if follow not in PARTS:
        raise ToraError(f"follow is {follow!r}, expected one of {', '.join(PARTS)}.")
    found = as_masks(masks)
    positions, visible = mask_tracks(found, PARTS[follow])
    tracks = Tracks(positions, visible, (found.shape[1], found.shape[2]), names=NAMES[follow])
    return tracks, from_tracked(tracks, simplify_px=simplify, fps=fps)
