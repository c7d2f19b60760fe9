"""Example workflows with a ControlNet, on the demo model: with Tora, and with a LoRA besides."""

from __future__ import annotations

from collections.abc import Callable

from workflow_graph import Graph, Node
from workflow_parts import Parts
from workflows_chain import STYLE

EDGES = "tora_demo_edges (bundled)"


def controlnet(graph: Graph) -> None:
    parts, add = Parts(graph), graph.add
    note = graph.note(
        "## Tora and a ControlNet\n\n"
        "One path makes both: *Encode Motion* for Tora, and a drawn square that follows it, whose edges (*Canny*) are "
        "the ControlNet's hint: Tora says where the thing goes, the hint where its outlines are.\n\n"
        "The bundled ControlNet is a small one: alone it puts the thing where the edges are, beside Tora it adds "
        "little, and outlines stay rounder than the hint's.\n\n"
        "*Load ControlNet for CogVideoX* loads the small one that comes with the pack, for edges of the demo model. "
        "ComfyUI's own *Apply ControlNet* puts it into the prompts; give it as many pictures as there are frames.\n\n"
        "Choose another shape or size in *Trajectory to Control Video* and run again. With CogVideoX-5B it is the "
        "same, with its own files in *models/controlnet*.",
        (360, 330),
    )
    loader = add("ToraLoadDemoModel", variant="T2V")
    positive, negative = parts.prompts(loader["clip"], "a yellow square on a blue background")
    path = parts.path(128, 128, 17, [(26, 92), (44, 42), (84, 40), (102, 84)])
    drawn, edges, hinted, control = hint(graph, path, positive, negative, "square", 24)
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


def all_three(graph: Graph) -> None:
    parts, add = Parts(graph), graph.add
    note = graph.note(
        "## Tora, a LoRA and a ControlNet\n\n"
        "All three act on one model: the path by *Apply Tora*, the outlines by the ControlNet in the prompts, the "
        "colors by the LoRA, which turns the ground from brown to green.\n\n"
        "*Load LoRA for CogVideoX* may stand before *Apply Tora* or behind it. Bypass it, *Apply Tora* or "
        "*Apply ControlNet* to see the others alone; each has its own strength.\n\n"
        "This runs with the small model that comes with the pack, without a download.",
        (360, 270),
    )
    loader = add("ToraLoadDemoModel", variant="T2V")
    styled = add("ToraLoadLora", model=loader["model"], lora_name=STYLE, strength=1.0)
    positive, negative = parts.prompts(loader["clip"], "a blue circle on a brown background")
    path = parts.path(128, 128, 17, [(24, 30), (60, 56), (64, 88), (104, 96)])
    drawn, edges, hinted, control = hint(graph, path, positive, negative, "circle", 26)
    motion = parts.motion(loader["vae"], path)
    steered = add("ToraApply", model=styled["model"], tora_model=loader["tora_model"], motion=motion["motion"])
    latent = parts.empty_latent(path)
    sampled = parts.sample(steered["model"], hinted, hinted, latent["latent"], seed=3, outputs=("positive", "negative"))
    decoded = add("VAEDecode", samples=sampled["LATENT"], vae=loader["vae"])
    overlaid = add("ToraOverlayTrajectory", images=decoded["IMAGE"], trajectory=path["trajectory"])
    both = add("ImageStitch", image1=edges["IMAGE"], image2=overlaid["images"], direction="right")
    video, saved = parts.save(both["IMAGE"], "tora_all_three", "Save hint and video side by side")
    graph.lay_out(
        [("", [note]), ("Model", [loader, control])],
        [("LoRA", [styled]), ("Text", [positive, negative]), ("Path", [path])],
        [("Hint", [drawn, edges, hinted])],
        [("Motion", [motion, steered]), ("Size and length", [latent])],
        [("Sampling", [sampled])],
        [("Video", [decoded, overlaid, both, video, saved])],
    )


def hint(
    graph: Graph, path: Node, positive: Node, negative: Node, shape: str, size_px: int
) -> tuple[Node, Node, Node, Node]:
    """A shape drawn along the path, its edges, the prompts that carry them, and the ControlNet's loader."""
    control = graph.add("ToraLoadControlNet", control_net_name=EDGES)
    drawn = graph.add("ToraDrawTrajectory", trajectory=path["trajectory"], style="white shapes", shape=shape)
    drawn.values.update(size=size_px)
    edges = graph.add("Canny", image=drawn["images"], low_threshold=0.4, high_threshold=0.8)
    hinted = graph.add(
        "ControlNetApplyAdvanced",
        positive=positive["CONDITIONING"],
        negative=negative["CONDITIONING"],
        control_net=control["control_net"],
        image=edges["IMAGE"],
        strength=1.0,
        start_percent=0.0,
        end_percent=1.0,
    )
    return drawn, edges, hinted, control


WORKFLOWS: dict[str, Callable[[Graph], None]] = {
    "tora_controlnet": controlnet,
    "tora_lora_and_controlnet": all_three,
}
