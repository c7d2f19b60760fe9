"""Retime Trajectory: speed, direction, repeats and easing of tracks, or a part of the clip."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from ..tora_core.errors import ToraError
from .shaping import (
    CATEGORY,
    MOST_FRAMES,
    check_tracks,
    chosen,
    clip_time,
    count,
    easing_input,
    of,
    option,
    points_in,
    show,
    tracks_input,
    trajectory_input,
    trajectory_output,
    why_not,
)


class ToraRetimeTrajectory(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        def repeats(default: int) -> io.Input:
            return io.Int.Input("count", default=default, min=1, max=100, tooltip="How often within the clip.")

        return io.Schema(
            node_id="ToraRetimeTrajectory",
            display_name="Retime Trajectory",
            category=CATEGORY,
            description="Changes when things happen: faster or slower, backwards, repeated, there and back, with "
            "easing, or only a part of the clip. Where paths run stays the same.",
            search_aliases=[
                "trajectory speed",
                "reverse path",
                "loop path",
                "ping pong",
                "ease",
                "trim",
                "slow motion",
            ],
            inputs=[
                trajectory_input(),
                io.DynamicCombo.Input(
                    "operation",
                    options=[
                        io.DynamicCombo.Option(
                            "speed",
                            [
                                io.Float.Input(
                                    "factor",
                                    default=2.0,
                                    min=0.01,
                                    max=100.0,
                                    step=0.1,
                                    round=0.0001,
                                    tooltip="2 is twice as fast: tracks arrive early and wait. Below 1 they are "
                                    "slower, and what no longer fits into the clip is cut off.",
                                )
                            ],
                        ),
                        io.DynamicCombo.Option("reverse", []),
                        io.DynamicCombo.Option("loop", [repeats(2)]),
                        io.DynamicCombo.Option("ping-pong", [repeats(1)]),
                        io.DynamicCombo.Option("ease", [easing_input(tooltip="From key time to key time.")]),
                        io.DynamicCombo.Option(
                            "trim",
                            [
                                clip_time("start", 0.0, "Where the part begins."),
                                clip_time("end", 1.0, "Where the part ends."),
                                io.Int.Input(
                                    "frames",
                                    default=0,
                                    min=0,
                                    max=MOST_FRAMES,
                                    tooltip="Frames of the part. 0 keeps the frame count, so that all is slower.",
                                ),
                            ],
                        ),
                    ],
                    tooltip="loop: the way again and again, with a jump back unless the track is closed; ping-pong: "
                    "there and back; trim: a part of the clip as the whole clip.",
                ),
                tracks_input(),
            ],
            outputs=[
                trajectory_output(),
                io.Int.Output(display_name="frames", tooltip="Its frame count, for the latent's length."),
            ],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def validate_inputs(cls, trajectory=None, tracks=None, **values) -> bool | str:  # type: ignore[no-untyped-def]
        return why_not(lambda: check_tracks(tracks), lambda: check(values.get("operation")))

    @classmethod
    def execute(cls, trajectory, operation=None, tracks="") -> io.NodeOutput:  # type: ignore[no-untyped-def]
        made, done = retimed(trajectory, operation, chosen(trajectory, tracks))
        show(cls, done, made)
        return io.NodeOutput(made, made.frames)


def check(operation: Any) -> None:
    """Raise ToraError for values that no trajectory can be retimed by; None is wired, and so not known yet."""
    from ..tora_core.trajectory import Trajectory

    if None not in option(operation, "operation")[1].values():
        retimed(Trajectory(width=16, height=16, frames=9), operation, [])


def retimed(trajectory: Any, operation: Any, numbers: list[int]) -> tuple[Any, str]:
    """The trajectory with the tracks of these numbers retimed, and what was done. Raises ToraError."""
    from ..tora_core.trajectory import shaping

    kind, values = option(operation, "operation")
    tracks = of(numbers, trajectory)
    if kind == "speed":
        made = shaping.speed(trajectory, values["factor"], only=numbers)
        done = f"{values['factor']:g} times as fast: {tracks}"
    elif kind == "reverse":
        made, done = shaping.reverse(trajectory, only=numbers), f"backwards: {tracks}"
    elif kind == "loop":
        made, done = (
            shaping.loop(trajectory, values["count"], only=numbers),
            f"{values['count']} times in a row: {tracks}",
        )
    elif kind == "ping-pong":
        made = shaping.ping_pong(trajectory, values["count"], only=numbers)
        done = f"there and back {count(values['count'], 'time')}: {tracks}"
    elif kind == "ease":
        made, done = shaping.ease(trajectory, values["easing"], only=numbers), f"easing {values['easing']}: {tracks}"
    else:
        made, done = trimmed(trajectory, numbers, **values)
    before, after = points_in(trajectory), points_in(made)
    return made, f"{done}, {before} points before" if before != after else done


def trimmed(trajectory: Any, numbers: list[int], start: float, end: float, frames: int) -> tuple[Any, str]:
    """A part of the clip, and what was done; all tracks are in one clip, so some of them can't be trimmed alone."""
    from ..tora_core.trajectory.shaping import trim

    if len(numbers) < len(trajectory.tracks):
        raise ToraError(
            "trim cuts the clip, and so all tracks. Leave tracks empty, or pick tracks before and merge after."
        )
    made = trim(trajectory, start, end, frames=frames or None)
    same_speed = round((end - start) * (trajectory.frames - 1)) + 1
    kept = "" if made.frames == same_speed else f", {same_speed} frames would keep the speed"
    return made, f"from {start:g} to {end:g} of the clip as {count(made.frames, 'frame')}{kept}"
