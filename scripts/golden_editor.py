"""Write tests/golden/editor: what the trajectory editor's JavaScript must compute, as Python computes it.

    python scripts/golden_editor.py

Run it after a change of curves, easing, sampling, the motion picture or the JSON reader; both test suites read the
files (tests/web). Numbers are float64 in full, pictures zlib in base64.
"""

from __future__ import annotations

import base64
import copy
import json
import sys
import zlib
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import torch

from tora_core.errors import TrajectoryError
from tora_core.motion import flow_norm, flow_to_rgb, render_flow, render_motion
from tora_core.trajectory import Trajectory, limits
from tora_core.trajectory.curves import CURVES, make_path
from tora_core.trajectory.easing import EASING_NAMES, ease
from tora_core.trajectory.sampling import frame_times, sample_track
from tora_core.trajectory.shaping import CameraMove, add_camera, camera_tracks, cancel_camera
from tora_core.trajectory.track import OUTSIDE
from tora_core.trajectory.tracks import DEFAULT_SIGMA_PX

GOLDEN = Path(__file__).resolve().parents[1] / "tests" / "golden" / "editor"
Json = dict[str, Any]


def points(*pairs: tuple[float, float]) -> list[Json]:
    return [{"x": x, "y": y} for x, y in pairs]


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


def limits_json() -> Json:
    """Those that bind a trajectory; the rest of limits.py is about other files."""
    names = (
        *("MAX_BYTES", "MAX_TRACKS", "MAX_POINTS", "MAX_TOTAL_POINTS", "MAX_FRAMES", "MAX_CANVAS_PX"),
        *("MAX_COORDINATE_PX", "MAX_FPS", "MAX_STRENGTH", "MIN_RADIUS_PX", "MAX_RADIUS_PX", "MAX_EASING_Y"),
        *("SAME_TIME", "MAX_NAME_CHARACTERS"),
    )
    return {
        **{name: getattr(limits, name) for name in names},
        "DEFAULT_SIGMA_PX": DEFAULT_SIGMA_PX,
        "CURVES": list(CURVES),
        "OUTSIDE": list(OUTSIDE),
        "EASING_NAMES": list(EASING_NAMES),
    }


def curves_json() -> list[Json]:
    cases = []
    for name, shape in SHAPES.items():
        for curve in CURVES:
            for closed in (False, True):
                nodes = np.array([(p["x"], p["y"]) for p in shape], float)
                handles = np.array([(p.get("in", (0, 0)), p.get("out", (0, 0))) for p in shape], float)
                path = make_path(nodes, curve, closed, handles if curve == "bezier" else None)
                arcs = path.length_px * np.array([-0.1, 0, 0.017, 0.2, 0.35, 0.5, 0.61803, 0.77, 0.9999, 1, 1.5])
                cases.append(
                    {
                        "name": f"{name}, {curve}, {'closed' if closed else 'open'}",
                        "track": {"points": shape, "curve": curve, "closed": closed},
                        "node_arc": path.node_arc_px.tolist(),
                        "arcs": arcs.tolist(),
                        "at": path.at(arcs).tolist(),
                    }
                )
    return cases


def easing_json() -> list[Json]:
    times = [0.0, 1e-9, 0.01, 0.1, 0.25, 1 / 3, 0.5, 0.640625, 0.75, 0.9, 0.99, 1 - 1e-9, 1.0]
    easings = [tuple(easing) if isinstance(easing, list) else easing for easing in EASINGS]
    return [{"easing": easing, "times": times, "ways": ease(easing, np.array(times)).tolist()} for easing in easings]


