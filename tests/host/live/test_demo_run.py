"""The demo workflow through the real server's HTTP API, as a browser runs it."""

from __future__ import annotations

import io
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from tora_core.evaluation.traj_error import trajectory_error
from tora_core.tracking.color import locate_salient
from tora_core.trajectory import Trajectory

pytestmark = pytest.mark.host

EXAMPLES = Path(__file__).resolve().parents[3] / "example_workflows"
STEPS = 25


def prompt_of(name: str, scripts: dict[str, ModuleType], object_info: dict[str, Any]) -> dict[str, Any]:
    workflow = json.loads((EXAMPLES / f"{name}.json").read_text("utf-8"))
    return scripts["workflow_prompt"].to_prompt(workflow, object_info)


def nodes(prompt: dict[str, Any], kind: str) -> list[str]:
    return [number for number, node in prompt.items() if node["class_type"] == kind]


def frames_of(file: Path) -> np.ndarray:
    """uint8 (F, H, W, 3) of a video file."""
    import av

    with av.open(str(file)) as container:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])


@pytest.fixture(scope="module")
def prompt(workflow_scripts: dict[str, ModuleType], object_info: dict[str, Any]) -> dict[str, Any]:
    return prompt_of("tora_demo_cpu", workflow_scripts, object_info)


@pytest.fixture(scope="module")
def short(prompt: dict[str, Any]) -> dict[str, Any]:
    """The demo with another seed and two steps."""
    (sampler,) = nodes(prompt, "KSampler")
    return {**prompt, sampler: {**prompt[sampler], "inputs": {**prompt[sampler]["inputs"], "seed": 1, "steps": 2}}}


@pytest.fixture(scope="module")
def stopped(live: Any, prompt: dict[str, Any]) -> Any:
    """The demo, interrupted after its third step."""

    def stop(kind: str, data: dict[str, Any]) -> None:
        if kind == "progress" and data["max"] == STEPS and data["value"] == 3:
            live.interrupt()

    return live.run(prompt, stop)


@pytest.fixture(scope="module")
def mismatched(live: Any, prompt: dict[str, Any], stopped: Any) -> Any:
    """Then the demo with a latent of another width than the motion."""
    (latent,) = nodes(prompt, "ToraEmptyLatent")
    wide = {**prompt[latent], "inputs": {**prompt[latent]["inputs"], "width": 160}}
    return live.run({**prompt, latent: wide})


@pytest.fixture(scope="module")
def ran(live: Any, prompt: dict[str, Any], mismatched: Any) -> Any:
    """The demo as it is, to its end, after an interrupt and after an error."""
    return live.run(prompt)


@pytest.fixture(scope="module")
def video(live: Any, prompt: dict[str, Any], ran: Any) -> np.ndarray:
    """The plain video, uint8 (F, H, W, 3): the saver whose name doesn't end with `path`."""
    savers = {prompt[number]["inputs"]["filename_prefix"]: number for number in nodes(prompt, "SaveVideo")}
    (file,) = live.output_files(ran, savers["video/tora_demo"])
    return frames_of(file)


def test_an_interrupt_ends_the_run_in_the_sampler_within_a_few_steps(stopped: Any, prompt: dict[str, Any]) -> None:
    assert stopped.end == "interrupted"
    (told,) = stopped.of("execution_interrupted")
    (sampler,) = nodes(prompt, "KSampler")
    assert told["node_id"] == sampler
    # Other nodes tell of their progress too, in bytes loaded for one.
    assert 3 <= max(data["value"] for data in stopped.of("progress") if data["node"] == sampler) < STEPS
    assert not stopped.outputs


def test_a_size_that_the_latent_does_not_have_is_told_in_words(mismatched: Any, prompt: dict[str, Any]) -> None:
    assert mismatched.end == "error"
    (told,) = mismatched.of("execution_error")
    assert [told["node_id"]] == nodes(prompt, "KSampler")
    assert "128x128" in told["exception_message"] and "128x160" in told["exception_message"]
    assert not mismatched.outputs


def test_the_run_after_an_interrupt_and_an_error_succeeds_and_saves_two_videos(
    ran: Any, live: Any, prompt: dict[str, Any]
) -> None:
    assert (ran.end, ran.of("execution_error")) == ("success", [])
    assert set(nodes(prompt, "SaveVideo")) <= set(ran.outputs)
    files = [file for number in nodes(prompt, "SaveVideo") for file in live.output_files(ran, number)]
    assert sorted(file.name for file in files) == ["tora_demo_00001_.mp4", "tora_demo_path_00001_.mp4"]


def test_the_video_has_17_frames_of_128x128(video: np.ndarray) -> None:
    assert video.shape == (17, 128, 128, 3)


