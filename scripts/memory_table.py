"""What CogVideoX-5B with Tora needs in memory, by the length and size of the video: arithmetic, and one block measured.

    python scripts/memory_table.py                     (the table of docs/memory.md)
    COMFYUI_PATH=... python scripts/memory_table.py --measure [--tokens 2700 5400]      (with ComfyUI's own Python)
    python scripts/memory_table.py --picture           (the flow picture of 201 frames of 720p, by chunks and whole)

Counted in bfloat16 for both halves of guidance in one call. The widths of a block are the tensors that its forward pass
(comfy/ldm/cogvideo/model.py, CogVideoXBlock) holds at once where it needs most, in the feed-forward layer; attention is
taken to need no memory of its own, as flash attention does.
"""

from __future__ import annotations

import argparse
import itertools
import sys
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path

if find_spec("tora_core") is None:  # not installed
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

GB = 1e9
WIDTH, BLOCKS, TEXT, CHANNELS = 3072, 42, 226, 128
BASE_VALUES, FUSER_VALUES, EXTRACTOR_VALUES = 5_570_330_000, 669_440_000, 24_910_000
BLOCK_WIDTHS = 18
"""Tensors of (tokens, WIDTH) at the peak of a block: input 1, norm 1, qkv's input 1, q, k, v 3, rotated parts 2,
attention's output 1, feed-forward's input 1, hidden layer before and after GELU 8."""
BOTH = 2
BYTES = 2
LIMITS_GB = (24, 48, 80)


@dataclass(frozen=True)
class Clip:
    """A video, and how many of its frames one call of the network sees (all where window is None)."""

    frames: int
    height: int
    width: int
    window: int | None = None

    @property
    def latents(self) -> int:
        return (self.frames - 1) // 4 + 1

    @property
    def seen(self) -> int:
        """Latent frames in one call; a window has an anchor frame besides."""
        return self.latents if self.window is None else (self.window - 1) // 4 + 2

    @property
    def area(self) -> int:
        """Tokens of one latent frame."""
        return self.height * self.width // 256

    @property
    def tokens(self) -> int:
        return self.seen * self.area + TEXT

    def activations(self) -> float:
        """Bytes of one block at its peak."""
        return BOTH * self.tokens * WIDTH * BYTES * BLOCK_WIDTHS

    def features(self) -> float:
        """Bytes of the motion's features of all blocks; with windows they lie in main memory."""
        return BLOCKS * self.latents * self.area * CHANNELS * BYTES

    def modulation(self, blocks: int = 1) -> float:
        """Bytes of gamma and beta of so many blocks, one motion, for what one call sees."""
        return blocks * 2 * self.seen * self.area * WIDTH * BYTES

    def device_gb(self, weight_bytes: float) -> float:
        """Gigabytes on the device while sampling with nothing kept between steps."""
        weights = BASE_VALUES * weight_bytes + FUSER_VALUES * BYTES + EXTRACTOR_VALUES * 4
        features = 0.0 if self.window else self.features()
        return (weights + self.activations() + features + self.modulation()) / GB


CLIPS = [
    *(Clip(frames, 480, 720) for frames in (49, 97, 201)),
    Clip(201, 480, 720, window=49),
    *(Clip(frames, 720, 1280) for frames in (49, 97, 201)),
    Clip(201, 720, 1280, window=49),
]


def table() -> str:
    """Markdown."""
    head = ["video", "one call sees", "tokens", "a block, GB", "features, GB", "bf16 in all, GB", "fp8 in all, GB"]
    rows = [head, ["---"] * len(head)]
    for clip in CLIPS:
        seen = "all" if clip.window is None else f"windows of {clip.window}"
        row = [f"{clip.height}x{clip.width}, {clip.frames} frames", seen, f"{clip.tokens:,}"]
        row += [
            f"{clip.activations() / GB:.1f}",
            f"{clip.features() / GB:.2f}" + (" (main memory)" if clip.window else ""),
        ]
        row += [
            f"{clip.device_gb(2):.1f}{fits(clip.device_gb(2))}",
            f"{clip.device_gb(1):.1f}{fits(clip.device_gb(1))}",
        ]
        rows.append(row)
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def fits(needed: float) -> str:
    """Which of the usual cards it fits, with a tenth to spare."""
    least = next((limit for limit in LIMITS_GB if needed <= 0.9 * limit), None)
    return "" if least is None else f" ({least} GB card)"


