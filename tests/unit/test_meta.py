from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from maxatac.data.meta_file import read_meta
from maxatac.data.samples import COLUMNS, Sample
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
) -> tuple[list[Sample], list[str]]:
    path = folder / "meta.tsv"
    if isinstance(content, list):
        content = "\n".join(content) + "\n"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    problems = Problems()
    samples = read_meta(path, problems, peaks_required=peaks_required, test_cell_types=test_cell_types)
    return samples, [str(problem).replace(f"{path}", "META") for problem in problems]


def test_every_column_arrives(folder: Path) -> None:
    samples, problems = read(folder, [HEADER, row(), row("HepG2", label="Test")])
    assert problems == []
    assert samples[0] == Sample(
        "K562", "CTCF", folder / "a.bw", folder / "b.bw", folder / "a.bed", folder / "b.bed", "Train", 2
    )
    assert [(sample.cell_line, sample.label, sample.line) for sample in samples] == [
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
    assert problems == []
    assert [(s.cell_line, s.tf, s.label, s.signal.name) for s in samples] == [
        ("K562", "CTCF", "Train", "a.bw"),
        ("HepG2", "CTCF", "Test", "a.bw"),
    ]


def test_columns_in_any_order_with_others_between(folder: Path) -> None:
    values = dict(zip(COLUMNS, row().split("\t"), strict=True)) | {"CHIP_Peak_Counts": "588"}
    names = sorted(values, reverse=True)
    samples, problems = read(folder, ["\t".join(names), "\t".join(values[name] for name in names)])
    assert problems == []
    assert samples == [
        Sample("K562", "CTCF", folder / "a.bw", folder / "b.bw", folder / "a.bed", folder / "b.bed", "Train", 2)
    ]


def without(column: str) -> list[str]:
    place = COLUMNS.index(column)
    return [
        "\t".join(cell for index, cell in enumerate(line.split("\t")) if index != place) for line in (HEADER, row())
    ]


@pytest.mark.parametrize("column", COLUMNS)
def test_missing_column(folder: Path, column: str) -> None:
    _, problems = read(folder, without(column))
    assert problems == [f"META, line 1: column {column} is missing"]


@pytest.mark.parametrize(
    ("wrong", "right"),
    [("Cell_line", "Cell_Line"), ("cell line", "Cell_Line"), ("#TF", "TF"), ("ATAC_Signal", "ATAC_Signal_File"),
     ("ChIP_Peaks", "CHIP_Peaks"), ("train_test", "Train_Test_Label")],
)  # fmt: skip
def test_near_misses_of_a_column(folder: Path, wrong: str, right: str) -> None:
    _, problems = read(folder, [HEADER.replace(right, wrong, 1), row()])
    assert problems == [f"META, line 1: column {right} is missing (found '{wrong}': is that it?)"]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", ["META: meta file is empty"]),
        ("\n \n\n", ["META: holds nothing but blank lines"]),
        ([HEADER], ["META: has a header but no row"]),
        (["Cell_Line"], ["META, line 1: found no tab in the header; expected columns between tabs"]),
        ([HEADER.replace("\t", ",")], ["META, line 1: found no tab in the header, but commas"]),
        ([HEADER.replace("\t", "  ")], ["META, line 1: found no tab in the header, but spaces"]),
        ([HEADER + "\tTF", row() + "\tCTCF"], ["META, line 1: column TF stands there 2 times; expected once"]),
        ([HEADER, row(label="Test")], ["META: no row is labelled Train"]),
        ([HEADER, row(), "", row()], ["META, line 4: cell type 'K562' has a row in line 2 already"]),
        ([HEADER, row(), row("B", label="Val")],
         ["META, line 3: found Train_Test_Label 'Val'; expected Train or Test"]),
        ([HEADER, row(), row("B", "MYC")],
         ["META: found 2 transcription factors: 'CTCF' (line 2), 'MYC' (line 3); expected one"]),
        ([HEADER, row(), row("B").replace("\t", " ")],
         ["META, line 3: found 1 columns; expected 7, as in the header (spaces instead of tabs?)"]),
        ([HEADER, row(), row("B") + "\tmore"], ["META, line 3: found 8 columns; expected 7, as in the header"]),
        ([HEADER, row(), "B\tCTCF"], ["META, line 3: found 2 columns; expected 7, as in the header"]),
        ([HEADER, row(""), row("B", "")], ["META, line 2: Cell_Line is empty", "META, line 3: TF is empty"]),
        ([HEADER, row(".")], ["META, line 2: Cell_Line is empty"]),
        ([HEADER, row(), row("B", files=("", "b.bw", "a.bed", "."))],
         ["META, line 3: ATAC_Signal_File is empty", "META, line 3: CHIP_Peaks is empty"]),
        (b"<!DOCTYPE html>\n", ["META: found an HTML page"]),
        (b"PK\x03\x04....", ["META: found a Zip archive"]),
        (HEADER.encode("utf-16"), ["META: found UTF-16 text"]),
        (HEADER.encode("utf-16-le"), ["META: found UTF-16 text"]),
        (HEADER.encode() + b"\nK\xff62\n", ["META, line 2: found bytes that are not UTF-8"]),
    ],
)  # fmt: skip
def test_problems(folder: Path, content: str | bytes | list[str], expected: list[str]) -> None:
    _, problems = read(folder, content)
    assert len(problems) == len(expected), problems
    assert all(problem.startswith(start) for problem, start in zip(problems, expected, strict=True)), problems


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
    text = "\n".join(problems)
    for part in (
        "line 2: ATAC_Signal_File 'gone.bw' does not exist",
        "line 3: cell type 'K562' has a row in line 2 already",
        "found 2 transcription factors",
        "line 4: found Train_Test_Label '?'",
        "line 5: found 1 columns",
        "line 6: Cell_Line is empty",
        "line 6: Binding_File is empty",
    ):
        assert part in text
    assert len(problems) == 7


