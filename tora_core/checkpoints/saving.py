"""Writing: our own single file, and what all writing shares (nothing half-written is ever left)."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import nn

from ..errors import CheckpointError
from .adapter import ToraAdapter
from .dimensions import AdapterSize, adapter_shapes, adapter_size
from .headers import TensorInfo
from .manifest import ADAPTER_PREFIXES
from .metadata import KINDS, describe
from .reading import as_dtype, file_types
from .strict import differences


def save_adapter(
    adapter: ToraAdapter | nn.Module | Mapping[str, torch.Tensor],
    path: str | os.PathLike[str],
    *,
    kind: str | None = None,
    dtype: torch.dtype | str | None = None,
    metadata: Mapping[str, str] | None = None,
) -> Path:
    """Write extractor and fusers as our own single safetensors file, whole or not at all.

    adapter: a ToraAdapter, a ToraTransformer3DModel, or a state dict with `traj_extractor.*` and `fuser.N.*` (other
    keys are an error). kind: "t2v" or "i2v"; taken from the adapter where it knows. dtype: of all floating point
    values in the file, None as they are. metadata: further strings to keep in the file.

    Raises CheckpointError when the state is incomplete or the kind unknown to the library.
    """
    state, known_kind = _state_of(adapter)
    kind = kind or known_kind
    check_kind(kind)
    size = _checked(state)
    types = file_types(as_dtype(dtype))
    tensors = {key: value.detach().to("cpu", types(key) or value.dtype).contiguous() for key, value in state.items()}
    path = Path(path)
    with replacing(path) as part:
        save_file(tensors, part, {**(metadata or {}), **own_metadata(kind, size)})
    return path


def own_metadata(kind: str | None, size: AdapterSize) -> dict[str, str]:
    return describe(kind, size.layers, size.width or 0, size.channels or 0, size.flow_channels or 0)


def check_kind(kind: str | None) -> None:
    if kind not in (None, *KINDS):
        raise CheckpointError(f"kind is {kind!r}, expected {' or '.join(KINDS)}.")


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A path beside `path` to write to; moved over it at the end, removed when anything goes wrong, Ctrl-C included."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield part
        os.replace(part, path)
    except (OSError, SafetensorError) as error:
        raise CheckpointError(
            f"{path} can't be written ({getattr(error, 'strerror', None) or error}). Check folder and free space."
        ) from error
    finally:
        part.unlink(missing_ok=True)


def _state_of(adapter: Any) -> tuple[dict[str, torch.Tensor], str | None]:
    if isinstance(adapter, ToraAdapter):
        return adapter.state_dict(), adapter.kind
    if isinstance(adapter, nn.Module):
        state = {key: value for key, value in adapter.state_dict().items() if key.startswith(ADAPTER_PREFIXES)}
        config = getattr(adapter, "config", None)
        channels = getattr(config, "in_channels", 0), getattr(config, "out_channels", 0)
        return state, "t2v" if channels[0] == channels[1] > 0 else "i2v" if channels[0] == 2 * channels[1] > 0 else None
    return dict(adapter), None


def _checked(state: Mapping[str, torch.Tensor]) -> AdapterSize:
    infos = {key: TensorInfo("F32", tuple(value.shape)) for key, value in state.items()}
    size = adapter_size(infos)
    lines = ["traj_extractor.* or fuser.N.* is missing"]
    if size.is_known():
        lines = differences(adapter_shapes(size), infos)
    if lines:
        raise CheckpointError(f"the adapter to save is no complete one: {'; '.join(lines)}.")
    return size