def sampling_json() -> list[Json]:
    cases = []
    for frames, height, width in ((1, 96, 160), (2, 96, 160), (11, 96, 160), (49, 480, 720), (9, 300, 77)):
        trajectory = Trajectory.from_json(document(list(TIMED.values()), width=160, height=96, frames=11))
        scale = (width / trajectory.width, height / trajectory.height)
        sampled = [sample_track(track, frame_times(frames)) for track in trajectory.tracks]
        chosen = range(frames) if frames < 49 else range(0, 49, 3)
        cases.append(
            {
                "name": f"{frames} frames of {width} x {height}",
                "trajectory": trajectory.to_dict(),
                "names": list(TIMED),
                "frames": frames,
                "size": [height, width],
                "chosen": list(chosen),
                "points": [(positions * scale)[list(chosen)].tolist() for positions, _ in sampled],
                "visible": [visible[list(chosen)].tolist() for _, visible in sampled],
            }
        )
    return cases


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
FLOW_FRAMES = {"ten tracks": (7, 30)}


def flow_json() -> list[Json]:
    cases = []
    for name, drawn in FLOWS.items():
        tracks = Trajectory.from_json(copy.deepcopy(drawn)).sample()
        flow = render_flow(tracks).numpy()
        rgb = (render_motion(tracks) * 255).round().byte().numpy()
        pictures = []
        for frame in FLOW_FRAMES.get(name, sorted({0, 1, tracks.frames // 2, tracks.frames - 1})):
            reached = np.argwhere(np.abs(flow[frame]).max(-1) > 0)
            some = reached[:: max(1, len(reached) // 40)]
            at = [[int(x), int(y), *flow[frame, y, x].astype(float).tolist()] for y, x in some]
            pictures.append({"frame": frame, "flow": at, "rgb": packed(rgb[frame])})
        cases.append({"name": name, "trajectory": drawn, "norm": flow_norm(tracks), "pictures": pictures})
    return cases


def colors_json() -> Json:
    axis = np.concatenate([-(2.0 ** np.arange(3, -28, -1.0)), [0.0], 2.0 ** np.arange(-27, 4)])
    rng = np.random.default_rng(3)
    grid = np.stack(np.meshgrid(axis, axis), -1).reshape(-1, 2)
    flow = np.concatenate([grid, rng.normal(0, 2, (4096, 2))]).astype(np.float32)
    rgb = (flow_to_rgb(torch.from_numpy(flow), max_norm=5.0) * 255).round().byte().numpy()
    return {"max_norm": 5.0, "flow": packed(flow), "rgb": packed(rgb)}


def packed(values: np.ndarray) -> str:
    return base64.b64encode(zlib.compress(values.tobytes(), 9)).decode("ascii")


def resized_json() -> list[Json]:
    drawn = Trajectory.from_json(document(list(TIMED.values()), width=160, height=96, frames=11))
    small = Trajectory.from_json(document([{"points": HANDLED, "curve": "bezier"}], width=160, height=96, frames=11))
    return [
        {"name": f"{w} x {h}", "trajectory": t.to_dict(), "width": w, "height": h, "resized": t.resized(w, h).to_dict()}
        for t, w, h in ((small, 720, 480), (small, 77, 300), (small, 160, 96), (drawn, 80, 40))
    ]


CAMERAS: dict[str, Json] = {
    "nothing": {},
    "pan": {"pan_px": 120.5},
    "pan back and tilt, eased": {"pan_px": -80, "tilt_px": 33.25, "easing": "in"},
    "zoom in": {"zoom": 1.75},
    "zoom out in the middle of the clip": {"zoom": 0.4, "start": 0.25, "end": 0.7, "easing": "out"},
    "roll": {"roll_degrees": 75},
    "two rolls back": {"roll_degrees": -720, "start": 0.125},
    "all of it": {
        **{"pan_px": 40, "tilt_px": -25.5, "zoom": 2.5, "roll_degrees": 31.5, "start": 0.1, "end": 0.95},
        "easing": (0.3, -0.5, 0.6, 1.5),
    },
    "jump": {"pan_px": 64, "zoom": 0.5, "easing": "hold", "end": 0.5},
}
IN_SCENE = ("inside the clip", "waits at both ends", "pinned", "closed bezier", "blinks", "stands still")
GRIDS = (
    {"width": 160, "height": 96, "frames": 11},
    {"width": 721, "height": 480, "frames": 49, "columns": 2, "rows": 1},
    {"width": 64, "height": 48, "frames": 1, "columns": 1, "rows": 2},
    {"width": 64, "height": 48, "frames": 2, "columns": 2, "rows": 1},
)


def camera_json() -> list[Json]:
    """Cameras as tracks, and tracks with a camera's motion added and taken out."""
    scene = Trajectory.from_json(document([TIMED[name] for name in IN_SCENE], width=160, height=96, frames=11))
    cases = []
    for name, given in CAMERAS.items():
        camera = CameraMove(**given)
        made = [camera_tracks(camera, **grid).to_dict()["tracks"] for grid in GRIDS]
        cases.append(
            {
                "name": name,
                "settings": {_camel(key): value for key, value in given.items()},
                "grids": [{**grid, "tracks": tracks} for grid, tracks in zip(GRIDS, made, strict=True)],
                "added": add_camera(scene, camera).to_dict()["tracks"],
                "cancelled": cancel_camera(scene, camera).to_dict()["tracks"],
            }
        )
    return [{"name": "the scene", "trajectory": scene.to_dict()}, *cases]


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def documents_json() -> list[Json]:
    cases = []
    for name, drawn in documents().items():
        case: Json = {"name": name, "document": drawn}
        try:
            case["canonical"] = Trajectory.from_json(copy.deepcopy(drawn)).to_dict()
        except TrajectoryError as error:
            case["message"] = str(error)
        cases.append(case)
    return cases


def documents() -> dict[str, Any]:
    """Good and bad documents: each bad one has one fault."""
    track: Json = {"points": points((1, 2), (3, 4), (5, 6))}
    good = document([track], width=64, height=48, frames=9)

    def top(**changes: Any) -> Json:
        return {**good, **changes}

    def one(**changes: Any) -> Json:
        return {**good, "tracks": [{**track, **changes}]}

    def at(index: int, **changes: Any) -> Json:
        return one(points=[{**p, **changes} if i == index else p for i, p in enumerate(track["points"])])

    def pins(*times: Any, **changes: Any) -> Json:
        pairs = zip(track["points"], times, strict=True)
        return one(points=[p if t is None else {**p, "t": t} for p, t in pairs], **changes)

    def without(key: str) -> Json:
        return {k: v for k, v in good.items() if k != key}

    full = Trajectory.from_json(document(list(TIMED.values()), width=160, height=96, frames=11)).to_dict()
    return {
        "good": good,
        "every kind of timing": full,
        "no tracks": top(tracks=[]),
        "no format": without("format"),
        "720.0 is a whole number": top(width=720.0, fps=23.976),
        "every field": one(
            name="Ж 🎥 name",
            color="#0072B2",
            curve="bezier",
            closed=True,
            start=0.1,
            end=0.9,
            before="hold",
            after="hold",
        ),
        "points far outside": at(1, x=-1e6, y=1e6),
        "minus zero": at(1, x=-0.0, y=-0.0),
        "small numbers": at(1, x=1e-7, y=-1.5e-300),
        "handles": at(1, **{"in": [-1, 2.5], "out": [0, 0]}),
        "pinned everywhere": pins(0, 0.5, 1),
        "last has an easing without a time": at(2, easing="in"),
        "handles as easing": one(easing=[0.1, -10, 0.9, 10]),
        "a name of 200 characters beyond the first plane": one(name="🎥" * 200),
        "not an object": [good],
        "null": None,
        "another format": top(format="something"),
        "no version": without("version"),
        "version 2": top(version=2),
        "version true": top(version=True),
        "version 1.5": top(version=1.5),
        "no width": without("width"),
        "no tracks key": without("tracks"),
        "unknown key": top(colour="red"),
        "width 0": top(width=0),
        "width too large": top(width=16385),
        "width 1.5": top(width=1.5),
        "width text": top(width="64"),
        "height true": top(height=True),
        "frames null": top(frames=None),
        "fps 0": top(fps=0),
        "fps negative": top(fps=-8),
        "fps too high": top(fps=1000.5),
        "tracks an object": top(tracks={}),
        "track a list": top(tracks=[[]]),
        "track without points": top(tracks=[{}]),
        "mistyped key": one(strenght=2),
        "no points": one(points=[]),
        "points null": one(points=None),
        "point a pair": one(points=[[1, 2]]),
        "point without y": one(points=[{"x": 1}]),
        "point too far": at(1, x=1000000.5),
        "point text": at(1, y="2"),
        "unknown point key": at(1, z=1),
        "null time": at(1, t=None),
        "null handle": at(1, **{"in": None}),
        "handle of one number": at(1, out=[1]),
        "handle too long": at(1, out=[1, 1e7]),
        "unknown curve": one(curve="spline"),
        "closed 1": one(closed=1),
        "start after end": one(start=0.6, end=0.5),
        "start is end": one(start=0.5, end=0.5 + 1e-10),
        "start negative": one(start=-0.1),
        "end beyond": one(end=1.1),
        "before unknown": one(before="gone"),
        "easing unknown": one(easing="ease"),
        "easing of three": one(easing=[0, 0, 1]),
        "easing x beyond": one(easing=[0, 0, 1.5, 1]),
        "easing y beyond": one(easing=[0, -11, 1, 1]),
        "easing null": one(easing=None),
        "easing of an unpinned point": at(1, easing="in"),
        "pins fall": pins(0.5, 0.4, None),
        "pins equal": pins(None, 0.5, 0.5 + 1e-10),
        "pin before start": pins(None, 0.1, None, start=0.2),
        "pin after end": pins(None, 0.9, None, end=0.8),
        "pin leaves no time": pins(None, 1, None),
        "closed pin leaves no time": pins(None, 0.5, 1, closed=True),
        "pin at the start of an unpinned first": pins(None, 0, None),
        "visibility an object": one(visibility={}),
        "visibility key a list": one(visibility=[[0, True]]),
        "visibility without visible": one(visibility=[{"t": 0}]),
        "visibility 1": one(visibility=[{"t": 0, "visible": 1}]),
        "visibility time beyond": one(visibility=[{"t": 2, "visible": True}]),
        "visibility equal times": one(visibility=[{"t": 0.5, "visible": True}, {"t": 0.5, "visible": False}]),
        "strength negative": one(strength=-1),
        "strength too large": one(strength=101),
        "radius 0": one(radius=0),
        "radius too large": one(radius=1001),
        "name a number": one(name=5),
        "name too long": one(name="n" * 201),
        "name with half a character": one(name="\ud83c"),
        "color short": one(color="#abc"),
        "color a word": one(color="red"),
        "color with a line end": one(color="#0072b2\n"),
    }


def build() -> dict[str, Any]:
    """The content of every file, by its name."""
    return {
        "limits": limits_json(),
        "curves": curves_json(),
        "easing": easing_json(),
        "sampling": sampling_json(),
        "camera": camera_json(),
        "flow": flow_json(),
        "colors": colors_json(),
        "resized": resized_json(),
        "documents": documents_json(),
    }


def as_text(content: Any) -> str:
    """One line a case, so that a change shows."""
    if isinstance(content, list):
        return "[\n" + ",\n".join(json.dumps(case) for case in content) + "\n]\n"
    return json.dumps(content) + "\n"


def main() -> None:
    GOLDEN.mkdir(parents=True, exist_ok=True)
    for name, content in build().items():
        (GOLDEN / f"{name}.json").write_text(as_text(content), encoding="utf-8")
        print(f"{name}.json: {(GOLDEN / f'{name}.json').stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
