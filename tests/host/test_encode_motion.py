"""Encode Motion inside ComfyUI: the VAE against diffusers', tiles against the whole, and what the node takes."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest
import torch

pytestmark = pytest.mark.host

WIDTHS, LAYERS, GROUPS = (8, 16, 16, 32), 2, 4


@pytest.fixture(scope="module")
def diffusers_vae() -> Any:
    """diffusers' network with 5B's layout and random weights, its group norms random too."""
    from diffusers import AutoencoderKLCogVideoX

    torch.manual_seed(0)
    vae = AutoencoderKLCogVideoX(
        block_out_channels=WIDTHS, latent_channels=16, layers_per_block=LAYERS, norm_num_groups=GROUPS
    )
    for name, value in vae.named_parameters():
        if "norm" in name:
            torch.nn.init.normal_(value, mean=float(name.endswith("weight")), std=0.3)
    return vae.eval()


@pytest.fixture(scope="module")
def host_vae(host, diffusers_vae) -> Any:
    """The same weights in core's network in a VAE object of the host."""
    import comfy.model_patcher
    import comfy.sd
    from comfy.ldm.cogvideo.vae import AutoencoderKLCogVideoX

    with torch.device("meta"):
        vae = comfy.sd.VAE(sd=AutoencoderKLCogVideoX().state_dict(), dtype=torch.float32)
    net = AutoencoderKLCogVideoX(block_out_channels=WIDTHS, layers_per_block=LAYERS, groups=GROUPS).eval()
    net.load_state_dict(diffusers_vae.state_dict())
    vae.patcher = comfy.model_patcher.CoreModelPatcher(
        net, load_device=vae.device, offload_device=vae.patcher.offload_device
    )
    vae.first_stage_model, vae.size = net, None
    return vae


@pytest.fixture(scope="module")
def demo_vae(host) -> Any:
    return host.run("ToraLoadDemoModel", variant="T2V")[2]


@pytest.fixture
def motion_vae(host) -> Any:
    return host.pack("nodes.host.motion_vae")


@pytest.fixture
def encode(host, motion_vae):
    """encode(vae, pictures (F, H, W, 3), tiling) as the node does it."""

    def run(vae: Any, pictures: torch.Tensor, tiling: str = "auto") -> torch.Tensor:
        size = (pictures.shape[1], pictures.shape[2])
        with torch.inference_mode():
            return motion_vae.encode_pictures(vae, lambda a, b: pictures[a:b], len(pictures), size, tiling)

    return run


def flow_picture(host: Any, frames: int, height: int, width: int) -> torch.Tensor:
    """Two paths, one over the whole picture and one in a corner, as the model sees them."""
    tracks = [
        [(0.1 * width, 0.8 * height), (0.5 * width, 0.2 * height), (0.9 * width, 0.7 * height)],
        [(0.8 * width, 0.1 * height), (0.9 * width, 0.2 * height)],
    ]
    drawing = host.pack("tora_core").Trajectory.from_points(tracks, width=width, height=height, frames=frames)
    return host.pack("tora_core.motion").render_motion(drawing.sample())


def relative(found: torch.Tensor, expected: torch.Tensor) -> float:
    return float((found - expected).norm() / expected.norm())


def psnr(found: torch.Tensor, expected: torch.Tensor) -> float:
    """In dB; the peak is the range of the expected latents, largest minus smallest."""
    span = expected.max() - expected.min()
    return float(10 * torch.log10(span.square() / (found - expected).square().mean()))


class Seen:
    """What the encoder's first layer was given while it was watched: (frames, height, width) of every call."""

    def __init__(self, vae: Any) -> None:
        self.shapes: list[tuple[int, ...]] = []
        layer = vae.first_stage_model.encoder.conv_in
        self.handle = layer.register_forward_pre_hook(lambda _, args: self.shapes.append(tuple(args[0].shape[2:])))

    def __enter__(self) -> Seen:
        return self

    def __exit__(self, *error: object) -> None:
        self.handle.remove()


