"""How well predictions separate bound bins from the others.

Everything here follows from a ranking: for each distinct prediction, from the highest down, how many bound bins and how
many others lie at or above it. Bins of equal prediction are taken together, as no threshold can separate them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

MODEL, SIGNAL, BINDING, GUESS = "model", "ATAC-seq signal", "mean binding of other cell types", "prevalence"
"""What is scored: a model, and what it has to beat."""

EARLY_RECALL = 0.05
"""Recall at which the precision of the most confident predictions is reported (Cazares et al. 2023)."""


def metric_names(recalls: Sequence[float]) -> tuple[str, ...]:
    """Name the metrics of a ranking, with the precision at each of some recalls (0 to 1)."""
    return "average_precision", "auroc", *(f"precision_at_{100 * recall:g}_percent_recall" for recall in recalls)


METRICS = metric_names((EARLY_RECALL,))
"""Metrics of a ranking, in the order in which they are reported."""


@dataclass(frozen=True, eq=False)
class Ranking:
    """Bound bins and others at or above each distinct prediction, from the highest down.

    Attributes
    ----------
    scores : shape (k,), float
        The distinct predictions, falling.
    true, false : shape (k,), int64
        Bound bins, and others, with at least that prediction; not falling.
    """

    scores: NDArray[np.floating[Any]]
    true: NDArray[np.int64]
    false: NDArray[np.int64]

    @classmethod
    def of(cls, labels: NDArray[Any], scores: NDArray[Any]) -> Ranking:
        """Rank bins that are all in memory.

        Parameters
        ----------
        labels : shape (n,), bool or 0 and 1
            Bound or not.
        scores : shape (n,), float
            Higher means bound.

        Raises
        ------
        ValueError
            If a score is NaN or the shapes differ.
        """
        labels, scores = np.asarray(labels), np.asarray(scores)
        if labels.shape != scores.shape or labels.ndim != 1:
            raise ValueError(f"labels of shape {labels.shape} do not match scores of shape {scores.shape}")
        if np.isnan(scores).any():
            raise ValueError("a score is NaN")
        order = np.argsort(scores)[::-1]
        scores = scores[order]
        last_of_its_score = np.append(scores[1:] != scores[:-1], True)[: len(scores)]
        true = np.cumsum(labels[order].astype(bool), dtype=np.int64)[last_of_its_score]
        reached = np.flatnonzero(last_of_its_score) + 1
        return cls(scores[last_of_its_score], true, reached - true)

    @property
    def positives(self) -> int:
        """Bound bins."""
        return int(self.true[-1]) if len(self.true) else 0

    @property
    def negatives(self) -> int:
        """Bins that are not bound."""
        return int(self.false[-1]) if len(self.false) else 0

    @property
    def bins(self) -> int:
        """All bins."""
        return self.positives + self.negatives

    @property
    def prevalence(self) -> float:
        """Share of bound bins: the average precision of a guess; NaN without a bin."""
        return self.positives / self.bins if self.bins else float("nan")

    @property
    def average_precision(self) -> float:
        """Precision at each distinct score, weighted by the recall it adds; exact, NaN if nothing is bound."""
        if not self.positives:
            return float("nan")
        gained = np.diff(self.true, prepend=0)
        return float((gained * (self.true / (self.true + self.false))).sum() / self.positives)

    @property
    def auroc(self) -> float:
        """How often a bound bin outscores one that is not, ties counting half; NaN if nothing or all is bound."""
        if not self.positives or not self.negatives:
            return float("nan")
        widths = np.diff(self.false, prepend=0)
        heights = self.true - np.diff(self.true, prepend=0) / 2
        return float((widths * heights).sum() / self.positives / self.negatives)

    @property
    def metrics(self) -> dict[str, float]:
        """``METRICS``, by name."""
        return self.metrics_at((EARLY_RECALL,))

    def metrics_at(self, recalls: Sequence[float]) -> dict[str, float]:
        """Make the metrics of :func:`metric_names`, by name."""
        values = (self.average_precision, self.auroc, *map(self.precision_at_recall, recalls))
        return dict(zip(metric_names(recalls), values, strict=True))

    def precision_at_recall(self, recall: float = EARLY_RECALL) -> float:
        """Precision at the highest threshold that finds at least this share of the bound bins; NaN if none is bound."""
        if not self.positives:
            return float("nan")
        place = int(np.argmax(self.true / self.positives >= recall))
        return float(self.true[place] / (self.true[place] + self.false[place]))

    def at_or_above(self, thresholds: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Count bound bins, and others, that reach each threshold.

        Parameters
        ----------
        thresholds : shape (n,), float

        Returns
        -------
        true, false : shape (n,), int64
        """
        # Scores fall, so that their negatives rise.
        reached = np.searchsorted(-self.scores, -np.asarray(thresholds, dtype=self.scores.dtype), side="right")
        return np.append(0, self.true)[reached], np.append(0, self.false)[reached]
