"""What the nodes that shape trajectories share: inputs, checks when queued, and the line of text they show."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from comfy_api.latest import io

from ..tora_core.errors import ToraError
from .sockets import TrajectorySocket

if TYPE_CHECKING:
    from ..tora_core.trajectory import Trajectory

CATEGORY = "Tora/trajectory"
EASINGS = ["linear", "in", "out", "in-out", "hold"]
"""The library's, by name: importing it would slow ComfyUI's start (a test compares)."""
EASING_TIP = "linear: even speed; in: begins slowly; out: ends slowly; in-out: both; hold: jumps at the end."
FARTHEST, LARGEST_SIDE, MOST_FRAMES, MOST_DEGREES = 100_000.0, 16_384, 10_000, 36_000.0


def trajectory_input(tooltip: str = "The trajectory to change; it stays as it is.") -> io.Input:
    return TrajectorySocket.Input("trajectory", tooltip=tooltip)


def trajectory_output(tooltip: str = "The changed trajectory.") -> io.Output:
    return TrajectorySocket.Output(display_name="trajectory", tooltip=tooltip)


def tracks_input(does: str = "Which tracks are changed") -> io.Input:
    return io.String.Input(
        "tracks",
        default="",
        optional=True,
        tooltip=f'{does}: numbers from 1 ("1, 3-5"), names ("hand, camera*"), last, or "not 2" for all but the second. '
        "Empty: all.",
    )


def pixels(name: str, tooltip: str, default: float = 0.0, least: float = -FARTHEST) -> io.Input:
    """A length or a place in pixels of the trajectory's canvas."""
    return io.Float.Input(name, default=default, min=least, max=FARTHEST, step=1.0, round=0.001, tooltip=tooltip)


def degrees(name: str, tooltip: str, default: float = 0.0) -> io.Input:
    return io.Float.Input(
        name, default=default, min=-MOST_DEGREES, max=MOST_DEGREES, step=1.0, round=0.001, tooltip=tooltip
    )


def clip_time(name: str, default: float, tooltip: str, advanced: bool | None = None) -> io.Input:
    """A part of the clip: 0 is the first frame, 1 the last."""
    tooltip = f"{tooltip} 0 is the first frame, 1 the last."
    return io.Float.Input(
        name, default=default, min=0.0, max=1.0, step=0.01, round=0.0001, tooltip=tooltip, advanced=advanced
    )


def easing_input(name: str = "easing", tooltip: str = "How the speed runs.") -> io.Input:
    return io.Combo.Input(name, options=EASINGS, default="linear", tooltip=f"{tooltip} {EASING_TIP}")


def option(values: Any, name: str) -> tuple[str, dict[str, Any]]:
    """The choice of the dynamic combo `name`, and the inputs that came with it.

    Raises ToraError where a prompt lacks the choice or names an unknown one: ComfyUI then hands on nothing at all.
    """
    if not isinstance(values, dict) or name not in values:
        raise ToraError(f"{name} is missing, or it is none of the choices that the node offers.")
    return values[name], {key: value for key, value in values.items() if key != name}


def why_not(*checks: Callable[[], Any]) -> bool | str:
    """An answer for validate_inputs: True, or what the first check that raises ToraError says."""
    try:
        for check in checks:
            check()
    except ToraError as error:
        return str(error)
    return True


def check_tracks(tracks: Any) -> None:
    """Raise TrajectoryError where the text of a `tracks` input can't be read; None is not known yet."""
    from ..tora_core.trajectory.shaping.selection import check_selection

    if tracks is not None:
        check_selection(tracks)


def chosen(trajectory: Trajectory, tracks: str) -> list[int]:
    """The numbers, from 0, of the tracks that a `tracks` input names. Raises TrajectoryError."""
    from ..tora_core.trajectory.shaping.selection import select

    return select(trajectory, tracks)


def of(numbers: list[int], trajectory: Trajectory) -> str:
    """ "2 of 3 tracks", "all 3 tracks"."""
    many = len(trajectory.tracks)
    if len(numbers) < many:
        return f"{len(numbers)} of {many} tracks"
    return f"all {many} tracks" if many > 1 else "the track" if many else "no tracks"


def count(number: int, word: str) -> str:
    """ "1 track", "3 tracks"."""
    return f"{number} {word}{'' if number == 1 else 's'}"


def points_in(trajectory: Trajectory) -> int:
    return sum(len(track.points) for track in trajectory.tracks)


def facts(trajectory: Trajectory) -> str:
    """What a person should know of a result, in a sentence; short, as the page shows two lines."""
    from ..tora_core.trajectory.shaping.measure import box, fastest_px

    told = f"{count(len(trajectory.tracks), 'track')}, {count(points_in(trajectory), 'point')}, "
    area, fastest = box(trajectory), fastest_px(trajectory)
    told += f"at most {fastest:.3g} px/frame" if fastest else "nothing moves"
    if area is None:
        return f"{told}."
    left, top, right, bottom = area
    outside = left < -0.5 or top < -0.5 or right > trajectory.width - 0.5 or bottom > trajectory.height - 0.5
    return f"{told}{', partly outside the canvas' if outside else ''}."


def show(node: Any, done: str, trajectory: Trajectory) -> None:
    """Write on the node that runs what was done and what came of it."""
    from .host.status import show_on_node

    show_on_node(node, f"{done[0].upper()}{done[1:]}. {facts(trajectory)}")
