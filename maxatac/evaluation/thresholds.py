"""Tables from a threshold of the prediction to precision and recall.

Two layouts, one of the published models and one of newer versions of the original program. ``maxatac train`` writes the
first for its genome-like validation set, at the selected epoch; ``maxatac threshold`` writes both, for chromosomes of
one or more cell types. Predictions and thresholds are compared as float32, in which predictions are stored.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from maxatac.evaluation.ranking import Ranking

COLUMNS = ("Standard_Thresh", "Monotonic_Avg_Precision", "Monotonic_Avg_Recall", "Monotonic_Avg_log2FC", "Avg_F1")
"""Columns of the published layout: threshold, precision, recall, log2 of precision over prevalence, F1."""

STEPS = 1_000

METRICS = ("Precision", "Recall", "F1")
"""Metrics by which :func:`metric_table` can be looked up."""

METRIC_COLUMNS = ("Metric", "Bin", "Precision", "Recall", "Threshold", "F1")
"""Columns of :func:`metric_table`."""

METRIC_STEPS = 100

_AT_ONCE = 1 << 20  # distinct scores


@dataclass(frozen=True, eq=False)
class ThresholdCurve:
    """What the bins at or above each threshold are worth.

    Attributes
    ----------
    thresholds : shape (n,), float64
        As they are written, rising.
    precision : shape (n,), float64
        Share of bound bins; 0 where no bin is left.
    recall, f1 : shape (n,), float64
    highest_precision : shape (n,), float64
        The highest precision so far: that of the last few bins jumps.
    log2_fold : shape (n,), float64
        Log2 of ``highest_precision`` over the prevalence.
    """

    thresholds: NDArray[np.float64]
    precision: NDArray[np.float64]
    recall: NDArray[np.float64]
    f1: NDArray[np.float64]
    highest_precision: NDArray[np.float64]
    log2_fold: NDArray[np.float64]

    @classmethod
    def of(cls, ranking: Ranking, *, largest: float = 1.0) -> ThresholdCurve:
        """Count a ranking with a bound bin, at thresholds from 0 to ``largest`` in 1,000 steps."""
        thresholds = np.array([float(_text(value)) for value in np.arange(STEPS + 1) / STEPS * largest])
        true, false = ranking.at_or_above(thresholds)
        called = true + false
        precision = np.where(called > 0, true / np.maximum(called, 1), 0.0)
        highest = np.maximum.accumulate(precision)
        with np.errstate(divide="ignore"):
            fold = np.log2(highest / ranking.prevalence)
        f1 = 2 * true / (called + ranking.positives)
        return cls(thresholds, precision, true / ranking.positives, f1, highest, fold)


def mean_curve(curves: Sequence[ThresholdCurve]) -> ThresholdCurve:
    """Average the curves of several cell types, each column for itself; the mean F1 is not that of the mean columns."""
    columns = ("precision", "recall", "f1", "highest_precision", "log2_fold")
    means = (np.mean([getattr(curve, name) for curve in curves], axis=0) for name in columns)
    return ThresholdCurve(curves[0].thresholds, *means)


def threshold_table(rankings: Sequence[Ranking], *, largest: float = 1.0) -> str:
    """Lay out precision, recall and F1 of the bins at or above each threshold: the mean over cell types.

    Parameters
    ----------
    rankings : sequence of Ranking
        Of each cell type, or one of a set of bins: at their natural prevalence, one of them bound.
    largest : float
        The thresholds run from 0 to this in 1,000 steps.

    Returns
    -------
    str
        Tab-separated, with a header. Precision, and its log2 over the prevalence, never fall as the threshold rises,
        and recall never rises. F1 is that of the plain precision.
    """
    mean = mean_curve([ThresholdCurve.of(ranking, largest=largest) for ranking in rankings])
    columns = (mean.thresholds, mean.highest_precision, mean.recall, mean.log2_fold, mean.f1)
    return _table(COLUMNS, (map(_text, row) for row in zip(*columns, strict=True)))


def thresholds_of(ranking: Ranking | None, *, largest: float) -> str | None:
    """Lay out the table as :func:`threshold_table`; ``None`` if there is no ranking or nothing in it is bound."""
    return threshold_table([ranking], largest=largest) if ranking is not None and ranking.positives else None


def metric_table(rankings: Sequence[Ranking]) -> str:
    """Lay out the threshold that reaches a precision, a recall or an F1: the median over cell types.

    Parameters
    ----------
    rankings : sequence of Ranking
        Of each cell type, one of its bins bound.

    Returns
    -------
    str
        Tab-separated, with a header; for each of ``METRICS`` a row for 0.00, 0.01, ..., 1.00. In the row of a value
        stand, of each cell type, the numbers at the threshold of the best F1 among those whose metric lies between this
        value and the next. Where there is none, those of the next higher value are taken: the metric is then reached
        all the same. ``NA`` where fewer than half of the cell types reach the value.
    """
    rows: list[tuple[str, ...]] = []
    for metric in METRICS:
        found = np.stack([_by_value(ranking, metric) for ranking in rankings])
        reached = ~np.isnan(found[:, 0])
        for step in range(METRIC_STEPS + 1):
            numbers: Iterable[str] = ("NA",) * 4
            if 2 * reached[:, step].sum() >= len(rankings):
                numbers = map(_text, np.median(found[reached[:, step], :, step], axis=0))
            rows.append((metric, f"{step / METRIC_STEPS:.2f}", *numbers))
    return _table(METRIC_COLUMNS, rows)


def _by_value(ranking: Ranking, metric: str) -> NDArray[np.float64]:
    """Find precision, recall, threshold and F1 for each value of a metric: shape (4, 101), NaN if it is not reached."""
    best = np.full((4, METRIC_STEPS + 1), np.nan)
    best[3] = -1.0
    for first in range(0, len(ranking.scores), _AT_ONCE):
        part = slice(first, first + _AT_ONCE)
        true, called = ranking.true[part], ranking.true[part] + ranking.false[part]
        precision, recall = true / called, true / ranking.positives
        f1 = 2 * true / (called + ranking.positives)
        curve = np.stack([precision, recall, ranking.scores[part].astype(np.float64), f1])
        # A value such as 0.29 must not fall below its own step.
        steps = np.floor(curve[(0, 1, 3)[METRICS.index(metric)]] * METRIC_STEPS + 1e-9).astype(np.int64)
        # Of equal F1 the lowest threshold comes first. Scores fall, so that it may also come with a later part.
        order = np.lexsort((curve[2], -f1, steps))
        reached, place = np.unique(steps[order], return_index=True)
        found = curve[:, order[place]]
        better = found[3] >= best[3, reached]
        best[:, reached[better]] = found[:, better]
    steps = np.flatnonzero(best[3] >= 0)
    place = np.searchsorted(steps, np.arange(METRIC_STEPS + 1))
    return np.append(best[:, steps], np.full((4, 1), np.nan), axis=1)[:, np.minimum(place, len(steps))]


def _text(value: Any) -> str:
    """Write a number; float32 can be read back from it."""
    return f"{value:.10g}"


def _table(header: Sequence[str], rows: Iterable[Iterable[str]]) -> str:
    return "".join("\t".join(row) + "\n" for row in (header, *rows))
