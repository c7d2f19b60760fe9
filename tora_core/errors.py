"""The errors that bad input raises: one small family, so that callers can catch all of it at once.

Every message says what was got, what was expected and what to do about it.
"""

from __future__ import annotations


class ToraError(ValueError):
    """Anything wrong with what the caller handed in (a file, a size, a trajectory, a model)."""


class TrajectoryError(ToraError):
    """A trajectory, or a file or string that should hold one, can't be read or makes no sense."""


class SizeError(ToraError):
    """A width, height or frame count that the model can't have; the message names the nearest legal ones."""


class CheckpointError(ToraError):
    """A weight file that is broken, hostile, incomplete or of another model."""