# --- the same latents as diffusers' -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("frames", "height", "width"), [(1, 48, 80), (9, 64, 48), (17, 48, 80), (49, 32, 48)])
def test_latents_are_those_of_diffusers(host, encode, diffusers_vae, host_vae, frames, height, width):
    pictures = flow_picture(host, frames, height, width)
    found = encode(host_vae, pictures, "never")
    with torch.no_grad():
        video = (pictures * 2 - 1).permute(3, 0, 1, 2)[None]
        expected = diffusers_vae.encode(video).latent_dist.mode()
    assert found.shape == (1, 16, (frames - 1) // 4 + 1, height // 8, width // 8)
    assert (found.dtype, found.device.type) == (torch.float32, "cpu")
    assert float((found - expected).abs().max() / expected.abs().max()) < 1e-5


def test_the_hosts_own_encode_of_a_video_would_not_do(host, encode, host_vae):
    """The reason for all this; where core mends it, this fails and encode_pictures can become one line."""
    pictures = flow_picture(host, 17, 48, 80)
    with torch.inference_mode():
        own = host_vae.encode(pictures)
    assert relative(own, encode(host_vae, pictures)) > 0.01


# --- tiles ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["random", "bundled"])
@pytest.mark.parametrize(("frames", "height", "width"), [(17, 112, 176), (1, 208, 96)])
def test_tiles_give_the_latents_of_the_whole(
    host, encode, motion_vae, host_vae, demo_vae, monkeypatch, kind, frames, height, width
):
    vae = {"random": host_vae, "bundled": demo_vae}[kind]
    monkeypatch.setattr(motion_vae, "TILE_SIDES_PX", (80,))
    pictures = flow_picture(host, frames, height, width)
    whole = encode(vae, pictures, "never")
    with Seen(vae) as seen:
        tiled = encode(vae, pictures, "always")
    assert max(max(shape[1:]) for shape in seen.shapes) <= 80
    assert relative(tiled, whole) < 1e-5
    assert psnr(tiled, whole) > 100


def test_tiles_of_256_are_taken_where_always_is_asked_for(host, encode, demo_vae):
    pictures = flow_picture(host, 1, 272, 288)
    with Seen(demo_vae) as seen:
        encode(demo_vae, pictures, "always")
    assert {max(shape[1:]) <= 256 for shape in seen.shapes} == {True}


def test_a_picture_smaller_than_a_tile_is_encoded_at_once(host, encode, host_vae):
    pictures = flow_picture(host, 9, 64, 96)
    with Seen(host_vae) as seen:
        tiled = encode(host_vae, pictures, "always")
    assert seen.shapes == [(9, 64, 96)]
    assert torch.equal(tiled, encode(host_vae, pictures, "never"))


def test_tiles_cover_every_pixel_once_and_see_no_more_than_they_may(host):
    tiles = host.pack("nodes.host.tiles")
    for size in ((480, 720), (64, 62), (1000, 66), (130, 2)):
        covered = torch.zeros(size)
        for tile in tiles.cut(size, 64, 6):
            covered[tile.rows.place(), tile.columns.place()] += 1
            for span, length in zip(tile, size, strict=True):
                assert span.seen_end - span.seen_start <= 64
                assert span.start - span.seen_start == (6 if span.start else 0)
                assert span.seen_end - span.end == (min(6, length - span.end) if span.end < length else 0)
                assert (span.start % 2, span.seen_start % 2) == (0, 0)
        assert (covered == 1).all(), size


# --- short memory -----------------------------------------------------------------------------------------------------


@pytest.fixture
def small_tiles(motion_vae, monkeypatch) -> None:
    monkeypatch.setattr(motion_vae, "TILE_SIDES_PX", (96, 64))


def test_with_too_little_memory_free_the_whole_is_not_tried_and_that_is_said_once(
    host, encode, host_vae, small_tiles, monkeypatch, caplog
):
    pictures = flow_picture(host, 17, 112, 128)
    whole = encode(host_vae, pictures, "never")
    monkeypatch.setattr(host_vae.patcher, "get_free_memory", lambda device: 600_000_000)  # 64x64x9 takes 206 MB
    caplog.set_level(logging.WARNING)
    with Seen(host_vae) as seen:
        tiled = encode(host_vae, pictures, "auto")
    assert max(shape[1] for shape in seen.shapes) <= 96
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "memory is short (0.7 GB are wanted and 0.6 GB free), so the motion is encoded in tiles" in caplog.text
    assert relative(tiled, whole) < 1e-5


def out_of_memory_above(pixels: int, monkeypatch: pytest.MonkeyPatch, vae: Any) -> None:
    """Let the first layer fail as a full GPU does, for inputs of more than so many pixels a frame."""
    import comfy.model_management

    layer = vae.first_stage_model.encoder.conv_in
    plain = layer.forward

    def forward(x, conv_cache=None):
        if x.shape[3] * x.shape[4] > pixels:
            raise comfy.model_management.OOM_EXCEPTION("out of memory")
        return plain(x, conv_cache=conv_cache)

    monkeypatch.setattr(layer, "forward", forward)


def test_running_out_of_memory_leads_to_tiles_and_then_to_smaller_ones(
    host, encode, host_vae, small_tiles, monkeypatch, caplog
):
    pictures = flow_picture(host, 9, 112, 128)
    whole = encode(host_vae, pictures, "never")
    out_of_memory_above(64 * 64, monkeypatch, host_vae)
    with Seen(host_vae) as seen:
        tiled = encode(host_vae, pictures, "auto")
    # Tiles of 96 are 2 x 2, the first of 56 by 64 pixels and a rim of 6; tiles of 64 are 3 x 3.
    assert [shape[1:] for shape in seen.shapes[:3]] == [(112, 128), (62, 70), (44, 48)]
    assert relative(tiled, whole) < 1e-5
    assert len(caplog.records) == 1 and "memory is short (it ran out)" in caplog.text


@pytest.mark.parametrize(("tiling", "tries"), [("never", 1), ("always", 2), ("auto", 3)])
def test_out_of_memory_to_the_end_is_told_as_the_hosts_own_error(
    host, encode, host_vae, small_tiles, monkeypatch, tiling, tries
):
    import comfy.model_management

    out_of_memory_above(0, monkeypatch, host_vae)
    with Seen(host_vae) as seen, pytest.raises(comfy.model_management.OOM_EXCEPTION, match="out of memory"):
        encode(host_vae, flow_picture(host, 9, 112, 128), tiling)
    assert len(seen.shapes) == tries


def test_other_errors_are_not_taken_for_short_memory(host, encode, host_vae, monkeypatch):
    def broken(*args, **kwargs):
        raise RuntimeError("broken layer")

    monkeypatch.setattr(host_vae.first_stage_model.encoder.conv_in, "forward", broken)
    with pytest.raises(RuntimeError, match="broken layer"):
        encode(host_vae, flow_picture(host, 9, 48, 80), "auto")


@pytest.mark.parametrize("frames", [9, 49])
def test_the_host_is_asked_for_the_memory_of_one_chunk_whatever_the_length(host, encode, host_vae, monkeypatch, frames):
    import comfy.model_management

    asked = []
    plain = comfy.model_management.load_models_gpu

    def record(models, memory_required=0, **kwargs):
        asked.append((models, memory_required, kwargs))
        return plain(models, memory_required=memory_required, **kwargs)

    monkeypatch.setattr(comfy.model_management, "load_models_gpu", record)
    encode(host_vae, flow_picture(host, frames, 32, 48))
    # Core's figure for this VAE: 1400 values of 4 bytes for every pixel of every frame.
    assert asked == [([host_vae.patcher], 1400 * 9 * 32 * 48 * 4, {"force_full_load": False})]


# --- progress, interrupts, what is refused ----------------------------------------------------------------------------


@pytest.mark.parametrize(("tiling", "total"), [("never", 3), ("always", 3 * (1 + 4 * 5))])
def test_progress_counts_chunks_and_tiles(host, encode, host_vae, motion_vae, monkeypatch, tiling, total):
    """In tiles: four of them, a pass for each of the level's four norms and one more, then the rest at once."""
    import comfy.utils

    told = []
    monkeypatch.setattr(motion_vae, "TILE_SIDES_PX", (64,))
    monkeypatch.setattr(comfy.utils, "PROGRESS_BAR_HOOK", lambda done, of, *args, **kwargs: told.append((done, of)))
    encode(host_vae, flow_picture(host, 25, 80, 96), tiling)
    assert told[0] == (0, total) and told[-1] == (total, total)
    assert told == sorted(told)


@pytest.mark.parametrize("tiling", ["auto", "always"])
def test_an_interrupt_ends_it_before_the_next_chunk(host, encode, host_vae, small_tiles, tiling):
    import comfy.model_management

    pictures = flow_picture(host, 17, 112, 128)
    asked = []

    def interrupting(start: int, end: int) -> torch.Tensor:
        asked.append((start, end))
        comfy.model_management.interrupt_current_processing()
        return pictures[start:end]

    encode_pictures = host.pack("nodes.host.motion_vae").encode_pictures
    with pytest.raises(comfy.model_management.InterruptProcessingException), torch.inference_mode():
        encode_pictures(host_vae, interrupting, 17, (112, 128), tiling)
    assert asked == [(0, 9)]
    comfy.model_management.throw_exception_if_processing_interrupted()  # nothing is left of it


def other_vae(kind: str) -> Any:
    """VAE objects that are not CogVideoX's; their networks hold no weights."""
    import comfy.ldm.models.autoencoder
    import comfy.ldm.wan.vae
    import comfy.sd
    from comfy.ldm.cogvideo.vae import AutoencoderKLCogVideoX

    vae = comfy.sd.VAE.__new__(comfy.sd.VAE)
    with torch.device("meta"):
        if kind == "image":
            ddconfig = {"z_channels": 4, "resolution": 64, "in_channels": 3, "out_ch": 3, "ch": 32, "ch_mult": [1, 2]}
            ddconfig |= {"double_z": True, "num_res_blocks": 1, "attn_resolutions": [], "dropout": 0.0}
            vae.first_stage_model = comfy.ldm.models.autoencoder.AutoencoderKL(ddconfig=ddconfig, embed_dim=4)
        elif kind == "Wan":
            vae.first_stage_model = comfy.ldm.wan.vae.WanVAE(dim=8, z_dim=16)
        elif kind == "eight channels":
            vae.first_stage_model = AutoencoderKLCogVideoX(block_out_channels=(8, 8, 8, 8), groups=4, latent_channels=8)
        else:
            vae.first_stage_model = None
    return vae


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("image", "the VAE is AutoencoderKL, expected CogVideoX's"),
        ("Wan", "the VAE is WanVAE, expected CogVideoX's"),
        ("eight channels", "the VAE has 8 latent channels, expected CogVideoX's 16"),
        ("nothing", "the VAE is VAE, expected CogVideoX's"),
    ],
)
def test_other_vaes_are_refused_in_words_before_anything_is_drawn(host, kind, message):
    errors = host.pack("tora_core.errors")
    with pytest.raises(errors.ToraError, match=message):
        host.run("ToraEncodeMotion", vae=other_vae(kind), trajectory=object())


