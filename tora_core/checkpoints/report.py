"""What an inspection found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Report:
    """What a file or folder is. `str()` gives readable lines.

    model: in words ("Tora for CogVideoX-5B", "CogVideoX-2B", "a CogVideoX LoRA", "unknown", ...). parts: "base and
    adapter", "base", "adapter", "fusers", "extractor", or "" for other models. kind: "t2v", "i2v" or None, `kind_from`
    what told it. dtypes: number of values by stored type. values, tensors: how many there are of both.
    problems: what is missing, wrong or mixed up; empty when it can be loaded. notes: what else is worth knowing.
    """

    path: str
    model: str
    layout: str
    parts: str = ""
    kind: str | None = None
    kind_from: str = ""
    layers: int | None = None
    width: int | None = None
    in_channels: int | None = None
    dtypes: Mapping[str, int] | None = None
    values: int = 0
    tensors: int = 0
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        return not self.problems

    def __str__(self) -> str:
        kind = f"{self.kind.upper()} (by {self.kind_from})" if self.kind else "can't be told from this file"
        sizes = (("blocks", self.layers), ("width", self.width), ("input channels", self.in_channels))
        types = sorted((self.dtypes or {}).items(), key=lambda item: -item[1])
        rows = [
            ("file", self.path),
            ("model", self.model + (f": {self.parts}" if self.parts else "")),
            ("kind", kind if self.parts else ""),
            ("layout", self.layout),
            ("size", ", ".join(f"{number} {name}" for name, number in sizes if number)),
            ("types", ", ".join(f"{name} ({count:,} values)" for name, count in types)),
            ("holds", f"{self.values:,} values in {self.tensors:,} tensors"),
            *(("note", note) for note in self.notes),
            *(("PROBLEM", problem) for problem in self.problems),
        ]
        lines = [f"{name:8} {text}" for name, text in rows if text]
        return "\n".join([*lines, "sound" if self.ok else f"{len(self.problems)} problem(s)"])
