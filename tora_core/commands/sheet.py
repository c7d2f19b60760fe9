"""The picture beside a video: what was asked and what came, on one sheet."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from ..trajectory import Tracks, draw_trajectory, overlay_tracks

FRAMES_SHOWN = 6
LEAST_HEIGHT_PX = 192
GAP_PX = 6
PAPER = 24


def contact_sheet(video: np.ndarray, tracks: Tracks | None, title: str = "") -> np.ndarray:
    """uint8 (h, w, 3): asked paths and motion picture first, then frames as they came and with the paths drawn in.

    video: uint8 (F, H, W, 3); small frames are enlarged by a whole number.
    """
    import cv2

    frames, height, width = video.shape[:3]
    chosen = np.unique(np.linspace(0, frames - 1, FRAMES_SHOWN).round().astype(int))
    scale = max(1, -(-LEAST_HEIGHT_PX // height))

    def enlarge(pictures: list[np.ndarray]) -> list[np.ndarray]:
        return [cv2.resize(p, (width * scale, height * scale), interpolation=cv2.INTER_CUBIC) for p in pictures]

    rows = [enlarge([video[f] for f in chosen])]
    labels = [[f"frame {f}" for f in chosen]]
    if tracks is not None:
        from ..motion import render_motion

        large = Tracks(
            tracks.points_px * scale,
            tracks.visible,
            (height * scale, width * scale),
            strength=tracks.strength,
            sigma_px=tracks.sigma_px,
        )
        big = np.stack([cv2.resize(f, (width * scale, height * scale), interpolation=cv2.INTER_CUBIC) for f in video])
        drawn = overlay_tracks(big, large)
        motion = render_motion(tracks, frames=range(frames // 2, frames // 2 + 1))
        flow = (motion[0].numpy() * 255).round().astype(np.uint8)
        rows[0].insert(0, draw_trajectory(large))
        labels[0].insert(0, "asked path")
        rows.append([*enlarge([flow]), *(drawn[f] for f in chosen)])
        labels.append([f"motion, frame {frames // 2}", *["with the path"] * len(chosen)])
    return _lay_out(rows, labels, title)


def _lay_out(rows: list[list[np.ndarray]], labels: list[list[str]], title: str) -> np.ndarray:
    import cv2

    cell_height, cell_width = rows[0][0].shape[:2]
    caption = 22
    top = 34 if title else 0
    height = top + len(rows) * (cell_height + caption + GAP_PX) + GAP_PX
    width = len(rows[0]) * (cell_width + GAP_PX) + GAP_PX
    sheet = np.full((height, width, 3), PAPER, np.uint8)
    if title:
        cv2.putText(sheet, title[:120], (GAP_PX, 24), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (235, 235, 235), 1, cv2.LINE_AA)
    for r, (pictures, words) in enumerate(zip(rows, labels, strict=True)):
        y = top + GAP_PX + r * (cell_height + caption + GAP_PX)
        for c, (picture, word) in enumerate(zip(pictures, words, strict=True)):
            x = GAP_PX + c * (cell_width + GAP_PX)
            sheet[y : y + cell_height, x : x + cell_width] = picture
            place = (x + 2, y + cell_height + 15)
            cv2.putText(sheet, word, place, cv2.FONT_HERSHEY_SIMPLEX, 0.42, (180, 180, 180), 1, cv2.LINE_AA)
    return sheet


def write_picture(path: Path, picture: np.ndarray) -> None:
    """Write uint8 RGB (H, W, 3) as PNG, whole or not at all."""
    from PIL import Image

    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    try:
        Image.fromarray(picture).save(part, format="PNG")
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
