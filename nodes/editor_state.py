"""The value of the trajectory editor's widget: one versioned dict, in the workflow and in the prompt alike.

    {"version": 1, "trajectory": <the library's own JSON>, "editor": {...}}

The browser's half (web/README.md, "Saved state") mends what is broken and keeps it; here everything is read strictly,
because what is queued must be what was drawn. `editor` is the browser's alone: it may hold anything, or be left out.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..tora_core.errors import TrajectoryError

if TYPE_CHECKING:
    from ..tora_core.trajectory import Trajectory

# The library is imported where it is used: ComfyUI's start imports this file.

STATE_VERSION = 1
MIGRATIONS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}
"""From version n to n + 1; each gets a copy of the top level that it may change."""

MAX_DEPTH = 64
"""Lists inside lists. The deepest drawing needs ten; ComfyUI itself fails at a few hundred."""

_KEYS = ("version", "trajectory", "editor")


def empty_state() -> dict[str, Any]:
    """The state in which nothing is drawn yet; a new dict each time."""
    trajectory = {
        "format": "tora-trajectory",
        "version": 1,
        "width": 720,
        "height": 480,
        "frames": 49,
        "fps": 8,
        "tracks": [],
    }
    return {"version": STATE_VERSION, "trajectory": trajectory, "editor": {}}


def read_state(value: Any) -> Trajectory:
    """The trajectory in a state, on the canvas that it was drawn on; `value` is not changed.

    Like the browser's half it also takes a bare trajectory, the JSON text of either, and None or "" for nothing drawn.
    Raises TrajectoryError: another version, a key or value that is not known, too large or too deep.
    """
    from ..tora_core.trajectory import Trajectory

    characters_in(value)
    try:
        found = _trajectory_in(empty_state() if value is None or value == "" else value)
        return Trajectory.from_json(found)
    except TrajectoryError as error:
        raise TrajectoryError(f"the drawing can't be used: {error}") from None


def characters_in(value: Any) -> int:
    """How long a state is as JSON text. Raises TrajectoryError where it is too long or nested too deep to be read."""
    from ..tora_core.trajectory.limits import MAX_BYTES

    try:
        size = len(value) if isinstance(value, str) else len(json.dumps(value))
    except RecursionError:
        size = -1
    except (TypeError, ValueError):
        raise TrajectoryError("the drawing can't be used: it holds values that JSON can't.") from None
    if size > MAX_BYTES:
        raise TrajectoryError(
            f"the drawing can't be used: it has {size:,} bytes as JSON, expected at most {MAX_BYTES:,}; draw fewer "
            "points."
        )
    if size < 0 or not _is_flat(value):
        raise TrajectoryError(f"the drawing can't be used: it is nested deeper than {MAX_DEPTH} levels.")
    return size


def _is_flat(value: Any) -> bool:
    """Whether it has at most MAX_DEPTH levels; without recursion."""
    level = [value] if isinstance(value, (dict, list, tuple)) else []
    for _ in range(MAX_DEPTH):
        level = [
            part
            for parts in level
            for part in (parts.values() if isinstance(parts, dict) else parts)
            if isinstance(part, (dict, list, tuple))
        ]
        if not level:
            return True
    return False


def _trajectory_in(value: Any) -> dict[str, Any]:
    """The document in a state of any form and version, not yet read."""
    from ..tora_core.trajectory.checks import shown
    from ..tora_core.trajectory.decoding import decode_json, repeated_key

    if isinstance(value, str):
        value = decode_json(value)
        characters_in(value)
    if not isinstance(value, dict):
        raise TrajectoryError(f"it is {shown(value)}, expected an object with version and trajectory.")
    key = repeated_key(value)
    if key is not None:
        raise TrajectoryError(f"it has the key {shown(key)} twice; which one is meant can't be told.")
    if "tracks" in value and "trajectory" not in value:
        return value
    state = _migrated(value)
    for key in state:
        if key not in _KEYS:
            raise TrajectoryError(f"{str(key)[:40]} is not a key of version {STATE_VERSION}: {', '.join(_KEYS)}.")
    if "trajectory" not in state:
        raise TrajectoryError("trajectory is missing.")
    if not isinstance(state["trajectory"], dict):
        raise TrajectoryError(f"trajectory is {shown(state['trajectory'])}, expected an object.")
    return state["trajectory"]


def _migrated(state: dict[str, Any]) -> dict[str, Any]:
    from ..tora_core.trajectory.checks import shown

    version = state.get("version")
    if isinstance(version, bool) or not isinstance(version, (int, float)) or version != version // 1:
        raise TrajectoryError(f"version is {shown(version)}, expected a whole number such as {STATE_VERSION}.")
    if version > STATE_VERSION:
        raise TrajectoryError(
            f"version is {shown(version)}, expected at most {STATE_VERSION}; it comes from a later release of this "
            "pack, update this one."
        )
    while version != STATE_VERSION:
        migrate = MIGRATIONS.get(int(version))
        if migrate is None:
            raise TrajectoryError(f"version is {shown(version)}, which no release has written.")
        state = {**migrate(dict(state)), "version": int(version) + 1}
        version = state["version"]
    return state
