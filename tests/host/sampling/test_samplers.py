"""The demo model under the host's samplers: none breaks, and the usual ones follow the path as the library does."""

from __future__ import annotations

import numpy as np
import pytest
import torch

pytestmark = pytest.mark.host

CLIPS, STEPS, CFG, SIZE, FRAMES = 16, 15, 3.0, (128, 128), 17


@pytest.fixture(scope="module")
def demo(host):
    return dict(zip(("model", "clip", "vae", "tora"), host.run("ToraLoadDemoModel", variant="T2V"), strict=True))


def apply(host, demo, motion):
    return host.run(
        "ToraApply", model=demo["model"], tora_model=demo["tora"], motion=motion, strength=1.0, start_percent=0.0,
        end_percent=1.0,
    )[0]  # fmt: skip


def encoded(host, demo, tracks):
    """Motion of the library's Tracks through the host's node."""
    points, visible = torch.from_numpy(tracks.points_px.copy()), torch.from_numpy(tracks.visible.copy())
    given = {"track_path": points.transpose(0, 1), "track_visibility": visible.transpose(0, 1)}
    return host.run("ToraEncodeMotion", vae=demo["vae"], tracks=given, width=tracks.size[1], height=tracks.size[0])[0]


def pytest_generate_tests(metafunc):
    """Every sampler that this host has: its list is read from its file, as the host isn't loaded at collection."""
    if "sampler" not in metafunc.fixturenames:
        return
    import ast
    from pathlib import Path

    found = [p for p in metafunc.config.pluginmanager.get_plugins() if hasattr(p, "find_comfyui")]
    folder = found[0].find_comfyui() if found else None
    names = []
    if folder is not None:
        for node in ast.parse(Path(folder, "comfy", "samplers.py").read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "KSAMPLER_NAMES":
                names = ast.literal_eval(node.value)
    metafunc.parametrize("sampler", [*names, "ddim", "uni_pc", "uni_pc_bh2"])


@pytest.fixture(scope="module")
def small(host, demo):
    """The demo model with a motion of 64x64x9, and its text: quick, and every code path of a step."""
    from tora_core import Trajectory

    tracks = Trajectory.from_points([[(10, 10), (50, 40)]], width=64, height=64, frames=9).sample()
    text = host.run("CLIPTextEncode", clip=demo["clip"], text="a red circle on a blue background")[0]
    negative = host.run("CLIPTextEncode", clip=demo["clip"], text="")[0]
    return apply(host, demo, encoded(host, demo, tracks)), text, negative


@pytest.mark.parametrize("scheduler", ["simple", "karras", "beta"])
def test_every_sampler_gives_finite_latents_of_a_sane_scale(host, small, sampler, scheduler):
    model, text, negative = small
    latent = {"samples": torch.zeros(1, 16, 3, 8, 8)}
    (found,) = host.run(
        "KSampler", model=model, seed=1, steps=8, cfg=CFG, sampler_name=sampler, scheduler=scheduler, positive=text,
        negative=negative, latent_image=latent, denoise=1.0,
    )  # fmt: skip
    assert found["samples"].isfinite().all()
    # Latents of the VAE have a deviation near 1; 4,600 is what the first step has where the scale is wrong.
    assert 0.05 < float(found["samples"].std()) < 20


@pytest.fixture(scope="module")
def clips():
    from tora_core.commands.held_out import held_out_clips

    return held_out_clips(CLIPS, FRAMES, SIZE)


@pytest.fixture(scope="module")
def library_error(clips):
    """TrajError in px of the library's pipeline on the same clips, as `tora evaluate` computes it."""
    from tora_core import load_pipeline
    from tora_core.commands.held_out import Sampling, sample

    pipeline = load_pipeline(dtype=torch.float32)
    how = Sampling(frames=FRAMES, size=SIZE, steps=STEPS, guidance=CFG)
    videos = [v for i in range(0, CLIPS, 8) for v in sample(pipeline, clips[i : i + 8], i, 1.0, how)]
    return error(clips, videos)


def error(clips, videos):
    from tora_core.evaluation.traj_error import trajectory_error
    from tora_core.tracking.color import locate_salient

    located = [locate_salient(video) for video in videos]
    asked = np.stack([clip.tracks.points_px[0] for clip in clips])
    obtained, found = (np.stack(part) for part in zip(*located, strict=True))
    return trajectory_error(asked, obtained, size=SIZE, found=found).euclidean_px


@pytest.mark.slow
@pytest.mark.parametrize("name", ["euler", "dpmpp_2m", "uni_pc", "ddim"])
def test_the_usual_samplers_follow_as_closely_as_the_library(host, demo, clips, library_error, name, record_property):
    values = host.pack("nodes.values")
    videos = []
    for first in range(0, CLIPS, 8):
        part = clips[first : first + 8]
        motions = [encoded(host, demo, clip.tracks) for clip in part]
        motion = values.ToraMotion(torch.cat([m.latents for m in motions]), SIZE, FRAMES)
        texts = [host.run("CLIPTextEncode", clip=demo["clip"], text=clip.caption)[0][0][0] for clip in part]
        negative = host.run("CLIPTextEncode", clip=demo["clip"], text="")[0]
        (latent,) = host.run("ToraEmptyLatent", width=SIZE[1], height=SIZE[0], length=FRAMES, batch_size=len(part))
        (found,) = host.run(
            "KSampler", model=apply(host, demo, motion), seed=1, steps=STEPS, cfg=CFG, sampler_name=name,
            scheduler="simple", positive=[[torch.cat(texts), {}]], negative=negative, latent_image=latent, denoise=1.0,
        )  # fmt: skip
        (images,) = host.run("VAEDecode", vae=demo["vae"], samples=found)
        frames = (images.clamp(0, 1) * 255).round().to(torch.uint8).numpy()
        videos += list(frames.reshape(len(part), FRAMES, *SIZE, 3))
    found_error = error(clips, videos)
    record_property("euclidean_px", found_error)
    print(f"{name}: {found_error:.2f} px, library {library_error:.2f} px")
    assert found_error < 1.2 * library_error
