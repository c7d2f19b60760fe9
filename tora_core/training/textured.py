"""Synthetic clips with texture, whose points can be followed, and the truth of where each is and when it is hidden.

Layers of noise texture, cut to shapes, move over a textured ground by known similarities: so every point's place in
every frame is exact. Everything follows from one seed. Made to measure point trackers (scripts/bench_tracking.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import ToraError
from .shapes import SHAPES, coverage

KINDS = ("plain", "turning", "occlusion", "leaving", "fast", "blurred", "small", "camera")
"""What is hard in a clip: nothing; things turn and grow; a bar hides them; they leave the frame and some come back;
they move up to 24 px a frame; frames are smeared along the motion; they are 14 to 22 px wide; the ground moves too."""


@dataclass(frozen=True, eq=False)
class TexturedClip:
    """Frames uint8 (F, H, W, 3), points float32 (N, F, 2) px, visible bool (N, F), and which are on a thing, bool (N,).

    A point is visible where it is inside the frame and nothing lies over it. All are visible in frame 0.
    """

    frames: np.ndarray
    points_px: np.ndarray
    visible: np.ndarray
    on_thing: np.ndarray
    kind: str


@dataclass(frozen=True, eq=False)
class _Layer:
    """A texture (h, w, 3) with its cover (h, w), and per frame the similarity (2, 3) from its pixels to the frame's."""

    texture: np.ndarray
    cover: np.ndarray
    poses: np.ndarray


def noise_texture(rng: np.random.Generator, size: tuple[int, int], finest_px: float = 3.0) -> np.ndarray:
    """Noise float32 (H, W, 3) in 0..255, of details from `finest_px` to eight times that, around a random color."""
    import cv2

    height, width = size
    tint = rng.uniform(70, 185, 3)
    picture = np.zeros((height, width, 3), np.float32)
    for octave in range(4):
        cell = finest_px * 2**octave
        coarse = rng.normal(0, 1, (int(height / cell) + 3, int(width / cell) + 3, 3))
        coarse = 0.75 * coarse.mean(-1, keepdims=True) * 1.7 + 0.4 * coarse
        fine = cv2.resize(coarse.astype(np.float32), None, fx=cell, fy=cell, interpolation=cv2.INTER_CUBIC)
        picture += 16 * 1.25**octave * fine[:height, :width]
    return np.clip(picture + tint, 0, 255).astype(np.float32)


def draw_textured(
    seed: int, kind: str = "plain", *, frames: int = 25, size: tuple[int, int] = (192, 288), points: int = 16
) -> TexturedClip:
    """The clip of `seed` and `kind` (see KINDS): `points` points in frame 0, five eighths of them on things.

    size: (height, width), 96 px or more. Raises ToraError.
    """
    if kind not in KINDS:
        raise ToraError(f"kind is {kind!r}, expected one of {', '.join(KINDS)}.")
    if min(size) < 96 or frames < 2 or points < 2:
        raise ToraError(f"got {frames} frames of {size} with {points} points, expected 2 or more, 96 px or more, 2.")
    rng = np.random.default_rng([seed, KINDS.index(kind)])
    smear = 8 if kind == "blurred" else 1
    count = frames * smear  # a smeared frame is the mean of moments around it
    layers = [_ground(rng, kind, frames, count, size), *(_thing(rng, kind, frames, count, size) for _ in range(2))]
    if kind == "occlusion":
        layers.append(_bar(rng, count, size))
    if kind == "camera":
        layers = [_filmed(layer, layers[0]) for layer in layers]
    video = np.stack([_render(layers, moment, size) for moment in range(count)])
    video = video.reshape(frames, smear, *video.shape[1:]).mean(1)
    video += rng.normal(0, 1.5, video.shape)
    moments = np.arange(frames) * smear + smear // 2
    where, seen, layer_of = _points(rng, layers, moments, size, points)
    clip = np.rint(np.clip(video, 0, 255)).astype(np.uint8)
    return TexturedClip(clip, where.astype(np.float32), seen, layer_of > 0, kind)


