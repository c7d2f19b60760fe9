"""Pictures of trajectories: the paths on one canvas, or over the frames of a video."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import TrajectoryError
from .limits import MAX_CANVAS_PX
from .strokes import Layer, line_width_px
from .tracks import Tracks
from .trajectory import Trajectory

PALETTE = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
"""Okabe and Ito's colors, told apart by the color blind too; without their yellow, which is lost on white."""

_GROUND = (250, 250, 250)
_CURVE_STEPS = 400  # straight pieces that a drawn curve is shown with
_FADED, _FADED_OVER_PICTURE = 0.35, 0.75  # opacity at the beginning of a path; it is 1 at the end
_DOT_SCALE = 8  # how much larger a dot is drawn before it is scaled down


@dataclass(frozen=True)
class _Drawing:
    """In output pixels: paths (N, K, 2), visible (N, K); the frames' positions (N, F, 2), visible (N, F); colors."""

    path_px: np.ndarray
    path_visible: np.ndarray
    frames_px: np.ndarray
    frames_visible: np.ndarray
    colors: list[tuple[int, int, int]]


def draw_trajectory(
    what: Trajectory | Tracks, *, size: tuple[int, int] | None = None, background: np.ndarray | None = None
) -> np.ndarray:
    """A picture, uint8 RGB (H, W, 3), of all paths: a ring where each begins, a bead a frame, an arrow where it ends.

    Paths grow stronger with time; beads far apart are fast. Hidden parts are left out. A path that ends outside has its
    arrow at the border; a track that is outside all the time is an arrow at the border that points to it. A track that
    stands still is a ring with a dot. size: (height, width), default the background's or the trajectory's own.
    background: uint8 RGB (H, W, 3) of that size; it is not written to. Raises TrajectoryError.
    """
    if background is not None:
        _check_picture("background", background, 3)
        if size is not None and tuple(size) != background.shape[:2]:
            raise TrajectoryError(f"size is {tuple(size)}, but the background's is {background.shape[:2]}.")
        size = (background.shape[0], background.shape[1])
    drawing, (height, width) = _drawing(what, size)
    layer = Layer(height, width, halo=background is not None)
    for i, color in enumerate(drawing.colors):
        _draw_track(layer, drawing, i, color)
    ground = np.full((height, width, 3), _GROUND, np.uint8) if background is None else background
    return layer.over(ground)


def overlay_tracks(
    video: np.ndarray,
    tracks: Tracks,
    *,
    paths: Tracks | None = None,
    colors: Sequence[str | None] | None = None,
    trails: bool = True,
    points: bool = True,
    arrows: bool = False,
) -> np.ndarray:
    """The video with what is asked for of every track: uint8 RGB (F, H, W, 3), a copy.

    tracks: sampled at the video's frame count and size. paths: the same tracks at more moments, so that trails are
    smooth; default tracks. colors: "#rrggbb" a track, None or left out is the palette's.
    trails: the whole path. points: in each frame a dot where the track is. arrows: a head where the path ends or leaves
    the picture. Raises TrajectoryError where video, tracks and paths do not agree.
    """
    _check_picture("video", video, 4)
    have = (tracks.frames, *tracks.size)
    if have != video.shape[:3]:
        raise TrajectoryError(
            f"tracks have {have[0]} frames of {have[2]}x{have[1]}, the video {video.shape[0]} of "
            f"{video.shape[2]}x{video.shape[1]}: sample the trajectory with frames={video.shape[0]}, "
            f"size={video.shape[1:3]}."
        )
    paths = tracks if paths is None else paths
    if (len(paths), paths.size) != (len(tracks), tracks.size):
        raise TrajectoryError(
            f"paths are {len(paths)} of {paths.size[1]}x{paths.size[0]}, expected those of the {len(tracks)} tracks of "
            f"{tracks.size[1]}x{tracks.size[0]}."
        )
    height, width = tracks.size
    inks = _palette(len(tracks))
    if colors:
        if len(colors) < len(tracks):
            raise TrajectoryError(f"there are {len(colors)} colors for {len(tracks)} tracks, expected one each.")
        inks = [rgb(color) if color else default for color, default in zip(colors, inks, strict=False)]
    layer = Layer(height, width, halo=True)
    for i in range(len(tracks)):
        path, shown = paths.points_px[i], paths.visible[i]
        if trails:
            layer.path(path, _both(shown), inks[i], opacity=0.8)
        if arrows and shown.any():
            _draw_arrow(layer, path[shown], inks[i])
    result = layer.over(video)
    for f in range(len(result) if points else 0):
        now = [i for i in range(len(tracks)) if tracks.visible[i, f]]
        _dots(result[f], tracks.points_px[now, f], [inks[i] for i in now], 1.9 * line_width_px(height, width))
    return result


