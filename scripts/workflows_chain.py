"""Example workflows that chain Tora with a LoRA and a ControlNet, on the demo model."""

from __future__ import annotations

from collections.abc import Callable

from workflow_graph import Graph
from workflow_parts import Parts

STYLE = "tora_demo_style.safetensors (bundled)"


def lora(graph: Graph) -> None:
    parts, add = Parts(graph), graph.add
    note = graph.note(
        "## Tora and a LoRA\n\n"
        "*Load LoRA for CogVideoX* takes LoRAs as they are published; here a small one that comes with the pack "
        "and turns the colors of the ground: brown becomes green, blue becomes red.\n\n"
        "Both videos have the same path, prompt and seed, one without the LoRA and one with it.\n\n"
        "The node shows what acts: style, keys, rank and scale. Several in a row add up, before *Apply Tora* or "
        "behind it. With CogVideoX-5B it is the same: its own files in *models/loras*.",
        (340, 300),
    )
    loader = add("ToraLoadDemoModel", variant="T2V")
    styled = add("ToraLoadLora", model=loader["model"], lora_name=STYLE, strength=1.0)
    positive, negative = parts.prompts(loader["clip"], "a blue circle on a brown background")
    path = parts.path(128, 128, 17, [(24, 92), (44, 40), (84, 44), (104, 88)])
    motion = parts.motion(loader["vae"], path)
    latent = parts.empty_latent(path)
    branches = []
    for model, name in ((loader["model"], "without"), (styled["model"], "with")):
        steered = add("ToraApply", model=model, tora_model=loader["tora_model"], motion=motion["motion"])
        sampled = parts.sample(steered["model"], positive, negative, latent["latent"], seed=1)
        decoded = add("VAEDecode", samples=sampled["LATENT"], vae=loader["vae"])
        drawn = add("ToraOverlayTrajectory", images=decoded["IMAGE"], trajectory=path["trajectory"])
        saved = parts.save(drawn["images"], f"tora_lora_{name}", f"Save the video {name} the LoRA")
        branches.append((steered, sampled, [decoded, drawn, *saved]))
    (one, plain, first), (two, changed, second) = branches
    graph.lay_out(
        [("", [note]), ("Model", [loader]), ("LoRA", [styled])],
        [("Text", [positive, negative]), ("Path", [path])],
        [("Motion", [motion, one, two]), ("Size and length", [latent])],
        [("Sampling, without", [plain]), ("Sampling, with", [changed])],
        [("Without the LoRA", first)],
        [("With the LoRA", second)],
    )


WORKFLOWS: dict[str, Callable[[Graph], None]] = {
    "tora_lora": lora,
}