# --- the node ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def drawing(host) -> Any:
    """On a canvas of 96x64 (width x height), 9 frames."""
    points = [[(10, 50), (50, 10), (90, 40)]]
    return host.pack("tora_core").Trajectory.from_points(points, width=96, height=64, frames=9)


def test_a_trajectory_is_encoded_at_its_own_size_and_length(host, drawing, demo_vae, encode):
    motion, flow = host.run("ToraEncodeMotion", vae=demo_vae, trajectory=drawing)
    assert (motion.size, motion.frames, motion.latents.shape) == ((64, 96), 9, (1, 16, 3, 8, 12))
    assert (flow.shape, flow.dtype, flow.device.type) == ((9, 64, 96, 3), torch.float32, "cpu")
    assert torch.equal(flow, host.pack("tora_core.motion").render_motion(drawing.sample()))
    assert torch.equal(motion.latents, encode(demo_vae, flow))


def test_width_height_and_frames_scale_and_stretch_a_trajectory(host, drawing, demo_vae):
    motion, flow = host.run("ToraEncodeMotion", vae=demo_vae, trajectory=drawing, width=48, height=80, frames=17)
    assert (motion.size, motion.frames) == ((80, 48), 17)
    assert torch.equal(flow, host.pack("tora_core.motion").render_motion(drawing.sample(17, (80, 48))))


