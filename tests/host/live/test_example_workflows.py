"""The example workflows: what the scripts build, what this host takes, and what a browser gets from it."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

pytestmark = pytest.mark.host

FOLDER = Path(__file__).resolve().parents[3] / "example_workflows"
FILES = sorted(FOLDER.glob("*.json"))
DEMO = FOLDER / "tora_demo_cpu.json"


def read(file: Path) -> dict[str, Any]:
    return json.loads(file.read_text("utf-8"))


def test_there_are_the_examples_that_the_readers_are_promised() -> None:
    assert {file.stem for file in FILES} == {
        "tora_demo_cpu",
        "tora_demo_from_picture",
        "tora_editor_demo",
        "tora_two_tracks",
        "tora_overlay_side_by_side",
        "tora_text_to_video_5b",
        "tora_image_to_video_5b",
        "tora_from_spline_editor",
        "tora_camera_and_still_object",
        "tora_shaping",
        "tora_editor_to_wan_track",
        "tora_editor_to_wan_move",
        "tora_lora",
        "tora_controlnet",
        "tora_lora_and_controlnet",
        "tora_long_windows",
        "tora_long_segments",
        "tora_motion_transfer",
        "tora_region_drag",
        "tora_trajectory_report",
    }


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_committed_file_is_what_the_script_builds_from_this_hosts_nodes(
    file: Path, workflow_scripts: dict[str, ModuleType], object_info: dict[str, Any]
) -> None:
    assert file.read_text("utf-8") == workflow_scripts["workflows"].build(file.stem, object_info)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_this_host_takes_every_node_value_and_link(
    file: Path, workflow_scripts: dict[str, ModuleType], object_info: dict[str, Any]
) -> None:
    assert workflow_scripts["check_workflows"].faults(read(file), object_info) == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_comfyui_lists_it_as_a_template_and_serves_it_with_its_picture(file: Path, live: Any) -> None:
    from PIL import Image

    assert file.stem in live.get("/workflow_templates")["ComfyUI-Tora"]
    address = f"/api/workflow_templates/ComfyUI-Tora/{file.stem}"
    assert live.fetch(f"{address}.json") == file.read_bytes()
    picture = file.with_suffix(".jpg")
    assert live.fetch(f"{address}.jpg") == picture.read_bytes()
    assert picture.stat().st_size < 150_000
    with Image.open(picture) as opened:
        assert opened.format == "JPEG" and min(opened.size) >= 200


COGVIDEOX = {("text_encoders", "t5xxl_fp16.safetensors"), ("vae", "cogvideox_vae_bf16.safetensors")}
WAN = {
    ("clip_vision", "clip_vision_h.safetensors"),
    ("text_encoders", "umt5_xxl_fp8_e4m3fn_scaled.safetensors"),
    ("vae", "wan_2.1_vae.safetensors"),
}
DOWNLOADS = {
    "tora_text_to_video_5b": {
        *COGVIDEOX,
        ("diffusion_models", "CogVideoX_5b_bf16.safetensors"),
        ("tora", "fuser.safetensors"),
        ("tora", "traj_extractor.safetensors"),
    },
    "tora_image_to_video_5b": {
        *COGVIDEOX,
        ("diffusion_models", "CogVideoX_1_0_5b_I2V_bf16.safetensors"),
        ("tora", "fuser_I2V.safetensors"),
        ("tora", "traj_extractor_I2V.safetensors"),
    },
    "tora_editor_to_wan_track": {*WAN, ("diffusion_models", "Wan2_1-I2V-ATI-14B_fp8_e4m3fn.safetensors")},
    "tora_editor_to_wan_move": {*WAN, ("diffusion_models", "Wan21-WanMove_fp8_scaled_e4m3fn_KJ.safetensors")},
}
"""The examples that need files, and where each belongs; all others run as they are."""


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_only_those_for_large_models_ask_for_downloads_and_each_offers_all_its_files(file: Path) -> None:
    offered = [model for node in read(file)["nodes"] for model in node["properties"].get("models", [])]
    named = [(model["directory"], model["name"]) for model in offered]
    assert set(named) == DOWNLOADS.get(file.stem, set()) and len(named) == len(set(named))
    notes = "".join(node["widgets_values"][0] for node in read(file)["nodes"] if node["type"] == "MarkdownNote")
    assert all(f"]({model['url']})" in notes for model in offered)


def node(workflow: dict[str, Any], kind: str) -> dict[str, Any]:
    return next(found for found in workflow["nodes"] if found["type"] == kind)


def unplug(workflow: dict[str, Any]) -> None:
    slot = next(s for s in node(workflow, "ToraApply")["inputs"] if s["name"] == "motion")
    number, slot["link"] = slot["link"], None
    workflow["links"] = [link for link in workflow["links"] if link[0] != number]
    for found in workflow["nodes"]:
        for output in found["outputs"]:
            output["links"] = [link for link in output["links"] if link != number]


def cross(workflow: dict[str, Any]) -> None:
    """Plug the VAE into the sampler's model."""
    sampler, loader = node(workflow, "KSampler"), node(workflow, "ToraLoadDemoModel")
    link = next(link for link in workflow["links"] if link[3] == sampler["id"] and link[4] == 0)
    node(workflow, "ToraApply")["outputs"][0]["links"].remove(link[0])
    loader["outputs"][2]["links"].append(link[0])
    link[1:3], link[5] = [loader["id"], 2], "VAE"


