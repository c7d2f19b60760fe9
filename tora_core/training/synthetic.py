"""Synthetic clips: coloured shapes on smooth grounds along random smooth paths, with words, tracks and dense flow.

Everything follows from one seed; any size and length. Positions are exact, so the tracks are the truth that a
generated video is measured against.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..trajectory import Tracks, Trajectory
from .shapes import SHAPES, coverage

OBJECT_COLORS: dict[str, tuple[int, int, int]] = {
    "red": (222, 40, 44),
    "green": (40, 190, 72),
    "blue": (52, 92, 238),
    "yellow": (242, 212, 48),
    "orange": (246, 136, 34),
    "purple": (156, 62, 204),
    "cyan": (60, 204, 222),
    "white": (242, 242, 242),
}
GROUND_COLORS: dict[str, tuple[int, int, int]] = {
    "gray": (112, 112, 116),
    "blue": (34, 50, 108),
    "green": (38, 82, 52),
    "brown": (96, 66, 44),
    "black": (24, 24, 28),
    "sand": (188, 172, 138),
}
MIN_CONTRAST = 120.0
"""Least RGB distance between a shape and its ground: closer pairs can't be told apart by a tracker either."""

RADIUS_SHARE = (0.11, 0.16)
"""Radius of a shape as a share of the shorter side: 14 to 20 px at 128, about two cells of the latent. A shape of
10 px came back from the VAE as a mere spot."""


@dataclass(frozen=True, eq=False)
class Thing:
    """One moving shape: what it is called, how large it is (px), where its centre is in every frame ((F, 2) px)."""

    shape: str
    color: str
    rgb: np.ndarray
    radius_px: float
    centers_px: np.ndarray


@dataclass(frozen=True, eq=False)
class Clip:
    """A clip with its truth.

    frames: uint8 (F, H, W, 3) RGB; caption: words; tracks: one a thing, its centre, in the order of `things`, then
    maybe others; flow: float32 (F, H, W, 2) px/frame as Tora's dense stage wants it: displacement from frame f-1 to f
    at the source pixel, frame 0 zero.
    """

    frames: np.ndarray
    caption: str
    things: tuple[Thing, ...]
    tracks: Tracks
    flow: np.ndarray
    ground: str


def random_path(rng: np.random.Generator, frames: int, size: tuple[int, int], margin_px: float) -> np.ndarray:
    """A smooth path (F, 2) px inside the frame: a few control points, a speed that may vary or rest."""
    height, width = size
    low = np.array([margin_px, margin_px])
    high = np.array([width - 1 - margin_px, height - 1 - margin_px])
    points = [rng.uniform(low, high)]
    heading = rng.uniform(0, 2 * np.pi)
    for _ in range(int(rng.integers(1, 4))):
        heading += rng.normal(0, 0.9)
        step = rng.uniform(0.12, 0.55) * min(height, width)
        target = points[-1] + step * np.array([np.cos(heading), np.sin(heading)])
        if np.any(target < low) or np.any(target > high):  # turn back in rather than run along the edge
            target = rng.uniform(low, high)
            heading = float(np.arctan2(*(target - points[-1])[::-1]))
        points.append(np.clip(target, low, high))
    fine = 8 * frames + 1
    drawn = Trajectory.from_points([[tuple(p) for p in points]], width=width, height=height, frames=fine)
    dense = drawn.sample().points_px[0].astype(np.float64)
    time = np.linspace(0, 1, frames)
    ease = rng.uniform(-0.7, 0.7) if rng.random() < 0.5 else 0.0
    time = time + ease * np.sin(2 * np.pi * time) / (2 * np.pi)
    if rng.random() < 0.15:  # rest at the start or the end
        rest = rng.uniform(0.1, 0.35)
        time = np.clip((time - rest * (rng.random() < 0.5)) / (1 - rest), 0, 1)
    at = np.linspace(0, 1, fine)
    return np.stack([np.interp(time, at, dense[:, axis]) for axis in (0, 1)], axis=1)


