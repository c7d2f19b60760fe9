"""Long Image to Video on a running server: what a chain of segments does when it is stopped on its way."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.host

SIZE = {"width": 64, "height": 48, "length": 17}
LONG = "long"


def prompt(seed: int, steps: int) -> dict[str, Any]:
    """Two segments of 9 frames."""
    path = "[[{'x': 8, 'y': 8}, {'x': 56, 'y': 40}]]".replace("'", '"')
    nodes: dict[str, tuple[str, dict[str, Any]]] = {
        "demo": ("ToraLoadDemoModel", {"variant": "I2V"}),
        "text": ("CLIPTextEncode", {"clip": ["demo", 1], "text": "a red circle on a green background"}),
        "start": ("EmptyImage", {"width": 64, "height": 48, "batch_size": 1, "color": 0x3350A0}),
        "path": ("ToraTrajectoryFromText", {"text": path, "width": 64, "height": 48, "frames": 17}),
        LONG: (
            "ToraLongImageToVideo",
            {
                **{"model": ["demo", 0], "tora_model": ["demo", 3], "vae": ["demo", 2], "start_image": ["start", 0]},
                **{"positive": ["text", 0], "negative": ["text", 0], "trajectory": ["path", 0], **SIZE},
                **{"segment_length": 9, "overlap": 1, "seed": seed, "steps": steps, "cfg": 1.0, "strength": 1.0},
                **{"sampler_name": "euler", "scheduler": "simple", "end_percent": 1.0},
            },
        ),
        "saved": ("PreviewImage", {"images": [LONG, 0]}),
    }
    return {name: {"class_type": kind, "inputs": inputs} for name, (kind, inputs) in nodes.items()}


def parts(run: Any) -> list[str]:
    """The nodes that Long Image to Video became, in the order in which they ran."""
    return [node for node in run.executed if node.startswith(f"{LONG}.")]


def test_after_an_interruption_the_chain_goes_on_where_it_was(live):
    whole = parts(live.run(prompt(seed=1, steps=1)))
    # A segment: motion, Apply Tora, start, KSampler, decoded; between them the frame, at the end both joined.
    assert len(whole) == 12
    first, second = (next(node for node in whole if node.endswith(end)) for end in (".4", ".10"))

    def stop(kind: str, data: dict[str, Any]) -> None:
        if kind == "executing" and data["node"] == second:
            live.interrupt()

    stopped = live.run(prompt(seed=2, steps=60), stop)
    assert stopped.end == "interrupted" and parts(stopped)[-1] == second
    finished = parts(stopped)[:-1]
    assert first in finished
    rest = live.run(prompt(seed=2, steps=60))
    assert rest.end == "success" and len(rest.outputs["saved"]["images"]) == 17
    assert parts(rest)[0] == second and not set(finished) & set(parts(rest)), "what was finished is not made again"
