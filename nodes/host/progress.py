"""The host's bar and its stop button, for work that the library does step by step."""

from __future__ import annotations

from collections.abc import Callable

import comfy.model_management
import comfy.utils


def progress() -> Callable[[int, int], None]:
    """A function to call with what is done and what there is to do; it raises the host's exception on an interrupt."""
    bar: comfy.utils.ProgressBar | None = None

    def tell(done: int, total: int) -> None:
        nonlocal bar
        comfy.model_management.throw_exception_if_processing_interrupted()
        if bar is None:
            bar = comfy.utils.ProgressBar(total)
        bar.update_absolute(done, total)

    return tell
