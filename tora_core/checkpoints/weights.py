"""Weights under their canonical keys, wherever and however they are stored.

Canonical are the keys of ToraTransformer3DModel: diffusers' names, `traj_extractor.*` and `fuser.N.*`. A layout is a
way from a file's own keys to these; this module holds what all layouts come to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import CheckpointError
from .headers import TensorInfo
from .manifest import ADAPTER_PREFIXES
from .sources import Source

HALF = "one half of an adapter pair"
"""The layout of a fuser or extractor file whose partner could not be found."""

Rows = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Entry:
    """One canonical tensor: a stored tensor, or the given rows (along its first axis) of one, one after the other."""

    source: Source
    key: str
    rows: Rows = ()

    @property
    def info(self) -> TensorInfo:
        stored = self.source.tensors[self.key]
        if not self.rows:
            return stored
        return TensorInfo(stored.dtype, (sum(stop - start for start, stop in self.rows), *stored.shape[1:]))


@dataclass(frozen=True)
class Weights:
    """All that was found under one path.

    `kind` is "t2v", "i2v" or None where nothing tells, `kind_from` what told it. `problems` are faults seen while
    opening (a missing shard or partner), `aside` counts of keys left aside on purpose, by prefix.
    """

    paths: tuple[Path, ...]
    layout: str
    entries: Mapping[str, Entry]
    config: Mapping[str, Any] | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    kind: str | None = None
    kind_from: str = ""
    problems: tuple[str, ...] = ()
    aside: Mapping[str, int] = field(default_factory=dict)
    folder: Path | None = None

    @property
    def name(self) -> str:
        return str(self.folder) if self.folder else " and ".join(str(path) for path in self.paths)

    @property
    def infos(self) -> dict[str, TensorInfo]:
        return {key: entry.info for key, entry in self.entries.items()}

    @property
    def adapter(self) -> dict[str, Entry]:
        return {key: entry for key, entry in self.entries.items() if key.startswith(ADAPTER_PREFIXES)}

    @property
    def base(self) -> dict[str, Entry]:
        return {key: entry for key, entry in self.entries.items() if not key.startswith(ADAPTER_PREFIXES)}

    def require_whole(self) -> None:
        """Raise CheckpointError with the faults seen while opening, if any."""
        if self.problems:
            raise CheckpointError(f"{self.name}: {'; '.join(self.problems)}")
