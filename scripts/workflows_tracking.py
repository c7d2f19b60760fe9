"""Example workflows for motion out of moving pictures: transfer to another picture, regions along masks, a report."""

from __future__ import annotations

from collections.abc import Callable

from workflow_graph import Graph, Node
from workflow_parts import Parts, Points, drawing

FILM: Points = [(24, 92), (44, 44), (76, 36), (104, 72)]


def picture(graph: Graph, left: int, top: int, side: int) -> tuple[Node, Node, Node]:
    """Ground, square and start picture: a red square on blue."""
    add = graph.add
    ground = add("EmptyImage", title="Blue ground", width=128, height=128, color=0x3350A0)
    square = add("EmptyImage", title="Red square", width=side, height=side, color=0xD03030)
    start = add("ImageCompositeMasked", title="New picture", destination=ground["IMAGE"], source=square["IMAGE"])
    start.values.update(x=left, y=top)
    return ground, square, start


def motion_transfer(graph: Graph) -> None:
    parts, add = Parts(graph), graph.add
    note = graph.note(
        "## The motion of one video on the picture of another\n\n"
        "The film is a white square that is drawn here, so that this runs without a download: put *Load Video* in its "
        "place for your own.\n\n"
        "*Track Video* follows two dots, on opposite corners of the square in the first frame. They move as one, so "
        "*merge_similar* makes one track of them, at their middle.\n\n"
        "*Motion Transfer* puts it onto a new picture: the box of the film's first mask goes into that of the red "
        "square, which is found by its color. So the motion begins on the red square, and is smaller as that is.\n\n"
        "The first video is the film with what was found, the second what the model made of it.",
        (360, 460),
    )
    state = drawing(128, 128, 17, {"name": "film", "points": [{"x": x, "y": y} for x, y in FILM]})
    editor = add("ToraTrajectoryEditor", title="The film's motion", drawing=state, width=128, height=128, frames=17)
    film = add(
        "ToraDrawTrajectory", title="A film and its masks", trajectory=editor["trajectory"], style="white shapes"
    )
    film.values.update(shape="square", size=24.0)
    dots = parts.path(128, 128, 17, [(14, 82)], [(34, 102)])
    dots.title = "Dots in the film's first frame"
    tracked = add("ToraTrackVideo", images=film["images"], points="trajectory", trajectory=dots["trajectory"])
    tracked.values.update(merge_similar=3.0)
    seen = add("ToraOverlayTrajectory", images=film["images"], trajectory=tracked["trajectory"])
    ground, square, start = picture(graph, 22, 84, 18)
    region = add("ImageColorToMask", title="The red square", image=start["IMAGE"], color=0xD03030)
    placed = add(
        "ToraMotionTransfer",
        trajectory=tracked["trajectory"],
        fit="masks",
        from_mask=film["masks"],
        to_mask=region["MASK"],
        image=start["IMAGE"],
    )
    model = add("ToraLoadDemoModel", variant="I2V")
    positive, negative = parts.prompts(model["clip"], "a red square on a blue background")
    motion = parts.motion(model["vae"], placed)
    steered, conditioned, sampled = parts.from_picture(model, positive, negative, motion, start, placed)
    decoded = add("VAEDecode", samples=sampled["LATENT"], vae=model["vae"])
    drawn = add("ToraOverlayTrajectory", images=decoded["IMAGE"], trajectory=placed["trajectory"])
    film_video, film_saved = parts.save(seen["images"], "tora_tracked_film", "Save the film with its track")
    video, saved = parts.save(drawn["images"], "tora_transferred", "Save the new video with the track")
    graph.lay_out(
        [("", [note]), ("Model", [model])],
        [("The film", [editor])],
        [("", [film]), ("Dots", [dots])],
        [("Tracking", [tracked, seen, film_video, film_saved])],
        [("New picture", [ground, square, start, region])],
        [("Transfer", [placed]), ("Text", [positive, negative])],
        [("Motion", [motion, steered]), ("From the picture", [conditioned])],
        [("Sampling", [sampled])],
        [("New video", [decoded, drawn, video, saved])],
    )


