"""The first example workflows: text and picture to video, on the demo model and with CogVideoX-5B."""

from __future__ import annotations

from collections.abc import Callable

from workflow_graph import Graph
from workflow_parts import IMAGE_5B, IMAGE_TORA, T5, TEXT_5B, TEXT_TORA, VAE_5B, Parts, downloads


def demo(graph: Graph) -> None:
    parts, add = Parts(graph), graph.add
    note = graph.note(
        "## A first video, on any computer\n\n"
        "Press **Run**. The small model that comes with this pack makes a video in which a circle follows the path.\n\n"
        "The path is the text in *Trajectory (text)*: change the numbers and run again. "
        "x goes right, y goes down, in pixels.\n\n"
        "The model knows plain shapes on plain grounds, at 128x128 and 17 frames. It is a demonstration: shapes are "
        "rough, and their color often isn't the one in the words. The two 5B workflows are for real videos.",
        (340, 230),
    )
    loader = add("ToraLoadDemoModel", variant="T2V")
    positive, negative = parts.prompts(loader["clip"], "a red circle on a blue background")
    path = parts.path(128, 128, 17, [(22, 88), (46, 44), (82, 40), (106, 76)])
    motion = parts.motion(loader["vae"], path)
    steered = add("ToraApply", model=loader["model"], tora_model=loader["tora_model"], motion=motion["motion"])
    latent = parts.empty_latent(path)
    sampled = parts.sample(steered["model"], positive, negative, latent["latent"], seed=9)
    decoded = add("VAEDecode", samples=sampled["LATENT"], vae=loader["vae"])
    drawn = add("ToraOverlayTrajectory", images=decoded["IMAGE"], trajectory=path["trajectory"])
    plain_video, plain = parts.save(decoded["IMAGE"], "tora_demo", "Save the video")
    drawn_video, with_path = parts.save(drawn["images"], "tora_demo_path", "Save it with the path drawn on it")
    graph.lay_out(
        [("", [note]), ("Model", [loader])],
        [("Text", [positive, negative]), ("Path", [path])],
        [("Motion", [motion, steered]), ("Size and length", [latent])],
        [("Sampling", [sampled])],
        [("Video", [decoded, plain_video, plain])],
        [("Video and path", [drawn, drawn_video, with_path])],
    )


def two_tracks(graph: Graph) -> None:
    parts, add = Parts(graph), graph.add
    note = graph.note(
        "## Two things, two paths\n\n"
        "One trajectory can hold any number of tracks; each entry of *tracks* is one.\n\n"
        "Here one shape goes up and over to the right while the other goes to the left along the bottom. "
        "The prompt names both things.\n\n"
        "This runs with the small model that comes with the pack, without a download.",
        (340, 220),
    )
    loader = add("ToraLoadDemoModel", variant="T2V")
    text = "a red circle and a yellow square on a blue background"
    positive, negative = parts.prompts(loader["clip"], text)
    tracks = [[(24, 96), (48, 36), (104, 64)], [(100, 100), (72, 92), (28, 108)]]
    path = parts.path(128, 128, 17, *tracks)
    motion = parts.motion(loader["vae"], path)
    steered = add("ToraApply", model=loader["model"], tora_model=loader["tora_model"], motion=motion["motion"])
    latent = parts.empty_latent(path)
    sampled = parts.sample(steered["model"], positive, negative, latent["latent"], seed=2)
    decoded = add("VAEDecode", samples=sampled["LATENT"], vae=loader["vae"])
    drawn = add("ToraOverlayTrajectory", images=decoded["IMAGE"], trajectory=path["trajectory"])
    video, saved = parts.save(drawn["images"], "tora_two_tracks", "Save the video with both paths")
    graph.lay_out(
        [("", [note]), ("Model", [loader])],
        [("Text", [positive, negative]), ("Paths", [path])],
        [("Motion", [motion, steered]), ("Size and length", [latent])],
        [("Sampling", [sampled])],
        [("Video", [decoded, drawn, video, saved])],
    )


