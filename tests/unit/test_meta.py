from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from maxatac.data.meta_file import read_meta
from maxatac.data.samples import COLUMNS, Place, Sample
from maxatac.errors import InputError, Problems

FILES = ("a.bw", "b.bw", "a.bed", "b.bed")
HEADER = "\t".join(COLUMNS)


def row(cell: str = "K562", tf: str = "CTCF", label: str = "Train", files: Sequence[str] = FILES) -> str:
    return "\t".join((cell, tf, *files, label))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that holds the files of ``FILES``, beside a working directory that does not."""
    for name in FILES:
        (tmp_path / name).write_text("content")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    return tmp_path


def read(
    folder: Path,
    content: str | bytes | list[str],
    *,
    peaks_required: bool = True,
    test_cell_types: Sequence[str] | None = None,
) -> tuple[list[Sample], Problems]:
    path = folder / "meta.tsv"
    if isinstance(content, list):
        content = "\n".join(content) + "\n"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    problems = Problems()
    samples = read_meta(path, problems, peaks_required=peaks_required, test_cell_types=test_cell_types)
    assert {problem.file for problem in problems} <= {path}
    return samples, problems


def k562(folder: Path) -> Sample:
    """What ``row`` says in line 2."""
    signal, binding, atac, chip = (folder / name for name in FILES)
    return Sample("K562", "CTCF", signal, binding, atac, chip, "Train", Place(folder / "meta.tsv", 2))


def places(problems: Problems) -> list[tuple[str, int | None, str | None]]:
    return [(problem.kind, problem.line, problem.place) for problem in problems]


def test_every_column_arrives(folder: Path) -> None:
    samples, problems = read(folder, [HEADER, row(), row("HepG2", label="Test")])
    assert problems.sentences() == []
    assert samples[0] == k562(folder)
    assert [(sample.cell_line, sample.label, sample.place.line) for sample in samples] == [
        ("K562", "Train", 2),
        ("HepG2", "Test", 3),
    ]


LINES = [HEADER, row(), row("HepG2", label="Test")]


@pytest.mark.parametrize(
    "content",
    [
        "\n".join(LINES).encode(),  # no last line end
        "\r\n".join(LINES).encode() + b"\r\n",
        b"\xef\xbb\xbf" + "\n".join(LINES).encode(),
        "\n\n".join(LINES).encode() + b"\n\t\t\n   \n",
        "\n".join(line + "\t" for line in LINES).encode(),
        "\n".join([LINES[0], *(line + "\t\t\t" for line in LINES[1:])]).encode(),
        "\n".join(LINES).replace("\t", " \t ").encode(),
        "\n".join(LINES).replace("Train\n", "tRAIN\n").replace("\tTest", "\tTEST").encode(),
    ],
)
def test_harmless_variants(folder: Path, content: bytes) -> None:
    samples, problems = read(folder, content)
    assert problems.sentences() == []
    assert [(s.cell_line, s.tf, s.label, s.signal.name) for s in samples] == [
        ("K562", "CTCF", "Train", "a.bw"),
        ("HepG2", "CTCF", "Test", "a.bw"),
    ]


def test_columns_in_any_order_with_others_between(folder: Path) -> None:
    values = dict(zip(COLUMNS, row().split("\t"), strict=True)) | {"CHIP_Peak_Counts": "588"}
    names = sorted(values, reverse=True)
    samples, problems = read(folder, ["\t".join(names), "\t".join(values[name] for name in names)])
    assert problems.sentences() == []
    assert samples == [k562(folder)]


def without(column: str) -> list[str]:
    place = COLUMNS.index(column)
    return [
        "\t".join(cell for index, cell in enumerate(line.split("\t")) if index != place) for line in (HEADER, row())
    ]


@pytest.mark.parametrize("column", COLUMNS)
def test_missing_column(folder: Path, column: str) -> None:
    _, problems = read(folder, without(column))
    assert places(problems) == [("column", 1, column)]


@pytest.mark.parametrize(
    ("wrong", "right"),
    [("Cell_line", "Cell_Line"), ("cell line", "Cell_Line"), ("#TF", "TF"), ("ATAC_Signal", "ATAC_Signal_File"),
     ("ChIP_Peaks", "CHIP_Peaks"), ("train_test", "Train_Test_Label")],
)  # fmt: skip
def test_near_misses_of_a_column(folder: Path, wrong: str, right: str) -> None:
    _, problems = read(folder, [HEADER.replace(right, wrong, 1), row()])
    assert places(problems) == [("column", 1, right)]
    assert problems[0].hint == f"found '{wrong}': is that it?"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", [("unreadable file", None, None, "meta file is empty")]),
        ("\n \n\n", [("format", None, None, "nothing but blank lines")]),
        ([HEADER], [("format", None, None, "a header but no row")]),
        (["Cell_Line"], [("column", 1, None, "no tab in the header")]),
        ([HEADER.replace("\t", ",")], [("column", 1, None, "no tab in the header, but commas")]),
        ([HEADER.replace("\t", "  ")], [("column", 1, None, "no tab in the header, but spaces")]),
        ([HEADER + "\tTF", row() + "\tCTCF"], [("column", 1, "TF", "2 columns of this name")]),
        ([HEADER, row(label="Test")], [("value", None, None, "no row labelled Train")]),
        ([HEADER, row(), "", row()], [("value", 4, None, "cell type 'K562', which has a row in line 2 already")]),
        ([HEADER, row(), row("B", label="Val")], [("value", 3, "Train_Test_Label", "'Val'")]),
        ([HEADER, row(), row("B", "MYC")],
         [("value", None, None, "2 transcription factors: 'CTCF' (line 2), 'MYC' (line 3)")]),
        ([HEADER, row(), row("B").replace("\t", " ")], [("column", 3, None, "1 columns")]),
        ([HEADER, row(), row("B") + "\tmore"], [("column", 3, None, "8 columns")]),
        ([HEADER, row(), "B\tCTCF"], [("column", 3, None, "2 columns")]),
        ([HEADER, row(""), row("B", "")], [("value", 2, "Cell_Line", "is empty"), ("value", 3, "TF", "is empty")]),
        ([HEADER, row(".")], [("value", 2, "Cell_Line", "is empty")]),
        ([HEADER, row(), row("B", files=("", "b.bw", "a.bed", "."))],
         [("value", 3, "ATAC_Signal_File", "is empty"), ("value", 3, "CHIP_Peaks", "is empty")]),
        (b"<!DOCTYPE html>\n", [("format", None, None, "an HTML page")]),
        (b"PK\x03\x04....", [("format", None, None, "a Zip archive")]),
        (HEADER.encode("utf-16"), [("format", None, None, "UTF-16 text")]),
        (HEADER.encode("utf-16-le"), [("format", None, None, "UTF-16 text")]),
        (HEADER.encode() + b"\nK\xff62\n", [("format", 2, None, "bytes that are not UTF-8")]),
    ],
)  # fmt: skip
def test_problems(
    folder: Path, content: str | bytes | list[str], expected: list[tuple[str, int | None, str | None, str]]
) -> None:
    _, problems = read(folder, content)
    assert places(problems) == [(kind, line, column) for kind, line, column, _ in expected]
    assert all(problem.found.startswith(found) for problem, (*_, found) in zip(problems, expected, strict=True)), (
        problems
    )


def test_spaces_in_place_of_tabs_are_named(folder: Path) -> None:
    _, problems = read(folder, [HEADER, row(), row("B").replace("\t", " ")])
    assert problems.sentences() == [
        f"{folder / 'meta.tsv'}, line 3: found 1 columns; expected 7, as in the header; spaces instead of tabs?"
    ]


def test_all_problems_come_at_once(folder: Path) -> None:
    _, problems = read(
        folder,
        [
            HEADER,
            row(files=("gone.bw", "b.bw", "a.bed", "b.bed")),
            row(tf="MYC"),
            row("B", label="?"),
            "x",
            row("", files=("a.bw", "", "a.bed", "b.bed")),
        ],
    )
    assert sorted(places(problems), key=str) == sorted(
        [
            ("missing file", 2, "ATAC_Signal_File"),
            ("value", 3, None),
            ("value", None, None),
            ("value", 4, "Train_Test_Label"),
            ("column", 5, None),
            ("value", 6, "Cell_Line"),
            ("value", 6, "Binding_File"),
        ],
        key=str,
    )


def test_no_train_row_is_told_beside_other_problems(folder: Path) -> None:
    _, problems = read(folder, [HEADER, row(label="test", files=("gone.bw", *FILES[1:]))])
    assert places(problems) == [("missing file", 2, "ATAC_Signal_File"), ("value", None, None)]
    assert problems[1].found == "no row labelled Train"


@pytest.mark.parametrize(
    ("make", "fault"),
    [
        (lambda path: None, "does not exist (looked for"),
        (lambda path: path.mkdir(), "is a directory"),
        (lambda path: path.touch(), "is empty"),
        (lambda path: path.symlink_to("nowhere"), "is a link to a file that does not exist"),
    ],
)
@pytest.mark.parametrize("place", range(4))
def test_files_that_cannot_serve(folder: Path, make, fault: str, place: int) -> None:  # type: ignore[no-untyped-def]
    make(folder / "odd")
    files = [*FILES]
    files[place] = "odd"
    _, problems = read(folder, [HEADER, row(files=files)])
    kind = "unreadable file" if fault in ("is a directory", "is empty") else "missing file"
    assert places(problems) == [(kind, 2, COLUMNS[place + 2])]
    assert problems[0].found.startswith(f"'odd' {fault}")


def test_an_absolute_path_is_taken_as_it_is(folder: Path) -> None:
    files = [str(folder / name) for name in FILES]
    samples, problems = read(folder, [HEADER, row(files=files)])
    assert problems.sentences() == []
    assert samples[0].signal == folder / "a.bw"
    _, problems = read(folder, [HEADER, row(files=["/nowhere/a.bw", *FILES[1:]])])
    assert problems.sentences() == [f"{folder / 'meta.tsv'}, line 2, ATAC_Signal_File: '/nowhere/a.bw' does not exist"]


def test_the_working_directory_comes_first_and_a_second_file_is_a_problem(folder: Path) -> None:
    other = folder / "elsewhere" / "a.bw"
    other.hardlink_to(folder / "b.bw")
    _, problems = read(folder, [HEADER, row()])
    assert places(problems) == [("value", 2, "ATAC_Signal_File")]
    assert problems[0].found == f"'a.bw' could be {other} or {folder / 'a.bw'}, which differ"
    assert problems[0].hint == "write an absolute path"
    (folder / "a.bw").unlink()
    samples, problems = read(folder, [HEADER, row()])
    assert problems.sentences() == []
    assert samples[0].signal == other


def test_a_link_to_the_same_file_is_no_second_file(folder: Path) -> None:
    (folder / "elsewhere" / "a.bw").symlink_to(folder / "a.bw")
    samples, problems = read(folder, [HEADER, row()])
    assert problems.sentences() == []
    assert samples[0].signal.resolve() == folder / "a.bw"


def test_a_meta_file_in_the_working_directory(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    (folder / "meta.tsv").write_text(f"{HEADER}\n{row()}\n")
    problems = Problems()
    samples = read_meta("meta.tsv", problems)
    assert problems.sentences() == []
    assert samples[0].signal == folder / "a.bw"


@pytest.mark.parametrize(
    ("content", "atac", "chip"),
    [
        ([HEADER, row(files=("a.bw", "b.bw", "", ""))], None, None),
        ([HEADER, row(files=("a.bw", "b.bw", ".", "b.bed"))], None, "b.bed"),
        (without("ATAC_Peaks"), None, "b.bed"),
        ([HEADER, row()], "a.bed", "b.bed"),
    ],
)
def test_peaks_that_are_not_required(folder: Path, content: list[str], atac: str | None, chip: str | None) -> None:
    samples, problems = read(folder, content, peaks_required=False)
    assert problems.sentences() == []
    assert samples[0].atac_peaks == (atac and folder / atac)
    assert samples[0].chip_peaks == (chip and folder / chip)


def test_peaks_that_are_not_required_must_exist_if_named(folder: Path) -> None:
    _, problems = read(folder, [HEADER, row(files=("a.bw", "b.bw", "gone.bed", ""))], peaks_required=False)
    assert places(problems) == [("missing file", 2, "ATAC_Peaks")]


ROWS = [HEADER, row("A"), row("B", label="Test"), row("C", label="whatever")]


@pytest.mark.parametrize(
    ("test_cell_types", "labels"),
    [(["A"], ["Test", "Train", "Train"]), (["C", "A"], ["Test", "Train", "Test"]), ([], ["Train", "Train", "Train"])],
)
def test_test_cell_types_override_the_labels(folder: Path, test_cell_types: list[str], labels: list[str]) -> None:
    samples, problems = read(folder, ROWS, test_cell_types=test_cell_types)
    assert problems.sentences() == []
    assert [sample.label for sample in samples] == labels


@pytest.mark.parametrize(
    ("test_cell_types", "found", "hint"),
    [
        (["A", "Z"], "no row for test cell type Z", "there are A, B, C"),
        (["A", "B", "C"], "no row labelled Train", None),
    ],
)
def test_test_cell_types_that_do_not_work(
    folder: Path, test_cell_types: list[str], found: str, hint: str | None
) -> None:
    _, problems = read(folder, ROWS, test_cell_types=test_cell_types)
    assert [(problem.kind, problem.found, problem.hint) for problem in problems] == [("value", found, hint)]


@pytest.mark.parametrize("name", ["gone.tsv", "."])
def test_no_meta_file(folder: Path, name: str) -> None:
    problems = Problems()
    assert read_meta(folder / name, problems) == []
    assert len(problems) == 1


def test_a_table_without_its_files(folder: Path) -> None:
    _, problems = read(folder, [HEADER, row(files=tuple(f"/data/{name}" for name in FILES))])
    assert places(problems) == [
        *(("missing file", 2, column) for column in COLUMNS[2:6]),
        ("missing file", None, None),
    ]
    assert str(problems[-1]).startswith(
        f"{folder / 'meta.tsv'}: not one of the 4 files that it names is here; in a container or on a platform"
    )
    assert str(problems[-1]).endswith("--cells")
    _, problems = read(folder, [HEADER, row(files=("a.bw", "gone.bw", "gone.bed", "lost.bed"))])
    assert len(problems) == 3


# As spreadsheets and R write them.


@pytest.mark.parametrize(
    "content",
    [
        "\n".join("\t".join(f'"{field}"' for field in line.split("\t")) for line in LINES),
        # write.table(quote = TRUE, row.names = TRUE): the header has a field less.
        "\n".join([LINES[0], *(f'"{number}"\t{line}' for number, line in enumerate(LINES[1:], 1))]),
        "\n".join([LINES[0], *(f"{number}\t{line}\t\t" for number, line in enumerate(LINES[1:], 1))]),
        # pandas names the index nothing.
        "\n".join(["\t" + LINES[0], *(f"{number}\t{line}" for number, line in enumerate(LINES[1:]))]),
    ],
)
def test_quotes_and_row_names(folder: Path, content: str) -> None:
    samples, problems = read(folder, content + "\n")
    assert problems.sentences() == []
    assert [(s.cell_line, s.tf, s.label, s.signal.name, s.place.line) for s in samples] == [
        ("K562", "CTCF", "Train", "a.bw", 2),
        ("HepG2", "CTCF", "Test", "a.bw", 3),
    ]


@pytest.mark.parametrize(
    ("field", "name"),
    [('"K ""562"""', 'K "562"'), ('"K562', '"K562'), ('K"562"', 'K"562"'), ('"K" 562"', '"K" 562"'), ("'K'", "'K'")],
)
def test_quotation_marks_by_the_rules_of_csv(folder: Path, field: str, name: str) -> None:
    samples, problems = read(folder, [HEADER, row(field)])
    assert problems.sentences() == []
    assert samples[0].cell_line == name


