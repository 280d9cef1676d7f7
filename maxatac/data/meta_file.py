"""The meta file: one row per cell type, saying where its signal, its binding and its peaks are.

A tab-separated table with a header, in the layout of Cazares et al. 2023::

    Cell_Line  TF  ATAC_Signal_File  Binding_File  ATAC_Peaks  CHIP_Peaks  Train_Test_Label

The columns may be in any order, with others between them; see :mod:`maxatac.data.table`.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
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
from maxatac.data.table import filled, read_table
from maxatac.errors import Problems


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
        Paths in it are absolute or begin with ``~``, else relative to the working directory, else
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
    optional = (() if peaks_required else PEAK_COLUMNS) + (() if test_cell_types is None else (LABEL_COLUMN,))
    table = read_table(meta, COLUMNS, found, optional=optional, told_by=(LABEL_COLUMN, LABELS))
    if table is not None:
        for here, row in table.rows:
            sample = _read_row(here, row, optional, test_cell_types, found)
            samples += [] if sample is None else [sample]
        check_samples(meta, samples, test_cell_types, found, complete=len(samples) == table.lines)
        check_travel(meta, samples, found)
    problems += found
    return samples


def as_meta(samples: Sequence[Sample]) -> str:
    """Write samples as the text of a meta file, with absolute paths."""
    rows = [COLUMNS] + [
        (sample.cell_line, sample.tf, *(str(path or "") for path in sample.files.values()), sample.label)
        for sample in samples
    ]
    return "".join(map(as_line, rows))


def as_line(fields: Sequence[str]) -> str:
    """Write the fields of a row as a line."""
    return "\t".join(map(_quoted, fields)) + "\n"


def _quoted(text: str) -> str:
    # Quotation marks around a field are taken off when it is read.
    return '"' + text.replace('"', '""') + '"' if text.startswith('"') else text


def _read_row(
    here: Place,
    row: dict[str, str],
    optional: tuple[str, ...],
    test_cell_types: Sequence[str] | None,
    found: Problems,
) -> Sample | None:
    """Turn a row into a sample, with gaps where cells are empty; None if it has no label."""
    row = {column: filled(value, is_path=column in PATH_COLUMNS) for column, value in row.items()}
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