def _pose(scale: np.ndarray, angle: np.ndarray, middle: np.ndarray, onto: np.ndarray) -> np.ndarray:
    """Similarities (F, 2, 3) that take a texture's middle (2,) to `onto` (F, 2), turned and scaled about it."""
    cos, sin = scale * np.cos(angle), scale * np.sin(angle)
    linear = np.stack([np.stack([cos, -sin], -1), np.stack([sin, cos], -1)], -2)
    return np.concatenate([linear, (onto - linear @ middle)[..., None]], -1)


def _ground(rng: np.random.Generator, kind: str, frames: int, count: int, size: tuple[int, int]) -> _Layer:
    height, width = size
    still = kind != "camera"
    big = (height, width) if still else (2 * height, 2 * width)
    time = np.linspace(0, 1, count)
    middle = np.array([big[1] - 1, big[0] - 1]) / 2
    onto = np.repeat([[(width - 1) / 2, (height - 1) / 2]], count, 0)
    scale, angle = np.ones(count), np.zeros(count)
    if not still:
        heading = rng.uniform(0, 2 * np.pi)
        way = rng.uniform(1.5, 3.0) * frames
        onto = onto + way * time[:, None] * np.array([np.cos(heading), np.sin(heading) * height / width])
        scale = 1.0 + rng.uniform(-0.12, 0.25) * time
        angle = rng.uniform(-0.15, 0.15) * time
    return _Layer(noise_texture(rng, big), np.ones(big, np.float32), _pose(scale, angle, middle, onto))


def _thing(rng: np.random.Generator, kind: str, frames: int, count: int, size: tuple[int, int]) -> _Layer:
    height, width = size
    radius = rng.uniform(7, 11) if kind == "small" else rng.uniform(0.13, 0.19) * height
    room = 2 * int(np.ceil(1.5 * radius)) + 1
    middle = np.array([room - 1, room - 1]) / 2
    rows, columns, cover = coverage(str(rng.choice(SHAPES)), middle, radius, (room, room))
    whole = np.zeros((room, room), np.float32)
    whole[rows, columns] = cover
    time = np.linspace(0, 1, count)
    low, high = np.array([radius, radius]), np.array([width - 1 - radius, height - 1 - radius])
    start = rng.uniform(low, high)
    heading = rng.uniform(0, 2 * np.pi)
    speed = rng.uniform(1.0, 3.5)
    if kind in ("fast", "blurred"):
        speed = rng.uniform(12, 24) if kind == "fast" else rng.uniform(5, 10)
    if kind == "small":
        speed = rng.uniform(1.0, 3.0)
    if kind == "leaving":  # out over the nearest side, and back for every second one
        side = start < (low + high) / 2
        out = np.where(side, -1, 1) * np.array([1.0, 0.0])
        gone = np.sin(np.pi * time) if rng.random() < 0.5 else np.clip(1.4 * time, 0, 1)
        far = (start[0] if side[0] else width - 1 - start[0]) + 1.6 * radius
        onto = start + gone[:, None] * far * out
    else:
        way = speed * frames * time[:, None] * np.array([np.cos(heading), np.sin(heading)])
        onto = low + _reflected(start + way - low, high - low)  # it bounces off the border
    scale, angle = np.ones(count), np.zeros(count)
    if kind == "turning":
        scale = 1.0 + rng.uniform(-0.3, 0.45) * time
        angle = rng.uniform(0.5, 1.6) * rng.choice([-1, 1]) * time
    return _Layer(noise_texture(rng, (room, room)), whole, _pose(scale, angle, middle, onto))


