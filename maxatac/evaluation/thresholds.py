"""Precision and recall at each threshold of the prediction.

The table has the columns of the tables that come with the published models. There the numbers are means over several
cell types and chromosomes; here they are those of the whole genome-like validation set, at the selected epoch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from maxatac.evaluation.ranking import Ranking

COLUMNS = ("Standard_Thresh", "Monotonic_Avg_Precision", "Monotonic_Avg_Recall", "Monotonic_Avg_log2FC", "Avg_F1")
"""Columns of the table: threshold, precision, recall, log2 of precision over prevalence, F1."""

STEPS = 1_000


def threshold_table(ranking: Ranking, *, largest: float = 1.0) -> str:
    """Lay out precision, recall and F1 of the bins at or above each threshold.

    Parameters
    ----------
    ranking : Ranking
        Of bins at their natural prevalence, one of them bound.
    largest : float
        The thresholds run from 0 to this in 1,000 steps.

    Returns
    -------
    str
        Tab-separated, with a header. Precision, and its log2 over the prevalence, never fall as the threshold rises:
        each is the highest so far, because the precision of the last few bins jumps. F1 is that of the plain precision.
    """
    thresholds = np.arange(STEPS + 1) / STEPS * largest
    true, false = ranking.at_or_above(thresholds)
    called = true + false
    precision = np.where(called > 0, true / np.maximum(called, 1), 0.0)
    highest = np.maximum.accumulate(precision)
    with np.errstate(divide="ignore"):
        fold = np.log2(highest / ranking.prevalence)
    f1 = 2 * true / (called + ranking.positives)
    lines = ["\t".join(COLUMNS)]
    for row in zip(thresholds, highest, true / ranking.positives, fold, f1, strict=True):
        lines.append("\t".join(f"{value:.10g}" for value in row))
    return "\n".join(lines) + "\n"


def thresholds_of(ranking: Ranking | None, *, largest: float) -> str | None:
    """Lay out the table as :func:`threshold_table`; ``None`` if there is no ranking or nothing in it is bound."""
    return threshold_table(ranking, largest=largest) if ranking is not None and ranking.positives else None
