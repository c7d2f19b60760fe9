"""docs/formats.md lists every format as the registry has it, and the command line lists the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tora_core.cli import main
from tora_core.trajectory import FORMATS


def rows(root: Path, heading: str) -> dict[str, list[str]]:
    section = (root / "docs" / "formats.md").read_text("utf-8").split(f"## {heading}\n")[1].split("\n## ")[0]
    cells = [
        [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        for line in section.splitlines()
        if line[:3] == "| `"
    ]
    return {row[0].strip("`"): row[1:] for row in cells}


def test_the_table_of_the_docs_is_the_registry(root: Path) -> None:
    table = rows(root, "Table")
    assert list(table) == [known.name for known in FORMATS]
    for known in FORMATS:
        read, written, _, _ = table[known.name]
        assert (read == "yes", written.startswith("yes")) == (known.reads, known.writes), known.name


def test_every_format_has_an_example_in_the_docs(root: Path) -> None:
    examples = rows(root, "Each of them")
    assert {*examples, "tora-txt-decimal"} == {known.name for known in FORMATS}


def test_the_command_line_lists_the_formats(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trajectory", "formats"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [known.name for known in FORMATS]
    assert lines[0].split()[1:4] == ["read", "written", ".json"]


def test_the_command_line_converts_between_arrays_and_texts(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("track,frame,x,y,visible\n1,0,10,20,1\n1,1,30,40,0\n")
    size = ["--width", "64", "--height", "48"]

    def convert(source: str, target: str, *more: str) -> int:
        return main(["trajectory", "convert", str(tmp_path / source), str(tmp_path / target), *more])

    assert convert("a.csv", "b.npz", "--to", "cotracker", *size) == 0
    assert convert("b.npz", "c.npy", "--to", "wan-move") == 0
    assert convert("c.npy", "d.csv", "--from", "wan-move", *size) == 0
    assert (tmp_path / "d.csv").read_text() == (tmp_path / "a.csv").read_text()
    err = capsys.readouterr().err
    assert "read as cotracker (an npz file with tracks (1, 2, 1, 2)" in err and "lost: the canvas size, 64x48" in err
