"""What the tests of the shaping nodes share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest


@pytest.fixture
def kit(host: Any) -> Any:
    return host.pack("tora_core.trajectory")


@pytest.fixture
def error(host: Any) -> type[Exception]:
    return host.pack("tora_core.errors").ToraError


@pytest.fixture
def told(host: Any, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What nodes write on themselves."""
    texts: list[str] = []
    monkeypatch.setattr(host.pack("nodes.host.status"), "show_on_node", lambda node, text: texts.append(text))
    return texts


@pytest.fixture
def drawn(kit: Any) -> Any:
    """On 101x51, whose middle is (50, 25), 5 frames: "a" from (10, 20), 10 px a frame to the right; "b" at (60, 25)."""
    across = kit.Track([(10, 20), (50, 20)], curve="polyline", name="a")
    return kit.Trajectory(
        width=101, height=51, frames=5, fps=12.0, tracks=(across, kit.Track([(60, 25)], name="b", radius=4))
    )


@pytest.fixture
def places() -> Callable[..., list[list[float]]]:
    """A position a frame of a track, rounded."""

    def found(trajectory: Any, track: int = 0) -> list[list[float]]:
        return np.round(trajectory.sample().points_px[track].astype(float), 3).tolist()

    return found
