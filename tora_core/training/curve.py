"""The picture of a loss curve, from the log of a stage."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

SIZE = (360, 640)
LEFT, RIGHT, TOP, BOTTOM = 64, 16, 28, 36
PAPER, INK, FAINT, DOTS, LINE = 250, (40, 40, 40), (215, 215, 215), (190, 205, 235), (200, 90, 30)


def read_log(path: Path, name: str = "loss") -> tuple[np.ndarray, np.ndarray]:
    """Steps and values (N,) of one figure in a log of JSON lines; half-written lines and other rows are left out."""
    steps, values = [], []
    for text in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
        try:
            row = json.loads(text)
            step, value = float(row["step"]), float(row[name])
        except (ValueError, KeyError, TypeError):
            continue
        if np.isfinite(value):
            steps.append(step)
            values.append(value)
    return np.array(steps), np.array(values)


def smoothed(values: np.ndarray, window: int) -> np.ndarray:
    """Mean of up to `window` values up to each one."""
    sums = np.concatenate([[0.0], np.cumsum(values)])
    ends = np.arange(1, len(values) + 1)
    starts = np.maximum(0, ends - window)
    return (sums[ends] - sums[starts]) / (ends - starts)


def draw_loss_curve(steps: np.ndarray, values: np.ndarray) -> np.ndarray:
    """uint8 RGB (360, 640, 3): dots as logged, a line smoothed over a twentieth, the loss's axis logarithmic."""
    import cv2

    height, width = SIZE
    picture = np.full((height, width, 3), PAPER, np.uint8)

    def write(text: str, x: float, y: float) -> None:
        cv2.putText(picture, text, (int(x), int(y)), cv2.FONT_HERSHEY_SIMPLEX, 0.4, INK, 1, cv2.LINE_AA)

    shown = np.maximum(values, 1e-9)
    low, high = np.log(shown.min()), np.log(shown.max())
    low, high = (low - 0.05, high + 0.05) if high - low < 1e-6 else (low, high)
    last = max(float(steps.max()), 1.0)
    x = LEFT + (width - LEFT - RIGHT) * steps / last
    for share in np.linspace(0, 1, 5):
        y = TOP + (height - TOP - BOTTOM) * share
        cv2.line(picture, (LEFT, int(y)), (width - RIGHT, int(y)), FAINT, 1)
        write(f"{np.exp(high + (low - high) * share):.3g}", 8, y + 4)
        write(f"{last * share:.0f}", LEFT + (width - LEFT - RIGHT) * share - 14, height - 14)

    def place(v: np.ndarray) -> np.ndarray:
        y = TOP + (height - TOP - BOTTOM) * (high - np.log(np.maximum(v, 1e-9))) / (high - low)
        return np.stack([x, y], axis=1).round().astype(np.int32)

    for dot in place(values):
        cv2.circle(picture, (int(dot[0]), int(dot[1])), 1, DOTS, -1, cv2.LINE_AA)
    cv2.polylines(picture, [place(smoothed(values, max(1, len(values) // 20)))], False, LINE, 1, cv2.LINE_AA)
    write(f"loss by step; {values[-1]:.4g} at step {int(steps[-1])}", LEFT, 18)
    return picture


def write_loss_curve(log: Path, path: Path) -> None:
    """Draw the curve of a log as PNG; nothing when nothing was logged yet."""
    from PIL import Image

    from ..checkpoints.saving import replacing

    steps, values = read_log(log)
    if len(steps):
        with replacing(path) as part:
            Image.fromarray(draw_loss_curve(steps, values)).save(part, format="PNG")
