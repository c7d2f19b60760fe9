"""The clips that the bundled model is trained on: what `synthetic` draws, and all that makes it harder.

On top of calm clips with moving shapes: things that rest or stop on their way, that leave or enter the frame, larger
sizes, low-contrast texture on the ground, and a camera that pans. Everything follows from one seed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .shapes import SHAPES
from .synthetic import OBJECT_COLORS, Clip, Thing, _pick_colors, compose, draw_clip, draw_ground, random_path


@dataclass(frozen=True)
class SceneChances:
    """How often what happens, each a share of clips (or of things), and how large things are."""

    objects: tuple[float, ...] = (0.62, 0.25, 0.13)
    texture: float = 0.35
    camera: float = 0.15
    rest_alone: float = 0.06
    rest_in_company: float = 0.2
    stop: float = 0.15
    cross_border: float = 0.15
    radius_share: tuple[float, float] = (0.09, 0.18)
    camera_share: tuple[float, float] = (0.08, 0.35)
    """Length of a pan as a share of the shorter side."""


CHANCES = SceneChances()

CALM_SEED = 200_000_000
"""Calm clips count their seeds from here, so that their encoded files can lie beside those of scenes."""


def draw_calm(seed: int, *, frames: int = 17, size: tuple[int, int] = (128, 128)) -> Clip:
    """A clip of `synthetic` under a seed from CALM_SEED on, calm ground, no camera."""
    return draw_clip(seed - CALM_SEED, frames=frames, size=size)


def draw_any(seed: int, *, frames: int = 17, size: tuple[int, int] = (128, 128)) -> Clip:
    """The calm clip or the scene of `seed`, whichever its number stands for."""
    return (draw_calm if seed >= CALM_SEED else draw_scene)(seed, frames=frames, size=size)


def draw_scene(
    seed: int,
    *,
    frames: int = 17,
    size: tuple[int, int] = (128, 128),
    objects: int | None = None,
    chances: SceneChances = CHANCES,
) -> Clip:
    """The scene of `seed`: F frames of `size` (height, width) with `objects` shapes, or 1 to 3 by chance.

    `tracks` of the clip are the centers of the things in their order, visible in all frames also where they are
    outside the frame, then some points of the ground where the camera pans.
    """
    rng = np.random.default_rng((seed, 1))
    count = 1 + int(rng.choice(len(chances.objects), p=chances.objects)) if objects is None else objects
    ground, colors = _pick_colors(rng, count)
    shift = _pan(rng, frames, size, chances) if rng.random() < chances.camera else np.zeros((frames, 2))
    picture = moving_ground(rng, ground, size, shift, textured=rng.random() < chances.texture)
    things = []
    for color in colors:
        radius = float(rng.uniform(*chances.radius_share) * min(size))
        path = _path(rng, frames, size, radius, shift, chances, alone=count == 1)
        rgb = np.clip(np.array(OBJECT_COLORS[color]) + rng.uniform(-10, 10, 3), 0, 255).astype(np.float32)
        things.append(Thing(str(rng.choice(SHAPES)), color, rgb, radius, path))
    if not shift.any():
        return compose(picture, tuple(things), ground)
    steps = np.diff(shift, axis=0, prepend=shift[:1])
    return compose(picture, tuple(things), ground, steps, _ground_points(rng, size, shift))


def moving_ground(
    rng: np.random.Generator, name: str, size: tuple[int, int], shift_px: np.ndarray, textured: bool
) -> np.ndarray:
    """float32 (H, W, 3), or (F, H, W, 3) moved by `shift_px` (F, 2) where that is not zero throughout."""
    import cv2

    height, width = size
    margin = int(np.ceil(np.abs(shift_px).max())) + 2 if shift_px.any() else 0
    large = draw_ground(rng, name, (height + 2 * margin, width + 2 * margin))
    if textured:
        cell = rng.uniform(5, 14)
        rows, columns = (max(2, round(side / cell)) for side in large.shape[:2])
        noise = rng.normal(0, 1, (rows, columns)).astype(np.float32)
        noise = cv2.resize(noise, (large.shape[1], large.shape[0]), interpolation=cv2.INTER_CUBIC)
        large = np.clip(large * (1 + rng.uniform(0.02, 0.05) * noise[..., None]), 0, 255).astype(np.float32)
    if not margin:
        return large
    center = np.array([(large.shape[1] - 1) / 2, (large.shape[0] - 1) / 2])
    return np.stack([cv2.getRectSubPix(large, (width, height), tuple((center - s).tolist())) for s in shift_px])


def _pan(rng: np.random.Generator, frames: int, size: tuple[int, int], chances: SceneChances) -> np.ndarray:
    """How far the ground has moved at every frame, px (F, 2): one direction, softly started and ended or steady."""
    angle = rng.uniform(0, 2 * np.pi)
    length = rng.uniform(*chances.camera_share) * min(size)
    time = np.linspace(0, 1, frames)
    time = time - rng.uniform(0, 0.9) * np.sin(2 * np.pi * time) / (2 * np.pi)
    return length * time[:, None] * np.array([np.cos(angle), np.sin(angle)])


def _path(
    rng: np.random.Generator,
    frames: int,
    size: tuple[int, int],
    radius: float,
    shift: np.ndarray,
    chances: SceneChances,
    alone: bool,
) -> np.ndarray:
    """Centers of one thing, px (F, 2): resting on the ground, or on a way of its own."""
    inside = 0.75 * radius
    if rng.random() < (chances.rest_alone if alone else chances.rest_in_company):
        height, width = size
        return rng.uniform((inside, inside), (width - 1 - inside, height - 1 - inside)) + shift
    crossing = rng.random() < chances.cross_border
    path = random_path(rng, frames, size, margin_px=-1.6 * radius if crossing else inside)
    return _stopped(rng, path) if rng.random() < chances.stop else path


def _stopped(rng: np.random.Generator, path: np.ndarray) -> np.ndarray:
    """The same way with a rest somewhere in its middle, gone quicker before and after."""
    frames = len(path)
    share = rng.uniform(0.15, 0.35)
    start = rng.uniform(0.15, 0.85 - share)
    time = np.linspace(0, 1, frames)
    at = np.where(time < start, time, np.where(time < start + share, start, time - share)) / (1 - share)
    return np.stack([np.interp(at, time, path[:, axis]) for axis in (0, 1)], axis=1)


def _ground_points(rng: np.random.Generator, size: tuple[int, int], shift: np.ndarray) -> np.ndarray:
    """0 to 6 points of the ground on a grid of 32 px, as somebody would draw a pan; px (N, F, 2)."""
    height, width = size
    grid = np.stack(np.meshgrid(np.arange(16, width, 32), np.arange(16, height, 32)), axis=-1).reshape(-1, 2)
    count = int(rng.integers(0, 7))
    return rng.permutation(grid)[:count, None].astype(float) + shift[None]