def draw_ground(rng: np.random.Generator, name: str, size: tuple[int, int]) -> np.ndarray:
    """A calm ground float32 (H, W, 3) in 0..255: a gradient of one colour and a low-contrast, low-frequency texture."""
    height, width = size
    y, x = np.meshgrid(np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij")
    angle = rng.uniform(0, 2 * np.pi)
    shade = 1 + rng.uniform(0.05, 0.2) * (np.cos(angle) * x + np.sin(angle) * y)
    for _ in range(2):
        kx, ky, phase = *rng.uniform(-4, 4, 2), rng.uniform(0, 2 * np.pi)
        shade = shade + rng.uniform(0, 0.04) * np.sin(kx * x + ky * y + phase)
    tint = np.array(GROUND_COLORS[name]) + rng.uniform(-8, 8, 3)
    return np.clip(shade[..., None] * tint, 0, 255).astype(np.float32)


def _pick_colors(rng: np.random.Generator, count: int) -> tuple[str, list[str]]:
    ground = str(rng.choice(list(GROUND_COLORS)))
    base = np.array(GROUND_COLORS[ground])
    apart = [
        name
        for name, rgb in OBJECT_COLORS.items()
        if name != ground and np.linalg.norm(base - np.array(rgb)) >= MIN_CONTRAST
    ]
    return ground, [str(name) for name in rng.choice(apart, size=count, replace=False)]


def caption_of(things: tuple[Thing, ...], ground: str) -> str:
    """ "a red circle and a green star on a gray background"."""
    words = " and ".join(f"a {thing.color} {thing.shape}" for thing in things)
    return f"{words} on a {ground} background"


def draw_clip(seed: int, *, frames: int = 17, size: tuple[int, int] = (128, 128), objects: int | None = None) -> Clip:
    """The clip of `seed`: F frames of `size` (height, width) with `objects` shapes, or mostly one where None."""
    rng = np.random.default_rng(seed)
    count = int(rng.choice([1, 2, 3], p=[0.75, 0.18, 0.07])) if objects is None else objects
    ground, colors = _pick_colors(rng, count)
    picture = draw_ground(rng, ground, size)
    things = []
    for color in colors:
        radius = rng.uniform(*RADIUS_SHARE) * min(size)
        path = random_path(rng, frames, size, margin_px=0.75 * radius)
        rgb = np.clip(np.array(OBJECT_COLORS[color]) + rng.uniform(-10, 10, 3), 0, 255).astype(np.float32)
        things.append(Thing(str(rng.choice(SHAPES)), color, rgb, float(radius), path))
    return compose(picture, tuple(things), ground)


def compose(
    picture: np.ndarray,
    things: tuple[Thing, ...],
    ground: str,
    ground_steps: np.ndarray | None = None,
    more_tracks_px: np.ndarray | None = None,
) -> Clip:
    """Paint things in order over a ground and gather the truth; a later thing hides an earlier one.

    picture: (H, W, 3), or (F, H, W, 3) where the ground moves; `ground_steps` (F, 2) is then its displacement from
    frame f-1 to f in px, the first zero. `more_tracks_px` (N, F, 2) follow the tracks of the things.
    """
    height, width = picture.shape[-3:-1]
    frames = len(things[0].centers_px)
    clip = picture.copy() if picture.ndim == 4 else np.repeat(picture[None], frames, axis=0)
    flow = np.zeros((frames, height, width, 2), np.float32)
    if ground_steps is not None:
        flow += ground_steps[:, None, None].astype(np.float32)
    for thing in things:
        for f in range(frames):
            rows, columns, alpha = coverage(thing.shape, thing.centers_px[f], thing.radius_px, (height, width))
            area = clip[f, rows, columns]
            area += alpha[..., None] * (thing.rgb - area)
            if f + 1 < frames:
                step = thing.centers_px[f + 1] - thing.centers_px[f]
                flow[f + 1, rows, columns][alpha > 0.5] = step
    points = np.stack([thing.centers_px for thing in things])
    if more_tracks_px is not None and len(more_tracks_px):
        points = np.concatenate([points, more_tracks_px])
    tracks = Tracks(points, size=(height, width))
    return Clip(np.rint(clip).astype(np.uint8), caption_of(things, ground), things, tracks, flow, ground)