def measured(counts: list[int]) -> None:
    """Widths a token of one block of ComfyUI's, from the process's peak at several numbers of tokens."""
    import subprocess
    import sys

    peaks = []
    for tokens in counts:
        code = f"import sys; sys.argv = ['x']; import memory_table; memory_table.run_block({tokens})"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=FOLDER)
        peaks.append(int(done.stdout.split()[-1]))
        print(f"{tokens} tokens, float32: {peaks[-1] / 2**20:.0f} MiB above start")
    for (few, low), (many, high) in itertools.pairwise(zip(counts, peaks, strict=True)):
        print(f"{few} to {many} tokens: {(high - low) / ((many - few) * WIDTH * 4):.1f} widths a token")


FOLDER = __file__.rpartition("/")[0] or "."


def run_block(tokens: int) -> None:
    """One block over so many image tokens (batch 1, float32); prints the peak in bytes above the start."""
    from bench_motion import HEADS, TIME, load_host, peak_memory

    load_host()
    import comfy.ops
    import torch
    from comfy.ldm.cogvideo.model import CogVideoXBlock
    from comfy.ldm.modules.attention import attention_pytorch

    block = CogVideoXBlock(WIDTH, HEADS, 64, TIME, device="cpu", dtype=torch.float32, operations=comfy.ops.manual_cast)
    for parameter in block.parameters():
        torch.nn.init.normal_(parameter, std=0.02)
    image, text, temb = torch.randn(1, tokens, WIDTH), torch.randn(1, TEXT, WIDTH), torch.randn(1, TIME)
    rotary = torch.randn(tokens, 64), torch.randn(tokens, 64)
    # What a GPU has; the host's choice for CPUs holds all scores.
    options = {"optimized_attention_override": lambda _, *args, **kwargs: attention_pytorch(*args, **kwargs)}
    with torch.inference_mode():
        call = partial(block, image, text, temb, image_rotary_emb=rotary, transformer_options=options)
        peak = peak_memory(call, torch.device("cpu"))
    print(int(peak))


def draw_picture() -> None:
    """Print the process's peak while 201 frames of 720p are drawn: in the VAE's chunks, and whole."""
    from bench_motion import reset_peak, status

    from tora_core.pipelines.picture import plan_picture
    from tora_core.trajectory import Trajectory

    drawn = Trajectory.from_points([[(100, 100), (900, 500), (1200, 200)]], width=1280, height=720, frames=201)
    plan = plan_picture(drawn, 201, (720, 1280))
    plan.draw(0, 9)  # what a first call sets up is not of the picture
    chunks = [(0, 9), *((start, start + 8) for start in range(9, 201, 8))]
    for name, parts in (("in chunks", chunks), ("whole", [(0, 201)])):
        reset_peak()
        before = status("VmRSS")
        for start, end in parts:
            plan.draw(start, end)
        print(f"201 frames of 720x1280 drawn {name}: {(status('VmHWM') - before) / 2**20:.0f} MiB above start")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--measure", action="store_true")
    parser.add_argument("--picture", action="store_true")
    parser.add_argument("--tokens", nargs="+", type=int, default=[1350, 4050])
    arguments = parser.parse_args()
    if arguments.measure:
        measured(arguments.tokens)
    elif arguments.picture:
        draw_picture()
    else:
        print(table())


if __name__ == "__main__":
    main()