def test_tracks_of_another_node_are_encoded_as_the_drawing_of_the_same_path(host, demo_vae):
    tracks, length = host.run(
        "GenerateTracks", width=96, height=64, start_x=0.1, start_y=0.5, end_x=0.9, end_y=0.5, num_frames=9,
        num_tracks=1, track_spread=0.0, mid_x=0.5, mid_y=0.5, interpolation="linear",
    )  # fmt: skip
    straight = host.pack("tora_core").Trajectory.from_points(
        [[(9.6, 32), (86.4, 32)]], width=96, height=64, frames=length
    )
    _, flow = host.run("ToraEncodeMotion", vae=demo_vae, tracks=tracks, width=96, height=64)
    _, expected = host.run("ToraEncodeMotion", vae=demo_vae, trajectory=straight)
    # Positions differ in the last bit of float32, and colors are cut to 8 bit.
    assert float((flow - expected).abs().max()) <= 1 / 255 + 1e-6
    assert (flow != 1).any()


def test_flow_pictures_give_the_latents_of_the_drawing_that_they_show(host, drawing, demo_vae):
    motion, flow = host.run("ToraEncodeMotion", vae=demo_vae, trajectory=drawing)
    again, same = host.run("ToraEncodeMotion", vae=demo_vae, images=flow)
    assert torch.equal(again.latents, motion.latents) and torch.equal(same, flow)
    assert (again.size, again.frames) == (motion.size, motion.frames)