FAULTS: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "an unknown node": (lambda w: node(w, "VAEDecode").update(type="VAEDecoder"), "is unknown to this host"),
    "a value too many": (lambda w: node(w, "ToraApply")["widgets_values"].append(1), "widget values for"),
    "a value too few": (lambda w: node(w, "ToraApply")["widgets_values"].pop(), "but none for memory"),
    "a value out of bounds": (
        lambda w: node(w, "ToraApply").update(
            widgets_values=[9.0, 0.0, 1.0, "auto"],
            widgets_values_named={"strength": 9.0, "start_percent": 0.0, "end_percent": 1.0, "memory": "auto"},
        ),
        "strength is 9.0, expected 0.0 to 5.0",
    ),
    "a choice that isn't offered": (
        lambda w: node(w, "ToraLoadDemoModel").update(widgets_values=["V2V"], widgets_values_named={"variant": "V2V"}),
        "variant is 'V2V', the host offers",
    ),
    "values by name that differ": (
        lambda w: node(w, "ToraLoadDemoModel")["widgets_values_named"].update(variant="I2V"),
        "the values by name differ",
    ),
    "a required input unplugged": (unplug, "required input motion isn't connected"),
    "a link of another type": (cross, "(VAE) leads from VAE to MODEL"),
    "a link with one end": (lambda w: node(w, "VAEDecode")["inputs"][0].update(link=None), "both its ends"),
    "an output of another name": (
        lambda w: node(w, "ToraEncodeMotion")["outputs"][0].update(name="latent"),
        "outputs are [('latent'",
    ),
    "a node on another": (
        lambda w: node(w, "VAEDecode").update(pos=node(w, "KSampler")["pos"]),
        "(KSampler) lies on node",
    ),
    "a bypassed node": (lambda w: node(w, "VAEDecode").update(mode=4), "is muted or bypassed"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_the_check_finds(name: str, workflow_scripts: dict[str, ModuleType], object_info: dict[str, Any]) -> None:
    spoil, told = FAULTS[name]
    workflow = copy.deepcopy(read(DEMO))
    spoil(workflow)
    assert any(told in fault for fault in workflow_scripts["check_workflows"].faults(workflow, object_info))


def test_a_prompt_has_a_workflows_values_and_links_and_nothing_of_the_browsers(
    workflow_scripts: dict[str, ModuleType], object_info: dict[str, Any]
) -> None:
    workflow = read(DEMO)
    prompt = workflow_scripts["workflow_prompt"].to_prompt(workflow, object_info)
    ids = {found["type"]: str(found["id"]) for found in workflow["nodes"]}
    assert ids["MarkdownNote"] not in prompt
    sampler = prompt[ids["KSampler"]]
    assert sampler["class_type"] == "KSampler"
    assert sampler["inputs"] == {
        "model": [ids["ToraApply"], 0],
        "positive": [str(next(n["id"] for n in workflow["nodes"] if n.get("title") == "Prompt")), 0],
        "negative": [str(next(n["id"] for n in workflow["nodes"] if n.get("title") == "Negative prompt")), 0],
        "latent_image": [ids["ToraEmptyLatent"], 0],
        "seed": 9,
        "steps": 25,
        "cfg": 3.0,
        "sampler_name": "dpmpp_2m",
        "scheduler": "simple",
        "denoise": 1.0,
    }
    save = next(n for n in prompt.values() if n["class_type"] == "SaveVideo")
    assert save["inputs"].items() >= {"format": "auto", "format.codec": "auto"}.items()
