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

from scripts.golden_editor_documents import documents_json
from scripts.golden_editor_drawings import EASINGS, FLOWS, HANDLED, SHAPES, TIMED, Json, document
from tora_core.motion import flow_norm, flow_to_rgb, render_flow, render_motion
from tora_core.trajectory import Trajectory, limits
from tora_core.trajectory.curves import CURVES, make_path
from tora_core.trajectory.easing import EASING_NAMES, ease
from tora_core.trajectory.sampling import frame_times, sample_track
from tora_core.trajectory.shaping import CameraMove, add_camera, camera_tracks, cancel_camera
from tora_core.trajectory.track import OUTSIDE
from tora_core.trajectory.tracks import DEFAULT_SIGMA_PX

GOLDEN = Path(__file__).resolve().parents[1] / "tests" / "golden" / "editor"


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