def side_by_side(graph: Graph) -> None:
    parts, add = Parts(graph), graph.add
    note = graph.note(
        "## What was asked, beside what came out\n\n"
        "*Overlay Trajectory* draws the asked path on the frames; *Stitch Images* puts them beside the plain ones.\n\n"
        "The trail is the whole path, the dot is where the thing should be now, the arrow head is where the path "
        "ends.\n\n"
        "This is the quickest way to judge strength, end percent and the number of steps.",
        (340, 220),
    )
    loader = add("ToraLoadDemoModel", variant="T2V")
    positive, negative = parts.prompts(loader["clip"], "a yellow circle on a green background")
    wave = [(20, 100), (50, 60), (80, 80), (108, 30)]
    path = parts.path(128, 128, 17, wave)
    motion = parts.motion(loader["vae"], path)
    steered = add("ToraApply", model=loader["model"], tora_model=loader["tora_model"], motion=motion["motion"])
    latent = parts.empty_latent(path)
    sampled = parts.sample(steered["model"], positive, negative, latent["latent"], seed=7)
    decoded = add("VAEDecode", samples=sampled["LATENT"], vae=loader["vae"])
    drawn = add("ToraOverlayTrajectory", images=decoded["IMAGE"], trajectory=path["trajectory"])
    both = add("ImageStitch", image1=decoded["IMAGE"], image2=drawn["images"], direction="right")
    video, saved = parts.save(both["IMAGE"], "tora_side_by_side", "Save both side by side")
    graph.lay_out(
        [("", [note]), ("Model", [loader])],
        [("Text", [positive, negative]), ("Path", [path])],
        [("Motion", [motion, steered]), ("Size and length", [latent])],
        [("Sampling", [sampled])],
        [("Side by side", [decoded, drawn, both])],
        [("Video", [video, saved])],
    )


def demo_from_image(graph: Graph) -> None:
    parts, add = Parts(graph), graph.add
    note = graph.note(
        "## From a picture, on any computer\n\n"
        "The video starts with a given picture: here a red square on blue, made by core nodes. "
        "The path begins on the square.\n\n"
        "Put *Load Image* in place of the three picture nodes to start from your own; the small model knows only "
        "plain shapes.\n\n"
        "Picture, path and latent must have one size: all three take it from the path.",
        (340, 240),
    )
    loader = add("ToraLoadDemoModel", variant="I2V")
    positive, negative = parts.prompts(loader["clip"], "a red square on a blue background")
    points = [(30, 34), (60, 60), (64, 92), (100, 96)]
    path = parts.path(128, 128, 17, points)
    ground = add("EmptyImage", title="Blue ground", width=path["width"], height=path["height"], color=0x3350A0)
    square = add("EmptyImage", title="Red square", width=24, height=24, color=0xD03030)
    start = add("ImageCompositeMasked", title="Start picture", destination=ground["IMAGE"], source=square["IMAGE"])
    start.values.update(x=18, y=22)
    motion = parts.motion(loader["vae"], path)
    steered, conditioned, sampled = parts.from_picture(loader, positive, negative, motion, start, path)
    decoded = add("VAEDecode", samples=sampled["LATENT"], vae=loader["vae"])
    drawn = add("ToraOverlayTrajectory", images=decoded["IMAGE"], trajectory=path["trajectory"])
    video, saved = parts.save(drawn["images"], "tora_from_picture", "Save the video with the path")
    graph.lay_out(
        [("", [note]), ("Model", [loader])],
        [("Text", [positive, negative]), ("Path", [path])],
        [("Start picture", [ground, square, start])],
        [("Motion", [motion, steered]), ("From the picture", [conditioned])],
        [("Sampling", [sampled])],
        [("Video", [decoded, drawn, video, saved])],
    )


