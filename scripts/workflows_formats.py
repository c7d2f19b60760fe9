"""Example workflows for trajectories of other tools, for the camera, and for motion from ready-made parts."""

from __future__ import annotations

import json
import math
from collections.abc import Callable

from workflow_graph import Graph
from workflow_parts import Parts, drawing

KJ_CANVAS, KJ_SAMPLES = 512, 24


def spline_samples() -> str:
    """What KJNodes' Spline Editor gives for three splines on 512x512: samples in whole pixels, the last one a slip."""

    def sampled(at: Callable[[float], tuple[float, float]]) -> list[dict[str, int]]:
        places = [at(number / (KJ_SAMPLES - 1)) for number in range(KJ_SAMPLES)]
        return [{"x": round(x), "y": round(y)} for x, y in places]

    over = sampled(lambda t: (90 + 330 * t, 350 - 240 * math.sin(math.pi * t)))
    below = sampled(lambda t: (410 - 300 * t, 420 - 40 * math.sin(2 * math.pi * t)))
    slip = sampled(lambda t: (500.0, 8 + 3 * t))
    return json.dumps([over, below, slip])


def from_spline_editor(graph: Graph) -> None:
    parts, add = Parts(graph), graph.add
    note = graph.note(
        "## From KJNodes' Spline Editor\n\n"
        "With KJNodes installed wire the *coord_str* of its *Spline Editor* into *Import Trajectory*. Here its text "
        "stands in a text node, so that this runs without that pack.\n\n"
        f"The splines were drawn on {KJ_CANVAS}x{KJ_CANVAS}: that is said in *Import Trajectory*. *Pick Tracks* leaves "
        "out a third one that was a slip, *Smooth Trajectory* turns 24 samples of each into a few points, and *Fit "
        "Trajectory* brings them to the size of the video.\n\n"
        "The texts of other tools go the same way, files of the input folder too.",
        (360, 330),
    )
    loader = add("ToraLoadDemoModel", variant="T2V")
    positive, negative = parts.prompts(loader["clip"], "a red circle and a yellow square on a blue background")
    title = "coord_str of KJNodes' Spline Editor"
    text = add("PrimitiveStringMultiline", title=title, value=spline_samples())
    source = add("ToraImportTrajectory", text=text["STRING"], width=KJ_CANVAS, height=KJ_CANVAS, frames=17)
    picked = add("ToraPickTracks", trajectory=source["trajectory"], tracks="1-2")
    smooth = add("ToraSmoothTrajectory", trajectory=picked["trajectory"], smooth=1.0, simplify=4.0)
    fitted = add("ToraFitTrajectory", trajectory=smooth["trajectory"], width=128, height=128)
    motion = add("ToraEncodeMotion", vae=loader["vae"], trajectory=fitted["trajectory"])
    steered = add("ToraApply", model=loader["model"], tora_model=loader["tora_model"], motion=motion["motion"])
    latent = add("ToraEmptyLatent", width=fitted["width"], height=fitted["height"], length=source["frames"])
    sampled = parts.sample(steered["model"], positive, negative, latent["latent"], seed=2)
    decoded = add("VAEDecode", samples=sampled["LATENT"], vae=loader["vae"])
    drawn = add("ToraOverlayTrajectory", images=decoded["IMAGE"], trajectory=fitted["trajectory"])
    video, saved = parts.save(drawn["images"], "tora_spline_editor", "Save the video with both paths")
    graph.lay_out(
        [("", [note]), ("Model", [loader])],
        [("Text", [positive, negative]), ("From the other editor", [text, source])],
        [("Shaping", [picked, smooth, fitted])],
        [("Motion", [motion, steered]), ("Size and length", [latent])],
        [("Sampling", [sampled])],
        [("Video", [decoded, drawn, video, saved])],
    )


