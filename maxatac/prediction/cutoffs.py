"""Cutoffs: the score from which on a bin belongs to a site, as given or looked up in a table.

Two layouts of tables are read, both tab-separated with a header:

- the one of the published models, of ``maxatac train`` and of ``maxatac threshold``: a row per threshold, with the
  columns ``Standard_Thresh``, ``Monotonic_Avg_Precision``, ``Monotonic_Avg_Recall``, ``Monotonic_Avg_log2FC`` and
  ``Avg_F1``;
- ``<prefix>_cross_celltype.tsv``, of ``maxatac threshold`` and of newer versions of the original: a row per metric and
  value of it (``Metric``, ``Bin``), with ``Precision``, ``Recall``, ``Threshold`` and ``F1``.

===========  ===================================================  ==================================================
cutoff       in a table of thresholds                             in a table of metrics
===========  ===================================================  ==================================================
Precision    the lowest threshold with at least this precision    the row of the lowest ``Bin`` of at least this value
Recall       the highest threshold with at least this recall      likewise
log2FC       the lowest threshold with at least this log2 of      not there
             precision over prevalence
F1           the threshold of the highest F1, the first of        without a value the row of the highest F1, else as
             equals; a value is not used                          Precision
===========  ===================================================  ==================================================
"""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from maxatac.data.table import read_lines
from maxatac.errors import MaxatacError, Problems
from maxatac.prediction.calibration import facts_of_table
from maxatac.wording import first_few, number

if TYPE_CHECKING:
    from maxatac.prediction.settings import CutoffSettings

logger = logging.getLogger(__name__)

_NO_NUMBER = ("", ".", "na", "nan")

_BY_THRESHOLD = {
    "Threshold": "Standard_Thresh",
    "Precision": "Monotonic_Avg_Precision",
    "Recall": "Monotonic_Avg_Recall",
    "log2FC": "Monotonic_Avg_log2FC",
    "F1": "Avg_F1",
}
"""Columns of a table of thresholds, by what they hold."""

_BY_METRIC = {"Threshold": "Threshold", "Bin": "Bin", "Precision": "Precision", "Recall": "Recall", "F1": "F1"}
"""Columns of a table of metrics that hold numbers."""

_METRIC = "Metric"


@dataclass(frozen=True)
class Cutoff:
    """The lowest score of a bin of a site.

    Attributes
    ----------
    type : str
        One of ``settings.CUTOFF_TYPES``.
    value : float or None
        What was asked for; ``None`` for the highest F1.
    score : float
        As it was given or stands in the table; it is compared as float32.
    table : Path or None
        Where it was looked up.
    promised : mapping of str to float
        What the table says of this score: precision, recall, log2FC and F1, as far as it does.
    largest : float
        The highest threshold of the table; infinite without a table, and if its record says that it is of a
        quantitative model.
    """

    type: str
    value: float | None
    score: float
    table: Path | None
    promised: Mapping[str, float]
    largest: float

    def describe(self) -> str:
        """Say what it is and where it is from."""
        if self.table is None:
            return f"sites are bins with a score of at least {self.score:.6g}"
        asked = "the highest F1" if self.value is None else f"{self.type} {self.value:g}"
        said = ", ".join(f"{name} {number(value)}" for name, value in self.promised.items())
        return f"sites are bins with a score of at least {self.score:.6g}: {asked} in {self.table} ({said})"

    def check_scale(self, highest: float, scores: str | Path) -> None:
        """Fail if the table is of probabilities, and the scores are none.

        Parameters
        ----------
        highest : float
            The highest score.
        scores : str or Path
            Where it is from.

        Raises
        ------
        MaxatacError
        """
        if self.largest <= 1 < highest:
            raise MaxatacError(
                f"{scores}: holds {highest:g}, but the thresholds of {self.table} end at {self.largest:g}: the "
                "table is of another scale, or the track holds no predictions; choose --cutoff_type score with a "
                "--cutoff_value"
            )

    def entry(self) -> dict[str, Any]:
        """Describe it for the run record."""
        return {
            "type": self.type,
            "value": self.value,
            "score": self.score,
            "score_as_float32": float(np.float32(self.score)),
            "table": None if self.table is None else str(self.table),
            "promised": dict(self.promised),
        }