def test_a_field_too_many_at_the_end_is_no_row_name(folder: Path) -> None:
    _, problems = read(folder, [HEADER, row() + "\tmore", row("B") + "\tmore"])
    assert [(problem.line, problem.found) for problem in problems] == [(2, "8 columns"), (3, "8 columns")]


def test_row_names_where_no_label_tells(folder: Path) -> None:
    content = [line.rpartition("\t")[0] for line in (HEADER, "1\t" + row("A"), "2\t" + row("B"))]
    samples, problems = read(folder, content, test_cell_types=["B"])
    assert problems.sentences() == []
    assert [(sample.cell_line, sample.label) for sample in samples] == [("A", "Train"), ("B", "Test")]


@pytest.mark.parametrize("mark", [",", ";"])
def test_other_separators_are_named(folder: Path, mark: str) -> None:
    _, (problem,) = read(folder, ['"' + HEADER.replace("\t", f'"{mark}"') + '"', row().replace("\t", mark)])
    assert (problem.kind, problem.line) == ("column", 1)
    assert {",": "commas", ";": "semicolons"}[mark] in problem.found
    assert problem.hint is not None
    assert "tab-separated" in problem.hint


def test_a_missing_column_hides_no_other_problem(folder: Path) -> None:
    content = [line.replace("\tb.bw", "").replace("\tBinding_File", "") for line in (HEADER, row(label="?"), row("B"))]
    content[2] = content[2].replace("a.bw", "gone.bw")
    _, problems = read(folder, content)
    assert places(problems) == [
        ("column", 1, "Binding_File"),
        ("value", 2, "Train_Test_Label"),
        ("missing file", 3, "ATAC_Signal_File"),
    ]