def camera(graph: Graph) -> None:
    parts, add = Parts(graph), graph.add
    note = graph.note(
        "## The camera moves, one thing stays\n\n"
        "The camera goes to the right. The yellow square stands in the scene, so it moves to the left: *Camera Motion* "
        "makes that of its track, which is one point.\n\n"
        "The red square is held in its place, as if it went along with the camera. A point that stands still is no "
        "motion for Tora, and the model then forgets the thing. A circle of two pixels is motion enough to hold it. "
        "Try it: set *radius* to 0 and run again.\n\n"
        "This is so with the small model that comes with the pack, which knows no moving grounds. For a model that "
        "does, set *how* to *as new tracks*: a grid moves all of the scene.",
        (360, 380),
    )
    loader = add("ToraLoadDemoModel", variant="I2V")
    positive, negative = parts.prompts(loader["clip"], "a red square and a yellow square on a blue background")
    ground = add("EmptyImage", title="Blue ground", width=128, height=128, color=0x3350A0)
    red = add("EmptyImage", title="Red square", width=22, height=22, color=0xD03030)
    yellow = add("EmptyImage", title="Yellow square", width=22, height=22, color=0xF0D030)
    one = add("ImageCompositeMasked", title="With the red one", destination=ground["IMAGE"], source=red["IMAGE"])
    one.values.update(x=23, y=23)
    start = add("ImageCompositeMasked", title="Start picture", destination=one["IMAGE"], source=yellow["IMAGE"])
    start.values.update(x=85, y=81)
    state = drawing(128, 128, 17, {"name": "yellow", "points": [{"x": 96, "y": 92}]})
    editor = add(
        "ToraTrajectoryEditor",
        title="Where things stand in the scene",
        drawing=state,
        width=128,
        height=128,
        frames=17,
        background=start["IMAGE"],
    )
    held = add(
        "ToraTrajectoryPreset",
        title="Hold the red square",
        width=editor["width"],
        height=editor["height"],
        frames=editor["frames"],
        **{"preset": "circle", "preset.center_x": 0.265, "preset.center_y": 0.265, "preset.radius": 0.016},
        name="held",
    )
    moved = add("ToraCameraMotion", trajectory=editor["trajectory"], pan=50.0, how="added to tracks")
    both = add(
        "ToraMergeTrajectories",
        **{"trajectories.trajectory_1": moved["trajectory"], "trajectories.trajectory_2": held["trajectory"]},
    )
    motion = parts.motion(loader["vae"], both)
    steered, conditioned, sampled = parts.from_picture(loader, positive, negative, motion, start, editor)
    decoded = add("VAEDecode", samples=sampled["LATENT"], vae=loader["vae"])
    drawn = add("ToraOverlayTrajectory", images=decoded["IMAGE"], trajectory=both["trajectory"])
    plain_video, plain = parts.save(decoded["IMAGE"], "tora_camera", "Save the video")
    drawn_video, with_path = parts.save(drawn["images"], "tora_camera_paths", "Save it with the paths drawn on it")
    graph.lay_out(
        [("", [note]), ("Model", [loader])],
        [("Text", [positive, negative]), ("Start picture", [ground, red, yellow, one, start])],
        [("The scene", [editor])],
        [("Paths", [held, moved, both])],
        [("Motion", [motion, steered]), ("From the picture", [conditioned])],
        [("Sampling", [sampled])],
        [("Video", [decoded, plain_video, plain])],
        [("Video and paths", [drawn, drawn_video, with_path])],
    )


def shaping(graph: Graph) -> None:
    parts, add = Parts(graph), graph.add
    width, height, frames = 320, 320, 49
    note = graph.note(
        "## Motion from ready-made parts\n\n"
        "No model is needed here: the result are the paths, and a control video of them for models that take one.\n\n"
        "A circle is made smaller and moved up; two copies follow it, each a little later. A ball bounces there and "
        "back. Both are merged, the birds tremble a little, and the camera goes back and to the right.\n\n"
        "*bird\\** in the *tracks* of a node means all whose name begins so; *1, 3-5*, *last* and *not 2* work too. "
        "Each node says what it did.",
        (340, 300),
    )
    circle = add(
        "ToraTrajectoryPreset",
        title="Bird",
        width=width,
        height=height,
        frames=frames,
        **{"preset": "circle", "preset.radius": 0.4},
        name="bird",
    )
    ball = add(
        "ToraTrajectoryPreset",
        title="Ball",
        width=width,
        height=height,
        frames=frames,
        **{"preset": "bounce", "preset.start_x": 0.1, "preset.start_y": 0.85, "preset.end_x": 0.9},
        **{"preset.end_y": 0.85},
        name="ball",
    )
    higher = add("ToraTransformTrajectory", trajectory=circle["trajectory"], scale=0.6, move_y=-60.0)
    flock = add("ToraOffsetCopies", trajectory=higher["trajectory"], count=2, offset_x=0.0, offset_y=14.0, delay=0.06)
    later = add("ToraRetimeTrajectory", trajectory=ball["trajectory"], **{"operation": "ping-pong"})
    scene = add(
        "ToraMergeTrajectories",
        **{"trajectories.trajectory_1": flock["trajectory"], "trajectories.trajectory_2": later["trajectory"]},
    )
    trembling = add("ToraJitterTrajectory", trajectory=scene["trajectory"], amount=3.0, seed=1, tracks="bird*")
    seen = add(
        "ToraCameraMotion",
        trajectory=trembling["trajectory"],
        pan=40.0,
        zoom=0.8,
        easing="in-out",
        how="added to tracks",
    )
    control = add("ToraDrawTrajectory", trajectory=seen["trajectory"], style="white shapes")
    control.values["size"] = 24.0
    paper = add("EmptyImage", title="Paper", width=width, height=height, batch_size=frames, color=0x202428)
    drawn = add("ToraOverlayTrajectory", images=paper["IMAGE"], trajectory=seen["trajectory"])
    drawn_video, paths = parts.save(drawn["images"], "tora_paths", "Save the paths")
    control_video, shapes = parts.save(control["images"], "tora_control", "Save the control video")
    graph.lay_out(
        [("", [note])],
        [("Ready-made paths", [circle, ball])],
        [("A flock", [higher, flock]), ("There and back", [later])],
        [("The scene", [scene, trembling]), ("Camera", [seen])],
        [("Paths", [paper, drawn, drawn_video, paths])],
        [("Control video", [control, control_video, shapes])],
    )


WORKFLOWS: dict[str, Callable[[Graph], None]] = {
    "tora_from_spline_editor": from_spline_editor,
    "tora_camera_and_still_object": camera,
    "tora_shaping": shaping,
}
