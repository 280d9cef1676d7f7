"""Names that are of one cell type."""

from __future__ import annotations

from pathlib import Path

import pytest
from tiny import TinySet

from maxatac.cli.main import main
from maxatac.data.same_cells import SameCells, check_spelling, on_both_sides, option_value, plain_name, read_same
from maxatac.data.samples import Label, Place, Sample
from maxatac.errors import Problems


def sample(name: str, label: Label = "Train", line: int = 2) -> Sample:
    path = Path(f"{name}.bw")
    return Sample(name, "CTCF", path, path, None, None, label, Place(Path("meta.tsv"), line))


@pytest.mark.parametrize("other", ["HEK-293", "hek 293", "HEK_293", "Hek293", "HEK\u00a0293"])
def test_spellings_of_one_name(other: str) -> None:
    assert plain_name(other) == plain_name("HEK293")


@pytest.mark.parametrize("other", ["HEK293T", "HEK.293", "HEK29"])
def test_other_names(other: str) -> None:
    assert plain_name(other) != plain_name("HEK293")


def test_pairs_with_a_common_name_are_one_cell_type() -> None:
    problems = Problems()
    same = read_same(["A=B", "C=D", "B=E", "A=B", "x==y"], ["A", "B", "C", "D", "E", "x=", "y", "F"], problems)
    assert not problems
    assert {*same.groups} == {frozenset("ABE"), frozenset("CD"), frozenset(["x=", "y"])}
    assert same.are_one("E", "A") and same.are_one("F", "F")
    assert not same.are_one("A", "C") and not same.are_one("F", "A")
    rows = [sample(name) for name in "DFACB"]
    assert [[row.cell_line for row in rows] for rows in same.gather(rows)] == [["D", "C"], ["F"], ["A", "B"]]


@pytest.mark.parametrize("pair", ["A", "A=", "A=A", "A=X", "=B", "A-B"])
def test_what_is_no_pair(pair: str) -> None:
    problems = Problems()
    assert read_same([pair], ["A", "B"], problems) == SameCells()
    assert [str(problem) for problem in problems] == [
        f"--allow_same: found {pair!r}; expected NAME=NAME, two cell types; there are A, B"
    ]


def test_of_a_table_that_cannot_be_read_no_name_is_unknown() -> None:
    problems = Problems()
    assert read_same(["A=B"], [], problems) == SameCells()
    assert not problems


def test_trained_and_tested() -> None:
    problems = Problems()
    rows = [sample("HEK293"), sample("hek 293", "Test", 3), sample("A549"), sample("A-549"), sample("K562", "Test")]
    check_spelling(rows, SameCells(), problems)
    assert [str(problem) for problem in problems] == [
        "meta.tsv, line 3, Cell_Line: hek 293 (Test) and HEK293 (Train, line 2) differ in case, blanks, - and _ alone; "
        "a test must not rest on what was trained on: give both one label, or allow this with --allow_same "
        "'HEK293=hek 293'"
    ]
    same = read_same(["HEK293=hek 293", "A549=A-549", "A549=K562"], [row.cell_line for row in rows], Problems())
    allowed = Problems()
    check_spelling(rows, same, allowed)
    assert not allowed
    # Also where nothing but the user says so.
    assert on_both_sides({row.cell_line: row.label for row in rows}, same) == [
        ("HEK293", "hek 293"), ("A549", "K562"), ("A-549", "K562")
    ]  # fmt: skip


def test_value_for_a_shell() -> None:
    assert option_value("A", "B-1") == "A=B-1"
    assert option_value("A", "B 1") == "'A=B 1'"


def test_run_is_refused_before_work(damaged: TinySet, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = damaged.rows()
    rows[2]["Cell_Line"] = "cell_b"
    damaged.write_meta(rows)
    assert main(damaged.arguments(tmp_path / "results")) == 2
    told = capsys.readouterr().err
    assert f"{damaged.meta_file}, line 4, Cell_Line: cell_b (Test) and CellB (Train, line 3) differ in case" in told
    assert "1 problem found" in told
    assert not (tmp_path / "results").exists()


def test_files_of_one_cell_type(damaged: TinySet, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One that is allowed does not allow another."""
    rows = damaged.rows()
    for row in rows[1:]:
        row["Binding_File"] = rows[0]["Binding_File"]
    damaged.write_meta(rows)
    assert main(damaged.arguments(tmp_path / "results", allow_same=("CellA=CellC",))) == 2
    told = capsys.readouterr().err
    assert "of CellC (Test) is the same file as Binding_File of CellB (Train, line 3); " in told
    assert "with --allow_shared_files CellC, or with --allow_same CellB=CellC" in told
    assert "1 problem found" in told