# Peaks of test cell types.


@pytest.mark.parametrize("test_cell_types", [None, ["B"]])
def test_test_rows_need_no_peaks(folder: Path, test_cell_types: list[str] | None) -> None:
    label = "Test" if test_cell_types is None else "Train"
    content = [HEADER, row("A"), row("B", label=label, files=("a.bw", "b.bw", "", "."))]
    samples, problems = read(folder, content, test_cell_types=test_cell_types)
    assert problems.sentences() == []
    assert samples[1].label == "Test"
    assert (samples[1].atac_peaks, samples[1].chip_peaks) == (None, None)
    _, problems = read(folder, [HEADER, row("A"), row("B", files=("a.bw", "b.bw", "", "."))])
    assert len(problems) == 2


# Paths.


def test_a_linked_meta_file_leads_to_its_own_folder(folder: Path) -> None:
    (folder / "meta.tsv").write_text(f"{HEADER}\n{row()}\n")
    link = folder / "elsewhere" / "link.tsv"
    link.symlink_to(folder / "meta.tsv")
    problems = Problems()
    samples = read_meta(link, problems)
    assert problems.sentences() == []
    assert samples[0].signal == folder / "a.bw"
    # What lies beside the link comes first.
    (folder / "elsewhere" / "a.bw").write_text("other")
    assert read_meta(link, problems)[0].signal == folder / "elsewhere" / "a.bw"