@dataclass(frozen=True, eq=False)
class CutoffTable:
    """A table of cutoffs.

    Attributes
    ----------
    path : Path
    columns : mapping of str to array of shape (rows,), float64
        ``Threshold``, ``Precision``, ``Recall``, ``F1``, and ``log2FC`` or ``Bin``; NaN where there is no number. The
        thresholds of a table of thresholds rise.
    metrics : sequence of str or None
        Metric of each row; ``None`` for a table of thresholds.
    """

    path: Path
    columns: Mapping[str, NDArray[np.float64]]
    metrics: NDArray[np.str_] | None

    def row(self, type: str, value: float | None, problems: Problems) -> int | None:
        """Look up the row of a cutoff; what is wrong goes to ``problems``."""
        if self.metrics is None:
            if type not in self.columns:
                self._tell_column(_BY_THRESHOLD[type], problems)
                return None
            reached = self.columns[type]
            rows = np.arange(len(reached))
        else:
            rows = np.flatnonzero(self.metrics == type.casefold())
            if not len(rows):
                told = f"has no row of the metric {type}"
                hint = f"it has {first_few(dict.fromkeys(self.metrics.tolist()))}"
                problems.add("value", told, hint=hint, file=self.path, option="--cutoff_type")
                return None
            rows = rows[np.argsort(self.columns["Bin"][rows], kind="stable")]
            reached = self.columns["F1" if value is None else "Bin"][rows]
        thresholds = self.columns["Threshold"][rows]
        usable = np.isfinite(thresholds) & ~np.isnan(reached)
        rows, reached = rows[usable], reached[usable]
        if not len(rows):
            problems.add("value", f"has no number for {type}", file=self.path)
            return None
        if type == "F1" and (value is None or self.metrics is None):
            return int(rows[np.argmax(reached)])
        assert value is not None
        enough = np.flatnonzero(reached >= value)
        if not len(enough):
            best = int(np.argmax(reached))
            place = f"{self.columns['Threshold'][rows[best]]:g}"
            problems.add(
                "value", f"no row reaches {value:g}",
                hint=f"the highest {type} there is {number(float(reached[best]), 6)}, at the threshold {place}",
                option="--cutoff_value", file=self.path,
            )  # fmt: skip
            return None
        return int(rows[enough[-1 if type == "Recall" and self.metrics is None else 0]])

    def _tell_column(self, name: str, problems: Problems) -> None:
        problems.add("column", "the column is missing", file=self.path, place=f"column '{name}'")


def find_cutoff(
    settings: CutoffSettings, problems: Problems, *, table: Path | None = None, is_needed: bool = False
) -> Cutoff | None:
    """Find the score that the settings ask for.

    Parameters
    ----------
    settings : CutoffSettings
        What is wrong with the values themselves, their own check tells.
    problems : Problems
        Gets what is wrong with the table, a value that it does not reach, and a cutoff that needs a table but has none.
    table : Path, optional
        The table where the settings name none, such as the one of a published model.
    is_needed : bool
        Whether it is a problem that there is no cutoff at all.

    Returns
    -------
    Cutoff or None
        None if something is wrong, or no cutoff is asked for.
    """
    kind, value = settings.cutoff_type, settings.cutoff_value
    is_sound = not settings.cutoff_problems()
    if kind == "score":
        return Cutoff(kind, value, value, None, {}, math.inf) if value is not None and is_sound else None
    path = settings.cutoff_file or table
    if path is None:
        if is_needed or settings.has_cutoff:
            expected = "a table of cutoffs, or --cutoff_type score with --cutoff_value"
            problems.add("setting", "nothing", expected=expected, option="--cutoff_file")
        return None
    read = read_cutoff_table(path, problems)
    if read is None or not is_sound:
        return None
    if kind == "F1" and value is not None and read.metrics is None:
        logger.warning("--cutoff_value %g is not used: the cutoff is the threshold of the highest F1", value)
        value = None
    row = read.row(kind, value, problems)
    if row is None:
        return None
    said = {
        name: float(read.columns[name][row]) for name in ("Precision", "Recall", "log2FC", "F1") if name in read.columns
    }
    thresholds = read.columns["Threshold"]
    is_quantitative = facts_of_table(path).get("kind") == "quant"
    largest = math.inf if is_quantitative else float(np.nanmax(thresholds))
    return Cutoff(kind, value, float(thresholds[row]), path, said, largest)


