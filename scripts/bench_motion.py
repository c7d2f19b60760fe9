"""Time and memory that motion adds to one block of ComfyUI's CogVideoX with 5B's dimensions.

    COMFYUI_PATH=... python scripts/bench_motion.py [--frames 5] [--rows 20] [--columns 20] [--batch 2] [--runs 5]
        [--threads N] [--dtype float32]

Run it with ComfyUI's own Python. Measured in one run, medians, in turn, on random weights: the plain block; what this
pack adds to it (memory "low": gamma and beta anew every step; "high": kept); and what the published formula adds (MGF
of Tora's traj_module.py, which computes gamma and beta for both guidance halves). On a GPU, if there is one. Additions
are timed by themselves: the difference of two blocks would drown in the noise of the block.
Memory: what torch has at its peak (GPU), or the process's peak above its start (CPU).
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import resource
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
WIDTH, HEADS, TIME, TEXT, CHANNELS = 3072, 48, 512, 226, 128


def load_host() -> ModuleType:
    """ComfyUI's modules importable, and this checkout as a package whose nodes/host can be imported."""
    folder = os.environ.get("COMFYUI_PATH") or str(Path.home() / "comfy" / "ComfyUI")
    if not (Path(folder) / "comfy").is_dir():
        sys.exit(f"There is no ComfyUI at {folder}: set COMFYUI_PATH.")
    sys.path.insert(0, folder)
    import torch

    sys.argv = ["main.py"] if torch.cuda.is_available() else ["main.py", "--cpu"]
    import comfy.options

    comfy.options.enable_args_parsing()
    spec = importlib.util.spec_from_file_location(
        "tora_pack", ROOT / "__init__.py", submodule_search_locations=[str(ROOT)]
    )
    assert spec is not None and spec.loader is not None
    pack = importlib.util.module_from_spec(spec)
    sys.modules["tora_pack"] = pack
    spec.loader.exec_module(pack)
    return pack


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=5, help="latent frames")
    parser.add_argument("--rows", type=int, default=20, help="rows of patches (30 for 480 pixels)")
    parser.add_argument("--columns", type=int, default=20, help="columns of patches (45 for 720 pixels)")
    parser.add_argument("--batch", type=int, default=2, help="2 is both halves of guidance")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--no-block", action="store_true", help="leave the plain block out (memory at large sizes)")
    options = parser.parse_args()
    load_host()
    import torch

    if options.threads:
        torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    with torch.inference_mode():
        measure(options)


