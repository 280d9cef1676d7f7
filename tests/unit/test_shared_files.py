"""Files that are equal in content, under whatever path."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import tiny
from tiny import TinySet

from maxatac.cli.main import main
from maxatac.data.meta_file import read_meta
from maxatac.data.shared_files import Use, find_equal_files, uses_of
from maxatac.errors import Problems
from maxatac.files.checksums import sha256


def use(path: Path, cell: str = "A", label: str = "Train", column: str = "Binding_File") -> Use:
    return Use(cell, label, column, path)  # type: ignore[arg-type]


def names(uses: tuple[Use, ...]) -> list[str]:
    return [use.path.name for use in uses]


@pytest.fixture
def files(tmp_path: Path) -> Path:
    for name, content in (("a", b"one"), ("copy", b"one"), ("same_size", b"two"), ("longer", b"three"), ("empty", b"")):
        (tmp_path / name).write_bytes(content)
    (tmp_path / "link").symlink_to(tmp_path / "a")
    os.link(tmp_path / "longer", tmp_path / "hard")
    return tmp_path


def test_what_is_equal(files: Path) -> None:
    paths = ("a", "same_size", "copy", "longer", "link", "hard", "empty", "absent", ".")
    one, other = find_equal_files([use(files / name) for name in paths])
    assert names(one.uses) == ["a", "link", "copy"]
    assert (one.size, one.sha256) == (3, sha256(files / "a"))
    # One file on disk, so there was nothing to compare.
    assert names(other.uses) == ["longer", "hard"]
    assert (other.size, other.sha256) == (5, None)


def test_a_file_named_twice_is_equal_to_itself(files: Path) -> None:
    (equal,) = find_equal_files([use(files / "a"), use(files / "a", "B"), use(files / ".." / files.name / "a", "C")])
    assert [use.cell_line for use in equal.uses] == ["A", "B", "C"]


def test_only_files_of_one_size_are_read(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def watched(path: Path) -> str:
        read.append(path.name)
        return sha256(path)

    monkeypatch.setattr("maxatac.data.shared_files.sha256", watched)
    uses = [use(files / "a"), use(files / "copy"), use(files / "longer", "T", "Test"), use(files / "hard", "T", "Test")]
    assert find_equal_files(uses, across_labels=True) == []
    assert read == []
    find_equal_files(uses)
    assert read == ["a", "copy"]


def test_across_labels(files: Path) -> None:
    uses = [use(files / "a"), use(files / "link"), use(files / "same_size", "T", "Test")]
    assert find_equal_files(uses, across_labels=True) == []
    (equal,) = find_equal_files([*uses, use(files / "copy", "T", "Test", "ATAC_Peaks")], across_labels=True)
    assert (names(equal.of("Train")), names(equal.of("Test"))) == (["a", "link"], ["copy"])


def test_a_file_that_cannot_be_read_is_passed_over(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> str:
        if path.name == "a":
            raise OSError(5, "Input/output error")
        return sha256(path)

    monkeypatch.setattr("maxatac.data.shared_files.sha256", refuse)
    assert find_equal_files([use(files / name) for name in ("a", "copy", "same_size")]) == []


def test_uses_of_a_meta_file(tiny_set: TinySet) -> None:
    samples = read_meta(tiny_set.meta_file, Problems())
    assert [(use.cell_line, use.column, use.path.name, str(use.place)) for use in uses_of(samples)][4:6] == [
        ("CellB", "ATAC_Signal_File", "CellB_signal.bw", "line 3"),
        ("CellB", "Binding_File", "CellB_binding.bw", "line 3"),
    ]
    assert len(uses_of(samples)) == 12
    assert find_equal_files(uses_of(samples)) == []


# What a run does with them.

Share = Callable[[Path, Path], object]
WAYS: dict[str, Share] = {"copy": shutil.copyfile, "link": os.symlink, "hard link": os.link}


def share(data: TinySet, mine: str, theirs: str, how: str) -> Path:
    """Let a file of CellC, which is labelled Test, have the content of another cell type's."""
    path = data.file("CellC", theirs)
    path.unlink()
    WAYS[how](data.folder / mine, path)
    return path


@pytest.mark.parametrize("how", WAYS)
@pytest.mark.parametrize(
    ("what", "column"),
    [
        ("signal.bw", "ATAC_Signal_File"), ("binding.bw", "Binding_File"),
        ("atac.narrowPeak", "ATAC_Peaks"), ("chip.narrowPeak", "CHIP_Peaks"),
    ],
    ids=str,
)  # fmt: skip
def test_shared_file_is_refused(
    how: str, what: str, column: str, damaged: TinySet, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    share(damaged, f"CellB_{what}", what, how)
    assert main(damaged.arguments(tmp_path / "results")) == 2
    told = capsys.readouterr().err
    assert f"{damaged.meta_file}, line 4, {column}: 'CellC_{what}' of CellC (Test) " in told
    assert f" as {column} of CellB (Train, line 3); " in told
    assert "--allow_shared_files CellC" in told
    assert "1 problem found" in told
    assert not (tmp_path / "results").exists()


def test_the_same_path_in_two_rows_is_refused(
    damaged: TinySet, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = damaged.rows()
    rows[2] |= {name: rows[0][name] for name in ("Binding_File", "CHIP_Peaks")}
    rows[1]["Binding_File"] = rows[0]["Binding_File"]
    damaged.write_meta(rows)
    assert main(damaged.arguments(tmp_path / "results")) == 2
    told = capsys.readouterr().err
    assert "Binding_File: 'CellA_binding.bw' of CellC (Test) is the same file as" in told
    assert "Binding_File of CellA (Train, line 2) and 1 more; " in told
    assert "CHIP_Peaks: 'CellA_chip.narrowPeak' of CellC (Test) is the same file as" in told
    assert "2 problems found" in told


def test_regions_of_a_test_cell_type_are_refused(
    damaged: TinySet, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    regions = tmp_path / "regions.bed"
    shutil.copyfile(damaged.file("CellC", "chip.narrowPeak"), regions)
    assert main(damaged.arguments(tmp_path / "results", train_roi=regions)) == 2
    told = capsys.readouterr().err
    assert "CHIP_Peaks: 'CellC_chip.narrowPeak' of CellC (Test) has the same content" in told
    assert " as --train_roi; " in told


@pytest.mark.parametrize("name", ["CellA", "CellX"])
def test_allowing_what_is_no_test_cell_type(
    name: str, tiny_set: TinySet, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(tiny_set.arguments(tmp_path / "results", allow_shared_files=(name,))) == 2
    told = capsys.readouterr().err
    assert f"--allow_shared_files: no cell type labelled Test is called {name}; there are CellC" in told


def test_allowing_one_cell_type_allows_no_other(
    damaged: TinySet, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = damaged.rows()
    for row in rows[1:]:
        row |= {"Binding_File": rows[0]["Binding_File"], "Train_Test_Label": "Test"}
    damaged.write_meta(rows)
    assert main(damaged.arguments(tmp_path / "results", allow_shared_files=("CellC",))) == 2
    told = capsys.readouterr().err
    assert "of CellB (Test) is the same file as Binding_File of CellA" in told
    assert "1 problem found" in told
    assert tiny.CELLS == ("CellA", "CellB", "CellC")
