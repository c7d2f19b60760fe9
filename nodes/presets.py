"""The ready-made paths of Trajectory Preset: the inputs that each has, and how a track is made of them.

Places are parts of the canvas, x of its width and y of its height, so that a path fits every size. Lengths are parts of
the shorter side, so that a circle stays round; an ellipse's and a figure eight's are parts of width and height.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from comfy_api.latest import io

from .shaping import degrees

if TYPE_CHECKING:
    from ..tora_core.trajectory import Track


def preset_inputs() -> dict[str, list[io.Input]]:
    """What the node shows for each preset, by the name that saved workflows have."""
    from_to = [
        _place("start_x", 0.2, "Where it begins"),
        _place("start_y", 0.5, "Where it begins"),
        _place("end_x", 0.8, "Where it ends"),
        _place("end_y", 0.5, "Where it ends"),
    ]
    center = [_place("center_x", 0.5, "The center"), _place("center_y", 0.5, "The center")]
    begin = degrees("start_degrees", "Where it begins, seen from the center: 0 right, 90 below, -90 above.", -90.0)
    clockwise = io.Boolean.Input("clockwise", default=True, tooltip="Which way round.")
    radius = _length("radius", 0.3, "The radius, as a part of the shorter side.")
    aside = _length("amplitude", 0.15, "How far it goes to both sides, as a part of the shorter side.")
    return {
        "line": from_to,
        "arc": [*center, radius, begin, degrees("sweep_degrees", "How far round; below 0 anticlockwise.", 180.0)],
        "circle": [*center, radius, begin, clockwise],
        "ellipse": [
            *center,
            _length("radius_x", 0.35, "The radius to left and right, as a part of the width."),
            _length("radius_y", 0.25, "The radius up and down, as a part of the height."),
            begin,
            clockwise,
        ],
        "spiral": [
            *center,
            _length("from_radius", 0.05, "The radius at the beginning, as a part of the shorter side."),
            _length("to_radius", 0.4, "The radius at the end, as a part of the shorter side."),
            _number("turns", 2.0, -100.0, 100.0, "How often round; below 0 anticlockwise."),
            begin,
        ],
        "wave": [*from_to, aside, _number("periods", 2.0, 0.25, 100.0, "Waves on the way.")],
        "zigzag": [*from_to, aside, _whole("teeth", 4, 1, 200, "Corners on the way.")],
        "figure eight": [
            *center,
            _length("size_x", 0.6, "The whole width of the eight, as a part of the width."),
            _length("size_y", 0.4, "The whole height of the eight, as a part of the height."),
        ],
        "shake": [
            *center,
            _length("amount", 0.05, "How far it goes from the center, as a part of the shorter side."),
            _whole("moves", 12, 1, 500, "Moves, all of the same duration."),
            _whole("seed", 0, 0, 2**53 - 1, "The same seed makes the same moves."),
        ],
        "bounce": [
            *from_to,
            _length("height", 0.4, "How high the first hop is, as a part of the shorter side."),
            _whole("hops", 3, 1, 50, "Hops on the way."),
            _number("keep", 0.6, 0.01, 1.0, "How high each hop is, as a part of the one before."),
        ],
    }


def track_of(preset: str, values: dict[str, Any], width: int, height: int, **track: Any) -> Track:
    """The track of a preset on this canvas; `track` are Track's own fields. Raises TrajectoryError."""
    from ..tora_core.trajectory import shaping

    def at(name: str) -> tuple[float, float]:
        return values[f"{name}_x"] * width, values[f"{name}_y"] * height

    def long(name: str) -> float:
        return values[name] * min(width, height)

    match preset:
        case "line":
            return shaping.line(at("start"), at("end"), **track)
        case "arc":
            angles = values["start_degrees"], values["sweep_degrees"]
            return shaping.arc(at("center"), long("radius"), *angles, **track)
        case "circle":
            angle, way = values["start_degrees"], values["clockwise"]
            return shaping.circle(at("center"), long("radius"), angle, clockwise=way, **track)
        case "ellipse":
            radii = at("radius")
            angle, way = values["start_degrees"], values["clockwise"]
            return shaping.ellipse(at("center"), *radii, angle, clockwise=way, **track)
        case "spiral":
            turns, angle = values["turns"], values["start_degrees"]
            return shaping.spiral(at("center"), long("from_radius"), long("to_radius"), turns, angle, **track)
        case "wave":
            return shaping.wave(at("start"), at("end"), long("amplitude"), values["periods"], **track)
        case "zigzag":
            return shaping.zigzag(at("start"), at("end"), long("amplitude"), values["teeth"], **track)
        case "figure eight":
            return shaping.figure_eight(at("center"), *at("size"), **track)
        case "shake":
            return shaping.shake(at("center"), long("amount"), values["moves"], values["seed"], **track)
        case _:
            return shaping.bounce(at("start"), at("end"), long("height"), values["hops"], values["keep"], **track)


def _number(name: str, default: float, low: float, high: float, tooltip: str) -> io.Input:
    return io.Float.Input(name, default=default, min=low, max=high, step=0.05, round=0.0001, tooltip=tooltip)


def _whole(name: str, default: int, low: int, high: int, tooltip: str) -> io.Input:
    return io.Int.Input(name, default=default, min=low, max=high, tooltip=tooltip)


def _place(name: str, default: float, tooltip: str) -> io.Input:
    whole = "width" if name.endswith("x") else "height"
    tooltip = f"{tooltip}, as a part of the {whole}: 0.5 is its middle."
    return io.Float.Input(name, default=default, min=-10.0, max=10.0, step=0.01, round=0.0001, tooltip=tooltip)


def _length(name: str, default: float, tooltip: str) -> io.Input:
    return io.Float.Input(name, default=default, min=0.0, max=10.0, step=0.01, round=0.0001, tooltip=tooltip)