def test_home_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(folder))
    samples, problems = read(folder, [HEADER, row(files=("~/a.bw", *FILES[1:]))])
    assert problems.sentences() == []
    assert samples[0].signal == folder / "a.bw"
    (folder / "~").mkdir()
    (folder / "~" / "a.bw").write_text("so called")
    samples, problems = read(folder, [HEADER, row(files=("~/a.bw", *FILES[1:]))])
    assert samples[0].signal == folder / "~" / "a.bw"


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("$DATA/a.bw", "write the whole path, such as /data/a.bw"),
        ("${DATA}/a.bw", "write the whole path, such as /data/a.bw"),
        ("$NOWHERE_AT_ALL/a.bw", "write the whole path"),
        ("file:///data/a%20b.bw", "write /data/a b.bw"),
        ("file://other.host/a.bw", "download it"),
        ("gs://bucket/a.bw", "download it"),
        ("s3://bucket/a.bw", "download it"),
        ("https://host/a.bw?x=1", "download it"),
        ("C:\\data\\a.bw", "a path of Windows"),
        ("d:/data/a.bw", "a path of Windows"),
        ("\\\\server\\share\\a.bw", "a path of Windows"),
        ("data\\a.bw", "data/a.bw"),
    ],
)
def test_paths_that_lead_nowhere_here(folder: Path, path: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA", "/data")
    monkeypatch.delenv("NOWHERE_AT_ALL", raising=False)
    _, (problem,) = read(folder, [HEADER, row(files=(path, *FILES[1:]))])
    assert (problem.kind, problem.line, problem.place) == ("missing file", 2, "ATAC_Signal_File")
    assert problem.found.startswith(f"'{path}' ")
    assert said in str(problem)


def test_a_file_of_an_odd_name_is_found(folder: Path) -> None:
    (folder / "a$b.bw").write_text("content")
    (folder / "C:\\a.bw").write_text("content")
    samples, problems = read(folder, [HEADER, row(files=("a$b.bw", "C:\\a.bw", *FILES[2:]))])
    assert problems.sentences() == []


@pytest.mark.parametrize("label", ["Train", "Test"])
def test_r_writes_na_for_no_path(folder: Path, label: str) -> None:
    samples, problems = read(folder, [HEADER, row("A"), row("B", label=label, files=("a.bw", "b.bw", "NA", "NA"))])
    assert places(problems) == ([] if label == "Test" else [("value", 3, "ATAC_Peaks"), ("value", 3, "CHIP_Peaks")])
    assert (samples[1].atac_peaks, samples[1].chip_peaks) == (None, None)


# What cannot be seen.


@pytest.mark.parametrize("char", ["\u200b", "\xa0", "\ufeff"])
def test_names_with_what_cannot_be_seen(folder: Path, char: str) -> None:
    _, problems = read(folder, [HEADER, row(f"K{char}562"), row(f"{char}A\u03b1", tf="CTCF")])
    escape = char.encode("unicode_escape").decode()
    told = problems.sentences()
    assert f"line 2: found the cell type 'K{escape}562'" in told[0]
    assert len(told) == (1 if char == "\xa0" else 2)


@pytest.mark.parametrize("char", ["\u200b", "\xa0", "\ufeff", "\u2028", "\x7f"])
def test_what_cannot_be_seen_is_escaped(folder: Path, char: str) -> None:
    _, problems = read(folder, [HEADER.replace("TF", f"T{char}F"), row(files=(f"a{char}.bw", *FILES[1:]))])
    told = problems.sentences()
    assert len(told) == 2
    escape = char.encode("unicode_escape").decode()
    assert f"T{escape}F" in told[0]
    assert f"a{escape}.bw" in told[1]
    assert str(InputError(problems)).replace("\n", "").isprintable()
