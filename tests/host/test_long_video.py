"""Nodes for long videos: windows counted in frames, parts of a motion, segments joined, and the chain of them."""

from __future__ import annotations

from typing import Any

import pytest
import torch

pytestmark = pytest.mark.host


@pytest.fixture(scope="module")
def demo(host) -> tuple[Any, ...]:
    """MODEL, CLIP, VAE and TORA_MODEL of the demo, image to video."""
    return host.run("ToraLoadDemoModel", variant="I2V")


@pytest.fixture(scope="module")
def path(host) -> Any:
    """33 frames of 64x96: slow for the first half, three times as fast after."""
    text = (
        '{"version": 1, "width": 96, "height": 64, "frames": 33, "tracks": [{"curve": "polyline", "points": '
        '[{"x": 10, "y": 30, "t": 0}, {"x": 26, "y": 30, "t": 0.5}, {"x": 74, "y": 30, "t": 1}]}]}'
    )
    return host.run("ToraTrajectoryFromText", text=text, width=96, height=64, frames=33)[0]


def test_windows_are_cores_own_with_frames_counted_as_latents(host, demo):
    (windowed,) = host.run("ToraContextWindows", model=demo[0], window_frames=17, overlap=8, keep_start_image=True)
    (core,) = host.run(
        "ContextWindowsManual",
        model=demo[0],
        context_length=5,
        context_overlap=2,
        context_schedule="standard_static",
        context_stride=1,
        closed_loop=False,
        fuse_method="pyramid",
        dim=2,
        freenoise=False,
        cond_retain_index_list="0",
        split_conds_to_windows=False,
        latent_retain_index_list="",
        causal_window_fix=True,
    )
    ours, theirs = (model.model_options["context_handler"] for model in (windowed, core))

    def told(handler):
        return {
            name: value.name if name in ("context_schedule", "fuse_method") else value
            for name, value in vars(handler).items()
        }

    assert told(ours) == told(theirs)
    assert "context_handler" not in demo[0].model_options
    assert windowed.wrappers.keys() == core.wrappers.keys()


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({"window_frames": 16}, "17"),
        ({"window_frames": 1}, "9 to"),
        ({"overlap": 16}, "expected a multiple of 4 from 0 to 12"),
        ({"overlap": 6}, "multiple of 4"),
        ({"overlap": -4}, "multiple of 4"),
        ({"overlap": 0, "fuse": "overlap-linear"}, "Choose flat"),
        ({"schedule": "batched", "fuse": "overlap-linear"}, "Choose flat"),
        ({"schedule": "random"}, "standard_static"),
        ({"fuse": "median"}, "pyramid"),
    ],
)
def test_windows_that_cannot_be_are_told_when_queued_and_when_run(host, demo, inputs, words):
    node = host.node("ToraContextWindows")
    given = {"window_frames": 17, "overlap": 8, "schedule": "standard_static", "fuse": "pyramid", **inputs}
    assert words in node.validate_inputs(**given)
    if inputs.keys() <= {"window_frames", "overlap", "fuse"} and inputs.get("fuse") != "median":
        with pytest.raises(host.pack("tora_core.errors").ToraError, match=words):
            host.run("ToraContextWindows", model=demo[0], **given)


def test_all_of_cores_schedules_and_fuse_methods_are_offered(host):
    import comfy.context_windows as core

    module = host.pack("nodes.context_windows")
    assert set(module.SCHEDULES) == set(core.CONTEXT_MAPPING)
    assert set(module.FUSES) == set(core.ContextFuseMethods.LIST_STATIC)


def test_another_model_is_refused(host):
    class Other:
        model = object()

    with pytest.raises(host.pack("tora_core.errors").ToraError, match="expected CogVideoX"):
        host.run("ToraContextWindows", model=Other(), window_frames=17, overlap=8)


def test_a_part_of_a_motion_has_the_whole_ones_speeds(host, demo, path):
    """The slow half, cut out, is the whole's pictures with a white first one, and not the half drawn by itself."""
    (part,) = host.run(
        "ToraEncodeMotionPart", vae=demo[2], trajectory=path, width=96, height=64, length=33, start=0, part_length=17
    )
    _, flow = host.run("ToraEncodeMotion", vae=demo[2], trajectory=path)
    expected, _ = host.run("ToraEncodeMotion", vae=demo[2], images=flow[:17])
    assert part.latents.shape == (1, 16, 5, 8, 12)
    assert torch.equal(part.latents, expected.latents)
    (later,) = host.run(
        "ToraEncodeMotionPart", vae=demo[2], trajectory=path, width=96, height=64, length=33, start=16, part_length=17
    )
    pictures = flow[16:].clone()
    pictures[0] = 1
    expected, _ = host.run("ToraEncodeMotion", vae=demo[2], images=pictures)
    assert torch.equal(later.latents, expected.latents) and not torch.equal(later.latents, part.latents)


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({"start": 17}, "Begin it at 16 at the latest"),
        ({"start": -1}, "0 or more"),
        ({"part_length": 16}, "9 and 17"),
        ({"width": 100}, "96 and 112"),
        ({"part_length": 41}, "at 0 at the latest"),
    ],
)
def test_parts_that_are_not_in_the_video_are_told(host, inputs, words):
    given = {"width": 96, "height": 64, "length": 33, "start": 0, "part_length": 17, **inputs}
    assert words in host.node("ToraEncodeMotionPart").validate_inputs(**given)


