"""The scores of a cross-validation in one table: a row for each fold and cell type, and their mean.

A row whose chromosomes trained is marked as seen. Such rows stand below the others, for comparison, and have a mean of
their own: at places that trained in other cell types, a model may know what is bound in most of them.

Each fold has a model of its own. Scores of different models have different scales, so that there is no ranking of the
bins of all folds together, and no average precision of it: there are the folds, and their mean.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from maxatac.evaluation.benchmark import LISTED_CHROMS
from maxatac.evaluation.ranking import BINDING, MODEL, SIGNAL
from maxatac.evaluation.spread import LARGE_SPREAD, is_wide
from maxatac.wording import counted, first_few, listed

FORMAT = 1
"""Version of ``<prefix>_folds.json``."""

MEAN = "mean"
"""What the rows of the mean over the folds are called."""

BASELINES: Mapping[str, str] = {SIGNAL: "signal", BINDING: "mean_binding"}
"""What the model of a fold has to beat, and what their columns are called."""

_PRECISION = "average_precision"


def _with_interval(name: str) -> tuple[str, str, str]:
    return name, f"{name}_low", f"{name}_high"


COLUMNS = (
    "fold", "cell_type", "label", "chroms", "seen", "bin_size", "bins", "bound_bins", *_with_interval(_PRECISION),
    "prevalence",
    *(column for name in BASELINES.values() for column in (name, *_with_interval(f"model_minus_{name}"))), "note",
)  # fmt: skip
"""Columns of the table."""

_AVERAGED = (
    _PRECISION,
    "prevalence",
    *(f"{first}{name}" for name in BASELINES.values() for first in ("", "model_minus_")),
)

Row = Mapping[str, Any]


def rows_of_fold(fold: str, scores: Row) -> list[dict[str, Any]]:
    """Lay out the scores of a fold.

    Parameters
    ----------
    fold : str
    scores : mapping
        What the ``<prefix>_test.json`` of its run holds.

    Returns
    -------
    list of dict
        With ``COLUMNS``; one for each cell type and size of bins, and then those of chromosomes that trained.
        ``chroms`` is a list, ``seen`` says whether they trained, and None is no number.
    """
    seen = scores.get("seen")
    return [*_rows(fold, scores, is_seen=False), *(_rows(fold, seen, is_seen=True) if seen else ())]


def _rows(fold: str, scores: Row, *, is_seen: bool) -> list[dict[str, Any]]:
    rows = []
    for tested in scores["cell_types"]:
        for resolution in tested["resolutions"]:
            entries = {entry["name"]: entry for entry in resolution["predictors"]}
            bins, bound = resolution["bins"], resolution["bound_bins"]
            row: dict[str, Any] = dict.fromkeys(COLUMNS)
            row |= {"fold": fold, "cell_type": tested["cell_type"], "label": tested["label"]}
            row |= {"chroms": list(scores["chroms"]), "seen": is_seen, "bin_size": resolution["bin_size"]}
            row |= {"bins": bins, "bound_bins": bound, "prevalence": bound / bins if bins else None}
            found = {name: entry.get(_PRECISION, {}) for name, entry in entries.items()}
            row |= _taken(found[MODEL], ("value", "low", "high"), _PRECISION)
            for name, column in BASELINES.items():
                baseline = found.get(name, {})
                row[column] = baseline.get("value")
                row |= _taken(baseline, _with_interval("model_minus"), f"model_minus_{column}")
            notes = {name: entry["note"] for name, entry in entries.items() if entry.get("note")}
            # What holds for all predictors is told once.
            told = [f"{name}: {note}" for name, note in notes.items() if note != notes.get(MODEL)]
            row["note"] = "; ".join(filter(None, (notes.get(MODEL), *told)))
            rows.append(row)
    return rows


def _taken(found: Row, names: tuple[str, str, str], column: str) -> dict[str, Any]:
    """Take a number and its interval, which have ``names``, as columns."""
    return dict(zip(_with_interval(column), map(found.get, names), strict=True))


@dataclass(frozen=True)
class FoldScores:
    """The scores of all folds.

    Attributes
    ----------
    rows : tuple of mappings
        Those of :func:`rows_of_fold`, of one fold after the other.
    """

    rows: tuple[Row, ...]

    @property
    def bin_sizes(self) -> list[int]:
        """Sizes of bins in bp, the smallest first."""
        return sorted({row["bin_size"] for row in self.rows})

    def of(self, bin_size: int, *, seen: bool = False) -> list[Row]:
        """List the rows of a size of bins: those that are the result, or those of chromosomes that trained."""
        return [row for row in self.rows if (row["bin_size"], row["seen"]) == (bin_size, seen)]

    def of_folds(self, column: str, bin_size: int, *, seen: bool = False) -> dict[str, float]:
        """Get a number of each fold that has one; that of several cell types is their mean."""
        found: dict[str, list[float]] = {}
        for row in self.of(bin_size, seen=seen):
            if row[column] is not None:
                found.setdefault(row["fold"], []).append(row[column])
        return {fold: _mean(values) for fold, values in found.items()}

    def mean(self, bin_size: int, *, seen: bool = False) -> dict[str, Any]:
        """Make the row of the mean over the folds; in it every fold counts once."""
        folds = list(dict.fromkeys(row["fold"] for row in self.of(bin_size, seen=seen)))
        row: dict[str, Any] = dict.fromkeys(COLUMNS)
        row |= {"fold": MEAN, "seen": seen, "bin_size": bin_size}
        notes = [f"of {counted(len(folds), 'fold')}"]
        for column in _AVERAGED:
            values = self.of_folds(column, bin_size, seen=seen)
            row[column] = _mean(values.values()) if values else None
            if len(values) < len(folds) and not column.startswith("model_minus_"):
                notes.append(f"{column}: of {len(values)}")
        return row | {"note": "; ".join(notes)}

    def in_order(self) -> list[Row]:
        """List the rows of the table: for each size of bins those of the folds and their mean, then the seen ones."""
        made: list[Row] = []
        for bin_size in self.bin_sizes:
            for seen in (False, True):
                if rows := self.of(bin_size, seen=seen):
                    made += [*rows, self.mean(bin_size, seen=seen)]
        return made

    def table(self) -> str:
        """Lay the rows out as a tab-separated table with ``COLUMNS``; ``n/a`` where there is no number."""
        text = io.StringIO()
        writer = csv.writer(text, delimiter="\t", lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows([_cell(row, column) for column in COLUMNS] for row in self.in_order())
        return text.getvalue()

    def as_dict(self) -> dict[str, Any]:
        """Make a mapping of plain values: ``rows``, and under ``mean`` mean and spread for each size of bins.

        The mean of rows that are seen, which has no spread, is under ``mean_seen``.
        """
        means = [_plain(self.mean(size)) | (self.spread(size) or {}) for size in self.bin_sizes]
        seen = [_plain(self.mean(size, seen=True)) for size in self.bin_sizes if self.of(size, seen=True)]
        return {"rows": list(self.rows), MEAN: means, f"{MEAN}_seen": seen}

    def spread(self, bin_size: int) -> dict[str, Any] | None:
        """Find the folds of the smallest and of the largest average precision, and tell whether they lie far apart.

        Returns
        -------
        dict or None
            ``smallest``, ``largest`` (each with ``fold`` and ``average_precision``) and ``is_wide``; None without a
            score.
        """
        values = self.of_folds(_PRECISION, bin_size)
        if not values:
            return None
        ends = {"smallest": min(values, key=values.__getitem__), "largest": max(values, key=values.__getitem__)}
        found: dict[str, Any] = {name: {"fold": fold, _PRECISION: values[fold]} for name, fold in ends.items()}
        return found | {"is_wide": is_wide(list(values.values()))}

    def better_than(self, baseline: str, bin_size: int) -> tuple[int, int]:
        """Count the rows in which the model is better than a baseline, by an interval above 0, and those with one."""
        column = f"model_minus_{BASELINES[baseline]}_low"
        lows = [row[column] for row in self.of(bin_size) if row[column] is not None]
        return sum(low > 0 for low in lows), len(lows)

    def describe(self, unit: str) -> tuple[list[str], list[str]]:
        """Say the result in a few sentences without full stops.

        Parameters
        ----------
        unit : str
            What differs between the folds, such as ``cell type``.

        Returns
        -------
        told, warned : list of str
            What is found, and what is to be minded.
        """
        size = self.bin_sizes[0]
        found, mean = self.spread(size), self.mean(size)
        if found is None:
            return [f"cross-validation: no fold has a score per {size}-bp bin"], []
        low, high = found["smallest"], found["largest"]
        told = [
            f"cross-validation, average precision per {size}-bp bin, {mean['note']}: mean {mean[_PRECISION]:.4f}, "
            f"smallest {low[_PRECISION]:.4f} ({low['fold']}), largest {high[_PRECISION]:.4f} ({high['fold']}); "
            f"prevalence {mean['prevalence']:.4f}"
        ]
        for name, column in BASELINES.items():
            if mean[column] is not None:
                (better, of), more = self.better_than(name, size), mean[f"model_minus_{column}"]
                told.append(
                    f"{name}: mean {mean[column]:.4f}; model minus this {more:+.4f} on average, clearly above 0 in "
                    f"{better} of {of}"
                )
        seen = self.mean(size, seen=True)[_PRECISION]
        if seen is not None:
            chroms = dict.fromkeys(chrom for row in self.of(size, seen=True) for chrom in row["chroms"])
            told.append(
                f"for comparison, on chromosomes that trained ({first_few(chroms)}): mean {seen:.4f}; this is no "
                "result, since a model knows such places"
            )
        warned = []
        if found["is_wide"]:
            warned.append(
                f"the average precision of the folds differs by more than {LARGE_SPREAD:.0%} of its mean: how well "
                f"binding is predicted depends on the {unit}; report the range beside the mean"
            )
        if {row["label"] for row in self.rows} == {"Train"}:
            cells = list(dict.fromkeys(row["cell_type"] for row in self.rows))
            warned.append(
                f"the tested cell types ({listed(cells, 4)}) train too, on other chromosomes: the scores say nothing "
                "about a new cell type"
            )
        return told, warned


def _plain(row: Row) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value is not None}


def _mean(values: Collection[float]) -> float:
    return math.fsum(values) / len(values)


def _cell(row: Row, column: str) -> str:
    value = row[column]
    if column == "seen":
        return "yes" if value else "no"
    if column == "chroms":
        return first_few(value or (), LISTED_CHROMS, separator=" ")
    if value is None:
        # What a mean has none of is left empty.
        return "n/a" if row["fold"] != MEAN or column in _AVERAGED else ""
    return f"{value:.6g}" if isinstance(value, float) else str(value)
