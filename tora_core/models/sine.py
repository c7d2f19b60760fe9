"""Sine positions of CogVideoX-2B and of the published ControlNets, as diffusers makes them, without diffusers."""

from __future__ import annotations

import torch

_BASE = 10000.0


def sine_positions(
    grid: tuple[int, int, int],
    width: int,
    *,
    space_scale: float = 1.875,
    time_scale: float = 1.0,
    device: torch.device | str | None = None,
) -> torch.Tensor:
    """Float32 (F'*H*W, width) for a grid of F' latent frames, H rows and W columns of patches.

    The first quarter of the width is for time, the next three eighths for columns, the last for rows; in each the
    sines come first. Positions are divided by their scale and, unlike the rotary ones, never fitted to another size.
    Source: `get_3d_sincos_pos_embed` of diffusers.
    """
    frames, rows, columns = grid
    time = _waves(frames, width // 4, time_scale, device)
    down, across = (_waves(count, 3 * width // 8, space_scale, device) for count in (rows, columns))
    parts = (
        time[:, None, None].expand(-1, rows, columns, -1),
        across[None, None].expand(frames, rows, -1, -1),
        down[None, :, None].expand(frames, -1, columns, -1),
    )
    return torch.cat(parts, dim=-1).reshape(frames * rows * columns, width)


def _waves(count: int, width: int, scale: float, device: torch.device | str | None) -> torch.Tensor:
    """(count, width). Frequencies in float64 on the CPU, as some devices have no such numbers; then to the device."""
    frequencies = _BASE ** -(torch.arange(width // 2, dtype=torch.float64) / (width / 2))
    angles = torch.outer(torch.arange(count, dtype=torch.float64) / scale, frequencies)
    return torch.cat([angles.sin(), angles.cos()], dim=1).to(device, torch.float32)