def test_no_train_row_is_told_beside_other_problems(folder: Path) -> None:
    _, problems = read(folder, [HEADER, row(label="test", files=("gone.bw", *FILES[1:]))])
    assert len(problems) == 2
    assert "no row is labelled Train" in problems[1]


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
    assert len(problems) == 1
    assert problems[0].startswith(f"META, line 2: {COLUMNS[place + 2]} 'odd' {fault}")


def test_an_absolute_path_is_taken_as_it_is(folder: Path) -> None:
    files = [str(folder / name) for name in FILES]
    samples, problems = read(folder, [HEADER, row(files=files)])
    assert problems == []
    assert samples[0].signal == folder / "a.bw"
    _, problems = read(folder, [HEADER, row(files=["/nowhere/a.bw", *FILES[1:]])])
    assert problems == ["META, line 2: ATAC_Signal_File '/nowhere/a.bw' does not exist"]


def test_the_working_directory_comes_first_and_a_second_file_is_a_problem(folder: Path) -> None:
    other = folder / "elsewhere" / "a.bw"
    other.hardlink_to(folder / "b.bw")
    _, problems = read(folder, [HEADER, row()])
    assert problems == [
        f"META, line 2: ATAC_Signal_File 'a.bw' could be {other} or {folder / 'a.bw'}, which differ; "
        "write an absolute path"
    ]
    (folder / "a.bw").unlink()
    samples, problems = read(folder, [HEADER, row()])
    assert problems == []
    assert samples[0].signal == other


def test_a_link_to_the_same_file_is_no_second_file(folder: Path) -> None:
    (folder / "elsewhere" / "a.bw").symlink_to(folder / "a.bw")
    samples, problems = read(folder, [HEADER, row()])
    assert problems == []
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
    assert problems == []
    assert samples[0].atac_peaks == (atac and folder / atac)
    assert samples[0].chip_peaks == (chip and folder / chip)


def test_peaks_that_are_not_required_must_exist_if_named(folder: Path) -> None:
    _, problems = read(folder, [HEADER, row(files=("a.bw", "b.bw", "gone.bed", ""))], peaks_required=False)
    assert len(problems) == 1
    assert "ATAC_Peaks 'gone.bed' does not exist" in problems[0]


ROWS = [HEADER, row("A"), row("B", label="Test"), row("C", label="whatever")]


@pytest.mark.parametrize(
    ("test_cell_types", "labels"),
    [(["A"], ["Test", "Train", "Train"]), (["C", "A"], ["Test", "Train", "Test"]), ([], ["Train", "Train", "Train"])],
)
def test_test_cell_types_override_the_labels(folder: Path, test_cell_types: list[str], labels: list[str]) -> None:
    samples, problems = read(folder, ROWS, test_cell_types=test_cell_types)
    assert problems == []
    assert [sample.label for sample in samples] == labels


@pytest.mark.parametrize(
    ("test_cell_types", "said"),
    [(["A", "Z"], "no row for test cell type Z; there are A, B, C"), (["A", "B", "C"], "no row is labelled Train")],
)
def test_test_cell_types_that_do_not_work(folder: Path, test_cell_types: list[str], said: str) -> None:
    _, problems = read(folder, ROWS, test_cell_types=test_cell_types)
    assert len(problems) == 1
    assert said in problems[0]


@pytest.mark.parametrize("name", ["gone.tsv", "."])
def test_no_meta_file(folder: Path, name: str) -> None:
    problems = Problems()
    assert read_meta(folder / name, problems) == []
    assert len(problems) == 1


def test_a_table_without_its_files(folder: Path) -> None:
    _, problems = read(folder, [HEADER, row(files=tuple(f"/data/{name}" for name in FILES))])
    assert len(problems) == 5
    assert problems[-1].startswith(
        "META: not one of the 4 files that it names is here; in a container or on a platform"
    )
    assert problems[-1].endswith("--cells")
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
    assert problems == []
    assert [(s.cell_line, s.tf, s.label, s.signal.name, s.line) for s in samples] == [
        ("K562", "CTCF", "Train", "a.bw", 2),
        ("HepG2", "CTCF", "Test", "a.bw", 3),
    ]


