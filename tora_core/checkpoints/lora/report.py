"""What was found in a LoRA file and what of it acts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

SHOWN = 3


@dataclass(frozen=True)
class LoraReport:
    """`str()` gives readable lines, `line` one.

    style: whose names the file has. modules: how many weights and biases of the network it changes. matched, keys: how
    many of the file's keys act, of how many. ranks, scales: all that occur, ascending; scale is alpha / rank.
    scale_from: what told alpha. dora: how many modules have DoRA's magnitudes. unmatched: keys by why they don't act.
    """

    path: str
    style: str
    modules: int
    matched: int
    keys: int
    ranks: tuple[int, ...]
    scales: tuple[float, ...]
    scale_from: str
    dora: int
    dtypes: tuple[str, ...]
    unmatched: Mapping[str, tuple[str, ...]]

    @property
    def line(self) -> str:
        """For a node: what acts, how strongly, and how many keys don't."""
        left = self.keys - self.matched
        parts = [f"{self.style}, {self.modules} modules, {self.matched} of {self.keys} keys"]
        if self.ranks:
            parts.append(f"rank {_range(self.ranks)}, scale {_range(self.scales)}")
        if left:
            parts.append(f"{left} not applied")
        return "; ".join(parts)

    def unmatched_lines(self, shown: int = SHOWN) -> list[str]:
        """A line a reason, with the first keys."""
        lines = []
        for why, keys in self.unmatched.items():
            more = ", ..." if len(keys) > shown else ""
            lines.append(f"{len(keys)} {'key' if len(keys) == 1 else 'keys'} {why}: {', '.join(keys[:shown])}{more}")
        return lines

    def __str__(self) -> str:
        rows = [
            ("file", self.path),
            ("style", self.style),
            ("changes", f"{self.modules} modules, {self.matched} of {self.keys} keys"),
            ("rank", _range(self.ranks)),
            ("scale", f"{_range(self.scales)} ({self.scale_from})" if self.scales else ""),
            ("DoRA", f"{self.dora} modules" if self.dora else ""),
            ("types", ", ".join(self.dtypes)),
            *(("UNUSED", line) for line in self.unmatched_lines()),
        ]
        return "\n".join(f"{name:8} {text}" for name, text in rows if text)


def _range(values: tuple[float, ...]) -> str:
    if not values:
        return ""
    ends = dict.fromkeys(f"{value:.4g}" for value in (values[0], values[-1]))
    return " to ".join(ends)
