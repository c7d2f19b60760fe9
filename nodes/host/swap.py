"""Setting attributes for the length of one call."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

_ABSENT = object()


@contextmanager
def swapped(changes: Iterable[tuple[Any, str, Any]]) -> Iterator[None]:
    """Set (object, name, value) on the objects themselves, and put everything back however the block ends.

    ComfyUI's object patches stay on a model until it is unloaded, and keep hold of the modules they were made from;
    this leaves the shared network as it was after every single call, also after an interrupt, and works on whatever
    network the host has at that moment (its copies for other devices, reloaded ones).
    """
    before = []
    try:
        for owner, name, value in changes:
            # Past torch's own __setattr__, which would register modules and is slow for hundreds of settings a step.
            before.append((owner.__dict__, name, owner.__dict__.get(name, _ABSENT)))
            owner.__dict__[name] = value
        yield
    finally:
        for table, name, value in reversed(before):
            if value is _ABSENT:
                table.pop(name, None)
            else:
                table[name] = value
