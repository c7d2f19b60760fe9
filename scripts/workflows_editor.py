"""The example workflow of the trajectory editor: draw, run, see."""

from __future__ import annotations

from collections.abc import Callable

from workflow_graph import Graph
from workflow_parts import Parts, drawing


def editor_demo(graph: Graph) -> None:
    parts, add = Parts(graph), graph.add
    note = graph.note(
        "## Draw where it goes\n\n"
        "Press **Run** first: a circle follows the path that is drawn in *Trajectory Editor*.\n\n"
        "Then draw your own: click on the path and press Delete, press D, draw, and run again. The small "
        "arrows button opens a large view, the question mark lists all keys.\n\n"
        "Width, height, frames and fps are set in the editor; the latent and the video take them from there. "
        "The drawing is saved in the workflow.\n\n"
        "The small model knows plain shapes on plain grounds, at 128x128 and 17 frames.",
        (360, 330),
    )
    loader = add("ToraLoadDemoModel", variant="T2V")
    positive, negative = parts.prompts(loader["clip"], "a red circle on a blue background")
    points = [{"x": 22, "y": 34}, {"x": 40, "y": 88}, {"x": 86, "y": 92}, {"x": 106, "y": 42}]
    state = drawing(128, 128, 17, {"name": "circle", "color": "#e69f00", "points": points})
    editor = add("ToraTrajectoryEditor", drawing=state, width=128, height=128, frames=17, fps=8.0)
    motion = add("ToraEncodeMotion", vae=loader["vae"], trajectory=editor["trajectory"])
    steered = add("ToraApply", model=loader["model"], tora_model=loader["tora_model"], motion=motion["motion"])
    latent = parts.empty_latent(editor)
    sampled = parts.sample(steered["model"], positive, negative, latent["latent"], seed=9)
    decoded = add("VAEDecode", samples=sampled["LATENT"], vae=loader["vae"])
    drawn = add("ToraOverlayTrajectory", images=decoded["IMAGE"], trajectory=editor["trajectory"])
    plain_video, plain = parts.save(decoded["IMAGE"], "tora_editor_demo", "Save the video", editor["fps"])
    title = "Save it with the path drawn on it"
    path_video, path = parts.save(drawn["images"], "tora_editor_demo_path", title, editor["fps"])
    graph.lay_out(
        [("", [note]), ("Model", [loader])],
        [("Path", [editor])],
        [("Text", [positive, negative]), ("Motion", [motion, steered]), ("Size and length", [latent])],
        [("Sampling", [sampled])],
        [("Video", [decoded, plain_video, plain])],
        [("Video and path", [drawn, path_video, path])],
    )


WORKFLOWS: dict[str, Callable[[Graph], None]] = {"tora_editor_demo": editor_demo}
