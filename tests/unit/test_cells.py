"""``--cells``: cell types as JSON, checked as a whole, and the same to a run as a meta file."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cells import Content, content, written
from tiny import TinySet

from maxatac.cli.main import main
from maxatac.data.cells_json import read_cells
from maxatac.data.meta_file import as_meta, read_meta
from maxatac.errors import Problems

# Keras 3 reads TensorFlow's variables in a way that numpy 2 warns about; the .h5 file is written on purpose.
pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file:UserWarning"),
]

Change = Callable[[Content], object]


def problems(path: Path, **options: Any) -> Problems:
    found = Problems()
    read_cells(path, found, **options)
    assert {problem.file for problem in found} <= {path}
    return found


def test_the_same_as_the_meta_file(damaged: TinySet) -> None:
    found = Problems()
    samples = read_cells(written(damaged, content(damaged)), found)
    of_meta = read_meta(damaged.meta_file, found)
    assert found.sentences() == []
    assert [str(sample.place) for sample in samples] == ["record 1", "record 2", "record 3"]
    fields = ("cell_line", "tf", "signal", "binding", "atac_peaks", "chip_peaks", "label")
    assert [[getattr(sample, name) for name in fields] for sample in samples] == [
        [getattr(sample, name) for name in fields] for sample in of_meta
    ]


def test_meta_file_made_of_it(damaged: TinySet, tmp_path: Path) -> None:
    found = Problems()
    samples = read_cells(written(damaged, content(damaged)), found)
    # Far from the files: its paths are absolute.
    table = tmp_path / "elsewhere.tsv"
    table.write_text(as_meta(samples))
    again = read_meta(table, found)
    assert found.sentences() == []
    assert as_meta(again) == as_meta(samples)
    assert [sample.signal for sample in again] == [sample.signal for sample in samples]


def test_quotation_marks_reach_the_meta_file(damaged: TinySet, tmp_path: Path) -> None:
    what = content(damaged)
    what["cells"][0]["cell_type"] = '"A" and "B"'
    found = Problems()
    samples = read_cells(written(damaged, what), found)
    table = tmp_path / "elsewhere.tsv"
    table.write_text(as_meta(samples))
    assert [sample.cell_line for sample in read_meta(table, found)] == ['"A" and "B"', "CellB", "CellC"]
    assert found.sentences() == []


@pytest.mark.parametrize("form", ["path", "location", "relative location", "both", "with more"])
def test_file_objects(form: str, damaged: TinySet) -> None:
    odd = damaged.folder / "CellA signal 100%.bw"
    damaged.file("CellA", "signal.bw").rename(odd)
    url = odd.as_uri()
    assert "%20" in url and "%25" in url
    given = {
        "path": {"class": "File", "path": str(odd)},
        "location": {"class": "File", "location": url},
        "relative location": {"class": "File", "location": "CellA%20signal%20100%25.bw"},
        "both": {"class": "File", "path": str(odd), "location": "s3://bucket/a.bw"},
        "with more": {"class": "File", "path": str(odd), "basename": "a.bw", "size": 3, "secondaryFiles": []},
    }[form]
    what = content(damaged)
    what["cells"][0]["atac_signal"] = given
    found = Problems()
    samples = read_cells(written(damaged, what), found)
    assert found.sentences() == []
    assert samples[0].signal == odd


def cell(number: int = 0, **changes: Any) -> Change:
    """Change a record; None removes a key."""

    def change(what: Content) -> None:
        for key, value in changes.items():
            if value is None:
                del what["cells"][number][key]
            else:
                what["cells"][number][key] = value

    return change


ABSENT = {"class": "File", "path": "absent.bw"}

WRONG: list[tuple[str, Change, str | None, str]] = [
    ("no tf", lambda what: what.pop("tf"), "tf", "found nothing; expected a name"),
    ("tf with a tab", lambda what: what.update(tf="A\tB"), "tf", r'found "A\tB"; expected a name without'),
    ("no cells", lambda what: what.pop("cells"), "cells", "found nothing; expected a list"),
    ("empty cells", lambda what: what.update(cells=[]), "cells", "found an empty list; expected a list"),
    ("cells by name", lambda what: what.update(cells={"A": 1}), "cells", 'found {"A": 1}; expected a list'),
    ("unknown key", lambda what: what.update(cell=3), None, 'unknown key "cell"; did you mean cells?'),
    ("not a record", lambda what: what["cells"].append(3), "record 4", "found 3; expected an object"),
    ("no name", cell(cell_type=None), "record 1, cell_type", "found nothing; expected a name"),
    ("name is a number", cell(cell_type=3), "record 1, cell_type", "found 3; expected a name"),
    ("name is empty", cell(cell_type="  "), "record 1, cell_type", "found an empty name; expected a name"),
    ("name is a dot", cell(cell_type="."), "record 1, cell_type", "found an empty name; expected a name"),
    ("name with a tab", cell(1, cell_type="a\tb"), "record 2, cell_type", r'found "a\tb"; expected a name without'),
    ("name with lines", cell(1, cell_type="a\nb"), "record 2, cell_type", r'found "a\nb"; expected a name without'),
    ("no file", cell(binding=None), "record 1 (CellA), binding", "found no file; expected one"),
    ("file is null", lambda what: what["cells"][0].update(chip_peaks=None),
     "record 1 (CellA), chip_peaks", "found no file; expected one"),
    ("file is empty", cell(binding=" "), "record 1 (CellA), binding", "found an empty path; expected a file"),
    ("file is a number", cell(binding=1), "record 1 (CellA), binding", "found 1; expected a path or a File"),
    ("directory", cell(binding={"class": "Directory", "path": "."}),
     "record 1 (CellA), binding", 'found an object of class "Directory"; expected a File'),
    ("far away", cell(binding={"class": "File", "location": "s3://b/a.bw"}),
     "record 1 (CellA), binding", 'found a File without a local path (its location is "s3://b/a.bw"); expected'),
    ("literal", cell(binding={"class": "File", "contents": "a"}),
     "record 1 (CellA), binding", "found a File without a local path; expected one that is staged here"),
    ("path with a tab", cell(binding="a\tb"), "record 1 (CellA), binding", r'found "a\tb"; expected a path'),
    ("absent path", cell(atac_signal="absent.bw"), "record 1 (CellA), atac_signal", "'absent.bw' does not exist"),
    ("absent File", cell(atac_signal=ABSENT), "record 1 (CellA), atac_signal", "'absent.bw' does not exist"),
    ("unknown key of a record", cell(2, chip_peak="x"),
     "record 3 (CellC)", 'unknown key "chip_peak"; did you mean chip_peaks?'),
    ("no label", cell(label=None), "record 1 (CellA), label", "found nothing; expected Train or Test"),
    ("odd label", cell(label="Both"), "record 1 (CellA), label", "found 'Both'; expected Train or Test"),
    ("two of one cell type", cell(2, cell_type="CellA"),
     "record 3", "found cell type 'CellA', which has a row in record 1 already; expected one row per cell type"),
    ("nothing trains", lambda what: [record.update(label="Test") for record in what["cells"]],
     None, "found no row labelled Train; expected at least one"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "place", "told"), [case[1:] for case in WRONG], ids=[case[0] for case in WRONG])
def test_problem(change: Change, place: str | None, told: str, damaged: TinySet) -> None:
    what = content(damaged)
    change(what)
    path = written(damaged, what)
    (problem,) = problems(path)
    assert problem.kind == ("missing file" if "does not exist" in told else "value")
    assert (problem.line, problem.place) == (None, place)
    assert str(problem).startswith(f"{path}, {place}: {told}" if place else f"{path}: {told}")


@pytest.mark.parametrize(
    ("text", "kind", "line", "place", "found"),
    [
        ('{"tf": "A",\n  "cells": [}', "format", 2, "column 13", "is not JSON (Expecting value)"),
        ("Cell_Line\tTF\nA\tB\n", "format", 1, "column 1", "is not JSON (Expecting value)"),
        ("[1]", "format", None, None, "[1]"),
        ('{"tf": "A", "tf": "B"}', "format", None, None, "cannot be read as JSON (tf is there twice)"),
        ("", "unreadable file", None, None, "cells file is empty"),
    ],
)
def test_not_the_json_that_is_asked_for(
    text: str, kind: str, line: int | None, place: str | None, found: str, damaged: TinySet
) -> None:
    (problem,) = problems(written(damaged, text))
    assert (problem.kind, problem.line, problem.place, problem.found) == (kind, line, place, found)
    assert problem.hint == ("a meta file with tabs is given by --meta_file" if "\t" in text else None)


def test_bytes_that_are_no_text(damaged: TinySet) -> None:
    path = damaged.folder / "cells.json"
    path.write_bytes(b'{"tf":\n "\xff"}')
    assert problems(path).sentences() == [f"{path}, line 2: found bytes that are not UTF-8; expected JSON"]


def test_all_problems_at_once(damaged: TinySet) -> None:
    what = content(damaged)
    for number, (key, value) in enumerate((("binding", "absent"), ("label", "x"), ("cell_type", "a\tb"))):
        what["cells"][number][key] = value
    assert len(problems(written(damaged, {**what, "more": 1}))) == 4


def test_windows_marks_and_case(damaged: TinySet) -> None:
    what = content(damaged)
    what["cells"][0]["label"] = " TRAIN "
    path = damaged.folder / "cells.json"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(what, indent=1).replace("\n", "\r\n").encode() + b"\n\n")
    assert not problems(path)


def test_what_is_not_needed(damaged: TinySet) -> None:
    what = content(damaged)
    for record in what["cells"]:
        del record["label"], record["atac_peaks"]
        record["chip_peaks"] = None
    found = Problems()
    samples = read_cells(written(damaged, what), found, peaks_required=False, test_cell_types=("CellB",))
    assert found.sentences() == []
    assert [sample.label for sample in samples] == ["Train", "Test", "Train"]
    assert {sample.atac_peaks for sample in samples} == {sample.chip_peaks for sample in samples} == {None}


def test_check_takes_it(damaged: TinySet, capsys: pytest.CaptureFixture[str]) -> None:
    what = content(damaged)
    what["cells"][1]["cell_type"] = "CellA"
    cells = written(damaged, what)
    assert main(["check", "--cells", str(cells), "--sequence", str(damaged.sequence)]) == 2
    assert f"{cells}, record 2: found cell type 'CellA', which has a row in record 1 already" in capsys.readouterr().err