@pytest.mark.parametrize(
    ("field", "name"),
    [('"K ""562"""', 'K "562"'), ('"K562', '"K562'), ('K"562"', 'K"562"'), ('"K" 562"', '"K" 562"'), ("'K'", "'K'")],
)
def test_quotation_marks_by_the_rules_of_csv(folder: Path, field: str, name: str) -> None:
    samples, problems = read(folder, [HEADER, row(field)])
    assert problems == []
    assert samples[0].cell_line == name


def test_a_field_too_many_at_the_end_is_no_row_name(folder: Path) -> None:
    _, problems = read(folder, [HEADER, row() + "\tmore", row("B") + "\tmore"])
    assert [problem.partition(";")[0] for problem in problems] == [
        "META, line 2: found 8 columns",
        "META, line 3: found 8 columns",
    ]


def test_row_names_where_no_label_tells(folder: Path) -> None:
    content = [line.rpartition("\t")[0] for line in (HEADER, "1\t" + row("A"), "2\t" + row("B"))]
    samples, problems = read(folder, content, test_cell_types=["B"])
    assert problems == []
    assert [(sample.cell_line, sample.label) for sample in samples] == [("A", "Train"), ("B", "Test")]


@pytest.mark.parametrize("mark", [",", ";"])
def test_other_separators_are_named(folder: Path, mark: str) -> None:
    _, (problem,) = read(folder, ['"' + HEADER.replace("\t", f'"{mark}"') + '"', row().replace("\t", mark)])
    assert problem.startswith("META, line 1: ")
    assert {",": "commas", ";": "semicolons"}[mark] in problem
    assert "tab-separated" in problem


def test_a_missing_column_hides_no_other_problem(folder: Path) -> None:
    content = [line.replace("\tb.bw", "").replace("\tBinding_File", "") for line in (HEADER, row(label="?"), row("B"))]
    content[2] = content[2].replace("a.bw", "gone.bw")
    _, problems = read(folder, content)
    assert len(problems) == 3
    for problem, start in zip(
        problems, ("line 1: column Binding_File", "line 2: found", "line 3: ATAC_S"), strict=True
    ):
        assert problem.startswith(f"META, {start}")


# Peaks of test cell types.


@pytest.mark.parametrize("test_cell_types", [None, ["B"]])
def test_test_rows_need_no_peaks(folder: Path, test_cell_types: list[str] | None) -> None:
    label = "Test" if test_cell_types is None else "Train"
    content = [HEADER, row("A"), row("B", label=label, files=("a.bw", "b.bw", "", "."))]
    samples, problems = read(folder, content, test_cell_types=test_cell_types)
    assert problems == []
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
    assert problems == []
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
    assert problem.startswith(f"META, line 2: ATAC_Signal_File '{path}' ")
    assert said in problem


def test_a_file_of_an_odd_name_is_found(folder: Path) -> None:
    (folder / "a$b.bw").write_text("content")
    (folder / "C:\\a.bw").write_text("content")
    samples, problems = read(folder, [HEADER, row(files=("a$b.bw", "C:\\a.bw", *FILES[2:]))])
    assert problems == []


@pytest.mark.parametrize("label", ["Train", "Test"])
def test_r_writes_na_for_no_path(folder: Path, label: str) -> None:
    samples, problems = read(folder, [HEADER, row("A"), row("B", label=label, files=("a.bw", "b.bw", "NA", "NA"))])
    assert [problem.partition(" ")[2] for problem in problems] == (
        [] if label == "Test" else ["line 3: ATAC_Peaks is empty", "line 3: CHIP_Peaks is empty"]
    )
    assert (samples[1].atac_peaks, samples[1].chip_peaks) == (None, None)


# What cannot be seen.


@pytest.mark.parametrize("char", ["\u200b", "\xa0", "\ufeff"])
def test_names_with_what_cannot_be_seen(folder: Path, char: str) -> None:
    _, problems = read(folder, [HEADER, row(f"K{char}562"), row(f"{char}A\u03b1", tf="CTCF")])
    escape = char.encode("unicode_escape").decode()
    told = list(map(str, InputError(problems).problems))
    assert f"line 2: found the cell type 'K{escape}562'" in told[0]
    assert len(told) == (1 if char == "\xa0" else 2)


@pytest.mark.parametrize("char", ["\u200b", "\xa0", "\ufeff", "\u2028", "\x7f"])
def test_what_cannot_be_seen_is_escaped(folder: Path, char: str) -> None:
    _, problems = read(folder, [HEADER.replace("TF", f"T{char}F"), row(files=(f"a{char}.bw", *FILES[1:]))])
    told = list(map(str, InputError(problems).problems))
    assert len(told) == 2
    escape = char.encode("unicode_escape").decode()
    assert f"T{escape}F" in told[0]
    assert f"a{escape}.bw" in told[1]
    assert str(InputError(told)).replace("\n", "").isprintable()