def read_cutoff_table(path: Path, problems: Problems) -> CutoffTable | None:
    """Read a table of cutoffs.

    Parameters
    ----------
    path : Path
        UTF-8 text.
    problems : Problems
        Gets what is wrong with it, with its lines.

    Returns
    -------
    CutoffTable or None
        None if something is wrong. Only a column that is not there at all may be missing from the result.
    """
    found = Problems()
    table = _parse(path, found)
    problems += found
    return None if found else table


def _parse(path: Path, found: Problems) -> CutoffTable | None:
    lines = read_lines(path, found, what="table of cutoffs")
    if not lines:
        return None
    names = [name.strip() for name in lines[0][1].split("\t")]
    is_by_metric = _METRIC in names
    wanted = _BY_METRIC if is_by_metric else _BY_THRESHOLD
    # Without these nothing can be looked up; another column is missed when it is needed.
    for name in [_METRIC, "Bin", "Threshold"] if is_by_metric else [wanted["Threshold"]]:
        if name not in names:
            hint = f"it has {first_few(names, 8)}; a table of cutoffs has {', '.join(_BY_THRESHOLD.values())}"
            found.add(
                "column", "the column is missing", hint=hint, file=path, line=lines[0][0], place=f"column '{name}'"
            )
    for name in wanted.values():
        if (count := names.count(name)) > 1:
            place = f"column '{name}'"
            found.add(
                "column", f"{count} columns of this name", expected="one", file=path, line=lines[0][0], place=place
            )
    if found:
        return None
    if len(lines) == 1:
        found.add("format", "a header but no row", expected="a row per threshold", file=path)
        return None
    places = {what: names.index(name) for what, name in wanted.items() if name in names}
    rows: list[list[float]] = []
    metrics: list[str] = []
    for line, text in lines[1:]:
        fields = [field.strip() for field in text.split("\t")]
        if len(fields) != len(names):
            expected = f"{len(names)}, as in the header"
            found.add("line", f"{len(fields)} columns", expected=expected, file=path, line=line)
            continue
        rows.append([_number(fields[place], path, line, names[place], found) for place in places.values()])
        if is_by_metric:
            metrics.append(fields[names.index(_METRIC)].casefold())
        elif not math.isfinite(rows[-1][0]):
            expected = f"a threshold in the column {wanted['Threshold']}"
            found.add("line", f"'{fields[places['Threshold']]}'", expected=expected, file=path, line=line)
    if found:
        return None
    numbers = np.array(rows, dtype=np.float64)
    if not is_by_metric:
        numbers = numbers[np.argsort(numbers[:, 0], kind="stable")]
    columns = {what: numbers[:, place] for place, what in enumerate(places)}
    return CutoffTable(path, columns, np.array(metrics) if is_by_metric else None)


def _number(text: str, path: Path, line: int, column: str, found: Problems) -> float:
    if text.casefold() in _NO_NUMBER:
        return math.nan
    try:
        return float(text)
    except ValueError:
        found.add("line", f"'{text}'", expected="a number", file=path, line=line, place=f"column '{column}'")
        return math.nan