def measure(options: argparse.Namespace) -> None:
    import comfy.model_management as memory
    import comfy.ops
    import torch
    from comfy.ldm.cogvideo.model import CogVideoXBlock
    from tora_pack.nodes.host.motion import Guidance, MotionRun, _Call
    from tora_pack.nodes.values import ToraModel, ToraMotion
    from tora_pack.tora_core.motion import MotionGuidanceFuser

    device, dtype = memory.get_torch_device(), getattr(torch, options.dtype)
    ops: Any = comfy.ops.manual_cast
    block = CogVideoXBlock(WIDTH, HEADS, 64, TIME, device=device, dtype=dtype, operations=ops)
    with torch.device(device):
        fuser = MotionGuidanceFuser(WIDTH, CHANNELS, ops).to(dtype)
    for parameter in (*block.parameters(), *fuser.parameters()):
        torch.nn.init.normal_(parameter, std=0.02)
    frames, rows, columns, batch = options.frames, options.rows, options.columns, options.batch
    tokens = frames * rows * columns
    image = torch.randn(batch, tokens, WIDTH, device=device, dtype=dtype)
    text = torch.randn(batch, TEXT, WIDTH, device=device, dtype=dtype)
    temb = torch.randn(batch, TIME, device=device, dtype=dtype)
    features = torch.randn(frames, CHANNELS, rows, columns, device=device, dtype=dtype)

    adapter = torch.nn.Module()
    adapter.fusers = torch.nn.ModuleList([fuser])
    holder = type("Holder", (), {"model": adapter})()
    motion = ToraMotion(torch.zeros(1, 16, frames, 2 * rows, 2 * columns), (16 * rows, 16 * columns), 4 * frames - 3)
    base, net = type("Base", (), {})(), object()

    def bent(memory_mode: str) -> Callable[[], Any]:
        run = MotionRun([Guidance(ToraModel(holder, None, 1, WIDTH, ""), motion, memory=memory_mode)])
        run._features[(0, image.device)] = [features]
        run._budget = 0
        run._calls[net] = _Call(base, [0], None)
        return lambda: run.bend(net, 0, image)

    doubled = torch.cat([features] * batch)
    cases: dict[str, Callable[[], Any]] = {
        "plain block": lambda: block(image, text, temb),
        "motion, nothing kept": bent("low"),
        "motion, gamma and beta kept": bent("high"),
        "motion, published formula": lambda: published(fuser, image, doubled, frames, rows, columns),
    }
    if options.no_block:
        del cases["plain block"]
    times: dict[str, list[float]] = {name: [] for name in cases}
    peaks = {}
    for name, call in cases.items():
        peaks[name] = peak_memory(call, device)
    for _ in range(options.runs):
        for name, call in cases.items():
            times[name].append(timed(call, device))
    median = {name: statistics.median(values) for name, values in times.items()}
    where = torch.cuda.get_device_name() if device.type == "cuda" else f"CPU, {torch.get_num_threads()} threads"
    print(f"{where}, {options.dtype}")
    print(f"{batch} x {tokens} image tokens + {TEXT} text tokens, {WIDTH} wide; medians of {options.runs}")
    for name, value in median.items():
        print(f"  {name:28s} {1000 * value:9.1f} ms   peak above start {peaks[name] / 2**20:8.0f} MiB")
    low, high = median["motion, nothing kept"], median["motion, gamma and beta kept"]
    theirs = median["motion, published formula"]
    kept = 2 * tokens * WIDTH * image.element_size()
    print(f"  nothing kept is {100 * low / theirs:.0f} % of the published formula")
    print(f"  gamma and beta take {kept / 2**20:.0f} MiB a block, the features {features.nbytes / 2**20:.0f} MiB")
    if not options.no_block:
        plain = median["plain block"]
        print(f"  of the block: {100 * low / plain:.1f} % with nothing kept, {100 * high / plain:.1f} % with all kept")


def published(fuser: Any, h: Any, features: Any, frames: int, rows: int, columns: int) -> Any:
    """The reference's `MGF.forward` with the reshaping around it."""
    from einops import rearrange

    x = rearrange(h, "b (f h w) c -> (b f) c h w", f=frames, h=rows, w=columns)
    gamma, beta = fuser.flow_gamma_spatial(features), fuser.flow_beta_spatial(features)
    gamma = rearrange(gamma, "(b f) c h w -> (b h w) c f", f=frames)
    beta = rearrange(beta, "(b f) c h w -> (b h w) c f", f=frames)
    gamma, beta = fuser.flow_gamma_temporal(gamma), fuser.flow_beta_temporal(beta)
    gamma = rearrange(gamma, "(b h w) c f -> (b f) c h w", h=rows, w=columns)
    beta = rearrange(beta, "(b h w) c f -> (b f) c h w", h=rows, w=columns)
    x = x + fuser.flow_cond_norm(x.float()).to(x.dtype) * gamma + beta
    return rearrange(x, "(b f) c h w -> b (f h w) c", f=frames)


def timed(call: Callable[[], Any], device: Any) -> float:
    import torch

    if device.type == "cuda":
        torch.cuda.synchronize()
    start = time.perf_counter()
    call()
    if device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - start


def peak_memory(call: Callable[[], Any], device: Any) -> int:
    """Bytes above the start: torch's on a GPU; on a CPU the process's highest so far, so only growth is seen."""
    import torch

    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        call()
        torch.cuda.synchronize()
        return torch.cuda.max_memory_allocated() - before
    reset_peak()
    before = status("VmRSS")
    call()
    return status("VmHWM") - before


def reset_peak() -> None:
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")


def status(name: str) -> int:
    try:
        with open("/proc/self/status") as file:
            return next(int(line.split()[1]) * 1024 for line in file if line.startswith(name))
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == "__main__":
    main()