def test_segments_are_joined_with_shared_frames_cross_faded(host):
    video, segment = torch.zeros(5, 2, 2, 3), torch.ones(4, 2, 2, 3)
    (joined,) = host.run("ToraJoinSegments", video=video, segment=segment, start=3)
    assert joined[:, 0, 0, 0].tolist() == [0, 0, 0, 0, 0.5, 1, 1]
    with pytest.raises(host.pack("tora_core.errors").SizeError, match="frames 0 to 4"):
        host.run("ToraJoinSegments", video=video, segment=segment, start=5)


def test_a_long_video_is_ordinary_nodes_wired_in_a_chain(host):
    links = {
        name: [str(number), 0]
        for number, name in enumerate(
            ("model", "tora_model", "vae", "positive", "negative", "start_image", "trajectory"), start=1
        )
    }
    output = host.node("ToraLongImageToVideo").EXECUTE_NORMALIZED(
        **links,
        **{"width": 96, "height": 64, "length": 33, "segment_length": 17, "overlap": 1, "seed": 7, "steps": 2},
        **{"cfg": 1.0, "sampler_name": "euler", "scheduler": "simple", "strength": 0.5, "end_percent": 0.6},
    )
    nodes = list(output.expand.values())
    kinds = [node["class_type"] for node in nodes]
    chain = ["ToraEncodeMotionPart", "ToraApply", "ToraImageToVideo", "KSampler", "VAEDecode"]
    assert kinds == [*chain, "ImageFromBatch", *chain, "ToraJoinSegments"]
    parts = [node["inputs"] for node in nodes if node["class_type"] == "ToraEncodeMotionPart"]
    assert [(part["start"], part["part_length"], part["length"]) for part in parts] == [(0, 17, 33), (16, 17, 33)]
    samplers = [node["inputs"] for node in nodes if node["class_type"] == "KSampler"]
    assert [sampler["seed"] for sampler in samplers] == [7, 8]
    starts = [node["inputs"]["start_image"] for node in nodes if node["class_type"] == "ToraImageToVideo"]
    frame = next(number for number, node in output.expand.items() if node["class_type"] == "ImageFromBatch")
    assert starts == [links["start_image"], [frame, 0]]
    assert output.expand[frame]["inputs"]["batch_index"] == 16
    applied = next(node["inputs"] for node in nodes if node["class_type"] == "ToraApply")
    assert (applied["model"], applied["strength"], applied["end_percent"]) == (links["model"], 0.5, 0.6)
    last = list(output.expand)[-1]
    assert output.args[0] == [last, 0]
    for node in nodes:
        known = host.node(node["class_type"])
        given = known.INPUT_TYPES()
        assert node["inputs"].keys() >= given["required"].keys()
        assert node["inputs"].keys() <= {**given["required"], **given.get("optional", {})}.keys()


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({"length": 100}, "97 and 105"),
        ({"segment_length": 20}, "segment_length is 20, expected 8k+1. The nearest are 17 and 25"),
        ({"overlap": 49}, "expected 1"),
        ({"length": 1025, "segment_length": 9, "overlap": 1}, "64 at most"),
    ],
)
def test_chains_that_cannot_be_are_told_when_queued(host, inputs, words):
    given = {"width": 96, "height": 64, "length": 97, "segment_length": 49, "overlap": 1, **inputs}
    assert words in host.node("ToraLongImageToVideo").validate_inputs(**given)


def test_without_flow_pictures_the_latents_are_the_same_and_the_output_tells_why_it_is_empty(host, demo, path):
    from comfy_execution.graph_utils import ExecutionBlocker

    shown, flow = host.run("ToraEncodeMotion", vae=demo[2], trajectory=path)
    hidden, nothing = host.run("ToraEncodeMotion", vae=demo[2], trajectory=path, flow_pictures=False)
    assert torch.equal(hidden.latents, shown.latents) and flow.shape == (33, 64, 96, 3)
    assert isinstance(nothing, ExecutionBlocker) and "turn it on" in nothing.message
