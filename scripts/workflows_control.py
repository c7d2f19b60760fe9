"""Example workflows with a ControlNet, on the demo model."""

from __future__ import annotations

from collections.abc import Callable

from workflow_graph import Graph
from workflow_parts import Parts

EDGES = "tora_demo_edges (bundled)"


def controlnet(graph: Graph) -> None:
    parts, add = Parts(graph), graph.add
    note = graph.note(
        "## Tora and a ControlNet\n\n"
        "One path makes both: *Encode Motion* for Tora, and a drawn square that follows it, whose edges (*Canny*) are "
        "the ControlNet's hint. Tora says where the thing goes, the hint how it is shaped there.\n\n"
        "*Load ControlNet for CogVideoX* loads the small one that comes with the pack, for edges of the demo model. "
        "ComfyUI's own *Apply ControlNet* puts it into the prompts; give it as many pictures as there are frames.\n\n"
        "Choose another shape or size in *Trajectory to Control Video* and run again. With CogVideoX-5B it is the "
        "same, with its own files in *models/controlnet*.",
        (360, 330),
    )
    loader = add("ToraLoadDemoModel", variant="T2V")
    control = add("ToraLoadControlNet", control_net_name=EDGES)
    positive, negative = parts.prompts(loader["clip"], "a yellow square on a blue background")
    path = parts.path(128, 128, 17, [(26, 92), (44, 42), (84, 40), (102, 84)])
    drawn = add("ToraDrawTrajectory", trajectory=path["trajectory"], style="white shapes", shape="square", size=24)
    edges = add("Canny", image=drawn["images"], low_threshold=0.4, high_threshold=0.8)
    hinted = add(
        "ControlNetApplyAdvanced",
        positive=positive["CONDITIONING"],
        negative=negative["CONDITIONING"],
        control_net=control["control_net"],
        image=edges["IMAGE"],
        strength=1.0,
        start_percent=0.0,
        end_percent=1.0,
    )
    motion = parts.motion(loader["vae"], path)
    steered = add("ToraApply", model=loader["model"], tora_model=loader["tora_model"], motion=motion["motion"])
    latent = parts.empty_latent(path)
    sampled = parts.sample(steered["model"], hinted, hinted, latent["latent"], seed=5, outputs=("positive", "negative"))
    decoded = add("VAEDecode", samples=sampled["LATENT"], vae=loader["vae"])
    both = add("ImageStitch", image1=edges["IMAGE"], image2=decoded["IMAGE"], direction="right")
    video, saved = parts.save(both["IMAGE"], "tora_controlnet", "Save hint and video side by side")
    graph.lay_out(
        [("", [note]), ("Model", [loader, control])],
        [("Text", [positive, negative]), ("Path", [path])],
        [("Hint", [drawn, edges, hinted])],
        [("Motion", [motion, steered]), ("Size and length", [latent])],
        [("Sampling", [sampled])],
        [("Video", [decoded, both, video, saved])],
    )


WORKFLOWS: dict[str, Callable[[Graph], None]] = {
    "tora_controlnet": controlnet,
}
