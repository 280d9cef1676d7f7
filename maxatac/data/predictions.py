"""Predictions and binding of cell types, as a table or as lists of files name them.

The table is tab-separated, with a header and a row per cell type::

    Prediction  Binding_File  Cell_Line

``Cell_Line`` may be absent; other columns are ignored (:mod:`maxatac.data.table`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from maxatac.data.samples import Place, resolve_path
from maxatac.data.table import filled, read_table
from maxatac.errors import Problems
from maxatac.files.checksums import is_same_file
from maxatac.files.sniff import check_file

PREDICTION, BINDING, NAME = "Prediction", "Binding_File", "Cell_Line"
"""Columns of the table."""


@dataclass(frozen=True)
class PredictedCell:
    """A cell type with its prediction and its binding.

    Attributes
    ----------
    name : str
        From the table, else that of the prediction's file.
    prediction, binding : Path
        bigWig files.
    """

    name: str
    prediction: Path
    binding: Path


def read_predictions(path: Path, problems: Problems) -> list[PredictedCell]:
    """Read a table of predictions.

    Parameters
    ----------
    path : Path
        Paths in it are found as those of a meta file (:func:`maxatac.data.samples.resolve_path`).
    problems : Problems
        Gets everything that is wrong with it, also files that are not there.

    Returns
    -------
    list of PredictedCell
        In the order of the file; incomplete if there are problems.
    """
    table = read_table(path, (PREDICTION, BINDING, NAME), problems, optional=(NAME,))
    if table is None:
        return []
    names: list[str] = []
    files: list[tuple[Path | None, Path | None]] = []
    first: dict[str, Place] = {}
    for here, row in table.rows:
        found = [_file(here, row, column, problems) for column in (PREDICTION, BINDING)]
        name = filled(row.get(NAME, ""), is_path=False)
        if name and not name.isprintable():
            here.tell(problems, "value", f"the cell type '{name}'", expected="no character that cannot be seen")
        if name and first.setdefault(name, here) is not here:
            told = f"cell type '{name}', which has a row in {first[name]} already"
            here.tell(problems, "value", told, expected="one row per cell type")
        names.append(name)
        files.append((found[0], found[1]))
    return _named(names, files, problems, file=path)


def paired_predictions(
    predictions: Sequence[Path], bindings: Sequence[Path], problems: Problems
) -> list[PredictedCell]:
    """Pair files that are given in the same order; those that are not there go to ``problems``.

    Of lists of different lengths, which the settings tell, the last of the longer one are left out.
    """
    for path in predictions:
        check_file(path, problems, what="prediction")
    for path in bindings:
        check_file(path, problems, what="binding")
    files = list(zip(predictions, bindings, strict=False))
    return _named([""] * len(files), files, problems, option="--prediction and --binding")


def _file(here: Place, row: dict[str, str], column: str, problems: Problems) -> Path | None:
    text = filled(row.get(column, ""), is_path=True)
    if not text and column in row:
        here.tell(problems, "value", "is empty", column=column)
    return resolve_path(here, column, text, problems)


def _named(
    names: Sequence[str], files: Sequence[tuple[Path | None, Path | None]], problems: Problems, **where: Any
) -> list[PredictedCell]:
    """Name cell types without a name after their prediction, with a number where that is not enough.

    Two with the same files are a problem ``where`` they are named: the mean would count them twice.
    """
    cells: list[PredictedCell] = []
    stems = Counter(names)
    for name, (prediction, binding) in zip(names, files, strict=True):
        if prediction is None or binding is None:
            continue
        if not name:
            stems[prediction.stem] += 1
            count = stems[prediction.stem]
            name = prediction.stem if count == 1 else f"{prediction.stem} ({count})"
        for other in cells:
            if is_same_file(other.prediction, prediction) and is_same_file(other.binding, binding):
                told = f"{other.name} and {name} have the same prediction and the same binding"
                problems.add("value", told, **where)
        cells.append(PredictedCell(name, prediction, binding))
    return cells
