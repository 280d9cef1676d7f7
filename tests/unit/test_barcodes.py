"""Tables of barcodes: groups, samples, and the names of files."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from maxatac.errors import Problems
from maxatac.preparation.barcodes import Groups, check_barcodes, file_part, read_groups
from maxatac.preparation.read_files import ReadsFile

ONE = (Path("a/fragments.tsv.gz"),)
TWO = (Path("x/A.tsv.gz"), Path("x/B.tsv.gz"))


def read(tmp_path: Path, text: str, files: tuple[Path, ...] = ONE) -> tuple[Groups | None, Problems]:
    path = tmp_path / "barcodes.tsv"
    path.write_text(text)
    problems = Problems()
    return read_groups(path, files, problems), problems


def groups_of(tmp_path: Path, text: str, files: tuple[Path, ...] = ONE) -> Groups:
    groups, problems = read(tmp_path, text, files)
    assert not problems
    assert groups is not None
    return groups


@pytest.mark.parametrize(
    "text",
    [
        "C-1\tT\nA-1\tB cell\nG-1\tT\n",
        "C-1,T\nA-1,B cell\nG-1,T\n",
        "barcode\tgroup\nC-1\tT\nA-1\tB cell\nG-1\tT\n",
        '# made by R\n"cluster","","barcode"\n"T","1","C-1"\n"B cell","2","A-1"\n"T","3","G-1"\n',
        "C-1\tT\r\nA-1\tB cell\r\n\r\nG-1\tT\r\n",
    ],
)
def test_layouts(tmp_path: Path, text: str) -> None:
    groups = groups_of(tmp_path, text)
    assert groups.names == ("B cell", "T")
    assert groups.parts == ("B_cell", "T")
    assert groups.numbers == ({b"C-1": 1, b"A-1": 0, b"G-1": 1},)
    assert groups.sizes == [1, 2]


def test_without_groups_all_barcodes_are_one(tmp_path: Path) -> None:
    path = tmp_path / "barcodes.tsv.gz"
    path.write_bytes(gzip.compress(b"A-1\nC-1\n"))
    groups = read_groups(path, ONE, problems := Problems())
    assert not problems
    assert groups is not None
    assert groups.names == groups.parts == ("",)
    assert groups.numbers == ({b"A-1": 0, b"C-1": 0},)


@pytest.mark.parametrize("names", [("A", "B"), ("A.tsv.gz", "B.tsv.gz"), ("x/A.tsv.gz", "x/B.tsv.gz"), ("1", "2")])
def test_samples_keep_equal_barcodes_apart(tmp_path: Path, names: tuple[str, str]) -> None:
    text = f"AAAC-1\tT\t{names[0]}\nAAAC-1\tB\t{names[1]}\nAAAC-11\tT\t{names[1]}\n"
    groups = groups_of(tmp_path, text, TWO)
    assert groups.numbers == ({b"AAAC-1": 1}, {b"AAAC-1": 0, b"AAAC-11": 1})


def test_several_inputs_need_a_sample(tmp_path: Path) -> None:
    groups, problems = read(tmp_path, "A-1\tT\n", TWO)
    assert groups is None
    assert [problem.kind for problem in problems] == ["column"]


@pytest.mark.parametrize(
    ("text", "kind", "line"),
    [
        ("A-1\tT\nA-1\tB\n", "line", 2),
        ("A-1\tT\nC-1\n", "line", 2),
        ("A-1\tT\nC-1\t\n", "line", 2),
        ("barcode\tgroup\n\tT\n", "line", 2),
        ("A-1\tT\tother\n", "line", 1),
        ("barcode\n", "format", None),
        ("# nothing\n", "format", None),
        ("A-1\tNK\nC-1\tnk\n", "value", None),
        ("A-1\tB cell\nC-1\tB/cell\n", "value", None),
        ("PK\x03\x04", "format", None),
    ],
)
def test_bad_tables(tmp_path: Path, text: str, kind: str, line: int | None) -> None:
    groups, problems = read(tmp_path, text)
    assert groups is None
    assert [(problem.kind, problem.line) for problem in problems] == [(kind, line)]
    assert problems[0].file == tmp_path / "barcodes.tsv"


def test_a_name_of_two_inputs_is_no_name(tmp_path: Path) -> None:
    files = (Path("a/fragments.tsv.gz"), Path("b/fragments.tsv.gz"))
    _, problems = read(tmp_path, "A-1\tT\tfragments\n", files)
    assert [problem.kind for problem in problems] == ["line"]
    assert groups_of(tmp_path, "A-1\tT\ta/fragments.tsv.gz\n", files).numbers == ({b"A-1": 0}, {})


@pytest.mark.parametrize(
    ("name", "part"), [("CD4/CD8", "CD4_CD8"), ("B cell", "B_cell"), ("../x", "_._x"), ("Tα.1-2", "T_.1-2")]
)
def test_names_of_files(name: str, part: str) -> None:
    assert file_part(name) == part


@pytest.mark.parametrize(
    ("there", "listed", "expected"),
    [("AAAC-1", "AAAC", True), ("AAAC", "s1#AAAC-1", True), ("AAAC-1", "CCCC-1", False), ("AAAC-1", "AAAC-1", False)],
)
def test_what_would_match(tmp_path: Path, there: str, listed: str, expected: bool) -> None:
    groups = groups_of(tmp_path, f"{listed}\n")
    file = ReadsFile(Path("f.tsv"), "fragments", (("chr1", "1", "9", there),))
    check_barcodes(groups, [file], tmp_path / "barcodes.tsv", problems := Problems())
    assert [problem.kind for problem in problems] == ["value"] * expected
    if expected:
        assert there in str(problems[0])
        assert listed in str(problems[0])


def test_three_columns_have_no_barcode(tmp_path: Path) -> None:
    groups = groups_of(tmp_path, "A-1\n")
    file = ReadsFile(Path("f.tsv"), "fragments", (("chr1", "1", "9"),))
    check_barcodes(groups, [file], tmp_path / "barcodes.tsv", problems := Problems())
    assert [(problem.kind, problem.file) for problem in problems] == [("column", Path("f.tsv"))]
