"""Documents for tests/golden/editor, good ones and bad ones, and what Python's reader makes of each."""

from __future__ import annotations

import copy
from typing import Any

from scripts.golden_editor_drawings import TIMED, Json, document, points
from tora_core.errors import TrajectoryError
from tora_core.trajectory import Trajectory


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
