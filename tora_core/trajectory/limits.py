"""How large a trajectory may be. Files come from strangers: what is larger than any real drawing is refused."""

from __future__ import annotations

MAX_BYTES = 16 * 1024 * 1024
"""One file or pasted text, all parts of a list together."""

MAX_LITERAL_BYTES = 2 * 1024 * 1024
"""Text in Python's spelling (single quotes): its syntax tree takes about a hundred times the room of the text."""

MAX_LITERAL_DEPTH = 16
"""Brackets inside brackets in such a text; the deepest format needs four."""

MAX_ARRAY_BYTES = 64 * 1024 * 1024
"""All arrays of one file together, unpacked; of a larger one only the shape is looked at."""

MAX_ARRAYS = 256
"""Arrays, or storages of tensors, in one file."""

MAX_READ_BYTES = 1024 * 1024
"""What is read at once from a zip file: its table of contents lies within this."""

MAX_TRACKS = 1_000
MAX_POINTS = 10_000
"""Control points, or visibility keys, of one track."""

MAX_TOTAL_POINTS = 500_000
"""Control points of all tracks together."""

MAX_FRAMES = 10_000
MAX_CANVAS_PX = 16_384
MAX_COORDINATE_PX = 1_000_000.0
"""Points may lie outside the canvas, this far."""

MAX_FPS = 1_000.0
MAX_STRENGTH = 100.0
MIN_RADIUS_PX, MAX_RADIUS_PX = 0.1, 1_000.0
MAX_EASING_Y = 10.0
"""How far the handles of a cubic-bezier easing may overshoot 0..1."""

SAME_TIME = 1e-9
"""Times this close are one time: a key written as 0.30000000000000004 must not miss frame 3 of 11."""

MAX_NAME_CHARACTERS = 200
