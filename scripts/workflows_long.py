"""Example workflows for long videos: by context windows, and by a chain of image-to-video segments."""

from __future__ import annotations

from collections.abc import Callable

from workflow_graph import Graph
from workflow_parts import Parts, Points

LENGTH = 97
WALK: Points = [
    *[
        (20, 100),
        (40, 40),
        (84, 28),
        (108, 70),
        (84, 104),
        (44, 96),
        (24, 56),
        (56, 24),
        (100, 40),
        (104, 92),
        (60, 108),
    ],
    *[(24, 76), (44, 36), (92, 52)],
]
"""About five pixels a frame over 97 frames: as fast as the paths that the demo model knows."""


def windows(graph: Graph) -> None:
    parts, add = Parts(graph), graph.add
    note = graph.note(
        "## A long video in windows\n\n"
        "97 frames with a model that knows 17: each step works on windows of 17 frames that overlap by 8. The path "
        "runs through all of them.\n\n"
        "With CogVideoX-5B: windows of 49 frames that overlap by 16.\n\n"
        "This runs with the small model that comes with the pack, in a minute or two on a CPU.",
        (340, 250),
    )
    loader = add("ToraLoadDemoModel", variant="T2V")
    positive, negative = parts.prompts(loader["clip"], "a yellow square on a blue background")
    path = parts.path(128, 128, LENGTH, WALK)
    motion = parts.motion(loader["vae"], path)
    steered = add("ToraApply", model=loader["model"], tora_model=loader["tora_model"], motion=motion["motion"])
    long = add("ToraContextWindows", model=steered["model"], window_frames=17, overlap=8)
    latent = parts.empty_latent(path)
    sampled = parts.sample(long["model"], positive, negative, latent["latent"], seed=4, steps=15)
    decoded = add("VAEDecode", samples=sampled["LATENT"], vae=loader["vae"])
    drawn = add("ToraOverlayTrajectory", images=decoded["IMAGE"], trajectory=path["trajectory"])
    video, saved = parts.save(drawn["images"], "tora_long_windows", "Save the video with the path")
    graph.lay_out(
        [("", [note]), ("Model", [loader])],
        [("Text", [positive, negative]), ("Path", [path])],
        [("Motion", [motion, steered, long]), ("Size and length", [latent])],
        [("Sampling", [sampled])],
        [("Video", [decoded, drawn, video, saved])],
    )


def segments(graph: Graph) -> None:
    parts, add = Parts(graph), graph.add
    note = graph.note(
        "## A long video in segments\n\n"
        "Image to video over and over: the last frame of each segment starts the next. *Long Image to Video* becomes "
        "the ordinary nodes of each segment when it runs.\n\n"
        "The path is drawn once, for all 97 frames.\n\n"
        "This runs with the small model that comes with the pack, in a minute or two on a CPU.",
        (340, 250),
    )
    loader = add("ToraLoadDemoModel", variant="I2V")
    positive, negative = parts.prompts(loader["clip"], "a red square on a blue background")
    path = parts.path(128, 128, LENGTH, WALK)
    ground = add("EmptyImage", title="Blue ground", width=path["width"], height=path["height"], color=0x3350A0)
    square = add("EmptyImage", title="Red square", width=24, height=24, color=0xD03030)
    start = add("ImageCompositeMasked", title="Start picture", destination=ground["IMAGE"], source=square["IMAGE"])
    start.values.update(x=8, y=88)
    made = add(
        "ToraLongImageToVideo",
        model=loader["model"],
        tora_model=loader["tora_model"],
        vae=loader["vae"],
        positive=positive["CONDITIONING"],
        negative=negative["CONDITIONING"],
        start_image=start["IMAGE"],
        trajectory=path["trajectory"],
        width=path["width"],
        height=path["height"],
        length=path["frames"],
        segment_length=17,
        seed=1,
        steps=15,
        cfg=3.0,
    )
    drawn = add("ToraOverlayTrajectory", images=made["images"], trajectory=path["trajectory"])
    video, saved = parts.save(drawn["images"], "tora_long_segments", "Save the video with the path")
    graph.lay_out(
        [("", [note]), ("Model", [loader])],
        [("Text", [positive, negative]), ("Path", [path])],
        [("Start picture", [ground, square, start])],
        [("All segments", [made])],
        [("Video", [drawn, video, saved])],
    )


WORKFLOWS: dict[str, Callable[[Graph], None]] = {"tora_long_windows": windows, "tora_long_segments": segments}
