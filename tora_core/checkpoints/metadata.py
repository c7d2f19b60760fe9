"""What our own single file says of itself in its safetensors metadata (all strings, as the format wants)."""

from __future__ import annotations

from collections.abc import Mapping

VERSION = "1"
VERSION_KEY = "tora_format"
KINDS = ("t2v", "i2v")


def describe(kind: str | None, layers: int, width: int, channels: int, flow_channels: int) -> dict[str, str]:
    """Metadata for an adaptive-norm adapter of the given size; kind may be unknown."""
    return {
        "format": "pt",
        VERSION_KEY: VERSION,
        "tora_kind": kind or "unknown",
        "tora_layers": str(layers),
        "tora_width": str(width),
        "tora_motion_channels": str(channels),
        "tora_flow_channels": str(flow_channels),
        "tora_fuser": "adaptive-norm",
    }


def kind_in(metadata: Mapping[str, str]) -> str | None:
    """What the file says: "t2v", "i2v", or None."""
    kind = metadata.get("tora_kind")
    return kind if kind in KINDS else None


def version_problem(metadata: Mapping[str, str]) -> tuple[str, ...]:
    """A line when the file is of another version than this library reads."""
    version = metadata.get(VERSION_KEY, VERSION)
    if version == VERSION:
        return ()
    return (f"it has format version {version!r}, this library reads {VERSION}: update the library",)


def contradictions(metadata: Mapping[str, str], actual: Mapping[str, str]) -> list[str]:
    """Where the metadata says something else than the tensors."""
    return [
        f"its metadata says {key} = {metadata[key]}, its tensors {value}"
        for key, value in actual.items()
        if key in metadata and metadata[key] != value and key not in ("format", "tora_kind")
    ]
