"""From the names of weight files to what a user chooses among: files, pairs and folders, without opening any."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from ...tora_core.checkpoints.pairs import part_by_name, partner_places

_SHARD = re.compile(r"-\d{5}-of-\d{5}(?=\.\w+$)")
_DIFFUSERS = re.compile(r"diffusion_pytorch_model(?:\.\w+)?\.\w+")
_OTHER_PARTS = ("vae", "unet", "controlnet", "text_encoder", "text_encoder_2", "image_encoder", "safety_checker")
"""Folders of a pipeline that hold weights, but none of a transformer."""


@dataclass(frozen=True)
class Entry:
    """One choice. `name` is what the user sees, `path` what is opened, `file` a weight file that is in it.

    Paths are relative to the model folder. form: "file", "pair" (path is its fuser file) or "folder".
    """

    name: str
    path: PurePosixPath
    file: PurePosixPath
    form: str


def entries_of(files: Collection[PurePosixPath]) -> list[Entry]:
    """The choices that these files make, in the order of their names.

    Shards and diffusers' weights count as their folder, or the pipeline's around it; an adapter pair as its fuser
    file; a pipeline's VAE and text encoder not at all.
    """
    known = set(files)
    found = {entry.name: entry for file in sorted(known) for entry in _entry(file, known)}
    return sorted(found.values(), key=lambda entry: entry.name.lower())


def _entry(file: PurePosixPath, files: set[PurePosixPath]) -> Iterator[Entry]:
    if _in_other_part(file):
        return
    is_shard = _SHARD.search(file.name) is not None
    folder = file.parent
    if is_shard or _DIFFUSERS.fullmatch(file.name):
        if folder.name == "transformer" and folder.parent.name:
            folder = folder.parent
        if folder.name:
            yield Entry(str(folder), folder, file, "folder")
        elif is_shard:  # in the model folder itself: the index stands for them
            yield Entry(_SHARD.sub("", file.name) + ".index.json", folder, file, "folder")
        else:
            yield Entry(str(file), file, file, "file")
        return
    part = part_by_name(file.name)
    has_partner = part is not None and any(place in files for place in partner_places(file, part))
    if not has_partner or part == "fuser":
        yield Entry(str(file), file, file, "pair" if has_partner else "file")


def _in_other_part(file: PurePosixPath) -> bool:
    """Whether this is a pipeline's VAE, text encoder or the like: weights as diffusers or transformers name them."""
    named = _SHARD.search(file.name) or _DIFFUSERS.fullmatch(file.name) or file.stem in ("model", "pytorch_model")
    return bool(named) and file.parent.name in _OTHER_PARTS
