"""A ControlNet's residuals into the host's native CogVideoX, which drops its `control` argument.

They come as streams in that argument, under a name of their own, and a wrapper for the one call is put into the call's
own options. So nothing has to be set on the MODEL: any native CogVideoX takes them, with Tora, mended, or bare.
The residual of a block is computed when the block has run and dropped when it is added, so only one is ever held (all
18 of a published ControlNet for CogVideoX-5B at 49x480x720 would be 3.9 GB).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any, ClassVar, Protocol
from weakref import WeakKeyDictionary

import torch
from comfy.patcher_extension import WrappersMP

from ...tora_core.errors import SizeError, ToraError
from .cogvideo import network
from .swap import swapped

KEY = "tora_control"


class Stream(Protocol):
    """Residuals for one call: `start` gives them block by block, anew each time, `strength` scales them."""

    strength: float

    def start(self) -> Iterator[torch.Tensor]: ...


def with_stream(control: dict[str, Any] | None, stream: Stream, options: dict[str, Any]) -> dict[str, Any]:
    """A `control` argument with one stream more, and in the call's transformer options the wrapper that uses it.

    What others have put into either stays; the host's own tables are not written to.
    """
    wrappers = options.get("wrappers", {})
    of_kind = {**wrappers.get(WrappersMP.APPLY_MODEL, {}), KEY: [_apply_model]}
    options["wrappers"] = {**wrappers, WrappersMP.APPLY_MODEL: of_kind}
    control = {"input": [], "middle": [], "output": []} if control is None else control
    return {**control, KEY: [*control.get(KEY, ()), stream]}


def _apply_model(
    executor: Any, x: torch.Tensor, t: torch.Tensor, c_concat: Any = None, c_crossattn: Any = None,
    control: dict[str, Any] | None = None, *args: Any, **kwargs: Any
) -> torch.Tensor:  # fmt: skip
    """Wrapper of BaseModel.apply_model; class_obj is the base model."""
    streams = (control or {}).get(KEY, ())
    running = [(stream.start(), stream.strength) for stream in streams]
    taken: list[_Behind] = []
    changes = []
    try:
        for block in network(executor.class_obj).blocks if running else ():
            changes.append(_Behind.of(block).take(block, running, taken))
        with swapped(changes):
            return executor(x, t, c_concat, c_crossattn, control, *args, **kwargs)
    finally:
        for behind in taken:
            behind.drop()


class _Behind:
    """What runs in place of a block's forward in such a call: the block, and then what is added behind it.

    There is one for every block, kept, because a compiled network is compiled anew for function objects that it hasn't
    seen. Between calls it holds nothing, so that it keeps no model alive.
    """

    _known: ClassVar[WeakKeyDictionary[torch.nn.Module, _Behind]] = WeakKeyDictionary()

    def __init__(self) -> None:
        self._inner: Callable[..., Any] | None = None
        self._running: list[tuple[Iterator[torch.Tensor], float]] = []
        add = self._add
        if "torch._dynamo" in sys.modules:  # its own import takes seconds
            add = torch.compiler.disable(add)

        def forward(*args: Any, **kwargs: Any) -> Any:
            image, *rest = self._inner(*args, **kwargs)  # type: ignore[misc]
            return add(image), *rest

        self._forward = forward

    @classmethod
    def of(cls, block: torch.nn.Module) -> _Behind:
        if block not in cls._known:
            cls._known[block] = cls()
        return cls._known[block]

    def take(
        self, block: Any, running: list[tuple[Iterator[torch.Tensor], float]], taken: list[_Behind]
    ) -> tuple[Any, str, Any]:
        """What to set on the block for this call, around what stands there now (others patch it too)."""
        if self._inner is not None:
            raise ToraError("the network is called with a ControlNet inside a call of its own, which can't be.")
        self._inner, self._running = block.forward, running
        taken.append(self)
        return block, "forward", self._forward

    def drop(self) -> None:
        self._inner, self._running = None, []

    def _add(self, image: torch.Tensor) -> torch.Tensor:
        for residuals, strength in self._running:
            residual = next(residuals, None)
            if residual is None:
                continue
            if residual.shape != image.shape:
                raise SizeError(
                    f"the ControlNet's residual is {tuple(residual.shape)}, the model's tokens are "
                    f"{tuple(image.shape)}: something between the sampler and the model changes the video's size, "
                    "which can't be combined with this ControlNet."
                )
            image = torch.add(image, residual.to(image.dtype), alpha=strength)
        return image
