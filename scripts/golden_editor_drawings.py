"""What is drawn in tests/golden/editor: shapes, easings, timings, and the documents whose motion is rendered."""

from __future__ import annotations

from typing import Any

import numpy as np

from tora_core.trajectory.easing import EASING_NAMES

Json = dict[str, Any]


def points(*pairs: tuple[float, float]) -> list[Json]:
    return [{"x": x, "y": y} for x, y in pairs]


def document(tracks: list[Json], *, width: int, height: int, frames: int) -> Json:
    return {"format": "tora-trajectory", "version": 1, **{"width": width, "height": height, "frames": frames}} | {
        "tracks": tracks
    }


def wandering(count: int, width: int, height: int, seed: int) -> list[Json]:
    rng = np.random.default_rng(seed)
    tracks = []
    for i in range(count):
        drawn = np.round(rng.uniform(-0.1, 1.1, (5, 2)) * (width, height), 2)
        tracks.append({"points": points(*drawn.tolist()), "curve": ("catmull-rom", "polyline")[i % 2]})
    return tracks


BENT = points((10.5, 20), (60.25, 5.125), (90, 70.75), (40, 90), (41, 91))
HANDLED = [
    {"x": 12, "y": 80.5, "out": [30, -60.25]},
    {"x": 70, "y": 20, "in": [-20, -10], "out": [40, 20]},
    {"x": 110, "y": 85, "in": [5, -50]},
]
PAUSES = points((5, 5), (5, 5), (5, 5), (40, 30), (40, 30), (80, 5), (80, 5))
SHAPES: dict[str, list[Json]] = {
    "one point": points((33.3, 44.4)),
    "two points": points((1.5, 2.25), (101.75, 77)),
    "two points in one place": points((7, 8), (7, 8)),
    "three points": points((0, 0), (50, 40), (100, 0)),
    "bent": BENT,
    "handled": HANDLED,
    "handles on one side": [{"x": 0, "y": 0, "out": [80, 0]}, {"x": 40, "y": 60}, {"x": 90, "y": 10, "in": [0, 50]}],
    "cusp": [{"x": 0, "y": 0, "out": [100, 100]}, {"x": 100, "y": 0, "in": [-100, 100]}],
    "handles that stand still": [{"x": 0, "y": 0, "out": [0, 0]}, {"x": 30, "y": 40, "in": [0, 0]}, {"x": 9, "y": 1}],
    "pauses": PAUSES,
    "all in one place": points((3.5, 4.5), (3.5, 4.5), (3.5, 4.5), (3.5, 4.5)),
    "very near": points((50, 50), (50 + 1e-9, 50), (50 + 1e-9, 50 + 1e-7), (60, 50)),
    "there and back": points((10, 10), (90, 10), (10, 10), (90, 10)),
    "huge": points((-1e6, -999999.5), (1e6, 1e6), (-1e6, 1e6), (123456.789, -987654.321)),
    "negative": points((-40.5, -3), (-200, 90), (-10, -77.125), (-9, -300)),
}
EASINGS: list[Any] = [
    *EASING_NAMES,
    [0.25, 0.1, 0.25, 1],
    [1, 0, 0, 1],
    [0, 1, 1, 0],
    [0.3, -2.5, 0.6, 3.5],
    [0.68, -10, 0.32, 10],
    [0, 0, 0, 0],
]

