"""The errors that bad input raises: one small family, so that callers can catch all of it at once.

Every message says what was got, what was expected and what to do about it.
"""

from __future__ import annotations


class ToraError(ValueError):
    """Anything wrong with what the caller handed in (a file, a size, a trajectory, a model)."""


class TrajectoryError(ToraError):
    """A trajectory, or a file or string that should hold one, can't be read or makes no sense."""


class AmbiguousFormatError(TrajectoryError):
    """Several trajectory formats fit a text or an array, and mean different things: somebody has to name the right one.

    formats: the names of those that fit.
    """

    def __init__(self, message: str, formats: tuple[str, ...]) -> None:
        super().__init__(message)
        self.formats = formats


class SizeError(ToraError):
    """A width, height or frame count that the model can't have; the message names the nearest legal ones."""


class CheckpointError(ToraError):
    """A weight file that is broken, hostile, incomplete or of another model."""
