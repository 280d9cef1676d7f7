"""Scores as the original program's benchmark has them.

Its ``AUPRC`` is the trapezoidal area under precision over recall, without the artificial point at precision 1 and
recall 0. It is not the average precision, and what lies below the smallest recall that is reached counts as 0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from maxatac.evaluation.curves import thinned
from maxatac.evaluation.ranking import Ranking

COLUMNS = (
    "Precision", "Recall", "Threshold", "AUPRC", "Total_GoldStandard_Bins", "Random_AUPRC", "log2FC_AUPRC_Random_AUPRC",
)  # fmt: skip
"""Columns of the original's table; the last four have one value for a chromosome."""

ONE_POINT = "all predictions are equal: the curve has one point, and no area"


def trapezoid_area(ranking: Ranking) -> float:
    """Area under precision over recall by the trapezoidal rule; NaN with a single distinct score, or nothing bound."""
    if not ranking.positives or len(ranking.scores) < 2:
        return math.nan
    recall, precision = ranking.true / ranking.positives, ranking.true / (ranking.true + ranking.false)
    return float((np.diff(recall) * (precision[1:] + precision[:-1]) / 2).sum())


@dataclass(frozen=True)
class OriginalScores:
    """The last columns of the original's table.

    Attributes
    ----------
    auprc : float
    bound_bins : int
        With those in the blacklist, if they are asked for.
    random_auprc : float
        ``bound_bins`` over the bins that are scored.
    """

    auprc: float
    bound_bins: int
    random_auprc: float

    @classmethod
    def of(cls, ranking: Ranking, blacklisted_bound: int = 0) -> OriginalScores:
        """Score a ranking; bound bins of the blacklist count in the value of a guess alone."""
        bound = ranking.positives + blacklisted_bound
        return cls(trapezoid_area(ranking), bound, bound / ranking.bins if ranking.bins else math.nan)

    @property
    def log2_fold(self) -> float:
        """Log2 of the area over that of a guess; NaN if there is none."""
        if math.isnan(self.auprc) or self.auprc == 0 or not self.random_auprc:
            return math.nan
        return math.log2(self.auprc / self.random_auprc)


def original_table(ranking: Ranking, scores: OriginalScores, *, every_point: bool) -> str:
    """Lay out a curve as the original does.

    Parameters
    ----------
    ranking : Ranking
        Of a chromosome, one of its bins bound.
    scores : OriginalScores
    every_point : bool
        Write a row for each distinct score, else about 300 of them.

    Returns
    -------
    str
        Tab-separated, with a header; scores rise. ``NA`` where there is no number.
    """
    true, called = ranking.true, ranking.true + ranking.false
    rows = np.arange(len(called)) if every_point else thinned(ranking)
    last = "\t".join((_text(scores.auprc), str(scores.bound_bins), _text(scores.random_auprc), _text(scores.log2_fold)))
    lines = ["\t".join(COLUMNS)]
    for row in rows[::-1].tolist():
        precision, recall = true[row] / called[row], true[row] / ranking.positives
        lines.append(f"{_text(precision)}\t{_text(recall)}\t{_text(ranking.scores[row])}\t{last}")
    return "\n".join(lines) + "\n"


def _text(value: float) -> str:
    return f"{value:.12g}" if math.isfinite(value) else "NA"