TIMED: dict[str, Json] = {
    "all of the clip": {"points": BENT},
    "inside the clip": {"points": BENT, "start": 0.2, "end": 0.7},
    "waits at both ends": {"points": BENT, "start": 0.25, "end": 0.75, "before": "hold", "after": "hold"},
    "eased": {"points": BENT, "easing": "in-out", "start": 0.1},
    "overshoots": {"points": BENT, "easing": [0.3, -2.5, 0.6, 3.5]},
    "jumps at the end": {"points": BENT, "easing": "hold"},
    "pinned": {
        "points": [{**BENT[0]}, {**BENT[1], "t": 0.3, "easing": "out"}, BENT[2], {**BENT[3], "t": 0.55}, BENT[4]],
        "easing": "in",
    },
    "pinned at both ends": {
        "points": [{**BENT[0], "t": 0.125, "easing": "hold"}, BENT[1], {**BENT[2], "t": 0.5}, {**BENT[3], "t": 0.875}],
        "before": "hold",
    },
    "first easing without a time": {"points": [{**BENT[0], "easing": "out"}, BENT[1], {**BENT[2], "t": 0.5}, BENT[3]]},
    "closed": {"points": BENT[:4], "closed": True, "easing": "in"},
    "closed and pinned": {"points": [BENT[0], {**BENT[1], "t": 0.2}, BENT[2], {**BENT[3], "t": 0.6}], "closed": True},
    "closed bezier": {"points": HANDLED, "curve": "bezier", "closed": True, "start": 0.1, "end": 0.9},
    "freehand": {"points": BENT, "curve": "freehand", "easing": [0.25, 0.1, 0.25, 1]},
    "blinks": {
        "points": HANDLED,
        "curve": "bezier",
        "visibility": [{"t": 0, "visible": False}, {"t": 0.25, "visible": True}, {"t": 0.5, "visible": False}],
        "after": "hold",
    },
    "key on a frame by rounding": {
        "points": [BENT[0], {**BENT[1], "t": 0.1 + 0.2}, BENT[2]],
        "visibility": [{"t": 0.7000000000000001, "visible": False}, {"t": 0.9, "visible": True}],
    },
    "stands still": {"points": points((12.5, -3)), "start": 0.5, "visibility": [{"t": 0.75, "visible": False}]},
    "pauses": {"points": PAUSES, "easing": "in-out"},
    "huge": {"points": SHAPES["huge"], "easing": "out"},
    "very short": {"points": BENT, "start": 0.5, "end": 0.50000001, "after": "hold"},
}

FLOWS: dict[str, Json] = {
    "one track": document([{"points": points((20, 20), (130, 70))}], width=160, height=96, frames=9),
    "corners": document(
        [{"points": points((0, 0), (159, 95)), "curve": "polyline"}, {"points": points((159, 0), (-20, 50))}],
        width=160,
        height=96,
        frames=9,
    ),
    "straight ways along the axes": document(
        [
            {"points": points((10, 20), (130, 20)), "curve": "polyline"},
            {"points": points((150, 90), (150, 5)), "curve": "polyline"},
            {"points": points((100, 60), (20, 60)), "curve": "polyline"},
        ],
        width=160,
        height=96,
        frames=7,
    ),
    "crossing, with strengths and radii": document(
        [
            {"points": points((10, 10), (120, 80)), "strength": 0.5, "radius": 4.2},
            {"points": points((120, 12.5), (10, 80)), "strength": 3, "radius": 10},
            {"points": points((60, 90), (70, 0)), "strength": 0, "radius": 25},
        ],
        width=160,
        height=96,
        frames=9,
    ),
    "opposite on one path": document(
        [{"points": points((10, 40), (150, 40))}, {"points": points((150, 40), (10, 40))}],
        width=160,
        height=96,
        frames=5,
    ),
    "narrow": document([{"points": points((3, 5), (33.3, 66.6))}], width=40, height=72, frames=5),
    "lower than the blur": document([{"points": points((3, 1), (90.5, 6))}], width=100, height=8, frames=5),
    "one pixel high": document([{"points": points((3, 0), (40, 0.25))}], width=48, height=1, frames=4),
    "hidden for a while": document(
        [{"points": points((20, 20), (130, 70)), "visibility": [{"t": 0.4, "visible": False}]}],
        width=160,
        height=96,
        frames=9,
    ),
    "nothing moves": document([{"points": points((20, 20))}], width=64, height=48, frames=5),
    "huge moves": document([{"points": points((20, 20), (1e6, -1e6))}], width=64, height=48, frames=3),
    "ten tracks": document(wandering(10, 720, 480, 7), width=720, height=480, frames=49),
}