def text_to_video_5b(graph: Graph) -> None:
    parts, add = Parts(graph), graph.add
    note = graph.note(
        "## Text to video with CogVideoX-5B\n\n"
        "Describe the scene in the prompt, draw where the thing goes in *Trajectory (text)*, and run.\n\n"
        "480x720 and 49 frames are what the weights were trained for. Out of memory: choose fp8 in "
        "*Load CogVideoX*, or fewer frames (8 times n, plus 1).\n\n"
        "Stiff motion: lower *end_percent* of *Apply Tora* to 0.4. "
        "*Dynamic Guidance* on off keeps cfg the same in every step.\n\n" + downloads(TEXT_5B, *TEXT_TORA, T5, VAE_5B),
        (400, 340),
    )
    model, tora, clip, vae = parts.loaders_5b(TEXT_5B, TEXT_TORA)
    prompt = (
        "A red hot-air balloon drifts over a green valley at sunrise. Thin mist lies between the hills, the camera "
        "stands still, soft warm light, sharp detail."
    )
    positive, negative = parts.prompts(clip["CLIP"], prompt, 170)
    points = [(140, 340), (260, 220), (430, 190), (590, 110)]
    path = parts.path(720, 480, 49, points)
    motion = parts.motion(vae["VAE"], path)
    steered = add("ToraApply", model=model["model"], tora_model=tora["tora_model"], motion=motion["motion"])
    guided = add("ToraDynamicGuidance", model=steered["model"], mode="reference")
    latent = parts.empty_latent(path)
    sampled = parts.sample(guided["model"], positive, negative, latent["latent"], steps=50, cfg=6.0)
    decoded = add("VAEDecode", samples=sampled["LATENT"], vae=vae["VAE"])
    video, saved = parts.save(decoded["IMAGE"], "tora_text_to_video", "Save the video")
    graph.lay_out(
        [("", [note])],
        [("Models", [model, tora, clip, vae])],
        [("Text", [positive, negative]), ("Path", [path])],
        [("Motion", [motion, steered, guided]), ("Size and length", [latent])],
        [("Sampling", [sampled])],
        [("Video", [decoded, video, saved])],
    )


def image_to_video_5b(graph: Graph) -> None:
    parts, add = Parts(graph), graph.add
    note = graph.note(
        "## Picture to video with CogVideoX-5B\n\n"
        "Load a picture, begin the path on the thing that shall move, and say in the prompt what happens.\n\n"
        "The picture is scaled to cover the video and cut at its centre, so one of the same shape stays whole. "
        "The path counts in pixels of the video.\n\n"
        "Both the model and the Tora weights must be the I2V ones; a mix is told before sampling starts.\n\n"
        + downloads(IMAGE_5B, *IMAGE_TORA, T5, VAE_5B),
        (400, 330),
    )
    model, tora, clip, vae = parts.loaders_5b(IMAGE_5B, IMAGE_TORA)
    positive, negative = parts.prompts(
        clip["CLIP"], "The camera stands still while the figure walks to the right.", 130
    )
    points = [(360, 260), (420, 240), (500, 250), (600, 230)]
    path = parts.path(720, 480, 49, points)
    picture = add("LoadImage", image="example.png")
    motion = parts.motion(vae["VAE"], path)
    steered = add("ToraApply", model=model["model"], tora_model=tora["tora_model"], motion=motion["motion"])
    guided = add("ToraDynamicGuidance", model=steered["model"], mode="reference")
    conditioned = add(
        "ToraImageToVideo",
        positive=positive["CONDITIONING"],
        negative=negative["CONDITIONING"],
        vae=vae["VAE"],
        start_image=picture["IMAGE"],
        width=path["width"],
        height=path["height"],
        length=path["frames"],
    )
    sampled = parts.sample(
        guided["model"],
        conditioned,
        conditioned,
        conditioned["latent"],
        steps=50,
        cfg=6.0,
        outputs=("positive", "negative"),
    )
    decoded = add("VAEDecode", samples=sampled["LATENT"], vae=vae["VAE"])
    video, saved = parts.save(decoded["IMAGE"], "tora_image_to_video", "Save the video")
    graph.lay_out(
        [("", [note])],
        [("Models", [model, tora, clip, vae])],
        [("Text", [positive, negative]), ("Path", [path])],
        [("Start picture", [picture]), ("Motion", [motion, steered, guided])],
        [("From the picture", [conditioned]), ("Sampling", [sampled])],
        [("Video", [decoded, video, saved])],
    )


WORKFLOWS: dict[str, Callable[[Graph], None]] = {
    "tora_demo_cpu": demo,
    "tora_demo_from_picture": demo_from_image,
    "tora_two_tracks": two_tracks,
    "tora_overlay_side_by_side": side_by_side,
    "tora_text_to_video_5b": text_to_video_5b,
    "tora_image_to_video_5b": image_to_video_5b,
}
