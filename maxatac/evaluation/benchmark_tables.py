"""The tables of ``maxatac benchmark``: a row for each chromosome, for their mean, and for all bins together."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from maxatac.evaluation.benchmark import BenchmarkScores
from maxatac.evaluation.quantitative import QUANTITATIVE_METRICS
from maxatac.evaluation.ranking import metric_names

FORMAT = 1
"""Version of ``<prefix>_benchmark.json``."""

MEAN, POOLED = "mean", "pooled"
"""Rows that are of no single chromosome: the mean of the chromosomes' scores, and the scores of all bins together."""

NOT_AVAILABLE = "NA"

ABOUT = (
    "bin_size", "chrom", "predictor", "bins", "bound_bins", "scored", "bins_without_prediction",
    "bound_bins_without_prediction", "blacklisted_bins", "seen_in_training", "note",
)  # fmt: skip
"""Columns that say what a row is of."""

AT_CUTOFF = ("cutoff", "precision_at_cutoff", "recall_at_cutoff", "f1_at_cutoff", "tuned_here")
"""Columns of the bins that reach a cutoff; the last says whether the cutoff was chosen on these bins."""

CURVE_COLUMNS = ("bin_size", "predictor", "threshold", "recall", "precision")

QUANTITATIVE_ABOUT = (
    "bin_size", "chrom", "bins", "scored", "bins_without_prediction", "blacklisted_bins", "seen_in_training", "note",
)  # fmt: skip

_COUNTS = ("bins", "bound_bins", "bins_without_prediction", "bound_bins_without_prediction", "blacklisted_bins")
_FLAGS = ("seen_in_training", "tuned_here")

Row = Mapping[str, Any]


def columns(recalls: Sequence[float], *, has_cutoff: bool) -> tuple[str, ...]:
    """List the columns of the table of a ranking: AUROC comes last, as it is high for models that are of no use."""
    precision, auroc, *at_recalls = metric_names(recalls)
    return (
        *ABOUT,
        *_with_interval(precision),
        *_with_interval("model_minus"),
        "prevalence",
        *(column for name in at_recalls for column in _with_interval(name)),
        "auprc_trapezoid",
        *(AT_CUTOFF if has_cutoff else ()),
        *_with_interval(auroc),
    )


def quantitative_columns() -> tuple[str, ...]:
    """List the columns of the table of values."""
    return (*QUANTITATIVE_ABOUT, *QUANTITATIVE_METRICS)


def _with_interval(name: str) -> tuple[str, str, str]:
    return name, f"{name}_low", f"{name}_high"


def rows_of(scores: BenchmarkScores, about: Row) -> list[dict[str, Any]]:
    """Lay out scores as rows, one for each predictor.

    Parameters
    ----------
    scores : BenchmarkScores
        What was measured of each predictor is a mapping of further columns.
    about : mapping
        Columns that are equal in all rows.
    """
    rows = []
    for entry in scores.predictors:
        row: dict[str, Any] = {
            **about,
            "bin_size": scores.bin_size,
            "predictor": entry["name"],
            "bins": scores.bins,
            "bound_bins": scores.bound_bins,
            "note": entry.get("note", about.get("note", "")),
            "prevalence": scores.prevalence,
        }
        for metric, found in entry.items():
            if isinstance(found, Mapping):
                row |= {metric: found["value"], f"{metric}_low": found["low"], f"{metric}_high": found["high"]}
        ours = entry.get("average_precision", {})
        row |= {name: ours[name] for name in _with_interval("model_minus") if name in ours}
        if "note" not in entry:
            row |= scores.measured.get(entry["name"], {})
        rows.append(row)
    return rows


def mean_rows(by_chrom: Sequence[Sequence[Row]], averaged: Sequence[str]) -> list[dict[str, Any]]:
    """Average the rows of chromosomes; those of a predictor without scores are left out.

    Parameters
    ----------
    by_chrom : sequence of sequences of mappings
        Rows of each chromosome, in one order of predictors.
    averaged : sequence of str
        Columns with numbers to average. Counts are added up, and what holds for one chromosome holds for the mean;
        other columns are those of the first chromosome that is used.

    Returns
    -------
    list of dict
        A row for each predictor.
    """
    means = []
    for rows in zip(*by_chrom, strict=True):
        used = [row for row in rows if any(_is_number(row.get(name)) for name in averaged if name != "prevalence")]
        mean = {**(used or rows)[0], "chrom": MEAN}
        for name in averaged:
            known = [row[name] for row in used if _is_number(row.get(name))]
            mean[name] = sum(known) / len(known) if known else math.nan
            mean |= {f"{name}_{end}": math.nan for end in ("low", "high") if f"{name}_{end}" in mean}
        mean |= {name: sum(row[name] for row in used) for name in _COUNTS if name in mean}
        mean |= {name: any(row[name] for row in used or rows) for name in _FLAGS if mean.get(name) is not None}
        if used:
            mean["note"] = f"mean of {len(used)} of {len(rows)} chromosomes"
        means.append(mean)
    return means


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def table(names: Sequence[str], rows: Iterable[Row]) -> str:
    """Lay out rows as tab-separated text with a header; ``NA`` where there is no number."""
    lines = ["\t".join(names)]
    lines += ["\t".join(_text(row.get(name)) for name in names) for row in rows]
    return "\n".join(lines) + "\n"


def curve_rows(scores: BenchmarkScores) -> list[dict[str, Any]]:
    """List the thinned curve of each predictor, from the highest threshold down."""
    rows = []
    for name, found in scores.curves.items():
        curve = found["curve"]
        for score, recall, precision in zip(curve["score"], curve["recall"], curve["precision"], strict=True):
            values = (scores.bin_size, name, score, recall, precision)
            rows.append(dict(zip(CURVE_COLUMNS, values, strict=True)))
    return rows


def _text(value: Any) -> str:
    if value is None:
        return NOT_AVAILABLE
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6g}" if math.isfinite(value) else NOT_AVAILABLE
    return str(value)
