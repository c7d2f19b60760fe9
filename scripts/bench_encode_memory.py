"""Memory and time that Encode Motion needs for one chunk of frames in CogVideoX's VAE, whole and in tiles.

    COMFYUI_PATH=... python scripts/bench_encode_memory.py [--height 240] [--width 368] [--frames 9] [--sides 0 128]
        [--widths 128 256 256 512] [--layers 3] [--groups 32] [--dtype float32] [--threads 2]

Run it with ComfyUI's own Python. Random weights in core's network, of core's widths unless others are given; side 0 is
the whole picture. Measured is the peak above what was held before: of the process's resident memory (CPU), or of what
torch has allocated (GPU, if there is one). All of it grows with height x width, so 480x720 takes 3.91 times what
240x368 does, and "values", for each pixel and frame, stay: the host's estimate for this VAE is 1400.
In tiles the peak on a CPU holds what is parked between levels too; on a GPU that lies in the CPU's memory.
"""

from __future__ import annotations

import argparse
from typing import Any

from bench_motion import load_host, peak_memory, timed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--height", type=int, default=240)
    parser.add_argument("--width", type=int, default=368)
    parser.add_argument("--frames", type=int, default=9, help="9 is the first chunk of a clip, and the largest")
    parser.add_argument("--sides", type=int, nargs="+", default=[0, 128])
    parser.add_argument("--widths", type=int, nargs=4, default=[128, 256, 256, 512])
    parser.add_argument("--layers", type=int, default=3)
    parser.add_argument("--groups", type=int, default=32)
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    load_host()
    import torch

    torch.set_num_threads(options.threads)
    with torch.inference_mode():
        measure(options)


def measure(options: argparse.Namespace) -> None:
    import comfy.model_management
    import torch
    from comfy.ldm.cogvideo.vae import AutoencoderKLCogVideoX
    from tora_pack.nodes.host.chunks import chunks
    from tora_pack.nodes.host.motion_vae import run_encoder

    device, dtype = comfy.model_management.vae_device(), getattr(torch, options.dtype)
    torch.manual_seed(0)
    net = AutoencoderKLCogVideoX(
        block_out_channels=tuple(options.widths), layers_per_block=options.layers, groups=options.groups
    )
    del net.decoder
    for name, value in net.named_parameters():
        torch.nn.init.normal_(value, std=0.02, mean=float("norm" in name and name.endswith("weight")))
    encoder: Any = net.encoder.to(device, dtype).eval()
    size, frames = (options.height, options.width), options.frames
    picture = torch.rand(1, 3, frames, *size)
    spans = chunks(frames, 8)

    def source(chunk: int, rows: slice, columns: slice) -> torch.Tensor:
        start, end = spans[chunk]
        return picture[:, :, start:end, rows, columns].to(device, dtype)

    where = torch.cuda.get_device_name() if device.type == "cuda" else f"CPU, {torch.get_num_threads()} threads"
    print(f"{where}, {options.dtype}, {frames} frames of {size[0]}x{size[1]} (height x width), widths {options.widths}")
    whole = None
    for side in options.sides:
        result = []

        def run(side: int = side, result: list[torch.Tensor] = result) -> None:
            result.append(run_encoder(encoder, source, len(spans), size, side or None, lambda done, total: None))

        seconds: list[float] = []
        peak = peak_memory(lambda run=run, seconds=seconds: seconds.append(timed(run, device)), device)
        values = peak / (frames * size[0] * size[1] * dtype.itemsize)
        line = f"  {f'tiles of {side}' if side else 'whole':14s} {seconds[0]:8.1f} s   peak {peak / 2**20:8.0f} MiB"
        line += f"   {values:6.0f} values"
        whole = result[0] if whole is None else whole
        error = float((result[0] - whole).norm() / whole.norm())
        print(f"{line}   differs by {error:.1e}", flush=True)


if __name__ == "__main__":
    main()