def region_drag(graph: Graph) -> None:
    parts, add = Parts(graph), graph.add
    note = graph.note(
        "## A region goes the way of a mask\n\n"
        "The masks of a film say how something moves; here they are drawn, from a segmentation model they come just "
        "so. *Mask to Trajectory* makes a path of few points of them.\n\n"
        "*Region Drag* moves a region of the new picture along this path: all of the red square, found by its color. "
        "Its flow goes into *images* of *Encode Motion*, in the place of a trajectory.\n\n"
        "*Video Flow* shows the film's own dense motion; it can go into *images* as well, where film and new picture "
        "agree.",
        (360, 380),
    )
    state = drawing(128, 128, 17, {"name": "film", "points": [{"x": x, "y": y} for x, y in FILM]})
    editor = add("ToraTrajectoryEditor", title="The film's motion", drawing=state, width=128, height=128, frames=17)
    film = add(
        "ToraDrawTrajectory", title="A film and its masks", trajectory=editor["trajectory"], style="white shapes"
    )
    film.values.update(shape="square", size=24.0)
    way = add("ToraMaskToTrajectory", masks=film["masks"])
    flow = add("ToraVideoFlow", images=film["images"])
    ground, square, start = picture(graph, 14, 82, 22)
    region = add("ImageColorToMask", title="The red square", image=start["IMAGE"], color=0xD03030)
    dragged = add("ToraRegionDrag", mask=region["MASK"], trajectory=way["trajectory"])
    model = add("ToraLoadDemoModel", variant="I2V")
    positive, negative = parts.prompts(model["clip"], "a red square on a blue background")
    motion = add("ToraEncodeMotion", vae=model["vae"], images=dragged["flow"])
    steered, conditioned, sampled = parts.from_picture(model, positive, negative, motion, start, way)
    decoded = add("VAEDecode", samples=sampled["LATENT"], vae=model["vae"])
    drawn = add("ToraOverlayTrajectory", images=decoded["IMAGE"], trajectory=way["trajectory"])
    both = add("ImageStitch", image1=flow["flow"], image2=dragged["flow"], direction="right")
    video, saved = parts.save(drawn["images"], "tora_region", "Save the video with the path")
    flow_video, flow_saved = parts.save(both["IMAGE"], "tora_region_flow", "Save both flows side by side")
    graph.lay_out(
        [("", [note]), ("Model", [model])],
        [("The film", [editor])],
        [("", [film, way, flow])],
        [("New picture", [ground, square, start, region])],
        [("Region", [dragged]), ("Text", [positive, negative])],
        [("Motion", [motion, steered]), ("From the picture", [conditioned])],
        [("Sampling", [sampled])],
        [("Video", [decoded, drawn, video, saved])],
        [("Flow pictures", [both, flow_video, flow_saved])],
    )


def trajectory_report(graph: Graph) -> None:
    parts, add = Parts(graph), graph.add
    note = graph.note(
        "## How well was the path followed?\n\n"
        "*Trajectory Report* looks for the thing in every frame and tells how far it is from where it was asked to be: "
        "a picture, numbers and JSON. A frame in which it isn't found counts as half the diagonal.\n\n"
        "The demo model makes one shape on a calm ground, so the *tracker* is *salient*: what stands out. For videos "
        "of large models take *points*, which follows what is at the start of each track.\n\n"
        "The saved video has the asked path in black and the found one in color. Draw another path, or set *strength* "
        "of *Apply Tora* to 0, and compare the figures.",
        (360, 460),
    )
    way = {"name": "asked", "points": [{"x": x, "y": y} for x, y in ((26, 96), (40, 44), (84, 34), (104, 84))]}
    editor = add(
        "ToraTrajectoryEditor", drawing=drawing(128, 128, 17, way), width=128, height=128, frames=17, title="Asked path"
    )
    model = add("ToraLoadDemoModel", variant="T2V")
    positive, negative = parts.prompts(model["clip"], "a red circle on a blue background")
    motion = parts.motion(model["vae"], editor)
    steered = add("ToraApply", model=model["model"], tora_model=model["tora_model"], motion=motion["motion"])
    latent = parts.empty_latent(editor)
    sampled = parts.sample(steered["model"], positive, negative, latent["latent"], seed=3)
    decoded = add("VAEDecode", samples=sampled["LATENT"], vae=model["vae"])
    report = add("ToraTrajectoryReport", images=decoded["IMAGE"], tracker="salient", trajectory=editor["trajectory"])
    saved_report = add("SaveImage", title="Save the report", images=report["report"], filename_prefix="tora_report")
    video, saved = parts.save(report["overlay"], "tora_report", "Save the video with both paths")
    graph.lay_out(
        [("", [note]), ("Model", [model])],
        [("Path", [editor])],
        [("Motion", [motion, steered]), ("Text", [positive, negative])],
        [("Sampling", [latent, sampled])],
        [("Report", [decoded, report])],
        [("Results", [saved_report, video, saved])],
    )


WORKFLOWS: dict[str, Callable[[Graph], None]] = {
    "tora_motion_transfer": motion_transfer,
    "tora_region_drag": region_drag,
    "tora_trajectory_report": trajectory_report,
}