def test_pictures_with_an_alpha_channel_are_taken_without_it(host, drawing, demo_vae):
    motion, flow = host.run("ToraEncodeMotion", vae=demo_vae, trajectory=drawing)
    again, _ = host.run("ToraEncodeMotion", vae=demo_vae, images=torch.cat([flow, flow[..., :1]], dim=-1))
    assert torch.equal(again.latents, motion.latents)


def test_a_drawing_in_which_nothing_moves_is_encoded_with_a_warning(host, demo_vae, caplog):
    still = host.pack("tora_core").Trajectory.from_points([[(10, 10)]], width=48, height=32, frames=9)
    _, flow = host.run("ToraEncodeMotion", vae=demo_vae, trajectory=still)
    assert (flow == 1).all()
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "motion picture is empty (its tracks stand still)" in caplog.text


PATH = {"track_path": torch.zeros(9, 1, 2)}
REFUSED = {
    "nothing": ({}, "nothing is wired into Encode Motion, expected exactly one"),
    "two": ({"tracks": PATH, "images": torch.ones(9, 32, 48, 3)}, "tracks and images is wired into Encode Motion"),
    "tracks without a size": ({"tracks": PATH, "width": 48}, "set width and height of Encode Motion"),
    "tracks of another length": (
        {"tracks": PATH, "width": 48, "height": 32, "frames": 17},
        "the tracks have 9 frames, but frames says 17",
    ),
    "tracks with an illegal length": (
        {"tracks": {"track_path": torch.zeros(12, 1, 2)}, "width": 48, "height": 32},
        "frame count is 12, expected 8k.1. The nearest are 9 and 17",
    ),
    "pictures of another size": (
        {"images": torch.ones(9, 32, 48, 3), "width": 64},
        "the flow pictures are 32x48x9",
    ),
    "too few pictures": (
        {"images": torch.ones(8, 32, 48, 3)},
        "frame count is 8, expected 8k.1. The nearest are 1 and",
    ),
    "a side that is no multiple of 16": (
        {"images": torch.ones(9, 32, 40, 3)},
        "width is 40, expected a multiple of 16 pixels. The nearest are 32 and 48",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_encoded_is_refused_in_words(host, demo_vae, case):
    inputs, message = REFUSED[case]
    with pytest.raises(host.pack("tora_core.errors").ToraError, match=message):
        host.run("ToraEncodeMotion", vae=demo_vae, **inputs)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"frames": 197}, "frame count is 197, expected 8k+1. The nearest are 193 and 201."),
        ({"height": 470}, "height is 470, expected a multiple of 16 pixels. The nearest are 464 and 480."),
        ({"width": -16}, "width is -16, expected 0 (as the input says) or more."),
        ({"width": 8192}, "width is 8192, expected 1 to 4096."),
    ],
)
def test_sizes_that_no_video_has_are_told_when_the_graph_is_queued(host, inputs, message):
    assert host.node("ToraEncodeMotion").validate_inputs({"trajectory": "TORA_TRAJECTORY"}, **inputs) == message