def _bar(rng: np.random.Generator, count: int, size: tuple[int, int]) -> _Layer:
    height, width = size
    broad = int(rng.uniform(0.1, 0.16) * width)
    x = np.linspace(-broad, width + broad, count)
    onto = np.stack([x if rng.random() < 0.5 else x[::-1], np.full(count, (height - 1) / 2)], -1)
    area = (height + 2, broad)
    middle = np.array([broad - 1, height + 1]) / 2
    poses = _pose(np.ones(count), np.zeros(count), middle, onto)
    return _Layer(noise_texture(rng, area), np.ones(area, np.float32), poses)


def _filmed(layer: _Layer, ground: _Layer) -> _Layer:
    """The layer as the camera sees it, whose motion is that of the ground since frame 0."""
    if layer is ground:
        return layer
    moved = ground.poses
    first = np.linalg.inv(np.vstack([moved[0], [0, 0, 1]]))
    seen = np.stack([np.vstack([pose, [0, 0, 1]]) @ first for pose in moved])
    own = np.concatenate([layer.poses, np.tile([[[0.0, 0.0, 1.0]]], (len(moved), 1, 1))], 1)
    return _Layer(layer.texture, layer.cover, (seen @ own)[:, :2])


def _reflected(way: np.ndarray, room: np.ndarray) -> np.ndarray:
    """Positions (F, 2) folded back into 0..room, like light between two mirrors."""
    turned = np.mod(way, 2 * room)
    return np.where(turned > room, 2 * room - turned, turned)


def _render(layers: list[_Layer], moment: int, size: tuple[int, int]) -> np.ndarray:
    import cv2

    height, width = size
    picture = np.zeros((height, width, 3), np.float32)
    for layer in layers:
        cover = _covers(layer, moment, size)[..., None]
        drawn = cv2.warpAffine(
            layer.texture, layer.poses[moment], (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
        )
        picture += cover * (drawn - picture)
    return picture


def _covers(layer: _Layer, moment: int, size: tuple[int, int]) -> np.ndarray:
    import cv2

    return cv2.warpAffine(layer.cover, layer.poses[moment], (size[1], size[0]), flags=cv2.INTER_LINEAR)


def _points(
    rng: np.random.Generator, layers: list[_Layer], moments: np.ndarray, size: tuple[int, int], points: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Points that are seen in frame 0: (N, F, 2), seen (N, F), and the number of the layer of each (N,)."""
    covers = [np.stack([_covers(layer, m, size) > 0.5 for m in moments]) for layer in layers]
    covers[0][:] = True
    top = np.zeros((len(moments), *size), int)
    for number, cover in enumerate(covers):
        top[cover] = number
    wanted = [0 if n < points - points * 5 // 8 else 1 + n % 2 for n in range(points)]
    chosen, layer_of = [], []
    for number in wanted:
        inner = _inner(top[0] == number)
        y, x = np.nonzero(inner if inner.any() else top[0] == number)
        if not len(x):
            continue
        k = int(rng.integers(len(x)))
        chosen.append(np.array([x[k], y[k]]) + rng.uniform(-0.4, 0.4, 2))
        layer_of.append(number)
    at, which = np.array(chosen), np.array(layer_of)
    where = np.zeros((len(at), len(moments), 2))
    for n, number in enumerate(which):
        poses = layers[number].poses[moments]
        own = np.linalg.solve(poses[0][:, :2], at[n] - poses[0][:, 2])
        where[n] = poses[:, :, :2] @ own + poses[:, :, 2]
    across, down = where[..., 0], where[..., 1]
    within = (across >= -0.5) & (across < size[1] - 0.5) & (down >= -0.5) & (down < size[0] - 0.5)
    column = np.rint(across).astype(int).clip(0, size[1] - 1)
    row = np.rint(down).astype(int).clip(0, size[0] - 1)
    seen = within & (top[np.arange(len(moments)), row, column] == which[:, None])
    return where, seen, which


def _inner(mask: np.ndarray) -> np.ndarray:
    """The mask without a rim of 3 px, and without 4 px along the frame's border."""
    import cv2

    smaller = cv2.erode(mask.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
    smaller[:4], smaller[-4:], smaller[:, :4], smaller[:, -4:] = False, False, False, False
    return smaller
