"""Summaries of a ranking of predictions: precision and recall, calibration, and the distribution of the scores.

All of them follow from the counts of a :class:`maxatac.evaluation.ranking.Ranking`, so that a stream of batches is
enough. A summary is small, whatever the number of bins, and holds plain numbers that JSON can hold.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from maxatac.evaluation.ranking import Ranking

RECALLS = 200
"""Points of a curve that lie at evenly spaced recalls; a hundred more lie where few bins are called."""

CALIBRATION_EDGES = (0.0, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, *(tenth / 10 for tenth in range(1, 11)))
"""Borders of the groups of predictions whose share of bound bins is counted; narrow where most predictions are."""

HISTOGRAM_BINS = 50

_EARLY = 100
_FEW = 300


def summarize(ranking: Ranking, *, largest: float = 1.0) -> dict[str, Any]:
    """Summarise a ranking.

    Parameters
    ----------
    ranking : Ranking
    largest : float
        Scores lie between 0 and this, for calibration and histogram; those outside count in the first or last group.

    Returns
    -------
    dict
        ``bins``, ``bound_bins``; ``average_precision``, ``auroc`` (NaN where there is none); ``curve``, see
        :func:`precision_recall`; ``calibration``, see :func:`calibration`; ``histogram``, see :func:`histogram`.
    """
    return {
        "bins": ranking.bins,
        "bound_bins": ranking.positives,
        "average_precision": ranking.average_precision,
        "auroc": ranking.auroc,
        "curve": precision_recall(ranking),
        "calibration": calibration(ranking, largest=largest),
        "histogram": histogram(ranking, largest=largest),
    }


def precision_recall(ranking: Ranking) -> dict[str, list[float]]:
    """Take some points of the precision-recall curve, from the highest score down; each is a point of the exact curve.

    Returns
    -------
    dict
        ``score``, ``recall``, ``precision``: lists of one length, at most 302 points; empty if nothing is bound.
    """
    if not ranking.positives:
        return {"score": [], "recall": [], "precision": []}
    called = ranking.true + ranking.false
    chosen = thinned(ranking)
    return {
        "score": ranking.scores[chosen].astype(np.float64).tolist(),
        "recall": (ranking.true[chosen] / ranking.positives).tolist(),
        "precision": (ranking.true[chosen] / called[chosen]).tolist(),
    }


def thinned(ranking: Ranking) -> NDArray[np.int64]:
    """Choose at most 302 points of a curve with a bound bin: evenly by recall, and closely where few bins are called.

    Returns
    -------
    shape (points,), int64
        Places in the ranking, rising.
    """
    count = len(ranking.scores)
    if count <= _FEW:
        return np.arange(count, dtype=np.int64)
    evenly = np.searchsorted(ranking.true, np.linspace(0, 1, RECALLS)[1:] * ranking.positives)
    early = np.searchsorted(ranking.true + ranking.false, np.geomspace(1, ranking.bins, _EARLY))
    return np.unique(np.concatenate([[0], evenly, early, [count - 1]]).clip(0, count - 1))


def calibration(ranking: Ranking, *, largest: float = 1.0) -> list[dict[str, float]]:
    """Count how many bins are bound, in groups of similar predictions.

    Parameters
    ----------
    ranking : Ranking
    largest : float
        As in :func:`summarize`.

    Returns
    -------
    list of dict
        ``low``, ``high`` (a prediction p counts where low <= p < high, the last group holds its upper border too),
        ``bins``, ``bound_bins``, ``mean_score``. Groups without a bin are left out.
    """
    edges = np.asarray(CALIBRATION_EDGES) * largest
    true, false = _between(ranking, edges)
    sums = _score_sums(ranking, edges)
    bins = true + false
    return [
        {
            "low": float(edges[place]),
            "high": float(edges[place + 1]),
            "bins": int(bins[place]),
            "bound_bins": int(true[place]),
            "mean_score": float(sums[place] / bins[place]),
        }
        for place in np.flatnonzero(bins)
    ]


def histogram(ranking: Ranking, *, largest: float = 1.0) -> dict[str, list[float]]:
    """Count bound bins and others by their prediction.

    Parameters
    ----------
    ranking : Ranking
    largest : float
        As in :func:`summarize`.

    Returns
    -------
    dict
        ``edges``, 51 of them, evenly spaced from 0; ``bound``, ``others``: counts between them.
    """
    edges = np.linspace(0, largest, HISTOGRAM_BINS + 1)
    true, false = _between(ranking, edges)
    return {"edges": edges.tolist(), "bound": true.tolist(), "others": false.tolist()}


def _between(ranking: Ranking, edges: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Count bound bins and others between borders; what lies outside counts in the first or last group."""
    true, false = ranking.at_or_above(edges[1:-1])
    return (
        -np.diff(np.concatenate([[ranking.positives], true, [0]])),
        -np.diff(np.concatenate([[ranking.negatives], false, [0]])),
    )


def _score_sums(ranking: Ranking, edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """Add up the scores between borders."""
    sizes = np.diff(ranking.true + ranking.false, prepend=0)
    running = np.append(0.0, np.cumsum(ranking.scores.astype(np.float64) * sizes))
    reached = np.searchsorted(-ranking.scores, -edges[1:-1].astype(ranking.scores.dtype), side="right")
    sums: NDArray[np.float64] = -np.diff(np.concatenate([[running[-1]], running[reached], [0.0]]))
    return sums