def queued(inputs: dict[str, Any]) -> str:
    """What the host says to a graph with Encode Motion in it when it is queued."""
    import execution

    graph = {
        "1": {"class_type": "ToraLoadDemoModel", "inputs": {"variant": "T2V"}},
        "2": {
            "class_type": "ToraTrajectoryFromText",
            "inputs": {
                "text": '[{"x": 1, "y": 2}, {"x": 30, "y": 20}]',
                "width": 48,
                "height": 32,
                "frames": 9,
                "format": "auto",
            },
        },
        "3": {"class_type": "ToraEncodeMotion", "inputs": {"vae": ["1", 2], "tiling": "auto"} | inputs},
        "5": {"class_type": "EmptyImage", "inputs": {"width": 48, "height": 32, "batch_size": 9, "color": 0}},
        "4": {"class_type": "PreviewImage", "inputs": {"images": ["3", 1]}},
    }
    valid, _, _, errors = asyncio.new_event_loop().run_until_complete(execution.validate_prompt("id", graph, None))
    told = [error["details"] for node in errors.values() for error in node["errors"]]
    assert valid == (not told)
    return " ".join(told)


def test_a_graph_with_one_motion_wired_in_is_queued(host):
    assert queued({"trajectory": ["2", 0], "width": 0, "height": 0, "frames": 0}) == ""


def test_an_explicit_null_is_no_wire(host):
    assert queued({"trajectory": ["2", 0], "tracks": None, "images": None}) == ""


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"width": 0, "height": 0}, "nothing is wired into Encode Motion"),
        ({"trajectory": ["2", 0], "images": ["5", 0]}, "trajectory and images is wired into Encode Motion"),
        ({"trajectory": ["5", 0]}, "trajectory is wired to IMAGE, expected TORA_TRAJECTORY"),
        ({"trajectory": ["2", 0], "frames": ["5", 0]}, "frames is wired to IMAGE, expected INT"),
        ({"trajectory": ["2", 0], "frames": 50}, "frame count is 50, expected 8k+1. The nearest are 49 and 57."),
        ({"trajectory": ["2", 0], "tiling": "sometimes"}, "'sometimes' not in"),
    ],
)
def test_a_graph_that_can_not_run_is_told_so_when_it_is_queued(host, inputs, message):
    assert message in queued(inputs)