def overlay_trajectory(
    video: np.ndarray, trajectory: Trajectory, *, trails: bool = True, points: bool = True, arrows: bool = False
) -> np.ndarray:
    """`overlay_tracks` of a drawing, scaled to the video's size and stretched over its frames, in its own colors.

    Over a single picture: the whole path, and a dot where each track is at the beginning.
    """
    _check_picture("video", video, 4)
    size = (video.shape[1], video.shape[2])
    return overlay_tracks(
        video,
        trajectory.sample(video.shape[0], size),
        paths=_fine_path(trajectory, size),
        colors=[track.color for track in trajectory.tracks],
        trails=trails,
        points=points,
        arrows=arrows,
    )


def _fine_path(trajectory: Trajectory, size: tuple[int, int] | None) -> Tracks:
    """Sampled so finely that curves look smooth; steps between frames, so that every frame is one of the points."""
    frames = max(trajectory.frames - 1, 1)
    return trajectory.sample(frames * -(-_CURVE_STEPS // frames) + 1, size)


def _drawing(what: Trajectory | Tracks, size: tuple[int, int] | None) -> tuple[_Drawing, tuple[int, int]]:
    if isinstance(what, Trajectory):
        frames = what.sample(size=size)
        path = _fine_path(what, size)
        named = [track.color for track in what.tracks]
        colors = [rgb(c) if c else p for c, p in zip(named, _palette(len(named)), strict=True)]
        return _Drawing(path.points_px, path.visible, frames.points_px, frames.visible, colors), frames.size
    if not isinstance(what, Tracks):
        raise TrajectoryError(f"got a value of type {type(what).__name__}, expected a Trajectory or Tracks.")
    height, width = what.size if size is None else (int(size[0]), int(size[1]))
    if not (0 < height <= MAX_CANVAS_PX and 0 < width <= MAX_CANVAS_PX):
        raise TrajectoryError(f"size is {size}, expected (height, width) from 1 to {MAX_CANVAS_PX}.")
    points = what.points_px * np.array([width / what.size[1], height / what.size[0]], np.float32)
    return _Drawing(points, what.visible, points, what.visible, _palette(len(what))), (height, width)


def _draw_track(layer: Layer, drawing: _Drawing, i: int, color: tuple[int, int, int]) -> None:
    path, shown = drawing.path_px[i], drawing.path_visible[i]
    frames = drawing.frames_px[i][drawing.frames_visible[i]]
    if not shown.any():
        return
    path_seen = path[shown]
    first = path_seen[0]
    if not layer.inside(path_seen).any() and not layer.crosses(path, _both(shown)):
        nearest = path_seen[np.argmin(layer.distance(path_seen))]
        layer.arrow(layer.clamped(nearest), nearest - layer.clamped(nearest), color)
        return
    faded = _FADED_OVER_PICTURE if layer.halo_px else _FADED
    layer.path(path, _both(shown), color, opacity=np.linspace(faded, 1.0, len(path))[1:])
    way = np.abs(np.diff(path_seen, axis=0)).sum() if len(path_seen) > 1 else 0.0
    if way < 0.5:
        layer.ring(first, color, dotted=True)
        return
    for point, opacity in zip(frames, np.linspace(faded, 1.0, len(frames)), strict=True):
        layer.bead(point, color, opacity)
    layer.ring(first, color)
    _draw_arrow(layer, path_seen, color)


def _draw_arrow(layer: Layer, path: np.ndarray, color: tuple[int, int, int]) -> None:
    """A head where a path (K, 2) ends, or where it last leaves the canvas; none where it was never on it."""
    inside = layer.inside(path)
    if not inside.any() or not np.diff(path, axis=0).any():
        return
    tip = int(np.flatnonzero(inside)[-1])
    leaves = tip + 1 < len(path)
    end = layer.leaving(path[tip], path[tip + 1]) if leaves else path[tip]
    layer.arrow(end, _heading(path[: tip + 2 if leaves else tip + 1], layer.width_px), color)


def _heading(path: np.ndarray, width_px: float) -> np.ndarray:
    """The direction (dx, dy) in which a path (K, 2) arrives: from its last point far enough away to tell."""
    back = path[-1] - path
    far = np.flatnonzero(np.hypot(back[:, 0], back[:, 1]) > 2.0 * width_px)
    near = np.flatnonzero(np.abs(back).sum(axis=1) > 0)
    known = far if len(far) else near
    return back[known[-1]] if len(known) else np.zeros(2)


def _both(visible: np.ndarray) -> np.ndarray:
    """Whether each step (K - 1,) may be drawn: both its ends are visible."""
    return visible[:-1] & visible[1:]


def _dots(frame: np.ndarray, points: np.ndarray, colors: list[tuple[int, int, int]], radius: float) -> None:
    """Draw discs with a light rim into `frame` in place; each on a small enlarged cut-out, to be round at any size."""
    import cv2

    height, width = frame.shape[:2]
    rim = radius + max(1.0, 0.3 * radius)
    reach = int(np.ceil(rim)) + 1
    for (x, y), color in zip(points.astype(float), colors, strict=True):
        if not (-rim - 1 < x < width + rim and -rim - 1 < y < height + rim):
            continue
        left, top = max(0, round(x) - reach), max(0, round(y) - reach)
        cut = frame[top : round(y) + reach + 1, left : round(x) + reach + 1]
        large = np.ascontiguousarray(cut.repeat(_DOT_SCALE, axis=0).repeat(_DOT_SCALE, axis=1))
        centre = (round((x - left + 0.5) * _DOT_SCALE * 16 - 8), round((y - top + 0.5) * _DOT_SCALE * 16 - 8))
        cv2.circle(large, centre, round(rim * _DOT_SCALE * 16), (255, 255, 255), -1, cv2.LINE_AA, 4)
        cv2.circle(large, centre, round(radius * _DOT_SCALE * 16), color, -1, cv2.LINE_AA, 4)
        cut[:] = cv2.resize(large, (cut.shape[1], cut.shape[0]), interpolation=cv2.INTER_AREA)


def _palette(count: int) -> list[tuple[int, int, int]]:
    return [rgb(PALETTE[i % len(PALETTE)]) for i in range(count)]


def rgb(color: str) -> tuple[int, int, int]:
    """ "#rrggbb" as three numbers 0..255. Raises TrajectoryError."""
    try:
        value = int(color[1:], 16) if len(color) == 7 and color[0] == "#" else -1
    except ValueError:
        value = -1
    if value < 0:
        raise TrajectoryError(f"color is {color!r}, expected six hex digits such as #0072b2.")
    return value >> 16, (value >> 8) & 255, value & 255


def _check_picture(name: str, value: np.ndarray, axes: int) -> None:
    if not isinstance(value, np.ndarray) or value.dtype != np.uint8 or value.ndim != axes or value.shape[-1] != 3:
        got = f"{value.dtype} {value.shape}" if isinstance(value, np.ndarray) else type(value).__name__
        expected = "(F, H, W, 3)" if axes == 4 else "(H, W, 3)"
        raise TrajectoryError(f"{name} is {got}, expected a numpy array uint8 {expected}, RGB.")
    if 0 in value.shape:
        raise TrajectoryError(f"{name} has shape {value.shape}, expected at least one pixel.")
