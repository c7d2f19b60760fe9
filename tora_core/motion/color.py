"""Flow to an RGB picture by the Baker colour wheel, as torchvision's `flow_to_image` draws it.

The angle of a displacement picks the colour, its length (over the largest length) how far the colour is from white.
Source: torchvision/utils.py `flow_to_image`, which the published inference code calls.
"""

from __future__ import annotations

import math
from functools import lru_cache

import torch

from ..errors import ToraError

# Entries from one full colour of the wheel to the next: count, the channel that stays at 255, the one that ramps, up?
_WHEEL = ((15, 0, 1, True), (6, 1, 0, False), (4, 1, 2, True), (11, 2, 1, False), (13, 2, 0, True), (6, 0, 2, False))
_EPS = torch.finfo(torch.float32).eps
BLOCK_PIXELS = 3 << 13
"""Pixels drawn at once on the CPU: the planes of a block stay in the second-level cache, and torch doesn't yet split an
operation between threads (it does from 32768 numbers on), which at this size costs more than it saves."""
_BLOCK_PIXELS_DEVICE = 1 << 22
_SAFE_TO_SQUARE = 1e18  # in float32


def color_wheel() -> torch.Tensor:
    """Return the 55 colours of the wheel: float32 (55, 3), whole numbers in 0..255."""
    wheel = torch.zeros(sum(count for count, *_ in _WHEEL), 3, dtype=torch.float32, device="cpu")
    row = 0
    for count, full, ramping, up in _WHEEL:
        ramp = torch.floor(255 * torch.arange(count, dtype=torch.float32, device="cpu") / count)
        wheel[row : row + count, full] = 255.0
        wheel[row : row + count, ramping] = ramp if up else 255.0 - ramp
        row += count
    return wheel


@lru_cache(maxsize=8)
def _wheel_channels(device: torch.device) -> tuple[tuple[torch.Tensor, torch.Tensor], ...]:
    """Per channel the wheel in 0..1 and the same wheel one entry on, both (55,)."""
    wheel = color_wheel() / 255.0
    following = wheel.roll(-1, 0)
    return tuple((wheel[:, c].contiguous().to(device), following[:, c].contiguous().to(device)) for c in range(3))


def color_scale(max_norm: float, device: torch.device | str = "cpu") -> torch.Tensor:
    """Return what flow is divided by, `max_norm` plus float32 epsilon: a float32 tensor without axes.

    Raises ToraError if max_norm is negative, NaN or infinite.
    """
    if not (math.isfinite(max_norm) and max_norm >= 0):
        raise ToraError(f"max_norm is {max_norm}, expected finite px/frame, 0 or more; give flow_norm(tracks).")
    scale = torch.tensor(max_norm, dtype=torch.float32, device="cpu") + _EPS
    return scale.clamp_(max=torch.finfo(torch.float32).max).to(device)


def draw_colors(u: torch.Tensor, v: torch.Tensor, scale: torch.Tensor, out: torch.Tensor) -> None:
    """Write the colours of the float32 planes `u` (dx) and `v` (dy), both (...), into `out` (..., 3).

    The order of operations is torchvision's, so that the 8-bit values come out the same. One thing differs: a length
    above 1 (a strength above 1, or the longest vector by rounding) is drawn as 1; torchvision's 8-bit cast wraps it.
    """
    u = u / scale
    v = v / scale
    norm = (u * u).add_(v * v).sqrt_().clamp_(max=1.0)
    spot = torch.atan2(v.neg_(), u.neg_()).div_(torch.pi).add_(1).div_(2).mul_(54)
    entry = spot.long()  # spot isn't negative, so cutting is floor
    part = spot.sub_(entry)
    rest = 1 - part
    entry = entry.flatten()
    for channel, (wheel, following) in enumerate(_wheel_channels(out.device)):
        color = wheel.index_select(0, entry).view_as(part).mul_(rest)
        color.addcmul_(following.index_select(0, entry).view_as(part), part)
        color.sub_(1).mul_(norm).add_(1)  # 1 - norm * (1 - color)
        torch.div(color.mul_(255).floor_(), 255, out=out[..., channel])


def _largest_norm(blocks: tuple[torch.Tensor, ...], largest_value: float) -> float:
    dtype = torch.float32 if largest_value < _SAFE_TO_SQUARE else torch.float64
    squares = [block.to(dtype).square().sum(-1).amax() for block in blocks]
    return min(float(torch.stack(squares).amax().sqrt()), torch.finfo(torch.float32).max)


@torch.no_grad()
def largest_norm(flow: torch.Tensor) -> float:
    """The largest length in px/frame of a flow (..., 2), which `flow_to_rgb` scales by; 0 for an empty one.

    Raises ToraError where flow holds NaN or infinity.
    """
    if not flow.numel():
        return 0.0
    lowest, highest = (float(x) for x in torch.aminmax(flow.detach()))
    if not (math.isfinite(lowest) and math.isfinite(highest)):
        raise ToraError("flow holds NaN or infinity, expected finite px/frame; mark such pixels as 0 (still).")
    block = BLOCK_PIXELS if flow.device.type == "cpu" else _BLOCK_PIXELS_DEVICE
    return _largest_norm(flow.detach().reshape(-1, 2).split(block), max(-lowest, highest))


@torch.no_grad()
def flow_to_rgb(flow: torch.Tensor, *, max_norm: float | None = None) -> torch.Tensor:
    """Draw a flow as colours: white where nothing moves, the angle as hue, the length as saturation.

    flow: (..., 2), dx and dy in px/frame, any real dtype and device, any leading axes; never written to.
    max_norm: the length in px/frame that gets the full colour; longer vectors are drawn as long as this. None takes
        the largest length in `flow`: right for a whole clip without strengths, else give `flow_norm(tracks)`.
    Returns float32 (..., 3) on flow's device, RGB in [0, 1] on steps of 1/255 (rounded down). All-zero flow is white.

    Raises ToraError if flow isn't a real tensor of (..., 2) or holds NaN or infinity, or if max_norm isn't finite or is
    below 0. Source: torchvision `flow_to_image`, after Baker et al., "A Database and Evaluation Methodology for Optical
    Flow" (ICCV 2007).
    """
    if not isinstance(flow, torch.Tensor):
        raise ToraError(f"flow is a {type(flow).__name__}, expected a torch.Tensor of shape (..., 2).")
    if flow.ndim < 1 or flow.shape[-1] != 2 or flow.is_complex():
        raise ToraError(
            f"flow is {flow.dtype} of shape {tuple(flow.shape)}, expected real (..., 2) with dx and dy last."
        )
    picture = torch.ones(*flow.shape[:-1], 3, dtype=torch.float32, device=flow.device)
    if not flow.numel():
        return picture
    largest = largest_norm(flow)
    max_norm = largest if max_norm is None else max_norm
    block = BLOCK_PIXELS if flow.device.type == "cpu" else _BLOCK_PIXELS_DEVICE
    flow_blocks = flow.detach().reshape(-1, 2).split(block)
    scale = color_scale(max_norm, flow.device)
    for pixels, colors in zip(flow_blocks, picture.view(-1, 3).split(block), strict=True):
        if pixels.any():  # a still block is white already
            pixels = pixels.float()
            draw_colors(pixels[:, 0], pixels[:, 1], scale, colors)
    return picture