def test_the_path_is_drawn_on_the_second_video_only(
    ran: Any, live: Any, prompt: dict[str, Any], video: np.ndarray
) -> None:
    savers = {prompt[number]["inputs"]["filename_prefix"]: number for number in nodes(prompt, "SaveVideo")}
    drawn = frames_of(*live.output_files(ran, savers["video/tora_demo_path"]))
    assert drawn.shape == video.shape
    difference = np.abs(drawn.astype(int) - video).max(-1)
    # Trail and point of the last frame: thin against the picture, plain to see.
    assert 0.005 < (difference[-1] > 60).mean() < 0.2


def test_the_shape_follows_the_path_as_closely_as_in_the_librarys_own_video(
    video: np.ndarray, prompt: dict[str, Any]
) -> None:
    import torch

    import tora_core

    (number,) = nodes(prompt, "ToraTrajectoryFromText")
    trajectory = Trajectory.from_json(prompt[number]["inputs"]["text"])
    asked = trajectory.sample().points_px[0]
    (sampler,) = nodes(prompt, "KSampler")
    words = next(node["inputs"]["text"] for node in prompt.values() if node["_meta"]["title"] == "Prompt")
    # The noise that ComfyUI draws for this seed: the seed decides more about the path than anything else here.
    noise = torch.randn((1, 16, 5, 16, 16), generator=torch.manual_seed(prompt[sampler]["inputs"]["seed"]))
    result = tora_core.load_pipeline()(
        prompt=words,
        trajectory=trajectory,
        height=128,
        width=128,
        num_frames=17,
        num_inference_steps=STEPS,
        guidance_scale=prompt[sampler]["inputs"]["cfg"],
        dynamic_guidance="off",
        latents=noise.permute(0, 2, 1, 3, 4).contiguous(),
        output_type="np",
    )
    library = (result.frames[0].clip(0, 1) * 255).round().astype(np.uint8)

    def error_px(frames: np.ndarray) -> float:
        path, found = locate_salient(frames)
        return trajectory_error(asked, path, size=(128, 128), found=found).euclidean_px

    assert error_px(video) <= error_px(library) + 1
    assert error_px(library) < 10  # Or there would be nothing to compare with.


def test_progress_is_told_step_by_step_in_both_ways(ran: Any, prompt: dict[str, Any]) -> None:
    (sampler,) = nodes(prompt, "KSampler")
    steps = [data["value"] for data in ran.of("progress") if data["node"] == sampler]
    assert steps[-1] == STEPS and steps == sorted(steps) and len(set(steps)) == STEPS
    states = [data["nodes"][sampler] for data in ran.of("progress_state") if sampler in data["nodes"]]
    assert {(state["value"], state["max"]) for state in states} >= {(step, STEPS) for step in range(1, STEPS + 1)}
    assert states[-1]["state"] == "finished"


def test_the_last_preview_shows_the_shape_where_the_video_has_it(
    ran: Any, prompt: dict[str, Any], video: np.ndarray
) -> None:
    from PIL import Image

    (sampler,) = nodes(prompt, "KSampler")
    pictures = [preview.picture for preview in ran.previews if preview.node == sampler]
    assert len(pictures) == STEPS
    with Image.open(io.BytesIO(pictures[-1])) as opened:
        square = np.asarray(opened.convert("RGB").resize((256, 256)))
    # Two by two moments of the clip in reading order, the first and the last latent frame among them; the last one
    # stands for the last four frames.
    shown, _ = locate_salient(np.stack([square[:128, :128], square[128:, 128:]]))
    path, _ = locate_salient(video)
    assert np.hypot(*(shown[0] - path[0])) < 16
    assert np.hypot(*(shown[1] - path[-4:].mean(0))) < 16
    assert np.hypot(*(shown[1] - shown[0])) > 50


def test_the_same_prompt_again_comes_whole_from_the_cache(live: Any, prompt: dict[str, Any], ran: Any) -> None:
    again = live.run(prompt)
    assert (again.end, again.executed) == ("success", [])
    assert again.cached == set(prompt)


def test_another_seed_runs_the_sampler_and_what_is_behind_it_only(
    live: Any, prompt: dict[str, Any], short: dict[str, Any], ran: Any
) -> None:
    other = live.run(short)
    assert other.end == "success"
    assert {prompt[number]["class_type"] for number in other.executed} == {
        "KSampler",
        "VAEDecode",
        "ToraOverlayTrajectory",
        "CreateVideo",
        "SaveVideo",
    }


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("tora_demo_from_picture", (128, 128)),
        ("tora_two_tracks", (128, 128)),
        ("tora_overlay_side_by_side", (128, 256)),
    ],
)
def test_the_other_examples_that_need_no_download_make_their_video(
    name: str, size: tuple[int, int], live: Any, workflow_scripts: dict[str, ModuleType], object_info: dict[str, Any]
) -> None:
    prompt = prompt_of(name, workflow_scripts, object_info)
    (sampler,) = nodes(prompt, "KSampler")
    prompt[sampler]["inputs"]["steps"] = 2
    run = live.run(prompt)
    assert (run.end, run.of("execution_error")) == ("success", [])
    (saver,) = nodes(prompt, "SaveVideo")
    (file,) = live.output_files(run, saver)
    assert frames_of(file).shape == (17, *size, 3)
