"""The adapter pair: fuser[_I2V].safetensors and traj_extractor[_I2V].safetensors, found by each other's name."""

from __future__ import annotations

import re
from pathlib import Path, PurePath

_KIND = re.compile(r"(?:^|[^a-z0-9])(i2v|t2v)(?![a-z0-9])", re.IGNORECASE)
_FUSER = re.compile(r"(?<!dif)fuser", re.IGNORECASE)  # but not "diffusers"
_PUBLISHED = ("fuser", "traj_extractor")


def kind_by_name(path: Path) -> str | None:
    """What the file name says: "i2v", "t2v" (also the published names without a suffix), or None.

    Nothing inside the file tells: keys and shapes of both kinds are the same.
    """
    if path.stem in _PUBLISHED:
        return "t2v"
    found = {word.lower() for word in _KIND.findall(path.stem)}
    return found.pop() if len(found) == 1 else None


def partner_name(name: str, part: str) -> str | None:
    """The name of the other half: `part` is what the named file is, "fuser" or "traj_extractor"."""
    if part == "fuser":
        changed = _FUSER.sub("traj_extractor", name, count=1)
    else:
        changed = re.sub(part, "fuser", name, count=1, flags=re.IGNORECASE)
    return changed if changed != name else None


def part_by_name(name: str) -> str | None:
    """What half of a pair a file of this name is, "fuser" or "traj_extractor"; None when the name doesn't say."""
    if "traj_extractor" in name.lower():
        return "traj_extractor"
    return "fuser" if _FUSER.search(name) else None


def partner_places(path: PurePath, part: str) -> list[PurePath]:
    """Where the other half may lie: beside it, or in a folder of its own name (fuser/fuser.*, traj_extractor/...)."""
    name = partner_name(path.name, part)
    if name is None:
        return []
    folder = partner_name(path.parent.name, part)
    return [path.with_name(name), *([path.parent.with_name(folder) / name] if folder else [])]


def find_partner(path: Path, part: str) -> tuple[Path | None, str]:
    """The other half, in one of `partner_places`, or None and what to do, in words."""
    name = partner_name(path.name, part)
    if name is None:
        return None, (
            "its name does not say what its partner is called: give both files, fuser and traj_extractor, not "
            f"{path.name} alone"
        )
    for place in map(Path, partner_places(path, part)):
        if place.exists():
            return place, ""
    others = sorted(found.name for found in path.parent.glob("*.safetensors") if _is_other_half(found.name, part))
    if others:
        return None, (
            f"its partner {name} is not beside it, only {', '.join(others[:3])}, of another kind or release: "
            f"don't mix them, download {name}"
        )
    return None, f"its partner {name} is not beside it: download it into the same folder"


def pairs_in(folder: Path) -> list[tuple[Path, Path]]:
    """All (fuser, extractor) pairs of a folder, by name."""
    found = []
    for path in sorted(folder.glob("*.safetensors")):
        if part_by_name(path.name) == "fuser":
            partner = path.with_name(partner_name(path.name, "fuser") or path.name)
            if partner != path and partner.is_file():
                found.append((path, partner))
    return found


def _is_other_half(name: str, part: str) -> bool:
    return part_by_name(name) not in (None, part)
