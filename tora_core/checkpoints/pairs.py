"""The adapter pair: fuser[_I2V].safetensors and traj_extractor[_I2V].safetensors, found by each other's name."""

from __future__ import annotations

import re
from pathlib import Path

_KIND = re.compile(r"(?:^|[^a-z0-9])(i2v|t2v)(?![a-z0-9])", re.IGNORECASE)
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
    other = "traj_extractor" if part == "fuser" else "fuser"
    changed = re.sub(part, other, name, count=1, flags=re.IGNORECASE)
    return changed if changed != name else None


def find_partner(path: Path, part: str) -> tuple[Path | None, str]:
    """The other half beside `path`, or None and what to do, in words."""
    name = partner_name(path.name, part)
    if name is None:
        return None, (
            "its name does not say what its partner is called: give both files, fuser and traj_extractor, not "
            f"{path.name} alone"
        )
    partner = path.with_name(name)
    if partner.exists():
        return partner, ""
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
        if "fuser" in path.name.lower() and "traj_extractor" not in path.name.lower():
            partner = path.with_name(partner_name(path.name, "fuser") or path.name)
            if partner != path and partner.is_file():
                found.append((path, partner))
    return found


def _is_other_half(name: str, part: str) -> bool:
    is_extractor = "traj_extractor" in name.lower()
    return is_extractor if part == "fuser" else "fuser" in name.lower() and not is_extractor
