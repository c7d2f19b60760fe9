"""The comparison that guards saved workflows: which changes of a node break them, and which do not."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

BEFORE = {
    "ToraDraw": {
        "inputs": {
            "model": {"type": "MODEL", "required": True},
            "strength": {"type": "FLOAT", "required": True, "default": 1.0, "min": 0.0, "max": 5.0},
            "mode": {"type": "COMBO", "required": True, "default": "a", "options": ["a", "b"]},
            "mask": {"type": "MASK", "required": False},
            "how": {
                "type": "COMFY_DYNAMICCOMBO_V3",
                "required": True,
                "options": ["fast", "often"],
                "inputs": {"fast": {}, "often": {"times": {"type": "INT", "required": True, "default": 2, "max": 9}}},
            },
            "more": {
                "type": "COMFY_AUTOGROW_V3",
                "required": True,
                "names": ["more_1", "more_2"],
                "least": 1,
                "each": {"type": "IMAGE", "required": True},
            },
        },
        "outputs": [{"type": "MODEL", "name": "model"}, {"type": "IMAGE", "name": "flow"}],
    }
}


@pytest.fixture
def snapshot(request: pytest.FixtureRequest, root: Path) -> ModuleType:
    conftest = next(p for p in request.config.pluginmanager.get_plugins() if hasattr(p, "find_comfyui"))
    return conftest._module(root / "tests" / "host" / "snapshot.py")


def reordered(inputs: dict[str, Any], *names: str) -> None:
    """Put `names` first."""
    values = {name: inputs.pop(name) for name in [*names, *(name for name in list(inputs) if name not in names)]}
    inputs.update(values)


@pytest.mark.parametrize(
    ("change", "breaks"),
    [
        (lambda all_, node: all_.pop("ToraDraw"), "ToraDraw is gone"),
        (lambda all_, node: all_.update(ToraPaint=all_.pop("ToraDraw")), "ToraDraw is gone"),
        (lambda all_, node: node["inputs"].pop("mask"), "ToraDraw.mask is gone"),
        (lambda all_, node: node["inputs"]["model"].update(type="CLIP"), "ToraDraw.model no longer takes MODEL"),
        (lambda all_, node: node["inputs"]["mask"].update(required=True), "ToraDraw.mask was optional"),
        (lambda all_, node: node["inputs"]["mode"].update(options=["a", "c"]), "ToraDraw.mode no longer offers b"),
        (lambda all_, node: node["inputs"]["strength"].update(min=0.1), "ToraDraw.strength no longer goes down to 0.0"),
        (lambda all_, node: node["inputs"]["strength"].update(max=4.0), "ToraDraw.strength no longer goes up to 5.0"),
        (lambda all_, node: node["inputs"]["mode"].update(max=4.0), "ToraDraw.mode no longer goes up to any number"),
        (
            lambda all_, node: (
                node["inputs"]["how"]["options"].remove("often"),
                node["inputs"]["how"]["inputs"].pop("often"),
            ),
            "ToraDraw.how no longer offers often",
        ),
        (
            lambda all_, node: node["inputs"]["how"]["inputs"]["often"].clear(),
            "ToraDraw.how (often): times is gone",
        ),
        (
            lambda all_, node: node["inputs"]["how"]["inputs"]["often"]["times"].update(max=5),
            "ToraDraw.how (often): times no longer goes up to 9",
        ),
        (
            lambda all_, node: node["inputs"]["more"].update(least=2),
            "ToraDraw.more no longer takes 1 or more of more_1, more_2",
        ),
        (
            lambda all_, node: node["inputs"]["more"].update(names=["more_1"]),
            "ToraDraw.more no longer takes 1 or more of more_1, more_2",
        ),
        (
            lambda all_, node: node["inputs"]["more"]["each"].update(type="MASK"),
            "ToraDraw.more: each no longer takes IMAGE",
        ),
        (
            lambda all_, node: node["inputs"].update(vae={"type": "VAE", "required": True}),
            "ToraDraw.vae is new, required and without a default",
        ),
        (
            lambda all_, node: reordered(node["inputs"], "model", "mode"),
            "ToraDraw.inputs stood in the order model, strength, mode, mask, how, more; new ones come behind them",
        ),
        (
            lambda all_, node: (
                node["inputs"].update(seed={"type": "INT", "required": False}),
                reordered(node["inputs"], "model", "seed"),
            ),
            "ToraDraw.inputs stood in the order model, strength, mode, mask, how, more; new ones come behind them",
        ),
        (lambda all_, node: node["outputs"].pop(), "ToraDraw: output 1 was flow (IMAGE), now gone"),
        (
            lambda all_, node: node["outputs"][1].update(name="picture"),
            "ToraDraw: output 1 was flow (IMAGE), now picture (IMAGE)",
        ),
        (
            lambda all_, node: node["outputs"].insert(1, {"type": "INT", "name": "width"}),
            "ToraDraw: output 1 was flow (IMAGE), now width (INT)",
        ),
    ],
)
def test_what_breaks_saved_workflows_is_told(snapshot: ModuleType, change: Any, breaks: str) -> None:
    after = copy.deepcopy(BEFORE)
    change(after, after["ToraDraw"])
    assert snapshot.breaks(BEFORE, after) == [breaks]


@pytest.mark.parametrize(
    "change",
    [
        lambda all_, node: None,
        lambda all_, node: all_.update(ToraPaint={"inputs": {}, "outputs": []}),
        lambda all_, node: node["inputs"].update(seed={"type": "INT", "required": True, "default": 0}),
        lambda all_, node: node["inputs"].update(vae={"type": "VAE", "required": False}),
        lambda all_, node: node["inputs"]["mask"].update(type="IMAGE,MASK"),
        lambda all_, node: node["inputs"]["strength"].update(min=-1.0, max=9.0, default=2.0),
        lambda all_, node: node["inputs"]["mode"].update(options=["c", "b", "a"]),
        lambda all_, node: node["outputs"].append({"type": "INT", "name": "width"}),
        lambda all_, node: node["inputs"]["how"]["inputs"].update(slow={"times": {"type": "INT", "required": True}}),
        lambda all_, node: node["inputs"]["how"]["options"].insert(0, "slow"),
        lambda all_, node: node["inputs"]["more"].update(least=0, names=["more_1", "more_2", "more_3"]),
    ],
)
def test_what_only_adds_breaks_nothing(snapshot: ModuleType, change: Any) -> None:
    after = copy.deepcopy(BEFORE)
    change(after, after["ToraDraw"])
    assert snapshot.breaks(BEFORE, after) == []


def test_the_snapshot_is_written_as_it_is_read(snapshot: ModuleType) -> None:
    schema = snapshot.read()
    assert snapshot.PATH.read_text(encoding="utf-8") == json.dumps(schema, indent=1) + "\n"
    assert list(schema) == sorted(schema)
