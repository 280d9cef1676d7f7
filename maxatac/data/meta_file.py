"""The meta file: one row per cell type, saying where its signal, its binding and its peaks are.

A tab-separated table with a header, in the layout of Cazares et al. 2023::

    Cell_Line  TF  ATAC_Signal_File  Binding_File  ATAC_Peaks  CHIP_Peaks  Train_Test_Label

The columns may be in any order, with others between them. Fields may be quoted, and rows may have names, as
R writes them.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from maxatac.data.samples import (
    COLUMNS,
    LABEL_COLUMN,
    LABELS,
    PATH_COLUMNS,
    PEAK_COLUMNS,
    Place,
    Sample,
    check_samples,
    check_travel,
    label_of,
    resolve_path,
)
from maxatac.errors import Problems
from maxatac.files.sniff import check_file, phrase, sniff_bytes


def read_meta(
    path: str | os.PathLike[str],
    problems: Problems,
    *,
    peaks_required: bool = True,
    test_cell_types: Sequence[str] | None = None,
) -> list[Sample]:
    """Read a meta file, and check everything about it except the content of the files that it names.

    Parameters
    ----------
    path : path-like
        UTF-8 text; Windows line ends, a byte order mark, blank lines, a missing last line end, quoted fields and row
        names are all right. Paths in it are absolute or begin with ``~``, else relative to the working directory, else
        to the folder of the meta file.
    problems : Problems
    peaks_required : bool
        If false, the peak columns may be absent, or empty in any row. Those of Test rows may always be empty: nothing
        is drawn from them.
    test_cell_types : sequence of str, optional
        Cell types that become Test, all others becoming Train; the label column is then not looked at.

    Returns
    -------
    list of Sample
        In the order of the file; incomplete if there are problems.
    """
    meta = Path(path)
    found = Problems()
    samples: list[Sample] = []
    lines = _read_lines(meta, found)
    if lines:
        optional = (() if peaks_required else PEAK_COLUMNS) + (() if test_cell_types is None else (LABEL_COLUMN,))
        places = _read_header(meta, *lines[0], optional, found)
        if places is not None:
            width = len(_fields(lines[0][1].rstrip()))
            rows = _without_row_names([_fields(text, width) for _, text in lines[1:]], width, places)
            for (number, text), fields in zip(lines[1:], rows, strict=True):
                if len(fields) == width:
                    row = {column: fields[place] for column, place in places.items()}
                    sample = _read_row(Place(meta, number), row, optional, test_cell_types, found)
                    samples += [] if sample is None else [sample]
                else:
                    hint = "spaces instead of tabs?" if len(fields) < width and " " in text.strip() else None
                    told, expected = f"{len(fields)} columns", f"{width}, as in the header"
                    found.add("column", told, expected=expected, hint=hint, file=meta, line=number)
            if len(lines) == 1:
                found.add("format", "a header but no row", expected="one row per cell type", file=meta)
            else:
                check_samples(meta, samples, test_cell_types, found, complete=len(samples) == len(lines) - 1)
                check_travel(meta, samples, found)
    problems += found
    return samples


def _read_lines(meta: Path, found: Problems) -> list[tuple[int, str]]:
    """Read the lines that hold something, with their numbers; none if the file is no text."""
    if not check_file(meta, found, what="meta file"):
        return []
    data = meta.read_bytes()
    kind = sniff_bytes(data)
    if kind not in ("unknown", "BED text"):
        found.add("format", phrase(kind), expected="the meta file as tab-separated text", file=meta)
        return []
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        found.add("format", "bytes that are not UTF-8", expected="the meta file as UTF-8 text", file=meta, line=line)
        return []
    if "\0" in text:
        expected = "the meta file as UTF-8 text (UTF-16 cannot be read)"
        found.add("format", "zero bytes", expected=expected, file=meta)
        return []
    # Not str.splitlines, which also breaks at characters that may stand within a name.
    numbered = enumerate(re.split(r"\r\n|\n|\r", text), 1)
    lines = [(number, line) for number, line in numbered if line.strip()]
    if not lines:
        found.add("format", "nothing but blank lines", expected="a header and one row per cell type", file=meta)
    return lines


def _read_header(
    meta: Path, number: int, header: str, optional: tuple[str, ...], found: Problems
) -> dict[str, int] | None:
    """Find the place of each column that is there; None if there are no columns."""
    names = _fields(header.rstrip())
    here = Place(meta, number)
    if len(names) == 1:
        instead = next(
            (word for mark, word in ((",", "commas"), (";", "semicolons"), (" ", "spaces")) if mark in header), ""
        )
        told = f"no tab in the header{instead and f', but {instead}'}"
        hint = "a spreadsheet saves them as tab-separated text" if instead in ("commas", "semicolons") else None
        here.tell(found, "column", told, expected="columns between tabs", hint=hint)
        return None
    places: dict[str, int] = {}
    for column in COLUMNS:
        count = names.count(column)
        if count > 1:
            here.tell(found, "column", f"{count} columns of this name", expected="one", column=column)
        if count:
            places[column] = names.index(column)
        elif column not in optional:
            near = _near_miss(column, names)
            hint = f"found '{near}': is that it?" if near else None
            here.tell(found, "column", "the column is missing", hint=hint, column=column)
    return places


def _near_miss(column: str, names: Sequence[str]) -> str | None:
    """Find a header name that may have been meant."""
    bare = {re.sub(r"[^a-z0-9]", "", name.lower()): name for name in names if name and name not in COLUMNS}
    near = difflib.get_close_matches(re.sub(r"[^a-z0-9]", "", column.lower()), list(bare), n=1, cutoff=0.75)
    return bare[near[0]] if near else None


def _fields(text: str, width: int | None = None) -> list[str]:
    """Split a line into fields, without blanks around them and without quotation marks."""
    fields = [_unquoted(field.strip()) for field in text.split("\t")]
    while width is not None and len(fields) > width and not fields[-1]:
        # Spreadsheets pad short rows to the width of the widest.
        fields.pop()
    return fields


def _unquoted(field: str) -> str:
    """Take off quotation marks by the rules of csv: one within them is doubled."""
    match = re.fullmatch(r'"((?:[^"]|"")*)"', field)
    return field if match is None else match[1].replace('""', '"').strip()


def _without_row_names(rows: list[list[str]], width: int, places: Mapping[str, int]) -> list[list[str]]:
    """Drop the names of rows, for which R writes no column into the header: one field more, in front of all rows."""
    if any(len(fields) != width + 1 for fields in rows):
        return rows
    place = places.get(LABEL_COLUMN)
    # The field too many may also be the last; then the labels would be shifted.
    if place is not None and not all(fields[place + 1].lower() in LABELS for fields in rows):
        return rows
    return [fields[1:] for fields in rows]


def _read_row(
    here: Place,
    row: dict[str, str],
    optional: tuple[str, ...],
    test_cell_types: Sequence[str] | None,
    found: Problems,
) -> Sample | None:
    """Turn a row into a sample, with gaps where cells are empty; None if it has no label."""
    # A dot is the empty cell of many tables, and means "no cell line" in the tables of regions that are written.
    # R writes NA for a path that is not known.
    row = {
        column: "" if value == "." or (value == "NA" and column in PATH_COLUMNS) else value
        for column, value in row.items()
    }
    name, text = row.get("Cell_Line", ""), row.get(LABEL_COLUMN, "")
    label = label_of(name, text, test_cell_types)
    if label == "Test":
        # Nothing is drawn from its peaks.
        optional += PEAK_COLUMNS
    for column, value in row.items():
        if not value and column not in optional:
            here.tell(found, "value", "is empty", column=column)
    paths = {column: resolve_path(here, column, row.get(column, ""), found) for column in PATH_COLUMNS}
    if label is None:
        if text:
            here.tell(found, "value", f"'{text}'", expected="Train or Test", column=LABEL_COLUMN)
        return None
    return Sample(
        cell_line=name,
        tf=row.get("TF", ""),
        signal=paths["ATAC_Signal_File"] or Path(),
        binding=paths["Binding_File"] or Path(),
        atac_peaks=paths["ATAC_Peaks"],
        chip_peaks=paths["CHIP_Peaks"],
        label=label,
        place=here,
    )
