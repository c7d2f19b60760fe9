"""Which tracks are meant, in words that a person types: "1, 3-5", "last", "camera*", "not 2".

    text  =  nothing or "all": every track;  else parts with commas between them
    part  =  [ "not" ] ( number | number "-" number | name ),  "last" in the place of a number
    name  =  what the track is called, capital letters or not, * for any letters; in double quotes if it has a comma or
             reads like something else

Tracks count from 1, as lists show them. The order is that of the parts, each track once, and 5-3 runs backwards. Parts
with "not" take tracks away again; where all parts have it, from all tracks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ...errors import TrajectoryError
from ..checks import shown
from ..trajectory import Trajectory

MAX_CHARACTERS = 2_000
SHOWN_TRACKS = 8

_PART = re.compile(r'((?:"[^"\n]*"|[^",\n])*)(?:[,\n]|\Z)')
_NUMBER = r"(?:\d{1,9}|last)"
_RANGE = re.compile(rf"({_NUMBER})(?:\s*[-\u2013]\s*({_NUMBER}))?", re.IGNORECASE)
_NOT = re.compile(r"not\s+(?=\S)", re.IGNORECASE)


@dataclass(frozen=True)
class _Part:
    text: str
    without: bool
    first: str | None = None
    last: str | None = None
    name: tuple[str, ...] | None = None  # what stands between the asterisks


def check_selection(text: str) -> None:
    """Raise TrajectoryError where a text can't be read, whatever the tracks are."""
    _parts(text)


def select(trajectory: Trajectory, text: str) -> list[int]:
    """The numbers, from 0, of the tracks that `text` names. Raises TrajectoryError for tracks that aren't there."""
    parts = _parts(text)
    everything = list(range(len(trajectory.tracks)))
    found: dict[int, None] = dict.fromkeys(everything if all(part.without for part in parts) else [])
    for part in parts:
        meant = _meant(part, trajectory)
        found = {i: None for i in found if i not in meant} if part.without else found | dict.fromkeys(meant)
    return list(found)


def _parts(text: str) -> list[_Part]:
    if not isinstance(text, str) or len(text) > MAX_CHARACTERS:
        raise TrajectoryError(f"tracks is {shown(text)}, expected a text of at most {MAX_CHARACTERS} characters.")
    rest = text.strip()
    if rest.casefold() in ("", "all"):
        return []
    parts = []
    while rest:
        match = _PART.match(rest)
        if match is None:
            raise TrajectoryError(f"tracks is {shown(text)}: a name begins with a double quote that nothing closes.")
        if match[1].strip():
            parts.append(_part(match[1].strip()))
        rest = rest[match.end() :]
    if not parts:
        raise TrajectoryError(f"tracks is {shown(text)}, which names none. Leave it empty for all of them.")
    return parts


def _part(text: str) -> _Part:
    without = _NOT.match(text)
    rest = text[without.end() :] if without else text
    numbers = _RANGE.fullmatch(rest)
    if numbers is not None:
        return _Part(text, bool(without), numbers[1].casefold(), (numbers[2] or numbers[1]).casefold())
    if len(rest) > 1 and rest[0] == rest[-1] == '"' and '"' not in rest[1:-1]:
        return _Part(text, bool(without), name=(rest[1:-1].casefold(),))
    return _Part(text, bool(without), name=tuple(rest.casefold().split("*")))


def _is_called(name: str, pieces: tuple[str, ...]) -> bool:
    """Whether a name is the pieces with anything between them. No regular expression: those can take for ever."""
    name = name.casefold()
    first, last = pieces[0], pieces[-1]
    if len(pieces) == 1:
        return name == first
    if len(name) < len(first) + len(last) or not (name.startswith(first) and name.endswith(last)):
        return False
    at, end = len(first), len(name) - len(last)
    for piece in pieces[1:-1]:
        at = name.find(piece, at, end)
        if at < 0:
            return False
        at += len(piece)
    return True


def _meant(part: _Part, trajectory: Trajectory) -> list[int]:
    count = len(trajectory.tracks)
    if part.name is not None:
        named = [i for i, track in enumerate(trajectory.tracks) if _is_called(track.name, part.name)]
        if not named:
            raise TrajectoryError(f"tracks: no track is called {shown(part.text)}. {_there_are(trajectory)}")
        return named
    ends = [count if end == "last" else int(end) for end in (part.first or "", part.last or "")]
    for end in ends:
        if not 1 <= end <= count:
            raise TrajectoryError(f"tracks: {shown(part.text)} asks for track {end}. {_there_are(trajectory)}")
    low, high = min(ends) - 1, max(ends)
    return list(range(low, high))[:: 1 if ends[0] <= ends[1] else -1]


def _there_are(trajectory: Trajectory) -> str:
    count = len(trajectory.tracks)
    if not count:
        return "There are no tracks."
    names = [f"{i + 1} {shown(t.name)}" if t.name else f"{i + 1}" for i, t in enumerate(trajectory.tracks)]
    more = f" and {count - SHOWN_TRACKS} more" if count > SHOWN_TRACKS else ""
    return f"There {'are' if count > 1 else 'is'} {', '.join(names[:SHOWN_TRACKS])}{more}."
